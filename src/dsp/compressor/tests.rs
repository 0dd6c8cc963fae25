//! The compressor against closed forms, and its state, lanes and sidechain.

use std::sync::Arc;

use super::*;
use crate::dsp::testing::{
    Rig, assert_extremes, assert_invariant, automated, noise, values as values_of,
};
use crate::math::{db_to_gain, exp, gain_to_db};
use crate::process::{ControlCurve, ControlPoint};

const FRAMES: usize = 1500;

fn rate(hz: u32) -> SampleRate {
    SampleRate::new(hz).unwrap()
}

fn rig(channels: usize, frames: usize) -> Rig {
    Rig::new(Arc::new(CompressorFactory), channels, 0, frames)
}

/// Runs one instance without a sidechain over `input`.
fn run(given: &[(&str, f64)], input: Vec<Vec<f32>>) -> Vec<Vec<f32>> {
    let mut rig = rig(input.len(), input[0].len()).with_values(given).hearing(input);
    rig.instances[0].sidechain = None;
    rig.run_whole().remove(0)
}

/// The gain in dB for a level in dB, after equation 4 of Giannoulis, Massberg and Reiss (2012).
fn static_gain_db(level: f64, threshold: f64, ratio: f64, knee: f64) -> f64 {
    let over = level - threshold;
    let output = if 2.0 * over < -knee {
        level
    } else if 2.0 * over > knee {
        threshold + over / ratio
    } else {
        let x = over + knee / 2.0;
        level + (1.0 / ratio - 1.0) * x * x / (2.0 * knee)
    };
    output - level
}

#[test]
#[allow(clippy::cast_possible_truncation)] // Rounding is the point.
fn the_static_curve_is_the_published_one() {
    for (threshold, ratio, knee) in
        [(-18.0, 4.0, 0.0), (-30.0, 2.0, 12.0), (-6.0, 100.0, 24.0), (-40.0, 1.0, 6.0)]
    {
        for level in [-60.0, -36.5, -33.0, -28.0, -18.0, -12.0, -3.0, 0.0, 12.0] {
            let x = db_to_gain(level) as f32;
            let output = run(
                &[
                    ("threshold_db", threshold),
                    ("ratio", ratio),
                    ("knee_db", knee),
                    ("attack_ms", 0.01),
                ],
                vec![vec![x; 2000]],
            );
            let gain_db = gain_to_db(f64::from(output[0][1999]) / f64::from(x));
            let expected = static_gain_db(gain_to_db(f64::from(x)), threshold, ratio, knee);
            assert!((gain_db - expected).abs() < 1e-4, "{level} dB: {gain_db}, not {expected}");
        }
    }
}

#[test]
fn a_whole_signal_equals_the_detector_written_out() {
    let input = vec![noise(1, FRAMES), noise(2, FRAMES)];
    let output = run(&[("attack_ms", 1.0), ("release_ms", 20.0)], input.clone());
    let pole = |ms: f64| exp(-1.0 / (ms * 0.001 * 48_000.0));
    let mut envelope = 0.0;
    for n in 0..FRAMES {
        let peak = f64::from(input[0][n].abs().max(input[1][n].abs()));
        let c = if peak > envelope { pole(1.0) } else { pole(20.0) };
        envelope = peak + c * (envelope - peak);
        let gain = db_to_gain(static_gain_db(gain_to_db(envelope), -18.0, 4.0, 0.0));
        for channel in 0..2 {
            let expected = f64::from(input[channel][n]) * gain;
            let error = (f64::from(output[channel][n]) - expected).abs();
            assert!(error < 1e-6, "frame {n}: {error:e}");
        }
    }
}

#[test]
fn attack_and_release_take_their_time() {
    // Ratio 100 at -40 dB turns the envelope into the gain: gain is about threshold / envelope.
    let (attack, release) = (10.0, 100.0);
    let mut input = vec![1.0_f32; 48_000];
    input.extend(vec![0.05; 48_000]);
    let given = [("threshold_db", -40.0), ("ratio", 100.0), ("attack_ms", attack)];
    let output = run(&[&given[..], &[("release_ms", release)]].concat(), vec![input.clone()]);
    let envelope = |n: usize| {
        let gain_db = gain_to_db(f64::from(output[0][n]) / f64::from(input[n]));
        db_to_gain(-40.0 - gain_db / 0.99)
    };
    let reached = 1.0 - exp(-1.0);
    assert!((envelope(480 - 1) - reached).abs() < 1e-3, "{}", envelope(479));
    let fallen = 0.05 + 0.95 * exp(-1.0);
    assert!((envelope(48_000 + 4800 - 1) - fallen).abs() < 1e-3, "{}", envelope(52_799));
}

#[test]
fn below_the_knee_every_bit_passes() {
    let quiet: Vec<f32> = noise(3, FRAMES).iter().map(|x| x * 0.06).chain([-0.0, 0.0]).collect();
    let given = [("threshold_db", -18.0), ("knee_db", 12.0)];
    let output = run(&given, vec![quiet.clone()]);
    assert!(output[0].iter().zip(&quiet).all(|(a, b)| a.to_bits() == b.to_bits()));
    // A dry mix passes everything.
    let loud = noise(4, FRAMES);
    let output = run(&[("mix", 0.0), ("makeup_db", 12.0)], vec![loud.clone()]);
    assert_eq!(output[0], loud);
}

#[test]
fn lookahead_delays_by_the_latency_and_hears_early() {
    let given = [("lookahead_ms", 1.0), ("attack_ms", 0.01), ("threshold_db", -20.0)];
    let latency = CompressorFactory.latency(&values_of(&CompressorFactory, &given), rate(48_000));
    assert_eq!(latency, Samples(48));
    let mut input = vec![0.001_f32; 400];
    input[200..].fill(1.0);
    let output = run(&given, vec![input]);
    assert!(output[0][..48].iter().all(|y| *y == 0.0));
    assert_eq!(output[0][48], 0.001);
    // The gain is down before the loud part comes out, and the quiet part is turned down.
    assert!(output[0][248] < 0.2 && output[0][247] < 0.0005);
}

#[test]
fn the_sidechain_alone_decides() {
    let mut rig = rig(2, FRAMES).with_values(&[]).hearing(vec![vec![0.9; FRAMES]; 2]);
    rig.instances[0].sidechain = Some(vec![vec![0.0; FRAMES]; 2]);
    let output = rig.run_whole();
    assert_eq!(output[0][0], vec![0.9; FRAMES]);
    let mut right = vec![0.0; FRAMES];
    right[500] = 1.0;
    rig.instances[0].sidechain = Some(vec![vec![0.0; FRAMES], right]);
    let with_values = Rig { instances: Vec::new(), ..rig.clone() }
        .with_values(&[("attack_ms", 0.01)])
        .hearing(vec![vec![0.9; FRAMES]; 2]);
    rig.instances[0].controls = with_values.instances[0].controls.clone();
    let output = rig.run_whole();
    for channel in &output[0] {
        assert_eq!(channel[499], 0.9);
        assert!(channel[500] < 0.4);
    }
}

#[test]
fn nothing_but_the_parameters_changes_a_bit() {
    for lookahead in [0.0, 1.7] {
        for (channels, instances) in [(1, 1), (2, 1), (1, 3), (2, 5), (2, 11)] {
            for sidechained in [true, false] {
                let mut rig = Rig::new(Arc::new(CompressorFactory), channels, -333, FRAMES);
                for i in 0..instances {
                    rig = rig.with_values(&[
                        ("threshold_db", -30.0 + f64::from(i)),
                        ("attack_ms", 3.0),
                        ("knee_db", f64::from(i)),
                        ("lookahead_ms", lookahead),
                    ]);
                }
                if !sidechained {
                    rig.instances.iter_mut().for_each(|instance| instance.sidechain = None);
                }
                assert_invariant(&rig);
            }
        }
        let mut rig = Rig::new(Arc::new(CompressorFactory), 2, -333, FRAMES);
        for seed in 0..3 {
            rig = rig.with_automation(&[("lookahead_ms", lookahead)], seed);
        }
        assert_invariant(&rig);
        let still = rig.with_values(&[("lookahead_ms", lookahead)]);
        assert_invariant(&still);
    }
}

#[test]
fn an_automated_step_lands_on_its_sample() {
    for at in [1, 64, 201] {
        let point = |at, value| ControlPoint { at: Samples(at), value, bend: None };
        let curve = ControlCurve::new([point(0, 0.0), point(at, 6.0)]).unwrap();
        let controls = ControlSet::new(values_of(&CompressorFactory, &[]), vec![(MAKEUP, curve)]);
        let mut rig = rig(1, 400).with(controls).hearing(vec![vec![0.01; 400]]);
        rig.instances[0].sidechain = None;
        let output = rig.run_whole();
        let first = output[0][0].iter().position(|y| *y != 0.01);
        assert_eq!(first, usize::try_from(at).ok());
    }
}

#[test]
fn extremes_stay_finite() {
    for parameter in &CompressorFactory.spec().parameters {
        for value in [parameter.range().0, parameter.range().1] {
            for hz in [8_000, 384_000] {
                // The longest lookahead is 7,680 frames: what is shorter hears nothing.
                let mut rig = rig(2, 10_000).with_values(&[(&parameter.id, value)]);
                rig.rate = rate(hz);
                assert_extremes(&rig);
            }
        }
    }
    let controls = automated(&CompressorFactory, values_of(&CompressorFactory, &[]), 0, 700, 9);
    assert_extremes(&rig(2, 700).with(controls));
}
