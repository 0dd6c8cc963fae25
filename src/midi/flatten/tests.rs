//! Flat tracks: what is left out, cut, repeated and stepped. That they are what is compiled is
//! tested beside the compiler.

use super::*;
use crate::session::{ClipId, NoteOverlap, TrackId, TrackKind};
use crate::time::{SampleRate, Samples};

fn clip(id: &str, start: i64, length: i64, content: MidiContent) -> Clip {
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

fn track(clips: Vec<Clip>) -> Track {
    let id = TrackId::new("keys").unwrap();
    Track { clips, ..Track::new(id, "Keys", TrackKind::Instrument) }
}

fn flat(track: &Track) -> FlatTrack {
    let tempo = TempoMap::new(&[], SampleRate::new(48_000).unwrap()).unwrap();
    flatten(track, &tempo).unwrap()
}

fn notes(spans: &[(i64, i64)]) -> MidiContent {
    let note = |&(at, length)| Note::new(Ticks(at), Ticks(length), 60, 100);
    spans.iter().map(note).collect::<Vec<_>>().into()
}

fn spans(flat: &FlatTrack) -> Vec<(i64, i64)> {
    flat.content.notes.iter().map(|note| (note.at.0, note.length.0)).collect()
}

fn lane(points: &[(i64, f64)], shape: ControllerShape) -> ControllerLane {
    let point = |&(at, value)| ControllerPoint { at: Ticks(at), value, shape };
    let points = points.iter().map(point).collect();
    ControllerLane { channel: 0, target: ControllerTarget::Controller(1), points }
}

fn values(flat: &FlatTrack) -> Vec<(i64, f64)> {
    let points = flat.content.controllers.iter().flat_map(|lane| &lane.points);
    points.map(|point| (point.at.0, point.value)).collect()
}

#[test]
fn clips_cut_their_notes_and_loops_repeat_them() {
    let looped = MidiContent {
        offset: Ticks(10),
        loop_length: Some(Ticks(40)),
        ..notes(&[(0, 30), (10, 5), (45, 90)])
    };
    let track = track(vec![clip("a", 100, 70, looped), clip("b", 300, 20, notes(&[(5, 90)]))]);
    let flat = flat(&track);
    assert_eq!(spans(&flat), [(100, 5), (135, 5), (140, 5), (305, 15)]);
    assert_eq!(flat.end, Ticks(320));
}

#[test]
fn what_is_not_heard_is_left_out() {
    let mut quiet = notes(&[(0, 5), (7, 5)]);
    quiet.notes[0].mute = true;
    let muted = Clip { mute: true, ..clip("b", 0, 50, notes(&[(1, 1)])) };
    let other = crate::session::TakeLaneId::new("take-1").unwrap();
    let take = Clip { take_lane: Some(other), ..clip("c", 0, 50, notes(&[(2, 1)])) };
    let track = track(vec![clip("a", 0, 50, quiet), muted, take]);
    assert_eq!(spans(&flat(&track)), [(7, 5)]);
}

#[test]
fn overlaps_are_resolved_as_the_track_says() {
    let clips = vec![clip("a", 0, 50, notes(&[(0, 20), (5, 5)]))];
    let overlap = |note_overlap| spans(&flat(&Track { note_overlap, ..track(clips.clone()) }));
    assert_eq!(overlap(NoteOverlap::Keep), [(0, 20), (5, 5)]);
    assert_eq!(overlap(NoteOverlap::Retrigger), [(0, 5), (5, 5)]);
    assert_eq!(overlap(NoteOverlap::Legato), [(0, 20)]);
}

#[test]
fn controllers_begin_with_the_value_they_have_there() {
    let content = MidiContent {
        controllers: vec![lane(&[(0, 1.0), (7, 2.0), (9, 3.0), (30, 4.0)], ControllerShape::Hold)],
        offset: Ticks(8),
        ..MidiContent::default()
    };
    assert_eq!(values(&flat(&track(vec![clip("a", 100, 10, content)]))), [(100, 2.0), (101, 3.0)]);
}

#[test]
fn courses_become_steps_that_messages_can_tell() {
    let content = |to, value| MidiContent {
        controllers: vec![lane(&[(0, 0.0), (to, value)], ControllerShape::Linear)],
        ..MidiContent::default()
    };
    let clips = |to, value| track(vec![clip("a", 0, 10_000, content(to, value))]);
    assert_eq!(values(&flat(&clips(960, 4.0))), [0, 1, 2, 3, 4].map(|n| (n * 240, n as f64)));
    // Slower than a step a time: each whole number once, at the first grid line nearest to it.
    assert_eq!(values(&flat(&clips(960, 1.0))), [(0, 0.0), (480, 1.0), (960, 1.0)]);
    // With parts of a whole number the lower half moves too.
    assert_eq!(values(&flat(&clips(480, 0.5))), [(0, 0.0), (240, 0.25), (480, 0.5)]);
}

#[test]
fn places_in_samples_are_those_of_their_ticks() {
    let mut clip = clip("a", 0, 1, notes(&[(0, 50_000), (15_360, 5)]));
    // A quarter note is 24,000 samples at 120 bpm.
    clip.start = TimeValue::Samples(Samples(48_000));
    clip.length = TimeValue::Samples(Samples(36_000));
    let flat = flat(&track(vec![clip]));
    assert_eq!(spans(&flat), [(30_720, 23_040), (46_080, 5)]);
}

#[test]
fn loops_without_end_are_refused() {
    let looped = MidiContent { loop_length: Some(Ticks(1)), ..MidiContent::default() };
    let track = track(vec![clip("a", 0, 1 << 40, looped)]);
    let tempo = TempoMap::new(&[], SampleRate::new(48_000).unwrap()).unwrap();
    let error = flatten(&track, &tempo).unwrap_err();
    assert!(error.to_string().contains("track 'keys'"), "{error}");
}
