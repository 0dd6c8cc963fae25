//! The notes of a track's clips as events on the timeline.

use crate::process::{Event, EventKind};
use crate::session::{Clip, ClipContent, TimeValue, Track};
use crate::time::{Samples, TempoMap, Ticks};

/// A note as it sounds, in timeline samples.
struct Sounding {
    start: Samples,
    stop: Samples,
    key: u8,
    velocity: f64,
}

/// Note events of the clips that are heard, in order of (sample, offs before ons, note number).
///
/// A note sounds where it starts inside its clip; it ends with the clip at the latest. Notes are
/// numbered in the order in which they start, so that a note that is added later changes nothing
/// about those before it.
pub(super) fn events(track: &Track, tempo: &TempoMap) -> Vec<Event> {
    let mut sounding = sounding(track, tempo);
    // Stable: of notes that start together the one written first comes first.
    sounding.sort_by_key(|note| note.start);
    let mut events = Vec::with_capacity(2 * sounding.len());
    for (number, Sounding { start, stop, key, velocity }) in (0_u64..).zip(sounding) {
        let on = EventKind::NoteOn { note: number, key, velocity };
        events.push((number, Event { at: start, kind: on }));
        events.push((number, Event { at: stop, kind: EventKind::NoteOff { note: number, key } }));
    }
    events.sort_by_key(|(number, event)| (event.at, event.kind.rank(), *number));
    events.into_iter().map(|(_, event)| event).collect()
}

fn sounding(track: &Track, tempo: &TempoMap) -> Vec<Sounding> {
    let mut found = Vec::new();
    for clip in track.clips.iter().filter(|clip| super::clips::is_heard(track, clip)) {
        let ClipContent::Notes(notes) = &clip.content else { continue };
        let (_, end) = tempo.length(clip.start, clip.length);
        let origin = start_ticks(clip, tempo);
        for note in notes {
            let start = tempo.samples_at(origin + note.at);
            let stop = tempo.samples_at(origin + note.at + note.length).min(end);
            if note.at < Ticks::ZERO || start >= end || stop <= start {
                continue;
            }
            let velocity = f64::from(note.velocity) / 127.0;
            found.push(Sounding { start, stop, key: note.key, velocity });
        }
    }
    found
}

fn start_ticks(clip: &Clip, tempo: &TempoMap) -> Ticks {
    match clip.start {
        TimeValue::Ticks(ticks) => ticks,
        TimeValue::Samples(samples) => tempo.ticks_at(samples),
    }
}
