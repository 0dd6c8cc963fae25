//! The limiter against an independent true-peak meter, and its timing.

use std::sync::Arc;

use super::*;
use crate::dsp::testing::{Rig, assert_extremes, assert_invariant, automated, defaults, noise};
use crate::math::{TAU, db_to_gain, gain_to_db, sin, sinc};
use crate::process::{ControlCurve, ControlPoint};

fn rate(hz: u32) -> SampleRate {
    SampleRate::new(hz).unwrap()
}

fn rig(channels: usize, frames: usize) -> Rig {
    Rig::new(Arc::new(LimiterFactory), channels, 0, frames)
}

fn run(given: &[(&str, f64)], input: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    rig(input.len(), input[0].len()).with_values(given).hearing(input).run_whole().remove(0)
}

fn latency(hz: u32, given: &[(&str, f64)]) -> usize {
    let values = crate::dsp::testing::values(&LimiterFactory, given);
    usize::try_from(LimiterFactory.latency(&values, rate(hz)).0).unwrap()
}

/// The greatest magnitude at eight points a sample, by a long Hann-windowed sinc that shares
/// nothing with the detector.
fn true_peak(signal: &[f32]) -> f64 {
    const HALF: i64 = 64;
    let mut peak = 0.0_f64;
    let length = i64::try_from(signal.len()).unwrap();
    for phase in 0..8_u8 {
        let fraction = f64::from(phase) / 8.0;
        let taps: Vec<f64> = (-HALF..=HALF)
            .map(|k| {
                let x = fraction - k as f64;
                let window = 0.5 + 0.5 * crate::math::cos(TAU / 2.0 * x / (HALF + 1) as f64);
                sinc(x) * window
            })
            .collect();
        for n in HALF..length - HALF {
            let sum: f64 = (-HALF..=HALF)
                .zip(&taps)
                .map(|(k, tap)| f64::from(signal[usize::try_from(n + k).unwrap()]) * tap)
                .sum();
            peak = peak.max(sum.abs());
        }
    }
    peak
}

/// A sine at a quarter of the rate whose samples all miss its peaks by 3 dB.
#[allow(clippy::cast_possible_truncation)] // Rounding is the point.
fn hidden_peaks(frames: usize, level: f64) -> Vec<f32> {
    (0..frames).map(|n| (level * sin(TAU * (n as f64 / 4.0 + 0.125))) as f32).collect()
}

#[test]
fn samples_never_exceed_the_ceiling_and_true_peaks_hardly() {
    let loud: Vec<f32> = noise(1, 6000).iter().map(|x| x * 4.0).collect();
    let mut bursts = hidden_peaks(6000, 1.6);
    bursts.chunks_mut(500).skip(1).step_by(2).for_each(|part| part.fill(0.1));
    for (what, input, allowance_db) in [
        ("hidden peaks", hidden_peaks(6000, 1.3), 0.1),
        ("bursts", bursts, 0.1),
        ("smooth noise", smooth(&loud), 0.1),
    ] {
        for (ceiling_db, release, lookahead) in
            [(-1.0, 100.0, 2.0), (-6.0, 1.0, 0.5), (0.0, 10.0, 10.0)]
        {
            let given =
                [("ceiling_db", ceiling_db), ("release_ms", release), ("lookahead_ms", lookahead)];
            let output = run(&given, vec![input.clone()]);
            let ceiling = db_to_gain(ceiling_db);
            let peak = output[0].iter().fold(0.0_f32, |peak, y| peak.max(y.abs()));
            assert!(f64::from(peak) <= ceiling, "{what}: a sample of {peak}");
            let over_db = gain_to_db(true_peak(&output[0]) / ceiling);
            println!("{what} {given:?}: {over_db} dB over");
            assert!(over_db <= allowance_db, "{what}, {given:?}: {over_db} dB over");
            // It limits, and no more than it has to.
            assert!(over_db > -3.5, "{what}, {given:?}: {over_db} dB over");
        }
    }
}

/// White noise without what lies close to half the rate, where a sinc cannot tell peaks.
fn smooth(signal: &[f32]) -> Vec<f32> {
    signal.windows(4).map(|x| 0.25 * (x[0] + x[3]) + 0.5 * (x[1] + x[2])).collect()
}

#[test]
fn what_stays_below_the_ceiling_passes_bit_for_bit() {
    let mut quiet: Vec<f32> = smooth(&noise(2, 3000)).iter().map(|x| x * 0.5).collect();
    quiet[17] = -0.0;
    for (hz, lookahead) in [(48_000, 2.0), (8_000, 0.5), (192_000, 10.0)] {
        let given = [("lookahead_ms", lookahead)];
        let delay = latency(hz, &given);
        let mut rig = rig(1, quiet.len()).with_values(&given).hearing(vec![quiet.clone()]);
        rig.rate = rate(hz);
        let output = rig.run_whole().remove(0).remove(0);
        assert!(output[..delay].iter().all(|y| *y == 0.0));
        let same = output[delay..].iter().zip(&quiet).all(|(y, x)| y.to_bits() == x.to_bits());
        assert!(same, "{hz} Hz, {lookahead} ms");
    }
    assert_eq!(latency(48_000, &[]), interpolator::DELAY + 95);
}

#[test]
fn after_a_peak_the_gain_returns_to_exactly_one() {
    let mut input = vec![0.25_f32; 30_000];
    input[1000] = 2.0;
    let output = run(&[("release_ms", 10.0)], vec![input]);
    let delay = latency(48_000, &[]);
    // Down before the peak comes out, never before the lookahead begins.
    assert_eq!(output[0][1000 + delay - 112], 0.25);
    assert!(output[0][1000 + delay - 10] < 0.2);
    assert!(f64::from(output[0][1000 + delay]) <= db_to_gain(-1.0));
    assert!(output[0][1000 + delay] > 0.85, "{}", output[0][1000 + delay]);
    assert_eq!(output[0][29_999].to_bits(), 0.25_f32.to_bits());
}

#[test]
fn channels_share_one_gain() {
    let loud: Vec<f32> = noise(3, 3000).iter().map(|x| x * 3.0).collect();
    let output = run(&[], vec![loud.clone(), vec![0.25; 3000]]);
    let swapped = run(&[], vec![vec![0.25; 3000], loud]);
    assert_eq!(output[0], swapped[1]);
    assert_eq!(output[1], swapped[0]);
    assert!(output[1][2000] < 0.2);
}

#[test]
fn nothing_but_the_parameters_changes_a_bit() {
    for lookahead in [0.5, 2.0] {
        for (channels, instances) in [(1, 1), (2, 1), (1, 3), (2, 3)] {
            let mut rig = Rig::new(Arc::new(LimiterFactory), channels, -333, 1500);
            for i in 0..instances {
                rig = rig.with_values(&[
                    ("ceiling_db", -6.0 - f64::from(i)),
                    ("release_ms", 5.0),
                    ("lookahead_ms", lookahead),
                ]);
            }
            assert_invariant(&rig);
        }
        let mut rig = Rig::new(Arc::new(LimiterFactory), 2, -333, 1500);
        for seed in 0..2 {
            rig = rig.with_automation(&[("lookahead_ms", lookahead)], seed);
        }
        assert_invariant(&rig);
    }
}

#[test]
fn an_automated_ceiling_belongs_to_the_samples_it_came_with() {
    let at = 1000;
    let point = |at, value| ControlPoint { at: Samples(at), value, bend: None };
    let curve = ControlCurve::new([point(0, 0.0), point(at, -12.0)]).unwrap();
    let controls = ControlSet::new(defaults(&LimiterFactory), vec![(CEILING, curve)]);
    let rig = rig(1, 3000).with(controls).hearing(vec![hidden_peaks(3000, 0.9)]);
    let output = rig.run_whole().remove(0).remove(0);
    let changed = 1000 + latency(48_000, &[]);
    let peak = |part: &[f32]| part.iter().fold(0.0_f32, |peak, y| peak.max(y.abs()));
    assert!(f64::from(peak(&output[changed..])) <= db_to_gain(-12.0));
    // Before the lookahead begins nothing is turned down.
    assert!(peak(&output[changed - 140..changed - 100]) > 0.63);
}

#[test]
fn extremes_stay_finite() {
    for parameter in &LimiterFactory.spec().parameters {
        for value in [parameter.range().0, parameter.range().1] {
            for hz in [8_000, 384_000] {
                // The longest lookahead is 3,840 frames: what is shorter hears nothing.
                let mut rig = rig(2, 6_000).with_values(&[(&parameter.id, value)]);
                rig.rate = rate(hz);
                assert_extremes(&rig);
            }
        }
    }
    let controls = automated(&LimiterFactory, defaults(&LimiterFactory), 0, 700, 9);
    assert_extremes(&rig(2, 700).with(controls));
}
