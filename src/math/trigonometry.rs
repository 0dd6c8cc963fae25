//! Sine, cosine and tangent, of radians and of multiples of pi.

use super::{PI, polynomial};
use crate::simd::Lanes;

/// (sin(r) / r - 1) / r^2 as a function of r^2, |r| <= pi/4: error under 2.1e-17.
const SIN: [f64; 6] = [
    -0.16666666666666666,
    0.008333333333330948,
    -0.00019841269836757408,
    2.755731610178906e-06,
    -2.505113166029247e-08,
    1.591811451157248e-10,
];

/// (cos(r) - 1 + r^2/2) / r^4 as a function of r^2, |r| <= pi/4: error under 1.3e-18.
const COS: [f64; 6] = [
    0.041666666666666664,
    -0.0013888888888887398,
    2.4801587298764788e-05,
    -2.7557317271175225e-07,
    2.087614613858505e-09,
    -1.1382622252384216e-11,
];

/// pi/2 as a sum; the first two parts have 33 bits, so that times a quadrant count up to 2^20
/// they are exact (Cody and Waite, 1980).
const HALF_PI: [f64; 3] = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487959506e-21];

/// An angle as a count of quarter turns and the rest.
struct Angle<L> {
    /// Quarter turns modulo 4, as one of -2, -1, 0, 1, 2.
    quadrant: L,
    /// What is left, in radians, at most pi/4 either way.
    rest: L,
}

/// The count of quarter turns modulo 4.
#[inline(always)]
fn modulo_4<L: Lanes>(quarters: L) -> L {
    quarters - (quarters * L::splat(0.25)).round_ties_even() * L::splat(4.0)
}

/// Takes the quarter turns out of an angle in radians.
#[inline(always)]
fn reduce<L: Lanes>(x: L) -> Angle<L> {
    let quarters = (x * L::splat(std::f64::consts::FRAC_2_PI)).round_ties_even();
    let rest = HALF_PI.iter().fold(x, |rest, &part| rest - quarters * L::splat(part));
    Angle { quadrant: modulo_4(quarters), rest }
}

/// Takes the quarter turns out of an angle in half turns; exact but for the last product.
#[inline(always)]
fn reduce_pi<L: Lanes>(x: L) -> Angle<L> {
    let quarters = (x + x).round_ties_even();
    let rest = x - quarters * L::splat(0.5);
    Angle { quadrant: modulo_4(quarters), rest: rest * L::splat(PI) }
}

impl<L: Lanes> Angle<L> {
    /// Sine and cosine of the rest alone.
    #[inline(always)]
    fn sin_cos_of_rest(&self) -> (L, L) {
        let r = self.rest;
        let square = r * r;
        let sin = r + (r * square) * polynomial(square, &SIN);
        let half = square * L::splat(0.5);
        let near = L::splat(1.0) - half;
        // What rounding 1 - r^2/2 lost is put back.
        let lost = (L::splat(1.0) - near) - half;
        (sin, near + (lost + (square * square) * polynomial(square, &COS)))
    }

    /// Whether the quarter turns are odd: sine and cosine change places.
    #[inline(always)]
    fn is_odd(&self) -> L::Mask {
        let magnitude = self.quadrant.abs();
        magnitude.gt(L::splat(0.5)) & magnitude.lt(L::splat(1.5))
    }

    #[inline(always)]
    fn sin(self) -> L {
        let (sin, cos) = self.sin_cos_of_rest();
        let value = L::select(self.is_odd(), cos, sin);
        let is_negative = self.quadrant.abs().gt(L::splat(1.5)) | self.quadrant.lt(L::splat(-0.5));
        L::select(is_negative, -value, value)
    }

    #[inline(always)]
    fn cos(self) -> L {
        let (sin, cos) = self.sin_cos_of_rest();
        let value = L::select(self.is_odd(), sin, cos);
        let is_negative = self.quadrant.gt(L::splat(0.5)) | self.quadrant.lt(L::splat(-1.5));
        L::select(is_negative, -value, value)
    }
}

/// The sine of an angle in radians: see [`sin`](super::sin).
#[inline(always)]
#[must_use]
pub fn sin<L: Lanes>(x: L) -> L {
    reduce(x).sin()
}

/// The cosine of an angle in radians: see [`cos`](super::cos).
#[inline(always)]
#[must_use]
pub fn cos<L: Lanes>(x: L) -> L {
    // Even in every bit, and quadrant -2 is not met as 2 or the other way round.
    reduce(x.abs()).cos()
}

/// The sine of pi times `x`: see [`sin_pi`](super::sin_pi).
#[inline(always)]
#[must_use]
pub fn sin_pi<L: Lanes>(x: L) -> L {
    reduce_pi(x).sin()
}

/// The cosine of pi times `x`: see [`cos_pi`](super::cos_pi).
#[inline(always)]
#[must_use]
pub fn cos_pi<L: Lanes>(x: L) -> L {
    reduce_pi(x.abs()).cos()
}

/// The tangent of an angle in radians: see [`tan`](super::tan).
#[inline(always)]
#[must_use]
pub fn tan<L: Lanes>(x: L) -> L {
    let angle = reduce(x);
    let (sin, cos) = angle.sin_cos_of_rest();
    let is_odd = angle.is_odd();
    L::select(is_odd, -cos, sin) / L::select(is_odd, sin, cos)
}
