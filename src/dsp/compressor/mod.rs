//! The compressor: feed-forward, peak-detecting, with knee, sidechain and lookahead.

mod kernel;
mod processor;

#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::sync::LazyLock;

use super::describe::{effect, number, setting};
use crate::process::{
    AudioPort, ControlSet, Prepare, PrepareError, Processor, ProcessorFactory, ProcessorSpec, Unit,
};
use crate::time::{SampleRate, Samples, TempoMap};

use processor::Compressor;

const THRESHOLD: usize = 0;
const RATIO: usize = 1;
const ATTACK: usize = 2;
const RELEASE: usize = 3;
const KNEE: usize = 4;
const MAKEUP: usize = 5;
const MIX: usize = 6;
const LOOKAHEAD: usize = 7;

/// Makes compressors, called `compressor`.
///
/// The detector takes the greater magnitude of an instance's channels (of its sidechain's, where
/// one is connected) and follows it with one pole, `attack_ms` upwards and `release_ms`
/// downwards. The gain is that of D. Giannoulis, M. Massberg, J. D. Reiss, "Digital Dynamic Range
/// Compressor Design" (2012): above the threshold a level rises by 1/`ratio`, with a parabola
/// `knee_db` wide in between. Below the knee the gain is exactly 1.
///
/// - `threshold_db`: -80 to 0
/// - `ratio`: 1 to 100
/// - `attack_ms`: 0.01 to 500, `release_ms`: 1 to 5,000, the time in which 63 % of a step is done
/// - `knee_db`: 0 to 24
/// - `makeup_db`: -24 to 36, applied to the compressed signal
/// - `mix`: 0 (dry) to 1 (compressed)
/// - `lookahead_ms`: 0 to 20, how much earlier the detector hears; the latency. Not automatable.
///
/// No tail.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompressorFactory;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let parameters = vec![
        number("threshold_db", "Threshold", Unit::Decibels, (-80.0, 0.0), -18.0),
        number("ratio", "Ratio", Unit::Ratio, (1.0, 100.0), 4.0),
        number("attack_ms", "Attack", Unit::Milliseconds, (0.01, 500.0), 10.0),
        number("release_ms", "Release", Unit::Milliseconds, (1.0, 5000.0), 100.0),
        number("knee_db", "Knee", Unit::Decibels, (0.0, 24.0), 0.0),
        number("makeup_db", "Make-up gain", Unit::Decibels, (-24.0, 36.0), 0.0),
        number("mix", "Mix", Unit::Ratio, (0.0, 1.0), 1.0),
        setting("lookahead_ms", "Lookahead", Unit::Milliseconds, (0.0, 20.0), 0.0),
    ];
    let summary = "turns down what is louder than a threshold, with a sidechain";
    let mut spec = effect("compressor", summary, 1, parameters);
    spec.inputs.push(AudioPort { name: Cow::Borrowed("sidechain") });
    spec
});

/// The lookahead in frames.
#[allow(clippy::cast_possible_truncation)] // At most 7,680.
fn lookahead_frames(values: &[f64], rate: SampleRate) -> i64 {
    (values[LOOKAHEAD] * rate.hz_f64() / 1000.0).round().clamp(0.0, 1e6) as i64
}

impl ProcessorFactory for CompressorFactory {
    fn spec(&self) -> &ProcessorSpec {
        &SPEC
    }

    fn latency(&self, values: &[f64], rate: SampleRate) -> Samples {
        Samples(lookahead_frames(values, rate))
    }

    fn tail(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn cost(&self) -> u32 {
        8
    }

    fn memory_bytes(&self, controls: &ControlSet, channels: usize, tempo: &TempoMap) -> u64 {
        let frames = lookahead_frames(controls.constants(), tempo.sample_rate()).unsigned_abs();
        frames * (channels * size_of::<f32>()) as u64
    }

    /// Instances side by side share the length of their delay.
    fn structure(&self, controls: &ControlSet) -> u64 {
        controls.constants()[LOOKAHEAD].to_bits()
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        for setup in prepare.instances {
            if self.structure(&setup.controls) != self.structure(&prepare.instances[0].controls) {
                return Err(PrepareError {
                    is_of_plugin: false,
                    node: setup.node.clone(),
                    what: "its lookahead differs from that of the instances beside it: only \
                           compressors of one lookahead run side by side"
                        .to_owned(),
                });
            }
        }
        Ok(Box::new(Compressor::new(prepare)))
    }
}
