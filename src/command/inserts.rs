//! Commands on inserts: add, remove, reorder, bypass, parameters, plug-in state.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Change, Items, Order};
use super::place::ChainOwner;
use super::tracks::no_place;
use super::value::InsertValue;
use super::{CommandError, Draft, Op, is_false, names, processors, references};
use crate::session::{
    Insert, InsertId, PLUGIN_PROCESSOR, ParameterValue, PluginSlot, Sidechain, TrackId,
};

/// Adds a processor to a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddInsert {
    /// The track, or `master`.
    pub track: ChainOwner,
    /// Its id; made from the processor's name where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<InsertId>,
    /// Name of a built-in processor, or `plugin`.
    pub processor: String,
    /// The plug-in, where `processor` is `plugin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<PluginSlot>,
    /// The file it plays from, for processors that play from one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Passes its input on.
    #[serde(default, skip_serializing_if = "is_false")]
    pub bypass: bool,
    /// A preset of the built-in processor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// Parameters that differ from their defaults, or from the preset's values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, ParameterValue>,
    /// What its (first) sidechain input hears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidechain: Option<Sidechain>,
    /// What its further sidechain inputs hear, by the name of the port.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sidechains: BTreeMap<String, Sidechain>,
    /// The groups and returns that its outputs other than the main one feed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, TrackId>,
    /// Its place in the chain, from 0; last where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
}

/// Removes an insert and its automation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveInsert {
    /// The track, or `master`.
    pub track: ChainOwner,
    /// The insert.
    pub insert: InsertId,
}

/// Moves an insert to another place in its chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReorderInsert {
    /// The track, or `master`.
    pub track: ChainOwner,
    /// The insert.
    pub insert: InsertId,
    /// Its place afterwards, from 0.
    pub index: usize,
}

/// Bypasses an insert, or puts it back to work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetBypass {
    /// The track, or `master`.
    pub track: ChainOwner,
    /// The insert.
    pub insert: InsertId,
    /// Passes its input on where true.
    pub bypass: bool,
}

/// Sets the preset of an insert, whose values take the place of the defaults. Parameters that are
/// set stay as they are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPreset {
    /// The track, or `master`.
    pub track: ChainOwner,
    /// The insert.
    pub insert: InsertId,
    /// The preset's name; null is none.
    pub preset: Option<String>,
}

/// Sets a parameter of an insert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetParameter {
    /// The track, or `master`.
    pub track: ChainOwner,
    /// The insert.
    pub insert: InsertId,
    /// The parameter's stable id.
    pub parameter: String,
    /// Its value; null is its default, or the preset's value.
    pub value: Option<ParameterValue>,
}

/// Sets several parameters of an insert; those not named stay.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetParameters {
    /// The track, or `master`.
    pub track: ChainOwner,
    /// The insert.
    pub insert: InsertId,
    /// Values by stable id; null is the default, or the preset's value.
    pub parameters: BTreeMap<String, Option<ParameterValue>>,
}

/// Sets which saved state a plug-in starts from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPluginState {
    /// The track, or `master`.
    pub track: ChainOwner,
    /// The insert.
    pub insert: InsertId,
    /// SHA-256 of the state in `state/`, 64 hexadecimal digits; null is none.
    pub state_sha256: Option<String>,
}

fn path(track: &ChainOwner, insert: &InsertId) -> String {
    format!("{}/inserts/{insert}", track.path())
}

fn set(
    draft: &mut Draft<'_>,
    track: &ChainOwner,
    insert: &InsertId,
    value: InsertValue,
) -> Result<(), CommandError> {
    draft.change(Change::Insert { track: track.clone(), insert: insert.clone(), value })
}

impl Op for AddInsert {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let list = format!("{}/inserts", self.track.path());
        let chain = draft.chain(&self.track)?;
        if (self.processor == PLUGIN_PROCESSOR) != self.plugin.is_some() {
            let what = "'plugin' and the processor 'plugin' belong together";
            return Err(CommandError::refused(list, what, "give both, or neither"));
        }
        let name = self.plugin.as_ref().map_or(self.processor.as_str(), |plugin| &plugin.name);
        let taken = |id: &str| chain.iter().any(|insert| insert.id.as_str() == id);
        let id = names::resolve(&mut self.id, (&list, "insert"), name, taken)?;
        let count = chain.len();
        let index = self.index.unwrap_or(count);
        if index > count {
            return Err(no_place(&format!("{list}/{id}"), index, count));
        }
        for sidechain in self.sidechain.iter().chain(self.sidechains.values()) {
            draft.track(&sidechain.from)?;
        }
        for to in self.outputs.values() {
            draft.track(to)?;
        }
        let path = format!("{list}/{id}");
        let insert = Insert {
            id,
            processor: self.processor.clone(),
            plugin: self.plugin.clone(),
            file: self.file.clone(),
            bypass: self.bypass,
            preset: self.preset.clone(),
            parameters: self.parameters.clone(),
            sidechain: self.sidechain.clone(),
            sidechains: self.sidechains.clone(),
            outputs: self.outputs.clone(),
        };
        processors::check_insert(&path, &insert)?;
        draft.note_created(path);
        draft.splice(index, 0, Items::Inserts { track: self.track.clone(), items: vec![insert] })
    }
}

impl Op for RemoveInsert {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        references::remove_insert(draft, &self.track, &self.insert)
    }
}

impl Op for ReorderInsert {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let from = draft.insert_index(&self.track, &self.insert)?;
        let last = draft.chain(&self.track)?.len() - 1;
        if self.index > last {
            return Err(no_place(&path(&self.track, &self.insert), self.index, last));
        }
        let list = Order::Inserts { track: self.track.clone() };
        draft.change(Change::Move { list, from, to: self.index })
    }
}

impl Op for SetBypass {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.insert(&self.track, &self.insert)?;
        set(draft, &self.track, &self.insert, InsertValue::Bypass(self.bypass))
    }
}

impl Op for SetPreset {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let insert = draft.insert(&self.track, &self.insert)?;
        let path = path(&self.track, &self.insert);
        processors::check_preset(&path, insert, self.preset.as_deref())?;
        set(draft, &self.track, &self.insert, InsertValue::Preset(self.preset.clone()))
    }
}

impl Op for SetParameter {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let insert = draft.insert(&self.track, &self.insert)?;
        let path = path(&self.track, &self.insert);
        processors::check_parameter(&path, insert, &self.parameter, self.value.as_ref())?;
        let value =
            InsertValue::Parameter { id: self.parameter.clone(), value: self.value.clone() };
        set(draft, &self.track, &self.insert, value)
    }
}

impl Op for SetParameters {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let path = path(&self.track, &self.insert);
        for (id, value) in &self.parameters {
            let insert = draft.insert(&self.track, &self.insert)?;
            processors::check_parameter(&path, insert, id, value.as_ref())?;
            let value = InsertValue::Parameter { id: id.clone(), value: value.clone() };
            set(draft, &self.track, &self.insert, value)?;
        }
        Ok(())
    }
}

impl Op for SetPluginState {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let insert = draft.insert(&self.track, &self.insert)?;
        if insert.plugin.is_none() {
            let what = format!("'{}' is built in and keeps no state", insert.processor);
            let fix = "set its parameters instead";
            return Err(CommandError::refused(path(&self.track, &self.insert), what, fix));
        }
        let value = InsertValue::StateSha256(self.state_sha256.clone());
        set(draft, &self.track, &self.insert, value)
    }
}
