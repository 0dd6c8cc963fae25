//! What an export does.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use wavemill_core::session::FadeCurve;
use wavemill_core::time::SampleRate;
use wavemill_media::audio::flac::FlacEncoding;
use wavemill_media::audio::wav::WavEncoding;

/// A container and how it stores samples.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileFormat {
    /// WAV, or RF64 where it grows past 4 GiB.
    Wav(WavEncoding),
    /// FLAC.
    Flac(FlacEncoding),
}

/// What is added before samples are rounded to fewer than 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExportDither {
    /// Nothing.
    None,
    /// TPDF dither.
    #[serde(rename = "tpdf")]
    Triangular,
    /// TPDF dither with noise shaping ([`wavemill_media::audio::noise_shaping`]).
    Shaped,
}

/// Which channels go into which files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportChannels {
    /// Both into one file.
    Stereo,
    /// Their mean into one file.
    Mono,
    /// Each into a file of its own: `NAME.L.wav` and `NAME.R.wav`.
    Split,
}

impl ExportChannels {
    /// The files an export to `path` gives.
    pub(super) fn paths(self, path: &Path) -> Vec<PathBuf> {
        match self {
            Self::Stereo | Self::Mono => vec![path.to_owned()],
            Self::Split => ["L", "R"].map(|side| beside(path, side)).to_vec(),
        }
    }
}

/// Silence that is left out. A frame is silent where no channel is above the threshold; where all
/// are silent, all stay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrimSilence {
    /// Before the first frame that is not silent.
    pub start: bool,
    /// After the last one.
    pub end: bool,
    /// Threshold in dBFS.
    pub threshold_db: f64,
}

/// Fades of the file; 0 seconds for none.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fades {
    /// Seconds from the file's first frame on.
    pub in_seconds: f64,
    /// Seconds up to the file's end.
    pub out_seconds: f64,
    /// The course of both.
    pub curve: FadeCurve,
}

impl Fades {
    /// No fades.
    pub const NONE: Self = Self { in_seconds: 0.0, out_seconds: 0.0, curve: FadeCurve::Linear };
}

/// The level that the loudest part or the whole of the file gets, before dither.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub enum Normalise {
    /// The largest sample, in dBFS.
    Peak(f64),
    /// The true peak (ITU-R BS.1770), in dBTP.
    TruePeak(f64),
    /// The integrated loudness (EBU R 128), or less where the true peak would pass the ceiling.
    Loudness {
        /// The loudness in LUFS.
        lufs: f64,
        /// The highest true peak in dBTP.
        ceiling_dbtp: f64,
    },
}

/// All that is done to a stereo stream on its way into a file.
#[derive(Clone, Debug, PartialEq)]
pub struct ExportSpec {
    /// The file to write, or what the names of split files are made of.
    pub path: PathBuf,
    /// An existing file may be replaced.
    pub overwrite: bool,
    /// The container and how samples are stored.
    pub format: FileFormat,
    /// Rate of the file, where it is not the stream's.
    pub rate: Option<SampleRate>,
    /// Dither of encodings below 32 bits.
    pub dither: ExportDither,
    /// Which channels go into which files.
    pub channels: ExportChannels,
    /// Silence to leave out.
    pub trim: Option<TrimSilence>,
    /// Fades at the file's start and end.
    pub fades: Fades,
    /// The level to bring the file to.
    pub normalise: Option<Normalise>,
    /// Loudness and true peak of the stream, before all of this, are measured.
    pub measure: bool,
}

impl ExportSpec {
    /// An export to `path` that changes nothing but the format.
    pub fn plain(path: &Path, format: FileFormat) -> Self {
        Self {
            path: path.to_owned(),
            overwrite: false,
            format,
            rate: None,
            dither: ExportDither::Triangular,
            channels: ExportChannels::Stereo,
            trim: None,
            fades: Fades::NONE,
            normalise: None,
            measure: false,
        }
    }

    /// The files an export gives, in the order of [`super::Exported::files`].
    pub fn paths(&self) -> Vec<PathBuf> {
        self.channels.paths(&self.path)
    }

    /// The rate of the file for a stream at `stream_rate`.
    pub fn file_rate(&self, stream_rate: SampleRate) -> SampleRate {
        self.rate.unwrap_or(stream_rate)
    }

    /// Whether the one file holds the very samples of a stream at `stream_rate`.
    pub(crate) fn keeps_samples(&self, stream_rate: SampleRate) -> bool {
        self.format == FileFormat::Wav(WavEncoding::Float32)
            && self.channels == ExportChannels::Stereo
            && self.file_rate(stream_rate) == stream_rate
            && self.fades.in_seconds <= 0.0
            && !self.needs_passes()
    }

    /// Whether the length or the level must be known before the first frame is written.
    pub(super) fn needs_passes(&self) -> bool {
        self.trim.is_some() || self.fades.out_seconds > 0.0 || self.normalise.is_some()
    }
}

/// `path` with `side` before its extension.
fn beside(path: &Path, side: &str) -> PathBuf {
    let mut name = OsString::from(path.file_stem().unwrap_or_default());
    name.push(".");
    name.push(side);
    if let Some(extension) = path.extension() {
        name.push(".");
        name.push(extension);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_files_are_named_by_their_side() {
        let format = FileFormat::Wav(WavEncoding::Signed16);
        for (path, left, right) in [
            ("a/song.wav", "a/song.L.wav", "a/song.R.wav"),
            ("song", "song.L", "song.R"),
            ("my.song.flac", "my.song.L.flac", "my.song.R.flac"),
        ] {
            let plain = ExportSpec::plain(Path::new(path), format);
            assert_eq!(plain.paths(), [Path::new(path)]);
            let split = ExportSpec { channels: ExportChannels::Split, ..plain };
            assert_eq!(split.paths(), [Path::new(left), Path::new(right)]);
        }
    }
}
