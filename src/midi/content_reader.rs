//! Channel messages at ticks become the notes and controllers of a clip.

use std::collections::{BTreeMap, VecDeque};

use super::message::ChannelMessage;
use crate::session::limits::{
    MAX_CONTROLLER_LANES, MAX_EXPRESSION_POINTS, MAX_NOTES, MAX_POINTS, MAX_SYSTEM_EXCLUSIVES,
};
use crate::session::{
    ControllerLane, ControllerPoint, ControllerShape, ControllerTarget, ExpressionKind,
    ExpressionPoint, MidiContent, Note, SystemExclusive,
};
use crate::time::Ticks;

/// The release velocity of a key that is let go without saying how fast.
const UNTOLD_RELEASE_VELOCITY: u8 = 64;

/// More messages than a clip holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContentLimitError {
    /// Too many notes.
    #[error("there are more than {MAX_NOTES} notes")]
    Notes,
    /// Too many values of one controller.
    #[error("there are more than {MAX_POINTS} values of {target} on channel {channel}")]
    Points {
        /// The channel, 0 to 15.
        channel: u8,
        /// The controller.
        target: ControllerTarget,
    },
    /// Too many controllers.
    #[error("there are more than {MAX_CONTROLLER_LANES} controllers")]
    Lanes,
    /// Too many changes of one note.
    #[error(
        "there are more than {MAX_EXPRESSION_POINTS} changes of pressure on a note of key {key}"
    )]
    Expression {
        /// Its key.
        key: u8,
    },
    /// Too many system exclusive messages.
    #[error("there are more than {MAX_SYSTEM_EXCLUSIVES} system exclusive messages")]
    SystemExclusives,
}

/// Messages that found no place, or no partner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unmatched {
    /// Keys let go that were not down; left out.
    pub note_offs: u64,
    /// Pressure on keys that were not down; left out.
    pub key_pressures: u64,
    /// Notes without an end; they end with the content.
    pub endless_notes: u64,
}

/// The parameter that data entry changes.
#[derive(Clone, Copy, Debug)]
struct Selected {
    registered: bool,
    /// Upper and lower seven bits of the parameter's number, of registered and other ones.
    numbers: [(u8, u8); 2],
}

/// The number that selects no parameter.
const NO_PARAMETER: (u8, u8) = (127, 127);

/// What a channel was told so far that later messages build on.
#[derive(Clone, Debug)]
struct ChannelState {
    bank: u16,
    /// The upper seven bits of controllers 0 to 31.
    upper: [u8; 32],
    selected: Selected,
}

impl Default for ChannelState {
    fn default() -> Self {
        let selected = Selected { registered: true, numbers: [NO_PARAMETER; 2] };
        Self { bank: 0, upper: [0; 32], selected }
    }
}

impl Selected {
    fn select(&mut self, registered: bool) -> &mut (u8, u8) {
        self.registered = registered;
        &mut self.numbers[usize::from(!registered)]
    }

    fn target(self) -> Option<ControllerTarget> {
        let (upper, lower) = self.numbers[usize::from(!self.registered)];
        let number = u16::from(upper) << 7 | u16::from(lower);
        let target = if self.registered {
            ControllerTarget::Registered(number)
        } else {
            ControllerTarget::NonRegistered(number)
        };
        ((upper, lower) != NO_PARAMETER).then_some(target)
    }
}

/// Collects messages that come in order of their ticks.
///
/// - A key that is let go ends the oldest note of that key and channel that sounds; a note-on of
///   velocity 0 lets a key go. A note that ends on the tick on which it starts is one tick long.
/// - Pressure on a key goes to the newest note of it that sounds.
/// - Controllers 1 to 31 and 33 to 63 are pairs: the value is the upper one plus 128ths of the lower
///   one, which an upper one sets back to 0.
/// - Bank select (0 and 32) keeps the half that is not sent.
/// - Data entry, increment and decrement (6, 38, 96, 97) change the parameter that 98 to 101 have
///   selected, and are controllers like others where none is. Increments are 1, and 128 where the
///   parameter has an upper half only (RPN 2, 3 and 4).
#[derive(Clone, Debug, Default)]
pub struct ContentReader {
    notes: Vec<Note>,
    /// Notes that sound, by channel and key, oldest first.
    sounding: BTreeMap<(u8, u8), VecDeque<usize>>,
    lanes: BTreeMap<(u8, ControllerTarget), Vec<ControllerPoint>>,
    system_exclusive: Vec<SystemExclusive>,
    channels: [ChannelState; 16],
    unmatched: Unmatched,
}

impl ContentReader {
    /// A reader that has read nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// True where nothing came that a clip holds.
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty() && self.lanes.is_empty() && self.system_exclusive.is_empty()
    }

    /// Takes a message for `channel`, 0 to 15, at `at`, which is not before the one ahead of it.
    pub fn push(
        &mut self,
        at: Ticks,
        channel: u8,
        message: ChannelMessage,
    ) -> Result<(), ContentLimitError> {
        let channel = channel & 0x0F;
        match message {
            ChannelMessage::NoteOn { key, velocity: 0 } => {
                self.note_off(at, channel, key, UNTOLD_RELEASE_VELOCITY);
            }
            ChannelMessage::NoteOff { key, velocity } => self.note_off(at, channel, key, velocity),
            ChannelMessage::NoteOn { key, velocity } => {
                return self.note_on(at, channel, key, velocity);
            }
            ChannelMessage::KeyPressure { key, pressure } => {
                return self.key_pressure(at, channel, key, pressure);
            }
            ChannelMessage::Controller { controller, value } => {
                return self.controller(at, channel, controller, value);
            }
            ChannelMessage::Program(program) => {
                return self.add(at, channel, ControllerTarget::Program, f64::from(program));
            }
            ChannelMessage::Pressure(pressure) => {
                return self.add(at, channel, ControllerTarget::Pressure, f64::from(pressure));
            }
            ChannelMessage::Bend(bend) => {
                let value = (f64::from(bend) - 8_192.0) / 8_192.0;
                return self.add(at, channel, ControllerTarget::PitchBend, value);
            }
        }
        Ok(())
    }

    /// Takes a system exclusive message, without its F0 and F7.
    pub fn push_system_exclusive(
        &mut self,
        at: Ticks,
        bytes: Vec<u8>,
    ) -> Result<(), ContentLimitError> {
        if self.system_exclusive.len() >= MAX_SYSTEM_EXCLUSIVES {
            return Err(ContentLimitError::SystemExclusives);
        }
        self.system_exclusive.push(SystemExclusive { at, bytes });
        Ok(())
    }

    /// The content, in which notes that still sound end at `end`, and what found no partner.
    pub fn finish(mut self, end: Ticks) -> (MidiContent, Unmatched) {
        for index in std::mem::take(&mut self.sounding).into_values().flatten() {
            self.unmatched.endless_notes += 1;
            self.end_note(index, end);
        }
        let lanes = self.lanes.into_iter();
        let controllers =
            lanes.map(|((channel, target), points)| ControllerLane { channel, target, points });
        let mut content = MidiContent {
            notes: self.notes,
            controllers: controllers.collect(),
            system_exclusive: self.system_exclusive,
            ..MidiContent::default()
        };
        content.sort();
        (content, self.unmatched)
    }

    fn note_on(
        &mut self,
        at: Ticks,
        channel: u8,
        key: u8,
        velocity: u8,
    ) -> Result<(), ContentLimitError> {
        if self.notes.len() >= MAX_NOTES {
            return Err(ContentLimitError::Notes);
        }
        self.sounding.entry((channel, key)).or_default().push_back(self.notes.len());
        self.notes.push(Note { channel, ..Note::new(at, Ticks(1), key, velocity) });
        Ok(())
    }

    fn note_off(&mut self, at: Ticks, channel: u8, key: u8, velocity: u8) {
        let oldest = self.sounding.get_mut(&(channel, key)).and_then(VecDeque::pop_front);
        match oldest {
            Some(index) => {
                self.notes[index].release_velocity = velocity;
                self.end_note(index, at);
            }
            None => self.unmatched.note_offs += 1,
        }
    }

    fn end_note(&mut self, index: usize, end: Ticks) {
        let note = &mut self.notes[index];
        note.length = (end - note.at).max(Ticks(1));
        // What comes with its end changes it no more.
        let heard = note.expression.partition_point(|point| point.at < note.length);
        note.expression.truncate(heard);
    }

    fn key_pressure(
        &mut self,
        at: Ticks,
        channel: u8,
        key: u8,
        pressure: u8,
    ) -> Result<(), ContentLimitError> {
        let newest = self.sounding.get(&(channel, key)).and_then(VecDeque::back);
        let Some(note) = newest.map(|index| &mut self.notes[*index]) else {
            self.unmatched.key_pressures += 1;
            return Ok(());
        };
        if note.expression.len() >= MAX_EXPRESSION_POINTS {
            return Err(ContentLimitError::Expression { key });
        }
        let (at, value) = (at - note.at, f64::from(pressure) / 127.0);
        note.expression.push(ExpressionPoint { at, kind: ExpressionKind::Pressure, value });
        Ok(())
    }

    fn controller(
        &mut self,
        at: Ticks,
        channel: u8,
        number: u8,
        value: u8,
    ) -> Result<(), ContentLimitError> {
        let state = &mut self.channels[usize::from(channel)];
        let parameter = state.selected.target();
        match (number, parameter) {
            (0, _) => {
                state.bank = u16::from(value) << 7 | state.bank & 0x7F;
                let bank = f64::from(state.bank);
                self.add(at, channel, ControllerTarget::Bank, bank)
            }
            (32, _) => {
                state.bank = state.bank & !0x7F | u16::from(value);
                let bank = f64::from(state.bank);
                self.refine(at, channel, ControllerTarget::Bank, bank)
            }
            (6 | 38 | 96 | 97, Some(target)) => self.data_entry(at, channel, number, value, target),
            (98..=101, _) => {
                let numbers = state.selected.select(number >= 100);
                *(if number % 2 == 1 { &mut numbers.0 } else { &mut numbers.1 }) = value;
                Ok(())
            }
            (33..=37 | 39..=63, _) => {
                let upper = f64::from(state.upper[usize::from(number - 32)]);
                let target = ControllerTarget::Controller(number - 32);
                self.refine(at, channel, target, upper + f64::from(value) / 128.0)
            }
            _ => {
                if let Some(upper) = state.upper.get_mut(usize::from(number)) {
                    *upper = value;
                }
                self.add(at, channel, ControllerTarget::Controller(number), f64::from(value))
            }
        }
    }

    fn data_entry(
        &mut self,
        at: Ticks,
        channel: u8,
        number: u8,
        value: u8,
        target: ControllerTarget,
    ) -> Result<(), ContentLimitError> {
        let points = self.lanes.get(&(channel, target));
        let now = points.and_then(|points| points.last()).map_or(0.0, |point| point.value);
        let step = match target {
            ControllerTarget::Registered(2..=4) => 128.0,
            _ => 1.0,
        };
        let value = f64::from(value);
        match number {
            6 => self.add(at, channel, target, value * 128.0),
            38 => self.refine(at, channel, target, upper_half(now) + value),
            96 => self.add(at, channel, target, (now + step).min(target.range().1)),
            _ => self.add(at, channel, target, (now - step).max(0.0)),
        }
    }

    /// Adds a value to a lane.
    fn add(
        &mut self,
        at: Ticks,
        channel: u8,
        target: ControllerTarget,
        value: f64,
    ) -> Result<(), ContentLimitError> {
        let lanes = self.lanes.len();
        let points = self.lanes.entry((channel, target)).or_default();
        if points.is_empty() && lanes >= MAX_CONTROLLER_LANES {
            return Err(ContentLimitError::Lanes);
        }
        if points.len() >= MAX_POINTS {
            return Err(ContentLimitError::Points { channel, target });
        }
        points.push(ControllerPoint { at, value, shape: ControllerShape::Hold });
        Ok(())
    }

    /// Adds a value to a lane, in place of the one that the other half has made on the same tick.
    fn refine(
        &mut self,
        at: Ticks,
        channel: u8,
        target: ControllerTarget,
        value: f64,
    ) -> Result<(), ContentLimitError> {
        let last = self.lanes.get_mut(&(channel, target)).and_then(|points| points.last_mut());
        match last.filter(|point| point.at == at) {
            Some(point) => {
                point.value = value;
                Ok(())
            }
            None => self.add(at, channel, target, value),
        }
    }
}

/// A number of fourteen bits without its lower seven.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Whole, 0 to 16383.
fn upper_half(value: f64) -> f64 {
    f64::from(value as u16 & !0x7F)
}

#[cfg(test)]
mod tests;
