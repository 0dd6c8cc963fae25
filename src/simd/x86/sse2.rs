//! Two lanes in an SSE2 register: the x86-64 baseline.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::super::lanes::{BIAS, Lanes, Mask, TWO_52, sealed::Sealed};
use super::{intrinsic, memory, vector_operators};

/// Two f64 lanes.
#[derive(Clone, Copy)]
pub struct Sse2(__m128d);

/// All bits set in the lanes that are true.
#[derive(Clone, Copy)]
pub struct Sse2Mask(__m128d);

vector_operators! {
    Sse2:
    Add::add = _mm_add_pd;
    Sub::sub = _mm_sub_pd;
    Mul::mul = _mm_mul_pd;
    Div::div = _mm_div_pd;
}

vector_operators! {
    Sse2Mask:
    BitAnd::bitand = _mm_and_pd;
    BitOr::bitor = _mm_or_pd;
}

impl Neg for Sse2 {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self(intrinsic!(_mm_xor_pd(self.0, _mm_set1_pd(-0.0))))
    }
}

impl Not for Sse2Mask {
    type Output = Self;

    #[inline(always)]
    fn not(self) -> Self {
        Self(intrinsic!(_mm_andnot_pd(self.0, _mm_castsi128_pd(_mm_set1_epi64x(-1)))))
    }
}

impl Sealed for Sse2Mask {}

impl Mask for Sse2Mask {
    #[inline(always)]
    fn any(self) -> bool {
        intrinsic!(_mm_movemask_pd(self.0)) != 0
    }
}

impl Sealed for Sse2 {}

impl Lanes for Sse2 {
    const WIDTH: usize = 2;

    type Mask = Sse2Mask;

    memory! {
        2,
        load_f64: |p| _mm_loadu_pd(p),
        store_f64: |p, v| _mm_storeu_pd(p, v),
        load_f32: |p| _mm_cvtps_pd(_mm_castsi128_ps(_mm_loadl_epi64(p.cast()))),
        store_f32: |p, v| _mm_storel_epi64(p.cast(), _mm_castps_si128(_mm_cvtpd_ps(v)))
    }

    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self(intrinsic!(_mm_set1_pd(value)))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(intrinsic!(_mm_sqrt_pd(self.0)))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(intrinsic!(_mm_max_pd(self.0, other.0)))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(intrinsic!(_mm_min_pd(self.0, other.0)))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(intrinsic!(_mm_andnot_pd(_mm_set1_pd(-0.0), self.0)))
    }

    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        let bit = intrinsic!(_mm_and_pd(_mm_set1_pd(-0.0), sign.0));
        Self(intrinsic!(_mm_or_pd(self.abs().0, bit)))
    }

    #[inline(always)]
    fn gt(self, other: Self) -> Sse2Mask {
        Sse2Mask(intrinsic!(_mm_cmpgt_pd(self.0, other.0)))
    }

    #[inline(always)]
    fn ge(self, other: Self) -> Sse2Mask {
        Sse2Mask(intrinsic!(_mm_cmpge_pd(self.0, other.0)))
    }

    #[inline(always)]
    fn select(mask: Sse2Mask, yes: Self, no: Self) -> Self {
        // SSE2 has no blend.
        Self(intrinsic!(_mm_or_pd(_mm_and_pd(mask.0, yes.0), _mm_andnot_pd(mask.0, no.0))))
    }

    #[inline(always)]
    fn swap_pairs(self) -> Self {
        Self(intrinsic!(_mm_shuffle_pd::<0b01>(self.0, self.0)))
    }

    #[inline(always)]
    fn exponent_and_mantissa(self) -> (Self, Self) {
        let exponent = intrinsic!({
            let biased = _mm_srli_epi64::<52>(_mm_castpd_si128(self.abs().0));
            _mm_or_pd(_mm_castsi128_pd(biased), _mm_set1_pd(TWO_52))
        });
        let mantissa = intrinsic!({
            let bits = _mm_and_si128(_mm_castpd_si128(self.0), _mm_set1_epi64x((1 << 52) - 1));
            _mm_or_pd(_mm_castsi128_pd(bits), _mm_set1_pd(1.0))
        });
        (Self(exponent) - Self::splat(TWO_52 + BIAS), Self(mantissa))
    }

    #[inline(always)]
    fn pow2i(self) -> Self {
        let biased = self + Self::splat(TWO_52 + BIAS);
        Self(intrinsic!(_mm_castsi128_pd(_mm_slli_epi64::<52>(_mm_castpd_si128(biased.0)))))
    }
}
