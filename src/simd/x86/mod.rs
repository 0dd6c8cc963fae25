//! The vector types of x86-64 and what they share.
//!
//! Each type is a newtype over the register. They are private to [`crate::simd`], and a value or a
//! method of one is reached only from a kernel that `dispatch` runs on a CPU that has the
//! features: that is the contract which the `intrinsic!` blocks below rely on.

mod avx2;
mod avx512;
mod sse2;

use std::arch::x86_64::{
    __m128i, __m256d, _mm_add_pd, _mm_cvtepi32_ps, _mm_loadu_si128, _mm_mul_ps, _mm_set1_ps,
    _mm_setr_epi8, _mm_shuffle_epi8, _mm_storeu_pd, _mm_storeu_ps, _mm256_castpd256_pd128,
    _mm256_extractf128_pd,
};

use super::lanes::SCALE_32_BITS;
pub(super) use avx2::Avx2;
pub(super) use avx512::Avx512;
pub(super) use sse2::Sse2;

/// Calls an intrinsic that takes and gives registers only.
macro_rules! intrinsic {
    ($call:expr) => {{
        // SAFETY: it touches no memory, so the CPU's features are all it needs; this type is
        // private to the module and only used on a CPU that has them (see `crate::simd`).
        #[allow(unused_unsafe)]
        unsafe {
            $call
        }
    }};
}
pub(super) use intrinsic;

/// Implements the arithmetic operators by intrinsics.
macro_rules! vector_operators {
    ($type:ident: $($operator:ident :: $method:ident = $intrinsic:ident;)*) => {$(
        impl $operator for $type {
            type Output = Self;

            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Self(intrinsic!($intrinsic(self.0, other.0)))
            }
        }
    )*};
}
pub(super) use vector_operators;

/// Loads and stores by slices: one unaligned access where the slice is long enough, lane by lane
/// where it is not. Expects the closed forms as macros' arguments, each over a pointer to
/// `$width` elements.
macro_rules! memory {
    ($width:expr,
     load_f64: |$p:ident| $load64:expr, store_f64: |$q:ident, $v:ident| $store64:expr,
     load_f32: |$r:ident| $load32:expr, store_f32: |$s:ident, $w:ident| $store32:expr) => {
        #[inline(always)]
        fn load_f64(from: &[f64]) -> Self {
            let part;
            let whole = match from.first_chunk::<{ $width }>() {
                Some(whole) => whole,
                None => {
                    part = super::padded(from, 0.0);
                    &part
                }
            };
            let $p = whole.as_ptr();
            // SAFETY: `whole` is an array of the vector's width, the access is unaligned, and the
            // CPU has the features (see `crate::simd`).
            Self(unsafe { $load64 })
        }

        #[inline(always)]
        fn store_f64(self, to: &mut [f64]) {
            let mut part = [0.0_f64; $width];
            let (whole, short) = match to.first_chunk_mut::<{ $width }>() {
                Some(whole) => (whole, false),
                None => (&mut part, true),
            };
            let $q = whole.as_mut_ptr();
            let $v = self.0;
            // SAFETY: `whole` is an array of the vector's width, the access is unaligned, and the
            // CPU has the features (see `crate::simd`).
            unsafe { $store64 };
            if short {
                super::copy_front(&part, to);
            }
        }

        #[inline(always)]
        fn load_f32(from: &[f32]) -> Self {
            let part;
            let whole = match from.first_chunk::<{ $width }>() {
                Some(whole) => whole,
                None => {
                    part = super::padded(from, 0.0);
                    &part
                }
            };
            let $r = whole.as_ptr();
            // SAFETY: `whole` is an array of the vector's width, the access is unaligned, and the
            // CPU has the features (see `crate::simd`).
            Self(unsafe { $load32 })
        }

        #[inline(always)]
        fn store_f32(self, to: &mut [f32]) {
            let mut part = [0.0_f32; $width];
            let (whole, short) = match to.first_chunk_mut::<{ $width }>() {
                Some(whole) => (whole, false),
                None => (&mut part, true),
            };
            let $s = whole.as_mut_ptr();
            let $w = self.0;
            // SAFETY: `whole` is an array of the vector's width, the access is unaligned, and the
            // CPU has the features (see `crate::simd`).
            unsafe { $store32 };
            if short {
                super::copy_front(&part, to);
            }
        }
    };
}
pub(super) use memory;

/// The same for vectors of f32.
macro_rules! singles_memory {
    ($width:expr, |$p:ident| $load:expr, |$q:ident, $v:ident| $store:expr) => {
        #[inline(always)]
        fn load(from: &[f32]) -> Self {
            let part;
            let whole = match from.first_chunk::<{ $width }>() {
                Some(whole) => whole,
                None => {
                    part = super::padded(from, 0.0);
                    &part
                }
            };
            let $p = whole.as_ptr();
            // SAFETY: `whole` is an array of the vector's width, the access is unaligned, and the
            // CPU has the features (see `crate::simd`).
            Self(unsafe { $load })
        }

        #[inline(always)]
        fn store(self, to: &mut [f32]) {
            let mut part = [0.0_f32; $width];
            let (whole, short) = match to.first_chunk_mut::<{ $width }>() {
                Some(whole) => (whole, false),
                None => (&mut part, true),
            };
            let $q = whole.as_mut_ptr();
            let $v = self.0;
            // SAFETY: `whole` is an array of the vector's width, the access is unaligned, and the
            // CPU has the features (see `crate::simd`).
            unsafe { $store };
            if short {
                super::copy_front(&part, to);
            }
        }
    };
}
pub(super) use singles_memory;

/// Writes the sum of the even lanes to `to[0]` and that of the odd ones to `to[1]`, where there is
/// room: [`super::lanes::Lanes::fold_pairs_of_exact`] without a way through memory.
#[inline(always)]
fn fold_four(lanes: __m256d, to: &mut [f64]) {
    let pair = intrinsic!({
        _mm_add_pd(_mm256_castpd256_pd128(lanes), _mm256_extractf128_pd::<1>(lanes))
    });
    if let Some(to) = to.first_chunk_mut::<2>() {
        // SAFETY: `to` is an array of two, the access is unaligned, and storing two lanes is part
        // of the x86-64 baseline.
        unsafe { _mm_storeu_pd(to.as_mut_ptr(), pair) };
    }
}

/// Sixteen bytes in a register.
#[inline(always)]
fn load_bytes(bytes: &[u8; 16]) -> __m128i {
    // SAFETY: `bytes` is an array of sixteen, the access is unaligned, and loading a register is
    // part of the x86-64 baseline.
    unsafe { _mm_loadu_si128(bytes.as_ptr().cast()) }
}

/// Four 32-bit integers over full scale.
#[inline(always)]
fn over_full_scale(words: __m128i) -> [f32; 4] {
    let scaled = intrinsic!(_mm_mul_ps(_mm_cvtepi32_ps(words), _mm_set1_ps(SCALE_32_BITS)));
    let mut out = [0.0; 4];
    // SAFETY: `out` is an array of four, the access is unaligned, and storing a register is part of
    // the x86-64 baseline.
    unsafe { _mm_storeu_ps(out.as_mut_ptr(), scaled) };
    out
}

/// [`super::lanes::Lanes::four_from_24_bits`] by one shuffle, where the CPU has AVX2.
#[inline(always)]
fn four_from_24_bits(bytes: &[u8; 16]) -> [f32; 4] {
    over_full_scale(intrinsic!({
        // -1 makes a byte 0; the others go to the upper bytes of their words.
        let places = _mm_setr_epi8(-1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11);
        _mm_shuffle_epi8(load_bytes(bytes), places)
    }))
}

/// The slice followed by `rest`: the lanes of a load at the end of a slice.
#[cold]
#[inline(never)]
fn padded<T: Copy, const N: usize>(from: &[T], rest: T) -> [T; N] {
    let mut out = [rest; N];
    for (lane, &value) in out.iter_mut().zip(from) {
        *lane = value;
    }
    out
}

/// As many lanes as the slice has room for: a store at the end of a slice.
#[cold]
#[inline(never)]
fn copy_front<T: Copy>(lanes: &[T], to: &mut [T]) {
    for (value, &lane) in to.iter_mut().zip(lanes) {
        *value = lane;
    }
}
