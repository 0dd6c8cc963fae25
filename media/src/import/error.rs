//! Why nothing was imported.

use std::path::PathBuf;

use wavemill_core::command::EditError;
use wavemill_core::session::limits::MAX_TRACKS;

use crate::audio::{OpenError, WriteError};
use crate::folder::{ApplyError, BeginError, CreateError, FolderError};

/// Why nothing was imported. The session is as it was, and no file was left behind.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Nothing was given.
    #[error("no files were given: name audio files, or a folder of them")]
    NothingGiven,
    /// A folder without audio.
    #[error("there is no audio file in '{}': give WAV or FLAC files", path.display())]
    NoAudio {
        /// The folder.
        path: PathBuf,
    },
    /// A folder that cannot be listed.
    #[error("the folder '{}' cannot be read: {reason}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// More files than a session has tracks.
    #[error("{count} files are more than the {MAX_TRACKS} tracks of a session: import fewer")]
    TooMany {
        /// How many.
        count: usize,
    },
    /// A file that cannot be used.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A file of more channels than a track has.
    #[error(
        "'{}' has {channels} channels, and a track has 1 or 2: split it into mono or stereo \
         files first", path.display()
    )]
    Channels {
        /// The file.
        path: PathBuf,
        /// How many.
        channels: usize,
    },
    /// A file without a single frame.
    #[error("'{}' holds no audio (0 frames): leave it out", path.display())]
    NoFrames {
        /// The file.
        path: PathBuf,
    },
    /// A path that a session cannot name.
    #[error(
        "the path of '{}' is not valid UTF-8, so a session cannot refer to it: rename it, or \
         import a copy", path.display()
    )]
    NotUtf8 {
        /// The file.
        path: PathBuf,
    },
    /// A file could not be read to its end.
    #[error("'{}' cannot be read: {reason}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// A file is damaged inside.
    #[error("'{}' cannot be imported: {what}", path.display())]
    Audio {
        /// The file as it was given.
        path: PathBuf,
        /// What is wrong with it, without a name: its copy is removed again.
        what: String,
    },
    /// The session does not take a file.
    #[error("'{}' cannot be imported: {error}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// Why.
        error: Box<EditError>,
    },
    /// The tempo is none.
    #[error("the tempo cannot be set: {0}")]
    Tempo(EditError),
    /// The session could not be found.
    #[error(transparent)]
    Session(#[from] FolderError),
    /// The session could not be made.
    #[error(transparent)]
    Create(#[from] CreateError),
    /// The session could not be opened for editing.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// The session could not be changed.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// The disk refused.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// It was cancelled.
    #[error("the import was cancelled; nothing was imported")]
    Cancelled,
}
