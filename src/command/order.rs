//! Keeps clips and automation points in order of position where the tempo or the rate changes.

use super::change::Items;
use super::clock::Clock;
use super::place::LaneOwner;
use super::{CommandError, Draft};
use crate::session::{AutomationPoint, Clip, Session};

/// Everyone that has automation.
pub(super) fn lane_owners(session: &Session) -> Vec<LaneOwner> {
    let tracks = session.tracks.iter().map(|track| LaneOwner::Track(track.id.clone()));
    let vcas = session.vcas.iter().map(|vca| LaneOwner::Vca(vca.id.clone()));
    std::iter::once(LaneOwner::Master).chain(tracks).chain(vcas).collect()
}

/// Sorts the clips of each track and the points of each lane that are out of order.
pub(super) fn restore(draft: &mut Draft<'_>) -> Result<(), CommandError> {
    let clock = Clock::of(draft)?;
    let by_start = |clip: &Clip| clock.samples(clip.start);
    let tracks: Vec<_> = draft.session().tracks.iter().map(|track| track.id.clone()).collect();
    for track in tracks {
        let clips = &draft.track(&track)?.clips;
        if !clips.is_sorted_by_key(by_start) {
            let mut items = clips.clone();
            items.sort_by_key(by_start);
            draft.splice(0, items.len(), Items::Clips { track, items })?;
        }
    }
    let by_place = |point: &AutomationPoint| clock.key(point.at);
    for track in lane_owners(draft.session()) {
        for index in 0..draft.lanes(&track)?.len() {
            let lane = &draft.lanes(&track)?[index];
            if !lane.points.is_sorted_by_key(by_place) {
                let (mut items, lane) = (lane.points.clone(), lane.id.clone());
                items.sort_by_key(by_place);
                draft.splice(
                    0,
                    items.len(),
                    Items::Points { track: track.clone(), lane, items },
                )?;
            }
        }
    }
    Ok(())
}
