//! WAV files (RIFF, RF64, BW64): reading over memory maps, and writing.

mod decode;
mod header;
mod source;

pub use header::{WavHeader, WavSampleFormat};
pub use source::WavSource;
