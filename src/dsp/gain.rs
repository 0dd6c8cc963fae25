//! Gain: one level for all channels.

use std::sync::LazyLock;

use super::describe::{effect, number};
use super::lane_gain::LaneGain;
use super::level::level_to_gain;
use crate::process::{
    ControlSet, Prepare, PrepareError, Processor, ProcessorFactory, ProcessorSpec, Unit,
};
use crate::time::{SampleRate, Samples};

const GAIN_DB: usize = 0;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    effect(
        "gain",
        "makes the signal louder or softer; -144 dB is silence",
        1,
        vec![number("gain_db", "Gain", Unit::Decibels, (-144.0, 36.0), 0.0)],
    )
});

/// Makes gains. On its way the factor moves in straight lines, its ends exact.
#[derive(Clone, Copy, Debug, Default)]
pub struct GainFactory;

impl ProcessorFactory for GainFactory {
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
        Ok(Box::new(LaneGain::new(prepare, |values| {
            let gain = level_to_gain(values[GAIN_DB]);
            (gain, gain)
        })))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dsp::testing::{Rig, assert_extremes, assert_invariant};
    use crate::process::{ControlCurve, ControlPoint};

    fn rig(frames: usize) -> Rig {
        Rig::new(Arc::new(GainFactory), 1, 0, frames)
    }

    fn with_curve(rig: Rig, points: &[(i64, f64, Option<f64>)]) -> Rig {
        let frames = rig.frames;
        let points = points.iter().map(|(at, value, bend)| ControlPoint {
            at: Samples(*at),
            value: *value,
            bend: *bend,
        });
        let curve = ControlCurve::new(points).unwrap();
        rig.with(ControlSet::new(vec![0.0], vec![(GAIN_DB, curve)]))
            .hearing(vec![vec![1.0; frames]])
    }

    #[test]
    fn twenty_db_is_ten_times_and_the_lowest_is_silence() {
        let rig = rig(64)
            .with_values(&[("gain_db", 20.0)])
            .with_values(&[("gain_db", 0.0)])
            .with_values(&[("gain_db", -144.0)]);
        let output = rig.run_whole();
        let input = |instance: usize| rig.instances[instance].input[0].iter();
        for (x, y) in input(0).zip(&output[0][0]) {
            assert!((y - 10.0 * x).abs() <= 1e-6);
        }
        for (x, y) in input(1).zip(&output[1][0]) {
            assert_eq!(y.to_bits(), x.to_bits());
        }
        assert!(output[2][0].iter().all(|y| *y == 0.0));
    }

    #[test]
    fn a_step_lands_on_its_sample() {
        let rig = with_curve(rig(300), &[(0, 0.0, None), (101, -144.0, None), (163, 20.0, None)]);
        let output = assert_invariant(&rig);
        for (frame, y) in output[0][0].iter().enumerate() {
            let wanted = match frame {
                0..101 => 1.0,
                101..163 => 0.0,
                _ => 10.0,
            };
            assert!((y - wanted).abs() < 1e-6, "frame {frame}: {y}");
        }
    }

    #[test]
    fn a_ramp_is_exact_on_the_grid_and_linear_between() {
        let rig = with_curve(rig(1_100), &[(10, -24.0, Some(0.0)), (1_010, 6.0, None)]);
        let output = assert_invariant(&rig);
        let exact = |n: f64| level_to_gain(-24.0 + 30.0 * (n - 10.0) / 1_000.0);
        for frame in 128..192_u16 {
            let part = f64::from(frame - 128) / 64.0;
            let wanted = exact(128.0) * (1.0 - part) + exact(192.0) * part;
            let got = f64::from(output[0][0][usize::from(frame)]);
            assert!((got - wanted).abs() < 1e-7, "frame {frame}: {got} is not {wanted}");
        }
        assert_eq!(f64::from(output[0][0][9]), f64::from(output[0][0][0]));
        assert!((f64::from(output[0][0][1_010]) - level_to_gain(6.0)).abs() < 1e-7);
    }

    #[test]
    fn many_moving_instances_give_the_same_bits_any_way() {
        for channels in [1, 2] {
            let mut rig = Rig::new(Arc::new(GainFactory), channels, -1_000, 2_500);
            for seed in 0..5 {
                rig = rig.with_automation(&[], seed).with_values(&[("gain_db", -3.0)]);
            }
            assert_invariant(&rig);
            assert_extremes(&rig);
        }
    }
}
