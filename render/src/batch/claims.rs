//! The claim of a batch: files that it may have written without a line in its results.
//!
//! What a job is going to write is put down beside the results before it begins. A file goes from the
//! claim once it has its line, or is gone itself: what was claimed by a run that was killed stays
//! claimed through later ones that fail, whatever jobs they have. The claim is a line a job, each a
//! list of files; it is not synced: what a power failure takes of it is asked for once more.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

use wavemill_media::audio::{WriteError, write_whole};

use crate::paths::real;

/// The files that are claimed.
pub(super) struct Claims {
    path: PathBuf,
    /// Files that lie there without a line: of earlier runs, and of this one where its line could
    /// not be written.
    files: BTreeSet<String>,
    /// Where this run puts down more.
    log: Option<File>,
}

impl Claims {
    /// What earlier runs claimed beside the results at `results`, as far as it is still there.
    pub(super) fn read(results: &Path) -> Self {
        let path = claim_path(results);
        let text = std::fs::read(&path).unwrap_or_default();
        // A torn last line is of a job that had not begun.
        let lines = text.split(|byte| *byte == b'\n');
        let lines = lines.filter_map(|line| serde_json::from_slice::<Vec<String>>(line).ok());
        let files = lines.flatten().filter(|file| is_there(file)).collect();
        Self { path, files, log: None }
    }

    /// True where the file at `path` may be of a run that was killed.
    pub(super) fn holds(&self, path: &Path) -> bool {
        !self.files.is_empty() && self.files.contains(&named(path))
    }

    /// Starts a run: from here on more is put down.
    pub(super) fn start(&mut self) -> Result<(), WriteError> {
        self.write()?;
        let log = File::options().append(true).open(&self.path);
        self.log = Some(log.map_err(|error| self.error(&error))?);
        Ok(())
    }

    /// Puts down that `paths`, all of which are free or the batch's own, are going to be written.
    pub(super) fn put_down(&mut self, paths: &[PathBuf]) -> Result<(), WriteError> {
        let names: Vec<String> = paths.iter().map(|path| named(path)).collect();
        let mut line = serde_json::to_vec(&names).unwrap_or_default();
        line.push(b'\n');
        let put = self.log.as_mut().map_or(Ok(()), |log| log.write_all(&line));
        put.map_err(|error| self.error(&error))
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
        self.log = None;
        self.files.retain(|file| is_there(file));
        // Where either fails, what stays put down claims what is free; that does no harm before a
        // file of somebody else's is there.
        let _ = if self.files.is_empty() {
            std::fs::remove_file(&self.path).map_err(|_| ())
        } else {
            self.write().map_err(|_| ())
        };
    }

    /// Puts down what is claimed, and nothing else.
    fn write(&self) -> Result<(), WriteError> {
        let mut line = serde_json::to_vec(&self.files).unwrap_or_default();
        line.push(b'\n');
        write_whole(&self.path, true, |write| write(&line).map(|()| true))?;
        Ok(())
    }

    fn error(&self, error: &std::io::Error) -> WriteError {
        WriteError::Io { path: self.path.clone(), reason: error.to_string() }
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
