//! Planted violations of the promise, one for each axis: the matrix has to find them.
#![allow(clippy::disallowed_methods, clippy::disallowed_types, clippy::cast_possible_truncation)] // They are the violations.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use wavemill_core::process::{ProcessContext, ProcessorFactory, ProcessorLibrary};
use wavemill_core::session::Insert;
use wavemill_golden::{Case, processor_cases};

use crate::stub::{Stub, Work};

/// A way to break the promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Violation {
    /// Sums in the order in which threads finish.
    CompletionOrder,
    /// Smooths from the start of each block.
    BlockStart,
    /// The platform's sine.
    StdSine,
    /// The order of a hash map.
    MapOrder,
}

/// Every insert is the violation.
pub struct Planted {
    violation: Violation,
    /// What [`Violation::CompletionOrder`] adds to.
    running_sum: Arc<Mutex<f32>>,
}

impl Planted {
    pub fn new(violation: Violation) -> Self {
        Self { violation, running_sum: Arc::default() }
    }
}

impl ProcessorLibrary for Planted {
    fn factory(&self, insert: &Insert) -> Option<Arc<dyn ProcessorFactory>> {
        let violation = self.violation;
        let sum = Arc::clone(&self.running_sum);
        // Segments of their own, so that threads can race.
        let structure = insert.id.as_str().bytes().map(u64::from).sum();
        Some(Stub::factory("planted", structure, move || {
            // Each render begins with a sum of its own: what differs then is the order.
            *sum.lock().expect("no thread panicked") = 0.0;
            work(violation, Arc::clone(&sum))
        }))
    }

    fn names(&self) -> Vec<String> {
        vec!["planted".to_owned()]
    }
}

fn work(violation: Violation, running_sum: Arc<Mutex<f32>>) -> Work {
    match violation {
        Violation::CompletionOrder => Box::new(move |context| {
            // So that threads come to an end of their blocks in turns, however fast one of them is.
            std::thread::sleep(Duration::from_micros(200));
            let own = context.audio.samples().iter().sum::<f32>() + 0.1;
            let mut sum = running_sum.lock().expect("no thread panicked");
            *sum = *sum * 0.7 + own;
            let bias = *sum * 1e-3;
            each(context, |_, sample| sample + bias);
        }),
        Violation::BlockStart => Box::new(|context| {
            each(context, |frame, sample| sample * (frame as f32 / 64.0).min(1.0));
        }),
        Violation::StdSine => Box::new(|context| {
            // The last bits of a sine differ between code paths; a chain that amplifies them, as
            // feedback and long sums do, makes them heard.
            let time = context.time as f64;
            each(context, |frame, sample| {
                let last_bits = (((time + frame as f64) * 0.1234).sin() * 1e14).fract();
                (f64::from(sample) + last_bits * 1e-3) as f32
            });
        }),
        Violation::MapOrder => {
            let partials: HashMap<u32, f32> =
                (0..200).map(|n| (n, 1.0 / (n as f32 + 0.3))).collect();
            let gain = partials.values().fold(0.0, |sum, value| sum * 0.999 + value) * 0.1;
            Box::new(move |context| each(context, |_, sample| sample * gain))
        }
    }
}

fn each(context: &mut ProcessContext<'_>, change: impl Fn(usize, f32) -> f32) {
    let lanes = context.audio.lanes();
    for (frame, samples) in context.audio.samples().chunks_exact_mut(lanes).enumerate() {
        for sample in samples {
            *sample = change(frame, *sample);
        }
    }
}

/// Twelve tracks, each with a violation in its chain.
pub fn session() -> Case {
    let mut case = processor_cases().expect("the cases are defined").swap_remove(0);
    let track = case.session.tracks.pop().expect("a case has a track");
    for index in 0..12_u8 {
        let mut track = track.clone();
        // Apart from each other: of equal tracks it would not matter which comes first.
        track.volume_db = -f64::from(index);
        track.id = wavemill_core::session::TrackId::new(format!("t{index}")).expect("valid");
        track.lanes.clear();
        for clip in &mut track.clips {
            clip.id = wavemill_core::session::ClipId::new(format!("c{index}")).expect("valid");
        }
        for insert in &mut track.inserts {
            insert.parameters.clear();
            insert.id = wavemill_core::session::InsertId::new(format!("p{index}")).expect("valid");
        }
        case.session.tracks.push(track);
    }
    case
}
