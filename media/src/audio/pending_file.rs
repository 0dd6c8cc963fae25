//! A file that appears whole or not at all: written beside its target, synced, then renamed.
//!
//! The temporary file is locked while it is written. The system lets go of the lock however the
//! process ends, so the next write to the same target knows what is left of a process that was
//! killed, also of one in another container or on another machine, and removes it.

use std::ffi::{OsStr, OsString};
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use crate::files;

/// Why a file could not be written. Nothing that was there before is harmed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The target exists and overwriting was not asked for.
    #[error("'{}' exists already: choose another name, or ask to overwrite it", path.display())]
    Exists {
        /// The target.
        path: PathBuf,
    },
    /// The target is a folder or a device.
    #[error("'{}' is not a regular file: give the name of a file", path.display())]
    NotAFile {
        /// The target.
        path: PathBuf,
    },
    /// The folder the target should be in does not exist.
    #[error("'{}' cannot be written: there is no such folder; create it first", path.display())]
    NoFolder {
        /// The target.
        path: PathBuf,
    },
    /// The disk is full.
    #[error(
        "'{}' cannot be written: the disk is full; nothing was kept, make room and try again",
        path.display()
    )]
    DiskFull {
        /// The target.
        path: PathBuf,
    },
    /// The system refused.
    #[error("'{}' cannot be written: {reason}", path.display())]
    Io {
        /// The target.
        path: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// The data do not fit the format.
    #[error("'{}' cannot be written: {what}", path.display())]
    Unsupported {
        /// The target.
        path: PathBuf,
        /// What does not fit, and what does.
        what: String,
    },
}

impl WriteError {
    pub(crate) fn from_io(path: &Path, error: &std::io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Self::NoFolder { path },
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
                Self::DiskFull { path }
            }
            _ => Self::Io { path, reason: error.to_string() },
        }
    }
}

/// How many names are tried for the temporary file; left-overs of killed processes take some.
const NAMES_TRIED: u32 = 1000;

/// A file being written. Dropped without [`PendingFile::commit`], it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct PendingFile {
    /// `None` once committed.
    file: Option<File>,
    temporary: PathBuf,
    target: PathBuf,
    overwrite: bool,
    /// Bytes appended so far, and how many of them are on their way to the disk.
    written: u64,
    begun: u64,
}

/// Bytes appended before they are sent on their way to the disk.
const BEGIN_BYTES: u64 = 4 * 1024 * 1024;

impl PendingFile {
    /// Starts a file that will be `target`. An existing target is refused unless `overwrite`.
    pub(crate) fn create(target: &Path, overwrite: bool) -> Result<Self, WriteError> {
        let target = check_target(target, overwrite)?;
        let Some(name) = target.file_name() else {
            return Err(WriteError::NotAFile { path: target });
        };
        sweep(&target, name);
        for attempt in 0..NAMES_TRIED {
            let mut hidden = OsString::from(".");
            hidden.push(name);
            hidden.push(format!(".{}-{attempt}.part", std::process::id()));
            let temporary = target.with_file_name(hidden);
            match files::create_new(&temporary) {
                Ok(file) if is_ours(&file, &temporary) => {
                    let file = Some(file);
                    return Ok(Self { file, temporary, target, overwrite, written: 0, begun: 0 });
                }
                // Another process took it for a left-over before it was locked.
                Ok(_) => {}
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(WriteError::from_io(&target, &error)),
            }
        }
        let reason = format!("{NAMES_TRIED} temporary files are beside it; delete them");
        Err(WriteError::Io { path: target, reason })
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), WriteError> {
        self.on_file(|file| files::write_all(file, bytes))?;
        self.written += bytes.len() as u64;
        let waiting = self.written - self.begun;
        if let Some(file) = self.file.as_ref().filter(|_| waiting >= BEGIN_BYTES) {
            files::begin_sync(file, self.begun, waiting);
            self.begun = self.written;
        }
        Ok(())
    }

    /// Replaces bytes already written, at `offset` from the start.
    pub(crate) fn rewrite(&mut self, offset: u64, bytes: &[u8]) -> Result<(), WriteError> {
        self.on_file(|file| {
            let end = file.stream_position()?;
            file.seek(SeekFrom::Start(offset))?;
            files::write_all(file, bytes)?;
            file.seek(SeekFrom::Start(end)).map(drop)
        })
    }

    /// Shows what has been written, from the start.
    pub(crate) fn show(
        &mut self,
        show: &mut dyn FnMut(&mut dyn std::io::Read),
    ) -> Result<(), WriteError> {
        self.on_file(|file| {
            let end = file.stream_position()?;
            file.seek(SeekFrom::Start(0))?;
            show(file);
            file.seek(SeekFrom::Start(end)).map(drop)
        })
    }

    /// Where it will be.
    pub(crate) fn target(&self) -> &Path {
        &self.target
    }

    /// Refuses where the target has appeared while this one was written.
    pub(crate) fn check(&self) -> Result<(), WriteError> {
        check_target(&self.target, self.overwrite).map(drop)
    }

    /// Brings all that was written to the disk.
    pub(crate) fn make_durable(&mut self) -> Result<(), WriteError> {
        self.on_file(|file| files::sync(file))
    }

    /// Takes the file's name away where the system can do without, and hands it over: it is gone
    /// once it is closed, however the process ends.
    pub(crate) fn into_nameless(mut self) -> Nameless {
        let named = files::remove_file(&self.temporary).is_err();
        let file = self.file.take();
        let temporary = named.then(|| self.temporary.clone());
        Nameless { file, temporary, target: self.target.clone() }
    }

    /// Makes the file durable and gives it its name.
    pub(crate) fn commit(mut self) -> Result<PathBuf, WriteError> {
        self.make_durable()?;
        self.check()?;
        files::rename(&self.temporary, &self.target)
            .map_err(|error| WriteError::from_io(&self.target, &error))?;
        self.file = None;
        sync_folder(&self.target);
        Ok(self.target.clone())
    }

    /// The refusal to write what does not fit the format.
    pub(crate) fn unsupported(&self, what: String) -> WriteError {
        WriteError::Unsupported { path: self.target.clone(), what }
    }

    fn on_file(
        &mut self,
        act: impl FnOnce(&mut File) -> std::io::Result<()>,
    ) -> Result<(), WriteError> {
        match &mut self.file {
            Some(file) => act(file).map_err(|error| WriteError::from_io(&self.target, &error)),
            None => Ok(()),
        }
    }
}

/// A file beside a target that is only for the process that writes it.
#[derive(Debug)]
pub(crate) struct Nameless {
    /// There until it is dropped.
    file: Option<File>,
    /// Its name, where the system needs one.
    temporary: Option<PathBuf>,
    target: PathBuf,
}

impl Nameless {
    /// Acts on the file; an error is one of writing the target.
    pub(crate) fn on_file(
        &mut self,
        act: impl FnOnce(&mut File) -> std::io::Result<()>,
    ) -> Result<(), WriteError> {
        match &mut self.file {
            Some(file) => act(file).map_err(|error| WriteError::from_io(&self.target, &error)),
            None => Ok(()),
        }
    }
}

impl Drop for Nameless {
    fn drop(&mut self) {
        // Closed first: what needs a name cannot be removed while it is open.
        self.file = None;
        if let Some(temporary) = &self.temporary {
            let _ = files::remove_file(temporary);
        }
    }
}

/// Writes a file piece by piece; it appears whole at the end, or not at all where `fill` gives
/// false or fails. An existing file is refused unless `overwrite`.
///
/// # Errors
/// See [`WriteError`]; nothing that was there before is harmed.
pub fn write_whole(
    path: &Path,
    overwrite: bool,
    fill: impl FnOnce(&mut dyn FnMut(&[u8]) -> Result<(), WriteError>) -> Result<bool, WriteError>,
) -> Result<Option<PathBuf>, WriteError> {
    let mut file = PendingFile::create(path, overwrite)?;
    let whole = fill(&mut |bytes| file.write(bytes))?;
    if whole { file.commit().map(Some) } else { Ok(None) }
}

impl Drop for PendingFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // Nobody is left to tell of a failure here; the file is hidden and harmless.
            let _ = files::remove_file(&self.temporary);
        }
    }
}

/// The path to rename to (links followed), if something may be written there.
fn check_target(target: &Path, overwrite: bool) -> Result<PathBuf, WriteError> {
    let target_or_link = std::fs::symlink_metadata(target);
    match target_or_link {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(target.to_owned()),
        Err(error) => Err(WriteError::from_io(target, &error)),
        Ok(found) => {
            let (path, metadata) = if found.is_symlink() {
                let path = std::fs::canonicalize(target)
                    .map_err(|error| WriteError::from_io(target, &error))?;
                let metadata = std::fs::metadata(&path)
                    .map_err(|error| WriteError::from_io(target, &error))?;
                (path, metadata)
            } else {
                (target.to_owned(), found)
            };
            if !metadata.is_file() {
                return Err(WriteError::NotAFile { path });
            }
            if !overwrite {
                return Err(WriteError::Exists { path });
            }
            Ok(path)
        }
    }
}

/// Locks a temporary file just made; `false` where a sweep of another process was faster.
///
/// Where the file system has no locks, sweeps find none free either and remove nothing.
fn is_ours(file: &File, temporary: &Path) -> bool {
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) && temporary.exists()
}

/// Removes the temporary files that killed processes left of earlier writes to `target`, whose
/// file name is `name`. One that stays is hidden and harmless.
fn sweep(target: &Path, name: &OsStr) {
    for entry in std::fs::read_dir(folder_of(target)).into_iter().flatten().flatten() {
        if !is_temporary_of(&entry.file_name(), name) {
            continue;
        }
        let Ok(file) = File::options().write(true).open(entry.path()) else { continue };
        // Whoever writes it holds the lock.
        if file.try_lock().is_ok() {
            let _ = files::remove_file(&entry.path());
        }
    }
}

/// Whether `hidden` is `.NAME.PROCESS-ATTEMPT.part`.
fn is_temporary_of(hidden: &OsStr, name: &OsStr) -> bool {
    let serial = hidden
        .as_encoded_bytes()
        .strip_prefix(b".")
        .and_then(|rest| rest.strip_prefix(name.as_encoded_bytes()))
        .and_then(|rest| rest.strip_prefix(b"."))
        .and_then(|rest| rest.strip_suffix(b".part"));
    let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    serial.is_some_and(|serial| {
        let mut parts = serial.splitn(2, |byte| *byte == b'-');
        parts.next().is_some_and(is_number) && parts.next().is_some_and(is_number)
    })
}

fn folder_of(target: &Path) -> &Path {
    match target.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// Makes the new name itself durable. Not every file system can; the data are safe either way.
fn sync_folder(target: &Path) {
    let _ = files::sync_folder(folder_of(target));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_committed_file_is_alone_and_whole() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.wav");
        let mut pending = PendingFile::create(&target, false).unwrap();
        pending.write(b"....world").unwrap();
        pending.rewrite(0, b"hi, ").unwrap();
        pending.write(b"!").unwrap();
        assert!(!target.exists());
        pending.commit().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"hi, world!");
        assert_eq!(names(folder.path()), ["a.wav"]);
    }

    #[test]
    fn a_dropped_file_leaves_nothing_and_the_old_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.wav");
        std::fs::write(&target, b"old").unwrap();
        let mut pending = PendingFile::create(&target, true).unwrap();
        pending.write(b"new").unwrap();
        drop(pending);
        assert_eq!(std::fs::read(&target).unwrap(), b"old");
        assert_eq!(names(folder.path()), ["a.wav"]);
    }

    #[test]
    fn an_existing_file_is_kept_unless_asked() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.wav");
        std::fs::write(&target, b"old").unwrap();
        let refused = PendingFile::create(&target, false).unwrap_err();
        assert_eq!(refused, WriteError::Exists { path: target.clone() });
        let mut pending = PendingFile::create(&target, true).unwrap();
        pending.write(b"new").unwrap();
        pending.commit().unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
    }

    #[test]
    fn a_file_that_appears_meanwhile_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.wav");
        let pending = PendingFile::create(&target, false).unwrap();
        std::fs::write(&target, b"theirs").unwrap();
        assert_eq!(pending.commit().unwrap_err(), WriteError::Exists { path: target.clone() });
        assert_eq!(std::fs::read(&target).unwrap(), b"theirs");
        assert_eq!(names(folder.path()), ["a.wav"]);
    }

    #[test]
    fn what_killed_processes_left_goes_and_what_is_being_written_stays() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.wav");
        let left = [".a.wav.4000000-0.part", ".a.wav.4000000-17.part"];
        // Of another target, or nothing that a write leaves.
        let others = [".a.wav.4000000.part", ".a.wav.old.part", ".b.wav.4000000-0.part"];
        for name in left.iter().chain(&others) {
            std::fs::write(folder.path().join(name), "half").unwrap();
        }
        let first = PendingFile::create(&target, true).unwrap();
        let second = PendingFile::create(&target, true).unwrap();
        assert!(first.temporary.exists() && second.temporary.exists());
        assert_ne!(first.temporary, second.temporary);
        drop((first, second));
        assert_eq!(names(folder.path()), others);
    }

    #[test]
    fn folders_and_missing_folders_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_owned();
        assert_eq!(
            PendingFile::create(&path, true).unwrap_err(),
            WriteError::NotAFile { path: path.clone() }
        );
        let inside = path.join("none").join("a.wav");
        assert_eq!(
            PendingFile::create(&inside, false).unwrap_err(),
            WriteError::NoFolder { path: inside }
        );
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_called_so_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("a.wav");
        let mut pending = PendingFile::create(&target, false).unwrap();
        pending.file = Some(File::options().write(true).open("/dev/full").unwrap());
        assert_eq!(
            pending.write(&[0; 4096]).unwrap_err(),
            WriteError::DiskFull { path: target.clone() }
        );
        drop(pending);
        assert!(names(folder.path()).is_empty());
    }

    #[cfg(unix)]
    #[test]
    fn a_link_keeps_pointing_at_the_file_written() {
        let folder = tempfile::tempdir().unwrap();
        let real = folder.path().join("real.wav");
        let link = folder.path().join("link.wav");
        std::fs::write(&real, b"old").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        let mut pending = PendingFile::create(&link, true).unwrap();
        pending.write(b"new").unwrap();
        pending.commit().unwrap();
        assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(std::fs::read(&real).unwrap(), b"new");
    }
}
