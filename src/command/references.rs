//! What refers to a thing goes, or points elsewhere, when the thing is deleted.

use super::change::{Change, Items};
use super::place::{ChainOwner, LaneOwner};
use super::value::{InsertValue, TrackValue, VcaValue};
use super::{CommandError, Draft};
use crate::session::{AutomationTarget, Group, Insert, InsertId, OutputTarget, SendId, TrackId};

/// Prepares for the deletion of `gone`: nothing but itself refers to it afterwards.
pub(super) fn drop_track(draft: &mut Draft<'_>, gone: &TrackId) -> Result<(), CommandError> {
    let heir = draft.track(gone)?.output.clone();
    let others: Vec<TrackId> = draft.session().tracks.iter().map(|t| t.id.clone()).collect();
    for other in others.into_iter().filter(|other| other != gone) {
        let track = draft.track(&other)?;
        let fed = track.output == OutputTarget::Group(gone.clone());
        let sends: Vec<SendId> =
            track.sends.iter().filter(|s| s.to == *gone).map(|s| s.id.clone()).collect();
        if fed {
            draft.set_track(&other, TrackValue::Output(heir.clone()))?;
        }
        for send in sends {
            remove_send(draft, &other, &send)?;
        }
        drop_ports(draft, &ChainOwner::Track(other), gone)?;
    }
    drop_ports(draft, &ChainOwner::Master, gone)?;
    for vca in draft.session().vcas.clone() {
        if let Some(members) = without(&vca.members, gone) {
            draft.change(Change::Vca { vca: vca.id, value: VcaValue::Members(members) })?;
        }
    }
    for (index, group) in draft.session().groups.clone().into_iter().enumerate() {
        if let Some(members) = without(&group.members, gone) {
            draft.splice(index, 1, Items::Groups(vec![Group { members, ..group }]))?;
        }
    }
    Ok(())
}

/// The members without `gone`, where it is one.
fn without(members: &[TrackId], gone: &TrackId) -> Option<Vec<TrackId>> {
    members
        .contains(gone)
        .then(|| members.iter().filter(|member| *member != gone).cloned().collect())
}

/// Disconnects what the inserts of a chain hear from `gone` and what they feed it.
fn drop_ports(
    draft: &mut Draft<'_>,
    owner: &ChainOwner,
    gone: &TrackId,
) -> Result<(), CommandError> {
    let connected = draft.chain(owner)?.iter().map(|i| (i.id.clone(), connections(i, gone)));
    for (insert, values) in connected.collect::<Vec<(InsertId, Vec<InsertValue>)>>() {
        for value in values {
            let (track, insert) = (owner.clone(), insert.clone());
            draft.change(Change::Insert { track, insert, value })?;
        }
    }
    Ok(())
}

/// What disconnects `insert` from `gone`.
fn connections(insert: &Insert, gone: &TrackId) -> Vec<InsertValue> {
    let first = insert.sidechain.iter().filter(|heard| heard.from == *gone);
    let further = insert.sidechains.iter().filter(|(_, heard)| heard.from == *gone);
    let outputs = insert.outputs.iter().filter(|(_, to)| *to == gone);
    first
        .map(|_| InsertValue::Sidechain(None))
        .chain(
            further
                .map(|(port, _)| InsertValue::FurtherSidechain { port: port.clone(), value: None }),
        )
        .chain(outputs.map(|(port, _)| InsertValue::Output { port: port.clone(), value: None }))
        .collect()
}

/// A send's place on its track.
pub(super) fn send_index(
    draft: &Draft<'_>,
    track: &TrackId,
    send: &SendId,
) -> Result<usize, CommandError> {
    let sends = &draft.track(track)?.sends;
    sends.iter().position(|s| s.id == *send).ok_or_else(|| {
        let there = sends.iter().map(|s| s.id.as_str());
        CommandError::not_found(format!("tracks/{track}/sends"), "send", send, there)
    })
}

/// Removes a send and the automation of it.
pub(super) fn remove_send(
    draft: &mut Draft<'_>,
    track: &TrackId,
    send: &SendId,
) -> Result<(), CommandError> {
    let index = send_index(draft, track, send)?;
    drop_lanes(draft, &LaneOwner::Track(track.clone()), |target| match target {
        AutomationTarget::SendLevel(id)
        | AutomationTarget::SendPan(id)
        | AutomationTarget::SendMute(id) => id == send,
        _ => false,
    })?;
    draft.splice(index, 1, Items::Sends { track: track.clone(), items: Vec::new() })
}

/// Removes an insert and the automation of it.
pub(super) fn remove_insert(
    draft: &mut Draft<'_>,
    owner: &ChainOwner,
    gone: &InsertId,
) -> Result<(), CommandError> {
    let index = draft.insert_index(owner, gone)?;
    drop_lanes(
        draft,
        &owner.clone().into(),
        |target| matches!(target, AutomationTarget::Insert { insert, .. } if insert == gone),
    )?;
    draft.splice(index, 1, Items::Inserts { track: owner.clone(), items: Vec::new() })
}

fn drop_lanes(
    draft: &mut Draft<'_>,
    owner: &LaneOwner,
    gone: impl Fn(&AutomationTarget) -> bool,
) -> Result<(), CommandError> {
    while let Some(index) = draft.lanes(owner)?.iter().position(|lane| gone(&lane.target)) {
        draft.splice(index, 1, Items::Lanes { track: owner.clone(), items: Vec::new() })?;
    }
    Ok(())
}
