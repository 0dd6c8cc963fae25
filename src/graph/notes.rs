//! The notes of a track's clips as events on the timeline.

use crate::process::{Event, EventKind};
use crate::session::{Clip, ClipContent, TimeValue, Track};
use crate::time::{TempoMap, Ticks};

/// Note events of the clips that are heard, in order of (sample, offs before ons, note number).
///
/// A note sounds where it starts inside its clip; it ends with the clip at the latest.
pub(super) fn events(track: &Track, tempo: &TempoMap) -> Vec<Event> {
    let mut events = Vec::new();
    let mut number = 0_u64;
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
            let on = EventKind::NoteOn { note: number, key: note.key, velocity };
            events.push((number, Event { at: start, kind: on }));
            let off = EventKind::NoteOff { note: number, key: note.key };
            events.push((number, Event { at: stop, kind: off }));
            number += 1;
        }
    }
    events.sort_by_key(|(number, event)| (event.at, event.kind.rank(), *number));
    events.into_iter().map(|(_, event)| event).collect()
}

fn start_ticks(clip: &Clip, tempo: &TempoMap) -> Ticks {
    match clip.start {
        TimeValue::Ticks(ticks) => ticks,
        TimeValue::Samples(samples) => tempo.ticks_at(samples),
    }
}
