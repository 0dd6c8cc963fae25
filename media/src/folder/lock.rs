//! The lock of a session folder: one process edits at a time.

use std::fs::{File, TryLockError};

use super::{BeginError, SessionFolder};
use crate::audio::WriteError;
use crate::files;

/// Held while a session is edited. The system lets go of it when the process ends, however it
/// ends: no stale lock is ever left.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock of `folder`, whose private folder it makes where needed.
    pub(super) fn take(folder: &SessionFolder) -> Result<Self, BeginError> {
        let path = folder.lock_path();
        let refused = |error: std::io::Error| WriteError::from_io(&path, &error);
        files::create_folders(&folder.private_folder()).map_err(refused)?;
        let mut file = files::open_or_create(&path).map_err(refused)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = std::fs::read_to_string(&path).unwrap_or_default();
                let holder = match holder.trim().parse::<u32>() {
                    Ok(process) => format!(" (process {process})"),
                    Err(_) => String::new(),
                };
                return Err(BeginError::Locked { path: folder.root().to_owned(), holder });
            }
            Err(TryLockError::Error(error)) => {
                let reason = error.to_string();
                return Err(BeginError::NoLocks { path: folder.root().to_owned(), reason });
            }
        }
        // Tells people who holds it; the lock holds without.
        let _ = files::set_length(&file, 0).and_then(|()| {
            files::write_all(&mut file, format!("{}\n", std::process::id()).as_bytes())
        });
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Said aloud, since closing is not enough while a process that was just started by
        // another thread still has a copy of the handle.
        let _ = self.file.unlock();
    }
}

#[cfg(test)]
mod tests {
    use wavemill_core::session::Session;
    use wavemill_core::time::SampleRate;

    use super::*;

    #[test]
    fn a_second_editor_is_refused_until_the_first_has_finished() {
        let root = tempfile::tempdir().unwrap();
        let session = Session::new("Song", SampleRate::new(48_000).unwrap());
        let folder = SessionFolder::create(root.path(), &session, false).unwrap();
        let first = folder.edit().unwrap();
        let error = folder.edit().err().unwrap();
        let message = error.to_string();
        assert!(matches!(error, BeginError::Locked { .. }), "{message}");
        assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
        assert!(message.contains("wait until it has finished"), "{message}");
        assert!(folder.load().is_ok(), "readers need no lock");
        drop(first);
        folder.edit().unwrap();
    }
}
