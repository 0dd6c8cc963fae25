//! Snapshots: what is kept of a golden render, and what a mismatch tells.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wavemill_core::audio::MemorySource;
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::SampleRate;
use wavemill_media::audio::wav::{WavEncoding, WavSource, WavSpec, WavWriter, WriteOptions};
use wavemill_media::audio::{OpenError, WriteError};
use wavemill_render::MixHasher;

use crate::difference::{DifferenceError, FirstDifference, difference};

/// Frames whose level is kept as one figure.
const WINDOW_FRAMES: usize = 1_000;

/// What is kept of a golden render besides its audio: enough to see in a diff what moved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// Its rate in hertz.
    pub sample_rate: u32,
    /// Frames.
    pub frames: usize,
    /// SHA-256 of the interleaved little-endian f32 samples, hexadecimal.
    pub mix_sha256: String,
    /// Peak of each channel, linear.
    pub peak: [f32; 2],
    /// Mean square of each window of 1,000 frames, both channels together.
    pub mean_squares: Vec<f64>,
}

/// How a render differs from its snapshot.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// There is no snapshot of that name.
    #[error("there is no golden '{0}': make it with `cargo run -p wavemill-golden -- bless`")]
    Missing(String),
    /// A snapshot's file cannot be read.
    #[error("golden '{name}' cannot be read: {reason}")]
    Unreadable {
        /// The snapshot.
        name: String,
        /// Why.
        reason: String,
    },
    /// The samples differ.
    #[error("golden '{name}' differs{}: compare actual, expected and difference in {}", at(.first), .folder.display())]
    Differs {
        /// The snapshot.
        name: String,
        /// The first sample that does.
        first: Option<FirstDifference>,
        /// Where actual.wav, expected.wav and difference.wav are.
        folder: PathBuf,
    },
    /// A file could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The golden audio could not be compared.
    #[error(transparent)]
    Compare(#[from] DifferenceError),
    /// The golden audio could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

fn at(first: &Option<FirstDifference>) -> String {
    first.as_ref().map_or_else(
        || " in length".to_owned(),
        |first| format!(" from frame {} of channel {} on", first.frame, first.channel),
    )
}

impl Snapshot {
    /// The snapshot of interleaved stereo `samples`.
    pub fn of(samples: &[f32], rate: SampleRate) -> Self {
        let mut hasher = MixHasher::default();
        hasher.update(samples);
        let peak = |channel: usize| {
            let of_channel = samples.iter().skip(channel).step_by(2);
            of_channel.fold(0.0_f32, |peak, sample| peak.max(sample.abs()))
        };
        let windows = samples.chunks(2 * WINDOW_FRAMES);
        Self {
            sample_rate: rate.hz(),
            frames: samples.len() / 2,
            mix_sha256: hasher.finish().iter().map(|byte| format!("{byte:02x}")).collect(),
            peak: [peak(0), peak(1)],
            mean_squares: windows.map(mean_square).collect(),
        }
    }
}

fn mean_square(samples: &[f32]) -> f64 {
    let sum: f64 = samples.iter().map(|sample| f64::from(*sample) * f64::from(*sample)).sum();
    sum / samples.len().max(1) as f64
}

/// The folder of this repository's goldens.
#[derive(Clone, Debug)]
pub struct Snapshots {
    folder: PathBuf,
    /// Where mismatches are written.
    mismatches: PathBuf,
}

impl Snapshots {
    /// Goldens in `folder`; mismatches are written below `mismatches`.
    pub fn new(folder: impl Into<PathBuf>, mismatches: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into(), mismatches: mismatches.into() }
    }

    /// Compares `samples` with the golden `name`.
    ///
    /// # Errors
    /// [`SnapshotError::Differs`] where one bit does; the audio lies in the mismatch folder then.
    pub fn check(
        &self,
        name: &str,
        samples: &[f32],
        rate: SampleRate,
    ) -> Result<Snapshot, SnapshotError> {
        let expected = self.read(name)?;
        let actual = Snapshot::of(samples, rate);
        if actual == expected {
            return Ok(actual);
        }
        let folder = self.mismatches.join(name);
        write_wav(&folder.join("actual.wav"), samples, rate)?;
        let golden = WavSource::open(&self.audio_path(name))?;
        let found = difference(&golden, &MemorySource::new(samples, 2, rate))?;
        let expected = read_all(&golden, name)?;
        write_wav(&folder.join("expected.wav"), &expected, rate)?;
        let residual: Vec<f32> =
            samples.iter().zip(&expected).map(|(actual, expected)| actual - expected).collect();
        write_wav(&folder.join("difference.wav"), &residual, rate)?;
        let first = found.residual.and_then(|residual| residual.first);
        Err(SnapshotError::Differs { name: name.to_owned(), first, folder })
    }

    /// Makes `samples` the golden `name`.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn bless(
        &self,
        name: &str,
        samples: &[f32],
        rate: SampleRate,
    ) -> Result<(), SnapshotError> {
        write_wav(&self.audio_path(name), samples, rate)?;
        let snapshot = Snapshot::of(samples, rate);
        let unreadable =
            |reason: String| SnapshotError::Unreadable { name: name.to_owned(), reason };
        let text = serde_json::to_string_pretty(&snapshot)
            .map_err(|error| unreadable(error.to_string()))?;
        std::fs::write(self.text_path(name), text + "\n")
            .map_err(|error| unreadable(error.to_string()))
    }

    fn read(&self, name: &str) -> Result<Snapshot, SnapshotError> {
        let text = std::fs::read_to_string(self.text_path(name))
            .map_err(|_| SnapshotError::Missing(name.to_owned()))?;
        serde_json::from_str(&text).map_err(|error| SnapshotError::Unreadable {
            name: name.to_owned(),
            reason: error.to_string(),
        })
    }

    fn text_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.json"))
    }

    fn audio_path(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.wav"))
    }
}

fn read_all(
    source: &dyn wavemill_core::audio::FrameSource,
    name: &str,
) -> Result<Vec<f32>, SnapshotError> {
    let unreadable = |reason: String| SnapshotError::Unreadable { name: name.to_owned(), reason };
    let frames = usize::try_from(source.frames()).map_err(|error| unreadable(error.to_string()))?;
    let mut samples = vec![0.0; frames * source.channels()];
    let mut reader =
        source.reader(SimdLevel::detect()).map_err(|error| unreadable(error.to_string()))?;
    reader.read(0, &mut samples).map_err(|error| unreadable(error.to_string()))?;
    Ok(samples)
}

fn write_wav(path: &Path, samples: &[f32], rate: SampleRate) -> Result<(), SnapshotError> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(|error| SnapshotError::Unreadable {
            name: path.display().to_string(),
            reason: error.to_string(),
        })?;
    }
    let spec = WavSpec { channels: 2, sample_rate: rate, encoding: WavEncoding::Float32 };
    let options = WriteOptions { overwrite: true, ..WriteOptions::default() };
    let mut writer = WavWriter::create(path, spec, options)?;
    writer.write(samples)?;
    writer.finish()?;
    Ok(())
}
