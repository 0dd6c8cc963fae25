//! Commands that cut and join clips: split, join, trim, crossfade.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::automation::describe;
use super::clip_ids::ClipIds;
use super::clip_lists::{lay, lift, path, replace, with_linked};
use super::clock::Clock;
use super::{CommandError, Draft, Op, cut, is_false, midi_parts};
use crate::session::{Clip, ClipContent, ClipId, Fade, FadeCurve, TimeValue, TrackId};
use crate::time::{MAX_POSITION, Samples};

/// Cuts a clip in two. Clips of the same start and length on the other members of its track's
/// active edit groups are cut with it.
///
/// Where a looped clip is cut inside a repeat, the rest of that repeat is a third clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitClip {
    /// The clip; the part before the cut keeps its id.
    pub clip: ClipId,
    /// Where, on the timeline.
    pub at: TimeValue,
    /// Ids of the parts behind the cut; made from the clip's where left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<ClipId>,
    /// Leaves the other members of the edit groups alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ungrouped: bool,
}

/// Joins clips that follow each other without a gap in what they play; the first one's id stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JoinClips {
    /// The clips in order, two or more.
    pub clips: Vec<ClipId>,
}

/// Moves a clip's start or end, or both; what it plays stays where it is. Clips of the same start
/// and length on the other members of its track's active edit groups are trimmed with it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TrimClip {
    /// The clip.
    pub clip: ClipId,
    /// Its new start on the timeline; stays where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<TimeValue>,
    /// Its new end on the timeline; stays where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub end: Option<TimeValue>,
    /// Leaves the other members of the edit groups alone.
    #[serde(default, skip_serializing_if = "is_false")]
    pub ungrouped: bool,
}

/// Fades one audio clip into the next on the same track.
///
/// Clips that overlap fade over their overlap; a length given trims the left one's end so that
/// they overlap by it. Clips that only touch need a length: the right one starts up to half of
/// it earlier, as far as its file allows, and the left one ends as much later as is still
/// lacking.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Crossfade {
    /// The clip that fades out.
    pub left: ClipId,
    /// The clip that fades in.
    pub right: ClipId,
    /// How long; the overlap where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<Samples>,
    /// The course of both fades.
    #[serde(default)]
    pub curve: FadeCurve,
}

impl Op for SplitClip {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let clock = Clock::of(draft)?;
        let mut ids = ClipIds::of(draft);
        let found = with_linked(draft, &self.clip, self.ungrouped)?;
        for (track, clip) in found {
            let path = path(&track, &clip.id);
            let (first, after) = clock.span(clip.start, clip.length);
            let at = clock.samples(clock.like(clip.start, self.at));
            if at <= first || at >= after {
                let what = format!("{} is not inside the clip", describe(self.at));
                let fix = format!("cut between samples {} and {}", first.0, after.0);
                return Err(CommandError::refused(path, what, fix));
            }
            let left = cut::before(&clock, &path, &clip, self.at)?;
            let mut parts = cut::from(&clock, &path, &clip, self.at)?;
            if clip.id == self.clip {
                ids.resolve(&mut self.ids, clip.id.as_str(), parts.len())?;
                for (part, id) in parts.iter_mut().zip(&self.ids) {
                    part.id = id.clone();
                }
            } else {
                ids.rename(&mut parts)?;
            }
            replace(draft, &clock, &track, left)?;
            for part in parts {
                draft.note_created(self::path(&track, &part.id));
                lay(draft, &clock, &track, part)?;
            }
        }
        Ok(())
    }
}

/// Why two clips cannot become one; none where they can.
fn obstacle(clock: &Clock, first: &Clip, second: &Clip) -> Option<(&'static str, &'static str)> {
    if clock.span(first.start, first.length).1 != clock.samples(second.start) {
        return Some(("they do not follow each other", "move or trim one to the other's end"));
    }
    if first.take_lane != second.take_lane {
        return Some(("they lie on different take lanes", "put them on one"));
    }
    if first.gain_db != second.gain_db || first.mute != second.mute {
        return Some(("their gain or mute differs", "make them equal with set_clip"));
    }
    if first.fade_out.length != Samples::ZERO || second.fade_in.length != Samples::ZERO {
        return Some(("there are fades between them", "take them off with set_clip"));
    }
    match (&first.content, &second.content) {
        (ClipContent::Midi(a), ClipContent::Midi(b)) => {
            let looped = a.loop_length.is_some() || b.loop_length.is_some();
            looped.then_some(("one of them is looped", "take the loop off with set_clip"))
        }
        (ClipContent::Audio(a), ClipContent::Audio(b)) => {
            let alike = a.file == b.file
                && a.loop_length == b.loop_length
                && a.reverse == b.reverse
                && a.stretch == b.stretch
                && a.pitch_semitones == b.pitch_semitones;
            let heard = |clip: &Clip| {
                let (first, after) = clock.span(clip.start, clip.length);
                after - first
            };
            let follows = match a.loop_length {
                Some(repeat) => {
                    a.offset == b.offset
                        && a.stretch == 1.0
                        && repeat.0 > 0
                        && heard(first).0 % repeat.0 == 0
                }
                None if a.reverse => a.offset == b.offset + cut::source_frames(b, heard(second)),
                None => b.offset == a.offset + cut::source_frames(a, heard(first)),
            };
            let what = "they do not play consecutive parts of one file in the same way";
            (!alike || !follows).then_some((what, "bounce them to a file instead"))
        }
        _ => Some(("one plays audio and one plays notes", "join clips of one kind")),
    }
}

fn joined(clock: &Clock, first: &Clip, second: &Clip) -> Clip {
    let mut whole = first.clone();
    whole.length = match (first.length, second.length) {
        (TimeValue::Ticks(a), TimeValue::Ticks(b)) => TimeValue::Ticks(a + b),
        (TimeValue::Samples(a), TimeValue::Samples(b)) => TimeValue::Samples(a + b),
        _ => {
            let (start, _) = clock.span(first.start, first.length);
            let (_, after) = clock.span(second.start, second.length);
            TimeValue::Samples(after - start)
        }
    };
    match (&mut whole.content, &second.content) {
        (ClipContent::Midi(content), ClipContent::Midi(more)) => {
            let border = clock.ticks(second.start) - clock.ticks(first.start);
            midi_parts::append(content, more, border);
        }
        (ClipContent::Audio(audio), ClipContent::Audio(more)) if audio.reverse => {
            audio.offset = more.offset;
        }
        _ => {}
    }
    whole.fade_out = second.fade_out.clone();
    whole
}

impl Op for JoinClips {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let Some((head, rest)) = self.clips.split_first().filter(|(_, rest)| !rest.is_empty())
        else {
            let what = "fewer than two clips";
            return Err(CommandError::refused("clips", what, "name two or more, in order"));
        };
        let clock = Clock::of(draft)?;
        let (track, mut whole) = draft.clip(head)?;
        for id in rest {
            let (other, next) = draft.clip(id)?;
            let path = path(&track, &whole.id);
            if other != track {
                let what = format!("'{id}' lies on track '{other}'");
                return Err(CommandError::refused(path, what, "join clips of one track"));
            }
            if let Some((what, fix)) = obstacle(&clock, &whole, &next) {
                let what = format!("cannot be joined with '{id}': {what}");
                return Err(CommandError::refused(path, what, fix));
            }
            whole = joined(&clock, &whole, &next);
            lift(draft, &track, id)?;
        }
        replace(draft, &clock, &track, whole)
    }
}

impl Op for TrimClip {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let clock = Clock::of(draft)?;
        for (track, clip) in with_linked(draft, &self.clip, self.ungrouped)? {
            let path = path(&track, &clip.id);
            let trimmed = cut::with_bounds(&clock, &path, &clip, self.start, self.end)?;
            replace(draft, &clock, &track, trimmed)?;
        }
        Ok(())
    }
}

/// Both clips on one track, the left one first, both audio.
fn pair(
    draft: &Draft<'_>,
    clock: &Clock,
    left: &ClipId,
    right: &ClipId,
) -> Result<(TrackId, Clip, Clip), CommandError> {
    let (track, first) = draft.clip(left)?;
    let (other, second) = draft.clip(right)?;
    let refuse = |what: &str, fix: &str| {
        Err(CommandError::refused(path(&track, left), format!("{what} '{right}'"), fix))
    };
    if other != track {
        return refuse("is not on the track of", "crossfade clips of one track");
    }
    let audio = |clip: &Clip| matches!(clip.content, ClipContent::Audio(_));
    if !audio(&first) || !audio(&second) {
        return refuse("cannot be crossfaded with", "only audio clips fade");
    }
    let (start, after) = clock.span(first.start, first.length);
    let (next, end) = clock.span(second.start, second.length);
    if next <= start || end <= after {
        return refuse("does not start and end before", "name the earlier clip as 'left'");
    }
    if next > after {
        return refuse("leaves a gap before", "move or trim one so that they touch");
    }
    Ok((track, first, second))
}

impl Op for Crossfade {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let clock = Clock::of(draft)?;
        let (track, mut left, mut right) = pair(draft, &clock, &self.left, &self.right)?;
        let path = path(&track, &self.left);
        let after = clock.span(left.start, left.length).1;
        let start = clock.samples(right.start);
        let overlap = after - start;
        let length = self.length.unwrap_or(overlap);
        if length <= Samples::ZERO || length > MAX_POSITION {
            let what = format!("a crossfade of {} samples", length.0);
            return Err(CommandError::refused(
                path,
                what,
                "give a length of 1 sample or more that fits the clips",
            ));
        }
        if overlap == Samples::ZERO {
            let earlier = Samples(length.0 / 2).min(room_before(&right));
            let at = Some(TimeValue::Samples(start - earlier));
            right = cut::with_bounds(&clock, &path, &right, at, None)?;
        }
        if length != overlap {
            let end = Some(TimeValue::Samples(clock.samples(right.start) + length));
            left = cut::with_bounds(&clock, &path, &left, None, end)?;
        }
        // Clips that follow the tempo end on a tick, so the overlap may differ by a little.
        let overlap = clock.span(left.start, left.length).1 - clock.samples(right.start);
        let (right_start, right_end) = clock.span(right.start, right.length);
        if overlap <= Samples::ZERO || overlap > right_end - right_start {
            let what = format!("a crossfade of {} samples does not fit", length.0);
            return Err(CommandError::refused(path, what, "choose another length"));
        }
        let fade = Fade { length: overlap, curve: self.curve };
        left.fade_out = fade.clone();
        right.fade_in = fade;
        replace(draft, &clock, &track, left)?;
        replace(draft, &clock, &track, right)
    }
}

/// Frames by which a clip can start earlier.
fn room_before(clip: &Clip) -> Samples {
    match &clip.content {
        ClipContent::Audio(audio) if audio.loop_length.is_some() || audio.stretch != 1.0 => {
            Samples::ZERO
        }
        ClipContent::Audio(audio) if !audio.reverse => audio.offset,
        _ => Samples(i64::MAX),
    }
}
