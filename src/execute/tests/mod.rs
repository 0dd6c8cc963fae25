//! The engine as a whole: timing, sums, routing, and that nothing of how it runs changes a bit.

mod automation;
mod bits;
mod clips;
mod latency;
mod note_effects;
mod outputs;
mod random;
mod routing;
mod silence;
mod takeover;
mod taps;
