//! Checks of references from one track to another: outputs, sends, sidechains, members.

use super::Context;
use super::report::{Place, Report, choices};
use crate::session::limits::{MAX_DB, MAX_SENDS, MAX_TRACKS, MIN_DB};
use crate::session::{OutputTarget, Send, Sidechain, Track, TrackId, TrackKind};

pub(super) fn output(track: &Track, context: &Context<'_>, place: &Place<'_>, report: &mut Report) {
    let OutputTarget::Group(id) = &track.output else { return };
    if let Some(wrong) = wrong_kind(id, TrackKind::Group, context) {
        let groups = choices("groups", of_kind(context, TrackKind::Group));
        let what = format!("{wrong}: use master, none or a group; {groups}");
        report.add(&place.at("output"), what);
    }
}

pub(super) fn sends(sends: &[Send], context: &Context<'_>, owner: &Place<'_>, report: &mut Report) {
    let place = owner.at("sends");
    if !report.count(&place, sends.len(), MAX_SENDS) {
        return;
    }
    report.unique(&place, sends.iter().map(|send| send.id.as_str()));
    for send in sends {
        let place = place.at(send.id.as_str());
        report.range(&place.at("level_db"), send.level_db, MIN_DB..=MAX_DB, "dB");
        report.range(&place.at("pan"), send.pan, -1.0..=1.0, "");
        if let Some(wrong) = wrong_kind(&send.to, TrackKind::Return, context) {
            let returns = choices("returns", of_kind(context, TrackKind::Return));
            report.add(&place.at("to"), format!("{wrong}: send to a return; {returns}"));
        }
    }
}

pub(super) fn sidechain(
    sidechain: &Sidechain,
    context: &Context<'_>,
    place: &Place<'_>,
    report: &mut Report,
) {
    let id = sidechain.from.as_str();
    if !context.kinds.contains_key(id) {
        let tracks = choices("tracks", context.kinds.keys().copied());
        let what = format!("there is no track '{id}' to hear: {tracks}");
        report.add(&place.at("from"), what);
    }
}

pub(super) fn insert_output(
    to: &TrackId,
    context: &Context<'_>,
    place: &Place<'_>,
    report: &mut Report,
) {
    if wrong_kind(to, TrackKind::Return, context).is_none() {
        return;
    }
    if let Some(wrong) = wrong_kind(to, TrackKind::Group, context) {
        let buses = [TrackKind::Group, TrackKind::Return].into_iter();
        let buses = choices("groups and returns", buses.flat_map(|kind| of_kind(context, kind)));
        report.add(place, format!("{wrong}: route the output to a group or a return; {buses}"));
    }
}

pub(super) fn members(
    members: &[TrackId],
    context: &Context<'_>,
    owner: &Place<'_>,
    report: &mut Report,
) {
    let place = owner.at("members");
    if !report.count(&place, members.len(), MAX_TRACKS) {
        return;
    }
    report.unique(&place, members.iter().map(TrackId::as_str));
    for member in members {
        let id = member.as_str();
        if !context.kinds.contains_key(id) {
            let tracks = choices("tracks", context.kinds.keys().copied());
            report.add(&place.at(id), format!("there is no track '{id}': {tracks}"));
        }
    }
}

/// What is wrong with `id` where a track of `kind` is needed.
fn wrong_kind(id: &TrackId, kind: TrackKind, context: &Context<'_>) -> Option<String> {
    match context.kinds.get(id.as_str()) {
        Some(found) if *found == kind => None,
        Some(found) => {
            let found = match found {
                TrackKind::Audio => "an audio track",
                TrackKind::Instrument => "an instrument track",
                TrackKind::Group => "a group",
                TrackKind::Return => "a return",
            };
            Some(format!("'{id}' is {found}"))
        }
        None => Some(format!("there is no track '{id}'")),
    }
}

fn of_kind<'a>(context: &'a Context<'_>, kind: TrackKind) -> impl Iterator<Item = &'a str> {
    context.kinds.iter().filter(move |(_, found)| **found == kind).map(|(id, _)| *id)
}
