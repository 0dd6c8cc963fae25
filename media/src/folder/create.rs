//! Making a session's folder, whole or not at all.

use std::path::{Path, PathBuf};

use wavemill_core::session::Session;

use super::journal;
use super::layout::root_of;
use super::lock::Lock;
use super::{CreateError, SessionFolder};
use crate::audio::{PendingFile, WriteError};
use crate::files;

impl SessionFolder {
    /// Makes the folder `path` with `session` in it.
    ///
    /// The folder may exist, with anything in it; a session in it is refused unless `overwrite`
    /// is asked for, which replaces the document and sets its history aside. Other files stay.
    pub fn create(path: &Path, session: &Session, overwrite: bool) -> Result<Self, CreateError> {
        let folder = Self::at(root_of(path));
        let exists = folder.document_path().exists();
        let lock = if exists && overwrite { Some(Lock::take(&folder)?) } else { None };
        folder.write_new(session, overwrite)?;
        if lock.is_some() {
            // One that stays is found not to fit, and set aside, by the next edit.
            let _ = journal::set_aside(&folder);
        }
        Ok(folder)
    }

    /// Makes the folder `path` with a session in it that `make` gives for the folder's name; also
    /// returns the folders that had to be made, outermost first.
    pub(crate) fn create_new(
        path: &Path,
        make: impl FnOnce(&str) -> Session,
    ) -> Result<(Self, Vec<PathBuf>), CreateError> {
        let folder = Self::at(root_of(path));
        // A path that ends in `.` or `..` has no name before it is resolved.
        let named = folder.root().file_name().map(ToOwned::to_owned).or_else(|| {
            let resolved = std::fs::canonicalize(folder.root()).ok()?;
            resolved.file_name().map(ToOwned::to_owned)
        });
        let name = named.map(|name| name.to_string_lossy().into_owned());
        let made = folder.write_new(&make(name.as_deref().unwrap_or("Session")), false)?;
        Ok((folder, made))
    }

    fn write_new(&self, session: &Session, overwrite: bool) -> Result<Vec<PathBuf>, CreateError> {
        let root = self.root().to_owned();
        if std::fs::metadata(&root).is_ok_and(|found| !found.is_dir()) {
            return Err(CreateError::NotAFolder { path: root });
        }
        let json = session.to_canonical_json()?;
        let made =
            files::create_folders(&root).map_err(|error| WriteError::from_io(&root, &error))?;
        let written = PendingFile::create(&self.document_path(), overwrite)
            .and_then(|mut file| file.write(&json).and_then(|()| file.commit()));
        match written {
            Ok(_) => Ok(made),
            Err(error) => {
                files::remove_folders(&made);
                Err(match error {
                    WriteError::Exists { .. } => CreateError::Exists { path: root },
                    other => other.into(),
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavemill_core::time::SampleRate;

    fn session(name: &str) -> Session {
        Session::new(name, SampleRate::new(48_000).unwrap())
    }

    #[test]
    fn a_made_session_is_one_file_that_reads_back() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("albums/song");
        let folder = SessionFolder::create(&path, &session("Song"), false).unwrap();
        assert_eq!(folder.load().unwrap(), session("Song"));
        let names: Vec<_> = std::fs::read_dir(&path).unwrap().collect();
        assert_eq!(names.len(), 1);
    }

    #[test]
    fn a_session_that_is_there_is_kept_unless_asked() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("session.json");
        SessionFolder::create(&path, &session("Old"), false).unwrap();
        let error = SessionFolder::create(root.path(), &session("New"), false).unwrap_err();
        assert!(matches!(error, CreateError::Exists { .. }), "{error}");
        let folder = SessionFolder::open(root.path()).unwrap();
        assert_eq!(folder.load().unwrap().name, "Old");
        SessionFolder::create(root.path(), &session("New"), true).unwrap();
        assert_eq!(folder.load().unwrap().name, "New");
    }

    #[test]
    fn a_session_under_edit_is_not_overwritten() {
        let root = tempfile::tempdir().unwrap();
        let folder = SessionFolder::create(root.path(), &session("Old"), false).unwrap();
        let editor = folder.edit().unwrap();
        let error = SessionFolder::create(root.path(), &session("New"), true).unwrap_err();
        assert!(error.to_string().contains("being edited"), "{error}");
        drop(editor);
        assert_eq!(folder.load().unwrap().name, "Old");
    }

    #[test]
    fn a_file_in_the_way_is_named() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("song");
        std::fs::write(&path, "x").unwrap();
        let error = SessionFolder::create(&path, &session("Song"), true).unwrap_err();
        assert!(error.to_string().contains("song' is a file"), "{error}");
        let error = SessionFolder::create(&path.join("in"), &session("Song"), true).unwrap_err();
        assert!(error.to_string().contains("cannot be written"), "{error}");
        assert_eq!(std::fs::read(&path).unwrap(), b"x");
    }
}
