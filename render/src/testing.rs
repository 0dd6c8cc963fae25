//! For tests: a built-in processor of which other things may be assumed.

use std::sync::Arc;

use wavemill_core::dsp::BuiltIns;
use wavemill_core::process::{
    ControlSet, Prepare, PrepareError, Processor, ProcessorFactory, ProcessorLibrary,
    ProcessorSpec, ProcessorTraits,
};
use wavemill_core::session::Insert;
use wavemill_core::time::{SampleRate, Samples};

/// The built-in processors; of those called `name` the traits are others.
pub(crate) struct Unlike {
    pub(crate) name: &'static str,
    pub(crate) traits: ProcessorTraits,
}

impl ProcessorLibrary for Unlike {
    fn factory(&self, insert: &Insert) -> Option<Arc<dyn ProcessorFactory>> {
        let built_in = BuiltIns.factory(insert)?;
        if insert.processor != self.name {
            return Some(built_in);
        }
        let spec = ProcessorSpec { traits: self.traits, ..built_in.spec().clone() };
        Some(Arc::new(Factory { built_in, spec }))
    }

    fn names(&self) -> Vec<String> {
        BuiltIns.names()
    }
}

struct Factory {
    built_in: Arc<dyn ProcessorFactory>,
    spec: ProcessorSpec,
}

impl ProcessorFactory for Factory {
    fn spec(&self) -> &ProcessorSpec {
        &self.spec
    }

    fn latency(&self, values: &[f64], rate: SampleRate) -> Samples {
        self.built_in.latency(values, rate)
    }

    fn tail(&self, values: &[f64], rate: SampleRate) -> Samples {
        self.built_in.tail(values, rate)
    }

    fn structure(&self, controls: &ControlSet) -> u64 {
        self.built_in.structure(controls)
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        self.built_in.prepare(prepare)
    }
}
