//! Events that reach a processor at a sample of node time.

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
}

impl EventKind {
    /// The highest [`Self::rank`].
    pub(crate) const LAST_RANK: u8 = 5;

    /// Order among events of the same sample: banks and programs are chosen first, then controllers
    /// move, then notes end before others start, and what starts is expressed.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::Controller { target: ControllerTarget::Bank, .. } => 0,
            Self::Controller { target: ControllerTarget::Program, .. } => 1,
            Self::Controller { .. } => 2,
            Self::NoteOff { .. } => 3,
            Self::NoteOn { .. } => 4,
            Self::Expression { .. } => 5,
        }
    }

    /// The same event on another channel.
    #[must_use]
    pub const fn on_channel(mut self, to: u8) -> Self {
        match &mut self {
            Self::NoteOn { channel, .. }
            | Self::NoteOff { channel, .. }
            | Self::Expression { channel, .. }
            | Self::Controller { channel, .. } => *channel = to,
        }
        self
    }

    /// The channel it is for, 0 to 15.
    pub const fn channel(&self) -> u8 {
        match *self {
            Self::NoteOn { channel, .. }
            | Self::NoteOff { channel, .. }
            | Self::Expression { channel, .. }
            | Self::Controller { channel, .. } => channel,
        }
    }
}
