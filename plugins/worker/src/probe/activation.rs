//! Activation a second time: at another rate and back, and whether the plug-in then is as it was when
//! it was fresh.
//!
//! LV2 promises a clean start with every activation, CLAP with its `reset` only, and VST3 does not say:
//! what is not promised is told and is no fault.

use wavemill_core::session::PluginFormat;
use wavemill_plugins::check::message::Answer;

use super::audio_thread::AudioThread;
use super::rig::{Heard, Rig, SETUP, noise};
use super::{Place, failed, passed, skipped};
use crate::conduct;
use crate::run::Setup;

/// Blocks that are compared: more than half a second.
const BLOCKS: u32 = 64;

/// What it is activated with in between.
const OTHER: Setup = Setup { sample_rate_hz: 44_100, block: 256, offline: true };

/// Runs it, activates it again, and runs it again.
pub fn activation(place: &Place) -> Result<Answer, String> {
    let audio_thread = AudioThread::start()?;
    let mut rig = Rig::open(place, &audio_thread)?;
    let (latency, fresh) = run(&mut rig, SETUP, false)?;
    if !rig.plugin.is_reused() {
        return Ok(skipped("it has no 'deactivate', so no instance of it is activated twice"));
    }
    if rig.plugin.changes_rate() {
        run(&mut rig, OTHER, false)?;
    }
    let (again, later) = run(&mut rig, SETUP, false)?;
    if again != latency && conduct::has_asked_for_restart() {
        let what = format!("{again} frames late since the restart that it asked for");
        return Ok(passed(what));
    }
    if again != latency {
        let expected = format!("a latency of {latency} frames again");
        return Ok(failed(expected, format!("it says {again}")));
    }
    let Some(frame) = difference(&fresh, &later) else {
        return Ok(passed("bit by bit as a fresh one"));
    };
    let differs = format!("it differs from frame {frame} on");
    Ok(match place.format {
        PluginFormat::Lv2 => failed("the same as of a fresh one", differs),
        PluginFormat::Vst3 => {
            passed(format!("it runs; {differs}, of which its format says nothing"))
        }
        PluginFormat::Clap => {
            let (_, reset) = run(&mut rig, SETUP, true)?;
            match difference(&fresh, &reset) {
                None => passed("as a fresh one once it is reset, which it has to be"),
                Some(frame) => {
                    let came = format!("it differs from frame {frame} on");
                    failed("the same as of a fresh one after a reset", came)
                }
            }
        }
    })
}

/// Activates it, runs it, and deactivates it: its latency, and what came out.
fn run(rig: &mut Rig<'_>, setup: Setup, resets: bool) -> Result<(u32, Heard), String> {
    let latency = rig.activate(setup)?;
    if resets {
        rig.reset()?;
    }
    let heard = rig.play(BLOCKS, noise, &rig.usual_events())?;
    rig.deactivate()?;
    Ok((latency, heard))
}

/// The first frame that is not the same bits.
fn difference(a: &Heard, b: &Heard) -> Option<usize> {
    let differs = |(a, b): (&Vec<f32>, &Vec<f32>)| {
        a.iter().zip(b).position(|(a, b)| a.to_bits() != b.to_bits())
    };
    a.iter().zip(b).filter_map(differs).min()
}

#[cfg(test)]
#[cfg(feature = "lv2")]
mod tests {
    use super::*;
    use crate::tests::fixtures::Bundles;

    #[test]
    fn what_cannot_be_deactivated_shows_nothing() {
        let bundles = Bundles::new();
        let (path, id) = bundles.of_lv2("gain");
        let place = Place { format: PluginFormat::Lv2, path, id };
        let Ok(Answer::Skipped { what }) = activation(&place) else { panic!("it is not skipped") };
        assert!(what.contains("'deactivate'"), "{what}");
    }
}
