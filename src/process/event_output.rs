//! Where an instance writes the events it puts out in a block.

use super::Event;

/// Most events one instance puts out in one block.
pub const MAX_EVENTS_A_BLOCK: usize = 16_384;

/// The events one instance puts out in the block being run. All memory is there from the start.
///
/// Events go in by order of node time and lie inside the block; those of later blocks are the
/// processor's own to keep, save and restore. What breaks these rules is dropped, and the driver
/// turns the first such event into a fault that names the node.
#[derive(Clone, Debug)]
pub struct EventOutput {
    events: Vec<Event>,
    start: i64,
    end: i64,
    refusal: Option<EventRefusal>,
}

/// An event that cannot be put out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventRefusal {
    /// There are too many.
    #[error(
        "it put out more than {MAX_EVENTS_A_BLOCK} events in one block: let it make fewer, or use smaller blocks"
    )]
    Full,
    /// It belongs to another block.
    #[error(
        "it put out an event for sample {at} in the block from {start} to {end}: it has to keep it until its block comes"
    )]
    Outside {
        /// Where it was to happen, in node time.
        at: i64,
        /// The block's first sample.
        start: i64,
        /// One past the block's last sample.
        end: i64,
    },
    /// A later one was put out before it.
    #[error(
        "it put out an event for sample {at} after one for sample {after}: it has to put them out in order"
    )]
    Unordered {
        /// Where it was to happen, in node time.
        at: i64,
        /// Where the one before it happens.
        after: i64,
    },
}

impl EventOutput {
    /// An empty one, with memory for [`MAX_EVENTS_A_BLOCK`] events.
    pub fn new() -> Self {
        Self { events: Vec::with_capacity(MAX_EVENTS_A_BLOCK), start: 0, end: 0, refusal: None }
    }

    /// Starts a block of node time `start .. end`; forgets what was put out before.
    pub fn begin(&mut self, start: i64, end: i64) {
        self.events.clear();
        (self.start, self.end, self.refusal) = (start, end, None);
    }

    /// Puts out an event at its sample of the block's node time.
    pub fn push(&mut self, event: Event) {
        let at = event.at.0;
        let after = self.events.last().map_or(i64::MIN, |last| last.at.0);
        let refusal = if !(self.start..self.end).contains(&at) {
            EventRefusal::Outside { at, start: self.start, end: self.end }
        } else if at < after {
            EventRefusal::Unordered { at, after }
        } else if self.events.len() == MAX_EVENTS_A_BLOCK {
            EventRefusal::Full
        } else {
            self.events.push(event);
            return;
        };
        self.refusal.get_or_insert(refusal);
    }

    /// What was put out in this block, in order.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The first event of this block that could not be put out.
    pub fn refusal(&self) -> Option<EventRefusal> {
        self.refusal
    }
}

impl Default for EventOutput {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::EventKind;
    use crate::time::Samples;

    fn event(at: i64) -> Event {
        Event {
            at: Samples(at),
            kind: EventKind::NoteOff { note: 1, channel: 0, key: 60, velocity: 0.5 },
        }
    }

    #[test]
    fn events_of_the_block_go_out_in_order() {
        let mut output = EventOutput::new();
        output.begin(10, 20);
        [10, 10, 19].into_iter().for_each(|at| output.push(event(at)));
        assert_eq!(output.events(), [10, 10, 19].map(event));
        assert_eq!(output.refusal(), None);
        output.begin(20, 30);
        assert_eq!(output.events(), []);
    }

    #[test]
    fn what_belongs_elsewhere_is_refused() {
        let mut output = EventOutput::new();
        output.begin(10, 20);
        output.push(event(20));
        output.push(event(9));
        let (start, end) = (10, 20);
        // The first one is told.
        assert_eq!(output.refusal(), Some(EventRefusal::Outside { at: 20, start, end }));
        assert_eq!(output.events(), []);
        output.begin(10, 20);
        output.push(event(15));
        output.push(event(14));
        assert_eq!(output.refusal(), Some(EventRefusal::Unordered { at: 14, after: 15 }));
    }

    #[test]
    fn too_many_are_refused_without_new_memory() {
        let mut output = EventOutput::new();
        output.begin(0, 1);
        let capacity = output.events.capacity();
        (0..MAX_EVENTS_A_BLOCK).for_each(|_| output.push(event(0)));
        assert_eq!(output.refusal(), None);
        output.push(event(0));
        assert_eq!(output.refusal(), Some(EventRefusal::Full));
        assert_eq!(
            (output.events().len(), output.events.capacity()),
            (MAX_EVENTS_A_BLOCK, capacity)
        );
    }
}
