//! What a vector of f32 can do: as many bytes as one of f64 lanes, so twice as many values.

use std::ops::{Add, Mul, Sub};

use super::lanes::sealed::Sealed;

/// The bits of 1/sqrt(2), rounded up: the lowest mantissa that [`Singles::split`] gives.
pub(super) const BITS_OF_SQRT_HALF: i32 = 0x3f35_04f4;

/// The bits of 1.
pub(super) const BITS_OF_ONE: i32 = 0x3f80_0000;

/// Bits of an f32's mantissa.
pub(super) const MANTISSA_BITS: i32 = 23;

/// The widest vector's values.
const MAX_SINGLES: usize = 16;

/// Whether `data` holds four values from each of `count` places on, which are `step` apart.
#[inline(always)]
pub(super) fn holds_fours(data: &[f32], position: u64, step: u64, count: usize) -> bool {
    let last = step.checked_mul(count as u64 - 1).and_then(|way| way.checked_add(position));
    last.is_some_and(|last| whole_of(last) + 4 <= data.len())
}

/// The whole elements of a place in 2^-32 of one.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // Of 32 bits.
pub fn whole_of(position: u64) -> usize {
    (position >> 32) as usize
}

/// The upper 24 bits of what is left, which fit into an f32.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // The lower 32 bits.
pub fn fraction_of(position: u64) -> f32 {
    ((position as u32) >> 8).cast_signed() as f32 * FRACTION
}

/// 2^-24.
pub(super) const FRACTION: f32 = 1.0 / 16_777_216.0;

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

    /// The four values from each of [`Self::WIDTH`] places on, by their order, and how far behind
    /// the first of them each place is, 0 to 1 (its upper 24 bits). Place `k` is at
    /// `position + k * step`, in 2^-32 of an element. `None` where `data` does not hold all of them.
    #[inline(always)]
    fn four_at(data: &[f32], position: u64, step: u64) -> Option<([Self; 4], Self)> {
        if !holds_fours(data, position, step, Self::WIDTH) {
            return None;
        }
        let mut values = [[0.0; MAX_SINGLES]; 4];
        let mut fractions = [0.0; MAX_SINGLES];
        let mut at = position;
        for k in 0..Self::WIDTH {
            let four = data.get(whole_of(at)..).and_then(<[f32]>::first_chunk::<4>)?;
            for (values, value) in values.iter_mut().zip(four) {
                values[k] = *value;
            }
            fractions[k] = fraction_of(at);
            at = at.wrapping_add(step);
        }
        let [a, b, c, d] = &values;
        let values = [Self::load(a), Self::load(b), Self::load(c), Self::load(d)];
        Some((values, Self::load(&fractions)))
    }

    /// The same where `step` is at most an element (else what comes means nothing), and faster than
    /// that on some levels. `None` where `data` does not hold [`Self::WIDTH`] + 3 elements from the
    /// first place on, or not all that are needed: which of the two depends on the level.
    #[inline(always)]
    fn four_nearby(data: &[f32], position: u64, step: u64) -> Option<([Self; 4], Self)> {
        Self::four_at(data, position, step)
    }

    /// Turns a square of [`Self::WIDTH`] rows, each `stride` after the one before, into its columns,
    /// one after the other in `to`. What `from` has not is 0; what `to` has no room for is dropped.
    #[inline(always)]
    fn transpose(from: &[f32], stride: usize, to: &mut [f32]) {
        for (column, to) in to.chunks_mut(Self::WIDTH).take(Self::WIDTH).enumerate() {
            for (row, to) in to.iter_mut().enumerate() {
                *to = from.get(row * stride + column).copied().unwrap_or(0.0);
            }
        }
    }

    /// Splits a positive, normal value into `(e, m)` with `self == m * 2^e`, `e` integral and `m`
    /// between the square roots of 1/2 and 2. For any other value the result is defined by the bits
    /// and means nothing.
    fn split(self) -> (Self, Self);

    /// 2 to the power of the integer in the low bits of the mantissa, where adding 1.5 * 2^23
    /// leaves it, for integers in [-126, 127].
    fn pow2_of_low_bits(self) -> Self;
}
