//! What executes a plan: the one thing both drivers run.
//!
//! [`SegmentRunner`] runs one segment for one block; [`Executor`] runs all of them in order, which
//! is what the live driver does. The offline scheduler runs the same segments from a thread pool.
//! Both give the same samples, for sums at joins are exact and everything else is a function of
//! node time.

mod chain;
mod checkpoint;
mod clip_player;
mod delay_line;
mod event_stream;
mod executor;
mod fade_and_fold;
mod fader;
mod join;
mod outlet;
mod processor_step;
mod segment_io;
mod segment_runner;
#[cfg(test)]
mod tests;

pub use executor::Executor;
pub use join::{JOIN_GRID_EXPONENT, JOIN_LIMIT, JoinBuffer};
pub use segment_io::{JoinIo, JoinWarning, RunError, SegmentConfig};
pub use segment_runner::SegmentRunner;
