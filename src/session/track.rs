//! Tracks of every kind, and the master.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clip::{is_false, is_origin, is_zero};
use super::{AutomationLane, Clip, Insert, NoteOverlap, Send, TakeLaneId, TrackId};
use crate::time::Samples;

/// What a track is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TrackKind {
    /// Plays audio clips.
    Audio,
    /// Plays MIDI clips through an instrument in its chain; note effects may come before it.
    Instrument,
    /// Sums the tracks whose output it is.
    Group,
    /// Sums the sends that feed it.
    Return,
}

/// How many channels a track carries.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ChannelLayout {
    /// One channel up to the fader, whose pan makes it two.
    Mono,
    /// Left and right.
    #[default]
    Stereo,
}

impl ChannelLayout {
    /// The number of channels.
    pub const fn channels(self) -> usize {
        match self {
            Self::Mono => 1,
            Self::Stereo => 2,
        }
    }
}

/// Where a track's signal goes after its fader, as text: `master`, `none`, or a group's id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum OutputTarget {
    /// The master.
    #[default]
    Master,
    /// Nowhere: only its sends and sidechains are heard.
    None,
    /// A group track.
    Group(TrackId),
}

impl TryFrom<String> for OutputTarget {
    type Error = super::IdError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Ok(match text.as_str() {
            "master" => Self::Master,
            "none" => Self::None,
            _ => Self::Group(TrackId::new(text)?),
        })
    }
}

impl From<OutputTarget> for String {
    fn from(target: OutputTarget) -> Self {
        target.to_string()
    }
}

impl std::fmt::Display for OutputTarget {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Master => f.write_str("master"),
            Self::None => f.write_str("none"),
            Self::Group(id) => f.write_str(id.as_str()),
        }
    }
}

impl OutputTarget {
    fn is_master(&self) -> bool {
        *self == Self::Master
    }
}

/// A track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Track {
    /// Its id.
    pub id: TrackId,
    /// Its name for people.
    pub name: String,
    /// What it is.
    pub kind: TrackKind,
    /// Its channels up to the fader; after it every track is stereo.
    #[serde(default)]
    pub layout: ChannelLayout,
    /// Where its signal goes.
    #[serde(default, skip_serializing_if = "OutputTarget::is_master")]
    pub output: OutputTarget,
    /// Level in dB, -144 (silence) to +36.
    #[serde(default)]
    pub volume_db: f64,
    /// Pan of a mono track, balance of a stereo one: -1 (left) to +1 (right).
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pan: f64,
    /// Not heard, nor are its sends.
    #[serde(default, skip_serializing_if = "is_false")]
    pub mute: bool,
    /// Where any track is soloed, only soloed ones (and what feeds or carries them) are heard.
    #[serde(default, skip_serializing_if = "is_false")]
    pub solo: bool,
    /// Never silenced by another track's solo.
    #[serde(default, skip_serializing_if = "is_false")]
    pub solo_safe: bool,
    /// Its chain, in order; an instrument track begins with note effects, if any, and its instrument.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub inserts: Vec<Insert>,
    /// Its sends.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sends: Vec<Send>,
    /// Its automation.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<AutomationLane>,
    /// Its clips in order of position.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clips: Vec<Clip>,
    /// What is done with notes of the same key and channel that overlap.
    #[serde(default, skip_serializing_if = "NoteOverlap::is_keep")]
    pub note_overlap: NoteOverlap,
    /// Its take lanes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub take_lanes: Vec<TakeLane>,
    /// The take lane that is heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_take_lane: Option<TakeLaneId>,
    /// What is played instead of its clips and chain, where it is frozen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Frozen>,
}

/// A track's signal before its fader, rendered into a file: its clips stay and its inserts do not
/// run. Fader, sends and automation of them work on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Frozen {
    /// Path of the file relative to the session's folder; it plays from the start of the timeline.
    pub file: String,
    /// How long the chain may ring on after its input has ended, so that the session stays as long
    /// as it is.
    #[serde(default, skip_serializing_if = "is_origin")]
    pub tail: Samples,
}

impl Track {
    /// An empty track, stereo, at 0 dB, to the master.
    pub fn new(id: TrackId, name: impl Into<String>, kind: TrackKind) -> Self {
        Self {
            id,
            name: name.into(),
            kind,
            layout: ChannelLayout::default(),
            output: OutputTarget::default(),
            volume_db: 0.0,
            pan: 0.0,
            mute: false,
            solo: false,
            solo_safe: false,
            inserts: Vec::new(),
            sends: Vec::new(),
            lanes: Vec::new(),
            clips: Vec::new(),
            note_overlap: NoteOverlap::default(),
            take_lanes: Vec::new(),
            active_take_lane: None,
            frozen: None,
        }
    }

    /// True where `clip`, which lies on this track, sounds: not muted, and on no take lane or the
    /// active one.
    pub fn is_heard(&self, clip: &Clip) -> bool {
        !clip.mute && (clip.take_lane.is_none() || clip.take_lane == self.active_take_lane)
    }
}

/// A lane of takes; clips name the lane they lie on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TakeLane {
    /// Its id.
    pub id: TakeLaneId,
    /// Its name for people.
    pub name: String,
}

/// The master: the sum of all that is routed to it, its chain and its fader.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Master {
    /// Its chain, in order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inserts: Vec<Insert>,
    /// Level in dB, -144 (silence) to +36.
    pub volume_db: f64,
    /// Balance, -1 (left) to +1 (right).
    #[serde(skip_serializing_if = "is_zero")]
    pub pan: f64,
    /// Automation of `volume`, `pan` and insert parameters.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lanes: Vec<AutomationLane>,
}
