//! The events that MIDI clips become: offsets, loops, controllers, expression, overlaps.

use crate::process::{CONTROL_GRID_FRAMES, Event, EventKind};
use crate::rig::Rig;
use crate::session::{
    ChannelLayout, Clip, ClipContent, ControllerLane, ControllerPoint, ControllerShape,
    ControllerTarget, ExpressionKind, ExpressionPoint, MidiContent, Note, NoteOverlap,
    SystemExclusive, TimeValue, TrackKind,
};
use crate::time::{Samples, Ticks};

/// At 120 bpm and 48 kHz a quarter is 24,000 samples and 15,360 ticks.
const TICKS_PER_SAMPLE: f64 = 15_360.0 / 24_000.0;

#[allow(clippy::cast_possible_truncation)] // Whole by choice of the samples.
fn ticks(samples: i64) -> Ticks {
    Ticks((samples as f64 * TICKS_PER_SAMPLE) as i64)
}

fn note(at: i64, length: i64, key: u8) -> Note {
    Note::new(ticks(at), ticks(length), key, 127)
}

/// The events of a track with one clip of `content` at `start`, `length` samples long.
fn events(content: MidiContent, start: i64, length: i64, overlap: NoteOverlap) -> Vec<Event> {
    let mut rig = Rig::new();
    let track = rig.track("keys", TrackKind::Instrument, ChannelLayout::Stereo);
    track.note_overlap = overlap;
    track.inserts.push(crate::rig::insert("tone", "tone", &[]));
    track.clips.push(Clip {
        content: ClipContent::Midi(content),
        start: TimeValue::Ticks(ticks(start)),
        length: TimeValue::Ticks(ticks(length)),
        ..crate::rig::clip("keys", 0, 1)
    });
    rig.plan().graph.strips[0].events.to_vec()
}

/// Samples and keys.
type Places = Vec<(i64, u8)>;

/// Where notes go on, and where off.
fn ons_and_offs(events: &[Event]) -> (Places, Places) {
    let (mut ons, mut offs) = (Vec::new(), Vec::new());
    for event in events {
        match event.kind {
            EventKind::NoteOn { key, .. } => ons.push((event.at.0, key)),
            EventKind::NoteOff { key, .. } => offs.push((event.at.0, key)),
            _ => {}
        }
    }
    (ons, offs)
}

fn moves(events: &[Event]) -> Vec<(i64, f64)> {
    let value = |event: &Event| match event.kind {
        EventKind::Controller { value, .. } => Some((event.at.0, value)),
        _ => None,
    };
    events.iter().filter_map(value).collect()
}

fn lane(points: &[(i64, f64, ControllerShape)]) -> ControllerLane {
    let point = |&(at, value, shape)| ControllerPoint { at: ticks(at), value, shape };
    ControllerLane {
        channel: 0,
        target: ControllerTarget::Controller(7),
        points: points.iter().map(point).collect(),
    }
}

use ControllerShape::{Hold, Linear};

#[test]
fn an_offset_leaves_out_what_is_before_it_and_moves_the_rest() {
    let notes = vec![note(0, 500, 60), note(250, 500, 61), note(1_000, 5_000, 62)];
    let content = MidiContent { offset: ticks(250), ..notes.into() };
    let (ons, offs) = ons_and_offs(&events(content, 2_000, 2_000, NoteOverlap::Keep));
    assert_eq!(ons, [(2_000, 61), (2_750, 62)]);
    assert_eq!(offs, [(2_500, 61), (4_000, 62)]);
}

#[test]
fn a_loop_plays_its_part_until_the_clip_ends() {
    let notes = vec![note(0, 100, 60), note(900, 500, 61), note(1_000, 10, 62)];
    let content = MidiContent { loop_length: Some(ticks(1_000)), ..notes.into() };
    let (ons, offs) = ons_and_offs(&events(content, 500, 2_950, NoteOverlap::Keep));
    let wanted = [(500, 60), (1_400, 61), (1_500, 60), (2_400, 61), (2_500, 60), (3_400, 61)];
    assert_eq!(ons, wanted);
    // A note ends with its repeat, the last one with the clip.
    let wanted = [(600, 60), (1_500, 61), (1_600, 60), (2_500, 61), (2_600, 60), (3_450, 61)];
    assert_eq!(offs, wanted);
}

#[test]
fn a_controller_has_its_value_from_the_start_of_the_clip_and_of_every_repeat() {
    let content = MidiContent {
        controllers: vec![lane(&[(0, 10.0, Hold), (1_500, 20.0, Hold)])],
        offset: ticks(1_000),
        loop_length: Some(ticks(1_000)),
        ..MidiContent::default()
    };
    let events = events(content, 5_000, 2_000, NoteOverlap::Keep);
    assert_eq!(moves(&events), [(5_000, 10.0), (5_500, 20.0), (6_000, 10.0), (6_500, 20.0)]);
}

#[test]
fn a_ramp_steps_on_the_control_grid_of_the_timeline() {
    let content = MidiContent {
        controllers: vec![lane(&[(0, 0.0, Linear), (1_000, 100.0, Hold)])],
        ..MidiContent::default()
    };
    let moves = moves(&events(content, 250, 2_000, NoteOverlap::Keep));
    assert_eq!(moves[0], (250, 0.0));
    assert_eq!(*moves.last().unwrap(), (1_250, 100.0));
    for (at, value) in &moves[1..moves.len() - 1] {
        assert_eq!(at % CONTROL_GRID_FRAMES, 0);
        assert!((value - (at - 250) as f64 / 10.0).abs() < 1e-12, "{at}: {value}");
    }
    // From 256 to 1216.
    assert_eq!(moves.len() - 2, 16);
}

#[test]
fn expression_goes_with_its_note_and_ends_with_it() {
    let point = |at, value| ExpressionPoint { at: ticks(at), kind: ExpressionKind::Tuning, value };
    let bent = Note {
        expression: vec![point(0, 1.0), point(250, 2.0), point(600, 3.0)],
        ..note(500, 500, 60)
    };
    let events = events(vec![bent].into(), 0, 5_000, NoteOverlap::Keep);
    let tuned: Vec<(i64, u64, f64)> = events
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::Expression { note, value, .. } => Some((event.at.0, note, value)),
            _ => None,
        })
        .collect();
    assert_eq!(tuned, [(500, 0, 1.0), (750, 0, 2.0)]);
    // After the note it belongs to has started.
    assert!(matches!(events[0].kind, EventKind::NoteOn { note: 0, .. }));
}

#[test]
fn muted_notes_and_overlaps_are_as_the_track_says() {
    let muted = Note { mute: true, ..note(0, 10, 70) };
    let notes = vec![note(0, 1_000, 60), muted, note(500, 1_000, 60)];
    let heard = |overlap| ons_and_offs(&events(notes.clone().into(), 0, 5_000, overlap));
    assert_eq!(
        heard(NoteOverlap::Keep),
        (vec![(0, 60), (500, 60)], vec![(1_000, 60), (1_500, 60)])
    );
    assert_eq!(
        heard(NoteOverlap::Retrigger),
        (vec![(0, 60), (500, 60)], vec![(500, 60), (1_500, 60)])
    );
    assert_eq!(heard(NoteOverlap::Legato), (vec![(0, 60)], vec![(1_500, 60)]));
}

#[test]
fn at_one_sample_programs_come_first_then_controllers_offs_and_ons() {
    let program = ControllerLane { target: ControllerTarget::Program, ..lane(&[(500, 5.0, Hold)]) };
    let content = MidiContent {
        notes: vec![note(0, 500, 60), note(500, 500, 61)],
        controllers: vec![lane(&[(500, 9.0, Hold)]), program],
        ..MidiContent::default()
    };
    let events = events(content, 0, 5_000, NoteOverlap::Keep);
    let ranks: Vec<u8> =
        events.iter().filter(|event| event.at == Samples(500)).map(|e| e.kind.rank()).collect();
    assert_eq!(ranks, [2, 3, 4, 5]);
}

#[test]
fn a_loop_of_a_tick_for_ever_is_refused() {
    let mut rig = Rig::new();
    let track = rig.track("keys", TrackKind::Instrument, ChannelLayout::Stereo);
    track.inserts.push(crate::rig::insert("tone", "tone", &[]));
    let content = MidiContent { loop_length: Some(Ticks(1)), ..MidiContent::default() };
    track.clips.push(Clip {
        content: ClipContent::Midi(content),
        start: TimeValue::Ticks(Ticks(0)),
        length: TimeValue::Ticks(Ticks(1 << 39)),
        ..crate::rig::clip("keys", 0, 1)
    });
    let Err(error) = rig.compile() else { panic!("it compiles") };
    let what = "tracks/keys/clips/keys-clip-0: the track has more than 16777216 events and repeats";
    assert!(error.to_string().starts_with(what), "{error}");
}

/// System exclusive messages: where they start, and their bytes.
fn messages(events: &[Event]) -> Vec<(i64, Vec<u8>)> {
    let mut messages: Vec<(i64, Vec<u8>)> = Vec::new();
    for event in events {
        let EventKind::Exclusive(part) = event.kind else { continue };
        if part.is_first() {
            messages.push((event.at.0, Vec::new()));
        }
        let (at, bytes) = messages.last_mut().unwrap();
        assert_eq!(*at, event.at.0);
        bytes.extend(part.bytes());
    }
    messages
}

#[test]
fn messages_are_heard_whole_where_they_lie_and_before_all_else() {
    let long: Vec<u8> = (0..100).collect();
    let message =
        |samples, bytes: &[u8]| SystemExclusive { at: ticks(samples), bytes: bytes.to_vec() };
    let mut content = MidiContent::from(vec![note(500, 500, 60)]);
    content.controllers = vec![lane(&[(500, 3.0, Hold)])];
    content.system_exclusive =
        vec![message(0, &[9]), message(500, &long), message(500, &[]), message(1_000, &[1, 2])];
    content.offset = ticks(250);
    content.loop_length = Some(ticks(750));
    let events = events(content, 2_000, 1_100, NoteOverlap::Keep);
    let heard = messages(&events);
    let of_500 = |at| [(at, long.clone()), (at, Vec::new())];
    assert_eq!(heard, [of_500(2_250), of_500(3_000)].concat());
    let at = |event: &&Event| event.at.0 == 2_250;
    let ranks: Vec<u8> = events.iter().filter(at).map(|event| event.kind.rank()).collect();
    assert!(ranks.is_sorted() && ranks.len() == 10, "{ranks:?}");
}
