//! Commands on take lanes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Items, TrackValue};
use super::clips::lift;
use super::{CommandError, Draft, Op, names};
use crate::session::{ClipId, TakeLane, TakeLaneId, TrackId};

/// Adds a take lane to a track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddTakeLane {
    /// The track.
    pub track: TrackId,
    /// Its id; made from the name where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TakeLaneId>,
    /// Its name for people.
    pub name: String,
}

/// Deletes a take lane and the clips on it; where it was the active one, none is then.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteTakeLane {
    /// The track.
    pub track: TrackId,
    /// The take lane.
    pub take_lane: TakeLaneId,
}

/// Chooses the take lane that is heard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ActivateTakeLane {
    /// The track.
    pub track: TrackId,
    /// The take lane; null is none.
    pub take_lane: Option<TakeLaneId>,
}

fn take_lane_index(
    draft: &Draft<'_>,
    track: &TrackId,
    id: &TakeLaneId,
) -> Result<usize, CommandError> {
    let lanes = &draft.track(track)?.take_lanes;
    lanes.iter().position(|lane| lane.id == *id).ok_or_else(|| {
        let there = lanes.iter().map(|lane| lane.id.as_str());
        CommandError::not_found(format!("tracks/{track}/take_lanes"), "take lane", id, there)
    })
}

impl Op for AddTakeLane {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let list = format!("tracks/{}/take_lanes", self.track);
        let lanes = &draft.track(&self.track)?.take_lanes;
        let taken = |id: &str| lanes.iter().any(|lane| lane.id.as_str() == id);
        let id = names::resolve(&mut self.id, (&list, "take lane"), &self.name, taken)?;
        let at = lanes.len();
        draft.note_created(format!("{list}/{id}"));
        let items = vec![TakeLane { id, name: self.name.clone() }];
        draft.splice(at, 0, Items::TakeLanes { track: self.track.clone(), items })
    }
}

impl Op for DeleteTakeLane {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let index = take_lane_index(draft, &self.track, &self.take_lane)?;
        let track = draft.track(&self.track)?;
        let active = track.active_take_lane.as_ref() == Some(&self.take_lane);
        let on_it = track.clips.iter().filter(|c| c.take_lane.as_ref() == Some(&self.take_lane));
        let clips: Vec<ClipId> = on_it.map(|clip| clip.id.clone()).collect();
        for clip in clips {
            lift(draft, &self.track, &clip)?;
        }
        if active {
            draft.set_track(&self.track, TrackValue::ActiveTakeLane(None))?;
        }
        draft.splice(index, 1, Items::TakeLanes { track: self.track.clone(), items: Vec::new() })
    }
}

impl Op for ActivateTakeLane {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        if let Some(lane) = &self.take_lane {
            take_lane_index(draft, &self.track, lane)?;
        }
        draft.set_track(&self.track, TrackValue::ActiveTakeLane(self.take_lane.clone()))
    }
}
