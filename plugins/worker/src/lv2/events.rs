//! Events to and from sequences of MIDI messages.

use wavemill_core::midi::event_messages;
use wavemill_plugins::run::{Record, RecordKind};

use super::sequence::Sequence;
use super::urid::Urid;
use crate::run::midi::event_of_message;

/// Puts the notes and controllers of `records` into `sequence`; false where there is no room for
/// all of them.
pub fn write_events(records: &[Record], midi: Urid, sequence: &mut Sequence) -> bool {
    let mut fits = true;
    for record in records {
        let RecordKind::Event(kind) = record.kind else { continue };
        event_messages(&kind, |message| {
            let (bytes, count) = message.bytes(kind.channel());
            fits &= sequence.push(record.frame, midi, &bytes[..count.min(3)]);
        });
    }
    fits
}

/// Reads the notes and controllers that a plug-in put out in a block of `frames` frames, as long as
/// `records` has room.
pub fn read_events(sequence: &mut Sequence, midi: Urid, frames: u32, records: &mut Vec<Record>) {
    for event in sequence.events() {
        if event.kind != midi || records.len() == records.capacity() {
            continue;
        }
        let message = match *event.body {
            [status, first] => [status, first, 0],
            [status, first, second] => [status, first, second],
            _ => continue,
        };
        let frame = u32::try_from(event.frame).ok().filter(|frame| *frame < frames);
        if let (Some(frame), Some(kind)) = (frame, event_of_message(message)) {
            records.push(Record { frame, kind: RecordKind::Event(kind) });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavemill_core::process::EventKind;
    use wavemill_core::session::ControllerTarget;

    use crate::run::note_number;

    #[test]
    fn events_come_back_at_their_frames() {
        let note = EventKind::NoteOn {
            note: note_number::of_key(2, 60),
            channel: 2,
            key: 60,
            velocity: 1.0,
        };
        let target = ControllerTarget::Program;
        let program = EventKind::Controller { channel: 0, target, value: 7.0 };
        let event = |frame, kind| Record { frame, kind: RecordKind::Event(kind) };
        let parameter = RecordKind::Parameter { index: 0, value: 1.0 };
        let said = [
            event(0, program),
            Record { frame: 1, kind: parameter },
            event(5, note),
            event(9, note),
        ];
        let mut sequence = Sequence::new(1_024).unwrap();
        assert!(write_events(&said, 77, &mut sequence));
        let read = |sequence: &mut Sequence, midi, frames, room| {
            let mut records = Vec::with_capacity(room);
            read_events(sequence, midi, frames, &mut records);
            records
        };
        let heard = [event(0, program), event(5, note), event(9, note)];
        assert_eq!(read(&mut sequence, 77, 10, 8), heard);
        // Neither what is behind the block, nor what is of another kind, nor more than there is room.
        assert_eq!(read(&mut sequence, 77, 9, 8), heard[..2]);
        assert_eq!(read(&mut sequence, 78, 10, 8), []);
        assert!(!write_events(&[event(0, note); 64], 77, &mut sequence));
    }
}
