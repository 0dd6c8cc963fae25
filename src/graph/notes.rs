//! The notes, controllers and system exclusive messages of a track's clips as events on the timeline.

use super::error::CompileError;
use crate::midi::{SoundingNote, resolve_overlaps};
use crate::process::{CONTROL_GRID_FRAMES, Event, EventKind, ExclusivePart};
use crate::session::{
    Clip, ClipContent, ControllerLane, ControllerShape, MidiContent, Note, TimeValue, Track,
};
use crate::time::{Samples, TempoMap, Ticks};

/// Most events of a track, and what is looked at to find them: loops and ramps of controllers can
/// make many of a few numbers.
pub const MAX_TRACK_EVENTS: usize = 1 << 24;

/// The events of the clips that are heard, in order of (sample, rank, note number).
///
/// A note sounds where it starts inside its clip, or inside its repeat; it ends with it at the
/// latest. A controller's value at the beginning of a clip, or of a repeat, is the one its lane has
/// there. Notes are numbered in the order in which they start, so that a note that is added later
/// changes nothing about those before it.
pub(super) fn events(
    path: &str,
    track: &Track,
    tempo: &TempoMap,
) -> Result<Vec<Event>, CompileError> {
    let mut notes = Vec::new();
    let mut events = Vec::new();
    // What was looked at counts as well: a loop of nothing is no event, and as long as any.
    let mut looked_at = 0;
    for clip in track.clips.iter().filter(|clip| track.is_heard(clip)) {
        let ClipContent::Midi(content) = &clip.content else { continue };
        for repeat in repeats(clip, content, tempo) {
            looked_at += 1 + content.controllers.len();
            looked_at += repeat.notes(content, tempo, &mut notes);
            repeat.controllers(content, tempo, &mut events);
            looked_at += content.system_exclusive.len();
            repeat.system_exclusive(content, tempo, &mut events);
            if looked_at + events.len() > MAX_TRACK_EVENTS {
                return Err(CompileError::TooManyEvents {
                    path: format!("{path}/clips/{}", clip.id),
                    limit: MAX_TRACK_EVENTS,
                });
            }
        }
    }
    // Stable: of notes that start together the one written first comes first.
    notes.sort_by_key(|note: &SoundingNote| note.start);
    for (number, note) in (0_u64..).zip(resolve_overlaps(notes, track.note_overlap)) {
        push_note(number, &note, &mut events);
    }
    events.sort_by_key(|event| (event.at, event.kind.rank()));
    Ok(events)
}

/// Once through the content of a clip.
struct Repeat {
    /// Where on the timeline the content's tick 0 is, or would be.
    origin: Ticks,
    /// The part of the content that is played.
    from: Ticks,
    to: Ticks,
    /// First sample.
    start: Samples,
    /// One past the last sample.
    end: Samples,
}

/// The repeats of a clip; one where it is not looped.
fn repeats(
    clip: &Clip,
    content: &MidiContent,
    tempo: &TempoMap,
) -> impl Iterator<Item = Repeat> + use<> {
    let (clip_start, clip_end) = tempo.length(clip.start, clip.length);
    let start = match clip.start {
        TimeValue::Ticks(ticks) => ticks,
        TimeValue::Samples(samples) => tempo.ticks_at(samples),
    };
    let (offset, every) = (content.offset, content.loop_length);
    let tempo = tempo.clone();
    let repeat = move |number: i64| {
        let moved = every.map_or(Ticks::ZERO, |every| Ticks(every.0.saturating_mul(number)));
        let origin = start + moved - offset;
        let to = every.map_or(Ticks(i64::MAX), |every| offset + every);
        // The clip's own start in samples is exact, where ticks may not be.
        let first = if number == 0 { clip_start } else { tempo.samples_at(start + moved) };
        let end = every.map_or(clip_end, |_| tempo.samples_at(origin + to).min(clip_end));
        Repeat { origin, from: offset, to, start: first, end }
    };
    let count = if every.is_some() { i64::MAX } else { 1 };
    (0..count).map(repeat).take_while(move |repeat| repeat.start < clip_end)
}

impl Repeat {
    /// Adds the notes that sound; returns how many notes and expressions were looked at.
    fn notes(
        &self,
        content: &MidiContent,
        tempo: &TempoMap,
        found: &mut Vec<SoundingNote>,
    ) -> usize {
        let mut looked_at = 0;
        let first = content.notes.partition_point(|note| note.at < self.from);
        let after = content.notes.partition_point(|note| note.at < self.to);
        for note in &content.notes[first..after] {
            looked_at += 1 + note.expression.len();
            if note.mute {
                continue;
            }
            let start = tempo.samples_at(self.origin + note.at);
            let stop = tempo.samples_at(self.origin + note.at + note.length).min(self.end);
            if start < self.end && stop > start {
                found.push(self.sounding(note, start, stop, tempo));
            }
        }
        looked_at
    }

    fn sounding(
        &self,
        note: &Note,
        start: Samples,
        stop: Samples,
        tempo: &TempoMap,
    ) -> SoundingNote {
        let changes = note.expression.iter().map(|point| {
            (tempo.samples_at(self.origin + note.at + point.at), point.kind, point.value)
        });
        SoundingNote {
            start,
            stop,
            channel: note.channel,
            key: note.key,
            velocity: f64::from(note.velocity) / 127.0,
            release_velocity: f64::from(note.release_velocity) / 127.0,
            expression: changes.take_while(|(at, ..)| *at < stop).collect(),
        }
    }

    /// Adds the messages, in parts.
    fn system_exclusive(&self, content: &MidiContent, tempo: &TempoMap, events: &mut Vec<Event>) {
        let messages = &content.system_exclusive;
        let first = messages.partition_point(|message| message.at < self.from);
        let after = messages.partition_point(|message| message.at < self.to);
        for message in &messages[first..after] {
            let at = tempo.samples_at(self.origin + message.at);
            // What is too much already is refused by who asked.
            if at < self.end && events.len() <= MAX_TRACK_EVENTS {
                let parts = ExclusivePart::parts(&message.bytes).map(EventKind::Exclusive);
                events.extend(parts.map(|kind| Event { at, kind }));
            }
        }
    }

    fn controllers(&self, content: &MidiContent, tempo: &TempoMap, events: &mut Vec<Event>) {
        if self.start >= self.end {
            return;
        }
        for lane in &content.controllers {
            let mut course = Course { lane, end: self.end, events };
            let first = lane.points.partition_point(|point| point.at <= self.from);
            let after = lane.points.partition_point(|point| point.at < self.to);
            let place = |ticks: Ticks| tempo.samples_at(self.origin + ticks);
            // From the last point before the part on, whose course reaches into it.
            for index in first.saturating_sub(1)..after {
                let point = lane.points[index];
                let next = lane.points.get(index + 1).map(|next| (place(next.at), next.value));
                course.point(place(point.at), self.start, point.value, point.shape, next);
            }
        }
    }
}

/// Where the events of a lane go.
struct Course<'a> {
    lane: &'a ControllerLane,
    end: Samples,
    events: &'a mut Vec<Event>,
}

impl Course<'_> {
    /// The events from the point at `at` to the one after it, from `start` on.
    fn point(
        &mut self,
        at: Samples,
        start: Samples,
        value: f64,
        shape: ControllerShape,
        next: Option<(Samples, f64)>,
    ) {
        let line = next.filter(|(to, goal)| {
            shape == ControllerShape::Linear && *to > at && goal.to_bits() != value.to_bits()
        });
        let Some((to, goal)) = line else { return self.push(at.max(start), value) };
        let along =
            |n: Samples| value + (goal - value) * ((n.0 - at.0) as f64 / (to.0 - at.0) as f64);
        let first = at.max(start);
        self.push(first, along(first));
        let last = to.0.min(self.end.0);
        let mut n = (first.0.div_euclid(CONTROL_GRID_FRAMES) + 1) * CONTROL_GRID_FRAMES;
        while n < last && self.events.len() <= MAX_TRACK_EVENTS {
            self.push(Samples(n), along(Samples(n)));
            n += CONTROL_GRID_FRAMES;
        }
    }

    fn push(&mut self, at: Samples, value: f64) {
        if at >= self.end {
            return;
        }
        let ControllerLane { channel, target, .. } = *self.lane;
        self.events.push(Event { at, kind: EventKind::Controller { channel, target, value } });
    }
}

fn push_note(number: u64, note: &SoundingNote, events: &mut Vec<Event>) {
    let SoundingNote { channel, key, velocity, release_velocity, .. } = *note;
    let on = EventKind::NoteOn { note: number, channel, key, velocity };
    events.push(Event { at: note.start, kind: on });
    for &(at, kind, value) in &note.expression {
        let change = EventKind::Expression { note: number, channel, key, kind, value };
        events.push(Event { at, kind: change });
    }
    let off = EventKind::NoteOff { note: number, channel, key, velocity: release_velocity };
    events.push(Event { at: note.stop, kind: off });
}
