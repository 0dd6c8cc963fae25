//! Whose file it is: what lies at a job's outputs, and whether the batch made it.
//!
//! A file is told by its content, the digest in its line. Unless it is to be verified, one with
//! the length and the time of its last change as they were when it was made is taken for unread;
//! any other is read.

use std::collections::BTreeMap;
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use wavemill_core::job::CancelToken;
use wavemill_media::audio::FileStamp;

use super::copy::blake3_of;
use super::job_record::{Made, MadeFile};

/// What lies at the outputs of a job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing.
    Free,
    /// What this batch made, though not all of it is there, or as it was.
    Own,
    /// All that this batch made last, as it was.
    AsMade,
    /// Something that this batch has not made.
    Foreign(PathBuf),
    /// A folder or device.
    NotAFile(PathBuf),
}

/// What the results know of a job's files.
#[derive(Debug, Default)]
pub(super) struct Known {
    /// Its outputs, and whether each may be of a run that was killed.
    pub(super) files: Vec<(PathBuf, bool)>,
    /// What it gave when it last gave something.
    pub(super) made: Option<Made>,
    /// The digest of its last line, where that gave something.
    pub(super) digest: Option<String>,
}

/// How files are told.
#[derive(Clone, Copy)]
pub(super) struct Look<'a> {
    /// Every file is read.
    pub(super) verify: bool,
    pub(super) digests: &'a Digests,
    pub(super) cancel: &'a CancelToken,
}

impl Known {
    /// What lies there now.
    pub(super) fn standing(&self, look: Look<'_>) -> Standing {
        let (mut there, mut as_made) = (0, 0);
        for (path, claimed) in &self.files {
            let Ok(found) = std::fs::metadata(path) else { continue };
            if !found.is_file() {
                return Standing::NotAFile(path.clone());
            }
            there += 1;
            if self.is_as_made(path, &found, look) {
                as_made += 1;
            } else if !claimed {
                return Standing::Foreign(path.clone());
            }
        }
        match (there, as_made == self.files.len()) {
            (0, _) => Standing::Free,
            (_, true) => Standing::AsMade,
            (_, false) => Standing::Own,
        }
    }

    fn is_as_made(&self, path: &Path, found: &Metadata, look: Look<'_>) -> bool {
        let name = path.file_name().unwrap_or_default();
        let mut made = self.made.iter().flat_map(|made| &made.files);
        let made = made.find(|file| name == file.file.as_str());
        made.is_some_and(|file| is_the_same(file, path, found, look))
    }
}

fn is_the_same(file: &MadeFile, path: &Path, found: &Metadata, look: Look<'_>) -> bool {
    let untouched = file.modified_ns == Some(FileStamp::of(found).mtime_ns);
    found.len() == file.bytes
        && ((untouched && !look.verify)
            || look.digests.of(path, look.cancel).as_ref() == Some(&file.blake3))
}

/// Digests of files that were read, so that one is read once in a run.
#[derive(Debug, Default)]
pub(super) struct Digests(Mutex<BTreeMap<PathBuf, (FileStamp, String)>>);

impl Digests {
    /// The BLAKE3 digest of the file at `path`; `None` where it cannot be read, or `cancel` asked
    /// to stop.
    fn of(&self, path: &Path, cancel: &CancelToken) -> Option<String> {
        let stamp = || Some(FileStamp::of(&std::fs::metadata(path).ok()?));
        let before = stamp()?;
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, digest)) = known().get(path).filter(|(then, _)| *then == before) {
            return Some(digest.clone());
        }
        let digest = blake3_of(path, cancel).ok()??;
        if stamp() == Some(before) {
            known().insert(path.to_owned(), (before, digest.clone()));
        }
        Some(digest)
    }
}
