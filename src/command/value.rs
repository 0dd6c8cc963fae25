//! Fields and their values: the smallest changes, each of which is its own inverse's form.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::CommandError;
use crate::session::{
    ChannelLayout, Click, Clip, ClipContent, Fade, Frozen, Insert, NoteOverlap, OutputTarget,
    PanLaw, ParameterValue, Session, Sidechain, TakeLaneId, TimeValue, Track, TrackId, Vca,
};
use crate::time::SampleRate;

/// A field of the session or its master.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is the field of that name of `Session` or `Master`.
pub enum SessionValue {
    Name(String),
    SampleRate(SampleRate),
    PluginBlock(u32),
    PanLaw(PanLaw),
    Seed(u64),
    Click(Click),
    MasterVolumeDb(f64),
    MasterPan(f64),
}

/// A field of a track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is the field of that name of `Track`.
pub enum TrackValue {
    Name(String),
    Layout(ChannelLayout),
    Output(OutputTarget),
    VolumeDb(f64),
    Pan(f64),
    Mute(bool),
    Solo(bool),
    SoloSafe(bool),
    NoteOverlap(NoteOverlap),
    ActiveTakeLane(Option<TakeLaneId>),
    Frozen(Option<Frozen>),
}

/// A field of a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is the field of that name of `Clip`.
pub enum ClipValue {
    Name(String),
    Content(ClipContent),
    Start(TimeValue),
    Length(TimeValue),
    GainDb(f64),
    FadeIn(Fade),
    FadeOut(Fade),
    Mute(bool),
    TakeLane(Option<TakeLaneId>),
}

/// A field of an insert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InsertValue {
    /// The field of that name.
    Bypass(bool),
    /// The field of that name.
    Preset(Option<String>),
    /// One parameter; none is its default.
    Parameter {
        /// Its stable id.
        id: String,
        /// Its value.
        value: Option<ParameterValue>,
    },
    /// The field of that name.
    Sidechain(Option<Sidechain>),
    /// What one further sidechain input hears.
    FurtherSidechain {
        /// The name of the port.
        port: String,
        /// What it hears.
        value: Option<Sidechain>,
    },
    /// Where one output other than the main one goes.
    Output {
        /// The name of the port.
        port: String,
        /// The track it feeds.
        value: Option<TrackId>,
    },
    /// The hash of a plug-in's saved state.
    StateSha256(Option<String>),
}

/// A field of a VCA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is the field of that name of `Vca`.
pub enum VcaValue {
    Name(String),
    VolumeDb(f64),
    Mute(bool),
    Members(Vec<TrackId>),
}

pub(super) fn swap<T>(slot: &mut T, value: T) -> T {
    std::mem::replace(slot, value)
}

/// Like [`swap`], for an entry that may not be there.
fn swap_entry<T>(map: &mut BTreeMap<String, T>, key: &str, value: Option<T>) -> Option<T> {
    match value {
        Some(value) => map.insert(key.to_owned(), value),
        None => map.remove(key),
    }
}

impl SessionValue {
    pub(super) fn swap(self, session: &mut Session) -> Self {
        match self {
            Self::Name(v) => Self::Name(swap(&mut session.name, v)),
            Self::SampleRate(v) => Self::SampleRate(swap(&mut session.sample_rate, v)),
            Self::PluginBlock(v) => Self::PluginBlock(swap(&mut session.plugin_block, v)),
            Self::PanLaw(v) => Self::PanLaw(swap(&mut session.pan_law, v)),
            Self::Seed(v) => Self::Seed(swap(&mut session.seed, v)),
            Self::Click(v) => Self::Click(swap(&mut session.click, v)),
            Self::MasterVolumeDb(v) => Self::MasterVolumeDb(swap(&mut session.master.volume_db, v)),
            Self::MasterPan(v) => Self::MasterPan(swap(&mut session.master.pan, v)),
        }
    }
}

impl TrackValue {
    pub(super) fn swap(self, track: &mut Track) -> Self {
        match self {
            Self::Name(v) => Self::Name(swap(&mut track.name, v)),
            Self::Layout(v) => Self::Layout(swap(&mut track.layout, v)),
            Self::Output(v) => Self::Output(swap(&mut track.output, v)),
            Self::VolumeDb(v) => Self::VolumeDb(swap(&mut track.volume_db, v)),
            Self::Pan(v) => Self::Pan(swap(&mut track.pan, v)),
            Self::Mute(v) => Self::Mute(swap(&mut track.mute, v)),
            Self::Solo(v) => Self::Solo(swap(&mut track.solo, v)),
            Self::SoloSafe(v) => Self::SoloSafe(swap(&mut track.solo_safe, v)),
            Self::NoteOverlap(v) => Self::NoteOverlap(swap(&mut track.note_overlap, v)),
            Self::ActiveTakeLane(v) => Self::ActiveTakeLane(swap(&mut track.active_take_lane, v)),
            Self::Frozen(v) => Self::Frozen(swap(&mut track.frozen, v)),
        }
    }
}

impl ClipValue {
    pub(super) fn swap(self, clip: &mut Clip) -> Self {
        match self {
            Self::Name(v) => Self::Name(swap(&mut clip.name, v)),
            Self::Content(v) => Self::Content(swap(&mut clip.content, v)),
            Self::Start(v) => Self::Start(swap(&mut clip.start, v)),
            Self::Length(v) => Self::Length(swap(&mut clip.length, v)),
            Self::GainDb(v) => Self::GainDb(swap(&mut clip.gain_db, v)),
            Self::FadeIn(v) => Self::FadeIn(swap(&mut clip.fade_in, v)),
            Self::FadeOut(v) => Self::FadeOut(swap(&mut clip.fade_out, v)),
            Self::Mute(v) => Self::Mute(swap(&mut clip.mute, v)),
            Self::TakeLane(v) => Self::TakeLane(swap(&mut clip.take_lane, v)),
        }
    }
}

impl InsertValue {
    pub(super) fn swap(self, insert: &mut Insert) -> Result<Self, CommandError> {
        Ok(match self {
            Self::Bypass(v) => Self::Bypass(swap(&mut insert.bypass, v)),
            Self::Preset(v) => Self::Preset(swap(&mut insert.preset, v)),
            Self::Parameter { id, value } => {
                let value = swap_entry(&mut insert.parameters, &id, value);
                Self::Parameter { id, value }
            }
            Self::Sidechain(v) => Self::Sidechain(swap(&mut insert.sidechain, v)),
            Self::FurtherSidechain { port, value } => {
                let value = swap_entry(&mut insert.sidechains, &port, value);
                Self::FurtherSidechain { port, value }
            }
            Self::Output { port, value } => {
                let value = swap_entry(&mut insert.outputs, &port, value);
                Self::Output { port, value }
            }
            Self::StateSha256(v) => {
                let Some(plugin) = insert.plugin.as_mut() else {
                    return Err(CommandError::mismatch(format!(
                        "insert '{}' is no plug-in",
                        insert.id
                    )));
                };
                Self::StateSha256(swap(&mut plugin.state_sha256, v))
            }
        })
    }
}

impl VcaValue {
    pub(super) fn swap(self, vca: &mut Vca) -> Self {
        match self {
            Self::Name(v) => Self::Name(swap(&mut vca.name, v)),
            Self::VolumeDb(v) => Self::VolumeDb(swap(&mut vca.volume_db, v)),
            Self::Mute(v) => Self::Mute(swap(&mut vca.mute, v)),
            Self::Members(v) => Self::Members(swap(&mut vca.members, v)),
        }
    }
}
