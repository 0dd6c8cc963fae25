//! The hyperbolic tangent, the classic soft clipper.

use super::exponential::{exp_m1_reduced, split_exponent};
use crate::simd::Lanes;

/// From here on the result rounds to 1, and e^(2x) is far from overflowing.
const SATURATED: f64 = 22.0;

/// The hyperbolic tangent: see [`tanh`](super::tanh).
///
/// With q = e^(2|x|) - 1 it is q / (q + 2), which loses nothing near 0.
#[inline(always)]
#[must_use]
pub fn tanh<L: Lanes>(x: L) -> L {
    let magnitude = L::splat(SATURATED).min(x.abs());
    let (k, r) = split_exponent(magnitude + magnitude);
    let power = k.pow2i();
    // For k = 0 this is the reduced value itself, exactly.
    let q = power * exp_m1_reduced(r) + (power - L::splat(1.0));
    (q / (q + L::splat(2.0))).copysign(x)
}
