//! Logarithms: base 2, e and 10, and amplitude to decibels.

use super::exponential::{LN_2_HIGH, LN_2_LOW};
use super::polynomial;
use crate::simd::Lanes;

/// (ln((1 + s) / (1 - s)) / s - 2) / s^2 as a function of s^2, for 1/sqrt(2) <= (1 + s) / (1 - s)
/// <= sqrt(2): error under 3.1e-16, which is under 5e-18 of the logarithm.
const ATANH: [f64; 7] = [
    0.666666666666667,
    0.39999999999898445,
    0.28571428626398654,
    0.22222211072894535,
    0.18182893216800716,
    0.1533159698024087,
    0.14617872803129472,
];

/// log10(2) as a sum; the first part has 40 bits, so that times an exponent it is exact.
const LOG10_2_HIGH: f64 = 0.30102999566361177;
const LOG10_2_LOW: f64 = 3.694239077158931e-13;

/// 2^54, which makes a subnormal value normal.
const TWO_54: f64 = 18_014_398_509_481_984.0;

/// A positive number as 2^e (1 + f), 1/sqrt(2) <= 1 + f < sqrt(2), and what ln(1 + f) is made of.
pub(super) struct Parts<L> {
    /// The exponent, integral.
    pub e: L,
    /// The mantissa less 1; exact.
    pub f: L,
    /// f / (2 + f), for which ln(1 + f) = 2 atanh(s).
    pub s: L,
    /// 2 atanh(s) / s - 2, under 0.02.
    pub r: L,
}

/// Takes a positive finite number apart. The identity f - f^2/2 + s (f^2/2 + r) = ln(1 + f) keeps
/// the exact f in front, so that little is left to round.
#[inline(always)]
pub(super) fn split<L: Lanes>(x: L) -> Parts<L> {
    let is_tiny = x.lt(L::splat(f64::MIN_POSITIVE));
    let (e, m) = L::select(is_tiny, x * L::splat(TWO_54), x).exponent_and_mantissa();
    let is_upper = m.ge(L::splat(super::SQRT_2));
    let m = L::select(is_upper, m * L::splat(0.5), m);
    let e = e + L::select(is_upper, L::splat(1.0), L::splat(0.0));
    let e = e - L::select(is_tiny, L::splat(54.0), L::splat(0.0));
    let f = m - L::splat(1.0);
    let s = f / (L::splat(2.0) + f);
    let z = s * s;
    Parts { e, f, s, r: z * polynomial(z, &ATANH) }
}

impl<L: Lanes> Parts<L> {
    /// ln(1 + f) within 1 ulp.
    #[inline(always)]
    fn ln_mantissa(&self) -> L {
        let half_square = (self.f * self.f) * L::splat(0.5);
        self.f - (half_square - self.s * (half_square + self.r))
    }
}

/// The logarithm's values outside the positive finite numbers, in place of `result`.
#[inline(always)]
fn at_the_edges<L: Lanes>(x: L, result: L) -> L {
    let is_finite = x.lt(L::splat(f64::INFINITY));
    // Infinity and NaN are their own logarithms.
    let result = L::select(is_finite, result, x);
    let result = L::select(x.gt(L::splat(0.0)), result, x * L::splat(f64::NAN));
    L::select(x.le(L::splat(0.0)) & x.ge(L::splat(0.0)), L::splat(f64::NEG_INFINITY), result)
}

/// The logarithm to base 2: see [`log2`](super::log2).
#[inline(always)]
#[must_use]
pub fn log2<L: Lanes>(x: L) -> L {
    let parts = split(x);
    at_the_edges(x, parts.e + parts.ln_mantissa() * L::splat(std::f64::consts::LOG2_E))
}

/// The natural logarithm: see [`ln`](super::ln).
#[inline(always)]
#[must_use]
pub fn ln<L: Lanes>(x: L) -> L {
    let parts = split(x);
    let half_square = (parts.f * parts.f) * L::splat(0.5);
    let small = parts.s * (half_square + parts.r) + parts.e * L::splat(LN_2_LOW);
    at_the_edges(x, parts.e * L::splat(LN_2_HIGH) - ((half_square - small) - parts.f))
}

/// The logarithm to base 10: see [`log10`](super::log10).
#[inline(always)]
#[must_use]
pub fn log10<L: Lanes>(x: L) -> L {
    let parts = split(x);
    let small =
        parts.e * L::splat(LOG10_2_LOW) + parts.ln_mantissa() * L::splat(std::f64::consts::LOG10_E);
    at_the_edges(x, parts.e * L::splat(LOG10_2_HIGH) + small)
}

/// The level in dB of an amplitude ratio: see [`gain_to_db`](super::gain_to_db).
#[inline(always)]
#[must_use]
pub fn gain_to_db<L: Lanes>(gain: L) -> L {
    log10(gain) * L::splat(20.0)
}
