//! A source that can be stopped while all of it is read to identify it.

use std::sync::Arc;

use wavemill_core::audio::{FrameError, FrameReader, FrameSource};
use wavemill_core::job::CancelToken;
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::SampleRate;

/// `source`, whose readers fail once `cancel` asks for it.
pub(super) struct Stoppable<'a> {
    pub(super) source: &'a Arc<dyn FrameSource>,
    pub(super) cancel: &'a CancelToken,
}

struct StoppableReader {
    reader: Box<dyn FrameReader>,
    cancel: CancelToken,
}

impl FrameSource for Stoppable<'_> {
    fn channels(&self) -> usize {
        self.source.channels()
    }

    fn frames(&self) -> u64 {
        self.source.frames()
    }

    fn sample_rate(&self) -> SampleRate {
        self.source.sample_rate()
    }

    fn identity(&self) -> Result<[u8; 32], FrameError> {
        self.source.identity()
    }

    fn is_finite(&self) -> bool {
        self.source.is_finite()
    }

    fn reader(&self, level: SimdLevel) -> Result<Box<dyn FrameReader>, FrameError> {
        let reader = self.source.reader(level)?;
        Ok(Box::new(StoppableReader { reader, cancel: self.cancel.clone() }))
    }
}

impl FrameReader for StoppableReader {
    fn read(&mut self, position: i64, out: &mut [f32]) -> Result<(), FrameError> {
        if self.cancel.is_cancelled() {
            return Err(FrameError { what: "reading it was stopped".to_owned() });
        }
        self.reader.read(position, out)
    }

    fn check_unchanged(&self) -> Result<(), FrameError> {
        self.reader.check_unchanged()
    }
}
