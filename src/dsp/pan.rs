//! Pan and balance of two-channel signals.

use std::sync::LazyLock;

use super::describe::{choice, effect, number};
use super::lane_gain::LaneGain;
use super::pan_law::{balance, gains};
use crate::process::{
    ControlSet, Prepare, PrepareError, Processor, ProcessorFactory, ProcessorSpec, Unit,
};
use crate::session::PanLaw;
use crate::time::{SampleRate, Samples};

const PAN: usize = 0;
const MODE: usize = 1;
const MODES: &[&str] = &["balance", "0dB", "-3dB", "-4.5dB", "-6dB"];
const LAWS: [PanLaw; 4] = [PanLaw::Zero, PanLaw::Minus3, PanLaw::Minus4Point5, PanLaw::Minus6];

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    effect(
        "pan",
        "moves a stereo signal to a side, as a balance or by a pan law; mono passes unchanged",
        1,
        vec![number("pan", "Pan", Unit::Ratio, (-1.0, 1.0), 0.0), choice("mode", "Mode", MODES, 0)],
    )
});

/// Makes pans. `balance` turns down the side panned away from; the others apply the law's left
/// and right factors to the two channels.
#[derive(Clone, Copy, Debug, Default)]
pub struct PanFactory;

impl ProcessorFactory for PanFactory {
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
        let factors = if prepare.channels == 2 { stereo } else { |_: &[f64]| (1.0, 1.0) };
        Ok(Box::new(LaneGain::new(prepare, factors)))
    }
}

fn stereo(values: &[f64]) -> (f64, f64) {
    // Index 0 of the choice is the balance, the laws follow in their order.
    let law = LAWS.iter().zip(1_u8..).find(|(_, index)| values[MODE] == f64::from(*index));
    match law {
        Some((law, _)) => gains(*law, values[PAN]),
        None => balance(values[PAN]),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dsp::testing::{Rig, assert_extremes, assert_invariant};

    fn rig(channels: usize) -> Rig {
        Rig::new(Arc::new(PanFactory), channels, -321, 1_500)
    }

    #[test]
    fn each_mode_applies_its_factors() {
        for (mode, option) in MODES.iter().zip(0_u8..) {
            let mode_value = ("mode", f64::from(option));
            let rig = rig(2)
                .with_values(&[mode_value, ("pan", -1.0)])
                .with_values(&[mode_value, ("pan", 0.5)]);
            let output = assert_invariant(&rig);
            assert_extremes(&rig);
            let wanted = match option {
                0 => balance(0.5),
                _ => gains(LAWS[usize::from(option) - 1], 0.5),
            };
            for (instance, wanted) in [(1.0, 0.0), wanted].into_iter().enumerate() {
                for (channel, factor) in [wanted.0, wanted.1].into_iter().enumerate() {
                    let input = &rig.instances[instance].input[channel];
                    for (x, y) in input.iter().zip(&output[instance][channel]) {
                        let error = f64::from(*y) - factor * f64::from(*x);
                        assert!(error.abs() < 1e-7, "{mode}: {y} for {x}");
                    }
                }
            }
            assert_eq!(rig.instances[0].input[0], output[0][0], "{mode}");
            assert!(output[0][1].iter().all(|y| *y == 0.0), "{mode}");
        }
    }

    #[test]
    fn mono_passes_unchanged() {
        let rig = rig(1).with_values(&[("pan", 1.0)]).with_automation(&[("mode", 2.0)], 3);
        let output = assert_invariant(&rig);
        for (instance, output) in rig.instances.iter().zip(&output) {
            assert_eq!(instance.input, *output);
        }
    }

    #[test]
    fn automation_gives_the_same_bits_any_way() {
        let mut rig = rig(2);
        for (seed, mode) in (0..5).zip(0_u8..) {
            rig = rig.with_automation(&[("mode", f64::from(mode))], seed);
        }
        assert_invariant(&rig);
    }
}
