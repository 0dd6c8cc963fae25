//! One line of a batch's results: what became of a job, and what it gave.

use serde::{Deserialize, Serialize};

/// What became of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// It was rendered, wholly or from what the store had of it.
    Rendered,
    /// The store had the finished file.
    Served,
    /// Another job of the batch gives the same: its file was copied.
    Copied,
    /// It gave no file.
    Failed,
}

/// One line of the results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRecord {
    /// The job's number in the batch, from 1.
    pub job: usize,
    /// Its file's name as the manifest's pattern gives it.
    pub name: String,
    /// The session, as the manifest says it.
    pub session: String,
    /// The variant, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// What became of it.
    pub status: JobStatus,
    /// Names what was rendered and exported, and how; hexadecimal. Where it is the same, so is the
    /// file, unless a warning names a processor that does not give the same output twice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What it gave.
    #[serde(flatten)]
    pub made: Option<Made>,
    /// Seconds it took.
    pub wall_seconds: f64,
    /// Processor seconds it took.
    pub cpu_seconds: f64,
    /// Why it gave no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What a job gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// The path of the file; where there are several, that after which they are called.
    pub output: String,
    /// The files, which lie in one folder.
    pub files: Vec<MadeFile>,
    /// Frames in each.
    pub frames: u64,
    /// Channels in each.
    pub channels: u16,
    /// Rate in hertz.
    pub sample_rate: u32,
    /// Length in seconds.
    pub seconds: f64,
    /// SHA-256 of the master's output, hexadecimal; see `wavemill bounce`.
    pub mix_sha256: String,
    /// Integrated loudness in LUFS; absent where it was not measured, or is below the gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integrated_lufs: Option<f64>,
    /// True peak in dBTP; absent where it was not measured, or all is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub true_peak_dbtp: Option<f64>,
    /// What the listener should know of.
    pub warnings: Vec<String>,
}

/// A file that a job wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeFile {
    /// Its name in its folder.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its interleaved samples, hexadecimal.
    pub pcm_sha256: String,
    /// BLAKE3 of the whole file, hexadecimal, by which it is known again.
    pub blake3: String,
    /// Time of its last change as it was made, in nanoseconds since 1970: while length and time are
    /// these, the file is not read to be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_ns: Option<i64>,
}
