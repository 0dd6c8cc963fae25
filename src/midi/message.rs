//! MIDI messages: as values, from raw bytes, and to raw bytes.

use crate::session::limits::MAX_SYSTEM_EXCLUSIVE_BYTES;

/// What a channel is told. Data bytes are 0 to 127.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChannelMessage {
    /// A key is let go.
    NoteOff {
        /// The key.
        key: u8,
        /// How fast it is let go.
        velocity: u8,
    },
    /// A key is struck; with velocity 0 it is let go.
    NoteOn {
        /// The key.
        key: u8,
        /// How fast it is struck.
        velocity: u8,
    },
    /// Pressure on one key.
    KeyPressure {
        /// The key.
        key: u8,
        /// The pressure.
        pressure: u8,
    },
    /// A controller moves.
    Controller {
        /// Its number.
        controller: u8,
        /// Its value.
        value: u8,
    },
    /// A program is chosen.
    Program(u8),
    /// Pressure on the whole channel.
    Pressure(u8),
    /// The pitch bends: 0 to 16383, 8192 is none.
    Bend(u16),
}

/// A message of one byte that may stand anywhere, inside other messages too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RealTime {
    /// A 24th of a quarter note has passed.
    Clock,
    /// Play from the start.
    Start,
    /// Play on from here.
    Continue,
    /// Stop.
    Stop,
    /// The sender is still there.
    ActiveSensing,
    /// Everything as after switching on.
    Reset,
}

/// A MIDI message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MidiMessage {
    /// For one channel, 0 to 15.
    Channel {
        /// The channel.
        channel: u8,
        /// The message.
        message: ChannelMessage,
    },
    /// A system exclusive message, without the F0 before and the F7 behind it.
    SystemExclusive(Vec<u8>),
    /// A quarter of a frame of MIDI time code, as its one byte says.
    TimeCode(u8),
    /// A place in the song, in sixteenth notes from its start, 0 to 16383.
    SongPosition(u16),
    /// A song is chosen.
    SongSelect(u8),
    /// Analogue instruments are to tune themselves.
    TuneRequest,
    /// A message of one byte.
    RealTime(RealTime),
}

const START_OF_EXCLUSIVE: u8 = 0xF0;
const END_OF_EXCLUSIVE: u8 = 0xF7;
const FIRST_REAL_TIME: u8 = 0xF8;

impl RealTime {
    /// The message of a byte from F8 on; none where it is not defined (F9 and FD).
    const fn from_byte(byte: u8) -> Option<Self> {
        Some(match byte {
            0xF8 => Self::Clock,
            0xFA => Self::Start,
            0xFB => Self::Continue,
            0xFC => Self::Stop,
            0xFE => Self::ActiveSensing,
            0xFF => Self::Reset,
            _ => return None,
        })
    }

    const fn byte(self) -> u8 {
        match self {
            Self::Clock => 0xF8,
            Self::Start => 0xFA,
            Self::Continue => 0xFB,
            Self::Stop => 0xFC,
            Self::ActiveSensing => 0xFE,
            Self::Reset => 0xFF,
        }
    }
}

/// The seven bits of a data byte.
const fn data(byte: u8) -> u8 {
    byte & 0x7F
}

/// Fourteen bits as two data bytes, the lower one first.
#[allow(clippy::cast_possible_truncation)] // Masked to seven bits.
const fn split(value: u16) -> [u8; 2] {
    [(value & 0x7F) as u8, (value >> 7 & 0x7F) as u8]
}

const fn join(low: u8, high: u8) -> u16 {
    (high as u16) << 7 | low as u16
}

impl ChannelMessage {
    /// The message of a status byte below F0 and its data; what has one data byte ignores `second`.
    const fn from_bytes(status: u8, first: u8, second: u8) -> Self {
        match status >> 4 {
            0x8 => Self::NoteOff { key: first, velocity: second },
            0x9 => Self::NoteOn { key: first, velocity: second },
            0xA => Self::KeyPressure { key: first, pressure: second },
            0xB => Self::Controller { controller: first, value: second },
            0xC => Self::Program(first),
            0xD => Self::Pressure(first),
            _ => Self::Bend(join(first, second)),
        }
    }

    /// Its bytes for `channel`, the status byte first, and how many of the three there are; what is
    /// not there is 0. Of values that are too large the lower bits are taken.
    pub const fn bytes(self, channel: u8) -> ([u8; 3], usize) {
        let channel = channel & 0x0F;
        match self {
            Self::NoteOff { key, velocity } => ([0x80 | channel, data(key), data(velocity)], 3),
            Self::NoteOn { key, velocity } => ([0x90 | channel, data(key), data(velocity)], 3),
            Self::KeyPressure { key, pressure } => ([0xA0 | channel, data(key), data(pressure)], 3),
            Self::Controller { controller, value } => {
                ([0xB0 | channel, data(controller), data(value)], 3)
            }
            Self::Program(program) => ([0xC0 | channel, data(program), 0], 2),
            Self::Pressure(pressure) => ([0xD0 | channel, data(pressure), 0], 2),
            Self::Bend(bend) => {
                let [low, high] = split(bend);
                ([0xE0 | channel, low, high], 3)
            }
        }
    }

    /// Appends its bytes for `channel`, as [`Self::bytes`] gives them.
    pub fn write(self, channel: u8, out: &mut Vec<u8>) {
        let (bytes, count) = self.bytes(channel);
        out.extend(&bytes[..count]);
    }
}

impl MidiMessage {
    /// Appends its bytes, with its own status byte: never a running status. Of values that are too
    /// large the lower bits are taken.
    pub fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Channel { channel, message } => message.write(*channel, out),
            Self::SystemExclusive(bytes) => {
                out.push(START_OF_EXCLUSIVE);
                out.extend(bytes.iter().map(|byte| data(*byte)));
                out.push(END_OF_EXCLUSIVE);
            }
            Self::TimeCode(value) => out.extend([0xF1, data(*value)]),
            Self::SongPosition(position) => {
                let [low, high] = split(*position);
                out.extend([0xF2, low, high]);
            }
            Self::SongSelect(song) => out.extend([0xF3, data(*song)]),
            Self::TuneRequest => out.push(0xF6),
            Self::RealTime(message) => out.push(message.byte()),
        }
    }

    /// The message of a status byte and the data bytes it needs.
    const fn from_bytes(status: u8, first: u8, second: u8) -> Self {
        match status {
            0xF1 => Self::TimeCode(first),
            0xF2 => Self::SongPosition(join(first, second)),
            0xF3 => Self::SongSelect(first),
            _ => Self::Channel {
                channel: status & 0x0F,
                message: ChannelMessage::from_bytes(status, first, second),
            },
        }
    }
}

/// How many data bytes follow a status byte; none where what follows it cannot be known.
const fn data_bytes(status: u8) -> Option<usize> {
    match status {
        0x80..=0xBF | 0xE0..=0xEF | 0xF2 => Some(2),
        0xC0..=0xDF | 0xF1 | 0xF3 => Some(1),
        0xF6 => Some(0),
        _ => None,
    }
}

/// Makes messages of raw bytes, as they come over a cable or lie in a file.
///
/// Running status is accepted, and real-time messages inside others. A broken stream loses the
/// messages that are broken and no others: data bytes without a status are skipped, and a status
/// byte drops a message that is not complete, a system exclusive one too. Undefined status bytes
/// (F4, F5) take the data behind them with them. A system exclusive message of more than
/// [`MAX_SYSTEM_EXCLUSIVE_BYTES`] is dropped.
#[derive(Clone, Debug, Default)]
pub struct MessageParser {
    /// The status byte that data bytes belong to.
    status: Option<u8>,
    /// The first data byte, where the message needs a second one.
    first: Option<u8>,
    exclusive: Vec<u8>,
    /// Messages that were begun and not finished, or too long.
    dropped: u64,
}

impl MessageParser {
    /// A parser at the beginning of a stream.
    pub fn new() -> Self {
        Self::default()
    }

    /// Messages so far that were dropped: not complete, or too long.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }

    /// True inside a message.
    pub fn is_inside(&self) -> bool {
        self.first.is_some() || self.status == Some(START_OF_EXCLUSIVE)
    }

    /// Takes the next byte; the message that is complete with it, if any.
    pub fn push(&mut self, byte: u8) -> Option<MidiMessage> {
        match byte {
            FIRST_REAL_TIME.. => RealTime::from_byte(byte).map(MidiMessage::RealTime),
            0x80.. => self.status(byte),
            _ => self.data(byte),
        }
    }

    fn status(&mut self, byte: u8) -> Option<MidiMessage> {
        if byte == END_OF_EXCLUSIVE && self.status == Some(START_OF_EXCLUSIVE) {
            self.status = None;
            let bytes = std::mem::take(&mut self.exclusive);
            if bytes.len() > MAX_SYSTEM_EXCLUSIVE_BYTES {
                self.dropped += 1;
                return None;
            }
            return Some(MidiMessage::SystemExclusive(bytes));
        }
        self.abandon();
        match (byte, data_bytes(byte)) {
            (START_OF_EXCLUSIVE, _) | (_, Some(1..)) => self.status = Some(byte),
            (_, Some(0)) => return Some(MidiMessage::TuneRequest),
            (_, _) => {}
        }
        None
    }

    /// Drops what is not complete: the stream goes on with something else, or ends.
    pub fn abandon(&mut self) {
        if self.is_inside() {
            self.dropped += 1;
        }
        self.status = None;
        self.first = None;
        self.exclusive.clear();
    }

    fn data(&mut self, byte: u8) -> Option<MidiMessage> {
        let status = self.status?;
        if status == START_OF_EXCLUSIVE {
            // One byte more than allowed is enough to be dropped.
            if self.exclusive.len() <= MAX_SYSTEM_EXCLUSIVE_BYTES {
                self.exclusive.push(byte);
            }
            return None;
        }
        let (first, second) = match (data_bytes(status), self.first.take()) {
            (Some(2), None) => {
                self.first = Some(byte);
                return None;
            }
            (_, Some(first)) => (first, byte),
            (_, None) => (byte, 0),
        };
        if status >= START_OF_EXCLUSIVE {
            // System common messages have no running status.
            self.status = None;
        }
        Some(MidiMessage::from_bytes(status, first, second))
    }
}

/// All messages of `bytes` that are complete.
pub fn parse_messages(bytes: &[u8]) -> Vec<MidiMessage> {
    let mut parser = MessageParser::new();
    bytes.iter().filter_map(|byte| parser.push(*byte)).collect()
}

#[cfg(test)]
mod tests;
