//! Raw MIDI: what is written is read, and broken streams are survived.

use proptest::prelude::*;

use super::*;

fn on(channel: u8, key: u8, velocity: u8) -> MidiMessage {
    MidiMessage::Channel { channel, message: ChannelMessage::NoteOn { key, velocity } }
}

fn off(channel: u8, key: u8, velocity: u8) -> MidiMessage {
    MidiMessage::Channel { channel, message: ChannelMessage::NoteOff { key, velocity } }
}

#[test]
fn every_kind_of_message_is_read() {
    let bytes = [
        0x91, 60, 100, 0x82, 61, 3, 0xA0, 62, 7, 0xB3, 7, 127, 0xC4, 5, 0xD5, 9, 0xE6, 1, 64, 0xF0,
        1, 2, 0xF7, 0xF1, 0x35, 0xF2, 2, 1, 0xF3, 8, 0xF6, 0xF8, 0xFA, 0xFB, 0xFC, 0xFE, 0xFF,
    ];
    let channel = |channel, message| MidiMessage::Channel { channel, message };
    let wanted = [
        on(1, 60, 100),
        off(2, 61, 3),
        channel(0, ChannelMessage::KeyPressure { key: 62, pressure: 7 }),
        channel(3, ChannelMessage::Controller { controller: 7, value: 127 }),
        channel(4, ChannelMessage::Program(5)),
        channel(5, ChannelMessage::Pressure(9)),
        channel(6, ChannelMessage::Bend(8_193)),
        MidiMessage::SystemExclusive(vec![1, 2]),
        MidiMessage::TimeCode(0x35),
        MidiMessage::SongPosition(130),
        MidiMessage::SongSelect(8),
        MidiMessage::TuneRequest,
        MidiMessage::RealTime(RealTime::Clock),
        MidiMessage::RealTime(RealTime::Start),
        MidiMessage::RealTime(RealTime::Continue),
        MidiMessage::RealTime(RealTime::Stop),
        MidiMessage::RealTime(RealTime::ActiveSensing),
        MidiMessage::RealTime(RealTime::Reset),
    ];
    assert_eq!(parse_messages(&bytes), wanted);
}

#[test]
fn real_time_stands_inside_other_messages() {
    let clock = MidiMessage::RealTime(RealTime::Clock);
    assert_eq!(parse_messages(&[0x90, 0xF8, 60, 0xF8, 1]), [clock.clone(), clock, on(0, 60, 1)]);
    let start = MidiMessage::RealTime(RealTime::Start);
    let exclusive = MidiMessage::SystemExclusive(vec![4, 5]);
    assert_eq!(parse_messages(&[0xF0, 4, 0xFA, 5, 0xF7]), [start, exclusive]);
    // F9 and FD mean nothing, and harm nothing.
    assert_eq!(parse_messages(&[0x90, 0xF9, 60, 0xFD, 1]), [on(0, 60, 1)]);
}

#[test]
fn broken_streams_lose_what_is_broken_only() {
    // Data without a status.
    assert_eq!(parse_messages(&[1, 2, 0x90, 60, 1]), [on(0, 60, 1)]);
    // A message that another status cuts off.
    assert_eq!(parse_messages(&[0x90, 60, 0x91, 61, 2]), [on(1, 61, 2)]);
    // A system exclusive message without an end, and an end without a beginning.
    assert_eq!(parse_messages(&[0xF0, 1, 2, 0x90, 60, 1]), [on(0, 60, 1)]);
    assert_eq!(parse_messages(&[0xF7, 3, 0x90, 60, 1]), [on(0, 60, 1)]);
    // Undefined ones take their data with them; running status ends with system messages.
    assert_eq!(parse_messages(&[0x90, 60, 1, 0xF4, 60, 2, 0xF6, 60, 3]).len(), 2);
    let mut parser = MessageParser::new();
    for byte in [0x90, 60, 0xF0, 1, 0x80] {
        assert_eq!(parser.push(byte), None);
    }
    assert_eq!(parser.dropped(), 2);
}

#[test]
fn a_system_exclusive_message_has_a_longest_length() {
    let long = |length| {
        let mut bytes = vec![0xF0];
        bytes.extend(std::iter::repeat_n(1, length));
        bytes.push(0xF7);
        parse_messages(&bytes).len()
    };
    assert_eq!([MAX_SYSTEM_EXCLUSIVE_BYTES, MAX_SYSTEM_EXCLUSIVE_BYTES + 1].map(long), [1, 0]);
}

fn channel_message() -> impl Strategy<Value = ChannelMessage> {
    let byte = || 0_u8..128;
    prop_oneof![
        (byte(), byte()).prop_map(|(key, velocity)| ChannelMessage::NoteOff { key, velocity }),
        (byte(), byte()).prop_map(|(key, velocity)| ChannelMessage::NoteOn { key, velocity }),
        (byte(), byte()).prop_map(|(key, pressure)| ChannelMessage::KeyPressure { key, pressure }),
        (byte(), byte())
            .prop_map(|(controller, value)| ChannelMessage::Controller { controller, value }),
        byte().prop_map(ChannelMessage::Program),
        byte().prop_map(ChannelMessage::Pressure),
        (0_u16..16_384).prop_map(ChannelMessage::Bend),
    ]
}

fn real_time() -> impl Strategy<Value = RealTime> {
    prop::sample::select(vec![
        RealTime::Clock,
        RealTime::Start,
        RealTime::Continue,
        RealTime::Stop,
        RealTime::ActiveSensing,
        RealTime::Reset,
    ])
}

fn message() -> impl Strategy<Value = MidiMessage> {
    prop_oneof![
        4 => (0_u8..16, channel_message())
            .prop_map(|(channel, message)| MidiMessage::Channel { channel, message }),
        1 => prop::collection::vec(0_u8..128, 0..20).prop_map(MidiMessage::SystemExclusive),
        1 => (0_u8..128).prop_map(MidiMessage::TimeCode),
        1 => (0_u16..16_384).prop_map(MidiMessage::SongPosition),
        1 => (0_u8..128).prop_map(MidiMessage::SongSelect),
        1 => Just(MidiMessage::TuneRequest),
        1 => real_time().prop_map(MidiMessage::RealTime),
    ]
}

/// The messages with their status left out where the one before has the same.
fn running(messages: &[MidiMessage]) -> Vec<u8> {
    let (mut out, mut status) = (Vec::new(), None);
    for message in messages {
        let mut bytes = Vec::new();
        message.write(&mut bytes);
        match message {
            MidiMessage::Channel { .. } if status == Some(bytes[0]) => out.extend(&bytes[1..]),
            MidiMessage::Channel { .. } => {
                status = Some(bytes[0]);
                out.extend(bytes);
            }
            MidiMessage::RealTime(_) => out.extend(bytes),
            _ => {
                status = None;
                out.extend(bytes);
            }
        }
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn what_is_written_is_read(messages in prop::collection::vec(message(), 0..40)) {
        let mut bytes = Vec::new();
        for message in &messages {
            message.write(&mut bytes);
        }
        prop_assert_eq!(parse_messages(&bytes), messages);
    }

    #[test]
    fn running_status_says_the_same(
        messages in prop::collection::vec(message(), 0..40),
        repeat in prop::collection::vec(0_usize..40, 0..20),
    ) {
        let mut messages = messages;
        for index in repeat {
            if let Some(message) = messages.get(index).cloned() {
                messages.insert(index, message);
            }
        }
        prop_assert_eq!(parse_messages(&running(&messages)), messages);
    }

    #[test]
    fn real_time_anywhere_changes_no_other_message(
        messages in prop::collection::vec(message(), 1..20),
        places in prop::collection::vec((any::<prop::sample::Index>(), real_time()), 0..10),
    ) {
        let mut bytes = Vec::new();
        for message in &messages {
            message.write(&mut bytes);
        }
        for (place, message) in places {
            bytes.insert(place.index(bytes.len() + 1), message.byte());
        }
        let others = |messages: Vec<MidiMessage>| {
            let others = messages.into_iter();
            others.filter(|m| !matches!(m, MidiMessage::RealTime(_))).collect::<Vec<_>>()
        };
        prop_assert_eq!(others(parse_messages(&bytes)), others(messages));
    }

    #[test]
    fn no_bytes_panic_and_a_stream_recovers(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut parser = MessageParser::new();
        for byte in bytes {
            if let Some(message) = parser.push(byte) {
                let mut written = Vec::new();
                message.write(&mut written);
                prop_assert_eq!(parse_messages(&written), vec![message]);
            }
        }
        let read: Vec<_> = [0x90, 60, 1].into_iter().filter_map(|byte| parser.push(byte)).collect();
        prop_assert_eq!(read, vec![on(0, 60, 1)]);
    }
}
