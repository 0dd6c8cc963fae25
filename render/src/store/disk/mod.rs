//! The disk as the store uses it: every step that can fail, in one place.
//!
//! Objects are read, written and removed through a [`Disk`] only, so that tests can let each single
//! step fail and look at what is left. Outside of tests it is nothing but calls of the system.

#[cfg(test)]
pub(super) mod faults;

use std::fs::File;
use std::io::{Read, Result, Seek, SeekFrom, Write};
use std::path::Path;
use std::time::SystemTime;

/// The disk of one store.
#[derive(Default)]
pub(super) struct Disk {
    #[cfg(test)]
    faults: faults::Faults,
}

/// An open file of a store.
pub(super) struct DiskFile<'d> {
    disk: &'d Disk,
    file: File,
}

impl Disk {
    /// Every step asks here first; outside tests it always may go on.
    #[cfg(not(test))]
    const fn step(&self, _what: &'static str) -> Result<()> {
        Ok(())
    }

    /// Creates the file at `path`, which must not exist.
    pub(super) fn create_new(&self, path: &Path) -> Result<DiskFile<'_>> {
        self.step("create")?;
        let file = File::options().write(true).create_new(true).open(path)?;
        Ok(DiskFile { disk: self, file })
    }

    /// Opens the file at `path` to read.
    pub(super) fn open(&self, path: &Path) -> Result<DiskFile<'_>> {
        self.step("open")?;
        Ok(DiskFile { disk: self, file: File::open(path)? })
    }

    /// Gives the file `from` the name `to`, in place of a file that has it.
    pub(super) fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        self.step("rename")?;
        std::fs::rename(from, to)
    }

    /// Removes the file at `path`.
    pub(super) fn remove_file(&self, path: &Path) -> Result<()> {
        self.step("remove")?;
        std::fs::remove_file(path)
    }

    /// Creates `folder` and the folders above it that are missing.
    pub(super) fn create_folders(&self, folder: &Path) -> Result<()> {
        self.step("create folders")?;
        std::fs::create_dir_all(folder)
    }
}

impl DiskFile<'_> {
    /// Its length in bytes.
    pub(super) fn length_bytes(&self) -> Result<u64> {
        self.disk.step("look at")?;
        Ok(self.file.metadata()?.len())
    }

    /// Notes that the file was used now. Where that cannot be noted it is only forgotten earlier.
    pub(super) fn note_use(&self) {
        let noted = self.disk.step("note use");
        let _ = noted.and_then(|()| self.file.set_modified(SystemTime::now()));
    }
}

impl Read for DiskFile<'_> {
    fn read(&mut self, to: &mut [u8]) -> Result<usize> {
        self.disk.step("read")?;
        self.file.read(to)
    }
}

impl Write for DiskFile<'_> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        #[cfg(not(test))]
        self.disk.step("write")?;
        #[cfg(test)]
        if let Err(error) = self.disk.step("write") {
            self.file.write_all(self.disk.faults.torn(bytes))?;
            return Err(error);
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> Result<()> {
        self.file.flush()
    }
}

impl Seek for DiskFile<'_> {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.disk.step("seek")?;
        self.file.seek(to)
    }
}
