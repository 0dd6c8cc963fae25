//! What a frozen track's file was made from is not edited: the file would not be the track any more.

use super::CommandError;
use super::change::{Change, Items, Order};
use super::place::{ChainOwner, LaneOwner};
use super::value::{SessionValue, TrackValue};
use crate::session::{AutomationLane, AutomationTarget, LaneId, Session, Track, TrackId};

/// Refuses a change of a frozen track's clips, takes, channels, inserts and the automation of
/// those, and of what moves or colours every track: tempo, rate and seed.
///
/// Faders, sends, routing, names and order are free. So is what a frozen chain hears through its
/// sidechains: it holds what it heard.
pub(super) fn refuse(session: &Session, change: &Change) -> Result<(), CommandError> {
    let frozen =
        session.tracks.iter().find(|track| track.frozen.is_some() && reaches(change, track));
    let Some(track) = frozen else { return Ok(()) };
    let what = "is frozen, and this would change what it was frozen from";
    Err(CommandError::refused(format!("tracks/{}", track.id), what, "unfreeze it first"))
}

/// True where `change` reaches what the signal of `track` before its fader is made of.
fn reaches(change: &Change, track: &Track) -> bool {
    match change {
        Change::Session(value) => {
            matches!(value, SessionValue::SampleRate(_) | SessionValue::Seed(_))
        }
        Change::Track { track: of, value } => {
            *of == track.id
                && matches!(value, TrackValue::Layout(_) | TrackValue::ActiveTakeLane(_))
        }
        Change::Clip { track: of, .. } | Change::Move { list: Order::Clips { track: of }, .. } => {
            *of == track.id
        }
        Change::Insert { track: of, .. }
        | Change::Move { list: Order::Inserts { track: of }, .. } => is_chain(of, &track.id),
        Change::LaneMode { track: of, lane, .. } => is_chain_lane(of, lane, track),
        Change::Vca { .. } | Change::Move { list: Order::Tracks, .. } => false,
        Change::Splice { at, remove, insert } => items_reach(insert, (*at, *remove), track),
    }
}

fn items_reach(items: &Items, (at, remove): (usize, usize), track: &Track) -> bool {
    match items {
        Items::Tempo(_) => true,
        Items::Clips { track: of, .. } | Items::TakeLanes { track: of, .. } => *of == track.id,
        Items::Inserts { track: of, .. } => is_chain(of, &track.id),
        Items::Lanes { track: LaneOwner::Track(of), items } if *of == track.id => {
            let mut leaving = track.lanes.iter().skip(at).take(remove);
            leaving.any(is_of_insert) || items.iter().any(is_of_insert)
        }
        Items::Points { track: of, lane, .. } => is_chain_lane(of, lane, track),
        Items::Lanes { .. }
        | Items::Sends { .. }
        | Items::Signatures(_)
        | Items::Markers(_)
        | Items::Sections(_)
        | Items::Tracks(_)
        | Items::Vcas(_)
        | Items::Groups(_) => false,
    }
}

fn is_chain(owner: &ChainOwner, track: &TrackId) -> bool {
    matches!(owner, ChainOwner::Track(of) if of == track)
}

fn is_chain_lane(owner: &LaneOwner, lane: &LaneId, track: &Track) -> bool {
    matches!(owner, LaneOwner::Track(of) if *of == track.id)
        && track.lanes.iter().any(|found| found.id == *lane && is_of_insert(found))
}

fn is_of_insert(lane: &AutomationLane) -> bool {
    matches!(lane.target, AutomationTarget::Insert { .. })
}
