//! Processors that are what no built-in one is: their state cannot be saved, they do not repeat
//! themselves, or they warn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use wavemill_core::dsp::BuiltIns;
use wavemill_core::process::{
    AudioPort, ControlSet, Prepare, PrepareError, ProcessContext, ProcessFault, Processor,
    ProcessorFactory, ProcessorLibrary, ProcessorSpec, ProcessorTraits, StateError, StateReader,
    StateWriter, padded_lanes,
};
use wavemill_core::session::Insert;
use wavemill_core::time::{SampleRate, Samples};

/// Node time from which `wary` warns.
pub const WARY_FROM: i64 = 350_000;

/// The built-in processors and three more: `opaque`, a one-pole low-pass whose state cannot be
/// saved; `unsteady`, which each time it is prepared is quieter than before; and `wary`, which
/// passes on what it gets and warns of what comes late.
#[derive(Clone, Default)]
pub struct Trials {
    /// `opaque` says that its state can be saved, which is not so.
    pub opaque_lies: bool,
    /// `unsteady` says that it repeats itself.
    pub unsteady_lies: bool,
    /// `opaque` was asked for its state.
    pub asked: Arc<AtomicBool>,
    /// How often `unsteady` was prepared.
    pub prepared: Arc<AtomicU64>,
}

impl ProcessorLibrary for Trials {
    fn factory(&self, insert: &Insert) -> Option<Arc<dyn ProcessorFactory>> {
        let (kind, traits) = match insert.processor.as_str() {
            "opaque" => (Kind::Opaque, traits(self.opaque_lies, true)),
            "unsteady" => (Kind::Unsteady, traits(true, self.unsteady_lies)),
            "wary" => (Kind::Wary, ProcessorTraits::BUILT_IN),
            _ => return BuiltIns.factory(insert),
        };
        let port = || vec![AudioPort { name: "main".into() }];
        let spec = ProcessorSpec {
            name: insert.processor.clone().into(),
            summary: "for tests".into(),
            version: 1,
            parameters: Vec::new(),
            inputs: port(),
            outputs: port(),
            event_inputs: 0,
            event_outputs: 0,
            presets: &[],
            traits,
        };
        Some(Arc::new(Factory { spec, kind, trials: self.clone() }))
    }

    fn names(&self) -> Vec<String> {
        ["opaque", "unsteady", "wary"].map(str::to_owned).into()
    }
}

fn traits(checkpointable: bool, repeatable: bool) -> ProcessorTraits {
    ProcessorTraits { checkpointable, repeatable }
}

#[derive(Clone, Copy)]
enum Kind {
    Opaque,
    Unsteady,
    Wary,
}

struct Factory {
    spec: ProcessorSpec,
    kind: Kind,
    trials: Trials,
}

impl ProcessorFactory for Factory {
    fn spec(&self) -> &ProcessorSpec {
        &self.spec
    }

    fn latency(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn tail(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn structure(&self, _: &ControlSet) -> u64 {
        0
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let lanes = padded_lanes(prepare.instances.len() * prepare.channels);
        let unsteady = matches!(self.kind, Kind::Unsteady);
        let before = match unsteady {
            true => self.trials.prepared.fetch_add(1, Ordering::Relaxed),
            false => 0,
        };
        Ok(Box::new(Running {
            kind: self.kind,
            low: vec![0.0; lanes],
            gain: 1.0 / (before + 1) as f32,
            time: 0,
            asked: Arc::clone(&self.trials.asked),
        }))
    }
}

struct Running {
    kind: Kind,
    /// By lane.
    low: Vec<f32>,
    gain: f32,
    /// One past the last frame.
    time: i64,
    asked: Arc<AtomicBool>,
}

impl Processor for Running {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        self.time = context.time + i64::try_from(context.frames()).unwrap();
        let lanes = self.low.len();
        for frame in context.audio.samples().chunks_exact_mut(lanes) {
            for (sample, low) in frame.iter_mut().zip(&mut self.low) {
                match self.kind {
                    Kind::Opaque => {
                        // Remembers for seconds.
                        *low += 1e-5 * (*sample - *low);
                        *sample = *low;
                    }
                    Kind::Unsteady => *sample *= self.gain,
                    Kind::Wary => {}
                }
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.low.fill(0.0);
        self.time = 0;
    }

    fn save(&self, _: usize, _: &mut StateWriter) {
        if let Kind::Opaque = self.kind {
            self.asked.store(true, Ordering::Relaxed);
        }
    }

    fn restore(&mut self, _: usize, _: &mut StateReader<'_>) -> Result<(), StateError> {
        Ok(())
    }

    fn warning(&self, instance: usize) -> Option<String> {
        let wary = matches!(self.kind, Kind::Wary) && self.time > WARY_FROM;
        wary.then(|| format!("instance {instance} heard of it"))
    }
}
