//! Why a session folder could not be made, read or changed: one error per operation.

use std::path::{Path, PathBuf};

use wavemill_core::command::EditError;
use wavemill_core::session::limits::MAX_SESSION_BYTES;
use wavemill_core::session::{CanonicalJsonError, SessionParseError};

use crate::audio::WriteError;

/// Why a session could not be found or read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FolderError {
    /// No session there.
    #[error(
        "there is no session at '{}': make one with 'wavemill new', or from audio files with \
         'wavemill import FILES -o {}'",
        path.display(), path.display()
    )]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file where a folder is needed.
    #[error(
        "'{}' is a file and a session is a folder: give the folder, or the session.json in it",
        path.display()
    )]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// The document is a folder or a device.
    #[error("'{}' is not a regular file: put the session's document in its place", path.display())]
    NotAFile {
        /// The document.
        path: PathBuf,
    },
    /// The system refused.
    #[error("'{}' cannot be read: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The document is no session.
    #[error("'{}': {error}", path.display())]
    Document {
        /// The document.
        path: PathBuf,
        /// What is wrong and where.
        error: SessionParseError,
    },
    /// The document holds what cannot be written again.
    #[error("'{}': {reason}", path.display())]
    Unwritable {
        /// The document.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl FolderError {
    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), reason: error.to_string() }
    }
}

/// Why a session could not be made. Nothing that was there before is harmed.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// There is a session already.
    #[error(
        "there is a session at '{}' already: choose another name, or ask to overwrite it",
        path.display()
    )]
    Exists {
        /// Its folder.
        path: PathBuf,
    },
    /// A file where the folder is to be.
    #[error("'{}' is a file and a session is a folder: choose another name", path.display())]
    NotAFolder {
        /// The file.
        path: PathBuf,
    },
    /// The session to be overwritten is being edited.
    #[error(transparent)]
    Begin(#[from] BeginError),
    /// The session cannot be said in JSON.
    #[error(transparent)]
    Json(#[from] CanonicalJsonError),
    /// The disk refused.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Why a session could not be opened for editing. It is as it was.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BeginError {
    /// It could not be read.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// Another process edits it.
    #[error(
        "the session '{}' is being edited by another process{holder}: wait until it has \
         finished, or end it, and try again", path.display()
    )]
    Locked {
        /// Its folder.
        path: PathBuf,
        /// The other process, such as ` (process 1234)`; may be empty.
        holder: String,
    },
    /// The file system has no locks.
    #[error(
        "the session '{}' cannot be locked ({reason}): copy it to a local disk to edit it",
        path.display()
    )]
    NoLocks {
        /// Its folder.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The disk refused.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Why an edit did not take place. The session, in memory and on disk, is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// A command was refused.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// The session cannot be said in JSON afterwards.
    #[error(transparent)]
    Json(#[from] CanonicalJsonError),
    /// The session would be too large to be opened again.
    #[error(
        "the session would be {bytes} bytes long, more than the {MAX_SESSION_BYTES} a session \
         may have: edit it in smaller parts or split it"
    )]
    TooLarge {
        /// Its length.
        bytes: u64,
    },
    /// The disk refused.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Why a plug-in state could not be kept or fetched.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    /// The name is no digest.
    #[error("'{0}' does not name a state: states are named by 64 digits 0-9, a-f")]
    Name(String),
    /// No such state.
    #[error("the plug-in state '{}' is missing: put the file back from a copy of the session, or \
             remove state_sha256 from the plug-in to start it from its defaults", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// The file's content is not what its name says.
    #[error("the plug-in state '{}' is damaged (its content has another SHA-256): put it back \
             from a copy of the session", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// More bytes than any plug-in saves.
    #[error(
        "the plug-in state '{}' is {bytes} bytes long, more than the {limit} a state may have",
        path.display()
    )]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Its length.
        bytes: u64,
        /// The most it may have.
        limit: u64,
    },
    /// The system refused to read it.
    #[error("the plug-in state '{}' cannot be read: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The disk refused to write it.
    #[error(transparent)]
    Write(#[from] WriteError),
}
