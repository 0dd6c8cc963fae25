//! Finding things by id, with an error that lists what there is.

use super::CommandError;
use super::place::{ChainOwner, LaneOwner};
use crate::session::{
    AutomationLane, Clip, ClipId, Insert, InsertId, LaneId, Session, Track, TrackId, Vca, VcaId,
};

pub(super) fn no_track(session: &Session, id: &TrackId) -> CommandError {
    CommandError::not_found("tracks", "track", id, session.tracks.iter().map(|t| t.id.as_str()))
}

pub(super) fn no_clip(path: &str, clips: &[Clip], id: &ClipId) -> CommandError {
    let there = clips.iter().map(|c| c.id.as_str());
    CommandError::not_found(format!("{path}/clips"), "clip", id, there)
}

pub(super) fn no_insert(owner: &ChainOwner, chain: &[Insert], id: &InsertId) -> CommandError {
    let there = chain.iter().map(|i| i.id.as_str());
    CommandError::not_found(format!("{}/inserts", owner.path()), "insert", id, there)
}

pub(super) fn no_lane(owner: &LaneOwner, lanes: &[AutomationLane], id: &LaneId) -> CommandError {
    let there = lanes.iter().map(|l| l.id.as_str());
    CommandError::not_found(format!("{}/lanes", owner.path()), "automation lane", id, there)
}

pub(super) fn no_vca(session: &Session, id: &VcaId) -> CommandError {
    CommandError::not_found("vcas", "VCA", id, session.vcas.iter().map(|v| v.id.as_str()))
}

pub(super) fn track<'s>(
    session: &'s mut Session,
    id: &TrackId,
) -> Result<&'s mut Track, CommandError> {
    match session.tracks.iter().position(|track| track.id == *id) {
        Some(index) => Ok(&mut session.tracks[index]),
        None => Err(no_track(session, id)),
    }
}

pub(super) fn clip<'s>(
    session: &'s mut Session,
    track_id: &TrackId,
    id: &ClipId,
) -> Result<&'s mut Clip, CommandError> {
    let clips = &mut track(session, track_id)?.clips;
    match clips.iter().position(|clip| clip.id == *id) {
        Some(index) => Ok(&mut clips[index]),
        None => Err(no_clip(&format!("tracks/{track_id}"), clips, id)),
    }
}

pub(super) fn chain<'s>(
    session: &'s mut Session,
    owner: &ChainOwner,
) -> Result<&'s mut Vec<Insert>, CommandError> {
    Ok(match owner {
        ChainOwner::Master => &mut session.master.inserts,
        ChainOwner::Track(id) => &mut track(session, id)?.inserts,
    })
}

pub(super) fn insert<'s>(
    session: &'s mut Session,
    owner: &ChainOwner,
    id: &InsertId,
) -> Result<&'s mut Insert, CommandError> {
    let chain = chain(session, owner)?;
    match chain.iter().position(|insert| insert.id == *id) {
        Some(index) => Ok(&mut chain[index]),
        None => Err(no_insert(owner, chain, id)),
    }
}

pub(super) fn vca<'s>(session: &'s mut Session, id: &VcaId) -> Result<&'s mut Vca, CommandError> {
    match session.vcas.iter().position(|vca| vca.id == *id) {
        Some(index) => Ok(&mut session.vcas[index]),
        None => Err(no_vca(session, id)),
    }
}

pub(super) fn lanes<'s>(
    session: &'s mut Session,
    owner: &LaneOwner,
) -> Result<&'s mut Vec<AutomationLane>, CommandError> {
    Ok(match owner {
        LaneOwner::Master => &mut session.master.lanes,
        LaneOwner::Track(id) => &mut track(session, id)?.lanes,
        LaneOwner::Vca(id) => &mut vca(session, id)?.lanes,
    })
}

pub(super) fn lane<'s>(
    session: &'s mut Session,
    owner: &LaneOwner,
    id: &LaneId,
) -> Result<&'s mut AutomationLane, CommandError> {
    let lanes = lanes(session, owner)?;
    match lanes.iter().position(|lane| lane.id == *id) {
        Some(index) => Ok(&mut lanes[index]),
        None => Err(no_lane(owner, lanes, id)),
    }
}
