//! Commands on whole tracks: add, delete, rename, reorder, duplicate, route.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Change, Items, Order};
use super::clip_ids::ClipIds;
use super::value::{TrackValue, VcaValue};
use super::{CommandError, Draft, Op, names, references};
use crate::session::{ChannelLayout, OutputTarget, Track, TrackId, TrackKind};

/// Ids no track may have, since outputs and owners are written as one text.
const RESERVED: [&str; 2] = ["master", "none"];

/// Adds an empty track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddTrack {
    /// Its id; made from the name where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TrackId>,
    /// Its name for people.
    pub name: String,
    /// What it is.
    pub kind: TrackKind,
    /// Its channels.
    #[serde(default)]
    pub layout: ChannelLayout,
    /// Where its signal goes.
    #[serde(default)]
    pub output: OutputTarget,
    /// Its place in mixer order, from 0; last where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<usize>,
}

/// Deletes a track and what refers to it: what was routed to it takes its output, sends to it
/// and sidechains from it go, VCAs and groups lose it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteTrack {
    /// The track.
    pub track: TrackId,
}

/// Renames a track; its id stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RenameTrack {
    /// The track.
    pub track: TrackId,
    /// Its new name.
    pub name: String,
}

/// Moves a track to another place in mixer order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReorderTrack {
    /// The track.
    pub track: TrackId,
    /// Its place afterwards, from 0.
    pub index: usize,
}

/// Copies a track with everything on it, behind the original. Its clips get ids of their own;
/// VCAs move it too, since they are part of how it sounds; edit and mix groups do not link it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateTrack {
    /// The track.
    pub track: TrackId,
    /// The copy's id; made from its name where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<TrackId>,
    /// The copy's name; the original's where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// Routes a track to the master, to a group or nowhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetOutput {
    /// The track.
    pub track: TrackId,
    /// `master`, `none` or the id of a group track.
    pub output: OutputTarget,
}

/// Sets how many channels a track carries up to its fader.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetLayout {
    /// The track.
    pub track: TrackId,
    /// Its channels.
    pub layout: ChannelLayout,
}

fn track_taken<'d>(draft: &'d Draft<'_>) -> impl Fn(&str) -> bool + 'd {
    |id| RESERVED.contains(&id) || draft.session().tracks.iter().any(|t| t.id.as_str() == id)
}

/// Refuses an output that is no group or that would feed `track` its own signal.
fn check_output(
    draft: &Draft<'_>,
    track: &TrackId,
    output: &OutputTarget,
) -> Result<(), CommandError> {
    let mut next = output.clone();
    // No longer than there are tracks: a cycle elsewhere must not hold us.
    for _ in 0..=draft.session().tracks.len() {
        let OutputTarget::Group(group) = &next else { break };
        let path = format!("tracks/{track}/output");
        if group == track {
            let what = format!("going to '{output}' would feed the track its own signal");
            return Err(CommandError::refused(path, what, "choose master or another group"));
        }
        let Some(found) = draft.session().tracks.iter().find(|t| t.id == *group) else {
            return Err(CommandError::not_found(path, "group", group, groups(draft)));
        };
        if found.kind != TrackKind::Group {
            return Err(CommandError::not_found(path, "group", group, groups(draft)));
        }
        next = found.output.clone();
    }
    Ok(())
}

fn groups<'d>(draft: &'d Draft<'_>) -> impl Iterator<Item = &'d str> {
    let tracks = draft.session().tracks.iter();
    tracks.filter(|t| t.kind == TrackKind::Group).map(|t| t.id.as_str())
}

impl Op for AddTrack {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let id = names::resolve(&mut self.id, ("tracks", "track"), &self.name, track_taken(draft))?;
        check_output(draft, &id, &self.output)?;
        let count = draft.session().tracks.len();
        let index = self.index.unwrap_or(count);
        if index > count {
            return Err(no_place(&format!("tracks/{id}"), index, count));
        }
        let mut track = Track::new(id.clone(), self.name.clone(), self.kind);
        track.layout = self.layout;
        track.output = self.output.clone();
        draft.note_created(format!("tracks/{id}"));
        draft.splice(index, 0, Items::Tracks(vec![track]))
    }
}

pub(super) fn no_place(path: &str, index: usize, last: usize) -> CommandError {
    CommandError::refused(path, format!("there is no place {index}"), format!("use 0 to {last}"))
}

impl Op for DeleteTrack {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let index = draft.track_index(&self.track)?;
        references::drop_track(draft, &self.track)?;
        draft.splice(index, 1, Items::Tracks(Vec::new()))
    }
}

impl Op for RenameTrack {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.set_track(&self.track, TrackValue::Name(self.name.clone()))
    }
}

impl Op for ReorderTrack {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let from = draft.track_index(&self.track)?;
        let last = draft.session().tracks.len() - 1;
        if self.index > last {
            return Err(no_place(&format!("tracks/{}", self.track), self.index, last));
        }
        draft.change(Change::Move { list: Order::Tracks, from, to: self.index })
    }
}

impl Op for DuplicateTrack {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let index = draft.track_index(&self.track)?;
        let mut copy = draft.session().tracks[index].clone();
        if let Some(name) = &self.name {
            copy.name.clone_from(name);
        }
        let base = self.name.as_deref().unwrap_or(self.track.as_str());
        // Its random numbers are its own, which the file of another has not.
        copy.frozen = None;
        copy.id = names::resolve(&mut self.id, ("tracks", "track"), base, track_taken(draft))?;
        ClipIds::of(draft).rename(&mut copy.clips)?;
        let id = copy.id.clone();
        draft.note_created(format!("tracks/{id}"));
        draft.splice(index + 1, 0, Items::Tracks(vec![copy]))?;
        let vcas = draft.session().vcas.clone();
        for vca in vcas.into_iter().filter(|vca| vca.members.contains(&self.track)) {
            let mut members = vca.members;
            members.push(id.clone());
            draft.change(Change::Vca { vca: vca.id, value: VcaValue::Members(members) })?;
        }
        Ok(())
    }
}

impl Op for SetOutput {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.track(&self.track)?;
        check_output(draft, &self.track, &self.output)?;
        draft.set_track(&self.track, TrackValue::Output(self.output.clone()))
    }
}

impl Op for SetLayout {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.set_track(&self.track, TrackValue::Layout(self.layout))
    }
}
