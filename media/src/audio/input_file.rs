//! An audio file opened for reading: its stamp, and memory maps of parts of it.
//!
//! A map of a file that another program cuts short while it is mapped raises SIGBUS on access:
//! no reader of maps can turn that into an error. The exposure is kept small (maps are windows of
//! at most [`WINDOW_BYTES`], and the file's stamp is checked again before each is made), and a
//! file that was changed since it was opened is refused with a message.

use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};

use memmap2::{Mmap, MmapOptions};
use serde::{Deserialize, Serialize};
use wavemill_core::audio::FrameError;

use super::OpenError;

/// The size of the window a reader keeps mapped, in bytes.
///
/// Small, because mapped pages count as memory of the process: a session of 100 tracks keeps
/// 50 MiB mapped however long the song is. Large enough that the cost of mapping is lost in that
/// of decoding.
pub(crate) const WINDOW_BYTES: u64 = 512 * 1024;

/// What the file system says of a file without reading it; a changed file has another stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileStamp {
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change of the contents, in nanoseconds since 1970.
    pub mtime_ns: i64,
    /// Time of the last change of contents or attributes, in nanoseconds since 1970; 0 where the
    /// system has none.
    pub ctime_ns: i64,
    /// Inode number; 0 where the system has none.
    pub inode: u64,
}

impl FileStamp {
    /// The stamp in a file's metadata.
    #[cfg(unix)]
    pub fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt;
        let ns = |s: i64, ns: i64| s.saturating_mul(1_000_000_000).saturating_add(ns);
        Self {
            size: metadata.size(),
            mtime_ns: ns(metadata.mtime(), metadata.mtime_nsec()),
            ctime_ns: ns(metadata.ctime(), metadata.ctime_nsec()),
            inode: metadata.ino(),
        }
    }

    /// The stamp in a file's metadata.
    #[cfg(not(unix))]
    pub fn of(metadata: &Metadata) -> Self {
        let mtime_ns = metadata
            .modified()
            .ok()
            .and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok())
            .and_then(|since| i64::try_from(since.as_nanos()).ok())
            .unwrap_or(0);
        Self { size: metadata.len(), mtime_ns, ctime_ns: 0, inode: 0 }
    }
}

/// A regular file, open for reading.
#[derive(Debug)]
pub(crate) struct InputFile {
    file: File,
    path: PathBuf,
    stamp: FileStamp,
}

impl InputFile {
    /// Opens `path`; a folder, a device and an empty file are refused.
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        // Looked at before it is opened: opening a pipe would wait for a writer.
        let metadata = std::fs::metadata(path).map_err(|e| OpenError::from_io(path, &e))?;
        if !metadata.is_file() {
            return Err(OpenError::NotAFile { path: path.to_owned() });
        }
        let file = File::open(path).map_err(|e| OpenError::from_io(path, &e))?;
        let metadata = file.metadata().map_err(|e| OpenError::from_io(path, &e))?;
        if !metadata.is_file() {
            return Err(OpenError::NotAFile { path: path.to_owned() });
        }
        if metadata.len() == 0 {
            return Err(OpenError::Empty { path: path.to_owned() });
        }
        Ok(Self { file, path: path.to_owned(), stamp: FileStamp::of(&metadata) })
    }

    /// The stamp at the time of opening.
    pub(crate) fn stamp(&self) -> FileStamp {
        self.stamp
    }

    /// Refuses a file that changed since it was opened: its frames are no longer those promised.
    pub(crate) fn check_unchanged(&self) -> Result<(), FrameError> {
        let now = self.file.metadata().map_err(|e| self.frame_error(&e.to_string()))?;
        let now = FileStamp::of(&now);
        // Attributes and links may change (ctime); the bytes may not.
        if now.size != self.stamp.size || now.mtime_ns != self.stamp.mtime_ns {
            return Err(self.frame_error(
                "it was changed while in use; wait until it is written and start again",
            ));
        }
        Ok(())
    }

    /// A handle of its own on the same file, with its own position.
    pub(crate) fn reopen(&self) -> Result<File, FrameError> {
        self.check_unchanged()?;
        let file = File::open(&self.path).map_err(|e| self.frame_error(&e.to_string()))?;
        let metadata = file.metadata().map_err(|e| self.frame_error(&e.to_string()))?;
        if FileStamp::of(&metadata).inode != self.stamp.inode {
            return Err(self.frame_error("it was replaced while in use; start again"));
        }
        Ok(file)
    }

    pub(crate) fn frame_error(&self, what: &str) -> FrameError {
        FrameError { what: format!("'{}' cannot be read: {what}", self.path.display()) }
    }

    /// Maps the whole file without reading it, to look at its headers.
    pub(crate) fn map_whole(&self) -> Result<Mmap, OpenError> {
        let length = usize::try_from(self.stamp.size).map_err(|_| {
            OpenError::unsupported(&self.path, "it is larger than this machine can address")
        })?;
        self.map(0, length, false).map_err(|e| OpenError::from_io(&self.path, &e))
    }

    /// Maps `length` bytes from `start` on and fetches them; the range lies inside the file as
    /// it was when opened, and the file is refused if it changed since.
    pub(crate) fn map_window(&self, start: u64, length: usize) -> Result<Mmap, FrameError> {
        self.check_unchanged()?;
        self.map(start, length, true).map_err(|e| self.frame_error(&e.to_string()))
    }

    #[allow(unsafe_code)]
    fn map(&self, start: u64, length: usize, fetch: bool) -> std::io::Result<Mmap> {
        let mut options = MmapOptions::new();
        options.offset(start).len(length);
        if fetch {
            options.populate();
        }
        // SAFETY: the map is read-only and used as bytes, every value of which is valid. That
        // another process may change the bytes meanwhile is documented above: such a file gives
        // wrong samples, which `check_unchanged` reports at the next window, or SIGBUS if it was
        // cut short; the headers parsed from a map are checked by value, each read once.
        unsafe { options.map(&self.file) }
    }
}
