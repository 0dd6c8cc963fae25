//! The document on disk: read as a whole, replaced as a whole.

use std::io::Read;

use wavemill_core::session::limits::MAX_SESSION_BYTES;
use wavemill_core::session::{Session, SessionParseError};

use super::layout::is_missing;
use super::{FolderError, SessionFolder};
use crate::audio::{PendingFile, WriteError};
use crate::files;

impl SessionFolder {
    /// Reads the document.
    ///
    /// It is of the right form then; [`Session::check`] tells what else may be wrong. A command
    /// that was interrupted by a crash while the document was replaced is not in it until the
    /// session is next opened for editing.
    pub fn load(&self) -> Result<Session, FolderError> {
        let path = self.document_path();
        let io = |error: &std::io::Error| {
            if is_missing(error) {
                FolderError::Missing { path: self.root().to_owned() }
            } else {
                FolderError::io(&path, error)
            }
        };
        let file = std::fs::File::open(&path).map_err(|error| io(&error))?;
        let bytes = file.metadata().map_err(|error| io(&error))?.len();
        let malformed = |error| FolderError::Document { path: path.clone(), error };
        if bytes > MAX_SESSION_BYTES {
            return Err(malformed(SessionParseError::TooLarge { bytes }));
        }
        let mut json = Vec::new();
        // One byte more than allowed, so that a file that grows meanwhile is still refused.
        file.take(MAX_SESSION_BYTES + 1).read_to_end(&mut json).map_err(|error| io(&error))?;
        Session::from_json(&json).map_err(malformed)
    }

    /// Replaces the document. Afterwards it holds `json`, or on error what it held before.
    pub(super) fn replace_document(&self, json: &[u8]) -> Result<(), WriteError> {
        let mut file = PendingFile::create(&self.document_path(), true)?;
        file.write(json)?;
        file.commit().map(drop)
    }

    /// Removes what processes that were killed while they wrote left beside the document.
    ///
    /// Only for the holder of the lock: nobody else writes then.
    pub(super) fn remove_leftovers(&self) {
        let leftover = |name: &str| {
            name.starts_with('.')
                && name.ends_with(".part")
                && [".session.json.", ".journal.jsonl."].iter().any(|own| name.starts_with(own))
        };
        for folder in [self.root().to_owned(), self.private_folder()] {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                if entry.file_name().to_str().is_some_and(leftover) {
                    // One that stays is hidden and harmless.
                    let _ = files::remove_file(&entry.path());
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavemill_core::time::SampleRate;

    #[test]
    fn a_document_is_refused_by_its_length_before_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("session.json");
        let file = std::fs::File::create(&path).unwrap();
        file.set_len(MAX_SESSION_BYTES + 1).unwrap();
        let error = SessionFolder::open(folder.path()).unwrap().load().unwrap_err();
        let error_of_length = SessionParseError::TooLarge { bytes: MAX_SESSION_BYTES + 1 };
        assert_eq!(error, FolderError::Document { path, error: error_of_length });
    }

    #[test]
    fn a_broken_document_is_named() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("session.json"), "{\"format\": 1}").unwrap();
        let error = SessionFolder::open(folder.path()).unwrap().load().unwrap_err();
        assert!(error.to_string().contains("session.json': "), "{error}");
    }

    #[test]
    fn leftovers_go_and_other_hidden_files_stay() {
        let folder = tempfile::tempdir().unwrap();
        let session = Session::new("Song", SampleRate::new(48_000).unwrap());
        let session = SessionFolder::create(folder.path(), &session, false).unwrap();
        for name in [".session.json.12-0.part", ".mine.part", ".session.json.old"] {
            std::fs::write(folder.path().join(name), "x").unwrap();
        }
        session.edit().unwrap();
        assert!(!folder.path().join(".session.json.12-0.part").exists());
        assert!(folder.path().join(".mine.part").exists());
        assert!(folder.path().join(".session.json.old").exists());
    }
}
