//! Eight lanes in an AVX-512 register (F and DQ).

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::super::lanes::{BIAS, Lanes, Mask, TWO_52, sealed::Sealed};
use super::{intrinsic, memory, vector_operators};

/// Eight f64 lanes.
#[derive(Clone, Copy)]
pub struct Avx512(__m512d);

/// One bit for each lane.
#[derive(Clone, Copy)]
pub struct Avx512Mask(__mmask8);

vector_operators! {
    Avx512:
    Add::add = _mm512_add_pd;
    Sub::sub = _mm512_sub_pd;
    Mul::mul = _mm512_mul_pd;
    Div::div = _mm512_div_pd;
}

impl BitAnd for Avx512Mask {
    type Output = Self;

    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }
}

impl BitOr for Avx512Mask {
    type Output = Self;

    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl Not for Avx512Mask {
    type Output = Self;

    #[inline(always)]
    fn not(self) -> Self {
        Self(!self.0)
    }
}

impl Sealed for Avx512Mask {}

impl Mask for Avx512Mask {
    #[inline(always)]
    fn any(self) -> bool {
        self.0 != 0
    }
}

impl Neg for Avx512 {
    type Output = Self;

    #[inline(always)]
    fn neg(self) -> Self {
        Self(intrinsic!(_mm512_xor_pd(self.0, _mm512_set1_pd(-0.0))))
    }
}

impl Sealed for Avx512 {}

impl Lanes for Avx512 {
    const WIDTH: usize = 8;

    type Mask = Avx512Mask;

    memory! {
        8,
        load_f64: |p| _mm512_loadu_pd(p),
        store_f64: |p, v| _mm512_storeu_pd(p, v),
        load_f32: |p| _mm512_cvtps_pd(_mm256_loadu_ps(p)),
        store_f32: |p, v| _mm256_storeu_ps(p, _mm512_cvtpd_ps(v))
    }

    #[inline(always)]
    fn splat(value: f64) -> Self {
        Self(intrinsic!(_mm512_set1_pd(value)))
    }

    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(intrinsic!(_mm512_sqrt_pd(self.0)))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_max_pd(self.0, other.0)))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_min_pd(self.0, other.0)))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(intrinsic!(_mm512_andnot_pd(_mm512_set1_pd(-0.0), self.0)))
    }

    #[inline(always)]
    fn copysign(self, sign: Self) -> Self {
        let bit = intrinsic!(_mm512_and_pd(_mm512_set1_pd(-0.0), sign.0));
        Self(intrinsic!(_mm512_or_pd(self.abs().0, bit)))
    }

    #[inline(always)]
    fn gt(self, other: Self) -> Avx512Mask {
        Avx512Mask(intrinsic!(_mm512_cmp_pd_mask::<_CMP_GT_OQ>(self.0, other.0)))
    }

    #[inline(always)]
    fn ge(self, other: Self) -> Avx512Mask {
        Avx512Mask(intrinsic!(_mm512_cmp_pd_mask::<_CMP_GE_OQ>(self.0, other.0)))
    }

    #[inline(always)]
    fn select(mask: Avx512Mask, yes: Self, no: Self) -> Self {
        Self(intrinsic!(_mm512_mask_blend_pd(mask.0, no.0, yes.0)))
    }

    #[inline(always)]
    fn swap_pairs(self) -> Self {
        Self(intrinsic!(_mm512_permute_pd::<0b0101_0101>(self.0)))
    }

    #[inline(always)]
    fn fold_pairs_of_exact(self, to: &mut [f64]) {
        let half = intrinsic!({
            let high = _mm512_extractf64x4_pd::<1>(self.0);
            _mm256_add_pd(_mm512_castpd512_pd256(self.0), high)
        });
        super::fold_four(half, to);
    }

    #[inline(always)]
    fn exponent_and_mantissa(self) -> (Self, Self) {
        let exponent = intrinsic!({
            let biased = _mm512_srli_epi64::<52>(_mm512_castpd_si512(self.abs().0));
            _mm512_or_pd(_mm512_castsi512_pd(biased), _mm512_set1_pd(TWO_52))
        });
        let mantissa = intrinsic!({
            let low = _mm512_set1_epi64((1 << 52) - 1);
            let bits = _mm512_and_si512(_mm512_castpd_si512(self.0), low);
            _mm512_or_pd(_mm512_castsi512_pd(bits), _mm512_set1_pd(1.0))
        });
        (Self(exponent) - Self::splat(TWO_52 + BIAS), Self(mantissa))
    }

    #[inline(always)]
    fn pow2i(self) -> Self {
        let biased = self + Self::splat(TWO_52 + BIAS);
        Self(intrinsic!(_mm512_castsi512_pd(_mm512_slli_epi64::<52>(_mm512_castpd_si512(
            biased.0
        )))))
    }
}
