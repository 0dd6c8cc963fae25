//! Automation lanes: the course of a parameter over time.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clip::is_zero;
use super::{IdError, InsertId, LaneId, SendId, TimeValue};

/// The course of one parameter over time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomationLane {
    /// Its id.
    pub id: LaneId,
    /// The parameter.
    pub target: AutomationTarget,
    /// How it plays and records.
    #[serde(default)]
    pub mode: AutomationMode,
    /// Points in order of position; before the first its value holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<AutomationPoint>,
}

/// What a lane drives, as text: `volume`, `pan`, `mute`, `inserts/ID/PARAMETER`,
/// `sends/ID/level`, `sends/ID/pan`, `sends/ID/mute`. Of an insert's parameters those can be driven
/// that are numbers and not read only when the processor starts; choices cannot.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum AutomationTarget {
    /// The fader, in dB.
    Volume,
    /// The pan, -1 to +1.
    Pan,
    /// The mute: 0 heard, 1 muted; points hold.
    Mute,
    /// A parameter of an insert, in its unit.
    Insert {
        /// The insert.
        insert: InsertId,
        /// The parameter's stable id.
        parameter: String,
    },
    /// A send's level in dB.
    SendLevel(SendId),
    /// A send's pan, -1 to +1.
    SendPan(SendId),
    /// A send's mute: 0 heard, 1 muted.
    SendMute(SendId),
}

/// A text that names no automatable parameter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AutomationTargetError {
    /// Not one of the forms.
    #[error(
        "'{0}' names no parameter: use volume, pan, mute, inserts/ID/PARAMETER, sends/ID/level, sends/ID/pan or sends/ID/mute"
    )]
    Form(String),
    /// The id in it is none.
    #[error(transparent)]
    Id(#[from] IdError),
}

impl TryFrom<String> for AutomationTarget {
    type Error = AutomationTargetError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let parts: Vec<&str> = text.split('/').collect();
        Ok(match parts.as_slice() {
            ["volume"] => Self::Volume,
            ["pan"] => Self::Pan,
            ["mute"] => Self::Mute,
            ["inserts", insert, parameter] if !parameter.is_empty() => {
                Self::Insert { insert: InsertId::new(*insert)?, parameter: (*parameter).to_owned() }
            }
            ["sends", send, "level"] => Self::SendLevel(SendId::new(*send)?),
            ["sends", send, "pan"] => Self::SendPan(SendId::new(*send)?),
            ["sends", send, "mute"] => Self::SendMute(SendId::new(*send)?),
            _ => return Err(AutomationTargetError::Form(text)),
        })
    }
}

impl From<AutomationTarget> for String {
    fn from(target: AutomationTarget) -> Self {
        target.to_string()
    }
}

impl std::fmt::Display for AutomationTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Volume => f.write_str("volume"),
            Self::Pan => f.write_str("pan"),
            Self::Mute => f.write_str("mute"),
            Self::Insert { insert, parameter } => write!(f, "inserts/{insert}/{parameter}"),
            Self::SendLevel(send) => write!(f, "sends/{send}/level"),
            Self::SendPan(send) => write!(f, "sends/{send}/pan"),
            Self::SendMute(send) => write!(f, "sends/{send}/mute"),
        }
    }
}

/// How a lane plays and records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AutomationMode {
    /// Neither plays nor records: the parameter's own value counts.
    Off,
    /// Plays.
    #[default]
    Read,
    /// Records always while the transport rolls; a bounce plays it like `read`.
    Write,
    /// Records while touched; a bounce plays it like `read`.
    Touch,
    /// Records from the first touch on; a bounce plays it like `read`.
    Latch,
}

/// A point of a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutomationPoint {
    /// Where.
    pub at: TimeValue,
    /// The value, in the parameter's unit.
    pub value: f64,
    /// The course from here to the next point.
    #[serde(default)]
    pub shape: AutomationShape,
    /// For `curved`: -1 (fast first) to +1 (slow first); 0 is linear.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub curvature: f64,
}

/// The course from a point to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AutomationShape {
    /// Stays, then steps on the next point's sample.
    Hold,
    /// A straight line.
    #[default]
    Linear,
    /// Bent by the point's curvature.
    Curved,
}
