//! A session's MIDI in a file that is there whole or not at all.

use std::path::{Path, PathBuf};

use wavemill_core::session::Session;

use super::{WriteMidiError, write_midi};
use crate::audio::{PendingFile, WriteError};

/// Why no file was written. What was there is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ExportMidiError {
    /// The session has none, or too much.
    #[error(transparent)]
    Midi(#[from] WriteMidiError),
    /// The disk refused, or a file is there.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExportedMidi {
    /// The file.
    pub path: PathBuf,
    /// Tracks with notes or controllers.
    pub tracks: usize,
    /// Notes in them.
    pub notes: usize,
    /// What is not in the file, in sentences.
    pub warnings: Vec<String>,
}

/// Writes the MIDI of `session` to `path`, as [`write_midi`] says; replaces a file only where
/// `overwrite`.
pub fn export_midi(
    session: &Session,
    path: &Path,
    overwrite: bool,
) -> Result<ExportedMidi, ExportMidiError> {
    let written = write_midi(session)?;
    let mut file = PendingFile::create(path, overwrite)?;
    file.write(&written.bytes)?;
    let path = file.commit()?;
    let (tracks, notes, warnings) = (written.tracks, written.notes, written.warnings);
    Ok(ExportedMidi { path, tracks, notes, warnings })
}
