//! Ogg Vorbis streams of one channel as samples, by code of ours: no platform maths, so the same
//! samples everywhere; and a plain writer of such streams for generated material.
//!
//! Read as the Vorbis I specification says, for what compressed samples of SoundFonts (SF3) are.
//! Tables come from [`crate::math`], sums have one order, and what is decoded is rounded to 16
//! bits: the form the samples had before they were compressed. Damage is refused with its place
//! ([`VorbisError`]). Floor type 0, which no encoder writes, is refused too.

mod bits;
mod codebook;
mod decoder;
mod error;
mod floor;
mod ogg;
mod residue;
mod setup;
mod transform;
mod write;

#[cfg(test)]
mod tests;

pub use decoder::{Decoder, Stream};
pub use error::VorbisError;
pub use ogg::repair;
pub use write::{Blocks, write};

/// Name and version of the decoder; raised where the samples it gives change.
pub const VERSION: &str = "vorbis/1";
