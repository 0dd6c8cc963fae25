//! Whether a plug-in gives the same output twice: found out by running it twice the first time its
//! output may be kept, and remembered by all that its output depends on.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use wavemill_core::process::ControlSet;
use wavemill_core::session::{PluginFormat, PluginSlot};
use wavemill_media::audio::write_whole;

use crate::catalogue::Catalogue;
use crate::digest::short_hex;

/// What is known of a plug-in's output, with one state, at one rate and block, on this machine. It is
/// only as good as the signals that the plug-in has heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Verdict {
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

/// A verdict, and what it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KnownVerdict {
    /// The plug-in's format.
    pub format: PluginFormat,
    /// Its id.
    pub id: String,
    /// The state that it had, where it had one.
    pub state_sha256: Option<String>,
    /// The rate at which it ran.
    pub sample_rate_hz: u32,
    /// Frames of its blocks.
    pub block: u32,
    /// What was found out.
    pub verdict: Verdict,
}

impl KnownVerdict {
    /// All that is known in the catalogue `catalogue`, the longest comparison first.
    pub fn all(catalogue: &Catalogue) -> Vec<Self> {
        let files = std::fs::read_dir(catalogue.verdicts()).into_iter().flatten().flatten();
        let mut known: Vec<Self> = files.filter_map(|file| read(&file.path())).collect();
        known.sort_by_key(|known| match known.verdict {
            Verdict::DoesNotRepeat { at } => (0, at),
            Verdict::Repeats { frames } => (1, -i64::try_from(frames).unwrap_or(i64::MAX)),
        });
        known
    }
}

/// The place where what is known of one identity is remembered: in a file where it does not repeat,
/// whatever is set, and in one for each set of controls with which it does.
#[derive(Clone, Debug)]
pub(super) struct Verdicts {
    folder: PathBuf,
    identity: String,
    /// What a verdict is about; its own is of no meaning.
    about: KnownVerdict,
}

impl Verdicts {
    /// The place for what has `identity`, in the folder of verdicts: the plug-in of `slot` at a rate,
    /// in hertz, and with blocks of so many frames.
    pub(super) fn new(
        folder: PathBuf,
        identity: &[u8; 32],
        slot: &PluginSlot,
        (sample_rate_hz, block): (u32, u32),
    ) -> Self {
        let about = KnownVerdict {
            format: slot.format,
            id: slot.id.clone(),
            state_sha256: slot.state_sha256.clone(),
            sample_rate_hz,
            block,
            verdict: Verdict::Repeats { frames: 0 },
        };
        Self { folder, identity: short_hex(identity), about }
    }

    /// Whether it repeats, with whatever is set, where anything is known of that.
    pub(super) fn known(&self) -> Option<bool> {
        let files = std::fs::read_dir(&self.folder).into_iter().flatten().flatten();
        let is_of_it = |name: &str| name.starts_with(&self.identity);
        let mut files = files.filter(|file| file.file_name().to_str().is_some_and(is_of_it));
        let known = files.any(|file| read(&file.path()).is_some());
        known.then(|| !self.does_not_repeat())
    }

    /// True where it was seen not to repeat.
    pub(super) fn does_not_repeat(&self) -> bool {
        let known = read(&self.file(""));
        known.is_some_and(|known| matches!(known.verdict, Verdict::DoesNotRepeat { .. }))
    }

    /// True where it was seen to repeat with `controls` for `frames` frames or more.
    pub(super) fn repeats(&self, controls: &ControlSet, frames: u64) -> bool {
        let known = read(&self.file_of(controls));
        known.is_some_and(
            |known| matches!(known.verdict, Verdict::Repeats { frames: known } if known >= frames),
        )
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
        self.file(&format!("-{}", short_hex(&digest)))
    }

    fn file(&self, about: &str) -> PathBuf {
        self.folder.join(format!("{}{about}.json", self.identity))
    }

    fn keep(&self, file: &Path, verdict: Verdict) {
        let known = KnownVerdict { verdict, ..self.about.clone() };
        let mut json = serde_json::to_vec(&known).unwrap_or_default();
        json.push(b'\n');
        // Where it cannot be kept it is found out again.
        if std::fs::create_dir_all(&self.folder).is_ok() {
            let _ = write_whole(file, true, |write| write(&json).map(|()| true));
        }
    }
}

/// What cannot be read is not known.
fn read(file: &Path) -> Option<KnownVerdict> {
    serde_json::from_slice(&std::fs::read(file).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_repeats_is_known_by_its_controls_and_what_does_not_by_none() {
        let folder = tempfile::tempdir().unwrap();
        let catalogue = Catalogue::at(folder.path());
        let slot = PluginSlot {
            format: PluginFormat::Lv2,
            id: "urn:x".to_owned(),
            name: String::new(),
            vendor: String::new(),
            version: String::new(),
            state_sha256: None,
            mpe: false,
        };
        let place_of =
            |identity| Verdicts::new(catalogue.verdicts(), &[identity; 32], &slot, (48_000, 512));
        let place = place_of(7);
        let controls = |value| ControlSet::new(vec![value], Vec::new());
        assert!(!place.repeats(&controls(1.0), 1) && !place.does_not_repeat());
        place.note_repeat(&controls(1.0), 10);
        place.note_repeat(&controls(1.0), 5);
        assert!(place.repeats(&controls(1.0), 10) && !place.repeats(&controls(1.0), 11));
        assert!(!place.repeats(&controls(2.0), 1));
        place.note_difference(3);
        place.note_repeat(&controls(1.0), 99);
        assert!(place.does_not_repeat());
        let known = KnownVerdict::all(&catalogue);
        let verdicts: Vec<Verdict> = known.iter().map(|known| known.verdict).collect();
        assert_eq!(verdicts, [Verdict::DoesNotRepeat { at: 3 }, Verdict::Repeats { frames: 99 }]);
        assert!(known.iter().all(|known| known.id == "urn:x" && known.block == 512));
        let other = place_of(8);
        assert!(!other.does_not_repeat() && !other.repeats(&controls(1.0), 1));
        assert_eq!((place.known(), other.known()), (Some(false), None));
        other.note_repeat(&controls(1.0), 1);
        assert_eq!(other.known(), Some(true));
    }
}
