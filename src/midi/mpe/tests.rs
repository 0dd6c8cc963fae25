//! MPE: zones are found, notes get what their channels say, and expression survives the way there
//! and back.

use proptest::prelude::*;

use super::*;
use crate::midi::{ContentReader, MidiMessage, content_messages};

fn lane(channel: u8, target: ControllerTarget, points: &[(i64, f64)]) -> ControllerLane {
    let point =
        |&(at, value)| ControllerPoint { at: Ticks(at), value, shape: ControllerShape::Hold };
    ControllerLane { channel, target, points: points.iter().map(point).collect() }
}

fn note(channel: u8, at: i64, length: i64, key: u8) -> Note {
    Note { channel, ..Note::new(Ticks(at), Ticks(length), key, 100) }
}

fn points(note: &Note, kind: ExpressionKind) -> Vec<(i64, f64)> {
    let points = note.expression.iter().filter(|point| point.kind == kind);
    points.map(|point| (point.at.0, point.value)).collect()
}

#[test]
fn zones_are_found_with_their_bend_range() {
    let content = MidiContent {
        controllers: vec![
            lane(0, ZONE, &[(0, 15.0 * 128.0), (3, 4.0 * 128.0)]),
            lane(2, BEND_RANGE, &[(0, 24.0 * 128.0)]),
            lane(15, ZONE, &[(0, 5.0 * 128.0)]),
            lane(9, ZONE, &[(0, 5.0 * 128.0)]),
        ],
        ..MidiContent::default()
    };
    let zones = mpe_zones(&content);
    assert_eq!(zones, [MpeZone::lower(4).with_bend_range(24), MpeZone::upper(5)]);
    let members = |zone: MpeZone| (0..=255).filter(move |channel| zone.is_member(*channel));
    assert_eq!(members(zones[0]).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert_eq!(members(zones[1]).collect::<Vec<_>>(), [10, 11, 12, 13, 14]);
    assert_eq!((zones[0].manager(), zones[1].manager()), (0, 15));
    // No members are no zone.
    let none = MidiContent { controllers: vec![lane(0, ZONE, &[(0, 0.0)])], ..content };
    assert_eq!(mpe_zones(&none), []);
}

#[test]
fn what_a_channel_says_is_what_its_note_does() {
    let content = MidiContent {
        notes: vec![note(1, 10, 10, 60), note(2, 10, 10, 64), note(7, 10, 10, 70)],
        controllers: vec![
            lane(0, ControllerTarget::PitchBend, &[(0, 0.5)]),
            lane(1, ControllerTarget::PitchBend, &[(0, -1.0), (5, 0.5), (12, 0.25), (20, 1.0)]),
            lane(1, ControllerTarget::Pressure, &[(15, 127.0)]),
            lane(1, ControllerTarget::Controller(7), &[(0, 1.0)]),
            lane(2, TIMBRE, &[(0, 64.0), (11, 0.0)]),
        ],
        ..MidiContent::default()
    };
    let converted = mpe_to_expression(&content, MpeZone::lower(6)).unwrap();
    let [first, second, other] = &converted.notes[..] else { panic!("{converted:?}") };
    assert_eq!(points(first, ExpressionKind::Tuning), [(0, 24.0), (2, 12.0)]);
    assert_eq!(points(first, ExpressionKind::Pressure), [(5, 1.0)]);
    assert_eq!(points(second, ExpressionKind::Timbre), [(1, 0.0)]);
    assert_eq!((first.channel, second.channel, other.channel), (0, 0, 7));
    // What all notes hear stays, as does what is not of MPE.
    let kept = [
        lane(0, ControllerTarget::PitchBend, &[(0, 0.5)]),
        lane(1, ControllerTarget::Controller(7), &[(0, 1.0)]),
    ];
    assert_eq!(converted.controllers, kept);
}

#[test]
fn notes_take_the_channel_that_is_free_the_longest() {
    let content = MidiContent::from(vec![
        note(0, 0, 10, 60),
        note(0, 2, 4, 61),
        note(0, 10, 5, 62),
        note(0, 11, 5, 63),
        note(0, 12, 5, 64),
    ]);
    let given = expression_to_mpe(&content, MpeZone::lower(2));
    let channels: Vec<_> = given.content.notes.iter().map(|note| note.channel).collect();
    assert_eq!((channels, given.shared), (vec![1, 2, 2, 1, 2], 1));
    // Notes of another channel than the manager's are not the zone's.
    assert_eq!(expression_to_mpe(&content, MpeZone::upper(15)).content.notes, content.notes);
}

#[test]
fn bends_beyond_the_range_are_counted() {
    let mut far = note(0, 0, 10, 60);
    far.expression =
        vec![ExpressionPoint { at: Ticks(1), kind: ExpressionKind::Tuning, value: -60.0 }];
    let given = expression_to_mpe(&vec![far].into(), MpeZone::lower(1));
    assert_eq!(given.clipped, 1);
    let bend = given.content.controllers.iter().find(|l| l.target == ControllerTarget::PitchBend);
    assert_eq!(bend.map(|lane| lane.points[1].value), Some(-1.0));
}

/// What `note` does at `at` of its own.
fn value_at(note: &Note, kind: ExpressionKind, at: i64, zone: MpeZone) -> f64 {
    let mut points = points(note, kind).into_iter().filter(|(of, _)| *of <= at);
    points.next_back().map_or(expressed(kind, rest(kind), zone), |(_, value)| value)
}

fn expression() -> impl Strategy<Value = ExpressionPoint> {
    let kinds = vec![ExpressionKind::Tuning, ExpressionKind::Pressure, ExpressionKind::Timbre];
    (0_i64..30, prop::sample::select(kinds), 0.0..1.0_f64).prop_map(|(at, kind, value)| {
        let value = if kind == ExpressionKind::Tuning { value * 96.0 - 48.0 } else { value };
        ExpressionPoint { at: Ticks(at), kind, value }
    })
}

fn played() -> impl Strategy<Value = Note> {
    let expression = prop::collection::vec(expression(), 0..8);
    (0_i64..40, 1_i64..30, 0_u8..128, expression).prop_map(|(at, length, key, expression)| {
        let mut note = note(0, at, length, key);
        note.expression = expression;
        note.expression.sort_by_key(|point| point.at);
        note
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Through the messages themselves: each note does what it did, to the nearest step of them.
    #[test]
    fn expression_survives_mpe(notes in prop::collection::vec(played(), 1..15), upper: bool) {
        let zone = if upper { MpeZone::upper(15) } else { MpeZone::lower(15) };
        let mut content = MidiContent::from(notes);
        for note in &mut content.notes {
            note.channel = zone.manager();
        }
        content.sort();
        let given = expression_to_mpe(&content, zone);
        prop_assert_eq!((given.shared, given.clipped), (0, 0));
        let mut reader = ContentReader::new();
        for timed in content_messages(&given.content) {
            if let MidiMessage::Channel { channel, message } = timed.message {
                reader.push(timed.at, channel, message).unwrap();
            }
        }
        let (read, _) = reader.finish(Ticks(100));
        prop_assert_eq!(mpe_zones(&read), vec![zone]);
        let back = mpe_to_expression(&read, zone).unwrap();
        prop_assert_eq!(back.controllers.len(), 0);
        prop_assert_eq!(back.notes.len(), content.notes.len());
        for (was, is) in content.notes.iter().zip(&back.notes) {
            let bare = |note: &Note| Note { expression: Vec::new(), ..note.clone() };
            prop_assert_eq!(bare(was), bare(is));
            for (_, kind) in DIMENSIONS {
                let step = if kind == ExpressionKind::Tuning { 48.0 / 8_192.0 } else { 1.0 / 127.0 };
                for at in 0..was.length.0 {
                    let (was, is) = (value_at(was, kind, at, zone), value_at(is, kind, at, zone));
                    prop_assert!((was - is).abs() <= step, "{kind:?} at {at}: {was} is {is}");
                }
            }
        }
    }
}

#[test]
fn many_notes_on_a_busy_channel_are_refused() {
    let note = Note { channel: 1, ..Note::new(Ticks(0), Ticks(1_000_000), 60, 90) };
    let point = |at| ControllerPoint { at: Ticks(at), value: 0.5, shape: ControllerShape::Hold };
    let lane = ControllerLane {
        channel: 1,
        target: ControllerTarget::PitchBend,
        points: (0..60_000).map(point).collect(),
    };
    let content =
        MidiContent { notes: vec![note; 100], controllers: vec![lane], ..MidiContent::default() };
    let refused = mpe_to_expression(&content, MpeZone::lower(6));
    assert_eq!(refused, Err(TooMuchExpression { key: 60 }));
}
