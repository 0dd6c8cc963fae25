//! Inserts: a processor in a chain, built in or a plug-in, with its parameters.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clip::is_false;
use super::{InsertId, Sidechain, TrackId};

/// The value of [`Insert::processor`] where the processor is a plug-in.
pub const PLUGIN_PROCESSOR: &str = "plugin";

/// A processor in a chain.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Insert {
    /// Its id.
    pub id: InsertId,
    /// Name of a built-in processor (`equaliser`, `compressor`, ...), or `plugin`.
    pub processor: String,
    /// The plug-in, where `processor` is `plugin`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plugin: Option<PluginSlot>,
    /// The file it plays from, for processors that play from one (`soundfont`, `sampler`): its
    /// path relative to the session's folder, or an absolute one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Passes its input on, as late as if it worked.
    #[serde(default, skip_serializing_if = "is_false")]
    pub bypass: bool,
    /// A preset of the built-in processor: its values take the place of the defaults.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// Parameters that differ from their defaults, or from the preset's values, by stable id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parameters: BTreeMap<String, ParameterValue>,
    /// What its (first) sidechain input hears.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sidechain: Option<Sidechain>,
    /// What its further sidechain inputs hear, by the name of the port.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub sidechains: BTreeMap<String, Sidechain>,
    /// The groups and returns that its outputs other than the main one feed, by the name of the
    /// port. They leave before the track's fader, and fall silent with the track.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub outputs: BTreeMap<String, TrackId>,
}

/// A parameter's value: a number in the parameter's unit, or the name of a choice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected a number, or the name of a choice as text")]
pub enum ParameterValue {
    /// In the parameter's unit.
    Number(f64),
    /// One of the parameter's choices.
    Choice(String),
}

/// A plug-in and what it saved; kept untouched even where the plug-in is unknown here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PluginSlot {
    /// Its format.
    pub format: PluginFormat,
    /// Its id in that format.
    pub id: String,
    /// Its name for people.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// Who made it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub vendor: String,
    /// Its version when the state was saved.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub version: String,
    /// SHA-256 of its opaque state in `state/`, 64 hexadecimal digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state_sha256: Option<String>,
    /// Notes reach it as MPE: each on a channel of its own, with its expression as that channel's bend,
    /// pressure and controller 74.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mpe: bool,
}

/// A plug-in format.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum PluginFormat {
    /// CLAP.
    Clap,
    /// VST3.
    Vst3,
    /// LV2.
    Lv2,
}
