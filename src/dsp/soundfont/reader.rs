//! Reads a sample at any speed: four-point interpolation, loops, and the volume on the way.

use crate::process::{StateError, StateReader, StateWriter};
use crate::soundfont::{LoopMode, Region};

/// Voices side by side in a buffer.
pub(super) const LANES: usize = 8;

/// Where the fraction of a position starts.
const FRACTION_BITS: u32 = 32;

/// 2^32: a frame, in units of a position.
const FRAME: f64 = 4_294_967_296.0;

/// The largest number of frames a step moves on.
const MAX_STEP: f64 = 512.0;

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
        let slope =
            if from == to || start == end { 0.0 } else { (to - from) / (end - start) as f64 };
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

    /// Writes the sample, times `volume`, to the first lane of each row of `rows`, which starts at
    /// frame `first` of a cell. Nothing is written after its end.
    pub(super) fn read(
        &mut self,
        data: &[f32],
        (region, is_released): (&Region, bool),
        volume: Line,
        (first, rows): (usize, &mut [f32]),
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
        let frames = rows.len().div_ceil(LANES);
        let mut at = 0;
        while at < frames && !self.has_ended {
            let rest = &mut rows[at * LANES..];
            at += self.read_some(data, stretch, volume, (first + at, rest));
        }
    }

    /// Reads at least one frame, as many as lie in one piece.
    fn read_some(
        &mut self,
        data: &[f32],
        stretch: Stretch,
        volume: Line,
        (first, rows): (usize, &mut [f32]),
    ) -> usize {
        self.wrap(stretch);
        if self.has_ended {
            return 0;
        }
        let index = self.index();
        // Behind the last two frames, and before the first after a loop, are others than follow.
        let start = stretch.end - stretch.loop_length;
        if index + 2 >= stretch.end
            || (stretch.loop_length > 0 && self.has_looped && index <= start)
        {
            let points = [0, 1, 2, 3].map(|tap| self.tap(data, stretch, index + tap));
            rows[0] = interpolate(points, self.fraction()) * volume.at(first);
            self.position += self.step;
            return 1;
        }
        let limit = ((stretch.end - 2) as u64) << FRACTION_BITS;
        let fitting = (limit - self.position).div_ceil(self.step);
        let frames = rows.len().div_ceil(LANES);
        let count = usize::try_from(fitting).unwrap_or(frames).min(frames);
        self.read_straight(data, volume, (first, rows), count);
        count
    }

    /// Reads `count` frames whose neighbours all lie where they should.
    fn read_straight(
        &mut self,
        data: &[f32],
        volume: Line,
        (first, rows): (usize, &mut [f32]),
        count: usize,
    ) {
        let data = data.get(self.index() - 1..).unwrap_or_default();
        let start = (self.index() as u64) << FRACTION_BITS;
        let mut position = self.position - start;
        for (frame, row) in (first..).zip(rows.chunks_mut(LANES).take(count)) {
            #[allow(clippy::cast_possible_truncation)] // The whole frames.
            let index = (position >> FRACTION_BITS) as usize;
            let Some(points) = data.get(index..).and_then(<[f32]>::first_chunk::<4>) else { break };
            row[0] = interpolate(*points, fraction(position)) * volume.at(frame);
            position += self.step;
        }
        self.position = position + start;
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

    /// The frame before `next`, as the loop goes round; silence behind the end.
    fn tap(&self, data: &[f32], stretch: Stretch, next: usize) -> f32 {
        let mut frame = next.saturating_sub(1);
        let start = stretch.end - stretch.loop_length;
        if stretch.loop_length == 0 {
            if frame >= stretch.end {
                return 0.0;
            }
        } else if frame >= stretch.end {
            frame = start + (frame - start) % stretch.loop_length;
        } else if self.has_looped && frame < start {
            frame = stretch.end - 1;
        }
        data.get(frame).copied().unwrap_or(0.0)
    }

    #[allow(clippy::cast_possible_truncation)] // The whole frames.
    fn index(&self) -> usize {
        (self.position >> FRACTION_BITS) as usize
    }

    fn fraction(&self) -> f32 {
        fraction(self.position)
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
        if step == 0 || reader.index() < region.sample.start {
            return Err(StateError);
        }
        Ok(reader)
    }
}

/// The upper 24 bits of a position's fraction, which fit into an f32.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // The fraction.
fn fraction(position: u64) -> f32 {
    ((position as u32) >> 8).cast_signed() as f32 * (1.0 / 16_777_216.0)
}

/// The cubic through the middle two of four points whose slope at each is that between its
/// neighbours (Catmull and Rom), at `x` of 0 to 1 between the two.
#[inline(always)]
fn interpolate([a, b, c, d]: [f32; 4], x: f32) -> f32 {
    let first = c - a;
    let second = (a + a) - b * 5.0 + c * 4.0 - d;
    let third = (b - c) * 3.0 + (d - a);
    b + ((third * x + second) * x + first) * (x * 0.5)
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
            let got = interpolate([f(-1.0), f(0.0), f(1.0), f(2.0)], x);
            assert!((got - f(x)).abs() < 1e-6, "{x}: {got} is not {}", f(x));
        }
    }
}
