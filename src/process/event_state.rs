//! Events in saved state: what waits to be heard later.

use super::{Event, EventKind, ExclusivePart, StateError, StateReader, StateWriter};
use crate::session::{ControllerTarget, ExpressionKind};
use crate::time::Samples;

const NOTE_OFF: u64 = 0;
const NOTE_ON: u64 = 1;
const EXPRESSION: u64 = 2;
const CONTROLLER: u64 = 3;
const EXCLUSIVE: u64 = 4;

impl Event {
    /// The event as words: its time; its kind, channel, key and what it is about; its note; its
    /// value. Of a part of a message: its time, its kind and place, and its bytes.
    pub fn words(&self) -> [u64; 4] {
        let (kind, key, about, note, value) = match self.kind {
            EventKind::NoteOff { note, key, velocity, .. } => (NOTE_OFF, key, 0, note, velocity),
            EventKind::NoteOn { note, key, velocity, .. } => (NOTE_ON, key, 0, note, velocity),
            EventKind::Expression { note, key, kind, value, .. } => {
                (EXPRESSION, key, kind as u64, note, value)
            }
            EventKind::Controller { target, value, .. } => {
                (CONTROLLER, 0, target_code(target), 0, value)
            }
            EventKind::Exclusive(part) => {
                let (count, place, [first, second]) = part.words();
                let what = EXCLUSIVE | u64::from(count) << 8 | u64::from(place) << 16;
                return [self.at.0.cast_unsigned(), what, first, second];
            }
        };
        let channel = u64::from(self.kind.channel());
        let what = kind | channel << 8 | u64::from(key) << 16 | about << 32;
        [self.at.0.cast_unsigned(), what, note, value.to_bits()]
    }

    /// The event that [`Self::words`] gives these words for.
    pub fn of_words([at, what, note, value]: [u64; 4]) -> Result<Self, StateError> {
        let (at, second, value) = (Samples(at.cast_signed()), value, f64::from_bits(value));
        let [kind, channel, key, _, about @ ..] = what.to_le_bytes();
        let kind = match u64::from(kind) {
            NOTE_OFF => EventKind::NoteOff { note, channel, key, velocity: value },
            NOTE_ON => EventKind::NoteOn { note, channel, key, velocity: value },
            EXPRESSION => {
                EventKind::Expression { note, channel, key, kind: expression(about[0])?, value }
            }
            CONTROLLER => {
                let target = target(u32::from_le_bytes(about))?;
                EventKind::Controller { channel, target, value }
            }
            EXCLUSIVE => {
                let part = ExclusivePart::of_words(channel, key, [note, second]);
                EventKind::Exclusive(part.ok_or(StateError)?)
            }
            _ => return Err(StateError),
        };
        Ok(Self { at, kind })
    }

    /// Appends the event.
    pub fn save(&self, state: &mut StateWriter) {
        self.words().into_iter().for_each(|word| state.word(word));
    }

    /// Reads what [`Self::save`] wrote.
    pub fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        Self::of_words([state.word()?, state.word()?, state.word()?, state.word()?])
    }
}

fn expression(code: u8) -> Result<ExpressionKind, StateError> {
    use ExpressionKind::{Pan, Pressure, Timbre, Tuning, Volume};
    let kinds = [Tuning, Pressure, Timbre, Volume, Pan];
    kinds.into_iter().find(|kind| *kind as u8 == code).ok_or(StateError)
}

fn target_code(target: ControllerTarget) -> u64 {
    let (kind, number) = match target {
        ControllerTarget::Bank => (0, 0),
        ControllerTarget::Program => (1, 0),
        ControllerTarget::Controller(number) => (2, u16::from(number)),
        ControllerTarget::Registered(number) => (3, number),
        ControllerTarget::NonRegistered(number) => (4, number),
        ControllerTarget::PitchBend => (5, 0),
        ControllerTarget::Pressure => (6, 0),
    };
    kind << 16 | u64::from(number)
}

fn target(code: u32) -> Result<ControllerTarget, StateError> {
    let [low, high, kind, _] = code.to_le_bytes();
    let number = u16::from_le_bytes([low, high]);
    Ok(match kind {
        0 => ControllerTarget::Bank,
        1 => ControllerTarget::Program,
        2 => ControllerTarget::Controller(low),
        3 => ControllerTarget::Registered(number),
        4 => ControllerTarget::NonRegistered(number),
        5 => ControllerTarget::PitchBend,
        6 => ControllerTarget::Pressure,
        _ => return Err(StateError),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_event_comes_back() {
        let (note, channel, key) = (u64::MAX - 5, 15, 127);
        let mut kinds = vec![
            EventKind::NoteOn { note, channel, key, velocity: 0.3 },
            EventKind::NoteOff { note, channel, key, velocity: 0.7 },
        ];
        use ExpressionKind::{Pan, Pressure, Timbre, Tuning, Volume};
        for kind in [Tuning, Pressure, Timbre, Volume, Pan] {
            kinds.push(EventKind::Expression { note, channel, key, kind, value: -0.4 });
        }
        for target in [
            ControllerTarget::Bank,
            ControllerTarget::Program,
            ControllerTarget::Controller(74),
            ControllerTarget::Registered(16_383),
            ControllerTarget::NonRegistered(300),
            ControllerTarget::PitchBend,
            ControllerTarget::Pressure,
        ] {
            kinds.push(EventKind::Controller { channel, target, value: 99.5 });
        }
        // Bytes of which a number would be none.
        kinds.extend(ExclusivePart::parts(&[0x7f; 40]).map(EventKind::Exclusive));
        let events: Vec<Event> =
            kinds.into_iter().map(|kind| Event { at: Samples(-77), kind }).collect();
        let mut state = StateWriter::default();
        events.iter().for_each(|event| event.save(&mut state));
        let mut reader = state.reader();
        for event in events {
            assert_eq!(Event::restore(&mut reader), Ok(event));
        }
        reader.finish().unwrap();
    }
}
