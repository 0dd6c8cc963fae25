//! One export under way: frames are pushed, the finished file comes out, whole or not at all.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wavemill_core::time::SampleRate;
use wavemill_media::audio::WriteError;
use wavemill_media::audio::resample::{Kernel, RateConverter};
use wavemill_media::audio::wav::{WavSpec, WavWriter, WriteOptions};

use super::spec::{ExportSpec, FileFormat};
use crate::measure::{Loudness, Meter};

/// Seed of the dither stream, apart from everything a session's own seed drives.
const DITHER_SEED_SALT: u64 = 0x6469_7468_6572_2121;

/// What an export gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Exported {
    /// The files, in the order of [`ExportSpec::paths`].
    pub files: Vec<ExportedFile>,
    /// What is true of them all.
    pub facts: ExportFacts,
}

/// One file of an export.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedFile {
    /// Where it is.
    pub path: PathBuf,
    /// SHA-256 of its interleaved samples as little-endian numbers, before any compression.
    pub pcm_sha256: [u8; 32],
}

/// What is true of all files of an export.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportFacts {
    /// Frames in each.
    pub frames: u64,
    /// Channels in each.
    pub channels: u16,
    /// Rate in hertz.
    pub sample_rate_hz: u32,
    /// Samples that were beyond full scale of an integer encoding and clipped.
    pub clipped_samples: u64,
    /// Samples that were NaN or infinite and became 0 in an integer encoding.
    pub non_finite_samples: u64,
    /// Loudness and true peak of the stream, where asked for.
    pub loudness: Option<Loudness>,
}

/// An export under way. Dropped without [`Exporter::finish`], it leaves nothing behind.
pub struct Exporter {
    writer: WavWriter,
    file_rate: SampleRate,
    meter: Option<Meter>,
    converter: Option<RateConverter>,
    converted: Vec<f32>,
}

/// Sees a complete file before it has its name: its number among the export's files, the bytes of
/// its samples, and its content from the start.
pub type Show<'a> = &'a mut dyn FnMut(usize, u64, &mut dyn Read);

impl Exporter {
    /// Starts the export of a stereo stream at `stream_rate`. Dither is drawn from `seed`.
    ///
    /// # Errors
    /// See [`WriteError`]; nothing that was there before is harmed.
    pub fn create(
        spec: &ExportSpec,
        stream_rate: SampleRate,
        seed: u64,
    ) -> Result<Self, WriteError> {
        let file_rate = spec.file_rate(stream_rate);
        let FileFormat::Wav(encoding) = spec.format;
        let wav = WavSpec { channels: 2, sample_rate: file_rate, encoding };
        let options = WriteOptions {
            overwrite: spec.overwrite,
            dither_seed: (encoding.bits() < 32).then_some(seed ^ DITHER_SEED_SALT),
            hash: true,
        };
        let converter = (file_rate != stream_rate)
            .then(|| RateConverter::new(Arc::new(Kernel::new(stream_rate, file_rate)), 2));
        Ok(Self {
            writer: WavWriter::create(&spec.path, wav, options)?,
            file_rate,
            meter: spec.measure.then(|| Meter::new(stream_rate)),
            converter,
            converted: Vec::new(),
        })
    }

    /// Takes the next interleaved stereo frames.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub fn push(&mut self, samples: &[f32]) -> Result<(), WriteError> {
        if let Some(meter) = &mut self.meter {
            meter.push(samples);
        }
        let Some(converter) = &mut self.converter else { return self.writer.write(samples) };
        self.converted.clear();
        converter.push(samples, &mut self.converted);
        self.writer.write(&self.converted)
    }

    /// Completes the file and gives it its name.
    ///
    /// # Errors
    /// See [`WriteError`]; nothing is left behind and nothing that was there before is harmed.
    pub fn finish(self) -> Result<Exported, WriteError> {
        self.finish_showing(&mut |_, _, _| {})
    }

    /// Like [`Self::finish`], and shows the complete file before anyone else can see it.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn finish_showing(mut self, show: Show<'_>) -> Result<Exported, WriteError> {
        if let Some(converter) = self.converter.take() {
            self.converted.clear();
            converter.finish(&mut self.converted);
            self.writer.write(&self.converted)?;
        }
        let bytes = self.writer.data_bytes();
        let file = self.writer.finish_showing(&mut |file| show(0, bytes, file))?;
        Ok(Exported {
            files: vec![ExportedFile {
                path: file.path,
                pcm_sha256: file.pcm_sha256.unwrap_or_default(),
            }],
            facts: ExportFacts {
                frames: file.frames,
                channels: 2,
                sample_rate_hz: self.file_rate.hz(),
                clipped_samples: file.clipped_samples,
                non_finite_samples: file.non_finite_samples,
                loudness: self.meter.map(Meter::finish),
            },
        })
    }
}
