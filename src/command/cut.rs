//! Cutting clips: the same sound between other bounds, whatever the timebases.
//!
//! Nothing that stays audible moves: where a clip's start moves, the place it plays its file
//! from (or its notes) moves along. A note that sounds across a new end is kept whole and ends
//! with the clip, so that joining or extending it again loses nothing.

use super::CommandError;
use super::automation::describe;
use super::clock::Clock;
use super::midi_parts;
use crate::session::{AudioContent, Clip, ClipContent, Fade, TimeValue};
use crate::time::Samples;

/// `clip` with another start or end; fades stay at its ends, as long as they fit.
pub(super) fn with_bounds(
    clock: &Clock,
    path: &str,
    clip: &Clip,
    start: Option<TimeValue>,
    end: Option<TimeValue>,
) -> Result<Clip, CommandError> {
    let mut cut = clip.clone();
    cut.start = start.map_or(clip.start, |start| clock.like(clip.start, start));
    let old_end = clock.end(clip.start, clip.length);
    cut.length = length(clock, clip, cut.start, end.unwrap_or(old_end));
    let (old_first, old_after) = clock.span(clip.start, clip.length);
    let (first, after) = clock.span(cut.start, cut.length);
    if after <= first {
        let what = format!("nothing would be left from {} on", describe(cut.start));
        return Err(CommandError::refused(path, what, "choose a start before the end"));
    }
    match &mut cut.content {
        ClipContent::Audio(audio) => {
            trim_audio(path, audio, first - old_first, old_after - after)?;
        }
        ClipContent::Midi(content) => {
            let moved = clock.ticks(cut.start) - clock.ticks(clip.start);
            midi_parts::begin_later(path, content, moved)?;
        }
    }
    fit_fades(&mut cut, after - first);
    Ok(cut)
}

/// The length from `start` to `end` in the timebase of the clip's length; in samples where the
/// start is in samples, since only they tell it exactly.
fn length(clock: &Clock, clip: &Clip, start: TimeValue, end: TimeValue) -> TimeValue {
    let like = match start {
        TimeValue::Samples(_) => start,
        TimeValue::Ticks(_) => clip.length,
    };
    clock.between(like, start, end)
}

/// Moves the part an audio clip plays by what its start and end lost, in frames heard.
fn trim_audio(
    path: &str,
    audio: &mut AudioContent,
    from_start: Samples,
    from_end: Samples,
) -> Result<(), CommandError> {
    if audio.loop_length.is_some() {
        return match phase(audio, from_start) {
            Samples(0) => Ok(()),
            _ => Err(CommandError::refused(
                path,
                "a looped clip would start inside a repeat",
                "move its start by whole repeats, or take the loop off",
            )),
        };
    }
    let moved = source_frames(audio, if audio.reverse { from_end } else { from_start });
    let offset = audio.offset + moved;
    if offset < Samples::ZERO {
        let what = format!("the file begins {} frames too late for that", -offset.0);
        let side = if audio.reverse { "end earlier" } else { "start later" };
        return Err(CommandError::refused(path, what, format!("let the clip {side}")));
    }
    audio.offset = offset;
    Ok(())
}

/// Frames of the file behind `heard` frames of the clip.
pub(super) fn source_frames(audio: &AudioContent, heard: Samples) -> Samples {
    if audio.stretch == 1.0 { heard } else { scaled(heard, 1.0 / audio.stretch) }
}

/// `length` times `factor`, to the nearest sample.
pub(super) fn scaled(length: Samples, factor: f64) -> Samples {
    // A float cast saturates; lengths beyond 2^53 are refused with the session.
    #[allow(clippy::cast_possible_truncation)]
    let scaled = (length.0 as f64 * factor).round() as i64;
    Samples(scaled)
}

/// How far `heard` frames lie inside a repeat of a looped clip.
fn phase(audio: &AudioContent, heard: Samples) -> Samples {
    let repeat = repeat(audio);
    if repeat.0 > 0 { Samples(heard.0.rem_euclid(repeat.0)) } else { Samples::ZERO }
}

/// Frames heard a repeat.
fn repeat(audio: &AudioContent) -> Samples {
    let frames = audio.loop_length.unwrap_or(Samples::ZERO);
    if audio.stretch == 1.0 { frames } else { scaled(frames, audio.stretch) }
}

fn fit_fades(clip: &mut Clip, length: Samples) {
    clip.fade_in.length = clip.fade_in.length.min(length);
    clip.fade_out.length = clip.fade_out.length.min(length);
}

/// The part of `clip` before `at`.
pub(super) fn before(
    clock: &Clock,
    path: &str,
    clip: &Clip,
    at: TimeValue,
) -> Result<Clip, CommandError> {
    let at = clock.like(clip.start, at);
    let mut left = with_bounds(clock, path, clip, None, Some(at))?;
    if let ClipContent::Midi(content) = &mut left.content {
        midi_parts::end(content, clock.ticks(at) - clock.ticks(clip.start));
    }
    left.fade_out = Fade::default();
    Ok(left)
}

/// The part of `clip` from `at` on: one piece, or two where a loop is cut inside a repeat (the
/// rest of that repeat, and the repeats after it).
pub(super) fn from(
    clock: &Clock,
    path: &str,
    clip: &Clip,
    at: TimeValue,
) -> Result<Vec<Clip>, CommandError> {
    let at = clock.like(clip.start, at);
    let (first, after) = clock.span(clip.start, clip.length);
    let cut = clock.samples(at);
    let inside = match &clip.content {
        ClipContent::Audio(audio) if audio.loop_length.is_some() => phase(audio, cut - first),
        _ => Samples::ZERO,
    };
    if inside == Samples::ZERO {
        let mut right = with_bounds(clock, path, clip, Some(at), None)?;
        right.fade_in = Fade::default();
        return Ok(vec![right]);
    }
    let ClipContent::Audio(audio) = &clip.content else { return Ok(Vec::new()) };
    let border = (cut + repeat(audio) - inside).min(after);
    let mut rest = clip.clone();
    let mut played = audio.clone();
    played.loop_length = None;
    if !played.reverse {
        played.offset += source_frames(audio, inside);
    } else {
        // Backwards, what is left of a repeat is the beginning of its part of the file.
        let hidden = repeat(audio) - inside - (border - cut);
        played.offset += source_frames(audio, hidden);
    }
    rest.content = ClipContent::Audio(played);
    rest.start = at;
    rest.length = TimeValue::Samples(border - cut);
    rest.fade_in = Fade::default();
    if border == after {
        fit_fades(&mut rest, border - cut);
        return Ok(vec![rest]);
    }
    rest.fade_out = Fade::default();
    let mut repeats = clip.clone();
    repeats.start = TimeValue::Samples(border);
    repeats.length = TimeValue::Samples(after - border);
    repeats.fade_in = Fade::default();
    fit_fades(&mut repeats, after - border);
    Ok(vec![rest, repeats])
}
