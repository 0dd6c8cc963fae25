//! The SIMD levels: which there are, which this CPU has, and their names.

use std::fmt;
use std::str::FromStr;

/// A set of CPU features kernels can be compiled for, known to be present on this CPU.
///
/// There is no way to make a value of a level the CPU lacks, which is what lets
/// [`dispatch`](super::dispatch) enter it without asking again. Levels order from narrow to wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SimdLevel(pub(super) Tier);

/// The level itself; private, so that holding a [`SimdLevel`] proves that the CPU was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Tier {
    Scalar,
    #[cfg(not(target_arch = "x86_64"))]
    Portable2,
    #[cfg(target_arch = "x86_64")]
    Sse2,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

/// A name of no SIMD level, or of one that this CPU lacks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("SIMD level '{name}' is unknown or not available on this CPU: use one of {choices}")]
pub struct UnknownSimdLevel {
    /// The name as given.
    pub name: String,
    /// The names that would do, separated by commas.
    pub choices: String,
}

#[cfg(target_arch = "x86_64")]
const TIERS: [Tier; 4] = [Tier::Scalar, Tier::Sse2, Tier::Avx2, Tier::Avx512];
#[cfg(not(target_arch = "x86_64"))]
const TIERS: [Tier; 2] = [Tier::Scalar, Tier::Portable2];

impl Tier {
    /// Whether this CPU (and its operating system) can run the level.
    fn is_available(self) -> bool {
        match self {
            Self::Scalar => true,
            #[cfg(not(target_arch = "x86_64"))]
            Self::Portable2 => true,
            // Part of the x86-64 baseline.
            #[cfg(target_arch = "x86_64")]
            Self::Sse2 => true,
            #[cfg(target_arch = "x86_64")]
            Self::Avx2 => std::arch::is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Self::Avx512 => {
                Self::Avx2.is_available()
                    && std::arch::is_x86_feature_detected!("avx512f")
                    && std::arch::is_x86_feature_detected!("avx512dq")
                    && std::arch::is_x86_feature_detected!("avx512vl")
                    && std::arch::is_x86_feature_detected!("avx512bw")
            }
        }
    }
}

impl SimdLevel {
    /// One lane at a time: there on every machine.
    pub const SCALAR: Self = Self(Tier::Scalar);

    /// The widest level of this CPU. A pure function of the CPU; keep the result.
    #[must_use]
    pub fn detect() -> Self {
        Self::available().last().copied().unwrap_or(Self::SCALAR)
    }

    /// Every level of this CPU, from narrow to wide; never empty.
    #[must_use]
    pub fn available() -> Vec<Self> {
        TIERS.into_iter().filter(|tier| tier.is_available()).map(Self).collect()
    }

    /// Lanes of f64 in the level's widest vector.
    #[must_use]
    pub fn width(self) -> usize {
        match self.0 {
            Tier::Scalar => 1,
            #[cfg(not(target_arch = "x86_64"))]
            Tier::Portable2 => 2,
            #[cfg(target_arch = "x86_64")]
            Tier::Sse2 => 2,
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => 4,
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => 8,
        }
    }

    /// The level's name: `scalar`, `sse2`, `avx2`, `avx512`, or `portable2` off x86-64.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Tier::Scalar => "scalar",
            #[cfg(not(target_arch = "x86_64"))]
            Tier::Portable2 => "portable2",
            #[cfg(target_arch = "x86_64")]
            Tier::Sse2 => "sse2",
            #[cfg(target_arch = "x86_64")]
            Tier::Avx2 => "avx2",
            #[cfg(target_arch = "x86_64")]
            Tier::Avx512 => "avx512",
        }
    }
}

impl fmt::Display for SimdLevel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for SimdLevel {
    type Err = UnknownSimdLevel;

    /// Takes the name of a level that this CPU has.
    fn from_str(name: &str) -> Result<Self, UnknownSimdLevel> {
        let available = Self::available();
        available.iter().copied().find(|level| level.name() == name).ok_or_else(|| {
            let choices: Vec<&str> = available.iter().map(|level| level.name()).collect();
            UnknownSimdLevel { name: name.to_owned(), choices: choices.join(", ") }
        })
    }
}
