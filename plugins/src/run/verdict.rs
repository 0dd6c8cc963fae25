//! Whether a plug-in gives the same output twice: found out by running it twice the first time its
//! output may be kept, and remembered by all that its output depends on.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use wavemill_media::audio::write_whole;

/// What is known of a plug-in's output, with one state, at one rate and block, on this machine.
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

/// The place where the verdict of one identity is remembered.
#[derive(Clone, Debug)]
pub(super) struct Verdicts {
    /// `None` where nothing is kept and so nothing has to be known.
    file: Option<PathBuf>,
}

impl Verdicts {
    /// The place for what has `identity`, in the folder of verdicts, where one is wanted.
    pub(super) fn new(folder: Option<PathBuf>, identity: &[u8; 32]) -> Self {
        let name: String = identity.iter().take(20).map(|byte| format!("{byte:02x}")).collect();
        Self { file: folder.map(|folder| folder.join(name).with_extension("json")) }
    }

    /// True where what is found out is wanted.
    pub(super) fn is_asked_for(&self) -> bool {
        self.file.is_some()
    }

    /// What is known; what cannot be read is not known.
    pub(super) fn known(&self) -> Option<Verdict> {
        serde_json::from_slice(&std::fs::read(self.file.as_ref()?).ok()?).ok()
    }

    /// Remembers `verdict`: that something does not repeat for good, for one that does is only a
    /// guess that grows better with every frame.
    pub(super) fn keep(&self, verdict: Verdict) {
        let Some(file) = &self.file else { return };
        let better = match (self.known(), verdict) {
            (Some(Verdict::DoesNotRepeat { .. }), _) => false,
            (Some(Verdict::Repeats { frames: known }), Verdict::Repeats { frames }) => {
                frames > known
            }
            _ => true,
        };
        if better {
            let folder = file.parent().map(std::fs::create_dir_all);
            let mut json = serde_json::to_vec(&verdict).unwrap_or_default();
            json.push(b'\n');
            // Where it cannot be kept it is found out again.
            if folder.is_some_and(|made| made.is_ok()) {
                let _ = write_whole(file, true, |write| write(&json).map(|()| true));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_repeat_once_never_does() {
        let folder = tempfile::tempdir().unwrap();
        let place = Verdicts::new(Some(folder.path().join("verdicts")), &[7; 32]);
        assert_eq!(place.known(), None);
        place.keep(Verdict::Repeats { frames: 10 });
        place.keep(Verdict::Repeats { frames: 5 });
        assert_eq!(place.known(), Some(Verdict::Repeats { frames: 10 }));
        place.keep(Verdict::DoesNotRepeat { at: 3 });
        place.keep(Verdict::Repeats { frames: 99 });
        assert_eq!(place.known(), Some(Verdict::DoesNotRepeat { at: 3 }));
        let other = Verdicts::new(Some(folder.path().join("verdicts")), &[8; 32]);
        assert_eq!(other.known(), None);
        let nowhere = Verdicts::new(None, &[7; 32]);
        nowhere.keep(Verdict::Repeats { frames: 1 });
        assert_eq!((nowhere.known(), nowhere.is_asked_for()), (None, false));
    }
}
