//! What a vector of f64 lanes can do, and what each operation means to the bit.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::singles::Singles;

/// The widest vector of any level, in lanes.
pub const MAX_WIDTH: usize = 8;

/// 2^52: adding it to an integer in [0, 2^52) puts that integer into the mantissa's bits.
pub(super) const TWO_52: f64 = 4_503_599_627_370_496.0;

/// 1.5 * 2^52: adding and taking it away rounds to an integer, for either sign.
pub(super) const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// The exponent's bias in an f64.
pub(super) const BIAS: f64 = 1023.0;

/// 2^-31: full scale of a 32-bit integer.
pub(super) const SCALE_32_BITS: f32 = 1.0 / 2_147_483_648.0;

pub(super) mod sealed {
    /// Keeps [`super::Lanes`] and [`super::Mask`] to the types of this module.
    pub trait Sealed {}
}

/// A truth value for each lane, as comparisons give and [`Lanes::select`] takes.
pub trait Mask:
    sealed::Sealed
    + Copy
    + Send
    + 'static
    + BitAnd<Output = Self>
    + BitOr<Output = Self>
    + Not<Output = Self>
{
    /// Whether any lane is true.
    fn any(self) -> bool;

    /// Whether all lanes are true.
    #[inline(always)]
    fn all(self) -> bool {
        !(!self).any()
    }
}

/// A vector of [`Lanes::WIDTH`] f64 values on which every operation works lane by lane.
///
/// All operations are those of IEEE 754 with rounding to nearest, ties to even, and give the same
/// bits on every level (but for the bits inside a NaN).
pub trait Lanes:
    sealed::Sealed
    + Copy
    + Send
    + 'static
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    /// How many lanes: a power of two, at most [`MAX_WIDTH`].
    const WIDTH: usize;

    /// What comparisons of this vector give.
    type Mask: Mask;

    /// The vector of f32 as large as this one.
    type Singles: Singles;

    /// The lower and the upper half of the values, exactly.
    fn widen(singles: Self::Singles) -> (Self, Self);

    /// The opposite of [`Self::widen`]: rounded to nearest even like `as f32`.
    fn narrow(lower: Self, upper: Self) -> Self::Singles;

    /// The same value in every lane.
    fn splat(value: f64) -> Self;

    /// Reads one lane from each element; lanes beyond the slice's end are 0.
    fn load_f64(from: &[f64]) -> Self;

    /// Writes one element from each lane; lanes beyond the slice's end are dropped.
    fn store_f64(self, to: &mut [f64]);

    /// Reads one lane from each element, exactly; lanes beyond the slice's end are 0.
    fn load_f32(from: &[f32]) -> Self;

    /// Writes one element from each lane, rounded to nearest even like `as f32`; lanes beyond the
    /// slice's end are dropped.
    fn store_f32(self, to: &mut [f32]);

    /// Rounded to nearest even like `as f32`, and back: what a signal loses between two nodes.
    fn round_to_f32(self) -> Self;

    /// The square root, correctly rounded; NaN below 0.
    fn sqrt(self) -> Self;

    /// `if self > other { self } else { other }`: `other` where either is NaN or both are zeros.
    fn max(self, other: Self) -> Self;

    /// `if self < other { self } else { other }`: `other` where either is NaN or both are zeros.
    fn min(self, other: Self) -> Self;

    /// The sign bit cleared.
    fn abs(self) -> Self;

    /// The magnitude of `self` with the sign bit of `sign`.
    fn copysign(self, sign: Self) -> Self;

    /// `self > other`; false where either is NaN.
    fn gt(self, other: Self) -> Self::Mask;

    /// `self >= other`; false where either is NaN.
    fn ge(self, other: Self) -> Self::Mask;

    /// `self < other`; false where either is NaN.
    #[inline(always)]
    fn lt(self, other: Self) -> Self::Mask {
        other.gt(self)
    }

    /// `self <= other`; false where either is NaN.
    #[inline(always)]
    fn le(self, other: Self) -> Self::Mask {
        other.ge(self)
    }

    /// `yes` where the mask is true, `no` elsewhere; the bits pass unchanged.
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self;

    /// Lanes 2k and 2k+1 exchanged (left and right of a stereo pair); a single lane stays.
    fn swap_pairs(self) -> Self;

    /// Splits a positive, normal value into `(e, m)` with `self == m * 2^e`, `1 <= m < 2` and `e`
    /// integral. For any other value the result is defined by the bits and means nothing: the sign
    /// is dropped, subnormals and 0 give e = -1023, infinities and NaN give e = 1024.
    fn exponent_and_mantissa(self) -> (Self, Self);

    /// 2 to the power `self`, for integral values in [-1022, 1023]; -1023 gives 0 and 1024 gives
    /// infinity. Any other value gives bits that mean nothing.
    fn pow2i(self) -> Self;

    /// The nearest integral value, ties to even, for magnitudes up to 2^51 (beyond that the result
    /// may be off by one). A result of zero is +0, unlike that of [`f64::round_ties_even`].
    #[inline(always)]
    fn round_ties_even(self) -> Self {
        (self + Self::splat(ROUNDER)) - Self::splat(ROUNDER)
    }

    /// The greatest integral value not above `self`, for magnitudes up to 2^51.
    #[inline(always)]
    fn floor(self) -> Self {
        let nearest = self.round_ties_even();
        nearest - Self::select(nearest.gt(self), Self::splat(1.0), Self::splat(0.0))
    }

    /// The four 24-bit integers in the first twelve bytes, little-endian, as multiples of 2^-23:
    /// full scale is 1. Always four, however many lanes there are.
    #[inline(always)]
    fn four_from_24_bits(bytes: &[u8; 16]) -> [f32; 4] {
        let mut out = [0.0; 4];
        for (out, &[low, middle, high]) in out.iter_mut().zip(bytes.as_chunks::<3>().0) {
            // In the upper bytes, for the sign; 24 bits fit into an f32.
            *out = i32::from_le_bytes([0, low, middle, high]) as f32 * SCALE_32_BITS;
        }
        out
    }

    /// The value of `lane(k)` in each lane k.
    #[inline(always)]
    fn from_fn<F: FnMut(usize) -> f64>(mut lane: F) -> Self {
        let mut values = [0.0; MAX_WIDTH];
        for (k, value) in values.iter_mut().enumerate().take(Self::WIDTH) {
            *value = lane(k);
        }
        Self::load_f64(&values)
    }

    /// Writes the sum of the even lanes to `to[0]` and that of the odd ones to `to[1]`; for vectors
    /// of at least two lanes.
    ///
    /// The order depends on the width, so this may only be used where no addition rounds; see
    /// [`Lanes::sum_of_exact`].
    #[inline(always)]
    fn fold_pairs_of_exact(self, to: &mut [f64]) {
        let mut values = [0.0; MAX_WIDTH];
        self.store_f64(&mut values);
        let (mut even, mut odd) = (0.0, 0.0);
        for pair in values[..Self::WIDTH].chunks_exact(2) {
            even += pair[0];
            odd += pair[1];
        }
        if let [first, second, ..] = to {
            (*first, *second) = (even, odd);
        }
    }

    /// The sum of all lanes, halves added to halves.
    ///
    /// The order depends on the width, so this may only be used where no addition rounds: on
    /// values of the exact grid of joins. There any order gives the same bits.
    #[inline(always)]
    fn sum_of_exact(self) -> f64 {
        let mut values = [0.0; MAX_WIDTH];
        self.store_f64(&mut values);
        let mut half = Self::WIDTH / 2;
        while half > 0 {
            for k in 0..half {
                values[k] += values[k + half];
            }
            half /= 2;
        }
        values[0]
    }
}
