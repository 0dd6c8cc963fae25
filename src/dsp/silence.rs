//! Silence: what stands in the place of a plug-in that is missing and not to be heard.

use std::sync::LazyLock;

use super::describe::effect;
use crate::process::{
    ControlSet, Prepare, PrepareError, ProcessContext, ProcessFault, Processor, ProcessorFactory,
    ProcessorSpec, StateError, StateReader, StateWriter,
};
use crate::time::{SampleRate, Samples};

static SPEC: LazyLock<ProcessorSpec> =
    LazyLock::new(|| effect("silence", "puts out silence whatever it hears", 1, Vec::new()));

/// Makes silence. Sessions cannot name it.
#[derive(Clone, Copy, Debug, Default)]
pub struct SilenceFactory;

struct Silence;

impl ProcessorFactory for SilenceFactory {
    fn spec(&self) -> &ProcessorSpec {
        &SPEC
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

    fn prepare(&self, _: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        Ok(Box::new(Silence))
    }
}

impl Processor for Silence {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        context.audio.samples().fill(0.0);
        Ok(())
    }

    fn rests(&self) -> bool {
        true
    }

    fn reset(&mut self) {}

    fn save(&self, _: usize, _: &mut StateWriter) {}

    fn restore(&mut self, _: usize, _: &mut StateReader<'_>) -> Result<(), StateError> {
        Ok(())
    }
}
