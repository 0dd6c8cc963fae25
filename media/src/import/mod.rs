//! Import: audio and MIDI files become tracks of a session, all of them or none.

mod copy;
mod error;
mod gather;
mod midi;
mod name;
mod run;

#[cfg(test)]
mod tests;

use std::ops::ControlFlow;
use std::path::PathBuf;

use wavemill_core::session::{ClipId, TrackId};
use wavemill_core::time::{SampleRate, Samples};

use crate::folder::SessionFolder;

pub use error::ImportError;
pub use midi::{
    ImportMidiError, ImportMidiReport, ImportedMidiTrack, MidiImportOptions, import_midi,
};
pub use run::import;

/// How files are imported.
#[derive(Clone, Debug, PartialEq)]
pub struct ImportOptions {
    /// Copies the files into the session's `audio/`; else they stay where they are and the
    /// session names them by absolute path. Files that lie in the session's folder already are
    /// used where they are, either way.
    pub copy: bool,
    /// Sets the session's tempo at its start, in quarter notes a minute.
    pub tempo_bpm: Option<f64>,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self { copy: true, tempo_bpm: None }
    }
}

/// How far an import is, in bytes of work: each file counts once to be copied (if it is) and
/// once to be identified.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImportProgress {
    /// Bytes done.
    pub done_bytes: u64,
    /// Bytes there are.
    pub total_bytes: u64,
}

/// Told how far an import is, now and then; breaks to cancel it.
pub type ProgressSink<'a> = &'a mut dyn FnMut(ImportProgress) -> ControlFlow<()>;

/// A file that became a track.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedFile {
    /// Where it came from.
    pub source: PathBuf,
    /// What the session calls it.
    pub file: String,
    /// Its track.
    pub track: TrackId,
    /// Its clip.
    pub clip: ClipId,
    /// Where the clip starts, at the session's rate: its BWF time stamp, or 0.
    pub start: Samples,
    /// How long it is, at the session's rate.
    pub length: Samples,
    /// The file's own rate.
    pub sample_rate: SampleRate,
    /// Its channels, 1 or 2.
    pub channels: usize,
}

/// A file in an imported folder that was left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedFile {
    /// The file.
    pub path: PathBuf,
    /// Why, in words that follow "skipped:".
    pub reason: String,
}

/// What an import did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportReport {
    /// The session.
    pub folder: SessionFolder,
    /// The session was made for it.
    pub created: bool,
    /// The session's revision afterwards.
    pub revision: u64,
    /// The files, in the order of their tracks.
    pub files: Vec<ImportedFile>,
    /// What was left out.
    pub skipped: Vec<SkippedFile>,
    /// What was not quite right and did no harm, in sentences.
    pub warnings: Vec<String>,
}
