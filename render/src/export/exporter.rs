//! One export under way: frames are pushed, the finished files come out, all whole or none.

use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use wavemill_core::job::CancelToken;
use wavemill_core::time::SampleRate;
use wavemill_media::audio::WriteError;
use wavemill_media::audio::resample::{Kernel, RateConverter};

use super::normalise::Normalised;
use super::passes::{FrameFades, Passes};
use super::spec::{ExportChannels, ExportSpec};
use super::writer::Files;
use crate::measure::{Loudness, Meter};

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
    /// Samples that were beyond full scale of an integer encoding and clipped, in all together.
    pub clipped_samples: u64,
    /// Samples that were NaN or infinite and became 0 in an integer encoding, in all together.
    pub non_finite_samples: u64,
    /// Loudness and true peak of the stream as it came, where asked for.
    pub loudness: Option<Loudness>,
    /// What was done to the level, where asked for.
    pub normalised: Option<Normalised>,
}

/// Why an export gave no file. Nothing is left behind, and nothing that was there before is harmed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// It was asked to stop.
    #[error("cancelled")]
    Cancelled,
}

/// Sees a complete file before it has its name: its number among the export's files, about the
/// bytes of its samples, and its content from the start.
pub type Show<'a> = &'a mut dyn FnMut(usize, u64, &mut dyn Read);

/// An export under way. Dropped without [`Exporter::finish`], it leaves nothing behind.
pub struct Exporter {
    meter: Option<Meter>,
    mono: bool,
    mixed: Vec<f32>,
    converter: Option<RateConverter>,
    converted: Vec<f32>,
    end: End,
    channels: u16,
    file_rate: SampleRate,
}

/// Where frames go once they are as many and as fast as the file's.
struct End {
    files: Files,
    /// Where they wait, if they must.
    passes: Option<Passes>,
    fades: FrameFades,
    channels: usize,
    frames: u64,
    faded: Vec<f32>,
}

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
        let mono = spec.channels == ExportChannels::Mono;
        let channels = if mono { 1 } else { 2 };
        let converter = (file_rate != stream_rate)
            .then(|| RateConverter::new(Arc::new(Kernel::new(stream_rate, file_rate)), channels));
        let passes = spec.needs_passes().then(|| Passes::create(spec, file_rate, channels));
        let end = End {
            files: Files::create(spec, file_rate, seed)?,
            passes: passes.transpose()?,
            fades: FrameFades::new(spec, file_rate),
            channels,
            frames: 0,
            faded: Vec::new(),
        };
        Ok(Self {
            meter: spec.measure.then(|| Meter::new(stream_rate)),
            mono,
            mixed: Vec::new(),
            converter,
            converted: Vec::new(),
            end,
            channels: if spec.channels == ExportChannels::Stereo { 2 } else { 1 },
            file_rate,
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
        let samples = if self.mono {
            self.mixed.clear();
            self.mixed.extend(samples.as_chunks::<2>().0.iter().map(mean));
            &self.mixed
        } else {
            samples
        };
        let Some(converter) = &mut self.converter else { return self.end.push(samples) };
        self.converted.clear();
        converter.push(samples, &mut self.converted);
        self.end.push(&self.converted)
    }

    /// Completes the files and gives them their names.
    ///
    /// # Errors
    /// See [`ExportError`].
    pub fn finish(self, cancel: &CancelToken) -> Result<Exported, ExportError> {
        self.finish_showing(cancel, &mut |_, _, _| {})
    }

    /// Like [`Self::finish`], and shows every complete file before anyone else can see it.
    ///
    /// # Errors
    /// As [`Self::finish`].
    pub fn finish_showing(
        mut self,
        cancel: &CancelToken,
        show: Show<'_>,
    ) -> Result<Exported, ExportError> {
        if let Some(converter) = self.converter.take() {
            self.converted.clear();
            converter.finish(&mut self.converted);
            self.end.push(&self.converted)?;
        }
        let End { mut files, passes, .. } = self.end;
        let normalised = match passes {
            Some(passes) => passes.finish(&mut files, cancel)?,
            None => None,
        };
        let written = files.finish(show)?;
        let facts = ExportFacts {
            frames: written.first().map_or(0, |file| file.frames),
            channels: self.channels,
            sample_rate_hz: self.file_rate.hz(),
            clipped_samples: written.iter().map(|file| file.clipped_samples).sum(),
            non_finite_samples: written.iter().map(|file| file.non_finite_samples).sum(),
            loudness: self.meter.map(Meter::finish),
            normalised,
        };
        let files = written.into_iter().map(|file| ExportedFile {
            path: file.path,
            pcm_sha256: file.pcm_sha256.unwrap_or_default(),
        });
        Ok(Exported { files: files.collect(), facts })
    }
}

impl End {
    fn push(&mut self, samples: &[f32]) -> Result<(), WriteError> {
        if let Some(passes) = &mut self.passes {
            return passes.push(samples);
        }
        let first = self.frames;
        self.frames += (samples.len() / self.channels) as u64;
        // A fade out would have been waited for.
        if !self.fades.fades_in_at(first) {
            return self.files.write(samples);
        }
        self.faded.clear();
        self.faded.extend_from_slice(samples);
        self.fades.draw(&mut self.faded, self.channels, first, None);
        self.files.write(&self.faded)
    }
}

/// The mean of both channels.
#[allow(clippy::cast_possible_truncation)] // Of two f32 it is hardly out of range of one.
fn mean(frame: &[f32; 2]) -> f32 {
    ((f64::from(frame[0]) + f64::from(frame[1])) * 0.5) as f32
}
