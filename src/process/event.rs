//! Events that reach a processor at a sample of node time.

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
        /// MIDI key, 0 to 127.
        key: u8,
        /// Velocity, above 0 to 1.
        velocity: f64,
    },
    /// A note ends.
    NoteOff {
        /// The note that ends.
        note: u64,
        /// MIDI key, 0 to 127.
        key: u8,
    },
}

impl EventKind {
    /// Order among events of the same sample: notes end before others start.
    pub const fn rank(&self) -> u8 {
        match self {
            Self::NoteOff { .. } => 0,
            Self::NoteOn { .. } => 1,
        }
    }
}
