//! What instances leave behind that were destroyed.

use std::time::{Duration, Instant};

use wavemill_plugins::check::message::Answer;

use super::audio_thread::AudioThread;
use super::rig::{Rig, SETUP, noise};
use super::usage::Usage;
use super::{Place, failed, passed, skipped};
use crate::replies::Replies;

/// Instances that are made one after the other.
const INSTANCES: usize = 100;

/// What is looked at in parts, so that what grows once, such as a table or a cache, is told from what
/// grows with every instance. The first part is not looked at.
const PARTS: usize = 5;

/// The least number of instances that shows something.
const LEAST_INSTANCES: usize = 4 * PARTS;

/// No instance is made after this.
const LIMIT: Duration = Duration::from_secs(60);

/// Blocks that each instance runs.
const BLOCKS: u32 = 12;

/// Something of which each instance must leave less than `limit`.
struct Measure {
    name: &'static str,
    limit: f64,
    of: fn(&Usage) -> f64,
}

/// Those that tell more come first: a thread is also a mapping and some memory.
const MEASURES: [Measure; 4] = [
    Measure { name: "open files", limit: 0.5, of: |usage| usage.descriptors },
    Measure { name: "threads", limit: 0.5, of: |usage| usage.threads },
    Measure { name: "mappings", limit: 0.5, of: |usage| usage.mappings },
    Measure { name: "bytes of memory", limit: 1_024.0, of: |usage| usage.heap_bytes },
];

/// Makes one, runs it and destroys it.
pub fn end(place: &Place) -> Result<Answer, String> {
    let audio_thread = AudioThread::start()?;
    let _kept = kept(place, &audio_thread)?;
    one_life(place, &audio_thread, None)?;
    Ok(passed("made, run and destroyed"))
}

/// Does that a hundred times, and looks at what stays.
pub fn leaks(place: &Place, replies: &mut Replies) -> Result<Answer, String> {
    let audio_thread = AudioThread::start()?;
    let _kept = kept(place, &audio_thread)?;
    let start = Instant::now();
    let mut seen = Vec::with_capacity(INSTANCES);
    let mut left = None;
    while seen.len() < INSTANCES && start.elapsed() < LIMIT {
        left = one_life(place, &audio_thread, left)?;
        seen.push(Usage::now());
        replies.say(&Answer::Step);
    }
    Ok(judged(&seen))
}

/// One that stays, so that the plug-in's library does.
fn kept<'a>(place: &Place, audio_thread: &'a AudioThread) -> Result<Rig<'a>, String> {
    let mut kept = Rig::open(place, audio_thread)?;
    kept.activate(SETUP)?;
    Ok(kept)
}

/// Makes, runs and ends an instance, of what is `left` of the one before, if anything is.
fn one_life<'a>(
    place: &Place,
    audio_thread: &'a AudioThread,
    left: Option<Rig<'a>>,
) -> Result<Option<Rig<'a>>, String> {
    let mut rig = match left {
        Some(rig) => rig,
        None => Rig::open(place, audio_thread)?,
    };
    rig.activate(SETUP)?;
    let events = rig.usual_events();
    rig.play(BLOCKS, noise, &events)?;
    rig.deactivate()?;
    Ok(rig.end())
}

fn judged(seen: &[Usage]) -> Answer {
    if seen.len() < LEAST_INSTANCES {
        return skipped(format!("only {} instances were made in time", seen.len()));
    }
    let growths = MEASURES.iter().map(|measure| {
        let values: Vec<f64> = seen.iter().map(measure.of).collect();
        (measure, growth(&values))
    });
    let growths: Vec<_> = growths.collect();
    match growths.iter().find(|(measure, growth)| *growth >= measure.limit) {
        Some((Measure { name, limit, .. }, growth)) => failed(
            format!("each instance to leave less than {limit} {name}"),
            format!("each of {} leaves {growth:.1}", seen.len()),
        ),
        None => {
            let bytes = growths.last().map_or(0.0, |(_, growth)| *growth);
            passed(format!("{} instances, {:.0} bytes each", seen.len(), bytes.max(0.0)))
        }
    }
}

/// By how much each instance makes a value grow, in that part in which it grows least.
fn growth(values: &[f64]) -> f64 {
    let part = values.len() / PARTS;
    let ends = (1..=PARTS).filter_map(|number| values.get(number * part - 1));
    let ends: Vec<f64> = ends.copied().collect();
    let growths = ends.windows(2).map(|pair| (pair[1] - pair[0]) / part as f64);
    growths.fold(f64::INFINITY, f64::min)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usages(heap: impl Fn(usize) -> f64, threads: impl Fn(usize) -> f64) -> Vec<Usage> {
        let usage = |index| Usage {
            heap_bytes: heap(index),
            threads: threads(index),
            descriptors: 9.0,
            mappings: 100.0,
        };
        (0..INSTANCES).map(usage).collect()
    }

    #[test]
    fn what_grows_with_every_instance_is_found_and_what_grows_once_is_not() {
        let steady = |index| index as f64;
        let is_failed = |seen: &[Usage]| matches!(judged(seen), Answer::Failed { .. });
        assert!(is_failed(&usages(|index| steady(index) * 2_000.0, |_| 3.0)));
        assert!(is_failed(&usages(|_| 5e6, steady)));
        // Every second one is still one that leaks.
        assert!(is_failed(&usages(|_| 5e6, |index| steady(index / 2))));
        assert!(!is_failed(&usages(|_| 5e6, |_| 3.0)));
        let once = |index| if index > 50 { 9e6 } else { 5e6 };
        assert!(!is_failed(&usages(once, |index| if index > 70 { 4.0 } else { 3.0 })));
        let noise = |index: usize| 5e6 + 4_000.0 * steady(index % 7);
        assert!(!is_failed(&usages(noise, |_| 3.0)));
        let few = &usages(|_| 0.0, |_| 0.0)[..LEAST_INSTANCES - 1];
        assert!(matches!(judged(few), Answer::Skipped { .. }));
    }
}
