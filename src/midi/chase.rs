//! Chase: what has to be told to an instrument that starts in the middle.

use std::collections::BTreeMap;

use crate::process::{Event, EventKind};
use crate::session::{ControllerTarget, ExpressionKind};
use crate::time::Samples;

/// The events that bring an instrument fresh from its reset to where `events`, which are in order,
/// had brought it just before `at`: the last value of every controller, program and bank; with
/// `held_notes`, the notes that sound across `at` too, started anew, with their expression. All of
/// them are at `at`, in the order of their ranks, and come before those of `events` at `at`.
pub fn chase(events: &[Event], at: Samples, held_notes: bool) -> Vec<Event> {
    let before = events.partition_point(|event| event.at < at);
    let mut controllers: BTreeMap<(u8, ControllerTarget), EventKind> = BTreeMap::new();
    let mut notes: BTreeMap<u64, EventKind> = BTreeMap::new();
    let mut expression: BTreeMap<(u64, ExpressionKind), EventKind> = BTreeMap::new();
    for Event { kind, .. } in &events[..before] {
        match *kind {
            EventKind::Controller { channel, target, .. } => {
                controllers.insert((channel, target), *kind);
            }
            EventKind::NoteOn { note, .. } => {
                notes.insert(note, *kind);
            }
            EventKind::NoteOff { note, .. } => {
                notes.remove(&note);
                expression.retain(|(of, _), _| *of != note);
            }
            EventKind::Expression { note, kind: what, .. } => {
                expression.insert((note, what), *kind);
            }
        }
    }
    let mut chased: Vec<EventKind> = controllers.into_values().collect();
    if held_notes {
        chased.extend(notes.into_values());
        chased.extend(expression.into_values());
    }
    // Stable: of one rank, channels and targets stay in order.
    chased.sort_by_key(EventKind::rank);
    chased.into_iter().map(|kind| Event { at, kind }).collect()
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
        let chased = chase(&events, Samples(10), true);
        let wanted = [
            controller(10, 0, ControllerTarget::Program, 12.0),
            controller(10, 0, volume, 80.0),
            controller(10, 1, volume, 30.0),
        ];
        assert_eq!(chased, wanted);
    }

    #[test]
    fn held_notes_start_anew_where_asked() {
        let events = [on(0, 1), on(2, 2), pressed(3, 1, 0.2), pressed(4, 2, 0.7), off(5, 1)];
        let events = [&events[..], &[off(20, 2)]].concat();
        assert_eq!(chase(&events, Samples(10), true), [on(10, 2), pressed(10, 2, 0.7)]);
        assert_eq!(chase(&events, Samples(10), false), []);
        assert_eq!(chase(&events, Samples(21), true), []);
        // What happens at the place itself is still to come.
        assert_eq!(chase(&events, Samples(2), true), [on(2, 1)]);
    }
}
