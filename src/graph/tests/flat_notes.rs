//! Flat tracks (what is written to MIDI files) sound as the clips they are made of.

use proptest::prelude::*;

use crate::graph::notes::events;
use crate::midi::flatten;
use crate::process::{Event, EventKind};
use crate::session::{
    Clip, ClipContent, ClipId, ControllerLane, ControllerPoint, ControllerShape, ControllerTarget,
    MidiContent, Note, NoteOverlap, TempoPoint, TempoShape, TimeValue, Track, TrackId, TrackKind,
};
use crate::time::{SampleRate, TempoMap, Ticks};

fn clip(id: String, start: i64, length: i64, content: MidiContent) -> Clip {
    Clip {
        id: ClipId::new(id).unwrap(),
        name: String::new(),
        content: ClipContent::Midi(content),
        start: TimeValue::Ticks(Ticks(start)),
        length: TimeValue::Ticks(Ticks(length)),
        gain_db: 0.0,
        fade_in: Default::default(),
        fade_out: Default::default(),
        mute: false,
        take_lane: None,
    }
}

/// A place on a coarse grid, so that things meet.
fn place() -> impl Strategy<Value = Ticks> {
    (0_i64..24).prop_map(|step| Ticks(step * 500))
}

fn length() -> impl Strategy<Value = Ticks> {
    (1_i64..24).prop_map(|step| Ticks(step * 500))
}

fn note() -> impl Strategy<Value = Note> {
    (place(), length(), 60_u8..63, 1_u8..128, any::<bool>()).prop_map(
        |(at, length, key, velocity, mute)| Note { mute, ..Note::new(at, length, key, velocity) },
    )
}

fn lane() -> impl Strategy<Value = ControllerLane> {
    let points = prop::collection::btree_map(place(), 0_u8..128, 0..6);
    points.prop_map(|points| {
        let point = |(at, value)| ControllerPoint {
            at,
            value: f64::from(value),
            shape: ControllerShape::Hold,
        };
        let points = points.into_iter().map(point).collect();
        ControllerLane { channel: 0, target: ControllerTarget::Controller(1), points }
    })
}

fn content() -> impl Strategy<Value = MidiContent> {
    let notes = prop::collection::vec(note(), 0..8);
    (notes, lane(), place(), prop::option::of(length())).prop_map(
        |(notes, lane, offset, loop_length)| {
            let controllers = vec![lane];
            let mut content =
                MidiContent { notes, controllers, offset, loop_length, ..MidiContent::default() };
            content.sort();
            content
        },
    )
}

fn track() -> impl Strategy<Value = Track> {
    let clips = prop::collection::vec((place(), length(), content(), any::<bool>()), 0..4);
    let overlaps = vec![NoteOverlap::Keep, NoteOverlap::Retrigger, NoteOverlap::Legato];
    (clips, prop::sample::select(overlaps)).prop_map(|(clips, note_overlap)| {
        let clips =
            clips.into_iter().enumerate().map(|(number, (start, length, content, mute))| Clip {
                mute,
                ..clip(format!("clip-{number}"), start.0, length.0, content)
            });
        let track = Track::new(TrackId::new("keys").unwrap(), "Keys", TrackKind::Instrument);
        Track { clips: clips.collect(), note_overlap, ..track }
    })
}

/// Events in an order that does not tell which clip they came from; of a controller's values on one
/// sample the last one counts.
fn heard(track: &Track, tempo: &TempoMap) -> Vec<String> {
    let events = events("tracks/keys", track, tempo).unwrap();
    let mut last: Vec<Event> = Vec::new();
    for mut event in events {
        if let EventKind::NoteOn { note, .. } | EventKind::NoteOff { note, .. } = &mut event.kind {
            *note = 0;
        }
        let same = |before: &Event| {
            let controllers = matches!(before.kind, EventKind::Controller { .. })
                && matches!(event.kind, EventKind::Controller { .. });
            before.at == event.at && controllers
        };
        if last.last().is_some_and(same) {
            last.pop();
        }
        last.push(event);
    }
    let mut told: Vec<_> = last.iter().map(|event| (event.at, format!("{event:?}"))).collect();
    told.sort();
    told.into_iter().map(|(_, text)| text).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_flat_track_sounds_as_its_clips(track in track()) {
        let points = [(0, 90.0), (7_000, 150.0)]
            .map(|(at, bpm)| TempoPoint { at: Ticks(at), bpm, shape: TempoShape::Step });
        let tempo = TempoMap::new(&points, SampleRate::new(48_000).unwrap()).unwrap();
        let flat = flatten(&track, &tempo).unwrap();
        let once = clip("flat".to_owned(), 0, flat.end.0.max(1), flat.content);
        // Overlaps have been resolved.
        let flat = Track { clips: vec![once], note_overlap: NoteOverlap::Keep, ..track.clone() };
        prop_assert_eq!(heard(&flat, &tempo), heard(&track, &tempo));
    }
}
