//! Quick `f32` logarithm and power of two for gain computers, a whole register at a time.
//!
//! Branch-free, with the same bits on every level.

use crate::simd::{PortableSingles, Singles};

/// log2(1 + f) / f for 1/sqrt(2) <= 1 + f <= sqrt(2), relative: error under 1.7e-7.
#[allow(clippy::approx_constant, reason = "a coefficient of the fit, near the constant but not it")]
const LOG2: [f32; 8] = [
    1.442_695,
    -0.721_352_8,
    0.480_923_26,
    -0.360_239_42,
    0.287_097_93,
    -0.248_879_03,
    0.234_049_71,
    -0.145_813_39,
];

/// (2^r - 1) / r for |r| <= 1/2, weighted by |r| + 0.02: error under 1.0e-7.
#[allow(clippy::approx_constant, reason = "a coefficient of the fit, near the constant but not it")]
const EXP2: [f32; 5] = [0.693_147_2, 0.240_222_4, 0.055_503_1, 0.009_671_605, 0.001_340_686_2];

/// 1.5 * 2^23: adding it rounds to an integer and leaves that in the low bits.
const ROUNDER: f32 = 12_582_912.0;

/// The logarithms to base 2, for normal positive values. Several registers at once: each polynomial
/// is one long chain, and a CPU works on several chains in the time of one.
///
/// Relative error under 4e-7, so that next to 1 nothing is lost; exact at powers of two, so 0 at 1.
/// Anything below the least normal value, 0, negative values and NaN give -126; infinity gives 128.
// Closures would not be compiled with the features of the level.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
#[must_use]
pub fn log2_singles<S: Singles, const N: usize>(x: [S; N]) -> [S; N] {
    let (mut exponent, mut f) = (x, x);
    for k in 0..N {
        let (e, mantissa) = x[k].max(S::splat(f32::MIN_POSITIVE)).split();
        (exponent[k], f[k]) = (e, mantissa - S::splat(1.0));
    }
    let mut sum = [S::splat(LOG2[LOG2.len() - 1]); N];
    for &coefficient in LOG2[..LOG2.len() - 1].iter().rev() {
        for k in 0..N {
            sum[k] = sum[k] * f[k] + S::splat(coefficient);
        }
    }
    for k in 0..N {
        sum[k] = exponent[k] + sum[k] * f[k];
    }
    sum
}

/// 2 to the powers `x`, with `x` cut to [-126, 127]. Several registers at once.
///
/// Relative error under 2.5e-7; exact at integers, so 1 at 0. NaN gives 2^-126.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
#[must_use]
pub fn exp2_singles<S: Singles, const N: usize>(x: [S; N]) -> [S; N] {
    let (mut shifted, mut r) = (x, x);
    for k in 0..N {
        let x = x[k].max(S::splat(-126.0)).min(S::splat(127.0));
        shifted[k] = x + S::splat(ROUNDER);
        r[k] = x - (shifted[k] - S::splat(ROUNDER));
    }
    let mut sum = [S::splat(EXP2[EXP2.len() - 1]); N];
    for &coefficient in EXP2[..EXP2.len() - 1].iter().rev() {
        for k in 0..N {
            sum[k] = sum[k] * r[k] + S::splat(coefficient);
        }
    }
    for k in 0..N {
        sum[k] = (S::splat(1.0) + sum[k] * r[k]) * shifted[k].pow2_of_low_bits();
    }
    sum
}

/// [`log2_singles`] of one value.
#[must_use]
pub fn log2_f32(x: f32) -> f32 {
    log2_singles([PortableSingles::<1>::splat(x)])[0].0[0][0]
}

/// [`exp2_singles`] of one value.
#[must_use]
pub fn exp2_f32(x: f32) -> f32 {
    exp2_singles([PortableSingles::<1>::splat(x)])[0].0[0][0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, Lanes, SimdLevel, dispatch};

    #[test]
    #[allow(clippy::disallowed_methods, reason = "the platform's function is the reference")]
    fn the_logarithm_is_close_for_every_mantissa() {
        let mut worst = 0.0_f64;
        for exponent in [1_u32, 100, 126, 127, 128, 254] {
            for mantissa in (0..1 << 23).step_by(3) {
                let x = f32::from_bits((exponent << 23) | mantissa);
                let wanted = f64::from(x).log2();
                let error = (f64::from(log2_f32(x)) - wanted).abs();
                if wanted != 0.0 {
                    worst = worst.max(error / wanted.abs());
                }
            }
        }
        println!("log2_f32: {worst:e}");
        assert!(worst < 4e-7, "{worst:e}");
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "the platform's function is the reference")]
    fn the_power_is_close() {
        let mut worst = 0.0_f64;
        for k in 0..2_000_000_i32 {
            let x = k as f32 / 2_000_000.0 * 252.9 - 126.0;
            let wanted = f64::from(x).exp2();
            worst = worst.max((f64::from(exp2_f32(x)) / wanted - 1.0).abs());
        }
        println!("exp2_f32: {worst:e}");
        assert!(worst < 2.5e-7, "{worst:e}");
    }

    #[test]
    fn exact_points_and_edges() {
        for exponent in -126_i16..=127 {
            let x = f32::from(exponent);
            let power = f32::from_bits(u32::try_from(exponent + 127).unwrap() << 23);
            assert_eq!(log2_f32(power), x);
            assert_eq!(exp2_f32(x), power);
        }
        assert_eq!((log2_f32(1.0), exp2_f32(0.0), exp2_f32(-0.0)), (0.0, 1.0, 1.0));
        for x in [0.0, -1.0, f32::NAN, f32::from_bits(1), f32::NEG_INFINITY] {
            assert_eq!(log2_f32(x), -126.0);
        }
        assert_eq!(log2_f32(f32::INFINITY), 128.0);
        for x in [-1e9, f32::NEG_INFINITY, f32::NAN] {
            assert_eq!(exp2_f32(x), f32::MIN_POSITIVE);
        }
        assert_eq!(exp2_f32(f32::INFINITY), exp2_f32(127.0));
    }

    struct RoundTrip<'a>(&'a [f32], &'a mut [f32]);

    impl Kernel for RoundTrip<'_> {
        type Output = ();

        #[inline(always)]
        fn run<L: Lanes>(self) {
            let width = L::Singles::WIDTH;
            for (x, y) in self.0.chunks(width).zip(self.1.chunks_mut(width)) {
                let x = L::Singles::load(x);
                let [octaves] = log2_singles([x]);
                exp2_singles([octaves * L::Singles::splat(0.7)])[0].store(y);
            }
        }
    }

    #[test]
    fn vectors_give_the_same_bits() {
        let from: Vec<f32> = (0..10_007_u16).map(|k| f32::from(k) * 0.003).collect();
        let wanted: Vec<u32> =
            from.iter().map(|&x| exp2_f32(log2_f32(x) * 0.7).to_bits()).collect();
        for level in SimdLevel::available() {
            let mut got = vec![0.0; from.len()];
            dispatch(level, 8, RoundTrip(&from, &mut got));
            let got: Vec<u32> = got.into_iter().map(f32::to_bits).collect();
            assert!(got == wanted, "{level}");
        }
    }
}
