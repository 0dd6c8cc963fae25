//! The sessions of a batch: each opened once for all of its variants, and closed after the last.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use wavemill_core::job::CancelToken;
use wavemill_core::session::Session;
use wavemill_media::audio::AudioFiles;
use wavemill_media::folder::{FolderError, SessionFolder};

use super::jobs::Job;

/// A session, read.
pub(super) struct OpenSession {
    pub(super) folder: SessionFolder,
    pub(super) session: Session,
    /// Its audio files, opened and identified once for all variants.
    pub(super) audio: AudioFiles,
}

type Opened = Result<Arc<OpenSession>, Arc<FolderError>>;

/// Sessions by their paths.
pub(super) struct Sessions {
    slots: Mutex<BTreeMap<PathBuf, Slot>>,
    cancel: CancelToken,
}

struct Slot {
    /// Jobs that still need it.
    jobs: usize,
    opened: Arc<OnceLock<Opened>>,
}

impl Sessions {
    /// The sessions of `jobs`; none is opened yet.
    pub(super) fn of(jobs: &[Job], cancel: &CancelToken) -> Self {
        let mut slots: BTreeMap<PathBuf, Slot> = BTreeMap::new();
        for job in jobs {
            let slot = slots.entry(job.session_path.clone());
            slot.or_insert_with(|| Slot { jobs: 0, opened: Arc::default() }).jobs += 1;
        }
        Self { slots: Mutex::new(slots), cancel: cancel.clone() }
    }

    /// The session at `path`. Who comes first opens it; others wait for that.
    pub(super) fn open(&self, path: &Path) -> Opened {
        let opened = self.lock().get(path).map(|slot| Arc::clone(&slot.opened)).unwrap_or_default();
        opened.get_or_init(|| open(path, &self.cancel).map(Arc::new).map_err(Arc::new)).clone()
    }

    /// Notes that one job less needs the session at `path`.
    pub(super) fn release(&self, path: &Path) {
        let mut slots = self.lock();
        if let Some(slot) = slots.get_mut(path) {
            slot.jobs = slot.jobs.saturating_sub(1);
            if slot.jobs == 0 {
                slots.remove(path);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PathBuf, Slot>> {
        // Whole after every step.
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn open(path: &Path, cancel: &CancelToken) -> Result<OpenSession, FolderError> {
    let folder = SessionFolder::open(path)?;
    let session = folder.load()?;
    let audio = folder.audio_files().stopped_by(cancel);
    Ok(OpenSession { folder, session, audio })
}
