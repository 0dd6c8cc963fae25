//! Chase: what has to be told to an instrument that starts in the middle.

use std::collections::BTreeMap;
use std::ops::Deref;

use crate::process::{Event, EventKind};
use crate::session::{ControllerTarget, ExpressionKind};
use crate::time::Samples;

/// What a start in the middle tells instruments before the first event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Chase {
    /// The last values of controllers, programs and banks.
    #[default]
    Controllers,
    /// Those, and the notes that sound across the place, started anew.
    ControllersAndNotes,
}

/// The events of a track in order of (sample, rank), and what is needed to chase them without
/// allocating.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventList {
    events: Vec<Event>,
    /// For each event, the index of the one that ends what it did: the next of its controller, the
    /// end of its note; [`u32::MAX`] where none does, its own where there is nothing to end.
    until: Vec<u32>,
}

/// What of an event holds until another one ends it.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Holds {
    Controller(u8, ControllerTarget),
    Note(u64),
    Expression(u64, ExpressionKind),
}

impl EventList {
    /// `events` in order, at most 2^32 - 1 of them: what is more is never chased.
    pub fn new(events: Vec<Event>) -> Self {
        let mut until = vec![u32::MAX; events.len()];
        let mut holding: BTreeMap<Holds, usize> = BTreeMap::new();
        for ((index, event), number) in events.iter().enumerate().zip(0_u32..) {
            let held = match event.kind {
                EventKind::Controller { channel, target, .. } => Holds::Controller(channel, target),
                EventKind::NoteOn { note, .. } => Holds::Note(note),
                EventKind::Expression { note, kind, .. } => Holds::Expression(note, kind),
                EventKind::Exclusive(_) => {
                    until[index] = number;
                    continue;
                }
                EventKind::NoteOff { note, .. } => {
                    until[index] = number;
                    let of_note = Holds::Expression(note, ExpressionKind::FIRST)
                        ..=Holds::Expression(note, ExpressionKind::LAST);
                    let expressed = holding.extract_if(of_note, |_, _| true).map(|(_, at)| at);
                    for ended in expressed.collect::<Vec<_>>() {
                        until[ended] = number;
                    }
                    if let Some(on) = holding.remove(&Holds::Note(note)) {
                        until[on] = number;
                    }
                    continue;
                }
            };
            if let Some(before) = holding.insert(held, index) {
                until[before] = number;
            }
        }
        Self { events, until }
    }

    /// Fills `found` with what brings an instrument fresh from its reset to where it would be just
    /// before `at`, at `at`, and all events from `at` on, everything in order of (sample, rank). Notes
    /// that end at `at` are not started. Allocates nothing where `found` has room for as many events
    /// as there are.
    pub fn from_position(&self, at: i64, chase: Chase, found: &mut Vec<Event>) {
        found.clear();
        let first = self.events.partition_point(|event| event.at.0 < at);
        let after = self.events.partition_point(|event| event.at.0 <= at);
        // What a program or a controller was is told even where another follows at once: it does no
        // harm there. A note would be struck only to be let go.
        let holds = |(event, until): &(&Event, &u32)| {
            let until = usize::try_from(**until).unwrap_or(usize::MAX);
            match event.kind {
                EventKind::Controller { .. } => until >= first,
                _ => chase == Chase::ControllersAndNotes && until >= after,
            }
        };
        for rank in 0..=EventKind::LAST_RANK {
            let of_rank = |event: &Event| event.kind.rank() == rank;
            let before = self.events[..first].iter().zip(&self.until).filter(holds);
            let told = before.map(|(event, _)| Event { at: Samples(at), ..*event });
            found.extend(told.filter(of_rank));
            found.extend(self.events[first..after].iter().copied().filter(of_rank));
        }
        found.extend_from_slice(&self.events[after..]);
    }
}

impl Deref for EventList {
    type Target = [Event];

    fn deref(&self) -> &[Event] {
        &self.events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn controller(at: i64, channel: u8, target: ControllerTarget, value: f64) -> Event {
        Event { at: Samples(at), kind: EventKind::Controller { channel, target, value } }
    }

    fn on(at: i64, note: u64) -> Event {
        let kind = EventKind::NoteOn { note, channel: 0, key: 60, velocity: 0.5 };
        Event { at: Samples(at), kind }
    }

    fn off(at: i64, note: u64) -> Event {
        let kind = EventKind::NoteOff { note, channel: 0, key: 60, velocity: 0.5 };
        Event { at: Samples(at), kind }
    }

    fn pressed(at: i64, note: u64, value: f64) -> Event {
        let kind = EventKind::Expression {
            note,
            channel: 0,
            key: 60,
            kind: ExpressionKind::Pressure,
            value,
        };
        Event { at: Samples(at), kind }
    }

    fn from(events: &[Event], at: i64, chase: Chase) -> Vec<Event> {
        let mut found = Vec::with_capacity(events.len());
        let memory = found.as_ptr();
        EventList::new(events.to_vec()).from_position(at, chase, &mut found);
        assert_eq!(found.as_ptr(), memory, "it allocates");
        found
    }

    #[test]
    fn the_last_value_of_every_controller_is_told_programs_first() {
        let volume = ControllerTarget::Controller(7);
        let events = [
            controller(0, 0, volume, 100.0),
            controller(5, 1, volume, 30.0),
            controller(6, 0, ControllerTarget::Program, 12.0),
            controller(9, 0, volume, 80.0),
            controller(10, 0, volume, 1.0),
        ];
        let wanted = [
            controller(10, 0, ControllerTarget::Program, 12.0),
            controller(10, 1, volume, 30.0),
            controller(10, 0, volume, 1.0),
        ];
        // What is set anew at the place itself needs no chase; told before it, it would do no harm.
        let found = from(&events, 10, Chase::Controllers);
        let told: Vec<Event> =
            found.iter().filter(|e| **e != controller(10, 0, volume, 80.0)).copied().collect();
        assert_eq!(told, wanted);
        assert_eq!(from(&events, 11, Chase::Controllers).len(), 3);
        assert_eq!(from(&events, 0, Chase::Controllers), events);
    }

    #[test]
    fn held_notes_start_anew_where_asked() {
        let events = [on(0, 1), on(2, 2), pressed(3, 1, 0.2), pressed(4, 2, 0.7), off(5, 1)];
        let events = [&events[..], &[off(20, 2)]].concat();
        let held = [on(10, 2), pressed(10, 2, 0.7), off(20, 2)];
        assert_eq!(from(&events, 10, Chase::ControllersAndNotes), held);
        assert_eq!(from(&events, 10, Chase::Controllers), [off(20, 2)]);
        assert_eq!(from(&events, 21, Chase::ControllersAndNotes), []);
        // A note that ends at the place is not struck again, and what happens there still comes.
        assert_eq!(from(&events, 20, Chase::ControllersAndNotes), [off(20, 2)]);
        let held = [on(2, 1), on(2, 2)];
        assert_eq!(
            from(&events, 2, Chase::ControllersAndNotes),
            [&held[..], &events[2..]].concat()
        );
    }

    #[test]
    fn a_held_note_hears_what_is_written_at_its_place() {
        let volume = ControllerTarget::Controller(7);
        let events = [on(0, 1), controller(10, 0, volume, 9.0), off(10, 4), on(10, 2), off(30, 1)];
        let wanted = [controller(10, 0, volume, 9.0), off(10, 4), on(10, 1), on(10, 2), off(30, 1)];
        assert_eq!(from(&events, 10, Chase::ControllersAndNotes), wanted);
    }

    #[test]
    fn messages_are_told_where_they_are_and_no_later() {
        let part = |at| {
            let part = crate::process::ExclusivePart::parts(&[1]).next().unwrap();
            Event { at: Samples(at), kind: EventKind::Exclusive(part) }
        };
        let events = [part(5), controller(9, 0, ControllerTarget::Program, 1.0), part(9)];
        let [_, program, second] = events;
        for chase in [Chase::Controllers, Chase::ControllersAndNotes] {
            assert_eq!(from(&events, 6, chase), events[1..]);
            let told = Event { at: Samples(10), ..program };
            assert_eq!(from(&events, 10, chase), [told]);
        }
        assert_eq!(from(&[second, program], 9, Chase::Controllers), [second, program]);
    }
}
