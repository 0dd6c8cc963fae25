//! Ids of new clips, which are unique in the whole session.

use std::collections::BTreeSet;

use super::{CommandError, Draft, names};
use crate::session::{Clip, ClipId};

/// The clip ids taken so far.
pub(super) struct ClipIds(BTreeSet<String>);

impl ClipIds {
    pub(super) fn of(draft: &Draft<'_>) -> Self {
        let clips = draft.session().tracks.iter().flat_map(|track| &track.clips);
        Self(clips.map(|clip| clip.id.to_string()).collect())
    }

    /// A free id made from `base`.
    pub(super) fn next(&mut self, base: &str) -> Result<ClipId, CommandError> {
        let id: ClipId = names::fresh("clips", "clip", base, |id| self.0.contains(id))?;
        self.0.insert(id.to_string());
        Ok(id)
    }

    /// Fills `given` with `count` ids made from `base`, or checks those it has.
    pub(super) fn resolve(
        &mut self,
        given: &mut Vec<ClipId>,
        base: &str,
        count: usize,
    ) -> Result<(), CommandError> {
        if given.is_empty() {
            for _ in 0..count {
                given.push(self.next(base)?);
            }
            return Ok(());
        }
        if given.len() != count {
            let what = format!("{} ids for {count} new clips", given.len());
            return Err(CommandError::refused("clips", what, "give one each, or none"));
        }
        for id in given.iter() {
            if !self.0.insert(id.to_string()) {
                let id = id.to_string();
                return Err(CommandError::Exists { path: format!("clips/{id}"), kind: "clip", id });
            }
        }
        Ok(())
    }

    /// Gives copies ids of their own.
    pub(super) fn rename(&mut self, copies: &mut [Clip]) -> Result<(), CommandError> {
        for clip in copies {
            clip.id = self.next(clip.id.as_str())?;
        }
        Ok(())
    }
}
