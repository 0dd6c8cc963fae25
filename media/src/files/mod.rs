//! The file system as session folders write to it: every step that can fail, in one place.
//!
//! Session folders, imports and whole files ([`pending_file`](crate::audio)) change the disk
//! through these functions only, so that tests can let each single step fail and look at what is
//! left.

mod digest;
#[cfg(test)]
pub(crate) mod faults;

use std::fs::File;
use std::io::{ErrorKind, Result, Write};
use std::path::{Path, PathBuf};

pub(crate) use digest::{is_sha256_hex, sha256_hex};

/// Every step asks here first; outside tests it always may go on.
#[cfg(not(test))]
const fn step() -> Result<()> {
    Ok(())
}

#[cfg(test)]
use faults::step;

/// Creates the file at `path`, which must not exist, to write and to read again.
pub(crate) fn create_new(path: &Path) -> Result<File> {
    step()?;
    File::options().read(true).write(true).create_new(true).open(path)
}

/// Opens the file at `path` to read and write, and creates it where it is missing.
pub(crate) fn open_or_create(path: &Path) -> Result<File> {
    step()?;
    File::options().read(true).write(true).create(true).truncate(false).open(path)
}

/// Writes all of `bytes` where `file` stands.
pub(crate) fn write_all(file: &mut File, bytes: &[u8]) -> Result<()> {
    #[cfg(test)]
    if let Err(error) = step() {
        file.write_all(faults::torn(bytes))?;
        return Err(error);
    }
    file.write_all(bytes)
}

/// Lets the system begin to bring `bytes` bytes from `offset` on to the disk, so that less is left
/// to wait for at the end. It may as well not: nothing depends on it.
pub(crate) fn begin_sync(file: &File, offset: u64, bytes: u64) {
    // On Linux this starts the write-back of what has to be written first.
    #[cfg(target_os = "linux")]
    if let Some(bytes) = std::num::NonZeroU64::new(bytes) {
        let _ = rustix::fs::fadvise(file, offset, Some(bytes), rustix::fs::Advice::DontNeed);
    }
    #[cfg(not(target_os = "linux"))]
    let _ = (file, offset, bytes);
}

/// Makes what was written to `file` durable.
pub(crate) fn sync(file: &File) -> Result<()> {
    step()?;
    file.sync_all()
}

/// Cuts `file` at `length` bytes.
pub(crate) fn set_length(file: &File, length: u64) -> Result<()> {
    step()?;
    file.set_len(length)
}

/// Gives the file `from` the name `to`, in place of a file that has it.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<()> {
    step()?;
    std::fs::rename(from, to)
}

/// Removes the file at `path`.
pub(crate) fn remove_file(path: &Path) -> Result<()> {
    step()?;
    std::fs::remove_file(path)
}

/// Makes names in `folder` durable, where the file system can; some refuse, and keep them anyway.
pub(crate) fn sync_folder(folder: &Path) -> Result<()> {
    step()?;
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::Unsupported | ErrorKind::InvalidInput | ErrorKind::PermissionDenied
            ) =>
        {
            Ok(())
        }
        other => other,
    }
}

/// Creates `folder` and the folders above it that are missing; returns those made, outermost
/// first. What it made is removed again where it fails.
pub(crate) fn create_folders(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut missing: Vec<&Path> = Vec::new();
    for path in folder.ancestors() {
        if path.as_os_str().is_empty() || path.is_dir() {
            break;
        }
        missing.push(path);
    }
    let mut made = Vec::new();
    for path in missing.into_iter().rev() {
        match step().and_then(|()| std::fs::create_dir(path)) {
            Ok(()) => made.push(path.to_owned()),
            // Someone else made it in the meantime.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && path.is_dir() => {}
            Err(error) => {
                remove_folders(&made);
                return Err(error);
            }
        }
    }
    Ok(made)
}

/// Removes those of `folders` (as [`create_folders`] returned them) that are empty.
pub(crate) fn remove_folders(folders: &[PathBuf]) {
    for folder in folders.iter().rev() {
        // An empty folder left behind does no harm, and one with something in it has to stay.
        let _ = step().and_then(|()| std::fs::remove_dir(folder));
    }
}
