//! The notes and controllers of a clip become channel messages, in an order that a reader follows.

use super::message::{ChannelMessage, MidiMessage};
use crate::session::{ControllerLane, ControllerTarget, ExpressionKind, MidiContent, Note};
use crate::time::Ticks;

/// A message at its tick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimedMessage {
    /// When.
    pub at: Ticks,
    /// What.
    pub message: MidiMessage,
}

/// Order of messages on one tick: devices are set up, banks and programs are chosen, controllers
/// move, keys that are down are pressed, keys are let go, and then others are struck.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    SystemExclusive,
    Bank,
    Program,
    Controller,
    Pressure,
    Off,
    On,
}

/// The messages of `content` in order, without regard to its offset and loop: what
/// [`super::ContentReader`] reads them as is `content` again where messages can say it.
///
/// Muted notes are left out, as is what no message of a channel says: expression other than
/// pressure, courses between points, and values between two steps, of which the nearest is taken.
pub fn content_messages(content: &MidiContent) -> Vec<TimedMessage> {
    let mut out = Out(Vec::new());
    for message in &content.system_exclusive {
        let exclusive = MidiMessage::SystemExclusive(message.bytes.clone());
        out.0.push((message.at, Rank::SystemExclusive, exclusive));
    }
    let mut lanes: Vec<&ControllerLane> = content.controllers.iter().collect();
    // Of one channel ranges of bends (registered parameters) come before bends.
    lanes.sort_by_key(|lane| (lane.channel, lane.target));
    for lane in lanes {
        out.lane(lane);
    }
    for note in content.notes.iter().filter(|note| !note.mute) {
        out.note(note);
    }
    // Stable: what was put down together stays together.
    out.0.sort_by_key(|(at, rank, _)| (*at, *rank));
    out.0.into_iter().map(|(at, _, message)| TimedMessage { at, message }).collect()
}

struct Out(Vec<(Ticks, Rank, MidiMessage)>);

impl Out {
    fn push(&mut self, at: Ticks, rank: Rank, channel: u8, message: ChannelMessage) {
        self.0.push((at, rank, MidiMessage::Channel { channel, message }));
    }

    fn note(&mut self, note: &Note) {
        let Note { at, key, channel, .. } = *note;
        let end = at + note.length;
        self.push(at, Rank::On, channel, ChannelMessage::NoteOn { key, velocity: note.velocity });
        let pressures =
            note.expression.iter().filter(|point| point.kind == ExpressionKind::Pressure);
        for point in pressures {
            let pressure = seven(point.value * 127.0);
            let message = ChannelMessage::KeyPressure { key, pressure };
            // Of a note that has just been struck it comes behind that, of others before.
            let rank = if point.at == Ticks::ZERO { Rank::On } else { Rank::Pressure };
            self.push(at + point.at, rank, channel, message);
        }
        let off = ChannelMessage::NoteOff { key, velocity: note.release_velocity };
        self.push(end, Rank::Off, channel, off);
    }

    fn lane(&mut self, lane: &ControllerLane) {
        let ControllerLane { channel, target, .. } = *lane;
        let fine = lane.points.iter().any(|point| point.value.fract() != 0.0);
        let rank = match target {
            ControllerTarget::Bank => Rank::Bank,
            ControllerTarget::Program => Rank::Program,
            _ => Rank::Controller,
        };
        for point in &lane.points {
            controller_messages(target, point.value, fine, &mut |message| {
                self.push(point.at, rank, channel, message);
            });
        }
    }
}

/// Hands `with` the messages by which a controller takes `value`, in order; where `fine`, those of
/// 0 to 31 as pairs of fourteen bits.
pub(super) fn controller_messages(
    target: ControllerTarget,
    value: f64,
    fine: bool,
    with: &mut dyn FnMut(ChannelMessage),
) {
    let mut controllers = |pairs: &[(u8, u8)]| {
        for &(controller, value) in pairs {
            with(ChannelMessage::Controller { controller, value });
        }
    };
    match target {
        ControllerTarget::Bank => {
            let [upper, lower] = halves(value);
            controllers(&[(0, upper), (32, lower)]);
        }
        ControllerTarget::Program => with(ChannelMessage::Program(seven(value))),
        ControllerTarget::Controller(number @ 0..=31) if fine => {
            let [upper, lower] = halves(value * 128.0);
            controllers(&[(number, upper), (number + 32, lower)]);
        }
        ControllerTarget::Controller(number) => controllers(&[(number, seven(value))]),
        ControllerTarget::Registered(number) => controllers(&parameter((101, 100), number, value)),
        ControllerTarget::NonRegistered(number) => {
            controllers(&parameter((99, 98), number, value));
        }
        ControllerTarget::PitchBend => {
            with(ChannelMessage::Bend(fourteen((value + 1.0) * 8_192.0)));
        }
        ControllerTarget::Pressure => with(ChannelMessage::Pressure(seven(value))),
    }
}

/// Selects a parameter, enters its value and selects none again, so that data entry that comes
/// later changes nothing.
fn parameter((upper, lower): (u8, u8), number: u16, value: f64) -> [(u8, u8); 6] {
    let [number_upper, number_lower] = halves(f64::from(number));
    let [value_upper, value_lower] = halves(value);
    [
        (upper, number_upper),
        (lower, number_lower),
        (6, value_upper),
        (38, value_lower),
        (upper, 127),
        (lower, 127),
    ]
}

/// The nearest whole number of fourteen bits; 0 for what is none.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Clamped before.
fn fourteen(value: f64) -> u16 {
    (value + 0.5).clamp(0.0, 16_383.0) as u16
}

/// The nearest whole number of seven bits; 0 for what is none.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Clamped before.
pub(super) fn seven(value: f64) -> u8 {
    (value + 0.5).clamp(0.0, 127.0) as u8
}

/// Upper and lower seven bits of a number of fourteen.
#[allow(clippy::cast_possible_truncation)] // Seven bits each.
fn halves(value: f64) -> [u8; 2] {
    let whole = fourteen(value);
    [(whole >> 7) as u8, (whole & 0x7F) as u8]
}
