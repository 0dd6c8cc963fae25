//! Whether a plug-in gives the same output twice: found out by running it twice the first time its
//! output may be kept, and remembered by all that its output depends on.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wavemill_core::process::ControlSet;
use wavemill_media::audio::write_whole;

/// What is known of a plug-in's output, with one state, at one rate and block, on this machine. It is
/// only as good as the signals that the plug-in has heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Verdict {
    /// Two fresh processes gave the same.
    Repeats {
        /// For so many frames.
        frames: u64,
    },
    /// They did not.
    DoesNotRepeat {
        /// At this sample of the plug-in's time.
        at: i64,
    },
}

/// The place where what is known of one identity is remembered: in a file where it does not repeat,
/// whatever is set, and in one for each set of controls with which it does.
#[derive(Clone, Debug)]
pub(super) struct Verdicts {
    folder: PathBuf,
    identity: String,
}

impl Verdicts {
    /// The place for what has `identity`, in the folder of verdicts.
    pub(super) fn new(folder: PathBuf, identity: &[u8; 32]) -> Self {
        Self { folder, identity: hex(identity) }
    }

    /// True where it was seen not to repeat.
    pub(super) fn does_not_repeat(&self) -> bool {
        matches!(read(&self.file("")), Some(Verdict::DoesNotRepeat { .. }))
    }

    /// True where it was seen to repeat with `controls` for `frames` frames or more.
    pub(super) fn repeats(&self, controls: &ControlSet, frames: u64) -> bool {
        let known = read(&self.file_of(controls));
        matches!(known, Some(Verdict::Repeats { frames: known }) if known >= frames)
    }

    /// Remembers that it gave the same with `controls` for so many frames.
    pub(super) fn note_repeat(&self, controls: &ControlSet, frames: u64) {
        if !self.repeats(controls, frames) {
            self.keep(&self.file_of(controls), Verdict::Repeats { frames });
        }
    }

    /// Remembers that it did not give the same at node time `at`.
    pub(super) fn note_difference(&self, at: i64) {
        self.keep(&self.file(""), Verdict::DoesNotRepeat { at });
    }

    fn file_of(&self, controls: &ControlSet) -> PathBuf {
        let digest: [u8; 32] = Sha256::digest(format!("{controls:?}")).into();
        self.file(&format!("-{}", hex(&digest)))
    }

    fn file(&self, about: &str) -> PathBuf {
        self.folder.join(format!("{}{about}.json", self.identity))
    }

    fn keep(&self, file: &Path, verdict: Verdict) {
        let mut json = serde_json::to_vec(&verdict).unwrap_or_default();
        json.push(b'\n');
        // Where it cannot be kept it is found out again.
        if std::fs::create_dir_all(&self.folder).is_ok() {
            let _ = write_whole(file, true, |write| write(&json).map(|()| true));
        }
    }
}

/// What cannot be read is not known.
fn read(file: &Path) -> Option<Verdict> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

fn hex(digest: &[u8; 32]) -> String {
    digest.iter().take(20).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_known_by_its_controls_and_what_does_not_by_none() {
        let folder = tempfile::tempdir().unwrap();
        let place = Verdicts::new(folder.path().join("verdicts"), &[7; 32]);
        let controls = |value| ControlSet::new(vec![value], Vec::new());
        assert!(!place.repeats(&controls(1.0), 1) && !place.does_not_repeat());
        place.note_repeat(&controls(1.0), 10);
        place.note_repeat(&controls(1.0), 5);
        assert!(place.repeats(&controls(1.0), 10) && !place.repeats(&controls(1.0), 11));
        assert!(!place.repeats(&controls(2.0), 1));
        place.note_difference(3);
        place.note_repeat(&controls(1.0), 99);
        assert!(place.does_not_repeat());
        let other = Verdicts::new(folder.path().join("verdicts"), &[8; 32]);
        assert!(!other.does_not_repeat() && !other.repeats(&controls(1.0), 1));
    }
}
