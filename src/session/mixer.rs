//! Mixer parts: sends, sidechains, the pan law, VCAs, groups, the click.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clip::{is_false, is_zero};
use super::{AutomationLane, GroupId, SendId, TrackId, VcaId};

/// Where a signal is taken from a track.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Tap {
    /// After the inserts, before volume and pan.
    PreFader,
    /// After volume and pan.
    #[default]
    PostFader,
}

/// A share of a track's signal sent to a return.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// Its id.
    pub id: SendId,
    /// The return track it feeds.
    pub to: TrackId,
    /// Where the signal is taken.
    #[serde(default)]
    pub tap: Tap,
    /// Level in dB, -144 (silence) to +36.
    #[serde(default)]
    pub level_db: f64,
    /// Pan, -1 (left) to +1 (right), on top of the track's own after its fader.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pan: f64,
    /// Sends nothing where true.
    #[serde(default, skip_serializing_if = "is_false")]
    pub mute: bool,
}

/// What a sidechain input hears.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Sidechain {
    /// The track whose signal it is.
    pub from: TrackId,
    /// Where the signal is taken.
    #[serde(default)]
    pub tap: Tap,
}

/// The level of a track panned to the centre against one panned to a side.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum PanLaw {
    /// 0 dB: the centre is as loud on each side as a hard pan (balance).
    #[serde(rename = "0dB")]
    Zero,
    /// -3 dB: equal power (sine and cosine).
    #[default]
    #[serde(rename = "-3dB")]
    Minus3,
    /// -4.5 dB: the geometric mean of equal power and equal amplitude.
    #[serde(rename = "-4.5dB")]
    Minus4Point5,
    /// -6 dB: equal amplitude (linear).
    #[serde(rename = "-6dB")]
    Minus6,
}

/// A fader that moves those of its members.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vca {
    /// Its id.
    pub id: VcaId,
    /// Its name for people.
    pub name: String,
    /// Added to each member's volume, in dB, -144 (silence) to +36.
    #[serde(default)]
    pub volume_db: f64,
    /// Mutes its members.
    #[serde(default, skip_serializing_if = "is_false")]
    pub mute: bool,
    /// Tracks it moves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<TrackId>,
    /// Automation of `volume` and `mute`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<AutomationLane>,
}

/// Tracks that are edited, or mixed, together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Group {
    /// Its id.
    pub id: GroupId,
    /// Its name for people.
    pub name: String,
    /// What is linked.
    pub kind: GroupKind,
    /// Linking can be switched off for a while.
    #[serde(default = "yes")]
    pub active: bool,
    /// Its tracks.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<TrackId>,
}

/// What a group links.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum GroupKind {
    /// Moves, splits and trims of clips.
    Edit,
    /// Volume (by the same dB), mute and solo.
    Mix,
}

/// The metronome's settings. It is a monitoring aid: no bounce contains it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Click {
    /// Sounds during playback.
    pub enabled: bool,
    /// Level in dB.
    pub level_db: f64,
    /// Accents the first beat of a bar.
    pub accent: bool,
    /// Bars counted before recording.
    pub count_in_bars: u32,
}

impl Default for Click {
    fn default() -> Self {
        Self { enabled: false, level_db: -12.0, accent: true, count_in_bars: 1 }
    }
}

const fn yes() -> bool {
    true
}
