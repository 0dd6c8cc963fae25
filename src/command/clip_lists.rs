//! Clips in the lists of their tracks: laying, lifting and replacing them, in order of position.

use super::change::{Change, Items, Order};
use super::clock::Clock;
use super::mixer::linked;
use super::value::ClipValue;
use super::{CommandError, Draft, slot};
use crate::session::{Clip, ClipContent, ClipId, GroupKind, TrackId, TrackKind};

/// The path of a clip.
pub(super) fn path(track: &TrackId, clip: &ClipId) -> String {
    format!("tracks/{track}/clips/{clip}")
}

/// Refuses a clip on a track that cannot play it.
pub(super) fn check_kind(
    draft: &Draft<'_>,
    track: &TrackId,
    clip: &Clip,
) -> Result<(), CommandError> {
    let (wanted, what, fix) = match clip.content {
        ClipContent::Audio(_) => (TrackKind::Audio, "plays no audio clips", "an audio track"),
        ClipContent::Midi(_) => {
            (TrackKind::Instrument, "plays no note clips", "an instrument track")
        }
    };
    if draft.track(track)?.kind == wanted {
        return Ok(());
    }
    let what = format!("track '{track}' {what}");
    Err(CommandError::refused(path(track, &clip.id), what, format!("choose {fix}")))
}

/// Lays a clip on a track, behind those that start where it does.
pub(super) fn lay(
    draft: &mut Draft<'_>,
    clock: &Clock,
    track: &TrackId,
    clip: Clip,
) -> Result<(), CommandError> {
    let start = clock.samples(clip.start);
    let clips = &draft.track(track)?.clips;
    let at = clips.partition_point(|other| clock.samples(other.start) <= start);
    draft.splice(at, 0, Items::Clips { track: track.clone(), items: vec![clip] })
}

/// Takes a clip off its track.
pub(super) fn lift(
    draft: &mut Draft<'_>,
    track: &TrackId,
    clip: &ClipId,
) -> Result<(), CommandError> {
    let clips = &draft.track(track)?.clips;
    let Some(at) = clips.iter().position(|other| other.id == *clip) else {
        return Err(slot::no_clip(&format!("tracks/{track}"), clips, clip));
    };
    draft.splice(at, 1, Items::Clips { track: track.clone(), items: Vec::new() })
}

/// Gives a clip what `edited` differs in, and its place in the track's order.
pub(super) fn replace(
    draft: &mut Draft<'_>,
    clock: &Clock,
    track: &TrackId,
    edited: Clip,
) -> Result<(), CommandError> {
    let clips = &draft.track(track)?.clips;
    let Some(from) = clips.iter().position(|other| other.id == edited.id) else {
        return Err(slot::no_clip(&format!("tracks/{track}"), clips, &edited.id));
    };
    let start = clock.samples(edited.start);
    let others = clips.iter().filter(|other| other.id != edited.id);
    let to = others.take_while(|other| clock.samples(other.start) <= start).count();
    let old = clips[from].clone();
    let id = old.id;
    let values = [
        (old.name != edited.name).then_some(ClipValue::Name(edited.name)),
        (old.content != edited.content).then_some(ClipValue::Content(edited.content)),
        (old.length != edited.length).then_some(ClipValue::Length(edited.length)),
        (old.gain_db != edited.gain_db).then_some(ClipValue::GainDb(edited.gain_db)),
        (old.fade_in != edited.fade_in).then_some(ClipValue::FadeIn(edited.fade_in)),
        (old.fade_out != edited.fade_out).then_some(ClipValue::FadeOut(edited.fade_out)),
        (old.mute != edited.mute).then_some(ClipValue::Mute(edited.mute)),
        (old.take_lane != edited.take_lane).then_some(ClipValue::TakeLane(edited.take_lane)),
    ];
    for value in values.into_iter().flatten() {
        draft.change(Change::Clip { track: track.clone(), clip: id.clone(), value })?;
    }
    if old.start == edited.start {
        return Ok(());
    }
    let value = ClipValue::Start(edited.start);
    draft.change(Change::Clip { track: track.clone(), clip: id, value })?;
    if from == to {
        return Ok(());
    }
    draft.change(Change::Move { list: Order::Clips { track: track.clone() }, from, to })
}

/// A clip, and those of the same start and length that its track's active edit groups link to it.
pub(super) fn with_linked(
    draft: &Draft<'_>,
    clip: &ClipId,
    ungrouped: bool,
) -> Result<Vec<(TrackId, Clip)>, CommandError> {
    let (track, clip) = draft.clip(clip)?;
    let members = if ungrouped { Vec::new() } else { linked(draft, &track, GroupKind::Edit) };
    let mut found = vec![(track, clip.clone())];
    for member in members {
        let same = |other: &&Clip| other.start == clip.start && other.length == clip.length;
        let clips = draft.track(&member)?.clips.iter().filter(same).cloned();
        found.extend(clips.map(|other| (member.clone(), other)));
    }
    Ok(found)
}
