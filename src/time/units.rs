//! Units of time as types: samples, ticks and the sample rate are never bare numbers.

use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Ticks in a quarter note.
///
/// 15,360 = 2^10 * 15, so the usual resolutions of standard MIDI files (24, 48, 96, 120, 192,
/// 240, 384, 480, 960, 1,024, 1,920, 3,840, 7,680, 15,360) divide it.
pub const TICKS_PER_QUARTER: i64 = 15_360;

macro_rules! unit {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize,
            Deserialize, JsonSchema,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// The origin of the timeline, or a length of nothing.
            pub const ZERO: Self = Self(0);
        }

        impl Add for $name {
            type Output = Self;
            fn add(self, other: Self) -> Self {
                Self(self.0 + other.0)
            }
        }

        impl Sub for $name {
            type Output = Self;
            fn sub(self, other: Self) -> Self {
                Self(self.0 - other.0)
            }
        }

        impl Neg for $name {
            type Output = Self;
            fn neg(self) -> Self {
                Self(-self.0)
            }
        }

        impl AddAssign for $name {
            fn add_assign(&mut self, other: Self) {
                self.0 += other.0;
            }
        }

        impl SubAssign for $name {
            fn sub_assign(&mut self, other: Self) {
                self.0 -= other.0;
            }
        }
    };
}

unit! {
    /// A position or length in samples (frames) at the session's rate; positions may be negative
    /// where node time lies before the timeline's start.
    Samples
}

unit! {
    /// A position or length in ticks, 15,360 to the quarter note.
    Ticks
}

/// A number of frames in memory as a length on the timeline.
pub fn frame_count(frames: usize) -> i64 {
    // No buffer has 2^63 frames.
    i64::try_from(frames).unwrap_or(i64::MAX)
}

/// A sample rate in hertz, 8,000 to 384,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct SampleRate(u32);

/// A sample rate outside the range the engine runs at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "sample rate {0} Hz is outside 8000 to 384000 Hz: choose for example 44100, 48000 or 96000"
)]
pub struct SampleRateError(pub u32);

impl SampleRate {
    /// The lowest rate.
    pub const MIN_HZ: u32 = 8_000;
    /// The highest rate.
    pub const MAX_HZ: u32 = 384_000;

    /// A rate of `hz` hertz; refused outside [`Self::MIN_HZ`] to [`Self::MAX_HZ`].
    pub const fn new(hz: u32) -> Result<Self, SampleRateError> {
        if hz < Self::MIN_HZ || hz > Self::MAX_HZ {
            return Err(SampleRateError(hz));
        }
        Ok(Self(hz))
    }

    /// The rate in hertz.
    pub const fn hz(self) -> u32 {
        self.0
    }

    /// The rate in hertz, as f64.
    pub fn hz_f64(self) -> f64 {
        f64::from(self.0)
    }
}

impl<'de> Deserialize<'de> for SampleRate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(u32::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
