//! Bringing a file into a session: copied, or named where it is.

use std::fs::File;
use std::io::Read;
use std::ops::ControlFlow;
use std::path::{Component, Path};

use super::name::safe_name;
use super::{ImportError, ImportProgress, ProgressSink};
use crate::audio::{PendingFile, WriteError};
use crate::folder::{NewFiles, SessionFolder};

/// Bytes copied between two looks at the progress sink.
const CHUNK_BYTES: usize = 1 << 20;

/// Work done and to do, and who is told.
pub(super) struct Progress<'a> {
    pub sink: ProgressSink<'a>,
    pub done_bytes: u64,
    pub total_bytes: u64,
}

impl Progress<'_> {
    /// Counts work done.
    pub(super) fn advance(&mut self, bytes: u64) -> Result<(), ImportError> {
        // A file that grows while it is copied must not make more than all of it.
        self.done_bytes = self.done_bytes.saturating_add(bytes).min(self.total_bytes);
        let (done_bytes, total_bytes) = (self.done_bytes, self.total_bytes);
        match (self.sink)(ImportProgress { done_bytes, total_bytes }) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(ImportError::Cancelled),
        }
    }
}

/// What the session calls `source` if it lies in its folder already.
pub(super) fn name_inside(folder: &SessionFolder, source: &Path) -> Option<String> {
    let root = std::fs::canonicalize(folder.root()).ok()?;
    let source = std::fs::canonicalize(source).ok()?;
    let inside = source.strip_prefix(root).ok()?;
    let mut parts = Vec::new();
    for component in inside.components() {
        match component {
            Component::Normal(part) => parts.push(part.to_str()?),
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

/// What the session calls `source` where it is.
pub(super) fn absolute_name(source: &Path) -> Result<String, ImportError> {
    let absolute = std::fs::canonicalize(source).map_err(|error| read_error(source, &error))?;
    match absolute.to_str() {
        Some(name) => Ok(name.to_owned()),
        None => Err(ImportError::NotUtf8 { path: source.to_owned() }),
    }
}

/// Copies `source` into the session's `audio/` under a free name, and returns what the session
/// calls the copy.
pub(super) fn copy(
    folder: &SessionFolder,
    source: &Path,
    undo: &mut NewFiles,
    progress: &mut Progress<'_>,
) -> Result<String, ImportError> {
    let (stem, extension) = safe_name(source);
    let mut make =
        |path: &Path| fill(PendingFile::create(path, false)?, source, progress).map(|_| ());
    let is_taken = |error: &ImportError| {
        matches!(error, ImportError::Write(WriteError::Exists { .. } | WriteError::NotAFile { .. }))
    };
    let (name, ()) = undo.make_audio(folder, (&stem, &extension), &mut make, &is_taken)?;
    Ok(name)
}

fn fill(
    mut file: PendingFile,
    source: &Path,
    progress: &mut Progress<'_>,
) -> Result<std::path::PathBuf, ImportError> {
    let mut from = File::open(source).map_err(|error| read_error(source, &error))?;
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let length = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(read_error(source, &error)),
        };
        file.write(&chunk[..length])?;
        progress.advance(length as u64)?;
    }
    Ok(file.commit()?)
}

fn read_error(path: &Path, error: &std::io::Error) -> ImportError {
    ImportError::Read { path: path.to_owned(), reason: error.to_string() }
}
