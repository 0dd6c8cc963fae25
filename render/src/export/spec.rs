//! What an export does, and the name of that in the store.

use std::path::PathBuf;

use sha2::{Digest, Sha256};
use wavemill_core::time::SampleRate;
use wavemill_media::audio::resample;
use wavemill_media::audio::wav::WavEncoding;

/// Names the steps of an export; raised where they give other bytes.
const VERSION: &[u8] = b"wavemill export 2\0";

/// A container and how it stores samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// WAV, or RF64 where it grows past 4 GiB.
    Wav(WavEncoding),
}

/// All that is done to a stereo stream on its way into a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportSpec {
    /// The file to write.
    pub path: PathBuf,
    /// An existing file may be replaced.
    pub overwrite: bool,
    /// The container and how samples are stored; below 32 bits they are dithered (TPDF).
    pub format: FileFormat,
    /// Rate of the file, where it is not the stream's.
    pub rate: Option<SampleRate>,
    /// Loudness and true peak of the stream are measured.
    pub measure: bool,
}

impl ExportSpec {
    /// The files an export gives, in the order of [`super::Exported::files`].
    pub fn paths(&self) -> Vec<PathBuf> {
        vec![self.path.clone()]
    }

    /// The rate of the file for a stream at `stream_rate`.
    pub fn file_rate(&self, stream_rate: SampleRate) -> SampleRate {
        self.rate.unwrap_or(stream_rate)
    }

    /// Adds all that the bytes of the files and the report depend on, apart from the stream itself
    /// and where the files lie: numbers as their bits, each option in its place.
    pub(crate) fn add_to_key(&self, digest: &mut Sha256, stream_rate: SampleRate, seed: u64) {
        digest.update(VERSION);
        digest.update(seed.to_le_bytes());
        let file_rate = self.file_rate(stream_rate);
        if file_rate != stream_rate {
            digest.update(resample::VERSION.to_le_bytes());
        }
        for rate in [stream_rate, file_rate] {
            digest.update(rate.hz().to_le_bytes());
        }
        digest.update(self.format.code());
        digest.update([u8::from(self.measure)]);
    }
}

impl FileFormat {
    /// A number for the container and one for the samples in it, never given to another.
    fn code(self) -> [u8; 2] {
        match self {
            Self::Wav(WavEncoding::Signed16) => [0, 0],
            Self::Wav(WavEncoding::Signed24) => [0, 1],
            Self::Wav(WavEncoding::Signed32) => [0, 2],
            Self::Wav(WavEncoding::Float32) => [0, 3],
        }
    }
}
