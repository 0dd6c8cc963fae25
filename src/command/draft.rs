//! A draft: a session under edit, every change of which can be taken back.
//!
//! Commands reach the session only through here, so that none can forget its inverse or the
//! paths it touched, and so that whatever fails halfway leaves nothing behind.

use std::collections::BTreeSet;

use super::change::{Change, Items};
use super::place::{ChainOwner, LaneOwner};
use super::value::TrackValue;
use super::{CommandError, frozen, slot, touched};
use crate::session::{
    AutomationLane, Clip, ClipId, Insert, InsertId, LaneId, Session, Track, TrackId, Vca, VcaId,
};

/// A session under edit.
pub(super) struct Draft<'s> {
    session: &'s mut Session,
    inverses: Vec<Change>,
    touched: BTreeSet<String>,
    created: Vec<String>,
}

/// What a finished draft leaves behind.
pub(super) struct Finished {
    /// Changes that take it back, in the order they are to be applied.
    pub inverse: Vec<Change>,
    /// Paths of what was changed.
    pub touched: Vec<String>,
    /// Paths of what was made.
    pub created: Vec<String>,
}

impl<'s> Draft<'s> {
    pub(super) fn new(session: &'s mut Session) -> Self {
        Self { session, inverses: Vec::new(), touched: BTreeSet::new(), created: Vec::new() }
    }

    /// The session as it is now.
    pub(super) fn session(&self) -> &Session {
        self.session
    }

    /// Applies `change` and remembers how to take it back.
    pub(super) fn change(&mut self, change: Change) -> Result<(), CommandError> {
        frozen::refuse(self.session, &change)?;
        touched::add_paths(&change, &mut self.touched);
        let inverse = change.apply(self.session)?;
        touched::add_paths(&inverse, &mut self.touched);
        self.inverses.push(inverse);
        Ok(())
    }

    /// Notes that a command made the thing at `path`.
    pub(super) fn note_created(&mut self, path: String) {
        self.created.push(path);
    }

    /// Paths touched so far.
    pub(super) fn touched(&self) -> &BTreeSet<String> {
        &self.touched
    }

    /// Takes everything back.
    pub(super) fn roll_back(self) {
        for inverse in self.inverses.into_iter().rev() {
            // Each inverse is applied to the very state it came from, which it fits.
            let fits = inverse.apply(self.session);
            debug_assert!(fits.is_ok(), "{fits:?}");
        }
    }

    pub(super) fn finish(self) -> Finished {
        Finished {
            inverse: self.inverses.into_iter().rev().collect(),
            touched: self.touched.into_iter().collect(),
            created: self.created,
        }
    }

    pub(super) fn splice(
        &mut self,
        at: usize,
        remove: usize,
        insert: Items,
    ) -> Result<(), CommandError> {
        self.change(Change::Splice { at, remove, insert })
    }

    pub(super) fn set_track(
        &mut self,
        track: &TrackId,
        value: TrackValue,
    ) -> Result<(), CommandError> {
        self.change(Change::Track { track: track.clone(), value })
    }

    pub(super) fn track_index(&self, id: &TrackId) -> Result<usize, CommandError> {
        let found = self.session.tracks.iter().position(|track| track.id == *id);
        found.ok_or_else(|| slot::no_track(self.session, id))
    }

    pub(super) fn track(&self, id: &TrackId) -> Result<&Track, CommandError> {
        Ok(&self.session.tracks[self.track_index(id)?])
    }

    /// The track a clip lies on, and its place there.
    pub(super) fn find_clip(&self, id: &ClipId) -> Result<(&Track, usize), CommandError> {
        for track in &self.session.tracks {
            if let Some(index) = track.clips.iter().position(|clip| clip.id == *id) {
                return Ok((track, index));
            }
        }
        let there = self.session.tracks.iter().flat_map(|t| &t.clips).map(|c| c.id.as_str());
        Err(CommandError::not_found("tracks/*/clips", "clip", id, there))
    }

    /// The clip and the id of the track it lies on.
    pub(super) fn clip(&self, id: &ClipId) -> Result<(TrackId, Clip), CommandError> {
        let (track, index) = self.find_clip(id)?;
        Ok((track.id.clone(), track.clips[index].clone()))
    }

    pub(super) fn chain(&self, owner: &ChainOwner) -> Result<&[Insert], CommandError> {
        Ok(match owner {
            ChainOwner::Master => &self.session.master.inserts,
            ChainOwner::Track(id) => &self.track(id)?.inserts,
        })
    }

    pub(super) fn insert_index(
        &self,
        owner: &ChainOwner,
        id: &InsertId,
    ) -> Result<usize, CommandError> {
        let chain = self.chain(owner)?;
        let found = chain.iter().position(|insert| insert.id == *id);
        found.ok_or_else(|| slot::no_insert(owner, chain, id))
    }

    pub(super) fn insert(
        &self,
        owner: &ChainOwner,
        id: &InsertId,
    ) -> Result<&Insert, CommandError> {
        Ok(&self.chain(owner)?[self.insert_index(owner, id)?])
    }

    pub(super) fn vca_index(&self, id: &VcaId) -> Result<usize, CommandError> {
        let found = self.session.vcas.iter().position(|vca| vca.id == *id);
        found.ok_or_else(|| slot::no_vca(self.session, id))
    }

    pub(super) fn vca(&self, id: &VcaId) -> Result<&Vca, CommandError> {
        Ok(&self.session.vcas[self.vca_index(id)?])
    }

    pub(super) fn lanes(&self, owner: &LaneOwner) -> Result<&[AutomationLane], CommandError> {
        Ok(match owner {
            LaneOwner::Master => &self.session.master.lanes,
            LaneOwner::Track(id) => &self.track(id)?.lanes,
            LaneOwner::Vca(id) => &self.vca(id)?.lanes,
        })
    }

    pub(super) fn lane_index(&self, owner: &LaneOwner, id: &LaneId) -> Result<usize, CommandError> {
        let lanes = self.lanes(owner)?;
        let found = lanes.iter().position(|lane| lane.id == *id);
        found.ok_or_else(|| slot::no_lane(owner, lanes, id))
    }

    pub(super) fn lane(
        &self,
        owner: &LaneOwner,
        id: &LaneId,
    ) -> Result<&AutomationLane, CommandError> {
        Ok(&self.lanes(owner)?[self.lane_index(owner, id)?])
    }
}
