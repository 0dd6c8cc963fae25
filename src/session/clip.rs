//! Clips: pieces of audio or MIDI on a track.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{ClipId, MidiContent, TakeLaneId, TimeValue};
use crate::time::Samples;

/// A piece of audio or MIDI on a track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clip {
    /// Its id.
    pub id: ClipId,
    /// Its name for people; empty means the id.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// What it plays.
    pub content: ClipContent,
    /// Where it starts on the timeline.
    pub start: TimeValue,
    /// How long it plays, in its own timebase; more than 0.
    pub length: TimeValue,
    /// Level in dB, -144 (silence) to +36; of audio only, notes keep their velocity.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub gain_db: f64,
    /// Fade at its start.
    #[serde(default, skip_serializing_if = "Fade::is_none")]
    pub fade_in: Fade,
    /// Fade at its end.
    #[serde(default, skip_serializing_if = "Fade::is_none")]
    pub fade_out: Fade,
    /// Not heard where true.
    #[serde(default, skip_serializing_if = "is_false")]
    pub mute: bool,
    /// The take lane it lies on; none means it is always heard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take_lane: Option<TakeLaneId>,
}

/// What a clip plays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ClipContent {
    /// A part of an audio file.
    Audio(AudioContent),
    /// Notes and controllers. Sessions of before said `notes`.
    #[serde(alias = "notes")]
    Midi(MidiContent),
}

/// A part of an audio file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AudioContent {
    /// Path relative to the session's folder, or absolute where the file is only referenced.
    pub file: String,
    /// First frame played, at the session's rate, counted in the file.
    #[serde(default, skip_serializing_if = "is_origin")]
    pub offset: Samples,
    /// Repeats the part `offset .. offset + loop_length` for as long as the clip lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loop_length: Option<Samples>,
    /// Plays the part `offset .. offset + length` backwards.
    #[serde(default, skip_serializing_if = "is_false")]
    pub reverse: bool,
    /// Time stretch: 2.0 lasts twice as long. Renders refuse other values than 1 for now.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub stretch: f64,
    /// Pitch shift in semitones. Renders refuse other values than 0 for now.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub pitch_semitones: f64,
}

/// A fade.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fade {
    /// Its length, 0 or more; at most the clip's.
    #[serde(default)]
    pub length: Samples,
    /// Its course.
    #[serde(default)]
    pub curve: FadeCurve,
}

impl Fade {
    fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// The course of a fade over x in 0..1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum FadeCurve {
    /// x: crossfades of correlated material keep their level.
    #[default]
    Linear,
    /// sin(pi x / 2): crossfades of uncorrelated material keep their power.
    EqualPower,
    /// x^2: starts slowly.
    Slow,
    /// 1 - (1 - x)^2: starts fast.
    Fast,
    /// x^2 (3 - 2 x): slow at both ends.
    Smooth,
}

pub(super) fn is_zero(value: &f64) -> bool {
    *value == 0.0
}

pub(super) fn is_false(value: &bool) -> bool {
    !*value
}

pub(super) fn is_origin(value: &Samples) -> bool {
    *value == Samples::ZERO
}

const fn one() -> f64 {
    1.0
}

fn is_one(value: &f64) -> bool {
    *value == 1.0
}
