//! Commands about the notes of tracks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::TrackValue;
use super::{CommandError, Draft, Op};
use crate::session::{NoteOverlap, TrackId};

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
