//! Where a voice is in its sample, and how it reads on.

use crate::dsp::runs::CELL;
use crate::process::{StateError, StateReader, StateWriter};
use crate::sampler::{SAMPLE_PADDING, Sample, Stretch};

use super::interpolation::{BEFORE, TAPS, coefficients, dot, rows, table_for};

/// Bits of a position behind its point.
const FRACTION_BITS: u32 = 32;

/// A step of one frame.
const ONE: u64 = 1 << FRACTION_BITS;

/// Longest step, in frames.
const MAX_STEP: u64 = 65_536;

/// What is read in a cell: left and right; of a sample of one channel only left counts.
pub(super) type Frames = [[f32; CELL]; 2];

/// A place in a sample. Frames are whole numbers from the sample's first.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Reader {
    /// In fixed-point numbers: exact, however they are cut into blocks.
    position: u64,
    step: u64,
    /// Number of the interpolation's table.
    table: usize,
    has_looped: bool,
    pub(super) has_ended: bool,
}

impl Reader {
    /// Starts at a frame.
    pub(super) fn new(frame: usize) -> Self {
        Self {
            position: (frame as u64) << FRACTION_BITS,
            step: ONE,
            table: table_for(1.0),
            has_looped: false,
            has_ended: false,
        }
    }

    /// Sets how many frames of the sample follow each other in one of the output, and what of the
    /// sample's band is left at that speed.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Positive and within.
    pub(super) fn set_step(&mut self, frames: f64) {
        self.step = ((frames.min(MAX_STEP as f64) * ONE as f64).round() as u64).max(1);
        self.table = table_for(frames);
    }

    /// Reads into the first `count` frames of `out`, or fewer, where it ends; returns how many.
    #[inline(always)]
    pub(super) fn read(
        &mut self,
        sample: &Sample,
        stretch: &Stretch,
        loops: bool,
        count: usize,
        out: &mut Frames,
    ) -> usize {
        let looped = if loops { stretch.looped.clone() } else { 0..0 };
        let end = if looped.is_empty() { stretch.frames.end } else { looped.end };
        let mut at = 0;
        while at < count {
            self.wrap(end, looped.len());
            if self.has_ended {
                break;
            }
            let index = self.index();
            // Behind the last frames of a loop, and before its first, are others than follow.
            let is_seam = !looped.is_empty()
                && (index + TAPS / 2 >= end || (self.has_looped && index < looped.start + BEFORE));
            if is_seam {
                self.read_seam(sample, (looped.start, end), at, out);
                at += 1;
                continue;
            }
            let limit = if looped.is_empty() { end } else { end - TAPS / 2 };
            let left = ((limit as u64) << FRACTION_BITS) - self.position;
            let fitting = usize::try_from(left.div_ceil(self.step)).unwrap_or(count);
            let next = at + fitting.min(count - at);
            self.read_straight(sample, at..next, out);
            at = next;
        }
        at
    }

    /// Reads frames whose neighbours are where they should be.
    #[inline(always)]
    fn read_straight(&mut self, sample: &Sample, to: std::ops::Range<usize>, out: &mut Frames) {
        let start = self.position;
        let count = to.len() as u64;
        for (channel, out) in sample.channels().iter().zip(out) {
            let out = &mut out[to.clone()];
            let first = SAMPLE_PADDING + index_of(start);
            if self.step == ONE && start.is_multiple_of(ONE) {
                let frames = channel.get(first..first + out.len()).unwrap_or_default();
                out.iter_mut().zip(frames).for_each(|(out, frame)| *out = *frame);
                continue;
            }
            let frames = channel.get(first - BEFORE..).unwrap_or_default();
            let table = rows(self.table);
            let mut position = start & (ONE - 1);
            for out in out {
                let Some(window) = frames.get(index_of(position)..).and_then(<[f32]>::first_chunk)
                else {
                    break;
                };
                *out = dot(window, &coefficients(table, fraction_of(position)));
                position += self.step;
            }
        }
        self.position = start + self.step * count;
    }

    /// Reads one frame around which the loop goes round.
    fn read_seam(
        &mut self,
        sample: &Sample,
        (start, end): (usize, usize),
        at: usize,
        out: &mut Frames,
    ) {
        let index = self.index();
        let row = coefficients(rows(self.table), fraction_of(self.position));
        for (channel, out) in sample.channels().iter().zip(out) {
            let mut window = [0.0; TAPS];
            for (tap, value) in window.iter_mut().enumerate() {
                *value = channel[self.place(index + tap, start, end)];
            }
            out[at] = dot(&window, &row);
        }
        self.position += self.step;
    }

    /// Where in a padded channel the frame `next - BEFORE` of a loop is.
    fn place(&self, next: usize, start: usize, end: usize) -> usize {
        // Counted in the padded channel, where no place is below 0.
        let (start, end) = (start + SAMPLE_PADDING, end + SAMPLE_PADDING);
        let length = end - start;
        let place = next + SAMPLE_PADDING - BEFORE;
        if place >= end {
            start + (place - start) % length
        } else if self.has_looped && place < start {
            end - 1 - (start - 1 - place) % length
        } else {
            place
        }
    }

    /// Comes back to the start of a loop of so many frames, or ends where there is none.
    fn wrap(&mut self, end: usize, length: usize) {
        if self.index() < end {
            return;
        }
        if length == 0 {
            self.has_ended = true;
            return;
        }
        let start = ((end - length) as u64) << FRACTION_BITS;
        self.position = start + (self.position - start) % ((length as u64) << FRACTION_BITS);
        self.has_looped = true;
    }

    fn index(&self) -> usize {
        index_of(self.position)
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.word(self.position);
        state.word(self.step);
        let flags = u64::from(self.has_looped) | u64::from(self.has_ended) << 1;
        state.word(flags | (self.table as u64) << 2);
    }

    /// Reads what [`Self::save`] wrote for a place within `stretch`.
    pub(super) fn restore(
        state: &mut StateReader<'_>,
        stretch: &Stretch,
    ) -> Result<Self, StateError> {
        let (position, step, flags) = (state.word()?, state.word()?, state.word()?);
        let is_step = (1..=MAX_STEP << FRACTION_BITS).contains(&step);
        let before = stretch.frames.start.min(stretch.looped.start);
        let table = usize::try_from(flags >> 2).map_err(|_| StateError)?;
        // A step behind the end is where a reader stops.
        let after = stretch.frames.end as u64 + (step >> FRACTION_BITS) + 2;
        let index = position >> FRACTION_BITS;
        if !is_step || rows(table).is_empty() || index < before as u64 || index > after {
            return Err(StateError);
        }
        let (has_looped, has_ended) = (flags & 1 == 1, flags & 2 == 2);
        Ok(Self { position, step, table, has_looped, has_ended })
    }
}

/// The whole frames of a position.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // Samples fit in memory.
fn index_of(position: u64) -> usize {
    (position >> FRACTION_BITS) as usize
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // The fraction.
fn fraction_of(position: u64) -> u32 {
    position as u32
}
