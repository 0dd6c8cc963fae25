//! Tempo and signature changes, markers and arrangement sections.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MarkerId, SectionId, TimeValue};
use crate::time::Ticks;

/// What the tempo does from one point to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TempoShape {
    /// Stays until the next point.
    #[default]
    Step,
    /// Moves to the next point's tempo, linearly in ticks.
    Ramp,
}

/// A tempo change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TempoPoint {
    /// Where.
    pub at: Ticks,
    /// Quarter notes a minute, 5 to 999.
    pub bpm: f64,
    /// How it goes on from here.
    #[serde(default)]
    pub shape: TempoShape,
}

/// A signature change, at the start of a bar.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SignaturePoint {
    /// The bar it starts at, counted from 1.
    pub bar: u32,
    /// Beats a bar, 1 to 64.
    pub numerator: u32,
    /// The note value of a beat: 1, 2, 4, 8, 16, 32 or 64.
    pub denominator: u32,
}

/// A named position.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Marker {
    /// Its id.
    pub id: MarkerId,
    /// Its name for people.
    pub name: String,
    /// Where it is.
    pub at: TimeValue,
}

/// A named span of the arrangement.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Its id.
    pub id: SectionId,
    /// Its name for people.
    pub name: String,
    /// Where it starts.
    pub start: Ticks,
    /// How long it is; more than 0.
    pub length: Ticks,
}
