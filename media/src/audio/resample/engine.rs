//! The inner loop of rate conversion: a stretch of input held as f64 planes, dotted with taps.

use std::sync::Arc;

use super::kernel::{Kernel, LANES, Taps};

/// Input frames around the current position, and the sums over them.
pub(super) struct Engine {
    kernel: Arc<Kernel>,
    /// One plane of held input frames per channel, all of one length.
    planes: Vec<Vec<f64>>,
    /// The input frame at index 0 of the planes.
    first: i64,
}

impl Engine {
    pub(super) fn new(kernel: Arc<Kernel>, channels: usize) -> Self {
        Self { kernel, planes: vec![Vec::new(); channels], first: 0 }
    }

    pub(super) fn kernel(&self) -> &Kernel {
        &self.kernel
    }

    pub(super) fn channels(&self) -> usize {
        self.planes.len()
    }

    /// The input frames needed for output frames `first..first + frames` (`frames` above 0): from
    /// the first number up to, without, the second.
    pub(super) fn reach(&self, first: u64, frames: u64) -> (i64, i64) {
        let half = i64::try_from(self.kernel.taps / 2).unwrap_or(i64::MAX / 4);
        let (low, _) = self.kernel.place(first);
        let (high, _) = self.kernel.place(first.saturating_add(frames).saturating_sub(1));
        (low - half + 1, high + half + 1)
    }

    /// The input frame after the last held one.
    pub(super) fn end(&self) -> i64 {
        let held = self.planes.first().map_or(0, Vec::len);
        self.first + i64::try_from(held).unwrap_or(0)
    }

    /// Forgets the input before `frame`; all of it, to go on from `frame`, where `frame` is not
    /// among the held frames or the next.
    pub(super) fn forget_before(&mut self, frame: i64) {
        if frame < self.first || frame > self.end() {
            self.planes.iter_mut().for_each(Vec::clear);
        } else {
            let gone = usize::try_from(frame - self.first).unwrap_or(0);
            for plane in &mut self.planes {
                plane.drain(..gone);
            }
        }
        self.first = frame;
    }

    /// Appends interleaved input frames to those held.
    pub(super) fn extend(&mut self, interleaved: &[f32]) {
        let channels = self.planes.len();
        for (channel, plane) in self.planes.iter_mut().enumerate() {
            let samples = interleaved.iter().skip(channel).step_by(channels);
            plane.extend(samples.map(|&sample| f64::from(sample)));
        }
    }

    /// Fills `out` with interleaved output frames from `first` on; the input they
    /// [reach](Self::reach) is held.
    pub(super) fn produce(&self, first: u64, out: &mut [f32]) {
        let kernel = &*self.kernel;
        let half = i64::try_from(kernel.taps / 2).unwrap_or(i64::MAX / 4);
        let (mut base, mut remainder) = kernel.place(first);
        for frame in out.chunks_exact_mut(self.planes.len()) {
            let start = usize::try_from(base - half + 1 - self.first).unwrap_or(usize::MAX);
            let taps = kernel.at(remainder);
            for (out, plane) in frame.iter_mut().zip(&self.planes) {
                let input = plane.get(start..).unwrap_or_default();
                *out = narrow(match taps {
                    Taps::Exact(row) => dot(row, input),
                    Taps::Cubic(rows, weights) => {
                        let [s0, s1, s2, s3] = rows.map(|row| dot(row, input));
                        let [w0, w1, w2, w3] = weights;
                        (s0 * w0 + s1 * w1) + (s2 * w2 + s3 * w3)
                    }
                });
            }
            remainder += kernel.numerator;
            // The quotient is at most 48.
            base += i64::try_from(remainder / kernel.denominator).unwrap_or(0);
            remainder %= kernel.denominator;
        }
    }
}

// Rounding to f32 is the meaning of this function.
#[allow(clippy::cast_possible_truncation)]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// The sum of products of `row` with the start of `input`: [`LANES`] sums side by side, then
/// added pairwise. This order is part of the result.
#[inline]
fn dot(row: &[f64], input: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    for (taps, input) in row.as_chunks::<LANES>().0.iter().zip(input.as_chunks::<LANES>().0) {
        for lane in 0..LANES {
            sums[lane] += taps[lane] * input[lane];
        }
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for lane in 0..width {
            sums[lane] += sums[lane + width];
        }
    }
    sums[0]
}
