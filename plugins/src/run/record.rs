//! Events as both sides write them: four words, any bits of which mean something or are refused.

use wavemill_core::process::{Event, EventKind};
use wavemill_core::time::Samples;

/// The lowest byte of a record's second word where it is a parameter's: no kind of event.
const PARAMETER: u64 = 0xff;

/// An event in a batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Record {
    /// Its frame, counted from the start of what holds it.
    pub frame: u32,
    /// What it is.
    pub kind: RecordKind,
}

/// What an event in a batch is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum RecordKind {
    /// A parameter takes a value.
    Parameter {
        /// Its place in the plug-in's list.
        index: u32,
        /// The value, within the parameter's range.
        value: f64,
    },
    /// A note, a controller or a part of a system exclusive message.
    Event(EventKind),
}

impl Record {
    /// As words.
    pub(super) fn words(&self) -> [u64; 4] {
        let frame = u64::from(self.frame);
        match self.kind {
            RecordKind::Parameter { index, value } => {
                [frame, PARAMETER | u64::from(index) << 32, 0, value.to_bits()]
            }
            RecordKind::Event(kind) => Event { at: Samples(i64::from(self.frame)), kind }.words(),
        }
    }

    /// From words; `None` where they are no event of a batch of `frames` frames.
    pub(super) fn of_words(words: [u64; 4], frames: usize) -> Option<Self> {
        let [frame, what, _, value] = words;
        let frame = u32::try_from(frame).ok().filter(|frame| (*frame as usize) < frames)?;
        let value = f64::from_bits(value);
        let kind = if what & 0xff == PARAMETER {
            let index = u32::try_from(what >> 32).ok()?;
            value.is_finite().then_some(RecordKind::Parameter { index, value })?
        } else {
            RecordKind::Event(checked(Event::of_words(words).ok()?.kind)?)
        };
        Some(Self { frame, kind })
    }
}

/// `kind`, where all of it is in its range.
fn checked(kind: EventKind) -> Option<EventKind> {
    let (key, value) = match kind {
        EventKind::NoteOn { key, velocity: value, .. }
        | EventKind::NoteOff { key, velocity: value, .. }
        | EventKind::Expression { key, value, .. } => (key, value),
        EventKind::Controller { value, .. } => (0, value),
        EventKind::Exclusive(_) => (0, 0.0),
    };
    (kind.channel() < 16 && key < 128 && value.is_finite()).then_some(kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavemill_core::process::ExclusivePart;

    #[test]
    fn records_come_back_and_nonsense_is_refused() {
        let note = |key, channel| {
            let kind = EventKind::NoteOn { note: 7, channel, key, velocity: 0.5 };
            Record { frame: 9, kind: RecordKind::Event(kind) }
        };
        let parameter =
            Record { frame: 99, kind: RecordKind::Parameter { index: u32::MAX, value: -3.5 } };
        for record in [note(60, 15), parameter] {
            assert_eq!(Record::of_words(record.words(), 100), Some(record));
            assert_eq!(Record::of_words(record.words(), record.frame as usize), None);
            let [frame, what, note, _] = record.words();
            assert_eq!(Record::of_words([frame, what, note, f64::NAN.to_bits()], 100), None);
        }
        for part in ExclusivePart::parts(&[0x7f; 40]) {
            let record = Record { frame: 9, kind: RecordKind::Event(EventKind::Exclusive(part)) };
            assert_eq!(Record::of_words(record.words(), 10), Some(record));
        }
        assert_eq!(Record::of_words(note(128, 0).words(), 100), None);
        assert_eq!(Record::of_words(note(60, 16).words(), 100), None);
        assert_eq!(Record::of_words([0, 0x77, 0, 0], 100), None);
    }
}
