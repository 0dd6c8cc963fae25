//! What a bounce reports: one object, the same for people and for `--json`.

use serde::Serialize;

use crate::export::Normalised;
use crate::measure::Loudness;

/// What was bounced.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BounceReport {
    /// The file, or what the names of [`Self::files`] are made of.
    pub output: String,
    /// Frames in it.
    pub frames: u64,
    /// Channels in it.
    pub channels: u16,
    /// Its rate in hertz.
    pub sample_rate: u32,
    /// SHA-256 of its interleaved samples as little-endian numbers, before any compression,
    /// hexadecimal; of the first of several files.
    pub pcm_sha256: String,
    /// The files, where there is more than one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<FileReport>,
    /// SHA-256 of the master's output at the session's rate as interleaved little-endian f32,
    /// before every export step, hexadecimal: of all that was rendered for the range, so that
    /// with an automatic tail it also covers the silence that is trimmed from the file's end.
    pub mix_sha256: String,
    /// Seconds it took.
    pub wall_seconds: f64,
    /// Processor seconds it took, all threads together.
    pub cpu_seconds: f64,
    /// Length of the audio over the seconds it took.
    pub times_realtime: f64,
    /// Loudness and true peak of the master's output, unless switched off.
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    pub loudness: Option<Loudness>,
    /// What was done to the level, where asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalised: Option<Normalised>,
    /// True where nothing was rendered: the store had the finished file.
    pub served: bool,
    /// What the listener should know of.
    pub warnings: Vec<String>,
}

/// One of several files of a bounce.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FileReport {
    /// The file.
    pub output: String,
    /// SHA-256 of its samples as in [`BounceReport::pcm_sha256`].
    pub pcm_sha256: String,
}
