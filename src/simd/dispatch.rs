//! Running a kernel at a level: the choice of the vector type and the calls into its features.

use super::lanes::Lanes;
use super::level::{SimdLevel, Tier};
use super::portable::F64x1;
#[cfg(not(target_arch = "x86_64"))]
use super::portable::Portable;
#[cfg(target_arch = "x86_64")]
use super::x86::{Avx2, Avx512, Sse2};

/// A computation written once for every vector type.
pub trait Kernel {
    /// What the computation gives back.
    type Output;

    /// Does the work. Mark it `#[inline(always)]`, or it is not compiled for the level.
    fn run<L: Lanes>(self) -> Self::Output;
}

/// Runs a kernel with the widest vector of the level that has at most `max_width` lanes (and at
/// least one).
///
/// Each vector type is compiled once, with the features it needs and no more: a narrow kernel runs
/// the same code at every level that is wider, which keeps the program small and changes no bit.
/// Costs a jump and hinders inlining: call it once a block, not once a sample.
#[inline]
pub fn dispatch<K: Kernel>(level: SimdLevel, max_width: usize, kernel: K) -> K::Output {
    match level.0 {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a `SimdLevel` of this tier exists only where the CPU was found to have AVX-512
        // F, DQ, VL and BW.
        Tier::Avx512 if max_width >= Avx512::WIDTH => unsafe { run_avx512(kernel) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: a `SimdLevel` of these tiers exists only where the CPU was found to have AVX2;
        // the AVX-512 tier asks for it too.
        Tier::Avx2 | Tier::Avx512 if max_width >= Avx2::WIDTH => unsafe { run_avx2(kernel) },
        #[cfg(target_arch = "x86_64")]
        Tier::Sse2 | Tier::Avx2 | Tier::Avx512 if max_width >= Sse2::WIDTH => {
            run::<K, Sse2>(kernel)
        }
        #[cfg(not(target_arch = "x86_64"))]
        Tier::Portable2 if max_width >= 2 => run::<K, Portable<2>>(kernel),
        _ => run::<K, F64x1>(kernel),
    }
}

/// The kernel for a vector type that needs no feature. Not inlined, so that the caller has nothing
/// of the levels it does not run.
#[inline(never)]
fn run<K: Kernel, L: Lanes>(kernel: K) -> K::Output {
    kernel.run::<L>()
}

/// The kernel compiled with AVX2.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_avx2<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx2>()
}

/// The kernel compiled with AVX-512.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512dq,avx512vl,avx512bw")]
fn run_avx512<K: Kernel>(kernel: K) -> K::Output {
    kernel.run::<Avx512>()
}
