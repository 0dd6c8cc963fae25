//! Four lanes in an AVX register, with the integer shifts of AVX2.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::super::lanes::{BIAS, Lanes, Mask, TWO_52, sealed::Sealed};
use super::super::singles::{
    BITS_OF_ONE, BITS_OF_SQRT_HALF, FRACTION, MANTISSA_BITS, Singles, holds_fours, whole_of,
};
use super::{intrinsic, memory, singles_memory, vector_operators};

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

    type Singles = Avx2Singles;

    #[inline(always)]
    fn widen(singles: Avx2Singles) -> (Self, Self) {
        let lower = intrinsic!(_mm256_cvtps_pd(_mm256_castps256_ps128(singles.0)));
        let upper = intrinsic!(_mm256_cvtps_pd(_mm256_extractf128_ps::<1>(singles.0)));
        (Self(lower), Self(upper))
    }

    #[inline(always)]
    fn narrow(lower: Self, upper: Self) -> Avx2Singles {
        let (lower, upper) =
            (intrinsic!(_mm256_cvtpd_ps(lower.0)), intrinsic!(_mm256_cvtpd_ps(upper.0)));
        Avx2Singles(intrinsic!(_mm256_insertf128_ps::<1>(_mm256_castps128_ps256(lower), upper)))
    }

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
    fn round_to_f32(self) -> Self {
        Self(intrinsic!(_mm256_cvtps_pd(_mm256_cvtpd_ps(self.0))))
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
    fn four_from_24_bits(bytes: &[u8; 16]) -> [f32; 4] {
        super::four_from_24_bits(bytes)
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

/// Eight f32 values.
#[derive(Clone, Copy)]
pub struct Avx2Singles(__m256);

vector_operators! {
    Avx2Singles:
    Add::add = _mm256_add_ps;
    Sub::sub = _mm256_sub_ps;
    Mul::mul = _mm256_mul_ps;
}

impl Sealed for Avx2Singles {}

impl Singles for Avx2Singles {
    const WIDTH: usize = 8;

    singles_memory! { 8, |p| _mm256_loadu_ps(p), |p, v| _mm256_storeu_ps(p, v) }

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(intrinsic!(_mm256_set1_ps(value)))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_max_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(intrinsic!(_mm256_min_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(intrinsic!(_mm256_andnot_ps(_mm256_set1_ps(-0.0), self.0)))
    }

    #[inline(always)]
    fn any_gt(self, other: Self) -> bool {
        intrinsic!(_mm256_movemask_ps(_mm256_cmp_ps::<_CMP_GT_OQ>(self.0, other.0))) != 0
    }

    #[inline(always)]
    fn max_of_pairs(self, next: Self) -> Self {
        let even = intrinsic!(_mm256_shuffle_ps::<0b10_00_10_00>(self.0, next.0));
        let odd = intrinsic!(_mm256_shuffle_ps::<0b11_01_11_01>(self.0, next.0));
        // Shuffles stay inside the halves of a register: its quarters are in the order 0 2 1 3.
        let mixed = intrinsic!(_mm256_castps_pd(Self(even).max(Self(odd)).0));
        Self(intrinsic!(_mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(mixed))))
    }

    #[inline(always)]
    fn doubled(self) -> (Self, Self) {
        // Unpacking stays inside the halves of a register: the quarters it takes come first.
        let quarters = intrinsic!(_mm256_castpd_ps(_mm256_permute4x64_pd::<0b11_01_10_00>(
            _mm256_castps_pd(self.0)
        )));
        let lower = intrinsic!(_mm256_unpacklo_ps(quarters, quarters));
        let upper = intrinsic!(_mm256_unpackhi_ps(quarters, quarters));
        (Self(lower), Self(upper))
    }

    #[inline(always)]
    fn four_at(data: &[f32], position: u64, step: u64) -> Option<([Self; 4], Self)> {
        if !holds_fours(data, position, step, Self::WIDTH) {
            return None;
        }
        let mut rows = [intrinsic!(_mm256_setzero_ps()); 4];
        let mut place = position;
        let far = 4 * step;
        for row in &mut rows {
            // No overflow: the last one was found to be inside the data.
            let near = data.as_ptr().wrapping_add(whole_of(place));
            let other = data.as_ptr().wrapping_add(whole_of(place + far));
            // SAFETY: `data` holds four values from each place on, the accesses are unaligned, and
            // the CPU has the features (see `crate::simd`).
            *row = unsafe {
                let near = _mm256_castps128_ps256(_mm_loadu_ps(near));
                _mm256_insertf128_ps::<1>(near, _mm_loadu_ps(other))
            };
            place += step;
        }
        #[allow(clippy::cast_possible_truncation)] // The lower 32 bits are the fraction.
        let (start, step) = ((position as u32).cast_signed(), (step as u32).cast_signed());
        let fractions = intrinsic!({
            let steps = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let way = _mm256_mullo_epi32(_mm256_set1_epi32(step), steps);
            let places = _mm256_add_epi32(_mm256_set1_epi32(start), way);
            let upper = _mm256_cvtepi32_ps(_mm256_srli_epi32::<8>(places));
            _mm256_mul_ps(upper, _mm256_set1_ps(FRACTION))
        });
        Some((columns(rows).map(Self), Self(fractions)))
    }

    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // The lower 32 bits are the fraction.
    fn four_nearby(data: &[f32], position: u64, step: u64) -> Option<([Self; 4], Self)> {
        // All places lie within eight elements, so they are picked from registers.
        let nearby = data.get(whole_of(position)..)?.first_chunk::<11>()?;
        let (start, step) = (i64::from(position as u32), step.cast_signed());
        let (whole, fractions) = intrinsic!({
            let start = _mm256_set1_epi64x(start);
            // In an order that shuffles, which stay inside the halves of a register, put right.
            let lower = _mm256_setr_epi64x(0, step, 4 * step, 5 * step);
            let upper = _mm256_setr_epi64x(2 * step, 3 * step, 6 * step, 7 * step);
            let lower = _mm256_castsi256_ps(_mm256_add_epi64(start, lower));
            let upper = _mm256_castsi256_ps(_mm256_add_epi64(start, upper));
            let whole = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(lower, upper));
            let rest = _mm256_castps_si256(_mm256_shuffle_ps::<0b10_00_10_00>(lower, upper));
            let rest = _mm256_cvtepi32_ps(_mm256_srli_epi32::<8>(rest));
            (whole, _mm256_mul_ps(rest, _mm256_set1_ps(FRACTION)))
        });
        let mut values = [Self::splat(0.0); 4];
        for (first, values) in values.iter_mut().enumerate() {
            let from = Self::load(&nearby[first..]).0;
            *values = Self(intrinsic!(_mm256_permutevar8x32_ps(from, whole)));
        }
        Some((values, Self(fractions)))
    }

    #[inline(always)]
    fn transpose(from: &[f32], stride: usize, to: &mut [f32]) {
        let mut rows = [intrinsic!(_mm256_setzero_ps()); 8];
        for (number, row) in rows.iter_mut().enumerate() {
            *row = Self::load(from.get(number * stride..).unwrap_or_default()).0;
        }
        let [a, b, c, d, e, f, g, h] = rows;
        // The left halves of rows 0 to 3 beside those of 4 to 7, then the right ones.
        let left = columns(intrinsic!([
            _mm256_permute2f128_ps::<0x20>(a, e),
            _mm256_permute2f128_ps::<0x20>(b, f),
            _mm256_permute2f128_ps::<0x20>(c, g),
            _mm256_permute2f128_ps::<0x20>(d, h),
        ]));
        let right = columns(intrinsic!([
            _mm256_permute2f128_ps::<0x31>(a, e),
            _mm256_permute2f128_ps::<0x31>(b, f),
            _mm256_permute2f128_ps::<0x31>(c, g),
            _mm256_permute2f128_ps::<0x31>(d, h),
        ]));
        for (column, to) in left.into_iter().chain(right).zip(to.chunks_mut(Self::WIDTH)) {
            Self(column).store(to);
        }
    }

    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let (exponent, mantissa) = intrinsic!({
            let bits = _mm256_castps_si256(self.0);
            let exponent = _mm256_srai_epi32::<{ MANTISSA_BITS }>(_mm256_sub_epi32(
                bits,
                _mm256_set1_epi32(BITS_OF_SQRT_HALF),
            ));
            let mantissa = _mm256_sub_epi32(bits, _mm256_slli_epi32::<{ MANTISSA_BITS }>(exponent));
            (_mm256_cvtepi32_ps(exponent), _mm256_castsi256_ps(mantissa))
        });
        (Self(exponent), Self(mantissa))
    }

    #[inline(always)]
    fn pow2_of_low_bits(self) -> Self {
        Self(intrinsic!({
            let power = _mm256_slli_epi32::<{ MANTISSA_BITS }>(_mm256_castps_si256(self.0));
            _mm256_castsi256_ps(_mm256_add_epi32(power, _mm256_set1_epi32(BITS_OF_ONE)))
        }))
    }
}

/// The columns of two squares of four that lie side by side, one to each half of a register.
#[inline(always)]
fn columns([a, b, c, d]: [__m256; 4]) -> [__m256; 4] {
    intrinsic!({
        let (ab, cd) = (_mm256_unpacklo_ps(a, b), _mm256_unpacklo_ps(c, d));
        let (upper_ab, upper_cd) = (_mm256_unpackhi_ps(a, b), _mm256_unpackhi_ps(c, d));
        [
            _mm256_shuffle_ps::<0b01_00_01_00>(ab, cd),
            _mm256_shuffle_ps::<0b11_10_11_10>(ab, cd),
            _mm256_shuffle_ps::<0b01_00_01_00>(upper_ab, upper_cd),
            _mm256_shuffle_ps::<0b11_10_11_10>(upper_ab, upper_cd),
        ]
    })
}
