//! Check that no track hears itself: along outputs, those of inserts too, sends and sidechains.

use std::collections::BTreeMap;

use super::report::{Place, Report};
use crate::session::circle::find_circle;
use crate::session::limits::MAX_TRACKS;
use crate::session::{OutputTarget, Session, TrackId, TrackKind};

/// Reports a circle, if there is one; references to nothing, or to the wrong
/// kind of track, are reported elsewhere.
///
/// The sidechains of a bypassed insert carry nothing, and so close no circle; its outputs stay
/// connected.
pub(super) fn circles(session: &Session, root: &Place<'_>, report: &mut Report) {
    // What is too much to be checked in time is reported as that.
    if session.tracks.len() > MAX_TRACKS {
        return;
    }
    let tracks = session.tracks.iter().enumerate();
    let index: BTreeMap<&str, usize> =
        tracks.clone().map(|(index, track)| (track.id.as_str(), index)).collect();
    let input = |id: &TrackId, kind: TrackKind| {
        let found = index.get(id.as_str()).copied();
        found.filter(|index| session.tracks[*index].kind == kind)
    };
    let mut hears = vec![Vec::new(); session.tracks.len()];
    for (at, track) in tracks {
        let output = match &track.output {
            OutputTarget::Group(group) => input(group, TrackKind::Group),
            OutputTarget::Master | OutputTarget::None => None,
        };
        let sends = track.sends.iter().filter_map(|send| input(&send.to, TrackKind::Return));
        let routed = track.inserts.iter().flat_map(|insert| insert.outputs.values());
        let routed = routed
            .filter_map(|to| input(to, TrackKind::Group).or_else(|| input(to, TrackKind::Return)));
        for listener in output.into_iter().chain(sends).chain(routed) {
            hears[listener].push(at);
        }
        let inserts = track.inserts.iter().filter(|insert| !insert.bypass);
        let heard =
            inserts.flat_map(|insert| insert.sidechain.iter().chain(insert.sidechains.values()));
        hears[at].extend(heard.filter_map(|chain| index.get(chain.from.as_str()).copied()));
    }
    let Some(circle) = find_circle(&hears) else { return };
    let id = |index: usize| session.tracks[index].id.as_str();
    let names: Vec<String> = circle.iter().map(|at| format!("tracks/{}", id(*at))).collect();
    let what = format!(
        "signals run in a circle, {}: remove one of these outputs, sends or sidechains",
        names.join(" -> ")
    );
    report.add(&root.at("tracks").at(id(circle[0])), what);
}
