//! MIDI messages that plug-ins put out, as events.

use wavemill_core::process::EventKind;
use wavemill_core::session::ControllerTarget;

use super::note_number;

/// The event of a MIDI message, where it is one of notes, bends, pressure or controllers.
pub fn event_of_message([status, first, second]: [u8; 3]) -> Option<EventKind> {
    // Of programs and pressure the last byte is none.
    let has_second = !matches!(status >> 4, 0xc | 0xd);
    if first > 127 || has_second && second > 127 {
        return None;
    }
    let channel = status & 0x0f;
    let value = f64::from(second);
    let controller = |target, value| EventKind::Controller { channel, target, value };
    let (note, key) = (note_number::of_key(channel, first), first);
    Some(match status >> 4 {
        0x9 if second > 0 => EventKind::NoteOn { note, channel, key, velocity: value / 127.0 },
        0x8 | 0x9 => EventKind::NoteOff { note, channel, key, velocity: value / 127.0 },
        0xb => controller(ControllerTarget::Controller(first), value),
        0xc => controller(ControllerTarget::Program, f64::from(first)),
        0xd => controller(ControllerTarget::Pressure, f64::from(first)),
        0xe => {
            let bend = f64::from(u16::from(second) << 7 | u16::from(first));
            controller(ControllerTarget::PitchBend, bend / 8_192.0 - 1.0)
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavemill_core::midi::event_messages;

    #[test]
    fn messages_say_what_events_were_said_as() {
        let controller = |target, value| EventKind::Controller { channel: 3, target, value };
        for kind in [
            EventKind::NoteOn {
                note: note_number::of_key(3, 60),
                channel: 3,
                key: 60,
                velocity: 100.0 / 127.0,
            },
            EventKind::NoteOff {
                note: note_number::of_key(3, 60),
                channel: 3,
                key: 60,
                velocity: 0.0,
            },
            controller(ControllerTarget::Controller(74), 12.0),
            controller(ControllerTarget::Program, 5.0),
            controller(ControllerTarget::Pressure, 99.0),
            controller(ControllerTarget::PitchBend, -0.5),
        ] {
            let mut said = Vec::new();
            event_messages(&kind, |message| said.push(message.bytes(kind.channel()).0));
            let [message] = said[..] else { panic!("{kind:?} is one message, not {said:?}") };
            assert_eq!(event_of_message(message), Some(kind));
        }
        // A note that starts with velocity 0 ends, and what concerns no channel is not for us.
        let ends = event_of_message([0x93, 60, 0]);
        assert!(matches!(ends, Some(EventKind::NoteOff { key: 60, channel: 3, .. })));
        assert_eq!(event_of_message([0xf8, 0, 0]), None);
        // What follows a status has seven bits.
        assert_eq!(event_of_message([0x93, 128, 1]), None);
        assert_eq!(event_of_message([0x93, 1, 128]), None);
        assert!(event_of_message([0xc3, 1, 128]).is_some());
    }
}
