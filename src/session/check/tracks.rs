//! Checks of tracks, the master, VCAs and groups.

use super::report::{Place, Report, choices};
use super::{Context, automation, chain, clips, routing};
use crate::session::limits::{
    MAX_CLIPS, MAX_DB, MAX_FILE_BYTES, MAX_GROUPS, MAX_TAKE_LANES, MAX_TEXT_BYTES, MAX_TRACKS,
    MIN_DB,
};
use crate::session::{Frozen, Master, Session, Track, TrackKind};
use crate::time::{MAX_POSITION, Samples};

/// Ids that mean something else where a track is named.
const RESERVED: [&str; 2] = ["master", "none"];

pub(super) fn tracks(
    session: &Session,
    context: &Context<'_>,
    root: &Place<'_>,
    report: &mut Report,
) {
    let place = root.at("tracks");
    // What is too much to be checked in time is not checked further.
    if !report.count(&place, session.tracks.len(), MAX_TRACKS) {
        return;
    }
    report.unique(&place, session.tracks.iter().map(|track| track.id.as_str()));
    let all_clips = session.tracks.iter().flat_map(|track| &track.clips);
    report.unique(&root.at("clips"), all_clips.map(|clip| clip.id.as_str()));
    for track in &session.tracks {
        self::track(track, context, &place.at(track.id.as_str()), report);
    }
}

pub(super) fn track(track: &Track, context: &Context<'_>, place: &Place<'_>, report: &mut Report) {
    if RESERVED.contains(&track.id.as_str()) {
        report.add(place, format!("the id '{}' is reserved: choose another", track.id));
    }
    report.text(&place.at("name"), &track.name, MAX_TEXT_BYTES);
    report.range(&place.at("volume_db"), track.volume_db, MIN_DB..=MAX_DB, "dB");
    report.range(&place.at("pan"), track.pan, -1.0..=1.0, "");
    routing::output(track, context, place, report);
    chain::inserts(&track.inserts, context, place, report);
    routing::sends(&track.sends, context, place, report);
    take_lanes(track, place, report);
    if let Some(frozen) = &track.frozen {
        self::frozen(frozen, track, &place.at("frozen"), report);
    }
    let clips = place.at("clips");
    if report.count(&clips, track.clips.len(), MAX_CLIPS) {
        for clip in &track.clips {
            clips::clip(clip, track, context, &clips.at(clip.id.as_str()), report);
        }
    }
    let targets = automation::Targets::of_track(track);
    automation::lanes(&track.lanes, &targets, context, place, report);
}

fn frozen(frozen: &Frozen, track: &Track, place: &Place<'_>, report: &mut Report) {
    if frozen.file.is_empty() {
        report.add(&place.at("file"), "is empty: name a file, such as audio/bass-frozen.wav");
    }
    report.text(&place.at("file"), &frozen.file, MAX_FILE_BYTES);
    if frozen.tail < Samples::ZERO || frozen.tail > MAX_POSITION {
        let what = format!("{} is out of range: use 0 to 2^40 samples", frozen.tail.0);
        report.add(&place.at("tail"), what);
    }
    if matches!(track.kind, TrackKind::Group | TrackKind::Return) {
        report.add(
            place,
            "a group or return sounds as what feeds it: freeze the tracks that feed it instead",
        );
    }
    if let Some(insert) = track.inserts.iter().find(|insert| !insert.outputs.is_empty()) {
        let what = format!(
            "its insert '{}' has outputs to other tracks, which one file cannot hold: disconnect \
             them, or do not freeze the track",
            insert.id
        );
        report.add(place, what);
    }
}

fn take_lanes(track: &Track, place: &Place<'_>, report: &mut Report) {
    let lanes = place.at("take_lanes");
    if !report.count(&lanes, track.take_lanes.len(), MAX_TAKE_LANES) {
        return;
    }
    report.unique(&lanes, track.take_lanes.iter().map(|lane| lane.id.as_str()));
    for lane in &track.take_lanes {
        report.text(&lanes.at(lane.id.as_str()).at("name"), &lane.name, MAX_TEXT_BYTES);
    }
    let active = track.active_take_lane.as_ref();
    if let Some(id) = active.filter(|id| !track.take_lanes.iter().any(|lane| lane.id == **id)) {
        let choices = choices("take lanes", track.take_lanes.iter().map(|lane| lane.id.as_str()));
        report
            .add(&place.at("active_take_lane"), format!("there is no take lane '{id}': {choices}"));
    }
}

pub(super) fn master(
    master: &Master,
    context: &Context<'_>,
    place: &Place<'_>,
    report: &mut Report,
) {
    report.range(&place.at("volume_db"), master.volume_db, MIN_DB..=MAX_DB, "dB");
    report.range(&place.at("pan"), master.pan, -1.0..=1.0, "");
    chain::inserts(&master.inserts, context, place, report);
    chain::no_outputs(&master.inserts, place, report);
    let targets = automation::Targets::of_master(master);
    automation::lanes(&master.lanes, &targets, context, place, report);
}

pub(super) fn vcas_and_groups(
    session: &Session,
    context: &Context<'_>,
    root: &Place<'_>,
    report: &mut Report,
) {
    let vcas = root.at("vcas");
    if report.count(&vcas, session.vcas.len(), MAX_GROUPS) {
        report.unique(&vcas, session.vcas.iter().map(|vca| vca.id.as_str()));
        for vca in &session.vcas {
            let place = vcas.at(vca.id.as_str());
            report.text(&place.at("name"), &vca.name, MAX_TEXT_BYTES);
            report.range(&place.at("volume_db"), vca.volume_db, MIN_DB..=MAX_DB, "dB");
            routing::members(&vca.members, context, &place, report);
            automation::lanes(&vca.lanes, &automation::Targets::of_vca(), context, &place, report);
        }
    }
    let groups = root.at("groups");
    if report.count(&groups, session.groups.len(), MAX_GROUPS) {
        report.unique(&groups, session.groups.iter().map(|group| group.id.as_str()));
        for group in &session.groups {
            let place = groups.at(group.id.as_str());
            report.text(&place.at("name"), &group.name, MAX_TEXT_BYTES);
            routing::members(&group.members, context, &place, report);
        }
    }
}
