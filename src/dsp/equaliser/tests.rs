//! The equaliser against its closed-form response.

mod double_double;

use std::sync::Arc;

use self::double_double::Double;

use super::*;
use crate::dsp::testing::{Rig, assert_invariant, defaults, values};
use crate::math::{TAU, cos, db_to_gain, gain_to_db, log2, pow, sin};
use crate::process::{ControlCurve, ControlPoint};

const BELL: f64 = 1.0;
const LOW_SHELF: f64 = 2.0;
const HIGH_SHELF: f64 = 3.0;
const LOW_PASS: f64 = 4.0;
const HIGH_PASS: f64 = 5.0;
const NOTCH: f64 = 6.0;

/// One band: type, frequency, gain, Q, slope (by index).
type Band = [f64; 5];
/// A complex number.
type Complex = (f64, f64);

fn rate(hz: u32) -> SampleRate {
    SampleRate::new(hz).unwrap()
}

fn equaliser(bands: &[Band]) -> Vec<f64> {
    let mut all = defaults(&EqualiserFactory);
    for (to, band) in all.chunks_exact_mut(5).zip(bands) {
        to.copy_from_slice(band);
    }
    all
}

fn multiply(a: Complex, b: Complex) -> Complex {
    (a.0 * b.0 - a.1 * b.1, a.0 * b.1 + a.1 * b.0)
}

fn divide(a: Complex, b: Complex) -> Complex {
    let square = b.0 * b.0 + b.1 * b.1;
    let (re, im) = multiply(a, (b.0, -b.1));
    (re / square, im / square)
}

/// `(n0 + n1 s + n2 s^2) / (d0 + d1 s + d2 s^2)` at the prewarped `s` of `hz`, relative to
/// `centre_hz`: the closed form of the bilinear transform.
fn rational(hz: f64, centre_hz: f64, rate_hz: f64, n: [f64; 3], d: [f64; 3]) -> Complex {
    let tangent = |hz: f64| sin(TAU / 2.0 * hz / rate_hz) / cos(TAU / 2.0 * hz / rate_hz);
    let s = tangent(hz) / tangent(centre_hz);
    let at = |c: [f64; 3]| (c[0] - c[2] * s * s, c[1] * s);
    divide(at(n), at(d))
}

/// One section `scale (n0 + n1 s + n2 s^2) / (d0 + d1 s + d2 s^2)`, `s` relative to the centre.
struct Prototype {
    n: [f64; 3],
    d: [f64; 3],
    scale: f64,
}

fn prototype(n: [f64; 3], d: [f64; 3], scale: f64) -> Prototype {
    Prototype { n, d, scale }
}

/// The cookbook's analogue prototypes, written down independently of the implementation.
fn prototypes(band: Band) -> Vec<Prototype> {
    let [band_type, _, gain_db, q, slope] = band;
    let a = pow(10.0, gain_db / 40.0);
    let root = a.sqrt();
    if band_type == BELL {
        return vec![prototype([1.0, a / q, 1.0], [1.0, 1.0 / (a * q), 1.0], 1.0)];
    } else if band_type == LOW_SHELF {
        return vec![prototype([a, root / q, 1.0], [1.0, root / q, a], a)];
    } else if band_type == HIGH_SHELF {
        return vec![prototype([1.0, root / q, a], [a, root / q, 1.0], a)];
    } else if band_type == NOTCH {
        return vec![prototype([1.0, 0.0, 1.0], [1.0, 1.0 / q, 1.0], 1.0)];
    }
    // Butterworth: the poles of order n lie on the unit circle at equal angles.
    let n = slope + 1.0;
    let order = (1..=8_u8).find(|k| f64::from(*k) == n).unwrap();
    let high = band_type == HIGH_PASS;
    let mut sections = Vec::new();
    for pair in 1..=order / 2 {
        let angle = TAU / 4.0 * (2.0 * f64::from(pair) - 1.0) / n;
        let damping = if order == 2 { 1.0 / q } else { 2.0 * sin(angle) };
        let numerator = if high { [0.0, 0.0, 1.0] } else { [1.0, 0.0, 0.0] };
        sections.push(prototype(numerator, [1.0, damping, 1.0], 1.0));
    }
    if order % 2 == 1 {
        let numerator = if high { [0.0, 1.0, 0.0] } else { [1.0, 0.0, 0.0] };
        sections.push(prototype(numerator, [1.0, 1.0, 0.0], 1.0));
    }
    sections
}

/// Where a band of `frequency_hz` really lies: no further than just below half the rate.
fn centre(frequency_hz: f64, rate_hz: f64) -> f64 {
    frequency_hz.min(0.499 * rate_hz)
}

/// `H(e^jw)` at `hz`.
fn closed_form(band: Band, hz: f64, rate_hz: f64) -> Complex {
    let f0 = centre(band[1], rate_hz);
    prototypes(band).iter().fold((1.0, 0.0), |product, section| {
        let (re, im) = rational(hz, f0, rate_hz, section.n, section.d);
        multiply(product, (section.scale * re, section.scale * im))
    })
}

fn mono(bands: &[Band], rate: SampleRate, input: Vec<f32>) -> Vec<f32> {
    let mut rig = Rig::new(Arc::new(EqualiserFactory), 1, 0, input.len());
    rig.rate = rate;
    let controls = ControlSet::new(equaliser(bands), Vec::new());
    rig.with(controls).hearing(vec![input]).run_whole().remove(0).remove(0)
}

/// Bands for the closed forms: every type, low and high, mild and sharp, every slope.
fn cases(rate_hz: f64) -> Vec<Band> {
    let mut cases = Vec::new();
    for band_type in [BELL, LOW_SHELF, HIGH_SHELF, NOTCH] {
        for hz in [20.0, 1000.0, 0.4 * rate_hz, 180_000.0] {
            for (gain_db, q) in [(12.0, 0.7), (-18.0, 3.0), (3.0, 12.0)] {
                cases.push([band_type, hz, gain_db, q, 1.0]);
            }
        }
    }
    for band_type in [LOW_PASS, HIGH_PASS] {
        for slope in 0..8_u8 {
            for hz in [20.0, 1000.0, 0.3 * rate_hz] {
                cases.push([band_type, hz, 0.0, 1.3, f64::from(slope)]);
            }
        }
    }
    cases
}

/// The spectrum of `signal` at `hz`, summed in order.
fn spectrum(signal: &[f32], hz: f64, rate_hz: f64) -> Complex {
    /// So many turns by a fixed angle are as good as exact.
    const TURNS: usize = 256;
    let at = |n: usize| {
        let phase = (n as f64 * hz / rate_hz).fract() * TAU;
        (cos(phase), -sin(phase))
    };
    let turn = at(1);
    let mut sum = (0.0, 0.0);
    for (chunk, samples) in signal.chunks(TURNS).enumerate() {
        let mut unit = at(chunk * TURNS);
        for x in samples {
            sum = (sum.0 + f64::from(*x) * unit.0, sum.1 + f64::from(*x) * unit.1);
            unit = multiply(unit, turn);
        }
    }
    sum
}

fn magnitude((re, im): Complex) -> f64 {
    (re * re + im * im).sqrt()
}

/// The spectrum of each whole impulse response is `H(e^jw)` within -120 dB of its peak: at 20 Hz,
/// where the sharpest filters at 192 kHz ring for a million frames, and at five places above.
#[test]
fn impulse_responses_have_the_closed_form_spectrum() {
    let (mut worst, mut longest, mut tried) = (-300.0_f64, 0, 0);
    for hz in [48_000, 192_000] {
        let rate_hz = f64::from(hz);
        for band in cases(rate_hz) {
            // At the end of the tail it is 120 dB down; at twice that nothing is left that counts.
            let tail = EqualiserFactory.tail(&equaliser(&[band]), rate(hz)).0;
            let frames = usize::try_from(2 * tail).unwrap().max(64);
            let mut input = vec![0.0; frames + 1];
            input[0] = 1.0;
            let output = mono(&[band], rate(hz), input);
            let probes = [20.0, 90.0, 997.0, 5000.0, 0.3 * rate_hz, 0.45 * rate_hz];
            let wanted = probes.map(|probe| closed_form(band, probe, rate_hz));
            let peak = wanted.iter().fold(1.0_f64, |peak, h| peak.max(magnitude(*h)));
            for (probe, (want_re, want_im)) in probes.into_iter().zip(wanted) {
                let (re, im) = spectrum(&output, probe, rate_hz);
                let error = magnitude((re - want_re, im - want_im)) / peak;
                worst = worst.max(gain_to_db(error.max(1e-15)));
                assert!(error < 1e-6, "{band:?} at {probe} Hz of {hz}: {error:e}");
            }
            longest = longest.max(frames);
            tried += 1;
        }
    }
    assert_eq!(tried, 2 * 96, "cases were left out");
    assert!(longest > 500_000, "the sharpest filters are missing: {longest} frames at most");
    println!("worst error of an impulse response: {worst} dB");
}

/// A sweep from 20 Hz up through each filter is, sample by sample, what the closed form's own
/// coefficients give, within -120 dB of the peak.
#[test]
fn sweeps_are_within_120_db_of_an_exact_recurrence() {
    let (mut worst, mut tried) = (-300.0_f64, 0);
    for hz in [44_100_u32, 192_000] {
        let rate_hz = f64::from(hz);
        // A second.
        let sweep: Vec<f32> = sweep(rate_hz, usize::try_from(hz).unwrap());
        let loudest = sweep.iter().fold(0.0, |peak, x| f64::max(peak, f64::from(x.abs())));
        for band in cases(rate_hz) {
            let output = mono(&[band], rate(hz), sweep.clone());
            let expected = exact_recurrence(band, rate_hz, &sweep);
            let peak = expected.iter().fold(loudest, |peak, y| peak.max(y.abs()));
            let error = output
                .iter()
                .zip(&expected)
                .fold(0.0_f64, |error, (y, e)| error.max((f64::from(*y) - e).abs()));
            let error_db = gain_to_db((error / peak).max(1e-15));
            worst = worst.max(error_db);
            assert!(error_db < -120.0, "{band:?} at {hz} Hz: {error_db} dB");
            tried += 1;
        }
    }
    assert_eq!(tried, 2 * 96, "cases were left out");
    println!("worst error of a sweep: {worst} dB");
}

/// Exponential, from 20 Hz to 0.45 of the rate.
#[allow(clippy::cast_possible_truncation)] // Rounding is the point.
fn sweep(rate_hz: f64, frames: usize) -> Vec<f32> {
    let octaves = log2(0.45 * rate_hz / 20.0);
    let mut phase = 0.0;
    (0..frames)
        .map(|n| {
            phase += 20.0 * pow(2.0, octaves * n as f64 / frames as f64) / rate_hz;
            (0.5 * sin(TAU * (phase - f64::floor(phase)))) as f32
        })
        .collect()
}

/// The bilinear transform multiplied out, `s = (1 - z^-1) / (g (1 + z^-1))`, as the textbook's
/// direct form `a0 y = b0 x + b1 x1 + b2 x2 - a1 y1 - a2 y2`. In f64 its coefficients would cancel
/// at low frequencies; coefficients and recurrence have twice that precision. It shares nothing
/// with the implementation, whose state variables are integrators.
fn exact_recurrence(band: Band, rate_hz: f64, input: &[f32]) -> Vec<f64> {
    let w = TAU / 2.0 * centre(band[1], rate_hz) / rate_hz;
    let g = Double::new(sin(w)).over(Double::new(cos(w)));
    let mut signal: Vec<Double> = input.iter().map(|x| Double::new(f64::from(*x))).collect();
    for Prototype { n, d, scale } in prototypes(band) {
        let [b0, b1, b2] = multiplied_out(n, g).map(|b| b.times(Double::new(scale)));
        let [a0, a1, a2] = multiplied_out(d, g);
        let [b0, b1, b2, a1, a2] = [b0, b1, b2, a1, a2].map(|c| c.over(a0));
        let [mut x1, mut x2, mut y1, mut y2] = [Double::ZERO; 4];
        for x in &mut signal {
            let fed = b0.times(*x).plus(b1.times(x1)).plus(b2.times(x2));
            let y = fed.minus(a1.times(y1)).minus(a2.times(y2));
            (x1, x2, y1, y2) = (*x, x1, y, y1);
            *x = y;
        }
    }
    signal.into_iter().map(Double::value).collect()
}

/// `c0 + c1 s + c2 s^2` times `g^2 (1 + z^-1)^2`, as coefficients of 1, `z^-1` and `z^-2`.
fn multiplied_out(c: [f64; 3], g: Double) -> [Double; 3] {
    let [c0, c1, c2] = c.map(Double::new);
    let (constant, linear) = (c0.times(g).times(g), c1.times(g));
    let even = constant.plus(c2);
    let difference = constant.minus(c2);
    [even.plus(linear), difference.plus(difference), even.minus(linear)]
}

#[test]
fn bands_that_do_nothing_change_no_bit() {
    let input: Vec<f32> = vec![0.5, -0.0, -0.25, 0.0, 1e-40, -0.0];
    let bands = [[BELL, 1000.0, 0.0, 1.0, 1.0], [HIGH_SHELF, 50.0, 0.0, 1.0, 1.0]];
    let output = mono(&bands, rate(48_000), input.clone());
    let bits = |signal: &[f32]| signal.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!(bits(&output), bits(&input));
}

#[test]
fn a_bell_and_its_inverse_cancel() {
    let input = crate::dsp::testing::noise(1, 4000);
    let bands = [[BELL, 700.0, 9.0, 1.5, 1.0], [BELL, 700.0, -9.0, 1.5, 1.0]];
    let output = mono(&bands, rate(48_000), input.clone());
    let error = input.iter().zip(&output).fold(0.0_f32, |e, (a, b)| e.max((a - b).abs()));
    assert!(error < 1e-6, "{error:e}");
}

#[test]
fn the_tail_ends_120_db_below_the_peak() {
    for band in [
        [BELL, 200.0, 12.0, 8.0, 1.0],
        [NOTCH, 900.0, 0.0, 0.1, 1.0],
        [LOW_PASS, 300.0, 0.0, 1.0, 7.0],
        [HIGH_PASS, 100.0, 0.0, 1.0, 0.0],
    ] {
        let tail = EqualiserFactory.tail(&equaliser(&[band, band]), rate(48_000)).0;
        let tail = usize::try_from(tail).unwrap();
        let mut input = vec![0.0; 2 * tail + 1000];
        input[0] = 1.0;
        let output = mono(&[band, band], rate(48_000), input);
        let peak = output.iter().fold(0.0_f32, |peak, y| peak.max(y.abs()));
        let last = output.iter().rposition(|y| y.abs() > peak * 1e-6).unwrap();
        assert!(last <= tail, "{band:?}: {last} beyond {tail}");
        assert!(tail < 3 * last + 64, "{band:?}: {tail} is far beyond {last}");
    }
}

fn all_kinds() -> Vec<Vec<Band>> {
    vec![
        vec![[BELL, 100.0, 3.0, 1.0, 1.0]; 1],
        vec![[BELL, 500.0, -6.0, 2.0, 1.0]; 2],
        vec![[BELL, 900.0, 6.0, 2.0, 1.0]; 3],
        vec![[BELL, 1800.0, 6.0, 0.3, 1.0]; 4],
        vec![[BELL, 80.0, -12.0, 1.0, 1.0]; 7],
        vec![
            [HIGH_PASS, 80.0, 0.0, 0.9, 6.0],
            [LOW_SHELF, 150.0, 4.0, 0.7, 1.0],
            [BELL, 700.0, -5.0, 3.0, 1.0],
            [BELL, 2000.0, 5.0, 1.0, 1.0],
            [NOTCH, 50.0, 0.0, 20.0, 1.0],
            [HIGH_SHELF, 9000.0, -3.0, 0.7, 1.0],
            [LOW_PASS, 18_000.0, 0.0, 1.2, 1.0],
            [LOW_PASS, 15_000.0, 0.0, 1.0, 0.0],
        ],
    ]
}

#[test]
fn nothing_but_the_parameters_changes_a_bit() {
    for bands in all_kinds() {
        for (channels, instances) in [(1, 1), (2, 1), (1, 3), (2, 5)] {
            let mut rig = Rig::new(Arc::new(EqualiserFactory), channels, -333, 1500);
            for i in 0..instances {
                let mut bands = bands.clone();
                bands.iter_mut().for_each(|band| band[1] *= 1.0 + f64::from(i) * 0.1);
                rig = rig.with(ControlSet::new(equaliser(&bands), Vec::new()));
            }
            assert_invariant(&rig);
        }
        let mut rig = Rig::new(Arc::new(EqualiserFactory), 2, -333, 1500);
        for seed in 0..3 {
            let constants = equaliser(&bands);
            rig = rig.with(crate::dsp::testing::automated(
                &EqualiserFactory,
                constants,
                -333,
                1500,
                seed,
            ));
        }
        assert_invariant(&rig);
    }
}

#[test]
fn an_automated_step_lands_on_its_sample() {
    let gain = 2;
    let step = |at: i64| {
        let point = |at, value| ControlPoint { at: Samples(at), value, bend: None };
        let curve = ControlCurve::new([point(0, 0.0), point(at, 12.0)]).unwrap();
        let bands = [[BELL, 1000.0, 0.0, 1.0, 1.0]];
        let rig = Rig::new(Arc::new(EqualiserFactory), 1, 0, 400);
        rig.with(ControlSet::new(equaliser(&bands), vec![(gain, curve)]))
    };
    for at in [1, 63, 64, 65, 201] {
        let rig = step(at);
        let input = rig.instances[0].input[0].clone();
        let output = rig.run_whole().remove(0).remove(0);
        let first = input.iter().zip(&output).position(|(a, b)| a != b);
        assert_eq!(first, usize::try_from(at).ok());
    }
}

#[test]
fn extremes_stay_finite() {
    for parameter in EqualiserFactory.spec().parameters.iter().take(5) {
        for base in all_kinds() {
            for value in [parameter.range().0, parameter.range().1] {
                let mut all = equaliser(&base);
                for band in 0..BANDS {
                    let index = EqualiserFactory.spec().parameter_index(&parameter.id).unwrap();
                    all[band * 5 + index] = value;
                }
                for hz in [8_000, 384_000] {
                    let mut rig = Rig::new(Arc::new(EqualiserFactory), 1, 0, 2000);
                    rig.rate = rate(hz);
                    rig.with(ControlSet::new(all.clone(), Vec::new())).run_whole();
                    assert!(EqualiserFactory.tail(&all, rate(hz)) >= Samples::ZERO);
                }
            }
        }
    }
}

#[test]
fn violent_automation_stays_bounded() {
    // From the bottom to the top within a cell and back, at high Q: a filter whose interpolated
    // coefficients left the stable region would explode.
    for band_type in [BELL, LOW_PASS, HIGH_PASS, NOTCH, LOW_SHELF, HIGH_SHELF] {
        let points = (0..60_i64).map(|k| ControlPoint {
            at: Samples(k * 50),
            value: if k % 2 == 0 { 20.0 } else { 180_000.0 },
            bend: Some(0.0),
        });
        let curve = ControlCurve::new(points).unwrap();
        let constants = equaliser(&[[band_type, 1000.0, 12.0, 20.0, 1.0]]);
        let rig = Rig::new(Arc::new(EqualiserFactory), 1, 0, 3000)
            .with(ControlSet::new(constants, vec![(1, curve)]));
        let output = rig.run_whole().remove(0).remove(0);
        let peak = output.iter().fold(0.0_f32, |peak, y| peak.max(y.abs()));
        assert!(f64::from(peak) < db_to_gain(60.0), "{band_type}: {peak}");
    }
}

#[test]
fn structure_tells_operations_apart_and_not_numbers() {
    let structure =
        |bands: &[Band]| EqualiserFactory.structure(&ControlSet::new(equaliser(bands), Vec::new()));
    let bell = [BELL, 1000.0, 3.0, 1.0, 1.0];
    assert_eq!(structure(&[bell]), structure(&[[BELL, 50.0, -3.0, 9.0, 1.0]]));
    assert_ne!(structure(&[bell]), structure(&[]));
    assert_ne!(structure(&[bell]), structure(&[[NOTCH, 1000.0, 3.0, 1.0, 1.0]]));
    let pass = |slope| [LOW_PASS, 1000.0, 0.0, 1.0, slope];
    assert_ne!(structure(&[pass(1.0)]), structure(&[pass(2.0)]));
    assert_eq!(values(&EqualiserFactory, &[]).len(), 40);
}
