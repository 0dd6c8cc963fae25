//! Latencies that plug-ins rise to while they run: remembered, so that later renders wait for as much
//! from their start on.
//!
//! A plug-in that is later than its render waits for ends that render; the next one waits for the new
//! latency. What is remembered is the most that was ever seen, of all that a plug-in's output depends
//! on but its parameters: to wait for longer changes no sample.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use wavemill_media::audio::write_whole;

use crate::digest::short_hex;

/// What was seen by the renders of one library, by files.
pub(super) type Seen = Arc<Mutex<BTreeMap<PathBuf, u32>>>;

/// The place for one identity.
#[derive(Clone, Debug)]
pub(super) struct RaisedLatency {
    file: PathBuf,
    /// Counts as well where the file cannot be written.
    seen: Seen,
}

impl RaisedLatency {
    /// The place in the folder `folder` for what has `identity`.
    pub(super) fn new(folder: &Path, identity: &[u8; 32], seen: &Seen) -> Self {
        let file = folder.join(short_hex(identity)).with_extension("json");
        Self { file, seen: Arc::clone(seen) }
    }

    /// The most that was seen, in frames; 0 where nothing was.
    pub(super) fn frames(&self) -> u32 {
        let kept = std::fs::read(&self.file).ok();
        let kept: Option<u32> = kept.and_then(|json| serde_json::from_slice(&json).ok());
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        kept.max(seen.get(&self.file).copied()).unwrap_or(0)
    }

    /// Remembers that it rose to `frames`.
    pub(super) fn raise(&self, frames: u32) {
        let frames = frames.max(self.frames());
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).insert(self.file.clone(), frames);
        if self.file.parent().is_some_and(|folder| std::fs::create_dir_all(folder).is_ok()) {
            let json = format!("{frames}\n");
            // Where it cannot be kept it is found out again.
            let _ = write_whole(&self.file, true, |write| write(json.as_bytes()).map(|()| true));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_that_was_seen_is_remembered_with_and_without_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let nowhere = folder.path().join("file");
        std::fs::write(&nowhere, "").unwrap();
        for place in [folder.path().join("latencies"), nowhere] {
            let seen = Seen::default();
            let latency = RaisedLatency::new(&place, &[7; 32], &seen);
            assert_eq!(latency.frames(), 0);
            latency.raise(64);
            latency.raise(32);
            assert_eq!(latency.frames(), 64);
            assert_eq!(RaisedLatency::new(&place, &[7; 32], &seen).frames(), 64);
            assert_eq!(RaisedLatency::new(&place, &[8; 32], &seen).frames(), 0);
            let later = RaisedLatency::new(&place, &[7; 32], &Seen::default()).frames();
            assert_eq!(later, if place.is_dir() { 64 } else { 0 });
        }
    }
}
