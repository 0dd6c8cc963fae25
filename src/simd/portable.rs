//! Lanes as a plain array: the scalar form, and vectors on CPUs without hand-written ones.

use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::lanes::{BIAS, Lanes, Mask, TWO_52, sealed::Sealed};

/// `N` lanes in an array; every operation is a loop over it, which the compiler may vectorise.
#[derive(Clone, Copy, Debug)]
pub struct Portable<const N: usize>(pub [f64; N]);

/// One lane: the form that defines what every other level must give.
pub type F64x1 = Portable<1>;

/// Truth values for the lanes of a [`Portable`].
#[derive(Clone, Copy, Debug)]
pub struct PortableMask<const N: usize>(pub [bool; N]);

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
