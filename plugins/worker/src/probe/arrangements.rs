//! The buses that a plug-in may have beside its usual ones, and side chains that hear nothing.

use wavemill_plugins::check::message::Answer;

use super::audio_thread::AudioThread;
use super::examined::Arrangement;
use super::rig::{Heard, Rig, SETUP, noise};
use super::{Place, failed, passed, skipped};
use crate::replies::Replies;

/// Arrangements that are tried.
const MOST: usize = 32;

/// Blocks that each is run for.
const BLOCKS: u32 = 16;

/// Tries them all, each in an instance of its own.
pub fn arrangements(place: &Place, replies: &mut Replies) -> Result<Answer, String> {
    let audio_thread = AudioThread::start()?;
    let mut rig = Rig::open(place, &audio_thread)?;
    let all = rig.plugin.arrangements();
    let mut taken = 0;
    for arrangement in all.iter().take(MOST) {
        match arranged(Rig::open(place, &audio_thread)?, arrangement) {
            Ok(is_taken) => taken += usize::from(is_taken),
            Err(wrong) => return Ok(wrong),
        }
        replies.say(&Answer::Step);
    }
    let inputs = rig.description.audio_inputs.clone();
    let mut first = 0;
    let mut silent = 0;
    for (index, bus) in inputs.iter().enumerate() {
        let channels = first..first + bus.channels as usize;
        first = channels.end;
        if index > 0 && !bus.main {
            let rig = Rig::open(place, &audio_thread)?;
            if let Some(wrong) = without(rig, index, channels) {
                return Ok(wrong);
            }
            silent += 1;
            replies.say(&Answer::Step);
        }
    }
    let tried = all.len().min(MOST);
    Ok(match tried + silent {
        0 => skipped("its buses are what they are, and none is a side chain"),
        _ => {
            passed(format!("{taken} of {tried} arrangements taken; {silent} side chains left out"))
        }
    })
}

/// Asks for `arrangement` and runs what comes of it: true where the plug-in took it.
fn arranged(mut rig: Rig<'_>, arrangement: &Arrangement) -> Result<bool, Answer> {
    let is_taken = rig.plugin.arrange(arrangement);
    let found = rig.plugin.channels();
    let name = &arrangement.name;
    if is_taken && !arrangement.is_met_by(&found) {
        let expected = format!("the channels of {name}, which it took");
        let [inputs, outputs] = found;
        return Err(failed(expected, format!("it has {inputs:?} in and {outputs:?} out")));
    }
    let answered = if is_taken { "it took" } else { "it refused" };
    let run = |rig: &mut Rig<'_>| {
        rig.activate(SETUP)?;
        rig.play(BLOCKS, noise, &rig.usual_events())
    };
    match run(&mut rig).and_then(finite) {
        Ok(()) => Ok(is_taken),
        Err(what) => Err(failed(format!("it to run with {name}, which {answered}"), what)),
    }
}

/// Runs it with nothing on the input that has `channels`; where the format can, switched off too.
fn without(mut rig: Rig<'_>, index: usize, channels: std::ops::Range<usize>) -> Option<Answer> {
    let heard = |channel: usize, frame: i64| match channels.contains(&channel) {
        true => 0.0,
        false => noise(channel, frame),
    };
    let mut run = |is_off: bool| {
        if is_off && !rig.plugin.leave_out(index) {
            return Ok(());
        }
        rig.activate(SETUP)?;
        rig.play(BLOCKS, heard, &rig.usual_events()).and_then(finite)?;
        rig.deactivate()
    };
    let what = run(false).and_then(|()| run(true)).err()?;
    let name = rig.description.audio_inputs.get(index).map_or("", |bus| &bus.name);
    Some(failed(format!("it to run with nothing on '{name}'"), what))
}

fn finite(heard: Heard) -> Result<(), String> {
    match heard.iter().flatten().all(|sample| sample.is_finite()) {
        true => Ok(()),
        false => Err("it gives what is no number".to_owned()),
    }
}
