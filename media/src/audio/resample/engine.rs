//! The inner loop of rate conversion: a stretch of input held as f64 planes, dotted with taps.

use std::sync::Arc;

use wavemill_core::simd::{self, Lanes, SimdLevel, dispatch};

use super::kernel::{Kernel, LANES, Taps};

/// Input frames around the current position, and the sums over them.
pub(super) struct Engine {
    kernel: Arc<Kernel>,
    /// One plane of held input frames per channel, all of one length.
    planes: Vec<Vec<f64>>,
    /// The input frame at index 0 of the planes.
    first: i64,
    level: SimdLevel,
}

impl Engine {
    pub(super) fn new(kernel: Arc<Kernel>, channels: usize) -> Self {
        Self { kernel, planes: vec![Vec::new(); channels], first: 0, level: SimdLevel::detect() }
    }

    /// Computes at another SIMD level: the same bits.
    #[cfg(test)]
    pub(super) fn set_level(&mut self, level: SimdLevel) {
        self.level = level;
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
        dispatch(self.level, usize::MAX, Produce { engine: self, first, out });
    }
}

/// The loop over output frames, compiled for each SIMD level.
struct Produce<'a> {
    engine: &'a Engine,
    first: u64,
    out: &'a mut [f32],
}

impl simd::Kernel for Produce<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Engine { kernel, planes, first, .. } = self.engine;
        let half = i64::try_from(kernel.taps / 2).unwrap_or(i64::MAX / 4);
        let (mut base, mut remainder) = kernel.place(self.first);
        let (whole_step, part_step) = kernel.place(1);
        for frame in self.out.chunks_exact_mut(planes.len()) {
            let start = usize::try_from(base - half + 1 - first).unwrap_or(usize::MAX);
            let taps = kernel.at(remainder);
            for (out, plane) in frame.iter_mut().zip(planes) {
                let input = plane.get(start..).unwrap_or_default();
                *out = narrow(match taps {
                    Taps::Exact(row) => dot::<L>(row, input),
                    Taps::Cubic(rows, weights) => {
                        let [r0, r1, r2, r3] = rows;
                        let [w0, w1, w2, w3] = weights;
                        (dot::<L>(r0, input) * w0 + dot::<L>(r1, input) * w1)
                            + (dot::<L>(r2, input) * w2 + dot::<L>(r3, input) * w3)
                    }
                });
            }
            base += whole_step;
            remainder += part_step;
            if remainder >= kernel.denominator {
                remainder -= kernel.denominator;
                base += 1;
            }
        }
    }
}

// Rounding to f32 is the meaning of this function.
#[allow(clippy::cast_possible_truncation)]
#[inline(always)]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// The sum of products of `row` with the start of `input`: [`LANES`] sums side by side, in as
/// many vectors as that takes, then added pairwise. This order is part of the result.
#[inline(always)]
fn dot<L: Lanes>(row: &[f64], input: &[f64]) -> f64 {
    let mut vectors = [L::splat(0.0); LANES];
    for (taps, input) in row.as_chunks::<LANES>().0.iter().zip(input.as_chunks::<LANES>().0) {
        for (index, sum) in vectors.iter_mut().take(LANES / L::WIDTH).enumerate() {
            let at = index * L::WIDTH..(index + 1) * L::WIDTH;
            *sum = *sum + L::load_f64(&taps[at.clone()]) * L::load_f64(&input[at]);
        }
    }
    let mut sums = [0.0; LANES];
    for (sums, vector) in sums.chunks_exact_mut(L::WIDTH).zip(vectors) {
        vector.store_f64(sums);
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

#[cfg(test)]
mod tests {
    use wavemill_core::time::SampleRate;

    use super::*;

    #[test]
    fn every_simd_level_gives_the_same_bits() {
        for (from, to) in [(44_100, 48_000), (48_000, 44_100), (44_100, 47_999)] {
            let rate = |hz| SampleRate::new(hz).unwrap();
            let kernel = Arc::new(Kernel::new(rate(from), rate(to)));
            let mut engine = Engine::new(kernel, 2);
            let (low, high) = engine.reach(1_000, 300);
            engine.forget_before(low);
            let mut state = 1_u32;
            let samples = usize::try_from(high - low).unwrap() * 2;
            let input: Vec<f32> = (0..samples)
                .map(|_| {
                    state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    f32::from(i16::try_from(state >> 17).unwrap()) / 16_384.0 - 1.0
                })
                .collect();
            engine.extend(&input);
            let mut at = |level| {
                engine.set_level(level);
                let mut out = [0.0; 600];
                engine.produce(1_000, &mut out);
                out.map(f32::to_bits)
            };
            let scalar = at(SimdLevel::SCALAR);
            for level in SimdLevel::available() {
                assert_eq!(at(level), scalar, "{level}, {from} -> {to}");
            }
        }
    }
}
