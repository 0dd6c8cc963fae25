//! Which threads a plug-in calls its host from while it does all that it is there for.

use wavemill_plugins::check::message::Answer;

use super::audio_thread::AudioThread;
use super::rig::{Rig, SETUP, noise};
use super::{Place, failed, passed, skipped};
use crate::conduct;
use crate::replies::Replies;
use wavemill_core::session::PluginFormat;

/// Blocks that it runs: half a second.
const BLOCKS: u32 = 48;

/// Opens it, runs it twice with parameters and notes, and looks at what it called meanwhile; then it
/// saves and restores its state and runs again. What cannot do that is another check's.
pub fn threads(place: &Place, replies: &mut Replies) -> Result<Answer, String> {
    if place.format == PluginFormat::Lv2 {
        return Ok(skipped("what its format lets it call, it may call from where it runs"));
    }
    let audio_thread = AudioThread::start()?;
    let mut rig = Rig::open(place, &audio_thread)?;
    run(&mut rig)?;
    run(&mut rig)?;
    if let Some(wrong) = wrong() {
        return Ok(wrong);
    }
    replies.say(&Answer::Step);
    if rig.description.saves_state {
        let _ = rig.plugin.save().and_then(|state| rig.plugin.restore(&state));
        run(&mut rig)?;
    }
    Ok(wrong().unwrap_or_else(|| passed("no call on a wrong thread")))
}

fn run(rig: &mut Rig<'_>) -> Result<(), String> {
    rig.activate(SETUP)?;
    rig.play(BLOCKS, noise, &rig.usual_events())?;
    rig.deactivate()
}

/// What was wrong so far.
fn wrong() -> Option<Answer> {
    let breaches = conduct::breaches();
    let expected = "calls on the threads that they are for";
    (!breaches.is_empty()).then(|| failed(expected, breaches.join(", ")))
}
