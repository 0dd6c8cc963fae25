//! Reads a sample at any speed, as its loop goes round, to its end.

use super::lanes::MAX_WIDTH;
use super::straight::Straight;
use crate::dsp::runs::CELL;
use crate::process::{CONTROL_GRID_FRAMES, StateError, StateReader, StateWriter};
use crate::simd::{SimdLevel, dispatch, prefetch, whole_of};
use crate::soundfont::{LoopMode, Region};

/// Voices side by side in a buffer.
pub(super) const LANES: usize = 8;

/// Where the fraction of a position starts.
pub(super) const FRACTION_BITS: u32 = 32;

/// 2^32: a frame, in units of a position.
const FRAME: f64 = 4_294_967_296.0;

/// What of a position lies within a frame.
const FRACTION_MASK: u64 = (1 << FRACTION_BITS) - 1;

/// Points of a sample that a frame is made of.
const POINTS: usize = 4;

/// Points that are laid out in a row where the sample itself does not have them so.
const WINDOW: usize = 512;

/// Points behind those that are needed, of any value: registers are read whole.
const BEHIND: usize = LANES - 1;

/// Working memory for them.
pub(super) type Window = [f32; WINDOW + BEHIND];

/// Working memory at rest.
pub(super) const EMPTY_WINDOW: Window = [0.0; WINDOW + BEHIND];

/// Points of a sample in a line of the cache.
const LINE_FRAMES: usize = 16;

/// The largest number of frames a step moves on.
const MAX_STEP: f64 = 512.0;

/// The largest step, in units of a position.
const MAX_STEP_UNITS: u64 = (512 << FRACTION_BITS) | 1;

/// A place in a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reader {
    stretch: Stretch,
    /// The same once its note is released.
    released: Stretch,
    /// In 2^-32 of a frame.
    position: u64,
    /// What a sample of output moves it on.
    step: u64,
    /// It has come back to the start of its loop.
    has_looped: bool,
    /// Nothing is left.
    pub(super) has_ended: bool,
}

/// What of a sample is read: up to which frame, and how long a loop ends there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Stretch {
    end: usize,
    /// 0 where it ends for good.
    loop_length: usize,
}

/// A line over the frames of a cell of the grid: its value at frame 0, and its slope a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Line {
    pub(super) base: f32,
    pub(super) slope: f32,
}

impl Line {
    /// The line from `from` at frame `start` to `to` at frame `end`.
    #[allow(clippy::cast_possible_truncation)] // Signals are f32.
    pub(super) fn new((start, from): (i64, f64), (end, to): (i64, f64)) -> Self {
        let slope = match end - start {
            _ if from == to => 0.0,
            0 => 0.0,
            // The same, without a division.
            CONTROL_GRID_FRAMES => (to - from) * (1.0 / CELL as f64),
            frames => (to - from) / frames as f64,
        };
        Self { base: (from - slope * start as f64) as f32, slope: slope as f32 }
    }

    /// Its value at a frame.
    #[inline(always)]
    pub(super) fn at(self, frame: usize) -> f32 {
        self.base + self.slope * frame as f32
    }
}

impl Reader {
    /// At the start of a region's sample.
    pub(super) fn new(region: &Region) -> Self {
        let sample = &region.sample;
        let once = Stretch { end: sample.end, loop_length: 0 };
        let (start, end) = (sample.loop_start, sample.loop_end);
        let (stretch, released) = match region.loop_mode() {
            LoopMode::None => (once, once),
            mode => {
                let loops = Stretch { end, loop_length: end - start };
                // One until the release plays on to its end from there on.
                (loops, if mode == LoopMode::Always { loops } else { once })
            }
        };
        let position = (sample.start as u64) << FRACTION_BITS;
        Self { stretch, released, position, step: 0, has_looped: false, has_ended: false }
    }

    /// Its note is released.
    pub(super) fn release(&mut self) {
        self.stretch = self.released;
    }

    /// Sets its speed, in frames a sample of output.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // At most 2^41.
    pub(super) fn set_speed(&mut self, frames: f64) {
        self.step = (frames.clamp(0.0, MAX_STEP) * FRAME) as u64 | 1;
    }

    /// Writes the sample, times `volume`, to `out`, which starts at frame `first` of a cell;
    /// silence after its end.
    pub(super) fn read(
        &mut self,
        data: &[f32],
        volume: Line,
        (first, out): (usize, &mut [f32]),
        (level, window): (SimdLevel, &mut Window),
    ) {
        // Nearly always, and so it is found out in a few steps.
        if let Some(data) = self.straight(data, out.len()) {
            let (position, step) = (self.position & FRACTION_MASK, self.step);
            self.position += step * out.len() as u64;
            dispatch(level, MAX_WIDTH, Straight { data, position, step, volume, first, out });
        } else {
            self.read_on(data, volume, (first, out), (level, window));
        }
    }

    /// What `frames` frames are read from, from the one before the first on, where that is a piece
    /// of the sample itself, in which nothing ends or goes round. It may go on behind what is needed.
    #[inline(always)]
    fn straight<'a>(&self, data: &'a [f32], frames: usize) -> Option<&'a [f32]> {
        let first = self.index().checked_sub(1)?;
        let end = first + self.needed(frames);
        if end > self.stretch.end || self.begins_anew() {
            return None;
        }
        data.get(first..(end + BEHIND).min(data.len()))
    }

    /// Reads on by pieces, as the loop goes round or the sample ends, from what is laid out in the
    /// window.
    #[inline(never)]
    fn read_on(
        &mut self,
        data: &[f32],
        volume: Line,
        (first, out): (usize, &mut [f32]),
        (level, window): (SimdLevel, &mut Window),
    ) {
        let mut at = 0;
        while at < out.len() {
            self.wrap();
            if self.has_ended {
                out[at..].fill(0.0);
                return;
            }
            let count = self.count(out.len() - at);
            let data = self.lay_out(data, count, window);
            let (position, step) = (self.position & FRACTION_MASK, self.step);
            let out = &mut out[at..at + count];
            let way = Straight { data, position, step, volume, first: first + at, out };
            dispatch(level, MAX_WIDTH, way);
            // As if frame by frame: a release that comes next finds it in the same turn of the loop.
            self.position += step * (count as u64 - 1);
            self.wrap();
            self.position += step;
            at += count;
        }
    }

    /// Asks the memory for what it will read in a cell.
    pub(super) fn prefetch(&self, data: &[f32]) {
        let Some(ahead) = data.get(self.index()..) else { return };
        let frames = whole_of(self.step * CELL as u64) + 2 * LINE_FRAMES;
        for frame in (0..frames.min(WINDOW)).step_by(LINE_FRAMES) {
            prefetch(ahead, frame);
        }
    }

    /// How many of `frames` frames are read in one go: as many as fit into a window, and none behind
    /// the end of what does not loop.
    fn count(&self, frames: usize) -> usize {
        let furthest = ((WINDOW - POINTS) as u64) << FRACTION_BITS;
        let mut room = furthest - (self.position & FRACTION_MASK);
        if self.stretch.loop_length == 0 {
            let end = (self.stretch.end as u64) << FRACTION_BITS;
            room = room.min(end - self.position - 1);
        }
        let way = self.step * (frames as u64 - 1);
        // Nearly always: there is no need to divide.
        if way <= room {
            return frames;
        }
        usize::try_from(room / self.step + 1).unwrap_or(frames)
    }

    /// How many points `frames` frames are made of.
    #[inline(always)]
    fn needed(&self, frames: usize) -> usize {
        let way = (self.position & FRACTION_MASK) + self.step * (frames as u64).saturating_sub(1);
        whole_of(way) + POINTS
    }

    /// True at the first frame of a loop that has gone round: before it is its last.
    #[inline(always)]
    fn begins_anew(&self) -> bool {
        let Stretch { end, loop_length } = self.stretch;
        loop_length > 0 && self.has_looped && self.index() <= end - loop_length
    }

    /// Lays out in the window what `frames` frames are read from, from the one before the first on,
    /// and what may be read behind it.
    fn lay_out<'a>(&self, data: &[f32], frames: usize, window: &'a mut Window) -> &'a [f32] {
        let (index, needed) = (self.index(), self.needed(frames));
        let before = match index {
            _ if self.begins_anew() => data.get(self.stretch.end - 1),
            index => data.get(index.saturating_sub(1)),
        };
        window[0] = before.copied().unwrap_or(0.0);
        self.stretch.unroll(data, index, &mut window[1..needed]);
        &window[..needed + BEHIND]
    }

    /// Comes back to the start of the loop, or ends.
    fn wrap(&mut self) {
        let stretch = self.stretch;
        if self.index() < stretch.end {
            return;
        }
        if stretch.loop_length == 0 {
            self.has_ended = true;
            return;
        }
        let start = ((stretch.end - stretch.loop_length) as u64) << FRACTION_BITS;
        let length = (stretch.loop_length as u64) << FRACTION_BITS;
        self.position = start + (self.position - start) % length;
        self.has_looped = true;
    }

    fn index(&self) -> usize {
        whole_of(self.position)
    }

    /// Appends the state, but for whether its note is released.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.word(self.position);
        state.word(self.step);
        state.word(u64::from(self.has_looped) | u64::from(self.has_ended) << 1);
    }

    /// Reads what [`Self::save`] wrote.
    pub(super) fn restore(
        state: &mut StateReader<'_>,
        region: &Region,
    ) -> Result<Self, StateError> {
        let (position, step, flags) = (state.word()?, state.word()?, state.word()?);
        let reader = Self {
            position,
            step,
            has_looped: flags & 1 == 1,
            has_ended: flags & 2 == 2,
            ..Self::new(region)
        };
        if step == 0 || step > MAX_STEP_UNITS || reader.index() < region.sample.start {
            return Err(StateError);
        }
        Ok(reader)
    }
}

impl Stretch {
    /// Fills `to` with what follows from frame `index` on, as the loop goes round; silence behind the
    /// end.
    fn unroll(self, data: &[f32], index: usize, to: &mut [f32]) {
        let (mut index, mut rest) = (index, to);
        while !rest.is_empty() {
            if index >= self.end {
                if self.loop_length == 0 {
                    rest.fill(0.0);
                    return;
                }
                index -= self.loop_length;
                continue;
            }
            let straight = (self.end - index).min(rest.len());
            let (piece, after) = rest.split_at_mut(straight);
            match data.get(index..index + straight) {
                Some(from) => piece.copy_from_slice(from),
                None => piece.fill(0.0),
            }
            (index, rest) = (index + straight, after);
        }
    }
}
