//! WAV files (RIFF, RF64, BW64): reading over memory maps, and writing.

mod decode;
mod header;
mod source;
mod writer;

pub use super::written::WriteOptions;
pub use header::{WavHeader, WavSampleFormat};
pub use source::WavSource;
pub use writer::{WavEncoding, WavSpec, WavWriter};

#[cfg(test)]
mod tests;
