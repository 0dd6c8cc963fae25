//! Events that reach a processor at a sample of node time.

use super::ExclusivePart;
use crate::session::{ControllerTarget, ExpressionKind};
use crate::time::Samples;

/// Something that happens at a sample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// When, in node time.
    pub at: Samples,
    /// What.
    pub kind: EventKind,
}

/// What happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum EventKind {
    /// A note starts.
    NoteOn {
        /// Tells notes of the same key apart; unique in the stream.
        note: u64,
        /// MIDI channel, 0 to 15.
        channel: u8,
        /// MIDI key, 0 to 127.
        key: u8,
        /// Velocity, above 0 to 1.
        velocity: f64,
    },
    /// A note ends.
    NoteOff {
        /// The note that ends.
        note: u64,
        /// MIDI channel, 0 to 15.
        channel: u8,
        /// MIDI key, 0 to 127.
        key: u8,
        /// Velocity with which the key is let go, 0 to 1.
        velocity: f64,
    },
    /// A note changes while it sounds.
    Expression {
        /// The note.
        note: u64,
        /// MIDI channel, 0 to 15.
        channel: u8,
        /// MIDI key, 0 to 127.
        key: u8,
        /// What changes.
        kind: ExpressionKind,
        /// To which value, in the range of its kind.
        value: f64,
    },
    /// A controller of a channel moves.
    Controller {
        /// MIDI channel, 0 to 15.
        channel: u8,
        /// What moves.
        target: ControllerTarget,
        /// To which value, in the range of its target.
        value: f64,
    },
    /// A part of a system exclusive message. All parts of one follow each other at one sample.
    Exclusive(ExclusivePart),
}

impl EventKind {
    /// The highest [`Self::rank`].
    pub(crate) const LAST_RANK: u8 = 6;

    /// Order among events of the same sample: system exclusive messages come first, then banks and
    /// programs are chosen, then controllers move, then notes end before others start, and what starts
    /// is expressed.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Exclusive(_) => 0,
            Self::Controller { target: ControllerTarget::Bank, .. } => 1,
            Self::Controller { target: ControllerTarget::Program, .. } => 2,
            Self::Controller { .. } => 3,
            Self::NoteOff { .. } => 4,
            Self::NoteOn { .. } => 5,
            Self::Expression { .. } => 6,
        }
    }

    /// The same event on another channel, where it is for one.
    #[must_use]
    pub const fn on_channel(mut self, to: u8) -> Self {
        match &mut self {
            Self::NoteOn { channel, .. }
            | Self::NoteOff { channel, .. }
            | Self::Expression { channel, .. }
            | Self::Controller { channel, .. } => *channel = to,
            Self::Exclusive(_) => {}
        }
        self
    }

    /// The channel it is for, 0 to 15; 0 where it is for none.
    pub const fn channel(&self) -> u8 {
        match *self {
            Self::NoteOn { channel, .. }
            | Self::NoteOff { channel, .. }
            | Self::Expression { channel, .. }
            | Self::Controller { channel, .. } => channel,
            Self::Exclusive(_) => 0,
        }
    }
}
