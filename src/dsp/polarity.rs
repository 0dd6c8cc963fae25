//! Polarity: turns the sign of one or both channels.

use std::sync::LazyLock;

use super::describe::{choice, effect};
use super::lane_gain::LaneGain;
use crate::process::{
    ControlSet, Prepare, PrepareError, Processor, ProcessorFactory, ProcessorSpec,
};
use crate::time::{SampleRate, Samples};

const LEFT: usize = 0;
const RIGHT: usize = 1;
const OFF_ON: &[&str] = &["off", "on"];

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    effect(
        "polarity",
        "inverts the sign of the left, the right or both channels",
        1,
        vec![
            choice("invert_left", "Invert left", OFF_ON, 0),
            choice("invert_right", "Invert right", OFF_ON, 0),
        ],
    )
});

/// Makes polarity switches. Mono instances obey the left one.
#[derive(Clone, Copy, Debug, Default)]
pub struct PolarityFactory;

impl ProcessorFactory for PolarityFactory {
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

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        Ok(Box::new(LaneGain::turning(prepare, factors)))
    }
}

fn factors(values: &[f64]) -> (f64, f64) {
    let sign = |parameter: usize| if values[parameter] > 0.5 { -1.0 } else { 1.0 };
    (sign(LEFT), sign(RIGHT))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dsp::testing::{Rig, assert_extremes, assert_invariant};

    #[test]
    fn it_turns_the_sign_of_what_is_switched_on() {
        let rig = Rig::new(Arc::new(PolarityFactory), 2, -100, 700)
            .with_values(&[])
            .with_values(&[("invert_left", 1.0)])
            .with_values(&[("invert_left", 1.0), ("invert_right", 1.0)]);
        let output = assert_invariant(&rig);
        assert_extremes(&rig);
        for (instance, signs) in [[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0]].iter().enumerate() {
            for (channel, sign) in signs.iter().enumerate() {
                let input = &rig.instances[instance].input[channel];
                for (x, y) in input.iter().zip(&output[instance][channel]) {
                    assert_eq!((x * sign).to_bits(), y.to_bits());
                }
            }
        }
    }

    #[test]
    fn mono_obeys_the_left_switch() {
        let rig = Rig::new(Arc::new(PolarityFactory), 1, 0, 100)
            .with_values(&[("invert_left", 1.0)])
            .with_values(&[("invert_right", 1.0)]);
        let output = assert_invariant(&rig);
        assert_eq!(output[0][0][3], -rig.instances[0].input[0][3]);
        assert_eq!(output[1][0][3], rig.instances[1].input[0][3]);
    }
}
