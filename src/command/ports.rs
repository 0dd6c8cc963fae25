//! Commands on the ports of inserts: what sidechains hear, where outputs go.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::Change;
use super::place::ChainOwner;
use super::value::InsertValue;
use super::{CommandError, Draft, Op, processors};
use crate::session::{Insert, InsertId, Sidechain, TrackId};

/// Sets what a sidechain input of an insert hears.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSidechain {
    /// The track, or `master`.
    pub track: ChainOwner,
    /// The insert.
    pub insert: InsertId,
    /// The name of the input, where it is not the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The source; null is none.
    pub sidechain: Option<Sidechain>,
}

/// Sets where an output of an insert goes that is not its main one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetInsertOutput {
    /// The track.
    pub track: ChainOwner,
    /// The insert.
    pub insert: InsertId,
    /// The name of the output.
    pub port: String,
    /// The group or return it feeds; null is none, and it is not heard.
    pub to: Option<TrackId>,
}

/// Sets a field of `insert` after checking what the insert becomes by it.
fn set(
    draft: &mut Draft<'_>,
    (track, insert): (&ChainOwner, &InsertId),
    value: InsertValue,
) -> Result<(), CommandError> {
    let mut becomes: Insert = draft.insert(track, insert)?.clone();
    value.clone().swap(&mut becomes)?;
    processors::check_ports(&format!("{}/inserts/{insert}", track.path()), &becomes)?;
    draft.change(Change::Insert { track: track.clone(), insert: insert.clone(), value })
}

impl Op for SetSidechain {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.insert(&self.track, &self.insert)?;
        if let Some(sidechain) = &self.sidechain {
            draft.track(&sidechain.from)?;
        }
        let value = match &self.port {
            None => InsertValue::Sidechain(self.sidechain.clone()),
            Some(port) => {
                InsertValue::FurtherSidechain { port: port.clone(), value: self.sidechain.clone() }
            }
        };
        set(draft, (&self.track, &self.insert), value)
    }
}

impl Op for SetInsertOutput {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.insert(&self.track, &self.insert)?;
        if let Some(to) = &self.to {
            draft.track(to)?;
        }
        let value = InsertValue::Output { port: self.port.clone(), value: self.to.clone() };
        set(draft, (&self.track, &self.insert), value)
    }
}
