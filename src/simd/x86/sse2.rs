//! Two lanes in an SSE2 register: the x86-64 baseline.

use std::arch::x86_64::*;
use std::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

use super::super::lanes::{BIAS, Lanes, Mask, TWO_52, sealed::Sealed};
use super::super::singles::{
    BITS_OF_ONE, BITS_OF_SQRT_HALF, MANTISSA_BITS, Singles, fraction_of, holds_fours, whole_of,
};
use super::{intrinsic, memory, singles_memory, vector_operators};

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

    type Singles = Sse2Singles;

    #[inline(always)]
    fn widen(singles: Sse2Singles) -> (Self, Self) {
        let upper = intrinsic!(_mm_movehl_ps(singles.0, singles.0));
        (Self(intrinsic!(_mm_cvtps_pd(singles.0))), Self(intrinsic!(_mm_cvtps_pd(upper))))
    }

    #[inline(always)]
    fn narrow(lower: Self, upper: Self) -> Sse2Singles {
        Sse2Singles(intrinsic!(_mm_movelh_ps(_mm_cvtpd_ps(lower.0), _mm_cvtpd_ps(upper.0))))
    }

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
    fn round_to_f32(self) -> Self {
        Self(intrinsic!(_mm_cvtps_pd(_mm_cvtpd_ps(self.0))))
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
    fn four_from_24_bits(bytes: &[u8; 16]) -> [f32; 4] {
        // SSE2 cannot shuffle bytes. Shifted up by k + 1 bytes, number k is where it belongs.
        super::over_full_scale(intrinsic!({
            let packed = super::load_bytes(bytes);
            let (a, b) = (_mm_slli_si128::<1>(packed), _mm_slli_si128::<2>(packed));
            let (c, d) = (_mm_slli_si128::<3>(packed), _mm_slli_si128::<4>(packed));
            let a = _mm_and_si128(a, _mm_setr_epi32(!0xff, 0, 0, 0));
            let b = _mm_and_si128(b, _mm_setr_epi32(0, !0xff, 0, 0));
            let c = _mm_and_si128(c, _mm_setr_epi32(0, 0, !0xff, 0));
            let d = _mm_and_si128(d, _mm_setr_epi32(0, 0, 0, !0xff));
            _mm_or_si128(_mm_or_si128(a, b), _mm_or_si128(c, d))
        }))
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

/// Four f32 values.
#[derive(Clone, Copy)]
pub struct Sse2Singles(__m128);

vector_operators! {
    Sse2Singles:
    Add::add = _mm_add_ps;
    Sub::sub = _mm_sub_ps;
    Mul::mul = _mm_mul_ps;
}

impl Sealed for Sse2Singles {}

impl Singles for Sse2Singles {
    const WIDTH: usize = 4;

    singles_memory! { 4, |p| _mm_loadu_ps(p), |p, v| _mm_storeu_ps(p, v) }

    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self(intrinsic!(_mm_set1_ps(value)))
    }

    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self(intrinsic!(_mm_max_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self(intrinsic!(_mm_min_ps(self.0, other.0)))
    }

    #[inline(always)]
    fn abs(self) -> Self {
        Self(intrinsic!(_mm_andnot_ps(_mm_set1_ps(-0.0), self.0)))
    }

    #[inline(always)]
    fn any_gt(self, other: Self) -> bool {
        intrinsic!(_mm_movemask_ps(_mm_cmpgt_ps(self.0, other.0))) != 0
    }

    #[inline(always)]
    fn max_of_pairs(self, next: Self) -> Self {
        let even = intrinsic!(_mm_shuffle_ps::<0b10_00_10_00>(self.0, next.0));
        let odd = intrinsic!(_mm_shuffle_ps::<0b11_01_11_01>(self.0, next.0));
        Self(even).max(Self(odd))
    }

    #[inline(always)]
    fn doubled(self) -> (Self, Self) {
        let lower = intrinsic!(_mm_unpacklo_ps(self.0, self.0));
        let upper = intrinsic!(_mm_unpackhi_ps(self.0, self.0));
        (Self(lower), Self(upper))
    }

    #[inline(always)]
    fn four_at(data: &[f32], position: u64, step: u64) -> Option<([Self; 4], Self)> {
        if !holds_fours(data, position, step, Self::WIDTH) {
            return None;
        }
        // No overflow: the last one was found to be inside the data.
        let places = [position, position + step, position + 2 * step, position + 3 * step];
        let [p, q, r, s] = places.map(|place| data.as_ptr().wrapping_add(whole_of(place)));
        // SAFETY: `data` holds four values from each place on, and the accesses are unaligned.
        let rows = unsafe { [_mm_loadu_ps(p), _mm_loadu_ps(q), _mm_loadu_ps(r), _mm_loadu_ps(s)] };
        let [x, y, z, w] = places.map(fraction_of);
        let fractions = intrinsic!(_mm_setr_ps(x, y, z, w));
        Some((columns(rows).map(Self), Self(fractions)))
    }

    #[inline(always)]
    fn transpose(from: &[f32], stride: usize, to: &mut [f32]) {
        let row = |row: usize| Self::load(from.get(row * stride..).unwrap_or_default()).0;
        let columns = columns([row(0), row(1), row(2), row(3)]);
        for (column, to) in columns.into_iter().zip(to.chunks_mut(Self::WIDTH)) {
            Self(column).store(to);
        }
    }

    #[inline(always)]
    fn split(self) -> (Self, Self) {
        let (exponent, mantissa) = intrinsic!({
            let bits = _mm_castps_si128(self.0);
            let exponent = _mm_srai_epi32::<{ MANTISSA_BITS }>(_mm_sub_epi32(
                bits,
                _mm_set1_epi32(BITS_OF_SQRT_HALF),
            ));
            let mantissa = _mm_sub_epi32(bits, _mm_slli_epi32::<{ MANTISSA_BITS }>(exponent));
            (_mm_cvtepi32_ps(exponent), _mm_castsi128_ps(mantissa))
        });
        (Self(exponent), Self(mantissa))
    }

    #[inline(always)]
    fn pow2_of_low_bits(self) -> Self {
        Self(intrinsic!({
            let power = _mm_slli_epi32::<{ MANTISSA_BITS }>(_mm_castps_si128(self.0));
            _mm_castsi128_ps(_mm_add_epi32(power, _mm_set1_epi32(BITS_OF_ONE)))
        }))
    }
}

/// The columns of a square.
#[inline(always)]
fn columns([a, b, c, d]: [__m128; 4]) -> [__m128; 4] {
    intrinsic!({
        let (ab, cd) = (_mm_unpacklo_ps(a, b), _mm_unpacklo_ps(c, d));
        let (upper_ab, upper_cd) = (_mm_unpackhi_ps(a, b), _mm_unpackhi_ps(c, d));
        [
            _mm_movelh_ps(ab, cd),
            _mm_movehl_ps(cd, ab),
            _mm_movelh_ps(upper_ab, upper_cd),
            _mm_movehl_ps(upper_cd, upper_ab),
        ]
    })
}
