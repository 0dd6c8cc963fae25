//! Owners as text: whose chain or whose automation a command means.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::session::{IdError, TrackId, VcaId};

/// Whose chain or fader: `master`, or a track's id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum ChainOwner {
    /// The master.
    Master,
    /// A track.
    Track(TrackId),
}

/// Whose automation: `master`, a track's id, or `vcas/` and a VCA's id.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum LaneOwner {
    /// The master.
    Master,
    /// A track.
    Track(TrackId),
    /// A VCA.
    Vca(VcaId),
}

impl ChainOwner {
    /// Its path in the session.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Master => "master".to_owned(),
            Self::Track(id) => format!("tracks/{id}"),
        }
    }
}

impl LaneOwner {
    /// Its path in the session.
    pub(super) fn path(&self) -> String {
        match self {
            Self::Master => "master".to_owned(),
            Self::Track(id) => format!("tracks/{id}"),
            Self::Vca(id) => format!("vcas/{id}"),
        }
    }
}

impl From<ChainOwner> for LaneOwner {
    fn from(owner: ChainOwner) -> Self {
        match owner {
            ChainOwner::Master => Self::Master,
            ChainOwner::Track(id) => Self::Track(id),
        }
    }
}

impl TryFrom<String> for ChainOwner {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Ok(if text == "master" { Self::Master } else { Self::Track(TrackId::new(text)?) })
    }
}

impl TryFrom<String> for LaneOwner {
    type Error = IdError;
    fn try_from(text: String) -> Result<Self, IdError> {
        Ok(match text.strip_prefix("vcas/") {
            Some(id) => Self::Vca(VcaId::new(id)?),
            None => ChainOwner::try_from(text)?.into(),
        })
    }
}

impl From<ChainOwner> for String {
    fn from(owner: ChainOwner) -> Self {
        match owner {
            ChainOwner::Master => "master".to_owned(),
            ChainOwner::Track(id) => id.into(),
        }
    }
}

impl From<LaneOwner> for String {
    fn from(owner: LaneOwner) -> Self {
        match owner {
            LaneOwner::Master => "master".to_owned(),
            LaneOwner::Track(id) => id.into(),
            LaneOwner::Vca(id) => format!("vcas/{id}"),
        }
    }
}
