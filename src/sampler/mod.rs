//! Sampled instruments: the text of an SFZ file and the audio it names as values that an instrument
//! can play; no files here.
//!
//! SFZ is a text format without an owner: `<region>` headers, each with `name=value` opcodes that say
//! which sample plays when and how, below `<group>`, `<master>` and `<global>` headers whose opcodes
//! they inherit. The opcodes are those of the public documentation at sfzformat.com (versions 1 and
//! 2, and what the ARIA player made common). [`Instrument::parse`] reads the text,
//! [`SampledInstrument::load`] what it names.
//!
//! Opcodes that are not played are counted ([`Instrument::unknown`]); values that an opcode does not
//! take, and text that is no opcode, are refused with their line.

mod error;
mod instrument;
mod lexer;
mod opcodes;
mod preprocessor;
mod region;
mod sample;
mod sampled;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use error::{SfzError, SfzErrorKind};
pub use instrument::{Instrument, MAX_REGIONS, MAX_SAMPLES, MAX_TEXT_BYTES};
pub use region::{Envelope, FilterKind, LoopMode, OUTPUTS, OffMode, Region, Switches, Trigger};
pub use sample::{MAX_SAMPLE_VALUES, SAMPLE_PADDING, Sample, SampleError};
pub use sampled::{SampledInstrument, Stretch};
