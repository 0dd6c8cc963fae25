//! A delay line of f32 whose state can be saved.

use crate::process::{StateError, StateReader, StateWriter};

/// A delay line.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    samples: Vec<f32>,
    /// Where the oldest sample is, and the next one goes.
    at: usize,
}

impl Line {
    /// A silent line of `frames` frames, at least one.
    pub(super) fn new(frames: usize) -> Self {
        Self { samples: vec![0.0; frames.max(1)], at: 0 }
    }

    /// The samples pushed as many frames ago as the line is long, and those after them; `to` is not
    /// longer than the line.
    pub(super) fn oldest(&self, to: &mut [f32]) {
        let (newer, older) = self.samples.split_at(self.at);
        let (first, second) = to.split_at_mut(older.len().min(to.len()));
        first.copy_from_slice(&older[..first.len()]);
        second.copy_from_slice(&newer[..second.len()]);
    }

    /// The sample between those pushed `frames` and `frames + 1` frames before the last, the line
    /// through them at `share` of the way. The line is longer than that.
    #[inline(always)]
    pub(super) fn between(&self, frames: usize, share: f32) -> f32 {
        let length = self.samples.len();
        let back = |frames: usize| {
            let at = self.at + length - 1 - frames;
            self.samples[if at >= length { at - length } else { at }]
        };
        let (near, far) = (back(frames), back(frames + 1));
        near + (far - near) * share
    }

    /// Pushes samples in place of the oldest; no more than the line is long.
    pub(super) fn push(&mut self, from: &[f32]) {
        let (newer, older) = self.samples.split_at_mut(self.at);
        let (first, second) = from.split_at(older.len().min(from.len()));
        older[..first.len()].copy_from_slice(first);
        newer[..second.len()].copy_from_slice(second);
        self.at += from.len();
        if self.at >= self.samples.len() {
            self.at -= self.samples.len();
        }
    }

    /// Silences it.
    pub(super) fn reset(&mut self) {
        self.samples.fill(0.0);
        self.at = 0;
    }

    /// Appends the state: two samples a word.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.word(self.at as u64);
        for pair in self.samples.chunks(2) {
            let bits = |index: usize| pair.get(index).map_or(0, |sample| sample.to_bits());
            state.word(u64::from(bits(0)) | u64::from(bits(1)) << 32);
        }
    }

    /// Restores what [`Self::save`] wrote.
    pub(super) fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        let at = usize::try_from(state.word()?).map_err(|_| StateError)?;
        if at >= self.samples.len() {
            return Err(StateError);
        }
        self.at = at;
        for pair in self.samples.chunks_mut(2) {
            let word = state.word()?;
            let bits = [word & 0xffff_ffff, word >> 32];
            for (sample, bits) in pair.iter_mut().zip(bits) {
                *sample = f32::from_bits(u32::try_from(bits).map_err(|_| StateError)?);
            }
        }
        Ok(())
    }
}
