//! Events to and from sequences of MIDI messages.

use wavemill_core::midi::event_messages;
use wavemill_core::process::EventKind;
use wavemill_plugins::run::{Record, RecordKind};

use super::sequence::Sequence;
use super::urid::Urid;
use crate::run::exclusive::Exclusives;
use crate::run::said::Said;

/// Puts the notes, controllers and system exclusive messages of `records` into `sequence`; false where
/// there is no room for all of them.
pub fn write_events(
    records: &[Record],
    midi: Urid,
    exclusives: &mut Exclusives,
    sequence: &mut Sequence,
) -> bool {
    let mut fits = true;
    exclusives.clear();
    for record in records {
        let RecordKind::Event(kind) = record.kind else { continue };
        if let EventKind::Exclusive(part) = kind {
            let message = exclusives.take(&part);
            fits &= message.is_none_or(|message| sequence.push(record.frame, midi, message));
        }
        event_messages(&kind, |message| {
            let (bytes, count) = message.bytes(kind.channel());
            fits &= sequence.push(record.frame, midi, &bytes[..count.min(3)]);
        });
    }
    fits
}

/// Hands `said` the messages that a plug-in put out.
pub fn read_events(sequence: &mut Sequence, midi: Urid, said: &mut Said<'_>) {
    for event in sequence.events().filter(|event| event.kind == midi) {
        if let Ok(frame) = u32::try_from(event.frame) {
            said.message(frame, event.body);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
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
        let mut exclusives = Exclusives::new();
        assert!(write_events(&said, 77, &mut exclusives, &mut sequence));
        let read = |sequence: &mut Sequence, midi, frames, room| {
            let mut records = Vec::with_capacity(room);
            let mut said = Said::new(&mut records, frames);
            read_events(sequence, midi, &mut said);
            said.finish().unwrap();
            records
        };
        let heard = [event(0, program), event(5, note), event(9, note)];
        assert_eq!(read(&mut sequence, 77, 10, 8), heard);
        // Neither what is behind the block, nor what is of another kind, nor more than there is room.
        assert_eq!(read(&mut sequence, 77, 9, 8), heard[..2]);
        assert_eq!(read(&mut sequence, 78, 10, 8), []);
        assert!(!write_events(&[event(0, note); 64], 77, &mut exclusives, &mut sequence));
    }
}
