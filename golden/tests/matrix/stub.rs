//! A processor from a function: what probes and planted violations are made of.

use std::sync::Arc;

use wavemill_core::process::{
    AudioPort, ControlSet, Prepare, PrepareError, ProcessContext, ProcessFault, Processor,
    ProcessorFactory, ProcessorSpec, ProcessorTraits, StateError, StateReader, StateWriter,
};
use wavemill_core::time::{SampleRate, Samples};

/// What a prepared stub does with a block.
pub type Work = Box<dyn FnMut(&mut ProcessContext<'_>) + Send>;

/// Makes processors that do what `make` gives them.
pub struct Stub {
    spec: ProcessorSpec,
    make: Box<dyn Fn() -> Work + Send + Sync>,
    /// Tells stubs apart that must not share a segment.
    structure: u64,
}

impl Stub {
    pub fn factory(
        name: &str,
        structure: u64,
        make: impl Fn() -> Work + Send + Sync + 'static,
    ) -> Arc<dyn ProcessorFactory> {
        let spec = ProcessorSpec {
            name: name.to_owned().into(),
            summary: "for tests".into(),
            version: 1,
            parameters: Vec::new(),
            inputs: vec![AudioPort { name: "main".into() }],
            outputs: vec![AudioPort { name: "main".into() }],
            event_inputs: 0,
            event_outputs: 0,
            presets: &[],
            traits: ProcessorTraits::BUILT_IN,
        };
        Arc::new(Self { spec, make: Box::new(make), structure })
    }
}

impl ProcessorFactory for Stub {
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
        self.structure
    }

    fn prepare(&self, _: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        Ok(Box::new(Running((self.make)())))
    }
}

struct Running(Work);

impl Processor for Running {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        (self.0)(context);
        Ok(())
    }

    fn reset(&mut self) {}

    fn save(&self, _: usize, _: &mut StateWriter) {}

    fn restore(&mut self, _: usize, _: &mut StateReader<'_>) -> Result<(), StateError> {
        Ok(())
    }
}
