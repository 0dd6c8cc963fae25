//! Which notes of a clip a command is about, and how they are put back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::Change;
use super::clip_lists::path;
use super::value::ClipValue;
use super::{CommandError, Draft};
use crate::session::{Clip, ClipContent, ClipId, MidiContent, Note, TrackId};
use crate::time::Ticks;

/// Notes of a clip; what is left out leaves nothing out.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NoteSelection {
    /// Those that start here or later, in ticks of the clip's content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Ticks>,
    /// Those that start before this, in ticks of the clip's content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Ticks>,
    /// Those of this key or higher.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lowest_key: Option<u8>,
    /// Those of this key or lower.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highest_key: Option<u8>,
    /// Those on this channel, 0 to 15.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel: Option<u8>,
}

impl NoteSelection {
    pub(super) fn is_everything(&self) -> bool {
        *self == Self::default()
    }

    fn holds(&self, note: &Note) -> bool {
        self.from.is_none_or(|from| note.at >= from)
            && self.to.is_none_or(|to| note.at < to)
            && self.lowest_key.is_none_or(|key| note.key >= key)
            && self.highest_key.is_none_or(|key| note.key <= key)
            && self.channel.is_none_or(|channel| note.channel == channel)
    }
}

/// A MIDI clip to be edited.
pub(super) struct MidiClip {
    pub(super) track: TrackId,
    pub(super) clip: Clip,
    pub(super) content: MidiContent,
}

impl MidiClip {
    /// The clip called `id`; refused where it plays audio.
    pub(super) fn of(draft: &Draft<'_>, id: &ClipId) -> Result<Self, CommandError> {
        let (track, clip) = draft.clip(id)?;
        match &clip.content {
            ClipContent::Midi(content) => {
                let content = content.clone();
                Ok(Self { track, clip, content })
            }
            ClipContent::Audio(_) => {
                let what = "an audio clip has no notes";
                Err(CommandError::refused(path(&track, &clip.id), what, "name a MIDI clip"))
            }
        }
    }

    pub(super) fn refused(&self, what: impl Into<String>, fix: impl Into<String>) -> CommandError {
        CommandError::refused(self.path(), what.into(), fix.into())
    }

    /// Where it is in the session.
    pub(super) fn path(&self) -> String {
        path(&self.track, &self.clip.id)
    }

    /// Puts the content in order and into the session.
    pub(super) fn put_back(mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        self.content.sort();
        let value = ClipValue::Content(ClipContent::Midi(self.content));
        draft.change(Change::Clip { track: self.track, clip: self.clip.id, value })
    }
}

/// Replaces the selected notes of a clip by what `edit` makes of them; refused where none are
/// selected.
pub(super) fn edit_notes(
    draft: &mut Draft<'_>,
    clip: &ClipId,
    select: &NoteSelection,
    edit: impl FnOnce(&MidiClip, Vec<Note>) -> Result<Vec<Note>, CommandError>,
) -> Result<(), CommandError> {
    let mut clip = MidiClip::of(draft, clip)?;
    let notes = std::mem::take(&mut clip.content.notes);
    let (selected, mut rest): (Vec<Note>, Vec<Note>) =
        notes.into_iter().partition(|note| select.holds(note));
    if selected.is_empty() {
        let fix = "widen the selection, or leave it out for all notes";
        return Err(clip.refused("no note of the clip is selected", fix));
    }
    rest.extend(edit(&clip, selected)?);
    clip.content.notes = rest;
    clip.put_back(draft)
}
