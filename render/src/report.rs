//! What a bounce reports: one object, the same for people and for `--json`.

use serde::Serialize;

use crate::measure::Loudness;

/// What was bounced.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BounceReport {
    /// The file.
    pub output: String,
    /// Frames in it.
    pub frames: u64,
    /// Channels in it.
    pub channels: u16,
    /// Its rate in hertz.
    pub sample_rate: u32,
    /// SHA-256 of its interleaved samples as written, hexadecimal.
    pub pcm_sha256: String,
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
    /// True where nothing was rendered: the store had the finished file.
    pub served: bool,
    /// What the listener should know of.
    pub warnings: Vec<String>,
}
