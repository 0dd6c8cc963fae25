//! Lanes as a plain array: the scalar form, and vectors on CPUs without hand-written ones.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::lanes::{BIAS, Lanes, Mask, TWO_52, sealed::Sealed};
use super::singles::{BITS_OF_ONE, BITS_OF_SQRT_HALF, MANTISSA_BITS, Singles};

/// `N` lanes in an array; every operation is a loop over it, which the compiler may vectorise.
#[derive(Clone, Copy, Debug)]
pub struct Portable<const N: usize>(pub [f64; N]);

/// One lane: the form that defines what every other level must give.
pub type F64x1 = Portable<1>;

/// Truth values for the lanes of a [`Portable`].
#[derive(Clone, Copy, Debug)]
pub struct PortableMask<const N: usize>(pub [bool; N]);

/// The `2 * N` f32 values that belong to a [`Portable`], as halves.
#[derive(Clone, Copy, Debug)]
pub struct PortableSingles<const N: usize>(pub [[f32; N]; 2]);

impl<const N: usize> Portable<N> {
    #[inline(always)]
    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        let mut out = self;
        for value in &mut out.0 {
            *value = f(*value);
        }
        out
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let mut out = self;
        for (value, &with) in out.0.iter_mut().zip(&other.0) {
            *value = f(*value, with);
        }
        out
    }

    #[inline(always)]
    fn compare(self, other: Self, f: impl Fn(f64, f64) -> bool) -> PortableMask<N> {
        let mut out = [false; N];
        for (k, value) in out.iter_mut().enumerate() {
            *value = f(self.0[k], other.0[k]);
        }
        PortableMask(out)
    }
}

macro_rules! operators {
    ($($operator:ident :: $method:ident: $symbol:tt;)*) => {$(
        impl<const N: usize> $operator for Portable<N> {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                self.zip(other, |a, b| a $symbol b)
            }
        }
    )*};
}

operators! {
    Add::add: +;
    Sub::sub: -;
    Mul::mul: *;
    Div::div: /;
}

impl<const N: usize> Neg for Portable<N> {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        self.map(|a| -a)
    }
}

impl<const N: usize> BitAnd for PortableMask<N> {
    type Output = Self;

    #[inline(always)]
    fn bitand(mut self, other: Self) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a &= b;
        }
        self
    }
}

impl<const N: usize> BitOr for PortableMask<N> {
    type Output = Self;

    #[inline(always)]
    fn bitor(mut self, other: Self) -> Self {
        for (a, b) in self.0.iter_mut().zip(other.0) {
            *a |= b;
        }
        self
    }
}

impl<const N: usize> Not for PortableMask<N> {
    type Output = Self;

    #[inline(always)]
    fn not(mut self) -> Self {
        for a in &mut self.0 {
            *a = !*a;
        }
        self
    }
}

impl<const N: usize> Sealed for PortableMask<N> {}

impl<const N: usize> Mask for PortableMask<N> {
    #[inline(always)]
    fn any(self) -> bool {
        self.0.iter().any(|&a| a)
    }
}

impl<const N: usize> Sealed for Portable<N> {}

impl<const N: usize> Lanes for Portable<N> {
    const WIDTH: usize = N;

    type Mask = PortableMask<N>;

    type Singles = PortableSingles<N>;

    #[inline(always)]
    fn widen(singles: PortableSingles<N>) -> (Self, Self) {
        let [lower, upper] = singles.0;
        (Self(lower.map(f64::from)), Self(upper.map(f64::from)))
    }

    // Rounding to f32 is what this function is for.
    #[allow(clippy::cast_possible_truncation)]
    #[inline(always)]
    fn narrow(lower: Self, upper: Self) -> PortableSingles<N> {
        PortableSingles([lower.0.map(|a| a as f32), upper.0.map(|a| a as f32)])
    }

    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self([value; N])
    }

    #[inline(always)]
    fn load_f64(from: &[f64]) -> Self {
        let mut out = [0.0; N];
        for (lane, &value) in out.iter_mut().zip(from) {
            *lane = value;
        }
        Self(out)
    }

    #[inline(always)]
    fn store_f64(self, to: &mut [f64]) {
        for (value, &lane) in to.iter_mut().zip(&self.0) {
            *value = lane;
        }
    }

    #[inline(always)]
    fn load_f32(from: &[f32]) -> Self {
        let mut out = [0.0; N];
        for (lane, &value) in out.iter_mut().zip(from) {
            *lane = f64::from(value);
        }
        Self(out)
    }

    // Rounding to f32 is what this function is for.
    #[allow(clippy::cast_possible_truncation)]
    #[inline(always)]
    fn store_f32(self, to: &mut [f32]) {
        for (value, &lane) in to.iter_mut().zip(&self.0) {
            *value = lane as f32;
        }
    }

    // Rounding to f32 is what this function is for.
    #[allow(clippy::cast_possible_truncation)]
    #[inline(always)]
    fn round_to_f32(self) -> Self {
        self.map(|a| f64::from(a as f32))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        self.map(f64::sqrt)
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        self.map(f64::abs)
    }

    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        self.zip(sign, f64::copysign)
    }

    #[inline(always)]
    fn gt(self, other: Self) -> Self::Mask {
        self.compare(other, |a, b| a > b)
    }

    #[inline(always)]
    fn ge(self, other: Self) -> Self::Mask {
        self.compare(other, |a, b| a >= b)
    }

    #[inline(always)]
    fn select(mask: Self::Mask, yes: Self, no: Self) -> Self {
        let mut out = no;
        for (k, value) in out.0.iter_mut().enumerate() {
            *value = if mask.0[k] { yes.0[k] } else { *value };
        }
        out
    }

    #[inline(always)]
    fn swap_pairs(self) -> Self {
        let mut out = self;
        for pair in out.0.chunks_exact_mut(2) {
            pair.swap(0, 1);
        }
        out
    }

    #[inline(always)]
    fn exponent_and_mantissa(self) -> (Self, Self) {
        // The same steps as with vectors, where an integer has to become an f64 by its bits.
        let exponent = self.map(|a| {
            let biased = (a.to_bits() >> 52) & 0x7ff;
            f64::from_bits(biased | TWO_52.to_bits()) - (TWO_52 + BIAS)
        });
        let mantissa =
            self.map(|a| f64::from_bits((a.to_bits() & ((1 << 52) - 1)) | 1.0_f64.to_bits()));
        (exponent, mantissa)
    }

    #[inline(always)]
    fn pow2i(self) -> Self {
        self.map(|a| f64::from_bits((a + (TWO_52 + BIAS)).to_bits() << 52))
    }
}

impl<const N: usize> PortableSingles<N> {
    #[inline(always)]
    fn map(self, f: impl Fn(f32) -> f32) -> Self {
        let mut out = self;
        for value in out.0.as_flattened_mut() {
            *value = f(*value);
        }
        out
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f32, f32) -> f32) -> Self {
        let mut out = self;
        for (value, &with) in out.0.as_flattened_mut().iter_mut().zip(other.0.as_flattened()) {
            *value = f(*value, with);
        }
        out
    }
}

impl<const N: usize> Add for PortableSingles<N> {
    type Output = Self;

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.zip(other, |a, b| a + b)
    }
}

impl<const N: usize> Sub for PortableSingles<N> {
    type Output = Self;

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.zip(other, |a, b| a - b)
    }
}

impl<const N: usize> Mul for PortableSingles<N> {
    type Output = Self;

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.zip(other, |a, b| a * b)
    }
}

impl<const N: usize> Sealed for PortableSingles<N> {}

impl<const N: usize> Singles for PortableSingles<N> {
    const WIDTH: usize = 2 * N;

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([[value; N]; 2])
    }

    #[inline(always)]
    fn load(from: &[f32]) -> Self {
        let mut out = [[0.0; N]; 2];
        for (value, &from) in out.as_flattened_mut().iter_mut().zip(from) {
            *value = from;
        }
        Self(out)
    }

    #[inline(always)]
    fn store(self, to: &mut [f32]) {
        for (to, &value) in to.iter_mut().zip(self.0.as_flattened()) {
            *to = value;
        }
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        self.zip(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        self.zip(other, |a, b| if a < b { a } else { b })
    }

    #[inline(always)]
    fn abs(self) -> Self {
        self.map(f32::abs)
    }

    #[inline(always)]
    fn any_gt(self, other: Self) -> bool {
        self.0.as_flattened().iter().zip(other.0.as_flattened()).any(|(a, b)| a > b)
    }

    #[inline(always)]
    fn max_of_pairs(self, next: Self) -> Self {
        let mut out = self;
        let pairs = self.0.as_flattened().as_chunks::<2>().0.iter();
        let pairs = pairs.chain(next.0.as_flattened().as_chunks::<2>().0);
        for (value, &[a, b]) in out.0.as_flattened_mut().iter_mut().zip(pairs) {
            *value = if a > b { a } else { b };
        }
        out
    }

    #[inline(always)]
    fn doubled(self) -> (Self, Self) {
        let (mut lower, mut upper) = (self, self);
        for (half, out) in self.0.iter().zip([&mut lower, &mut upper]) {
            for (pair, &value) in
                out.0.as_flattened_mut().as_chunks_mut::<2>().0.iter_mut().zip(half)
            {
                *pair = [value; 2];
            }
        }
        (lower, upper)
    }

    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let exponent =
            |a: f32| (a.to_bits().cast_signed().wrapping_sub(BITS_OF_SQRT_HALF)) >> MANTISSA_BITS;
        let mantissa = self.map(|a| {
            let bits = a.to_bits().cast_signed().wrapping_sub(exponent(a) << MANTISSA_BITS);
            f32::from_bits(bits.cast_unsigned())
        });
        (self.map(|a| exponent(a) as f32), mantissa)
    }

    #[inline(always)]
    fn pow2_of_low_bits(self) -> Self {
        self.map(|a| {
            let bits = (a.to_bits().cast_signed() << MANTISSA_BITS).wrapping_add(BITS_OF_ONE);
            f32::from_bits(bits.cast_unsigned())
        })
    }
}
