//! The clips of a track that are heard, as one stretch of notes and controllers.

use std::collections::BTreeMap;

use super::{SoundingNote, resolve_overlaps};
use crate::session::{
    Clip, ClipContent, ControllerLane, ControllerPoint, ControllerShape, ControllerTarget,
    ExpressionPoint, MidiContent, Note, SystemExclusive, TimeValue, Track,
};
use crate::time::{TempoMap, Ticks, nearest};

/// Most notes, values and repeats of loops that are looked at to make a track flat.
pub const MAX_FLAT_EVENTS: usize = 1 << 24;

/// Ticks between two steps of a straight course: a 64th of a quarter note.
const COURSE_STEP_TICKS: i64 = 240;

/// More than [`MAX_FLAT_EVENTS`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the clips of track '{track}' make more than {MAX_FLAT_EVENTS} notes and controller values: \
     loop less, or shorten the clips"
)]
pub struct TooManyEvents {
    /// The track.
    pub track: String,
}

/// What is heard of the MIDI clips of a track.
#[derive(Clone, Debug, PartialEq)]
pub struct FlatTrack {
    /// At ticks of the timeline, without loops, muted notes and courses between points.
    pub content: MidiContent,
    /// Where the last clip ends.
    pub end: Ticks,
}

/// The notes, controllers and system exclusive messages of `track` as a render plays them, in ticks:
/// clips and notes that are muted and take lanes that are not active are left out, clips cut what
/// they hold, loops are played as often as they sound, overlapping notes are resolved as the track
/// says, and straight courses become steps a 64th of a quarter note long. What lies in samples goes
/// to the tick in whose span it is.
pub fn flatten(track: &Track, tempo: &TempoMap) -> Result<FlatTrack, TooManyEvents> {
    let mut flat = Flat::default();
    let mut end = Ticks::ZERO;
    for clip in track.clips.iter().filter(|clip| track.is_heard(clip)) {
        let ClipContent::Midi(content) = &clip.content else { continue };
        let part = Part::of(clip, content, tempo);
        end = end.max(part.end);
        let fine: Vec<bool> = content.controllers.iter().map(has_fractions).collect();
        for repeat in part.repeats() {
            flat.add(&repeat, content, &fine);
            if flat.looked_at > MAX_FLAT_EVENTS {
                return Err(TooManyEvents { track: track.id.to_string() });
            }
        }
    }
    // Stable, as the renderer sorts: of notes that start together the first one stays first.
    flat.notes.sort_by_key(|note| note.start);
    let notes = resolve_overlaps(flat.notes, track.note_overlap).into_iter().map(note);
    let lanes = flat.lanes.into_iter();
    let controllers =
        lanes.map(|((channel, target), points)| ControllerLane { channel, target, points });
    let mut content = MidiContent {
        notes: notes.collect(),
        controllers: controllers.collect(),
        system_exclusive: flat.system_exclusive,
        ..MidiContent::default()
    };
    content.sort();
    Ok(FlatTrack { content, end })
}

/// What has been found so far.
#[derive(Default)]
struct Flat {
    notes: Vec<SoundingNote<Ticks>>,
    lanes: BTreeMap<(u8, ControllerTarget), Vec<ControllerPoint>>,
    system_exclusive: Vec<SystemExclusive>,
    /// Notes, their expressions, values, messages and repeats that were looked at.
    looked_at: usize,
}

/// Once through the content of a clip; all in ticks.
#[derive(Clone, Copy)]
struct Part {
    /// Where on the timeline the content's tick 0 is, or would be.
    origin: Ticks,
    /// The part of the content that is played.
    from: Ticks,
    to: Ticks,
    /// Where on the timeline it starts, and the tick behind it.
    start: Ticks,
    end: Ticks,
    every: Option<Ticks>,
}

impl Part {
    /// The first time through the content of `clip`, which ends with the clip.
    fn of(clip: &Clip, content: &MidiContent, tempo: &TempoMap) -> Self {
        let start = match clip.start {
            TimeValue::Ticks(ticks) => ticks,
            TimeValue::Samples(samples) => tempo.ticks_at(samples),
        };
        let end = match (clip.start, clip.length) {
            (TimeValue::Ticks(start), TimeValue::Ticks(length)) => start + length,
            (start, length) => tempo.ticks_at(tempo.length(start, length).1),
        };
        let (from, every) = (content.offset, content.loop_length);
        let to = every.map_or(Ticks(i64::MAX), |every| from + every);
        Self { origin: start - from, from, to, start, end, every }
    }

    /// Every time through it.
    fn repeats(self) -> impl Iterator<Item = Self> {
        let next = move |part: &Self| {
            let every = self.every?;
            let (start, origin) = (part.start + every, part.origin + every);
            (start < self.end).then_some(Self { start, origin, ..self })
        };
        let first = (self.start < self.end).then_some(self);
        let bounded = move |part: Self| {
            let end = self.every.map_or(part.end, |every| part.end.min(part.start + every));
            Self { end, ..part }
        };
        std::iter::successors(first, next).map(bounded)
    }
}

impl Flat {
    /// Adds what is heard in `part`; `fine` says of each lane whether it has fractions.
    fn add(&mut self, part: &Part, content: &MidiContent, fine: &[bool]) {
        self.looked_at += 1 + content.controllers.len() + content.system_exclusive.len();
        let first = content.notes.partition_point(|note| note.at < part.from);
        let after = content.notes.partition_point(|note| note.at < part.to);
        let inside = &content.notes[first..after];
        self.looked_at += inside.iter().map(|note| 1 + note.expression.len()).sum::<usize>();
        let heard = inside.iter().filter(|note| !note.mute);
        self.notes.extend(heard.filter_map(|note| sounding(note, part)));
        for (lane, fine) in content.controllers.iter().zip(fine) {
            self.lane(lane, part, *fine);
        }
        let messages = content.system_exclusive.iter().filter(|message| {
            message.at >= part.from && message.at < part.to && part.origin + message.at < part.end
        });
        for message in messages {
            self.looked_at += message.bytes.len();
            let at = part.origin + message.at;
            self.system_exclusive.push(SystemExclusive { at, bytes: message.bytes.clone() });
        }
    }

    fn lane(&mut self, lane: &ControllerLane, part: &Part, fine: bool) {
        let points = &lane.points;
        let first = points.partition_point(|point| point.at < part.from);
        let after = points.partition_point(|point| point.at < part.to);
        let at_start = points.get(first).is_some_and(|point| point.at == part.from);
        // From the last point before the part on, where its course reaches into it.
        let first = if at_start { first } else { first.saturating_sub(1) };
        if first >= after || part.start >= part.end {
            return;
        }
        let out = self.lanes.entry((lane.channel, lane.target)).or_default();
        for (index, point) in points.iter().enumerate().take(after).skip(first) {
            let from = part.origin + point.at;
            let next = points.get(index + 1).map(|next| (part.origin + next.at, next.value));
            let course = Course { from, value: point.value, next, target: lane.target, fine };
            let moves = point.shape == ControllerShape::Linear;
            self.looked_at += 1 + course.count(moves, part.start, part.end);
            if self.looked_at > MAX_FLAT_EVENTS {
                return;
            }
            course.steps(moves, part.start, part.end, out);
        }
    }
}

/// The note as it sounds in a part, where it does.
fn sounding(note: &Note, part: &Part) -> Option<SoundingNote<Ticks>> {
    let start = part.origin + note.at;
    let stop = (start + note.length).min(part.end);
    let changes = note.expression.iter().map(|point| (start + point.at, point.kind, point.value));
    (start < part.end && stop > start).then(|| SoundingNote {
        start,
        stop,
        channel: note.channel,
        key: note.key,
        velocity: f64::from(note.velocity),
        release_velocity: f64::from(note.release_velocity),
        expression: changes.take_while(|(at, ..)| *at < stop).collect(),
    })
}

/// The note of a clip that starts with the timeline.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Velocities are whole here.
fn note(note: SoundingNote<Ticks>) -> Note {
    let (start, stop) = (note.start, note.stop);
    let expression = note.expression.into_iter();
    let expression = expression
        .map(|(at, kind, value)| ExpressionPoint { at: at - start, kind, value })
        .collect();
    Note {
        channel: note.channel,
        release_velocity: note.release_velocity as u8,
        expression,
        ..Note::new(start, stop - start, note.key, note.velocity as u8)
    }
}

/// From a point of a lane to the next.
struct Course {
    from: Ticks,
    value: f64,
    next: Option<(Ticks, f64)>,
    target: ControllerTarget,
    fine: bool,
}

/// True where a lane has values that only pairs of controllers say.
fn has_fractions(lane: &ControllerLane) -> bool {
    lane.points.iter().any(|point| point.value.fract() != 0.0)
}

impl Course {
    /// About as many places as [`Self::steps`] looks at.
    fn count(&self, moves: bool, start: Ticks, end: Ticks) -> usize {
        let first = self.from.max(start);
        let to = self.next.filter(|_| moves).map_or(first, |(to, _)| to.min(end));
        usize::try_from((to - first).0 / COURSE_STEP_TICKS).unwrap_or(0)
    }

    /// Its values from `start` on and before `end`; where it `moves`, a step each where messages
    /// can tell it from the one before.
    fn steps(&self, moves: bool, start: Ticks, end: Ticks, out: &mut Vec<ControllerPoint>) {
        let mut push = |at: Ticks, value| {
            if at < end {
                out.push(ControllerPoint { at, value, shape: ControllerShape::Hold });
            }
        };
        let first = self.from.max(start);
        let Some((to, goal)) = self.next.filter(|(to, _)| moves && *to > first) else {
            return push(first, self.value);
        };
        let along = |at: i64| {
            let passed = (at - self.from.0) as f64 / (to.0 - self.from.0) as f64;
            self.value + (goal - self.value) * passed
        };
        let mut last = along(first.0);
        push(first, last);
        let mut at = (first.0.div_euclid(COURSE_STEP_TICKS) + 1) * COURSE_STEP_TICKS;
        while at < to.0.min(end.0) {
            let value = self.told(along(at));
            if value.to_bits() != last.to_bits() {
                push(Ticks(at), value);
                last = value;
            }
            at += COURSE_STEP_TICKS;
        }
    }

    /// The nearest value that messages can say.
    fn told(&self, value: f64) -> f64 {
        let steps = match self.target {
            ControllerTarget::PitchBend => 8_192.0,
            ControllerTarget::Controller(0..=31) if self.fine => 128.0,
            _ => 1.0,
        };
        nearest(value * steps) as f64 / steps
    }
}

#[cfg(test)]
mod tests;
