//! Commands that change notes of a clip one way or another; what they do to lists of notes is in
//! [`crate::midi::edit`].

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::clock::Clock;
use super::note_selection::{MidiClip, NoteSelection, edit_notes};
use super::{CommandError, Draft, Op};
use crate::midi::NoteValue;
use crate::midi::edit::{
    Humanise, Quantise, QuantiseWhat, ScaleKind, ScaleTime, TransposeError, VelocityChange,
    change_velocity, crop, humanise, join_notes, legato, quantise, reverse, scale_time,
    split_in_parts, split_notes, transpose, transpose_in_scale,
};
use crate::session::limits::MAX_NOTES;
use crate::session::{ClipId, Note};
use crate::time::{SignatureMap, Ticks};

/// Most parts a note is split into, and most a length is multiplied or divided by.
const MAX_PARTS: u32 = 1_024;

/// Adds notes to a MIDI clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddNotes {
    /// The clip.
    pub clip: ClipId,
    /// The notes, in any order.
    pub notes: Vec<Note>,
}

/// Deletes notes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteNotes {
    /// The clip.
    pub clip: ClipId,
    /// Which notes; all where left out.
    #[serde(default, skip_serializing_if = "NoteSelection::is_everything")]
    pub select: NoteSelection,
}

/// Moves notes earlier or later.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MoveNotes {
    /// The clip.
    pub clip: ClipId,
    /// Which notes; all where left out.
    #[serde(default, skip_serializing_if = "NoteSelection::is_everything")]
    pub select: NoteSelection,
    /// By how many ticks; negative is earlier.
    pub by: Ticks,
}

/// Transposes notes by semitones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransposeNotes {
    /// The clip.
    pub clip: ClipId,
    /// Which notes; all where left out.
    #[serde(default, skip_serializing_if = "NoteSelection::is_everything")]
    pub select: NoteSelection,
    /// By how many semitones; negative is down.
    pub semitones: i64,
}

/// Transposes notes by the steps of a scale: two steps are a third.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransposeNotesInScale {
    /// The clip.
    pub clip: ClipId,
    /// Which notes; all where left out.
    #[serde(default, skip_serializing_if = "NoteSelection::is_everything")]
    pub select: NoteSelection,
    /// By how many steps; negative is down.
    pub steps: i64,
    /// The scale.
    pub scale: ScaleKind,
    /// Its root, 0 (C) to 11 (B).
    pub root: u8,
}

/// Sets, adds to, scales or compresses velocities.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChangeVelocity {
    /// The clip.
    pub clip: ClipId,
    /// Which notes; all where left out.
    #[serde(default, skip_serializing_if = "NoteSelection::is_everything")]
    pub select: NoteSelection,
    /// What is done to them.
    pub change: VelocityChange,
}

/// Draws notes to a grid, which starts anew at every bar of the timeline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct QuantiseNotes {
    /// The clip.
    pub clip: ClipId,
    /// Which notes; all where left out.
    #[serde(default, skip_serializing_if = "NoteSelection::is_everything")]
    pub select: NoteSelection,
    /// Distance of the grid's lines, such as `1/16`, `1/8t` (triplet) or `1/4.` (dotted).
    pub grid: NoteValue,
    /// Where the second line of each pair lies, 50 (straight) to 75; 66.7 is a triplet's swing.
    #[serde(default = "straight_percent")]
    pub swing_percent: f64,
    /// How far notes go of their way to the line, 0 to 100.
    #[serde(default = "full_percent")]
    pub strength_percent: f64,
    /// What of a note goes there.
    #[serde(default)]
    pub what: QuantiseWhat,
}

/// Spreads notes a little by chance; the same seed does the same again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HumaniseNotes {
    /// The clip.
    pub clip: ClipId,
    /// Which notes; all where left out.
    #[serde(default, skip_serializing_if = "NoteSelection::is_everything")]
    pub select: NoteSelection,
    /// At most this many ticks earlier or later.
    #[serde(default)]
    pub timing: Ticks,
    /// At most this many ticks shorter or longer.
    #[serde(default)]
    pub length: Ticks,
    /// At most this much softer or louder, 0 to 127.
    #[serde(default)]
    pub velocity: u8,
    /// What chance depends on.
    #[serde(default)]
    pub seed: u64,
}

/// Lets every note reach to the next start.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LegatoNotes {
    /// The clip.
    pub clip: ClipId,
    /// Which notes; all where left out.
    #[serde(default, skip_serializing_if = "NoteSelection::is_everything")]
    pub select: NoteSelection,
    /// Ticks left between a note and the next.
    #[serde(default)]
    pub gap: Ticks,
}

/// Cuts notes in two at a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitNotes {
    /// The clip.
    pub clip: ClipId,
    /// Which notes; all where left out.
    #[serde(default, skip_serializing_if = "NoteSelection::is_everything")]
    pub select: NoteSelection,
    /// Where, in ticks of the clip's content; notes that do not sound across it stay.
    pub at: Ticks,
}

/// Cuts every note into parts of equal length: a roll.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DivideNotes {
    /// The clip.
    pub clip: ClipId,
    /// Which notes; all where left out.
    #[serde(default, skip_serializing_if = "NoteSelection::is_everything")]
    pub select: NoteSelection,
    /// How many parts, 2 to 1024.
    pub parts: u32,
}

/// Makes one note of those of the same key and channel that follow each other.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinNotes {
    /// The clip.
    pub clip: ClipId,
    /// Which notes; all where left out.
    #[serde(default, skip_serializing_if = "NoteSelection::is_everything")]
    pub select: NoteSelection,
    /// Ticks there may be between two of them.
    #[serde(default)]
    pub gap: Ticks,
}

/// Plays notes slower or faster from the first one on: 2 and 1 double all lengths, 1 and 2 halve
/// them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ScaleNoteTime {
    /// The clip.
    pub clip: ClipId,
    /// Which notes; all where left out.
    #[serde(default, skip_serializing_if = "NoteSelection::is_everything")]
    pub select: NoteSelection,
    /// What lengths are multiplied by, 1 to 1024.
    pub numerator: u32,
    /// What they are divided by, 1 to 1024.
    pub denominator: u32,
}

/// Plays notes backwards.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReverseNotes {
    /// The clip.
    pub clip: ClipId,
    /// Which notes; all where left out.
    #[serde(default, skip_serializing_if = "NoteSelection::is_everything")]
    pub select: NoteSelection,
}

/// Takes out of a clip all notes that it does not play, and the ends of those that sound beyond it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CropNotes {
    /// The clip.
    pub clip: ClipId,
}

const fn straight_percent() -> f64 {
    50.0
}

const fn full_percent() -> f64 {
    100.0
}

impl Op for AddNotes {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let mut clip = MidiClip::of(draft, &self.clip)?;
        clip.content.notes.extend(self.notes.iter().cloned());
        clip.put_back(draft)
    }
}

impl Op for DeleteNotes {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_notes(draft, &self.clip, &self.select, |_, _| Ok(Vec::new()))
    }
}

impl Op for MoveNotes {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_notes(draft, &self.clip, &self.select, |clip, mut notes| {
            let first = notes.iter().map(|note| note.at).min().unwrap_or_default();
            // Far positions are refused with the session; here nothing may overflow.
            if first.0.checked_add(self.by.0).is_none_or(|first| first < 0) {
                let what =
                    format!("a note at tick {} would start before the clip's content", first.0);
                return Err(clip.refused(what, "move it by less, or move the clip"));
            }
            for note in &mut notes {
                note.at = Ticks(note.at.0.saturating_add(self.by.0));
            }
            Ok(notes)
        })
    }
}

impl Op for TransposeNotes {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_notes(draft, &self.clip, &self.select, |clip, mut notes| {
            transpose(&mut notes, self.semitones).map_err(|error| out_of_keys(clip, &error))?;
            Ok(notes)
        })
    }
}

impl Op for TransposeNotesInScale {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_notes(draft, &self.clip, &self.select, |clip, mut notes| {
            if self.root > 11 {
                return Err(
                    clip.refused(format!("{} is no root", self.root), "use 0 (C) to 11 (B)")
                );
            }
            transpose_in_scale(&mut notes, self.root, self.scale, self.steps)
                .map_err(|error| out_of_keys(clip, &error))?;
            Ok(notes)
        })
    }
}

fn out_of_keys(clip: &MidiClip, error: &TransposeError) -> CommandError {
    let what = format!("key {} would become {}", error.key, error.would_be);
    clip.refused(what, "keys go from 0 to 127; transpose by less, or select fewer notes")
}

impl Op for ChangeVelocity {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_notes(draft, &self.clip, &self.select, |clip, mut notes| {
            if let VelocityChange::Scale(factor) | VelocityChange::Compress(factor) = self.change {
                in_range(clip, "a factor", factor, 0.0, 16.0)?;
            }
            change_velocity(&mut notes, self.change);
            Ok(notes)
        })
    }
}

impl Op for QuantiseNotes {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let clock = Clock::of(draft)?;
        let signatures = SignatureMap::new(&draft.session().signatures).map_err(|error| {
            CommandError::refused("signatures", error.to_string(), "correct them first")
        })?;
        edit_notes(draft, &self.clip, &self.select, |clip, mut notes| {
            in_range(clip, "swing_percent", self.swing_percent, 50.0, 75.0)?;
            in_range(clip, "strength_percent", self.strength_percent, 0.0, 100.0)?;
            let how = Quantise {
                grid: self.grid.ticks(),
                swing: self.swing_percent / 100.0,
                strength: self.strength_percent / 100.0,
                what: self.what,
            };
            let origin = clock.ticks(clip.clip.start) - clip.content.offset;
            quantise(&mut notes, &how, &signatures, origin);
            Ok(notes)
        })
    }
}

impl Op for HumaniseNotes {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_notes(draft, &self.clip, &self.select, |clip, mut notes| {
            let most = crate::time::TICKS_PER_QUARTER as f64;
            in_range(clip, "timing", self.timing.0 as f64, 0.0, most)?;
            in_range(clip, "length", self.length.0 as f64, 0.0, most)?;
            in_range(clip, "velocity", f64::from(self.velocity), 0.0, 127.0)?;
            let (timing, length) = (self.timing, self.length);
            let how = Humanise { timing, length, velocity: self.velocity, seed: self.seed };
            humanise(&mut notes, &how, self.clip.as_str());
            Ok(notes)
        })
    }
}

impl Op for LegatoNotes {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_notes(draft, &self.clip, &self.select, |clip, mut notes| {
            not_negative(clip, self.gap)?;
            legato(&mut notes, self.gap);
            Ok(notes)
        })
    }
}

impl Op for SplitNotes {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_notes(draft, &self.clip, &self.select, |_, notes| Ok(split_notes(notes, self.at)))
    }
}

impl Op for DivideNotes {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_notes(draft, &self.clip, &self.select, |clip, notes| {
            in_range(clip, "parts", f64::from(self.parts), 2.0, f64::from(MAX_PARTS))?;
            let parts = |note: &Note| note.length.0.min(self.parts.into()).unsigned_abs();
            let made = notes.iter().map(parts).sum::<u64>();
            if made > MAX_NOTES as u64 {
                let what = format!("{made} notes are more than the {MAX_NOTES} of a clip");
                return Err(clip.refused(what, "select fewer notes, or make fewer parts"));
            }
            Ok(split_in_parts(notes, self.parts))
        })
    }
}

impl Op for JoinNotes {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_notes(draft, &self.clip, &self.select, |clip, notes| {
            not_negative(clip, self.gap)?;
            Ok(join_notes(notes, self.gap))
        })
    }
}

impl Op for ScaleNoteTime {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_notes(draft, &self.clip, &self.select, |clip, mut notes| {
            let most = f64::from(MAX_PARTS);
            in_range(clip, "numerator", f64::from(self.numerator), 1.0, most)?;
            in_range(clip, "denominator", f64::from(self.denominator), 1.0, most)?;
            let (numerator, denominator) = (self.numerator, self.denominator);
            scale_time(&mut notes, ScaleTime { numerator, denominator });
            Ok(notes)
        })
    }
}

impl Op for ReverseNotes {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        edit_notes(draft, &self.clip, &self.select, |_, mut notes| {
            reverse(&mut notes);
            Ok(notes)
        })
    }
}

impl Op for CropNotes {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let clock = Clock::of(draft)?;
        let mut clip = MidiClip::of(draft, &self.clip)?;
        let end = clock.end(clip.clip.start, clip.clip.length);
        let length = clock.ticks(end) - clock.ticks(clip.clip.start);
        let from = clip.content.offset;
        let played = clip.content.loop_length.map_or(length, |repeat| repeat.min(length));
        crop(&mut clip.content.notes, from, from + played);
        clip.put_back(draft)
    }
}

fn in_range(
    clip: &MidiClip,
    what: &str,
    value: f64,
    min: f64,
    max: f64,
) -> Result<(), CommandError> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(clip.refused(format!("{what} of {value} is out of range"), format!("use {min} to {max}")))
}

fn not_negative(clip: &MidiClip, gap: Ticks) -> Result<(), CommandError> {
    if gap >= Ticks::ZERO {
        return Ok(());
    }
    Err(clip.refused(format!("a gap of {} ticks is negative", gap.0), "use 0 or more"))
}
