//! The versions of the core stages: what happens to a signal outside of any processor.
//!
//! Raised whenever the bits of a stage change on purpose. The version lock holds them, each with
//! the digest of the stage's golden.

/// Clips: where their frames come from, loops, reverse, gain, fades, and the sum of those that
/// overlap.
pub const CLIP_PLAYER_VERSION: u32 = 1;

/// Faders: level, pan laws, balance and mute, and their automation.
pub const FADER_VERSION: u32 = 1;

/// Joins: the exact sums at groups, returns, sidechains and the master.
pub const JOIN_VERSION: u32 = 1;

/// Delay compensation: the delays by which paths of different latency meet.
pub const DELAY_COMPENSATION_VERSION: u32 = 1;

/// What checkpoints hold: which numbers of which state, in which order. Raised whenever what a
/// processor, a delay line or a queue of events saves changes, even where no sample does.
pub const STATE_LAYOUT_VERSION: u32 = 2;
