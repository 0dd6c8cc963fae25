//! Run-time dispatch over SIMD levels: the one audited module with unsafe code.
//!
//! A kernel is written once, generic over [`Lanes`], and run with [`dispatch`]. Each level does
//! the same element-wise IEEE 754 operations in the same order and never fuses a multiplication
//! with an addition, so the level, the width and the CPU change the speed and not one bit. (The
//! bits *inside* a NaN are the exception, as everywhere: x86 and the compiler do not agree on
//! them, so signals turn non-finite values into 0 before they are hashed.)
//!
//! # Why this is sound
//!
//! The operations of a vector type may only run on a CPU that has them. Three privacy rules make
//! the rest of the crate unable to break that:
//!
//! 1. A [`SimdLevel`] can only be had from [`SimdLevel::SCALAR`] or after asking the CPU
//!    ([`SimdLevel::detect`], [`SimdLevel::available`], parsing); its field is private.
//! 2. The vector types are private to this module, so nobody can name `Avx2` and call it. They
//!    reach a kernel only as the type parameter that [`dispatch`] chooses for a level.
//! 3. [`Lanes`] and [`Mask`] are sealed: no foreign type can pretend to be a vector.
//!
//! What remains unsafe are the intrinsics and the calls into `#[target_feature]` wrappers; each
//! such block says which rule it relies on. Loads and stores take slices and check lengths.
//!
//! # Writing a kernel
//!
//! Mark `run` and every generic helper `#[inline(always)]`: only then the body is compiled inside
//! the wrapper, with its features. Plain `f32` loops in a kernel need no lanes; they are
//! auto-vectorised there. Keep recurrent state in local variables of type `L`.
//!
//! ```
//! use wavemill_core::simd::{Kernel, Lanes, SimdLevel, dispatch};
//!
//! struct Gain<'a> {
//!     gain: f64,
//!     samples: &'a mut [f32],
//! }
//!
//! impl Kernel for Gain<'_> {
//!     type Output = ();
//!
//!     #[inline(always)]
//!     fn run<L: Lanes>(self) {
//!         let gain = L::splat(self.gain);
//!         for chunk in self.samples.chunks_mut(L::WIDTH) {
//!             (L::load_f32(chunk) * gain).store_f32(chunk);
//!         }
//!     }
//! }
//!
//! let mut samples = [1.0_f32, 2.0, 3.0];
//! dispatch(SimdLevel::detect(), usize::MAX, Gain { gain: 0.5, samples: &mut samples });
//! assert_eq!(samples, [0.5, 1.0, 1.5]);
//! ```
#![allow(unsafe_code)]

mod column;
mod dispatch;
mod lanes;
mod level;
mod portable;
mod prefetch;
mod singles;
#[cfg(target_arch = "x86_64")]
mod x86;

#[cfg(test)]
mod tests;

pub use column::Column;
pub use dispatch::{Kernel, dispatch};
pub use lanes::{Lanes, MAX_WIDTH, Mask};
pub use level::{SimdLevel, UnknownSimdLevel};
pub use portable::{F64x1, Portable, PortableMask, PortableSingles};
pub use prefetch::prefetch;
pub use singles::{Singles, fraction_of, whole_of};
