//! Tests of the generator.

use std::sync::Arc;

use super::*;
use crate::dsp::testing::{Rig, assert_invariant};
use crate::math::{TAU, sin};
use crate::process::{ControlCurve, ControlPoint};

fn rig(start: i64, frames: usize, values: &[(&str, f64)]) -> Rig {
    Rig::new(Arc::new(GeneratorFactory), 1, start, frames).with_values(values)
}

fn of_type(name: &str) -> (&'static str, f64) {
    ("type", Waveform::NAMES.iter().position(|n| *n == name).unwrap() as f64)
}

#[test]
fn a_sine_is_the_closed_form_and_starts_at_node_time_zero() {
    let rig = rig(-100, 5_000, &[("frequency_hz", 441.7), ("level_db", -6.0)]);
    let output = assert_invariant(&rig);
    for (y, n) in output[0][0].iter().zip(-100_i64..) {
        let wanted = level_to_gain(-6.0) * sin(TAU * 441.7 * n as f64 / 48_000.0);
        let wanted = if n < 0 { 0.0 } else { wanted };
        assert!((f64::from(*y) - wanted).abs() < 1e-7, "{n}");
    }
}

#[test]
fn what_is_steady_starts_anywhere_without_state() {
    for name in ["sine", "white-noise", "sweep", "impulse"] {
        let whole = rig(0, 3_000, &[of_type(name)]).run_whole();
        let later = rig(1_717, 1_000, &[of_type(name)]).run_whole();
        assert_eq!(later[0][0], whole[0][0][1_717..2_717], "{name}");
    }
}

#[test]
fn a_moving_frequency_keeps_its_phase() {
    let points = [(0, 100.0, Some(0.0)), (4_800, 1_060.0, None)];
    let points = points.map(|(at, value, bend)| ControlPoint { at: Samples(at), value, bend });
    let curves = vec![(FREQUENCY_HZ, ControlCurve::new(points).unwrap())];
    let factory: Arc<dyn ProcessorFactory> = Arc::new(GeneratorFactory);
    let constants = crate::dsp::testing::values(&*factory, &[("level_db", 0.0)]);
    let rig = Rig::new(factory, 1, 0, 6_000).with(ControlSet::new(constants, curves));
    let output = assert_invariant(&rig);
    // The sum of the frequencies of all samples before.
    let mut cycles = 0.0;
    for (n, y) in output[0][0].iter().enumerate() {
        assert!((f64::from(*y) - sin(TAU * cycles)).abs() < 1e-6, "{n}");
        cycles += (100.0 + 0.2 * n.min(4_800) as f64) / 48_000.0;
    }
}

#[test]
fn noise_depends_on_the_node_and_looks_uniform() {
    let mut rig = rig(0, 20_000, &[of_type("white-noise"), ("level_db", 0.0)])
        .with_values(&[of_type("white-noise"), ("level_db", 0.0)]);
    let output = rig.run_whole();
    assert_ne!(output[0], output[1]);
    for channel in output.iter().flatten() {
        let mean = channel.iter().map(|x| f64::from(*x)).sum::<f64>() / 20_000.0;
        let square = channel.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.02 && (square - 1.0 / 3.0).abs() < 0.01, "{mean} {square}");
    }
    rig.instances[1].node = rig.instances[0].node.clone();
    assert_eq!(rig.run_whole()[0], rig.run_whole()[1]);
}

#[test]
fn a_sweep_goes_through_its_frequencies_and_ends() {
    let sweep = [
        of_type("sweep"),
        ("frequency_hz", 100.0),
        ("sweep_end_hz", 6_400.0),
        ("sweep_seconds", 0.6),
        ("level_db", 0.0),
    ];
    let output = rig(-10, 40_000, &sweep).run_whole();
    let signal = &output[0][0][10..];
    assert!(output[0][0][..10].iter().all(|x| *x == 0.0));
    assert!(signal[28_800..].iter().all(|x| *x == 0.0));
    // Six octaves in 0.6 s: the frequency doubles every 0.1 s. Count the cycles of each octave,
    // f1 T / k (2 - 1) with T = 0.1 s and k = ln 2.
    for octave in 0..6_usize {
        let part = &signal[octave * 4_800..(octave + 1) * 4_800];
        let rises = part.windows(2).filter(|w| w[0] < 0.0 && w[1] >= 0.0).count() as f64;
        let wanted = 10.0 * (1_u32 << octave) as f64 / crate::math::LN_2;
        assert!((rises - wanted).abs() <= 1.5, "octave {octave}: {rises}, not {wanted}");
    }
}

#[test]
fn a_sweep_that_stays_is_a_sine() {
    let both = |name| {
        let values = [of_type(name), ("frequency_hz", 440.0), ("sweep_end_hz", 440.0)];
        rig(0, 2_000, &values).run_whole()
    };
    for (a, b) in both("sweep")[0][0].iter().zip(&both("sine")[0][0]) {
        assert!((a - b).abs() < 1e-7);
    }
}

#[test]
fn an_impulse_is_one_sample_at_zero_in_every_channel() {
    let rig = Rig::new(Arc::new(GeneratorFactory), 2, -7, 100)
        .with_values(&[of_type("impulse"), ("level_db", 0.0)]);
    let output = assert_invariant(&rig);
    for channel in &output[0] {
        for (frame, y) in channel.iter().enumerate() {
            assert_eq!(*y, if frame == 7 { 1.0 } else { 0.0 });
        }
    }
}
