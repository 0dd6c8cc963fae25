//! Four lanes in an AVX register, with the integer shifts of AVX2.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::super::lanes::{BIAS, Lanes, Mask, TWO_52, sealed::Sealed};
use super::{intrinsic, memory, vector_operators};

/// Four f64 lanes.
#[derive(Clone, Copy)]
pub struct Avx2(__m256d);

/// All bits set in the lanes that are true.
#[derive(Clone, Copy)]
pub struct Avx2Mask(__m256d);

vector_operators! {
    Avx2:
    Add::add = _mm256_add_pd;
    Sub::sub = _mm256_sub_pd;
    Mul::mul = _mm256_mul_pd;
    Div::div = _mm256_div_pd;
}

vector_operators! {
    Avx2Mask:
    BitAnd::bitand = _mm256_and_pd;
    BitOr::bitor = _mm256_or_pd;
}

impl Neg for Avx2 {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self(intrinsic!(_mm256_xor_pd(self.0, _mm256_set1_pd(-0.0))))
    }
}

impl Not for Avx2Mask {
    type Output = Self;

    #[inline(always)]
    fn not(self) -> Self {
        Self(intrinsic!(_mm256_andnot_pd(self.0, _mm256_castsi256_pd(_mm256_set1_epi64x(-1)))))
    }
}

impl Sealed for Avx2Mask {}

impl Mask for Avx2Mask {
    #[inline(always)]
    fn any(self) -> bool {
        intrinsic!(_mm256_movemask_pd(self.0)) != 0
    }
}

impl Sealed for Avx2 {}

impl Lanes for Avx2 {
    const WIDTH: usize = 4;

    type Mask = Avx2Mask;

    memory! {
        4,
        load_f64: |p| _mm256_loadu_pd(p),
        store_f64: |p, v| _mm256_storeu_pd(p, v),
        load_f32: |p| _mm256_cvtps_pd(_mm_loadu_ps(p)),
        store_f32: |p, v| _mm_storeu_ps(p, _mm256_cvtpd_ps(v))
    }

    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self(intrinsic!(_mm256_set1_pd(value)))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(intrinsic!(_mm256_sqrt_pd(self.0)))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_max_pd(self.0, other.0)))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_min_pd(self.0, other.0)))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(intrinsic!(_mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0)))
    }

    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        let bit = intrinsic!(_mm256_and_pd(_mm256_set1_pd(-0.0), sign.0));
        Self(intrinsic!(_mm256_or_pd(self.abs().0, bit)))
    }

    #[inline(always)]
    fn gt(self, other: Self) -> Avx2Mask {
        Avx2Mask(intrinsic!(_mm256_cmp_pd::<_CMP_GT_OQ>(self.0, other.0)))
    }

    #[inline(always)]
    fn ge(self, other: Self) -> Avx2Mask {
        Avx2Mask(intrinsic!(_mm256_cmp_pd::<_CMP_GE_OQ>(self.0, other.0)))
    }

    #[inline(always)]
    fn select(mask: Avx2Mask, yes: Self, no: Self) -> Self {
        Self(intrinsic!(_mm256_blendv_pd(no.0, yes.0, mask.0)))
    }

    #[inline(always)]
    fn swap_pairs(self) -> Self {
        Self(intrinsic!(_mm256_permute_pd::<0b0101>(self.0)))
    }

    #[inline(always)]
    fn fold_pairs_of_exact(self, to: &mut [f64]) {
        super::fold_four(self.0, to);
    }

    #[inline(always)]
    fn exponent_and_mantissa(self) -> (Self, Self) {
        let exponent = intrinsic!({
            let biased = _mm256_srli_epi64::<52>(_mm256_castpd_si256(self.abs().0));
            _mm256_or_pd(_mm256_castsi256_pd(biased), _mm256_set1_pd(TWO_52))
        });
        let mantissa = intrinsic!({
            let low = _mm256_set1_epi64x((1 << 52) - 1);
            let bits = _mm256_and_si256(_mm256_castpd_si256(self.0), low);
            _mm256_or_pd(_mm256_castsi256_pd(bits), _mm256_set1_pd(1.0))
        });
        (Self(exponent) - Self::splat(TWO_52 + BIAS), Self(mantissa))
    }

    #[inline(always)]
    fn pow2i(self) -> Self {
        let biased = self + Self::splat(TWO_52 + BIAS);
        Self(intrinsic!(_mm256_castsi256_pd(_mm256_slli_epi64::<52>(_mm256_castpd_si256(
            biased.0
        )))))
    }
}
