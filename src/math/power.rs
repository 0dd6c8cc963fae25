//! Powers with any exponent: the logarithm and its product carry twice the bits on the way.

use super::exponential::{EXPONENT_LIMIT, clamp, exp2_reduced, scale};
use super::logarithm;
use crate::simd::Lanes;

/// 2^27 + 1, which splits 53 bits into two halves.
const SPLITTER: f64 = 134_217_729.0;

/// log2(e) as a sum, of which the first part has 26 bits.
const LOG2_E_HIGH: f64 = 1.4426950216293335;
const LOG2_E_LOW: f64 = 1.9259629911266175e-08;

/// The exponent is cut to this, far beyond where any base but 1 over- or underflows, so that
/// splitting it cannot overflow.
const LARGEST_EXPONENT: f64 = 1e30;

/// `x` as a sum of two numbers of at most 26 bits each (Veltkamp; Dekker, A floating-point
/// technique for extending the available precision, 1971).
#[inline(always)]
fn halves<L: Lanes>(x: L) -> (L, L) {
    let c = x * L::splat(SPLITTER);
    let high = c - (c - x);
    (high, x - high)
}

/// log2(x) as a sum with an error of about 2^-58, for positive finite `x`.
#[inline(always)]
fn log2_extended<L: Lanes>(x: L) -> (L, L) {
    let logarithm::Parts { e, f, s, r } = logarithm::split(x);
    let (f_high, f_low) = halves(f);
    let half = L::splat(0.5);
    // f^2 / 2 in two parts, the first of them exact.
    let square_high = (f_high * f_high) * half;
    let square_low = ((f + f_high) * f_low) * half;
    // ln(1 + f), its first part short enough that the product with log2(e) is exact.
    let (high, _) = halves(f - square_high);
    let low = (((f - high) - square_high) - square_low) + s * ((square_high + square_low) + r);
    let product = high * L::splat(LOG2_E_HIGH);
    let rest = (low + high) * L::splat(LOG2_E_LOW) + low * L::splat(LOG2_E_HIGH);
    let sum = e + product;
    let rest = ((e - sum) + product) + rest;
    let total = sum + rest;
    (total, (sum - total) + rest)
}

/// `x` to the power `y`: see [`pow`](super::pow).
#[inline(always)]
#[must_use]
pub fn pow<L: Lanes>(x: L, y: L) -> L {
    let (zero, one) = (L::splat(0.0), L::splat(1.0));
    let y = clamp(y, LARGEST_EXPONENT);
    let (log, log_rest) = log2_extended(x);
    let ((y_high, y_low), (log_high, log_low)) = (halves(y), halves(log));
    let product = y * log;
    // Dekker's product: what rounding took from it.
    let lost =
        (((y_high * log_high - product) + y_high * log_low) + y_low * log_high) + y_low * log_low;
    // Where the product is cut, the result is infinity or 0 whatever the rest says.
    let rest = clamp(lost + y * log_rest, 1.0);
    let product = clamp(product, EXPONENT_LIMIT - 2.0);
    let exponent = product.round_ties_even();
    let power = scale(exp2_reduced((product - exponent) + rest), exponent);

    let at_zero = L::select(y.gt(zero), zero, L::select(y.lt(zero), one / zero, one));
    let below = L::select(x.lt(zero), L::splat(f64::NAN), at_zero);
    // `x + y` brings in a NaN of either.
    let power = L::select(x.gt(zero), power, below);
    L::select((x + y).ge(x + y), power, x + y)
}
