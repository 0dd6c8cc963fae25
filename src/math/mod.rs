//! Deterministic functions and counter-based random numbers: the only place that knows transcendental functions.
//!
//! The platform's `sin` or `exp` gives other bits on other CPUs and C libraries. These functions
//! are made of `+ - * /`, `sqrt`, comparisons and shifts of the exponent only, in one fixed order
//! without fused operations, so they give the same bits everywhere. They are branch-free and
//! generic over the SIMD width in [`lanes`]; the functions here are the form that is one element
//! wide. [`fast`] has cheaper `f32` approximations for inner loops.
//!
//! Polynomial coefficients are this project's own: minimax fits by the Remez exchange algorithm
//! in 60-digit decimal arithmetic, rounded to the nearest f64. Each one's comment says of which
//! function, on which range, weighted how, and with which largest error. Constants split into a
//! sum have been cut from the same 60 digits.
//!
//! Errors are in ulp (units in the last place of the result), measured by the tests of this
//! module against references good to about 1 ulp.

pub mod fast;
pub mod random;

mod exponential;
mod hyperbolic;
mod logarithm;
mod power;
mod special;
mod trigonometry;

#[cfg(test)]
mod tests;

use crate::simd::{F64x1, Lanes};

pub use special::{bessel_i0, sinc};
pub use std::f64::consts::{FRAC_1_SQRT_2, FRAC_PI_2, FRAC_PI_4, LN_2, LN_10, PI, SQRT_2, TAU};

/// The functions of [`math`](self) on vectors of any width.
pub mod lanes {
    pub use super::exponential::{db_to_gain, exp, exp2};
    pub use super::hyperbolic::tanh;
    pub use super::logarithm::{gain_to_db, ln, log2, log10};
    pub use super::power::pow;
    pub use super::trigonometry::{cos, cos_pi, sin, sin_pi, tan};
}

/// The polynomial `c[0] + c[1] x + c[2] x^2 + ...` by Horner's rule.
#[inline(always)]
fn polynomial<L: Lanes, const N: usize>(x: L, coefficients: &[f64; N]) -> L {
    let mut sum = L::splat(coefficients[N - 1]);
    for &coefficient in coefficients[..N - 1].iter().rev() {
        sum = sum * x + L::splat(coefficient);
    }
    sum
}

macro_rules! scalar {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[inline]
        #[must_use]
        pub fn $name(x: f64) -> f64 {
            lanes::$name(F64x1::splat(x)).0[0]
        }
    )*};
}

scalar! {
    /// 2 to the power `x`, within 2 ulp. Exact where `x` is an integer; 0 below about -1075,
    /// infinity from 1024 on.
    exp2;
    /// e to the power `x`, within 2 ulp; 1 exactly at 0.
    exp;
    /// The logarithm to base 2, within 3 ulp. Exact at powers of two; -infinity at 0, NaN below.
    log2;
    /// The natural logarithm, within 2 ulp; 0 exactly at 1, -infinity at 0, NaN below.
    ln;
    /// The logarithm to base 10, within 3 ulp; 0 exactly at 1, -infinity at 0, NaN below.
    log10;
    /// The sine of `x` radians, within 3 ulp for `|x|` up to 10^6; 0 exactly at 0. Beyond that the
    /// absolute error grows with `|x|` times 2^-53: wrap phases before you come here, or use
    /// [`sin_pi`].
    sin;
    /// The cosine of `x` radians, in the range and with the error of [`sin`]; 1 exactly at 0.
    cos;
    /// The sine of pi times `x`, within 3 ulp for `|x|` up to 2^50, with no error from reducing
    /// the range: exactly 0 at integers and +-1 between them. A phase in cycles is half of `x`.
    sin_pi;
    /// The cosine of pi times `x`, in the range and with the error of [`sin_pi`]; 1 exactly at 0.
    cos_pi;
    /// The tangent of `x` radians, within 4 ulp for `|x|` up to 10^6; 0 exactly at 0.
    tan;
    /// The hyperbolic tangent, within 4 ulp; 0 exactly at 0, odd, +-1 exactly from `|x|` = 22 on.
    tanh;
    /// The amplitude ratio of a level in dB, 10^(`x` / 20), within 2 ulp. 1 exactly at 0 dB, 0 at
    /// -infinity.
    db_to_gain;
    /// The level in dB of an amplitude ratio, 20 log10 `x`, within 4 ulp. 0 exactly at 1,
    /// -infinity at 0, NaN below.
    gain_to_db;
}

/// `x` to the power `y`, for finite `x` >= 0.
///
/// Within 4 ulp for `|y|` up to 32; beyond, the error grows by less than 0.1 ulp for each unit of
/// `y`. `x` to the power 0 and 1 to any power are 1 exactly. At `x` = 0 it is 0, 1 or infinity as
/// `y` is above, at or below 0. NaN below 0, even where `y` is an integer.
#[inline]
#[must_use]
pub fn pow(x: f64, y: f64) -> f64 {
    lanes::pow(F64x1::splat(x), F64x1::splat(y)).0[0]
}
