//! Taking back what a failed import put on the disk.

use std::path::PathBuf;

use crate::files;

/// Files and folders an import made; dropped, it removes them, unless [`Undo::keep`] was called.
#[derive(Debug, Default)]
pub(super) struct Undo {
    files: Vec<PathBuf>,
    folders: Vec<PathBuf>,
}

impl Undo {
    pub(super) fn file(&mut self, path: PathBuf) {
        self.files.push(path);
    }

    /// Folders, outermost first, behind those noted before.
    pub(super) fn folders(&mut self, folders: Vec<PathBuf>) {
        self.folders.extend(folders);
    }

    /// The import succeeded.
    pub(super) fn keep(&mut self) {
        self.files.clear();
        self.folders.clear();
    }
}

impl Drop for Undo {
    fn drop(&mut self) {
        for file in self.files.iter().rev() {
            // The error that led here is the one to tell of; an unused file does no harm.
            let _ = files::remove_file(file);
        }
        files::remove_folders(&self.folders);
    }
}
