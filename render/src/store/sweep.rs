//! Looking over the whole store: its size, its quota, its health.

use std::fs::{self, DirEntry};
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::time::{Duration, SystemTime};

use serde::Serialize;
use wavemill_core::graph::SignalKey;

use super::{Kind, Store, object};

/// A temporary file that is older than this belongs to nobody.
const ABANDONED_AFTER: Duration = Duration::from_secs(3600);

/// Bytes in which file systems give out space.
const DISK_BLOCK_BYTES: u64 = 4_096;

/// What a store holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StoreStats {
    /// Where it is.
    pub folder: String,
    /// The most bytes it takes.
    pub quota_bytes: u64,
    /// Bytes of all objects.
    pub bytes: u64,
    /// Objects.
    pub objects: u64,
    /// Objects and bytes by kind.
    pub kinds: Vec<KindStats>,
}

/// What a store holds of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KindStats {
    /// The kind's name.
    pub kind: &'static str,
    /// Objects.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
}

/// What came of looking at every object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// Objects looked at.
    pub objects: u64,
    /// Damaged ones, removed: they are rendered again when they are asked for.
    pub damaged: Vec<String>,
}

struct Found {
    path: PathBuf,
    kind: Kind,
    bytes: u64,
    used: SystemTime,
}

impl Store {
    /// Counts what there is.
    pub fn stats(&self) -> StoreStats {
        let mut kinds: Vec<KindStats> = Kind::ALL
            .iter()
            .map(|kind| KindStats { kind: kind.name(), objects: 0, bytes: 0 })
            .collect();
        for found in self.all() {
            if let Some(of_kind) = kinds.iter_mut().find(|k| k.kind == found.kind.name()) {
                of_kind.objects += 1;
                of_kind.bytes += found.bytes;
            }
        }
        StoreStats {
            folder: self.folder.display().to_string(),
            quota_bytes: self.quota_bytes,
            bytes: kinds.iter().map(|kind| kind.bytes).sum(),
            objects: kinds.iter().map(|kind| kind.objects).sum(),
            kinds,
        }
    }

    /// Removes what was used longest ago until the quota holds with a tenth to spare, and
    /// temporary files that nobody will finish. Returns the bytes freed.
    pub fn sweep(&self) -> u64 {
        self.written.store(0, Ordering::Relaxed);
        self.sweep_temporary();
        let mut found = self.all();
        let mut bytes: u64 = found.iter().map(|found| found.bytes).sum();
        let before = bytes;
        if bytes <= self.quota_bytes {
            return 0;
        }
        found.sort_by(|a, b| (a.used, &a.path).cmp(&(b.used, &b.path)));
        let goal = self.quota_bytes - self.quota_bytes / 10;
        for found in found {
            if bytes <= goal {
                break;
            }
            if self.disk.remove_file(&found.path).is_ok() {
                bytes -= found.bytes;
            }
        }
        before - bytes
    }

    /// Sweeps where this process has written anything since the last time.
    pub fn sweep_if_written(&self) {
        if self.written.load(Ordering::Relaxed) > 0 {
            self.sweep();
        }
    }

    /// Reads every object and removes those that are damaged.
    pub fn verify(&self) -> Verified {
        let mut verified = Verified { objects: 0, damaged: Vec::new() };
        let mut payload = Vec::new();
        for found in self.all() {
            verified.objects += 1;
            let whole = self.disk.open(&found.path).is_ok_and(|mut file| {
                let bytes = file.length_bytes().unwrap_or(0);
                key_of(&found.path).is_some_and(|key| {
                    object::read(&mut file, bytes, (found.kind, &key), &mut payload)
                })
            });
            // Another process may have removed it in the meantime.
            if !whole && found.path.exists() {
                let _ = self.disk.remove_file(&found.path);
                verified.damaged.push(found.path.display().to_string());
            }
        }
        verified
    }

    /// Removes everything. Returns the bytes freed.
    pub fn clear(&self) -> u64 {
        let removed = self.all().into_iter();
        let removed = removed.filter(|found| self.disk.remove_file(&found.path).is_ok());
        removed.map(|found| found.bytes).sum()
    }

    /// Every object, in order of kind and name.
    fn all(&self) -> Vec<Found> {
        let mut all = Vec::new();
        for kind in Kind::ALL {
            for folder in entries(&self.folder.join("objects").join(kind.name())) {
                for entry in entries(&folder.path()) {
                    let Ok(metadata) = entry.metadata() else { continue };
                    let used = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                    // What it takes on the disk: most states are far smaller than a block.
                    let bytes = metadata.len().next_multiple_of(DISK_BLOCK_BYTES);
                    all.push(Found { path: entry.path(), kind, bytes, used });
                }
            }
        }
        all
    }

    fn sweep_temporary(&self) {
        for entry in entries(&self.folder.join("tmp")) {
            let modified = entry.metadata().and_then(|metadata| metadata.modified());
            let age = modified.ok().and_then(|modified| modified.elapsed().ok());
            if age.is_some_and(|age| age > ABANDONED_AFTER) {
                let _ = self.disk.remove_file(&entry.path());
            }
        }
    }
}

/// The key that an object's path spells; `None` where it spells none.
fn key_of(path: &Path) -> Option<SignalKey> {
    let rest = path.file_name()?.to_str()?;
    let first = path.parent()?.file_name()?.to_str()?;
    let name = format!("{first}{rest}");
    let digits = name.as_bytes().as_chunks::<2>().0;
    if name.len() != 64 {
        return None;
    }
    let mut key = SignalKey::default();
    for (byte, digits) in key.0.iter_mut().zip(digits) {
        *byte = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
    }
    Some(key)
}

/// What is in a folder, by name; nothing where there is no such folder.
fn entries(folder: &Path) -> Vec<DirEntry> {
    let mut entries: Vec<DirEntry> =
        fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok).collect();
    entries.sort_by_key(DirEntry::file_name);
    entries
}
