//! Eight lanes in an AVX-512 register (F and DQ).

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::super::lanes::{BIAS, Lanes, Mask, TWO_52, sealed::Sealed};
use super::super::singles::{BITS_OF_ONE, BITS_OF_SQRT_HALF, MANTISSA_BITS, Singles};
use super::{intrinsic, memory, singles_memory, vector_operators};

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

    type Singles = Avx512Singles;

    #[inline(always)]
    fn widen(singles: Avx512Singles) -> (Self, Self) {
        let lower = intrinsic!(_mm512_cvtps_pd(_mm512_castps512_ps256(singles.0)));
        let upper = intrinsic!(_mm512_cvtps_pd(_mm512_extractf32x8_ps::<1>(singles.0)));
        (Self(lower), Self(upper))
    }

    #[inline(always)]
    fn narrow(lower: Self, upper: Self) -> Avx512Singles {
        let (lower, upper) =
            (intrinsic!(_mm512_cvtpd_ps(lower.0)), intrinsic!(_mm512_cvtpd_ps(upper.0)));
        Avx512Singles(intrinsic!(_mm512_insertf32x8::<1>(_mm512_castps256_ps512(lower), upper)))
    }

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
    fn round_to_f32(self) -> Self {
        Self(intrinsic!(_mm512_cvtps_pd(_mm512_cvtpd_ps(self.0))))
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
    fn four_from_24_bits(bytes: &[u8; 16]) -> [f32; 4] {
        super::four_from_24_bits(bytes)
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

/// Sixteen f32 values.
#[derive(Clone, Copy)]
pub struct Avx512Singles(__m512);

vector_operators! {
    Avx512Singles:
    Add::add = _mm512_add_ps;
    Sub::sub = _mm512_sub_ps;
    Mul::mul = _mm512_mul_ps;
}

impl Sealed for Avx512Singles {}

impl Singles for Avx512Singles {
    const WIDTH: usize = 16;

    singles_memory! { 16, |p| _mm512_loadu_ps(p), |p, v| _mm512_storeu_ps(p, v) }

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(intrinsic!(_mm512_set1_ps(value)))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_max_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(intrinsic!(_mm512_min_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(intrinsic!(_mm512_andnot_ps(_mm512_set1_ps(-0.0), self.0)))
    }

    #[inline(always)]
    fn any_gt(self, other: Self) -> bool {
        intrinsic!(_mm512_cmp_ps_mask::<_CMP_GT_OQ>(self.0, other.0)) != 0
    }

    #[inline(always)]
    fn max_of_pairs(self, next: Self) -> Self {
        let even = intrinsic!({
            let even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
            _mm512_permutex2var_ps(self.0, even, next.0)
        });
        let odd = intrinsic!({
            let odd = _mm512_setr_epi32(1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31);
            _mm512_permutex2var_ps(self.0, odd, next.0)
        });
        Self(even).max(Self(odd))
    }

    #[inline(always)]
    fn doubled(self) -> (Self, Self) {
        let lower = intrinsic!({
            let twice = _mm512_setr_epi32(0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7);
            _mm512_permutexvar_ps(twice, self.0)
        });
        let upper = intrinsic!({
            let twice =
                _mm512_setr_epi32(8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13, 14, 14, 15, 15);
            _mm512_permutexvar_ps(twice, self.0)
        });
        (Self(lower), Self(upper))
    }

    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let (exponent, mantissa) = intrinsic!({
            let bits = _mm512_castps_si512(self.0);
            let exponent = _mm512_srai_epi32::<{ MANTISSA_BITS as u32 }>(_mm512_sub_epi32(
                bits,
                _mm512_set1_epi32(BITS_OF_SQRT_HALF),
            ));
            let mantissa =
                _mm512_sub_epi32(bits, _mm512_slli_epi32::<{ MANTISSA_BITS as u32 }>(exponent));
            (_mm512_cvtepi32_ps(exponent), _mm512_castsi512_ps(mantissa))
        });
        (Self(exponent), Self(mantissa))
    }

    #[inline(always)]
    fn pow2_of_low_bits(self) -> Self {
        Self(intrinsic!({
            let power = _mm512_slli_epi32::<{ MANTISSA_BITS as u32 }>(_mm512_castps_si512(self.0));
            _mm512_castsi512_ps(_mm512_add_epi32(power, _mm512_set1_epi32(BITS_OF_ONE)))
        }))
    }
}
