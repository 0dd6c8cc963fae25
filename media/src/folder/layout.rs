//! Where the parts of a session folder are, and finding a folder by a path.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::FolderError;
use crate::audio::{AudioFiles, AudioIndex};

/// The name of the document in a session's folder.
pub(super) const DOCUMENT: &str = "session.json";

/// The name of the audio index in the private folder.
const AUDIO_INDEX: &str = "audio-index.json";

/// A session's folder, to read from; [`SessionFolder::edit`] is the way to change it.
///
/// Reading takes no lock: the document is replaced as a whole, so a reader sees it before or
/// after an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFolder {
    root: PathBuf,
}

impl SessionFolder {
    /// The session at `path`: its folder, or the `session.json` in it.
    ///
    /// Fails where there is none; what is in the document is not looked at yet.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
        let root = root_of(path);
        let document = root.join(DOCUMENT);
        match std::fs::metadata(&document) {
            Ok(found) if found.is_file() => Ok(Self { root }),
            Ok(_) => Err(FolderError::NotAFile { path: document }),
            Err(error) if is_missing(&error) => match std::fs::metadata(&root) {
                Ok(found) if found.is_file() => Err(FolderError::NotAFolder { path: root }),
                _ => Err(FolderError::Missing { path: root }),
            },
            Err(error) => Err(FolderError::io(&document, &error)),
        }
    }

    /// The folder at `root`, which need not exist yet.
    pub(super) const fn at(root: PathBuf) -> Self {
        Self { root }
    }

    /// The folder itself.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The document.
    pub fn document_path(&self) -> PathBuf {
        self.root.join(DOCUMENT)
    }

    /// Where copied and recorded audio is kept.
    pub fn audio_folder(&self) -> PathBuf {
        self.root.join("audio")
    }

    /// Where MIDI files are kept.
    pub fn midi_folder(&self) -> PathBuf {
        self.root.join("midi")
    }

    /// Where plug-in states are kept.
    pub fn state_folder(&self) -> PathBuf {
        self.root.join("state")
    }

    /// What only wavemill reads: journal, lock, caches.
    pub(super) fn private_folder(&self) -> PathBuf {
        self.root.join(".wavemill")
    }

    pub(super) fn journal_path(&self) -> PathBuf {
        self.private_folder().join("journal.jsonl")
    }

    pub(super) fn lock_path(&self) -> PathBuf {
        self.private_folder().join("lock")
    }

    /// The private folder, and the files in it that a new session gets.
    pub(crate) fn private_files(&self) -> (PathBuf, [PathBuf; 3]) {
        let index = self.private_folder().join(AUDIO_INDEX);
        (self.private_folder(), [self.lock_path(), self.journal_path(), index])
    }

    /// The index of the session's audio files.
    pub fn audio_index(&self) -> AudioIndex {
        AudioIndex::load(&self.private_folder().join(AUDIO_INDEX))
    }

    /// The session's audio files, with its index.
    pub fn audio_files(&self) -> AudioFiles {
        AudioFiles::new(&self.root, self.audio_index())
    }
}

/// The folder that `path` means.
pub(super) fn root_of(path: &Path) -> PathBuf {
    let is_document = path.file_name().is_some_and(|name| name == DOCUMENT) && !path.is_dir();
    let root = if is_document { path.parent().unwrap_or(path) } else { path };
    if root.as_os_str().is_empty() { PathBuf::from(".") } else { root.to_owned() }
}

pub(super) fn is_missing(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_found_by_its_folder_or_its_document() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("song");
        std::fs::create_dir(&root).unwrap();
        std::fs::write(root.join("session.json"), "{}").unwrap();
        let found = SessionFolder::open(&root).unwrap();
        assert_eq!(SessionFolder::open(&root.join("session.json")).unwrap(), found);
        assert_eq!(found.root(), root);
        assert_eq!(root_of(Path::new("session.json")), Path::new("."));
        assert_eq!(root_of(Path::new("")), Path::new("."));
    }

    #[test]
    fn a_path_without_a_session_says_how_to_make_one() {
        let folder = tempfile::tempdir().unwrap();
        let none = folder.path().join("none");
        for path in [none.clone(), none.join("session.json"), folder.path().to_owned()] {
            let message = SessionFolder::open(&path).unwrap_err().to_string();
            assert!(message.contains("no session at"), "{message}");
            assert!(message.contains("wavemill new"), "{message}");
            assert!(message.contains("wavemill import"), "{message}");
        }
    }

    #[test]
    fn other_files_are_no_sessions() {
        let folder = tempfile::tempdir().unwrap();
        let song = folder.path().join("song.wav");
        std::fs::write(&song, "RIFF").unwrap();
        let message = SessionFolder::open(&song).unwrap_err().to_string();
        assert!(message.contains("song.wav' is a file"), "{message}");
        std::fs::create_dir(folder.path().join("session.json")).unwrap();
        let message = SessionFolder::open(folder.path()).unwrap_err().to_string();
        assert!(message.contains("not a regular file"), "{message}");
    }
}
