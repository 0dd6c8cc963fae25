//! The claim of a batch: files that it may have written without a line in its results.
//!
//! What a run is going to write is put down beside the results before anything is rendered. A file
//! goes from the claim once it has its line, or is gone itself: what was claimed by a run that was
//! killed stays claimed through later ones that fail, whatever jobs they have.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use wavemill_media::audio::{WriteError, write_whole};

use crate::paths::real;

/// The files that are claimed.
pub(super) struct Claims {
    path: PathBuf,
    /// Files that lie there without a line: of earlier runs, and of this one where its line could
    /// not be written.
    files: BTreeSet<String>,
}

impl Claims {
    /// What earlier runs claimed beside the results at `results`, as far as it is still there.
    pub(super) fn read(results: &Path) -> Self {
        let path = claim_path(results);
        // It is replaced as a whole, so one that cannot be read is none.
        let json = std::fs::read(&path).unwrap_or_default();
        let mut files: BTreeSet<String> = serde_json::from_slice(&json).unwrap_or_default();
        files.retain(|file| is_there(file));
        Self { path, files }
    }

    /// True where the file at `path` may be of a run that was killed.
    pub(super) fn holds(&self, path: &Path) -> bool {
        !self.files.is_empty() && self.files.contains(&named(path))
    }

    /// Puts down that `paths`, all of which are free or the batch's own, are going to be written.
    pub(super) fn put_down(&self, paths: impl Iterator<Item = PathBuf>) -> Result<(), WriteError> {
        let mut all = self.files.clone();
        all.extend(paths.map(|path| named(&path)));
        self.write(&all)
    }

    /// `paths` lie there without a line, or may.
    pub(super) fn add(&mut self, paths: &[PathBuf]) {
        self.files.extend(paths.iter().map(|path| named(path)));
    }

    /// `paths` have their line.
    pub(super) fn settle(&mut self, paths: &[PathBuf]) {
        if self.files.is_empty() {
            return;
        }
        for path in paths {
            self.files.remove(&named(path));
        }
    }

    /// Leaves of the claim what still lies there without a line.
    pub(super) fn release(&mut self) {
        self.files.retain(|file| is_there(file));
        // Where either fails, what stays put down claims what is free; that does no harm before a
        // file of somebody else's is there.
        let _ = if self.files.is_empty() {
            std::fs::remove_file(&self.path).map_err(|_| ())
        } else {
            self.write(&self.files).map_err(|_| ())
        };
    }

    fn write(&self, files: &BTreeSet<String>) -> Result<(), WriteError> {
        let json = serde_json::to_vec(files).unwrap_or_default();
        write_whole(&self.path, true, |write| write(&json).map(|()| true))?;
        Ok(())
    }
}

/// The claim of the results at `path`.
fn claim_path(path: &Path) -> PathBuf {
    let mut name = OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".claim");
    path.with_file_name(name)
}

/// What a file is called in a claim, from whatever folder the batch is run.
fn named(path: &Path) -> String {
    real(path).to_string_lossy().into_owned()
}

/// A folder that cannot be looked into may hold it.
fn is_there(file: &str) -> bool {
    match std::fs::symlink_metadata(file) {
        Ok(_) => true,
        Err(error) => !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    }
}
