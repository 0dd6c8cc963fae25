//! Commands of the mixer: volume, pan, mute, solo.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Change, SessionValue, TrackValue};
use super::place::ChainOwner;
use super::{CommandError, Draft, Op, is_false};
use crate::session::limits::{MAX_DB, MIN_DB};
use crate::session::{GroupKind, Track, TrackId};

/// Moves a fader; the faders of active mix groups follow by the same dB, as far as they go.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetVolume {
    /// The track, or `master`.
    pub track: ChainOwner,
    /// Level in dB, -144 (silence) to +36.
    pub volume_db: f64,
    /// Leaves the other members of its mix groups alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ungrouped: bool,
}

/// Sets the pan of a track, or the balance of a stereo one or the master.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPan {
    /// The track, or `master`.
    pub track: ChainOwner,
    /// -1 (left) to +1 (right).
    pub pan: f64,
}

/// Mutes or unmutes a track and the members of its active mix groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetMute {
    /// The track.
    pub track: TrackId,
    /// Not heard where true.
    pub mute: bool,
    /// Leaves the other members of its mix groups alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ungrouped: bool,
}

/// Solos or unsolos a track and the members of its active mix groups.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSolo {
    /// The track.
    pub track: TrackId,
    /// Soloed where true.
    pub solo: bool,
    /// Leaves the other members of its mix groups alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ungrouped: bool,
}

/// Sets whether another track's solo can silence a track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSoloSafe {
    /// The track.
    pub track: TrackId,
    /// Never silenced by another track's solo where true.
    pub solo_safe: bool,
}

/// The other members of the active groups of `kind` that `track` is in, in mixer order.
pub(super) fn linked(draft: &Draft<'_>, track: &TrackId, kind: GroupKind) -> Vec<TrackId> {
    let session = draft.session();
    let groups = || {
        let active = session.groups.iter().filter(|group| group.active && group.kind == kind);
        active.filter(|group| group.members.contains(track))
    };
    let joined = |other: &&Track| {
        other.id != *track && groups().any(|group| group.members.contains(&other.id))
    };
    session.tracks.iter().filter(joined).map(|other| other.id.clone()).collect()
}

fn mix_linked(draft: &Draft<'_>, track: &TrackId, ungrouped: bool) -> Vec<TrackId> {
    if ungrouped { Vec::new() } else { linked(draft, track, GroupKind::Mix) }
}

impl Op for SetVolume {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let ChainOwner::Track(id) = &self.track else {
            return draft.change(Change::Session(SessionValue::MasterVolumeDb(self.volume_db)));
        };
        let moved_db = self.volume_db - draft.track(id)?.volume_db;
        draft.set_track(id, TrackValue::VolumeDb(self.volume_db))?;
        for other in mix_linked(draft, id, self.ungrouped) {
            let volume_db = draft.track(&other)?.volume_db + moved_db;
            let volume_db = volume_db.clamp(MIN_DB, MAX_DB);
            draft.set_track(&other, TrackValue::VolumeDb(volume_db))?;
        }
        Ok(())
    }
}

impl Op for SetPan {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        match &self.track {
            ChainOwner::Master => draft.change(Change::Session(SessionValue::MasterPan(self.pan))),
            ChainOwner::Track(id) => draft.set_track(id, TrackValue::Pan(self.pan)),
        }
    }
}

impl Op for SetMute {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.set_track(&self.track, TrackValue::Mute(self.mute))?;
        for other in mix_linked(draft, &self.track, self.ungrouped) {
            draft.set_track(&other, TrackValue::Mute(self.mute))?;
        }
        Ok(())
    }
}

impl Op for SetSolo {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.set_track(&self.track, TrackValue::Solo(self.solo))?;
        for other in mix_linked(draft, &self.track, self.ungrouped) {
            draft.set_track(&other, TrackValue::Solo(self.solo))?;
        }
        Ok(())
    }
}

impl Op for SetSoloSafe {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.set_track(&self.track, TrackValue::SoloSafe(self.solo_safe))
    }
}
