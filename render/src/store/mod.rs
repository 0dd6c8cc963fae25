//! The store: rendered signals by the name of their content, shared by all renders of a user.
//!
//! An object is a file `objects/KIND/ab/cdef...`, named by its key. It is written to `tmp/` and
//! renamed, so that it is there whole or not at all, and carries the BLAKE3 digest of its payload.
//! It is not synced: what a power failure leaves half-written fails its digest, counts as missing
//! and is rendered again. Several processes may use one store at once, for equal keys mean equal
//! content. What has not been used for longest goes first where the quota is exceeded.
//!
//! The store never fails a render: what cannot be read is missing, what cannot be written is not
//! kept, and the render says so once.

mod disk;
#[cfg(test)]
mod fault_tests;
mod object;
mod sweep;
#[cfg(test)]
mod tests;

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use wavemill_core::graph::SignalKey;

use disk::{Disk, DiskFile};

pub use sweep::{StoreStats, Verified};

/// Bytes a store may take where nobody says otherwise: 5 GB.
pub const DEFAULT_QUOTA_BYTES: u64 = 5_000_000_000;

/// Bytes written before the quota is looked at again within one render.
const SWEEP_AFTER_BYTES: u64 = 512 * 1024 * 1024;

/// What an object holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The exact sums at a join over one chunk.
    Sum,
    /// What enters a strip's fader over one chunk.
    Signal,
    /// The running state of a strip at a chunk's end.
    State,
    /// What a finished bounce reported.
    Report,
    /// The file a finished bounce wrote.
    File,
    /// The version of a session whose sums were kept last.
    Session,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Self; 6] =
        [Self::Sum, Self::Signal, Self::State, Self::Report, Self::File, Self::Session];

    /// The name of its folder.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sum => "sums",
            Self::Signal => "signals",
            Self::State => "states",
            Self::Report => "reports",
            Self::File => "files",
            Self::Session => "sessions",
        }
    }
}

/// Why a store cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The folder cannot be made or read.
    #[error(
        "the store '{}' cannot be used ({reason}): choose another folder with --cache DIR, or \
         render without a store with --no-cache",
        folder.display()
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's reason.
        reason: String,
    },
}

impl StoreError {
    fn new(folder: &Path, error: &std::io::Error) -> Self {
        Self::Folder { folder: folder.to_owned(), reason: error.to_string() }
    }
}

/// A store on disk.
pub struct Store {
    disk: Disk,
    folder: PathBuf,
    quota_bytes: u64,
    /// Numbers the temporary files of this process.
    next: AtomicU64,
    written: AtomicU64,
    /// Set once a write failed: nothing more is kept.
    failed: AtomicBool,
    complaints: Mutex<Vec<String>>,
}

impl Store {
    /// Opens the store in `folder`, which is made where it is missing.
    ///
    /// # Errors
    /// Where the folder cannot be made or written to.
    pub fn open(folder: &Path, quota_bytes: u64) -> Result<Self, StoreError> {
        Self::open_on(Disk::default(), folder, quota_bytes)
    }

    fn open_on(disk: Disk, folder: &Path, quota_bytes: u64) -> Result<Self, StoreError> {
        for part in ["tmp", "objects"] {
            disk.create_folders(&folder.join(part))
                .map_err(|error| StoreError::new(folder, &error))?;
        }
        let store = Self {
            disk,
            folder: folder.to_owned(),
            quota_bytes,
            next: AtomicU64::new(0),
            written: AtomicU64::new(0),
            failed: AtomicBool::new(false),
            complaints: Mutex::default(),
        };
        let tried = store.temporary().and_then(|(path, _)| store.disk.remove_file(&path));
        tried.map_err(|error| StoreError::new(folder, &error))?;
        Ok(store)
    }

    /// Where it is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The most bytes it takes.
    pub fn quota_bytes(&self) -> u64 {
        self.quota_bytes
    }

    /// True where there is an object of that name; it may still turn out to be damaged.
    pub fn has(&self, kind: Kind, key: &SignalKey) -> bool {
        self.path(kind, key).is_file()
    }

    /// The object's payload; `None` where it is missing or damaged. A damaged one is removed.
    pub fn get(&self, kind: Kind, key: &SignalKey) -> Option<Vec<u8>> {
        let mut payload = Vec::new();
        self.get_into(kind, key, &mut payload).then_some(payload)
    }

    /// Like [`Self::get`], into `payload`, whose room is used again; false where there is nothing.
    pub fn get_into(&self, kind: Kind, key: &SignalKey, payload: &mut Vec<u8>) -> bool {
        let Some(mut file) = self.open_object(kind, key) else { return false };
        let bytes = file.length_bytes().unwrap_or(0);
        let whole = object::read(&mut file, bytes, (kind, key), payload);
        self.used(&file, whole, kind, key);
        whole
    }

    /// Hands the object's payload to `to`, piece by piece. False where it is missing, or was found
    /// to be damaged at its end: what `to` got is then of no use.
    ///
    /// # Errors
    /// The first one of `to`.
    pub fn copy<E>(
        &self,
        kind: Kind,
        key: &SignalKey,
        to: &mut dyn FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<bool, E> {
        let Some(mut file) = self.open_object(kind, key) else { return Ok(false) };
        let whole = object::copy(&mut file, kind, key, to)?;
        self.used(&file, whole, kind, key);
        Ok(whole)
    }

    fn open_object(&self, kind: Kind, key: &SignalKey) -> Option<DiskFile<'_>> {
        let path = self.path(kind, key);
        match self.disk.open(&path) {
            Ok(file) => Some(file),
            Err(error) => {
                if error.kind() != ErrorKind::NotFound {
                    self.complain(format!(
                        "'{}' cannot be read ({error}) and is rendered again; let it be read, or \
                         choose another folder with --cache DIR",
                        path.display()
                    ));
                }
                None
            }
        }
    }

    /// Notes that an object was used, or removes it where it was damaged.
    fn used(&self, file: &DiskFile<'_>, whole: bool, kind: Kind, key: &SignalKey) {
        if whole {
            file.note_use();
            return;
        }
        let path = self.path(kind, key);
        self.complain(format!("'{}' was damaged and is rendered again", path.display()));
        // Whoever cannot remove it replaces it.
        let _ = self.disk.remove_file(&path);
    }

    /// Keeps `payload` under `key`, unless writing has failed before.
    pub fn put(&self, kind: Kind, key: &SignalKey, payload: &[u8]) {
        self.keep(kind, key, |file| {
            object::write(file, kind, key, payload).map(|()| payload.len() as u64)
        });
    }

    /// Keeps all that `from` gives under `key`, piece by piece, unless writing has failed before.
    pub fn put_from(&self, kind: Kind, key: &SignalKey, from: &mut dyn Read) {
        self.keep(kind, key, |file| object::write_from(file, kind, key, from));
    }

    fn keep(
        &self,
        kind: Kind,
        key: &SignalKey,
        write: impl FnOnce(&mut DiskFile<'_>) -> std::io::Result<u64>,
    ) {
        if self.failed.load(Ordering::Relaxed) {
            return;
        }
        match self.write(&self.path(kind, key), write) {
            Ok(payload) => {
                let size = object::HEADER_BYTES as u64 + payload;
                if self.written.fetch_add(size, Ordering::Relaxed) + size > SWEEP_AFTER_BYTES {
                    self.sweep();
                }
            }
            Err(error) => {
                self.failed.store(true, Ordering::Relaxed);
                self.complain(format!(
                    "'{}' cannot be written ({error}): this render is not kept; make room there or \
                     let it be written, or choose another folder with --cache DIR",
                    self.folder.display()
                ));
            }
        }
    }

    fn write(
        &self,
        path: &Path,
        write: impl FnOnce(&mut DiskFile<'_>) -> std::io::Result<u64>,
    ) -> std::io::Result<u64> {
        let (temporary, mut file) = self.temporary()?;
        let written = write(&mut file);
        drop(file);
        let renamed = written.and_then(|payload| {
            match self.disk.rename(&temporary, path) {
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    self.disk.create_folders(path.parent().unwrap_or(&self.folder))?;
                    self.disk.rename(&temporary, path)
                }
                other => other,
            }
            .map(|()| payload)
        });
        if renamed.is_err() {
            // What stays behind is swept later.
            let _ = self.disk.remove_file(&temporary);
        }
        renamed
    }

    /// A new file in `tmp/`. Processes of several containers may share a number, and a killed one
    /// leaves its files: a name that is taken is somebody else's.
    fn temporary(&self) -> std::io::Result<(PathBuf, DiskFile<'_>)> {
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let path = self.folder.join("tmp").join(format!("{}-{number}", std::process::id()));
            match self.disk.create_new(&path) {
                Ok(file) => return Ok((path, file)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// True where there is an object of that name, which then counts as used now.
    pub fn touch(&self, kind: Kind, key: &SignalKey) -> bool {
        let Ok(file) = self.disk.open(&self.path(kind, key)) else { return false };
        file.note_use();
        true
    }

    /// Removes an object that turned out to be of no use, and says so.
    pub fn reject(&self, kind: Kind, key: &SignalKey) {
        let path = self.path(kind, key);
        self.complain(format!("'{}' does not fit and is rendered again", path.display()));
        // Whoever cannot remove it replaces it.
        let _ = self.disk.remove_file(&path);
    }

    /// What went wrong so far, in sentences; each is told once.
    pub fn take_complaints(&self) -> Vec<String> {
        std::mem::take(
            &mut self.complaints.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        )
    }

    /// Keeps the first few complaints: a whole store of damaged objects is one piece of news.
    fn complain(&self, what: String) {
        const MOST: usize = 3;
        let mut complaints =
            self.complaints.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if complaints.len() < MOST {
            complaints.push(format!("store: {what}"));
        }
    }

    fn path(&self, kind: Kind, key: &SignalKey) -> PathBuf {
        let name = key.to_string();
        let (first, rest) = name.split_at(2);
        let mut path = self.folder.join("objects");
        path.extend([kind.name(), first, rest]);
        path
    }
}
