//! What a MIDI clip holds: notes, their expression, the courses of controllers, system messages.

use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use super::clip::is_false;
use super::controller::ControllerTarget;
use crate::time::Ticks;

/// What a MIDI clip plays. In place of the object, a list of notes is read as one of notes alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MidiContent {
    /// Notes, at ticks from the content's start, in order of (at, key).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// Courses of controllers, one lane for each channel and target.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub controllers: Vec<ControllerLane>,
    /// System exclusive messages, in order of `at`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub system_exclusive: Vec<SystemExclusive>,
    /// Where in its content the clip begins to play, 0 or later.
    #[serde(default, skip_serializing_if = "is_start")]
    pub offset: Ticks,
    /// Repeats the part `offset .. offset + loop_length` for as long as the clip lasts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loop_length: Option<Ticks>,
}

/// A note inside a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    /// Start, from the content's start.
    pub at: Ticks,
    /// Length; more than 0.
    pub length: Ticks,
    /// MIDI key, 0 to 127; 60 is middle C, 69 is A at 440 Hz.
    pub key: u8,
    /// Velocity, 1 to 127.
    #[serde(default = "default_velocity")]
    pub velocity: u8,
    /// Velocity with which the key is let go, 0 to 127.
    #[serde(default = "default_release_velocity", skip_serializing_if = "is_default_release")]
    pub release_velocity: u8,
    /// MIDI channel, 0 to 15 (1 to 16 on most displays).
    #[serde(default, skip_serializing_if = "is_first")]
    pub channel: u8,
    /// Not heard where true.
    #[serde(default, skip_serializing_if = "is_false")]
    pub mute: bool,
    /// How it changes while it sounds, in order of `at`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expression: Vec<ExpressionPoint>,
}

impl Note {
    /// A note on the first channel, without expression.
    pub const fn new(at: Ticks, length: Ticks, key: u8, velocity: u8) -> Self {
        Self {
            at,
            length,
            key,
            velocity,
            release_velocity: default_release_velocity(),
            channel: 0,
            mute: false,
            expression: Vec::new(),
        }
    }
}

/// A change of one note while it sounds; it holds until the next of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ExpressionPoint {
    /// When, from the note's start, 0 or later.
    pub at: Ticks,
    /// What changes.
    pub kind: ExpressionKind,
    /// To which value, in the range of its kind.
    pub value: f64,
}

/// What of a note can change while it sounds.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum ExpressionKind {
    /// Pitch against its key, in semitones, -120 to +120.
    Tuning,
    /// Pressure on the key, 0 to 1.
    Pressure,
    /// Brightness (the vertical axis of MPE), 0 to 1.
    Timbre,
    /// Level as a factor, 0 to 4.
    Volume,
    /// Place between left (-1) and right (+1).
    Pan,
}

impl ExpressionKind {
    /// The first of all kinds in their order, and the last.
    pub(crate) const FIRST: Self = Self::Tuning;
    pub(crate) const LAST: Self = Self::Pan;

    /// Smallest and largest value.
    pub const fn range(self) -> (f64, f64) {
        match self {
            Self::Tuning => (-120.0, 120.0),
            Self::Pressure | Self::Timbre => (0.0, 1.0),
            Self::Volume => (0.0, 4.0),
            Self::Pan => (-1.0, 1.0),
        }
    }
}

/// The course of a controller of one channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControllerLane {
    /// MIDI channel, 0 to 15.
    #[serde(default, skip_serializing_if = "is_first")]
    pub channel: u8,
    /// What moves.
    pub target: ControllerTarget,
    /// Where it moves, in order of `at`.
    pub points: Vec<ControllerPoint>,
}

/// A value of a controller from a place on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ControllerPoint {
    /// Where, from the content's start, 0 or later.
    pub at: Ticks,
    /// The value, in the range of its target.
    pub value: f64,
    /// The course from here to the next point.
    #[serde(default, skip_serializing_if = "ControllerShape::is_hold")]
    pub shape: ControllerShape,
}

/// The course of a controller from a point to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ControllerShape {
    /// Stays, then steps on the next point's sample.
    #[default]
    Hold,
    /// Moves in a straight line, a step every 64 samples of the timeline.
    Linear,
}

impl ControllerShape {
    pub(super) fn is_hold(&self) -> bool {
        *self == Self::Hold
    }
}

/// A system exclusive message. Files keep it and plug-ins hear it; no built-in processor does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SystemExclusive {
    /// When, from the content's start, 0 or later.
    pub at: Ticks,
    /// Its bytes without the F0 before and the F7 behind them, each 0 to 127.
    pub bytes: Vec<u8>,
}

/// What is done where a note starts while one of the same key and channel sounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NoteOverlap {
    /// Both sound, each until its own end.
    #[default]
    Keep,
    /// The first one ends where the second one starts.
    Retrigger,
    /// The second one does not start; the first one lasts until the later end of both.
    Legato,
}

impl NoteOverlap {
    pub(super) fn is_keep(&self) -> bool {
        *self == Self::Keep
    }
}

impl MidiContent {
    /// Brings notes, points and messages into their order; what is equal keeps the order it has.
    pub fn sort(&mut self) {
        self.notes.sort_by_key(|note| (note.at, note.key));
        for note in &mut self.notes {
            note.expression.sort_by_key(|point| point.at);
        }
        for lane in &mut self.controllers {
            lane.points.sort_by_key(|point| point.at);
        }
        self.system_exclusive.sort_by_key(|message| message.at);
    }
}

impl From<Vec<Note>> for MidiContent {
    fn from(notes: Vec<Note>) -> Self {
        Self { notes, ..Self::default() }
    }
}

/// The fields of [`MidiContent`] as an object gives them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fields {
    #[serde(default)]
    notes: Vec<Note>,
    #[serde(default)]
    controllers: Vec<ControllerLane>,
    #[serde(default)]
    system_exclusive: Vec<SystemExclusive>,
    #[serde(default)]
    offset: Ticks,
    #[serde(default)]
    loop_length: Option<Ticks>,
}

impl From<Fields> for MidiContent {
    fn from(fields: Fields) -> Self {
        let Fields { notes, controllers, system_exclusive, offset, loop_length } = fields;
        Self { notes, controllers, system_exclusive, offset, loop_length }
    }
}

impl<'de> Deserialize<'de> for MidiContent {
    /// Takes a list of notes as well as the object: sessions of before had lists only.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ContentVisitor)
    }
}

struct ContentVisitor;

impl<'de> Visitor<'de> for ContentVisitor {
    type Value = MidiContent;

    fn expecting(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a list of notes, or an object with notes, controllers, ...")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, notes: A) -> Result<MidiContent, A::Error> {
        Vec::<Note>::deserialize(SeqAccessDeserializer::new(notes)).map(MidiContent::from)
    }

    fn visit_map<A: MapAccess<'de>>(self, fields: A) -> Result<MidiContent, A::Error> {
        Fields::deserialize(MapAccessDeserializer::new(fields)).map(MidiContent::from)
    }
}

const fn default_velocity() -> u8 {
    100
}

const fn default_release_velocity() -> u8 {
    64
}

fn is_default_release(velocity: &u8) -> bool {
    *velocity == default_release_velocity()
}

fn is_first(channel: &u8) -> bool {
    *channel == 0
}

fn is_start(offset: &Ticks) -> bool {
    *offset == Ticks::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_notes_and_the_object_say_the_same() {
        let list = r#"[{"at": 3, "length": 4, "key": 60}]"#;
        let from_list: MidiContent = serde_json::from_str(list).unwrap();
        let object = format!(r#"{{"notes": {list}}}"#);
        assert_eq!(from_list, serde_json::from_str(&object).unwrap());
        assert_eq!(from_list.notes, [Note::new(Ticks(3), Ticks(4), 60, 100)]);
        let written = serde_json::to_string(&from_list).unwrap();
        assert_eq!(written, r#"{"notes":[{"at":3,"length":4,"key":60,"velocity":100}]}"#);
    }

    #[test]
    fn an_unknown_field_is_refused() {
        let error = serde_json::from_str::<MidiContent>(r#"{"note": []}"#).unwrap_err();
        assert!(error.to_string().contains("unknown field `note`"), "{error}");
    }
}
