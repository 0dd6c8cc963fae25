//! A probe: notes the blocks it gets and the threads that bring them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::thread::ThreadId;

use wavemill_core::dsp::built_in;
use wavemill_core::process::{ProcessorFactory, ProcessorLibrary};
use wavemill_core::session::{Insert, InsertId};
use wavemill_golden::Case;

use crate::stub::Stub;

/// What all probes of a library saw.
#[derive(Default)]
pub struct Seen {
    pub blocks: BTreeSet<usize>,
    pub threads: Vec<ThreadId>,
}

/// The built-in processors, and `probe`.
#[derive(Clone, Default)]
pub struct Probe {
    pub seen: Arc<Mutex<Seen>>,
}

impl ProcessorLibrary for Probe {
    fn factory(&self, insert: &Insert) -> Option<Arc<dyn ProcessorFactory>> {
        if insert.processor != "probe" {
            return built_in(&insert.processor);
        }
        let seen = Arc::clone(&self.seen);
        Some(Stub::factory("probe", 0, move || {
            let seen = Arc::clone(&seen);
            Box::new(move |context| {
                let mut seen = seen.lock().expect("no thread panicked");
                seen.blocks.insert(context.frames());
                let thread = std::thread::current().id();
                if !seen.threads.contains(&thread) {
                    seen.threads.push(thread);
                }
            })
        }))
    }

    fn names(&self) -> Vec<String> {
        vec!["probe".to_owned()]
    }
}

/// `case` with a probe at the end of every chain.
pub fn probed(mut case: Case) -> Case {
    for track in &mut case.session.tracks {
        track.inserts.push(Insert {
            id: InsertId::new("probe").expect("valid"),
            processor: "probe".to_owned(),
            plugin: None,
            file: None,
            bypass: false,
            preset: None,
            parameters: std::collections::BTreeMap::default(),
            sidechain: None,
            sidechains: std::collections::BTreeMap::default(),
            outputs: std::collections::BTreeMap::default(),
        });
    }
    case
}
