//! Commands about the notes of tracks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::note_selection::MidiClip;
use super::value::TrackValue;
use super::{CommandError, Draft, Op};
use crate::midi::{DrumMap, NoteStyle, PatternError, chord_line, drum_grid, melody};
use crate::session::{ClipId, Note, NoteOverlap, TrackId};
use crate::time::{MAX_POSITION, TICKS_PER_QUARTER, Ticks};

/// Sets what is done with notes of the same key and channel that overlap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetNoteOverlap {
    /// The track.
    pub track: TrackId,
    /// What is done.
    pub overlap: NoteOverlap,
}

impl Op for SetNoteOverlap {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.set_track(&self.track, TrackValue::NoteOverlap(self.overlap))
    }
}

/// How notes are written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum NotesText {
    /// Note names and lengths, one after the other: `C4:1/4 E4:1/8. r:1/8 G4`. C4 is key 60.
    Melody,
    /// Chord symbols and lengths, one after the other: `Cmaj7:1/1 Am7:1/2 F/A:1/2`.
    Chords,
    /// A line a drum, a character a cell: `kick x...x...`, with x, X, o or a digit for hits and
    /// `.` or `-` for rests.
    Drums,
}

/// Adds notes written as text to those of a note clip; the clip's length stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddNotesFromText {
    /// The clip.
    pub clip: ClipId,
    /// The notes.
    pub text: String,
    /// How they are written.
    pub kind: NotesText,
    /// Where the text begins, in ticks from the content's start.
    #[serde(default)]
    pub at: Ticks,
    /// Length of a cell of a drum grid, in ticks; 3840 is a sixteenth note.
    #[serde(default = "sixteenth")]
    pub cell: Ticks,
    /// Velocity, 1 to 127; of drums that of x.
    #[serde(default = "default_velocity")]
    pub velocity: u8,
    /// MIDI channel, 0 to 15.
    #[serde(default)]
    pub channel: u8,
    /// The octave in which the roots of chords lie; 4 begins at middle C.
    #[serde(default = "default_octave")]
    pub octave: i8,
    /// Keys of drums by name, before those of General MIDI.
    #[serde(default)]
    pub drums: DrumMap,
}

const fn sixteenth() -> Ticks {
    Ticks(TICKS_PER_QUARTER / 4)
}

const fn default_velocity() -> u8 {
    100
}

const fn default_octave() -> i8 {
    4
}

/// The longest cell: 64 whole notes.
const MAX_CELL: Ticks = Ticks(256 * TICKS_PER_QUARTER);

impl AddNotesFromText {
    fn notes(&self) -> Result<Vec<Note>, PatternError> {
        let style = NoteStyle { velocity: self.velocity, channel: self.channel };
        match self.kind {
            NotesText::Melody => melody(&self.text, style),
            NotesText::Chords => chord_line(&self.text, self.octave, style),
            NotesText::Drums => drum_grid(&self.text, self.cell, &self.drums, style),
        }
    }

    /// What is out of range of the numbers, and what to use.
    fn out_of_range(&self) -> Option<(String, &'static str)> {
        if self.cell <= Ticks::ZERO || self.cell > MAX_CELL {
            return Some((format!("a cell of {} ticks", self.cell.0), "use 1 to 3932160"));
        }
        let there = Ticks::ZERO..=Ticks(MAX_POSITION.0);
        if !there.contains(&self.at) {
            return Some((format!("notes at {} ticks", self.at.0), "use 0 to 2^40"));
        }
        if !(1..=127).contains(&self.velocity) {
            return Some((format!("a velocity of {}", self.velocity), "use 1 to 127"));
        }
        None
    }
}

impl Op for AddNotesFromText {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let mut clip = MidiClip::of(draft, &self.clip)?;
        if let Some((what, fix)) = self.out_of_range() {
            return Err(clip.refused(what, fix));
        }
        let added = self.notes().map_err(|error| CommandError::Invalid {
            path: clip.path(),
            what: format!("in the text, {error}"),
        })?;
        let placed = added.into_iter().map(|note| Note { at: note.at + self.at, ..note });
        clip.content.notes.extend(placed);
        clip.put_back(draft)
    }
}
