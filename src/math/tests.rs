//! Accuracy against the platform's functions, exact points, and the same bits at every width.

#![allow(
    clippy::disallowed_methods,
    reason = "the platform's functions are the reference, good to about 1 ulp"
)]

use super::random::Random;
use super::*;
use crate::simd::{Kernel, SimdLevel, dispatch};

/// The distance of two values in ulp of the wanted one.
fn ulps(got: f64, wanted: f64) -> f64 {
    if got == wanted || (got.is_nan() && wanted.is_nan()) {
        return 0.0;
    }
    let ulp = wanted.abs().next_up() - wanted.abs();
    (got - wanted).abs() / ulp
}

/// Asserts that `ours` stays within `limit` ulp of `reference` over random values of a range.
fn assert_close(
    name: &str,
    (low, high): (f64, f64),
    limit: f64,
    ours: impl Fn(f64) -> f64,
    reference: impl Fn(f64) -> f64,
) {
    let random = Random::of_id(1, name);
    let (mut worst, mut at) = (0.0, low);
    for k in 0..400_000 {
        let x = low + (high - low) * random.unit(k);
        let error = ulps(ours(x), reference(x));
        // A NaN on one side only is as far off as can be.
        let error = if error.is_nan() { f64::INFINITY } else { error };
        if error > worst {
            (worst, at) = (error, x);
        }
    }
    println!("{name} on {low:e}..{high:e}: {worst:.2} ulp at {at:e}");
    assert!(worst <= limit, "{name}({at:e}) is {worst} ulp off");
}

#[test]
fn exponentials_are_close() {
    for range in [(-1.0, 1.0), (-1022.0, 1023.9), (-1074.0, -1020.0), (-1e-9, 1e-9)] {
        assert_close("exp2", range, 2.0, exp2, f64::exp2);
    }
    for range in [(-1.0, 1.0), (-708.0, 709.7), (-740.0, -700.0), (-1e-9, 1e-9)] {
        assert_close("exp", range, 2.0, exp, f64::exp);
    }
}

#[test]
fn decibels_are_close() {
    for range in [(-6.0, 6.0), (-144.0, 36.0), (-1e-6, 1e-6)] {
        // The reference takes the level's rounded product apart again: 10^(db/20) with the
        // residual of db/20 put in to first order.
        assert_close("db_to_gain", range, 3.0, db_to_gain, |db| {
            let exponent = db / 20.0;
            let residual = (-20.0_f64).mul_add(exponent, db) / 20.0;
            10.0_f64.powf(exponent) * (1.0 + residual * LN_10)
        });
    }
    for range in [(1e-7, 1.0), (0.9, 1.1), (1.0, 64.0)] {
        assert_close("gain_to_db", range, 4.0, gain_to_db, |gain| 20.0 * gain.log10());
    }
    for db in -140..=36 {
        let db = f64::from(db);
        assert!((gain_to_db(db_to_gain(db)) - db).abs() < 1e-13, "{db} dB and back");
    }
}

#[test]
fn logarithms_are_close() {
    for range in [(0.0, 2.0), (0.99, 1.01), (0.7, 1.42), (1.0, 1e6), (0.0, 1e-300), (0.0, 1e-310)] {
        assert_close("log2", range, 3.0, log2, f64::log2);
        assert_close("ln", range, 2.0, ln, f64::ln);
        assert_close("log10", range, 3.0, log10, f64::log10);
    }
}

#[test]
fn trigonometry_is_close() {
    for range in [(-0.8, 0.8), (-7.0, 7.0), (-1e3, 1e3), (-1e6, 1e6), (-1e-8, 1e-8)] {
        assert_close("sin", range, 3.0, sin, f64::sin);
        assert_close("cos", range, 3.0, cos, f64::cos);
        assert_close("tan", range, 4.0, tan, f64::tan);
    }
    // Next to multiples of pi/2, where reducing the range costs most.
    for quarters in (1..600_000).step_by(997) {
        let x = f64::from(quarters) * FRAC_PI_2;
        for x in [x, x.next_up(), x.next_down()] {
            assert!(ulps(sin(x), x.sin()) <= 3.0, "sin({x:e})");
            assert!(ulps(cos(x), x.cos()) <= 3.0, "cos({x:e})");
            assert!(ulps(tan(x), x.tan()) <= 4.0, "tan({x:e})");
        }
    }
    // Prewarping: close to the Nyquist frequency.
    for k in 1..1000 {
        let x = FRAC_PI_2 - 1e-9 * f64::from(k);
        assert!(ulps(tan(x), x.tan()) <= 4.0, "tan({x:e})");
    }
    for range in [(-0.25, 0.25), (-0.01, 0.01)] {
        assert_close("sin_pi", range, 3.0, sin_pi, |x| {
            // sin(pi x) with the rounding of pi x and of pi itself put in to first order.
            let angle = PI * x;
            let residual = PI.mul_add(x, -angle) + x * 1.224_646_799_147_353_2e-16;
            angle.sin() + residual * angle.cos()
        });
    }
}

#[test]
fn powers_are_close() {
    let random = Random::new(3, 4);
    let mut worst = 0.0_f64;
    for k in 0..400_000 {
        let x = exp2(random.bipolar(2 * k) * 20.0);
        let y = random.bipolar(2 * k + 1) * 32.0;
        let error = ulps(pow(x, y), x.powf(y));
        worst = worst.max(error);
        assert!(error <= 4.0, "{x:e} to the {y:e} is {error} ulp off");
        let x = random.unit(2 * k);
        assert!(ulps(pow(x, y / 8.0), x.powf(y / 8.0)) <= 4.0, "{x:e} to the {:e}", y / 8.0);
        let error = ulps(pow(x, y * 10.0), x.powf(y * 10.0));
        assert!(error <= 4.0 + 0.1 * (y * 10.0).abs(), "{x:e} to the {:e}: {error}", y * 10.0);
    }
    println!("pow: {worst:.2} ulp");
    assert_eq!(pow(2.0, 10.0), 1024.0);
    assert_eq!(pow(9.0, 0.5), 3.0);
    assert_eq!(pow(123.0, 0.0), 1.0);
    assert_eq!(pow(1.0, 1e300), 1.0);
    assert_eq!(pow(2.0, 1e300), f64::INFINITY);
    assert_eq!(pow(2.0, -1e300), 0.0);
    assert_eq!(pow(0.5, 1e4), 0.0);
    assert_eq!((pow(0.0, 2.0), pow(0.0, 0.0), pow(0.0, -1.0)), (0.0, 1.0, f64::INFINITY));
    assert!(pow(-1.0, 2.0).is_nan() && pow(f64::NAN, 1.0).is_nan() && pow(2.0, f64::NAN).is_nan());
}

#[test]
fn the_hyperbolic_tangent_is_close_and_saturates() {
    for range in [(-0.2, 0.2), (-2.0, 2.0), (-25.0, 25.0), (-1e-8, 1e-8)] {
        assert_close("tanh", range, 4.0, tanh, f64::tanh);
    }
    assert_eq!((tanh(22.0), tanh(-1e9), tanh(f64::INFINITY)), (1.0, -1.0, 1.0));
    assert_eq!(tanh(-0.0).to_bits(), (-0.0_f64).to_bits());
    assert!(tanh(f64::NAN).is_nan());
}

#[test]
fn exact_points_are_exact() {
    for exponent in -1074..=1023 {
        let x = f64::from(exponent);
        let power = if exponent < -1022 {
            f64::from_bits(1 << (exponent + 1074))
        } else {
            f64::from_bits(u64::try_from(exponent + 1023).unwrap() << 52)
        };
        assert_eq!(exp2(x), power, "2^{exponent}");
        assert_eq!(log2(power), x, "log2 of 2^{exponent}");
    }
    assert_eq!((exp(0.0), exp(-0.0), db_to_gain(0.0), db_to_gain(-0.0)), (1.0, 1.0, 1.0, 1.0));
    assert_eq!((ln(1.0), log10(1.0), gain_to_db(1.0)), (0.0, 0.0, 0.0));
    assert_eq!((sin(0.0), cos(0.0), tan(0.0)), (0.0, 1.0, 0.0));
    for n in -9..=9 {
        let n = f64::from(n);
        let sign = if n % 2.0 == 0.0 { 1.0 } else { -1.0 };
        assert_eq!((sin_pi(n), cos_pi(n)), (0.0, sign), "at {n}");
        assert_eq!((sin_pi(n + 0.5), cos_pi(n + 0.5)), (sign, 0.0), "at {n} and a half");
    }
    for cut in [f64::INFINITY, 2000.0, 1e300] {
        assert_eq!((exp2(cut), exp2(-cut)), (f64::INFINITY, 0.0));
        assert_eq!((exp(cut), exp(-cut)), (f64::INFINITY, 0.0));
        assert_eq!((db_to_gain(cut * 10.0), db_to_gain(-cut * 10.0)), (f64::INFINITY, 0.0));
    }
    for log in [log2, ln, log10, gain_to_db] {
        assert_eq!((log(0.0), log(-0.0)), (f64::NEG_INFINITY, f64::NEG_INFINITY));
        assert_eq!(log(f64::INFINITY), f64::INFINITY);
        assert!(log(-1.0).is_nan() && log(f64::NAN).is_nan() && log(f64::NEG_INFINITY).is_nan());
    }
    for function in [exp2, exp, db_to_gain, sin, cos, tan, sin_pi, cos_pi] {
        assert!(function(f64::NAN).is_nan());
    }
}

#[test]
fn rising_functions_rise() {
    for (name, function, low, high) in [
        ("exp2", exp2 as fn(f64) -> f64, -3.0, 3.0),
        ("exp", exp, -3.0, 3.0),
        ("db_to_gain", db_to_gain, -20.0, 20.0),
        ("log2", log2, 0.1, 10.0),
        ("ln", ln, 0.1, 10.0),
        ("gain_to_db", gain_to_db, 0.1, 10.0),
        ("tanh", tanh, -3.0, 3.0),
        ("sin", sin, -1.5, 1.5),
        ("tan", tan, -1.5, 1.5),
    ] {
        let mut last = f64::NEG_INFINITY;
        for k in 0..=100_000 {
            let value = function(low + (high - low) * f64::from(k) / 1e5);
            assert!(value > last, "{name}, step {k}");
            last = value;
        }
    }
}

#[test]
fn windows_and_interpolation_have_known_values() {
    // The power series summed with 50 digits.
    for (x, wanted) in [
        (0.0, 1.0),
        (0.5, 1.063_483_370_741_323_6),
        (1.0, 1.266_065_877_752_008_4),
        (5.0, 27.239_871_823_604_446),
        (8.6, 750.461_159_563_166_3),
        (14.0, 129_418.562_700_648_56),
        (20.0, 43_558_282.559_553_534),
    ] {
        assert!(ulps(bessel_i0(x), wanted) <= 4.0, "I0({x}) = {}", bessel_i0(x));
        assert_eq!(bessel_i0(-x), bessel_i0(x));
    }
    for (x, wanted) in [
        (50.0, 2.932_553_783_849_336_2e20),
        (100.0, 1.073_751_707_131_073_8e42),
        (700.0, 1.5295933476718737e302),
    ] {
        assert!(ulps(bessel_i0(x), wanted) <= 10.0, "I0({x}) = {:e}", bessel_i0(x));
    }
    assert_eq!(bessel_i0(1e6), f64::INFINITY);
    assert!(bessel_i0(f64::NAN).is_nan());
    assert_eq!((sinc(0.0), sinc(1.0), sinc(-7.0)), (1.0, 0.0, 0.0));
    assert!(ulps(sinc(0.5), 2.0 / PI) <= 1.0);
    assert_close("sinc", (-0.25, 0.25), 4.0, sinc, |x| (PI * x).sin() / (PI * x));
}

struct EveryFunction<'a>(&'a [f64]);

impl Kernel for EveryFunction<'_> {
    type Output = Vec<Vec<u64>>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Self::Output {
        let run = |function: fn(L) -> L| {
            let mut out = vec![0.0; self.0.len()];
            for (from, to) in self.0.chunks(L::WIDTH).zip(out.chunks_mut(L::WIDTH)) {
                function(L::load_f64(from)).store_f64(to);
            }
            let bits = |x: f64| if x.is_nan() { f64::NAN.to_bits() } else { x.to_bits() };
            out.into_iter().map(bits).collect()
        };
        vec![
            run(lanes::exp2),
            run(lanes::exp),
            run(lanes::log2),
            run(lanes::ln),
            run(lanes::log10),
            run(lanes::sin),
            run(lanes::cos),
            run(lanes::sin_pi),
            run(lanes::cos_pi),
            run(lanes::tan),
            run(lanes::tanh),
            run(lanes::db_to_gain),
            run(lanes::gain_to_db),
            run(|x| lanes::pow(x, x * L::splat(0.3))),
        ]
    }
}

#[test]
fn every_width_gives_the_bits_of_the_scalar_form() {
    let random = Random::new(5, 6);
    let mut values = vec![
        0.0,
        -0.0,
        1.0,
        -1.0,
        f64::from_bits(1),
        f64::MIN_POSITIVE,
        f64::MAX,
        f64::MIN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NAN,
    ];
    values.extend((0..20_000).map(|k| f64::from_bits(random.bits(k))));
    values.extend((0..20_000).map(|k| random.bipolar(k) * 1500.0));
    values.extend((0..20_000).map(|k| random.bipolar(k) * 2.0));
    let wanted = EveryFunction(&values).run::<F64x1>();
    assert_eq!(wanted[0][2], exp2(1.0).to_bits());
    for level in SimdLevel::available() {
        for max_width in [1, 2, 4, 8] {
            let got = dispatch(level, max_width, EveryFunction(&values));
            for (function, (wanted, got)) in wanted.iter().zip(&got).enumerate() {
                for k in 0..values.len() {
                    assert_eq!(
                        wanted[k], got[k],
                        "function {function} of {:e} at {level}, at most {max_width} lanes",
                        values[k]
                    );
                }
            }
        }
    }
}

/// The digest of many results. It may only change with the version of what depends on it, and it
/// has to be the same on every machine.
#[test]
#[allow(clippy::cast_possible_truncation, reason = "any f32 will do")]
fn the_bits_are_pinned() {
    use sha2::{Digest, Sha256};
    let random = Random::new(7, 8);
    let values: Vec<f64> = (0..4096).map(|k| random.bipolar(k) * 100.0).collect();
    let mut digest = Sha256::new();
    for bits in EveryFunction(&values).run::<F64x1>().into_iter().flatten() {
        digest.update(bits.to_le_bytes());
    }
    for &x in &values {
        digest.update(fast::log2_f32(x.abs() as f32).to_bits().to_le_bytes());
        digest.update(fast::exp2_f32(x as f32).to_bits().to_le_bytes());
        digest.update(bessel_i0(x / 10.0).to_bits().to_le_bytes());
        digest.update(sinc(x).to_bits().to_le_bytes());
    }
    let hex: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, "fc1ed00ded7992e60b22bff089aa3d129b8ac82b12c0c5fcaecf7610ae6df97b");
}
