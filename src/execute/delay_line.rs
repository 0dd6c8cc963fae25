//! A delay by a whole number of frames, for latency compensation.

use crate::process::{StateError, StateReader, StateWriter};

/// Delays every lane of its blocks by the same number of frames.
#[derive(Clone, Debug)]
pub(super) struct DelayLine {
    /// `[frame][lanes]`, the frames in flight; `next` is the oldest.
    ring: Vec<f32>,
    lanes: usize,
    next: usize,
    /// Samples of silence that went in last; once they fill the ring, it holds nothing else.
    silent: usize,
}

impl DelayLine {
    /// A line of `frames` for blocks of `lanes` lanes; at first it holds silence.
    pub(super) fn new(frames: usize, lanes: usize) -> Self {
        let length = frames * lanes;
        Self { ring: vec![0.0; length], lanes, next: 0, silent: length }
    }

    /// Replaces the block's frames by those that went in `frames` earlier.
    pub(super) fn process(&mut self, mut block: &mut [f32]) {
        self.silent = 0;
        while !block.is_empty() && !self.ring.is_empty() {
            let count = block.len().min(self.ring.len() - self.next);
            let (now, later) = block.split_at_mut(count);
            // What comes in takes the place of what goes out.
            self.ring[self.next..self.next + count].swap_with_slice(now);
            self.next = (self.next + count) % self.ring.len();
            block = later;
        }
    }

    /// Like [`Self::process`] for a block that is silent; true where what comes out is, too.
    pub(super) fn process_silence(&mut self, block: &mut [f32]) -> bool {
        let silent = self.silent;
        if silent >= self.ring.len() {
            return true;
        }
        let samples = block.len();
        self.process(block);
        self.silent = silent + samples;
        false
    }

    /// True where it delays by nothing.
    pub(super) fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }

    pub(super) fn reset(&mut self) {
        self.ring.fill(0.0);
        self.next = 0;
        self.silent = self.ring.len();
    }

    /// The frames in flight of `lanes`, oldest first.
    pub(super) fn save(&self, lanes: std::ops::Range<usize>, state: &mut StateWriter) {
        state.word((self.ring.len() / self.lanes.max(1)) as u64);
        let (newer, older) = self.ring.split_at(self.next);
        for frame in older.chunks_exact(self.lanes).chain(newer.chunks_exact(self.lanes)) {
            state.numbers(frame[lanes.clone()].iter().map(|sample| f64::from(*sample)));
        }
    }

    /// Restores what [`Self::save`] wrote.
    #[allow(clippy::cast_possible_truncation)] // The numbers were f32 when they were saved.
    pub(super) fn restore(
        &mut self,
        lanes: std::ops::Range<usize>,
        state: &mut StateReader<'_>,
    ) -> Result<(), StateError> {
        self.silent = 0;
        let frames = self.ring.len() / self.lanes.max(1);
        if state.word()? != frames as u64 {
            return Err(StateError);
        }
        for frame in 0..frames {
            let at = (self.next + frame * self.lanes) % self.ring.len();
            for lane in lanes.clone() {
                self.ring[at + lane] = state.number()? as f32;
            }
        }
        Ok(())
    }
}
