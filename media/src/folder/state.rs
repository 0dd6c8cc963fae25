//! Opaque plug-in states: blobs named by what is in them.

use std::io::Read;
use std::path::PathBuf;

use super::layout::is_missing;
use super::{SessionFolder, StateError};
use crate::audio::{PendingFile, WriteError};
use crate::files::{self, is_sha256_hex, sha256_hex};

/// The most bytes of one state: 256 MiB.
const MAX_STATE_BYTES: u64 = 256 << 20;

impl SessionFolder {
    /// Keeps a plug-in's state and returns its name: its SHA-256 as 64 hexadecimal digits.
    ///
    /// Nothing else in the folder of states is touched, known or not.
    pub fn put_state(&self, bytes: &[u8]) -> Result<String, StateError> {
        let name = sha256_hex(bytes);
        let path = self.state_folder().join(&name);
        if bytes.len() as u64 > MAX_STATE_BYTES {
            let (bytes, limit) = (bytes.len() as u64, MAX_STATE_BYTES);
            return Err(StateError::TooLarge { path, bytes, limit });
        }
        if self.get_state(&name).is_ok() {
            return Ok(name);
        }
        let made = files::create_folders(&self.state_folder())
            .map_err(|error| WriteError::from_io(&path, &error))?;
        // A damaged file of the name is replaced: its content is known now.
        let written = PendingFile::create(&path, true)
            .and_then(|mut file| file.write(bytes).and_then(|()| file.commit()));
        if let Err(error) = written {
            files::remove_folders(&made);
            return Err(error.into());
        }
        Ok(name)
    }

    /// The state called `name`, checked against its name.
    pub fn get_state(&self, name: &str) -> Result<Vec<u8>, StateError> {
        if !is_sha256_hex(name) {
            return Err(StateError::Name(name.chars().take(64).collect()));
        }
        let path: PathBuf = self.state_folder().join(name);
        let io = |error: std::io::Error| {
            if is_missing(&error) {
                StateError::Missing { path: path.clone() }
            } else {
                StateError::Io { path: path.clone(), reason: error.to_string() }
            }
        };
        let mut bytes = Vec::new();
        let file = std::fs::File::open(&path).map_err(io)?;
        file.take(MAX_STATE_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
        if sha256_hex(&bytes) != name {
            return Err(StateError::Damaged { path });
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::faults::{self, Fault};
    use wavemill_core::session::Session;
    use wavemill_core::time::SampleRate;

    fn folder() -> (tempfile::TempDir, SessionFolder) {
        let root = tempfile::tempdir().unwrap();
        let session = Session::new("Song", SampleRate::new(48_000).unwrap());
        let folder = SessionFolder::create(root.path(), &session, false).unwrap();
        (root, folder)
    }

    #[test]
    fn states_come_back_as_they_were_and_other_files_stay() {
        let (_root, folder) = folder();
        let name = folder.put_state(b"\0opaque").unwrap();
        std::fs::write(folder.state_folder().join("notes.txt"), "mine").unwrap();
        assert_eq!(folder.put_state(b"\0opaque").unwrap(), name);
        assert_eq!(folder.get_state(&name).unwrap(), b"\0opaque");
        assert_eq!(folder.get_state(&folder.put_state(b"").unwrap()).unwrap(), b"");
        assert_eq!(std::fs::read_dir(folder.state_folder()).unwrap().count(), 3);
    }

    #[test]
    fn wrong_names_missing_and_damaged_states_are_told_apart() {
        let (_root, folder) = folder();
        let name = folder.put_state(b"abc").unwrap();
        let path = folder.state_folder().join(&name);
        let wrong = "../session.json";
        assert_eq!(folder.get_state(wrong).unwrap_err(), StateError::Name(wrong.to_owned()));
        std::fs::write(&path, b"abd").unwrap();
        assert_eq!(
            folder.get_state(&name).unwrap_err(),
            StateError::Damaged { path: path.clone() }
        );
        assert_eq!(folder.put_state(b"abc").unwrap(), name);
        assert_eq!(folder.get_state(&name).unwrap(), b"abc");
        std::fs::remove_file(&path).unwrap();
        assert_eq!(folder.get_state(&name).unwrap_err(), StateError::Missing { path });
    }

    #[test]
    fn a_state_is_kept_whole_or_not_at_all() {
        for fault in Fault::ALL {
            for step in 0.. {
                let (_root, folder) = folder();
                let (put, struck) = faults::with(fault, step, || folder.put_state(b"12345678"));
                let name = sha256_hex(b"12345678");
                match folder.get_state(&name) {
                    Ok(bytes) => assert_eq!(bytes, b"12345678"),
                    Err(error) => {
                        assert!(put.is_err() && matches!(error, StateError::Missing { .. }));
                    }
                }
                assert_eq!(folder.put_state(b"12345678").unwrap(), name);
                if !struck {
                    break;
                }
            }
        }
    }
}
