//! The session document: what a `session.json` holds, as serde values with stable ids.
//!
//! These types are data only. Unknown fields are refused, so that a slip of the pen is an error
//! and never silence; every field but the ids and names has a default, so that a person can
//! write a session by hand. Revision and history live outside the document.

#[cfg(test)]
pub(crate) mod arbitrary;
mod automation;
mod canonical;
mod check;
pub(crate) mod circle;
mod clip;
mod controller;
mod ids;
mod insert;
pub mod limits;
mod locate;
mod lookup;
mod midi;
mod migrate;
mod mixer;
mod named_position;
mod parse;
mod schema;
mod timeline;
mod track;
mod value;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use automation::{
    AutomationLane, AutomationMode, AutomationPoint, AutomationShape, AutomationTarget,
    AutomationTargetError,
};
pub use canonical::CanonicalJsonError;
pub use check::Problem;
pub use clip::{AudioContent, Clip, ClipContent, Fade, FadeCurve};
pub use controller::{ControllerTarget, ControllerTargetError};
pub use ids::{
    ClipId, GroupId, IdError, InsertId, LaneId, MarkerId, SectionId, SendId, TakeLaneId, TrackId,
    VcaId,
};
pub use insert::{Insert, PLUGIN_PROCESSOR, ParameterValue, PluginFormat, PluginSlot};
pub use midi::{
    ControllerLane, ControllerPoint, ControllerShape, ExpressionKind, ExpressionPoint, MidiContent,
    Note, NoteOverlap, SystemExclusive,
};
pub use mixer::{Click, Group, GroupKind, PanLaw, Send, Sidechain, Tap, Vca};
pub use named_position::{NamedPositionError, RangeEdge};
pub use parse::SessionParseError;
pub use schema::session_schema;
pub use timeline::{Marker, Section, SignaturePoint, TempoPoint, TempoShape};
pub use track::{ChannelLayout, Frozen, Master, OutputTarget, TakeLane, Track, TrackKind};
pub use value::TimeValue;

use crate::time::SampleRate;

/// The value of [`Session::format`].
pub const SESSION_FORMAT: &str = "wavemill-session";

/// The newest document version this build reads and the one it writes.
pub const SESSION_VERSION: u32 = 1;

/// A whole session: everything a render depends on but the audio itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Always `wavemill-session`.
    pub format: String,
    /// Version of the document's format. Older ones are brought up to date, newer ones refused.
    pub version: u32,
    /// Title for people.
    pub name: String,
    /// The rate the session runs at, in hertz.
    pub sample_rate: SampleRate,
    /// Frames per block shown to plug-ins, which may depend on it; built-ins never do.
    #[serde(default = "default_plugin_block")]
    pub plugin_block: u32,
    /// How panning a track from the centre changes its level.
    #[serde(default)]
    pub pan_law: PanLaw,
    /// Seed of everything random (noise, dither, humanising).
    #[serde(default)]
    pub seed: u64,
    /// Tempo changes in order of position; the first is at tick 0. Empty means 120 bpm.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tempo: Vec<TempoPoint>,
    /// Signature changes in order of bar; the first is at bar 1. Empty means 4/4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<SignaturePoint>,
    /// Tracks of every kind in mixer order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tracks: Vec<Track>,
    /// The master bus.
    #[serde(default)]
    pub master: Master,
    /// VCA faders.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub vcas: Vec<Vca>,
    /// Edit and mix groups.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub groups: Vec<Group>,
    /// Named positions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub markers: Vec<Marker>,
    /// Named spans of the arrangement.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sections: Vec<Section>,
    /// The metronome's settings.
    #[serde(default)]
    pub click: Click,
}

const fn default_plugin_block() -> u32 {
    512
}

impl Session {
    /// An empty session called `name` at `sample_rate`: no tracks, 120 bpm, 4/4.
    pub fn new(name: impl Into<String>, sample_rate: SampleRate) -> Self {
        Self {
            format: SESSION_FORMAT.to_owned(),
            version: SESSION_VERSION,
            name: name.into(),
            sample_rate,
            plugin_block: default_plugin_block(),
            pan_law: PanLaw::default(),
            seed: 0,
            tempo: Vec::new(),
            signatures: Vec::new(),
            tracks: Vec::new(),
            master: Master::default(),
            vcas: Vec::new(),
            groups: Vec::new(),
            markers: Vec::new(),
            sections: Vec::new(),
            click: Click::default(),
        }
    }
}
