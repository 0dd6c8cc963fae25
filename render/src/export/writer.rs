//! The files of an export being written: a container each, filled with the channels that are its.

use std::path::Path;

use wavemill_core::time::SampleRate;
use wavemill_media::audio::flac::{FlacSpec, FlacWriter};
use wavemill_media::audio::wav::{WavEncoding, WavSpec, WavWriter};
use wavemill_media::audio::{CompleteAudio, Dither, WriteError, WriteOptions, WrittenAudio};

use super::exporter::Show;
use super::spec::{ExportChannels, ExportDither, ExportSpec, FileFormat};

/// Seed of the dither stream, apart from everything a session's own seed drives.
const DITHER_SEED_SALT: u64 = 0x6469_7468_6572_2121;

/// One file. Another container is a variant here.
enum FileWriter {
    Wav(Box<WavWriter>),
    Flac(Box<FlacWriter>),
}

impl FileWriter {
    fn create(
        path: &Path,
        format: FileFormat,
        (channels, sample_rate): (u16, SampleRate),
        options: WriteOptions,
    ) -> Result<Self, WriteError> {
        Ok(match format {
            FileFormat::Wav(encoding) => {
                let spec = WavSpec { channels, sample_rate, encoding };
                Self::Wav(Box::new(WavWriter::create(path, spec, options)?))
            }
            FileFormat::Flac(encoding) => {
                let spec = FlacSpec { channels, sample_rate, encoding };
                Self::Flac(Box::new(FlacWriter::create(path, spec, options)?))
            }
        })
    }

    fn write(&mut self, samples: &[f32]) -> Result<(), WriteError> {
        match self {
            Self::Wav(writer) => writer.write(samples),
            Self::Flac(writer) => writer.write(samples),
        }
    }

    fn complete(self, number: usize, show: Show<'_>) -> Result<CompleteAudio, WriteError> {
        match self {
            Self::Wav(writer) => {
                let bytes = writer.data_bytes();
                writer.complete(&mut |file| show(number, bytes, file))
            }
            Self::Flac(writer) => {
                // Less the last block, of a few kilobytes.
                let bytes = writer.bytes();
                writer.complete(&mut |file| show(number, bytes, file))
            }
        }
    }
}

/// All files of an export.
pub(super) struct Files {
    writers: Vec<FileWriter>,
    /// One channel of a split file.
    channel: Vec<f32>,
}

impl Files {
    /// Starts the files of `spec` at `rate`, with dither drawn from `seed`.
    pub(super) fn create(
        spec: &ExportSpec,
        rate: SampleRate,
        seed: u64,
    ) -> Result<Self, WriteError> {
        let paths = spec.paths();
        let channels = if spec.channels == ExportChannels::Stereo { 2 } else { 1 };
        let writers = paths.iter().zip(0..).map(|(path, number)| {
            // The files of one export have noise of their own.
            let dither = dither(spec, (seed ^ DITHER_SEED_SALT).wrapping_add(number));
            let options = WriteOptions { overwrite: spec.overwrite, dither, hash: true };
            FileWriter::create(path, spec.format, (channels, rate), options)
        });
        Ok(Self { writers: writers.collect::<Result<_, _>>()?, channel: Vec::new() })
    }

    /// Writes interleaved frames: of as many channels as there are files, or of those of the one.
    pub(super) fn write(&mut self, samples: &[f32]) -> Result<(), WriteError> {
        if let [writer] = &mut self.writers[..] {
            return writer.write(samples);
        }
        let channels = self.writers.len();
        for (number, writer) in self.writers.iter_mut().enumerate() {
            self.channel.clear();
            self.channel.extend(samples.iter().skip(number).step_by(channels));
            writer.write(&self.channel)?;
        }
        Ok(())
    }

    /// Completes all files, then gives them their names.
    pub(super) fn finish(self, show: Show<'_>) -> Result<Vec<WrittenAudio>, WriteError> {
        let writers = self.writers.into_iter().enumerate();
        let complete: Vec<CompleteAudio> = writers
            .map(|(number, writer)| writer.complete(number, show))
            .collect::<Result<_, _>>()?;
        for file in &complete {
            file.check()?;
        }
        complete.into_iter().map(CompleteAudio::commit).collect()
    }
}

fn dither(spec: &ExportSpec, seed: u64) -> Dither {
    // Whole numbers of 32 bits are finer than an f32.
    let below_32_bits = match spec.format {
        FileFormat::Wav(encoding) => {
            matches!(encoding, WavEncoding::Signed16 | WavEncoding::Signed24)
        }
        FileFormat::Flac(_) => true,
    };
    match spec.dither {
        ExportDither::None => Dither::None,
        _ if !below_32_bits => Dither::None,
        ExportDither::Triangular => Dither::Triangular(seed),
        ExportDither::Shaped => Dither::Shaped(seed),
    }
}
