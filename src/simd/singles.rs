//! What a vector of f32 can do: as many bytes as one of f64 lanes, so twice as many values.

use std::ops::{Add, Mul, Sub};

use super::lanes::sealed::Sealed;

/// The bits of 1/sqrt(2), rounded up: the lowest mantissa that [`Singles::split`] gives.
pub(super) const BITS_OF_SQRT_HALF: i32 = 0x3f35_04f4;

/// The bits of 1.
pub(super) const BITS_OF_ONE: i32 = 0x3f80_0000;

/// Bits of an f32's mantissa.
pub(super) const MANTISSA_BITS: i32 = 23;

/// A vector of f32 on which every operation works element by element, in IEEE 754 with the same bits
/// on every level (but for the bits inside a NaN).
pub trait Singles:
    Sealed + Copy + Send + 'static + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self>
{
    /// How many values: twice the width of the [`super::Lanes`] it belongs to.
    const WIDTH: usize;

    /// The same value everywhere.
    fn splat(value: f32) -> Self;

    /// Reads values; those beyond the slice's end are 0.
    fn load(from: &[f32]) -> Self;

    /// Writes values; those beyond the slice's end are dropped.
    fn store(self, to: &mut [f32]);

    /// `if self > other { self } else { other }`: `other` where either is NaN or both are zeros.
    fn max(self, other: Self) -> Self;

    /// `if self < other { self } else { other }`: `other` where either is NaN or both are zeros.
    fn min(self, other: Self) -> Self;

    /// The sign bit cleared.
    fn abs(self) -> Self;

    /// Whether any value is greater than the other's.
    fn any_gt(self, other: Self) -> bool;

    /// [`Self::max`] of values 2k and 2k + 1 of `self`, followed by those of `next`.
    fn max_of_pairs(self, next: Self) -> Self;

    /// Every value twice: those of the lower half, and those of the upper one.
    fn doubled(self) -> (Self, Self);

    /// Splits a positive, normal value into `(e, m)` with `self == m * 2^e`, `e` integral and `m`
    /// between the square roots of 1/2 and 2. For any other value the result is defined by the bits
    /// and means nothing.
    fn split(self) -> (Self, Self);

    /// 2 to the power of the integer in the low bits of the mantissa, where adding 1.5 * 2^23
    /// leaves it, for integers in [-126, 127].
    fn pow2_of_low_bits(self) -> Self;
}
