//! Why an audio file could not be opened: one error for every codec.

use std::path::{Path, PathBuf};

/// Why an audio file could not be opened. Messages name the file and say what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No such file.
    #[error("'{}' is missing: put it back or import it again", path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A folder or device where a file is needed.
    #[error("'{}' is not a file: give the path of an audio file", path.display())]
    NotAFile {
        /// The path.
        path: PathBuf,
    },
    /// A file of no bytes.
    #[error("'{}' is empty (0 bytes): get the file again from where it came", path.display())]
    Empty {
        /// The file.
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
    /// No codec knows the file by its first bytes.
    #[error(
        "'{}' is in no format known here ({known}): convert it to WAV first", path.display()
    )]
    UnknownFormat {
        /// The file.
        path: PathBuf,
        /// The formats there are codecs for, separated by commas.
        known: String,
    },
    /// The header promises more audio than the file holds.
    #[error(
        "'{}' is cut short: its header promises {promised} bytes of audio and {present} are \
         there; get the file again, or repair its header to keep what is there", path.display()
    )]
    Truncated {
        /// The file.
        path: PathBuf,
        /// Bytes of audio by the header.
        promised: u64,
        /// Bytes of audio in the file.
        present: u64,
    },
    /// The file breaks its format's rules.
    #[error("'{}' is corrupt: {what}; get the file again or export it anew", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// Which rule, and where.
        what: String,
    },
    /// The file is sound, and of a kind that is not supported.
    #[error("'{}' cannot be used: {what}", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What is not supported and what is.
        what: String,
    },
}

impl OpenError {
    /// The error for what the system said about `path`.
    pub(crate) fn from_io(path: &Path, error: &std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => {
                Self::Missing { path: path.to_owned() }
            }
            std::io::ErrorKind::IsADirectory => Self::NotAFile { path: path.to_owned() },
            _ => Self::Io { path: path.to_owned(), reason: error.to_string() },
        }
    }

    pub(crate) fn corrupt(path: &Path, what: impl Into<String>) -> Self {
        Self::Corrupt { path: path.to_owned(), what: what.into() }
    }

    pub(crate) fn unsupported(path: &Path, what: impl Into<String>) -> Self {
        Self::Unsupported { path: path.to_owned(), what: what.into() }
    }
}
