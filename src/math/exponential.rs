//! Exponential functions: base 2, e, and decibels to amplitude.

use super::polynomial;
use crate::simd::Lanes;

/// (2^r - 1) / r on |r| <= 1/2, weighted by |r| + 0.02: error under 3.7e-18.
#[allow(clippy::approx_constant, reason = "a coefficient of the fit, near the constant but not it")]
const EXP2: [f64; 11] = [
    0.6931471805599453,
    0.2402265069591013,
    0.055504108664821736,
    0.009618129107594561,
    0.0013333558146380428,
    0.00015403530456724394,
    1.5252733866457848e-05,
    1.3215435421967875e-06,
    1.0178046841394677e-07,
    7.0737655045818716e-09,
    4.457337806806641e-10,
];

/// (e^r - 1 - r) / r^2 on |r| <= ln(2) / 2: error under 1.4e-18.
const EXP: [f64; 11] = [
    0.5,
    0.1666666666666667,
    0.041666666666666685,
    0.008333333333326134,
    0.0013888888888874398,
    0.0001984126987482399,
    2.480158734733946e-05,
    2.7557255396471e-06,
    2.7557252912472866e-07,
    2.510521838664829e-08,
    2.0921589370829142e-09,
];

/// ln 2 as a sum; the first part has 40 bits, so that times an exponent (11 bits) it is exact.
pub(super) const LN_2_HIGH: f64 = 0.6931471805592082;
pub(super) const LN_2_LOW: f64 = 7.371002565167799e-13;

/// 20 log10(2), the dB of a doubling, as a sum split like ln 2.
const DB_PER_OCTAVE_HIGH: f64 = 6.020599913274054;
const DB_PER_OCTAVE_LOW: f64 = 5.569488750772005e-12;
const OCTAVES_PER_DB: f64 = 0.16609640474436813;

/// ln(10) / 20.
const NEPERS_PER_DB: f64 = 0.11512925464970228;

/// Beyond this exponent, either way, the result has long been infinity or 0.
pub(super) const EXPONENT_LIMIT: f64 = 1100.0;

/// The value kept within `-limit..=limit`; NaN stays NaN.
#[inline(always)]
pub(super) fn clamp<L: Lanes>(x: L, limit: f64) -> L {
    L::splat(-limit).max(L::splat(limit).min(x))
}

/// `value` times 2^`exponent`, for integral exponents within [`EXPONENT_LIMIT`].
///
/// In two steps, since neither infinity nor a subnormal result can be had with one power of two.
/// The first step is exact, so the result is rounded once.
#[inline(always)]
pub(super) fn scale<L: Lanes>(value: L, exponent: L) -> L {
    let half = (exponent * L::splat(0.5)).round_ties_even();
    (value * half.pow2i()) * (exponent - half).pow2i()
}

/// 2^r for |r| <= 1/2.
#[inline(always)]
pub(super) fn exp2_reduced<L: Lanes>(r: L) -> L {
    L::splat(1.0) + r * polynomial(r, &EXP2)
}

/// e^r - 1 for |r| <= ln(2) / 2.
#[inline(always)]
pub(super) fn exp_m1_reduced<L: Lanes>(r: L) -> L {
    r + (r * r) * polynomial(r, &EXP)
}

/// 2 to the power `x`: see [`exp2`](super::exp2).
#[inline(always)]
#[must_use]
pub fn exp2<L: Lanes>(x: L) -> L {
    let x = clamp(x, EXPONENT_LIMIT);
    let exponent = x.round_ties_even();
    scale(exp2_reduced(x - exponent), exponent)
}

/// Splits `x` into `(k, r)` with e^x = 2^k e^r, k integral, |r| <= ln(2) / 2, by the two-part
/// constant of Cody and Waite (Software Manual for the Elementary Functions, 1980).
#[inline(always)]
pub(super) fn split_exponent<L: Lanes>(x: L) -> (L, L) {
    let k = (x * L::splat(std::f64::consts::LOG2_E)).round_ties_even();
    (k, (x - k * L::splat(LN_2_HIGH)) - k * L::splat(LN_2_LOW))
}

/// e to the power `x`: see [`exp`](super::exp).
#[inline(always)]
#[must_use]
pub fn exp<L: Lanes>(x: L) -> L {
    let (k, r) = split_exponent(clamp(x, EXPONENT_LIMIT * super::LN_2));
    scale(L::splat(1.0) + exp_m1_reduced(r), k)
}

/// The amplitude ratio of a level in dB: see [`db_to_gain`](super::db_to_gain).
///
/// The whole octaves are taken away in dB, where the product is exact: a product with ln(10)/20
/// first would lose as many bits as the level has before the point.
#[inline(always)]
#[must_use]
pub fn db_to_gain<L: Lanes>(db: L) -> L {
    let db = clamp(db, EXPONENT_LIMIT * DB_PER_OCTAVE_HIGH);
    let k = (db * L::splat(OCTAVES_PER_DB)).round_ties_even();
    let rest = (db - k * L::splat(DB_PER_OCTAVE_HIGH)) - k * L::splat(DB_PER_OCTAVE_LOW);
    scale(L::splat(1.0) + exp_m1_reduced(rest * L::splat(NEPERS_PER_DB)), k)
}
