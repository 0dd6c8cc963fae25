//! The core of Wavemill: the session document, time, the graph and the processors.
//!
//! It knows no files, no threads, no clock, no environment and no foreign code; what it needs of
//! the outside it declares as traits ([`audio::AudioLibrary`]) that other crates implement.
//! The one promise everything here serves: the samples of a render are a pure function of the
//! session and its inputs by content.

pub mod audio;
pub mod command;
pub mod dsp;
pub mod execute;
pub mod graph;
pub mod job;
pub mod math;
pub mod midi;
pub mod process;
#[cfg(test)]
mod rig;
pub mod sampler;
pub mod session;
pub mod simd;
pub mod soundfont;
pub mod stages;
pub mod time;
pub mod vorbis;
