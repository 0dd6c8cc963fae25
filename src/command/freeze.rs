//! Commands that freeze a track and unfreeze it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::value::TrackValue;
use super::{CommandError, Draft, Op};
use crate::session::{Frozen, TrackId};
use crate::time::Samples;

/// Freezes a track: a file plays instead of its clips and inserts, which cannot be edited then.
/// Unfreeze it first to freeze it anew.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FreezeTrack {
    /// The track; no group or return.
    pub track: TrackId,
    /// The file: the track's signal before its fader, in time, from the start of the timeline.
    pub file: String,
    /// How long the chain may ring on after its input has ended, in samples.
    #[serde(default)]
    pub tail: Samples,
}

/// Unfreezes a track: its clips and inserts are heard again. The file stays where it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct UnfreezeTrack {
    /// The track.
    pub track: TrackId,
}

impl Op for FreezeTrack {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        if draft.track(&self.track)?.frozen.is_some() {
            let path = format!("tracks/{}", self.track);
            return Err(CommandError::refused(path, "is frozen already", "unfreeze it first"));
        }
        let frozen = Frozen { file: self.file.clone(), tail: self.tail };
        draft.set_track(&self.track, TrackValue::Frozen(Some(frozen)))
    }
}

impl Op for UnfreezeTrack {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        if draft.track(&self.track)?.frozen.is_none() {
            let path = format!("tracks/{}", self.track);
            return Err(CommandError::refused(path, "is not frozen", "there is nothing to do"));
        }
        draft.set_track(&self.track, TrackValue::Frozen(None))
    }
}
