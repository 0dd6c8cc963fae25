//! Messages to content and back: closed cases, and that what is written is read again.

use proptest::prelude::*;

use super::*;
use crate::midi::message::MidiMessage;
use crate::midi::{TimedMessage, content_messages};

fn cc(controller: u8, value: u8) -> ChannelMessage {
    ChannelMessage::Controller { controller, value }
}

const fn on(key: u8, velocity: u8) -> ChannelMessage {
    ChannelMessage::NoteOn { key, velocity }
}

const fn off(key: u8, velocity: u8) -> ChannelMessage {
    ChannelMessage::NoteOff { key, velocity }
}

/// What messages of channel 3, each with its tick, are read as.
fn read(messages: &[(i64, ChannelMessage)], end: i64) -> (MidiContent, Unmatched) {
    let mut reader = ContentReader::new();
    for &(at, message) in messages {
        reader.push(Ticks(at), 3, message).unwrap();
    }
    reader.finish(Ticks(end))
}

fn read_back(messages: &[TimedMessage], end: Ticks) -> (MidiContent, Unmatched) {
    let mut reader = ContentReader::new();
    for TimedMessage { at, message } in messages {
        match message {
            MidiMessage::Channel { channel, message } => {
                reader.push(*at, *channel, *message).unwrap();
            }
            MidiMessage::SystemExclusive(bytes) => {
                reader.push_system_exclusive(*at, bytes.clone()).unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
    reader.finish(end)
}

/// The ticks and values of the lane of `target` on channel 3.
fn lane(content: &MidiContent, target: ControllerTarget) -> Vec<(i64, f64)> {
    let lanes = content.controllers.iter();
    let found = lanes.filter(|lane| (lane.channel, lane.target) == (3, target));
    found.flat_map(|lane| &lane.points).map(|point| (point.at.0, point.value)).collect()
}

#[test]
fn the_oldest_note_of_a_key_ends_first() {
    let messages =
        [(0, on(60, 1)), (5, on(60, 2)), (7, off(60, 9)), (8, on(61, 3)), (9, on(60, 0))];
    let (content, unmatched) = read(&messages, 20);
    let notes = content.notes.iter().map(|n| (n.at.0, n.length.0, n.key, n.velocity));
    assert_eq!(notes.collect::<Vec<_>>(), [(0, 7, 60, 1), (5, 4, 60, 2), (8, 12, 61, 3)]);
    let released: Vec<_> = content.notes.iter().map(|note| note.release_velocity).collect();
    assert_eq!(released, [9, 64, 64]);
    assert!(content.notes.iter().all(|note| note.channel == 3));
    assert_eq!(unmatched, Unmatched { endless_notes: 1, ..Unmatched::default() });
}

#[test]
fn what_finds_no_key_down_is_counted() {
    let pressed = ChannelMessage::KeyPressure { key: 60, pressure: 1 };
    let (content, unmatched) = read(&[(0, off(60, 1)), (1, pressed), (2, on(60, 0))], 5);
    assert_eq!(content, MidiContent::default());
    assert_eq!(unmatched, Unmatched { note_offs: 2, key_pressures: 1, endless_notes: 0 });
}

#[test]
fn pressure_goes_to_the_newest_note_of_the_key_until_its_end() {
    let pressed = |pressure| ChannelMessage::KeyPressure { key: 60, pressure };
    let messages =
        [(0, on(60, 1)), (2, pressed(127)), (3, on(60, 1)), (4, pressed(0)), (6, off(60, 0))];
    let (content, _) = read(&[&messages[..], &[(9, pressed(3)), (9, off(60, 0))]].concat(), 9);
    let points = |index: usize| {
        let points = content.notes[index].expression.iter();
        points.map(|point| (point.at.0, point.value)).collect::<Vec<_>>()
    };
    assert_eq!((points(0), points(1)), (vec![(2, 1.0)], vec![(1, 0.0)]));
}

#[test]
fn a_note_of_no_length_is_a_tick_long() {
    let (content, _) = read(&[(5, on(60, 1)), (5, off(60, 1))], 5);
    assert_eq!(content.notes[0].length, Ticks(1));
}

#[test]
fn pairs_of_controllers_are_joined() {
    let messages = [(0, cc(7, 100)), (4, cc(39, 64)), (5, cc(7, 3)), (5, cc(39, 1)), (9, cc(7, 4))];
    let (content, _) = read(&messages, 10);
    let wanted = [(0, 100.0), (4, 100.5), (5, 3.0 + 1.0 / 128.0), (9, 4.0)];
    assert_eq!(lane(&content, ControllerTarget::Controller(7)), wanted);
    assert_eq!(content.controllers.len(), 1);
    // From 64 on they are no pairs.
    let (content, _) = read(&[(0, cc(71, 1)), (0, cc(103, 2))], 10);
    assert_eq!(lane(&content, ControllerTarget::Controller(103)), [(0, 2.0)]);
}

#[test]
fn banks_keep_the_half_that_is_not_sent() {
    let (content, _) = read(&[(0, cc(0, 1)), (0, cc(32, 2)), (3, cc(32, 5)), (4, cc(0, 2))], 10);
    let wanted = [(0, 130.0), (3, 133.0), (4, 261.0)];
    assert_eq!(lane(&content, ControllerTarget::Bank), wanted);
}

#[test]
fn parameters_are_entered_and_stepped() {
    let select = [(0, cc(101, 0)), (0, cc(100, 0))];
    let entered = [(1, cc(6, 12)), (1, cc(38, 50)), (2, cc(96, 0)), (3, cc(97, 99)), (4, cc(6, 2))];
    let (content, _) = read(&[&select[..], &entered].concat(), 10);
    let wanted = [(1, 1_586.0), (2, 1_587.0), (3, 1_586.0), (4, 256.0)];
    assert_eq!(lane(&content, ControllerTarget::Registered(0)), wanted);
    // Coarse tuning has an upper half only; no value falls below 0.
    let coarse = [(0, cc(100, 2)), (0, cc(101, 0)), (1, cc(96, 0)), (2, cc(97, 0)), (3, cc(97, 0))];
    let (content, _) = read(&coarse, 10);
    assert_eq!(lane(&content, ControllerTarget::Registered(2)), [(1, 128.0), (2, 0.0), (3, 0.0)]);
    let other = [(0, cc(99, 1)), (0, cc(98, 2)), (1, cc(6, 1))];
    let (content, _) = read(&other, 10);
    assert_eq!(lane(&content, ControllerTarget::NonRegistered(130)), [(1, 128.0)]);
}

#[test]
fn data_entry_without_a_parameter_is_a_controller() {
    let none = [(0, cc(101, 127)), (0, cc(100, 127)), (1, cc(6, 12)), (2, cc(38, 3))];
    let (content, _) = read(&none, 10);
    assert_eq!(lane(&content, ControllerTarget::Controller(6)), [(1, 12.0)]);
    assert_eq!(lane(&content, ControllerTarget::Controller(38)), [(2, 3.0)]);
}

#[test]
fn every_bend_comes_back() {
    for bend in 0..16_384 {
        let (content, _) = read(&[(0, ChannelMessage::Bend(bend))], 1);
        let value = content.controllers[0].points[0].value;
        assert_eq!(value, (f64::from(bend) - 8_192.0) / 8_192.0);
        let message = MidiMessage::Channel { channel: 3, message: ChannelMessage::Bend(bend) };
        assert_eq!(content_messages(&content), [TimedMessage { at: Ticks(0), message }]);
    }
}

#[test]
fn messages_of_a_tick_come_in_their_order() {
    let target = ControllerTarget::Controller(7);
    let point = |at, value| ControllerPoint { at: Ticks(at), value, shape: ControllerShape::Hold };
    let lane = |target, value| ControllerLane { channel: 3, target, points: vec![point(8, value)] };
    let mut content = MidiContent::from(vec![
        Note::new(Ticks(0), Ticks(8), 60, 1),
        Note::new(Ticks(8), Ticks(8), 62, 1),
    ]);
    content.controllers = vec![
        lane(ControllerTarget::PitchBend, 1.0),
        lane(target, 200.0),
        lane(ControllerTarget::Registered(0), 256.0),
        lane(ControllerTarget::Program, 5.0),
        lane(ControllerTarget::Bank, 129.0),
    ];
    content.system_exclusive = vec![SystemExclusive { at: Ticks(8), bytes: vec![1] }];
    let messages = content_messages(&content).into_iter().filter(|timed| timed.at == Ticks(8));
    let mut bytes = Vec::new();
    for timed in messages {
        timed.message.write(&mut bytes);
    }
    let wanted = [
        &[0xF0, 1, 0xF7][..],
        &[0xB3, 0, 1, 0xB3, 32, 1],
        &[0xC3, 5],
        &[0xB3, 7, 127],
        &[0xB3, 101, 0, 0xB3, 100, 0, 0xB3, 6, 2, 0xB3, 38, 0, 0xB3, 101, 127, 0xB3, 100, 127],
        // +1 is one step more than a bend can be.
        &[0xE3, 127, 127],
        &[0x80, 60, 64],
        &[0x90, 62, 1],
    ];
    assert_eq!(bytes, wanted.concat());
}

#[test]
fn limits_are_kept() {
    let mut reader = ContentReader::new();
    for _ in 0..MAX_NOTES {
        reader.push(Ticks(0), 0, on(60, 1)).unwrap();
    }
    assert_eq!(reader.push(Ticks(0), 0, on(60, 1)), Err(ContentLimitError::Notes));
    let mut reader = ContentReader::new();
    for _ in 0..MAX_POINTS {
        reader.push(Ticks(0), 0, cc(1, 1)).unwrap();
    }
    let error = reader.push(Ticks(0), 0, cc(1, 1)).unwrap_err();
    assert_eq!(error.to_string(), "there are more than 1000000 values of cc/1 on channel 0");
}

fn message() -> impl Strategy<Value = ChannelMessage> {
    let byte = || 0_u8..128;
    // Few keys, so that notes meet.
    let key = || 60_u8..63;
    prop_oneof![
        4 => (key(), byte()).prop_map(|(key, velocity)| off(key, velocity)),
        4 => (key(), byte()).prop_map(|(key, velocity)| on(key, velocity)),
        2 => (key(), byte())
            .prop_map(|(key, pressure)| ChannelMessage::KeyPressure { key, pressure }),
        2 => (byte(), byte()).prop_map(|(controller, value)| cc(controller, value)),
        4 => (prop::sample::select(vec![0, 32, 6, 38, 96, 97, 98, 99, 100, 101, 7, 39]), byte())
            .prop_map(|(controller, value)| cc(controller, value)),
        1 => byte().prop_map(ChannelMessage::Program),
        1 => byte().prop_map(ChannelMessage::Pressure),
        1 => (0_u16..16_384).prop_map(ChannelMessage::Bend),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// Whatever messages come: what they are read as is written and read as the same.
    #[test]
    fn what_is_read_is_written_and_read_again(
        messages in prop::collection::vec((0_i64..4, 0_u8..3, message()), 0..60),
    ) {
        let mut reader = ContentReader::new();
        let mut at = Ticks::ZERO;
        for (delta, channel, message) in messages {
            at += Ticks(delta);
            reader.push(at, channel, message).unwrap();
        }
        let end = at + Ticks(1);
        let (content, _) = reader.finish(end);
        let (again, unmatched) = read_back(&content_messages(&content), end);
        prop_assert_eq!(again, content);
        prop_assert_eq!(unmatched, Unmatched::default());
    }
}
