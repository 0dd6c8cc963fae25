//! SoundFonts: bytes of a SoundFont 2 file as values that an instrument can play; no files here.
//!
//! Read as the SoundFont Technical Specification, version 2.04, says. What a preset plays is
//! resolved once, here: every pair of a preset's zone and a zone of its instrument becomes one
//! [`Region`] with all its generators and modulators, so that a note only has to look them up.
//!
//! Damage is refused with its place ([`SoundFontError`]): sizes that lie, records that are cut
//! short, indices that point nowhere or run backwards. Where a sample's range or loop reaches
//! outside of the sample data it is cut to what is there. Samples in ROM are silent.
//!
//! Samples may be compressed as Ogg Vorbis (SF3): bit 4 of their type says so, their range is one of
//! bytes, and their loop counts from their first frame. They are decoded here, once.

mod compressed;
mod error;
mod font;
mod generator;
mod modulator;
mod record;
mod region;
mod riff;
mod sample;
mod source;
mod zone;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub use error::SoundFontError;
pub use font::{Preset, SoundFont};
pub use generator::{GENERATORS, Generators, number as generators};
pub use modulator::{Curve, Modulator, Shape, Source};
pub use region::{LoopMode, Region};
pub use sample::Sample;
pub use source::{FontSource, ModulatorSource, PresetSource, SampleSource, ZoneSource};
