//! Events that a note effect keeps until their sample comes.

use crate::process::{Event, EventKind, EventOutput, StateError, StateReader, StateWriter};
use crate::time::Samples;

/// Most events that wait. Notes that are held make no more starts and ends than fit.
const CAPACITY: usize = 2_048;

/// Expression waits only where this many or fewer do, so that starts and ends always find room.
const ROOM_FOR_EXPRESSION: usize = 1_024;

/// Events of later samples, in order of (sample, rank), of equal ones in the order they came.
#[derive(Clone, Debug)]
pub(super) struct Waiting(Vec<Event>);

impl Waiting {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(CAPACITY))
    }

    /// Keeps an event until `at`.
    pub(super) fn push(&mut self, at: Samples, kind: EventKind) {
        let limit = match kind {
            EventKind::Expression { .. } => ROOM_FOR_EXPRESSION,
            _ => CAPACITY,
        };
        if self.0.len() < limit {
            let place = (at, kind.rank());
            let index = self.0.partition_point(|event| (event.at, event.kind.rank()) <= place);
            self.0.insert(index, Event { at, kind });
        }
    }

    /// Puts out what is due at `at` before an event of rank `rank`, in order.
    pub(super) fn release(&mut self, at: i64, rank: u8, output: &mut EventOutput) {
        let due = self.0.partition_point(|event| (event.at.0, event.kind.rank()) <= (at, rank));
        self.0.drain(..due).for_each(|event| output.push(event));
    }

    /// True where something of `note` waits.
    pub(super) fn contains(&self, note: u64) -> bool {
        self.0.iter().any(|event| note_of(&event.kind) == Some(note))
    }

    /// Forgets what waits of `note`; true where there was something.
    pub(super) fn remove(&mut self, note: u64) -> bool {
        let before = self.0.len();
        self.0.retain(|event| note_of(&event.kind) != Some(note));
        self.0.len() < before
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn save(&self, state: &mut StateWriter) {
        state.word(self.0.len() as u64);
        self.0.iter().for_each(|event| event.save(state));
    }

    /// Restores what [`Self::save`] wrote; on failure something may be left.
    pub(super) fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.0.clear();
        let count = usize::try_from(state.word()?).map_err(|_| StateError)?;
        if count > CAPACITY {
            return Err(StateError);
        }
        for _ in 0..count {
            self.0.push(Event::restore(state)?);
        }
        Ok(())
    }
}

fn note_of(kind: &EventKind) -> Option<u64> {
    match *kind {
        EventKind::NoteOn { note, .. }
        | EventKind::NoteOff { note, .. }
        | EventKind::Expression { note, .. } => Some(note),
        EventKind::Controller { .. } | EventKind::Exclusive(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::note_effects::test_notes::{off, on, pressure};

    #[test]
    fn what_is_due_comes_out_by_sample_and_rank() {
        let mut waiting = Waiting::new();
        for event in [on(9, 1, 60, 0.5), off(9, 2, 60), on(5, 3, 60, 0.5), off(20, 3, 60)] {
            waiting.push(event.at, event.kind);
        }
        let mut output = EventOutput::new();
        output.begin(0, 10);
        waiting.release(9, off(9, 0, 0).kind.rank(), &mut output);
        assert_eq!(output.events(), [on(5, 3, 60, 0.5), off(9, 2, 60)]);
        waiting.release(9, u8::MAX, &mut output);
        assert_eq!(output.events()[2..], [on(9, 1, 60, 0.5)]);
        assert!(waiting.contains(3) && waiting.remove(3) && !waiting.remove(3));
    }

    #[test]
    fn expression_leaves_room_and_no_memory_is_taken() {
        let mut waiting = Waiting::new();
        let capacity = waiting.0.capacity();
        for at in 0..5_000 {
            let event = pressure(at, 1, 60, 0.5);
            waiting.push(event.at, event.kind);
        }
        assert_eq!(waiting.0.len(), ROOM_FOR_EXPRESSION);
        for at in 0..5_000 {
            let event = off(at, 2, 60);
            waiting.push(event.at, event.kind);
        }
        assert_eq!((waiting.0.len(), waiting.0.capacity()), (CAPACITY, capacity));
    }
}
