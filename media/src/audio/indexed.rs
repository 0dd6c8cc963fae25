//! A source whose identity comes from the index, or goes there once it was computed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use wavemill_core::audio::{FrameError, FrameReader, FrameSource, SampleMarks};
use wavemill_core::job::CancelToken;
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::SampleRate;

use super::codec::OpenedAudio;
use super::identity::identity_of;
use super::index::{AudioIndex, AudioRecord};
use super::stoppable::Stoppable;

/// An open audio file and the index that knows it, or will.
pub(super) struct IndexedSource {
    name: String,
    path: PathBuf,
    opened: OpenedAudio,
    index: Arc<Mutex<AudioIndex>>,
    record: OnceLock<AudioRecord>,
    cancel: Option<CancelToken>,
}

impl IndexedSource {
    /// The file called `name` in `index`, which is at `path`.
    pub(super) fn new(
        name: &str,
        path: PathBuf,
        opened: OpenedAudio,
        index: Arc<Mutex<AudioIndex>>,
        cancel: Option<CancelToken>,
    ) -> Self {
        Self { name: name.to_owned(), path, opened, index, record: OnceLock::new(), cancel }
    }

    pub(super) fn opened(&self) -> &OpenedAudio {
        &self.opened
    }

    /// The file's record: from the index where it is known, else by decoding all of it. The error
    /// says what is wrong without naming the file: who tells it calls it as the session does.
    pub(super) fn record(&self) -> Result<&AudioRecord, FrameError> {
        if let Some(record) = self.record.get() {
            return Ok(record);
        }
        let known = self.with_index(|index| index.known(&self.name, &self.opened).cloned());
        let record = match known {
            Some(record) => record,
            None => {
                // The index is not held meanwhile: files are hashed side by side.
                let identity = self.identify().map_err(|error| self.without_name(error))?;
                self.with_index(|index| index.insert(&self.name, &self.opened, identity).clone())
            }
        };
        Ok(self.record.get_or_init(|| record))
    }

    fn identify(&self) -> Result<[u8; 32], FrameError> {
        let source = &self.opened.source;
        match &self.cancel {
            Some(cancel) => identity_of(&Stoppable { source, cancel }),
            None => source.identity(),
        }
    }

    fn without_name(&self, error: FrameError) -> FrameError {
        let name = format!("'{}' cannot be read: ", self.path.display());
        match error.what.strip_prefix(&name) {
            Some(what) => FrameError { what: what.to_owned() },
            None => error,
        }
    }

    fn with_index<T>(&self, act: impl FnOnce(&mut AudioIndex) -> T) -> T {
        // The index is whole after every step, so a poisoned lock does no harm.
        act(&mut self.index.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl FrameSource for IndexedSource {
    fn channels(&self) -> usize {
        self.opened.source.channels()
    }

    fn frames(&self) -> u64 {
        self.opened.source.frames()
    }

    fn sample_rate(&self) -> SampleRate {
        self.opened.source.sample_rate()
    }

    fn identity(&self) -> Result<[u8; 32], FrameError> {
        Ok(self.record()?.sha256)
    }

    fn is_finite(&self) -> bool {
        self.opened.source.is_finite()
    }

    fn marks(&self) -> SampleMarks {
        self.opened.source.marks()
    }

    fn reader(&self, level: SimdLevel) -> Result<Box<dyn FrameReader>, FrameError> {
        self.opened.source.reader(level)
    }
}
