//! A position or length that says whether it follows the tempo (ticks) or the clock (samples).

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::time::{Samples, Ticks};

/// A position or length in its own timebase: `{"ticks": 15360}` or `{"samples": 48000}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TimeValue {
    /// Follows the tempo map.
    Ticks(Ticks),
    /// Fixed in time, at the session's rate.
    Samples(Samples),
}

impl Default for TimeValue {
    fn default() -> Self {
        Self::Ticks(Ticks::ZERO)
    }
}
