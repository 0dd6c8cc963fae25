//! The true-peak limiter: keeps what lies between the samples under a ceiling, too.

mod gain;
mod interpolator;
mod processor;

#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use super::describe::{effect, number, setting};
use crate::process::{
    ControlSet, Prepare, PrepareError, Processor, ProcessorFactory, ProcessorSpec, Unit,
};
use crate::time::{SampleRate, Samples, TempoMap};

use processor::Limiter;

const CEILING: usize = 0;
const RELEASE: usize = 1;
const LOOKAHEAD: usize = 2;

/// Makes true-peak limiters, called `limiter`.
///
/// The detector oversamples four times, as Annex 2 of ITU-R BS.1770-4 describes, with filters of
/// its own; the channels of an instance share one gain, which is down before a peak comes out and
/// returns exponentially. No sample exceeds the ceiling; between the samples the ceiling is kept
/// within 0.1 dB. While nothing comes near the ceiling, every bit passes.
///
/// - `ceiling_db`: -24 to 0
/// - `release_ms`: 1 to 2,000
/// - `lookahead_ms`: 0.5 to 10. Not automatable; with the detector's delay it is the latency.
///
/// No tail.
#[derive(Clone, Copy, Debug, Default)]
pub struct LimiterFactory;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let parameters = vec![
        number("ceiling_db", "Ceiling", Unit::Decibels, (-24.0, 0.0), -1.0),
        number("release_ms", "Release", Unit::Milliseconds, (1.0, 2000.0), 100.0),
        setting("lookahead_ms", "Lookahead", Unit::Milliseconds, (0.5, 10.0), 2.0),
    ];
    effect("limiter", "keeps true peaks under a ceiling", 1, parameters)
});

/// The lookahead in frames: the time the gain takes to come down.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 4 to 3,840.
fn lookahead_frames(values: &[f64], rate: SampleRate) -> usize {
    (values[LOOKAHEAD] * rate.hz_f64() / 1000.0).round().clamp(4.0, 3840.0) as usize
}

/// How late the signal is.
fn delay_frames(values: &[f64], rate: SampleRate) -> usize {
    interpolator::DELAY + lookahead_frames(values, rate) - 1
}

impl ProcessorFactory for LimiterFactory {
    fn spec(&self) -> &ProcessorSpec {
        &SPEC
    }

    fn latency(&self, values: &[f64], rate: SampleRate) -> Samples {
        Samples(i64::try_from(delay_frames(values, rate)).unwrap_or(0))
    }

    fn tail(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn cost(&self) -> u32 {
        24
    }

    fn memory_bytes(&self, controls: &ControlSet, channels: usize, tempo: &TempoMap) -> u64 {
        processor::memory_bytes(controls.constants(), channels, tempo.sample_rate())
    }

    fn structure(&self, controls: &ControlSet) -> u64 {
        controls.constants()[LOOKAHEAD].to_bits()
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        Ok(Box::new(Limiter::new(prepare)))
    }
}
