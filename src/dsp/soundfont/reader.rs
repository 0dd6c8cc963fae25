//! Reads a sample at any speed: four-point interpolation, loops, and the volume on the way.

use std::ops::{Add, Mul, Sub};

use super::lanes::MAX_WIDTH;
use crate::dsp::runs::CELL;
use crate::process::{CONTROL_GRID_FRAMES, StateError, StateReader, StateWriter};
use crate::simd::{Kernel, Lanes, SimdLevel, Singles, dispatch, fraction_of, prefetch, whole_of};
use crate::soundfont::{LoopMode, Region};

/// Voices side by side in a buffer.
pub(super) const LANES: usize = 8;

/// The numbers of a cell's frames, and of some more, so that a register can be read at each.
pub(super) static FRAME_NUMBERS: [f32; CELL + LANES] = {
    let mut numbers = [0.0; CELL + LANES];
    let mut frame = 0;
    while frame < numbers.len() {
        numbers[frame] = frame as f32;
        frame += 1;
    }
    numbers
};

/// Where the fraction of a position starts.
const FRACTION_BITS: u32 = 32;

/// 2^32: a frame, in units of a position.
const FRAME: f64 = 4_294_967_296.0;

/// What of a position lies within a frame.
const FRACTION_MASK: u64 = (1 << FRACTION_BITS) - 1;

/// Points of a sample that a frame is made of.
const POINTS: usize = 4;

/// Points that are laid out in a row where the sample itself does not have them so.
pub(super) const WINDOW: usize = 512;

/// Working memory for them.
pub(super) type Window = [f32; WINDOW];

/// Points of a sample in a line of the cache.
const LINE_FRAMES: usize = 16;

/// The largest number of frames a step moves on.
const MAX_STEP: f64 = 512.0;

/// The largest step, in units of a position.
const MAX_STEP_UNITS: u64 = (512 << FRACTION_BITS) | 1;

/// A place in a sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Reader {
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
#[derive(Clone, Copy, Debug)]
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
        let position = (region.sample.start as u64) << FRACTION_BITS;
        Self { position, step: 0, has_looped: false, has_ended: false }
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
        (region, is_released): (&Region, bool),
        volume: Line,
        (first, out): (usize, &mut [f32]),
        (level, window): (SimdLevel, &mut Window),
    ) {
        let loops = match region.loop_mode() {
            LoopMode::None => false,
            LoopMode::Always => true,
            // Once released it plays on to its end.
            LoopMode::UntilRelease => !is_released,
        };
        let sample = &region.sample;
        let stretch = if loops {
            Stretch { end: sample.loop_end, loop_length: sample.loop_end - sample.loop_start }
        } else {
            Stretch { end: sample.end, loop_length: 0 }
        };
        let mut at = 0;
        while at < out.len() {
            self.wrap(stretch);
            if self.has_ended {
                out[at..].fill(0.0);
                return;
            }
            let count = self.count(stretch, out.len() - at);
            let data = self.points(data, stretch, count, window);
            let position = self.position & FRACTION_MASK;
            let out = &mut out[at..at + count];
            let way = Straight { data, position, step: self.step, volume, first: first + at, out };
            dispatch(level, MAX_WIDTH, way);
            // As if frame by frame: a release that comes next finds it in the same turn of the loop.
            self.position += self.step * (count as u64 - 1);
            self.wrap(stretch);
            self.position += self.step;
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
    fn count(&self, stretch: Stretch, frames: usize) -> usize {
        let furthest = ((WINDOW - POINTS) as u64) << FRACTION_BITS;
        let mut room = furthest - (self.position & FRACTION_MASK);
        if stretch.loop_length == 0 {
            let end = (stretch.end as u64) << FRACTION_BITS;
            room = room.min(end - self.position - 1);
        }
        let way = self.step * (frames as u64 - 1);
        // Nearly always: there is no need to divide.
        if way <= room {
            return frames;
        }
        usize::try_from(room / self.step + 1).unwrap_or(frames)
    }

    /// What `count` frames are read from: the sample itself where it is straight, else what of it
    /// follows in the window. It starts a frame before the position.
    fn points<'a>(
        &self,
        data: &'a [f32],
        stretch: Stretch,
        count: usize,
        window: &'a mut Window,
    ) -> &'a [f32] {
        let index = self.index();
        let way = (self.position & FRACTION_MASK) + self.step * (count as u64 - 1);
        let needed = whole_of(way) + POINTS;
        // Behind the end, and before the first frame after a loop, are others than follow.
        let start = stretch.end - stretch.loop_length;
        let begins_anew = stretch.loop_length > 0 && self.has_looped && index <= start;
        if index > 0 && index - 1 + needed <= stretch.end && !begins_anew {
            return data.get(index - 1..index - 1 + needed).unwrap_or_default();
        }
        let window = &mut window[..needed];
        window[0] = match index {
            _ if begins_anew => data.get(stretch.end - 1),
            index => data.get(index.saturating_sub(1)),
        }
        .copied()
        .unwrap_or(0.0);
        stretch.unroll(data, index, &mut window[1..]);
        window
    }

    /// Comes back to the start of the loop, or ends.
    fn wrap(&mut self, stretch: Stretch) {
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

    /// Appends the state.
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
        let reader = Self { position, step, has_looped: flags & 1 == 1, has_ended: flags & 2 == 2 };
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

/// Reads along a straight piece of a sample.
struct Straight<'a> {
    /// From the frame before the first on.
    data: &'a [f32],
    /// Of the first frame, less than one.
    position: u64,
    step: u64,
    volume: Line,
    /// Where it starts in the cell.
    first: usize,
    out: &'a mut [f32],
}

impl Kernel for Straight<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { data, mut position, step, volume, first, out } = self;
        let width = L::Singles::WIDTH;
        let mut numbers = L::Singles::load(FRAME_NUMBERS.get(first..).unwrap_or_default());
        let (base, slope) = (L::Singles::splat(volume.base), L::Singles::splat(volume.slope));
        let whole = out.len() - out.len() % width;
        // Should points be missing, there is silence.
        out.fill(0.0);
        let (registers, rest) = out.split_at_mut(whole);
        for out in registers.chunks_exact_mut(width) {
            let Some((points, x)) = L::Singles::four_at(data, position, step) else { return };
            let read = interpolate(points, x, L::Singles::splat);
            (read * (base + slope * numbers)).store(out);
            numbers = numbers + L::Singles::splat(width as f32);
            position += step * width as u64;
        }
        for (out, frame) in rest.iter_mut().zip(first + whole..) {
            let points = data.get(whole_of(position)..).and_then(<[f32]>::first_chunk::<4>);
            let Some(points) = points else { return };
            *out = interpolate(*points, fraction_of(position), |x| x) * volume.at(frame);
            position += step;
        }
    }
}

/// The cubic through the middle two of four points whose slope at each is that between its
/// neighbours (Catmull and Rom), at `x` of 0 to 1 between the two.
#[inline(always)]
fn interpolate<T>([a, b, c, d]: [T; 4], x: T, of: impl Fn(f32) -> T) -> T
where
    T: Copy + Add<Output = T> + Sub<Output = T> + Mul<Output = T>,
{
    let first = c - a;
    let second = (a + a) - b * of(5.0) + c * of(4.0) - d;
    let third = (b - c) * of(3.0) + (d - a);
    b + ((third * x + second) * x + first) * (x * of(0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cubic in Catmull and Rom's form gives any parabola exactly.
    #[test]
    fn parabolas_come_back() {
        let f = |x: f32| 0.25 + 0.5 * x - 0.375 * x * x;
        for k in 0..=16_u8 {
            let x = f32::from(k) / 16.0;
            let got = interpolate([f(-1.0), f(0.0), f(1.0), f(2.0)], x, |x| x);
            assert!((got - f(x)).abs() < 1e-6, "{x}: {got} is not {}", f(x));
        }
    }
}
