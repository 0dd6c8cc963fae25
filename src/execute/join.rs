//! Exact sums: signals snapped to a grid so that f64 additions never round, whatever their order.

use crate::simd::{Kernel, Lanes, Mask, SimdLevel, dispatch};

/// Largest magnitude that enters a join: 2^6, about +36 dBFS.
pub const JOIN_LIMIT: f64 = 64.0;

/// Signals are snapped to multiples of 2 to this power.
pub const JOIN_GRID_EXPONENT: i32 = -36;

/// Adding and taking away this rounds to a multiple of 2^-36: in 2^16..2^17 that is the distance
/// between neighbouring f64 values.
const SNAP: f64 = 98_304.0;

/// The sum at a join for one block: `[frame][2]`.
///
/// Every input is clamped to +-[`JOIN_LIMIT`] and snapped to the grid before it is added, so at
/// most 2,048 of them can be added, taken away and regrouped in any order with the same bits.
#[derive(Clone, Debug, Default)]
pub struct JoinBuffer {
    sums: Vec<f64>,
}

impl JoinBuffer {
    /// Silence, with room for `max_frames`.
    pub fn new(max_frames: usize) -> Self {
        Self { sums: vec![0.0; 2 * max_frames] }
    }

    /// Adds `sums` (`[frame][2]`) from `frame` on.
    pub fn add(&mut self, frame: usize, sums: &[f64]) {
        for (sum, more) in self.sums[2 * frame..].iter_mut().zip(sums) {
            *sum += more;
        }
    }

    /// Rounds the sums from `frame` on to f32 (`[frame][2]`) and leaves silence behind.
    pub fn take(&mut self, frame: usize, out: &mut [f32]) {
        for (out, sum) in out.iter_mut().zip(&mut self.sums[2 * frame..]) {
            *out = rounded(*sum);
            *sum = 0.0;
        }
    }
}

/// The one rounding of a sum. No -0 leaves a join.
#[allow(clippy::cast_possible_truncation)] // Rounding to f32 is the point.
fn rounded(sum: f64) -> f32 {
    sum as f32 + 0.0
}

/// One sample as it enters a join.
fn snapped(sample: f32) -> f64 {
    let wide = f64::from(sample);
    let finite = if wide.is_finite() { wide } else { 0.0 };
    (finite.clamp(-JOIN_LIMIT, JOIN_LIMIT) + SNAP) - SNAP
}

/// Samples that could not enter a join as they were.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Irregular {
    /// NaN or infinite, heard as silence.
    pub(super) not_finite: u64,
    /// Beyond the limit, clamped.
    pub(super) clamped: u64,
}

/// Counts what is irregular in `samples`.
pub(super) fn irregular(samples: impl Iterator<Item = f32>) -> Irregular {
    let mut found = Irregular::default();
    for sample in samples {
        if !sample.is_finite() {
            found.not_finite += 1;
        } else if f64::from(sample).abs() > JOIN_LIMIT {
            found.clamped += 1;
        }
    }
    found
}

/// Snaps stereo frames (`[frame][2]`) into `sums`; true where something was irregular.
pub(super) fn snap_stereo(samples: &[f32], sums: &mut [f64]) -> bool {
    let mut regular = true;
    for (sum, sample) in sums.iter_mut().zip(samples) {
        *sum = snapped(*sample);
        regular &= f64::from(*sample).abs() <= JOIN_LIMIT;
    }
    !regular
}

/// Snaps all lanes of `samples` (`[frame][lanes]`, an even number of lanes, stereo pairs) and adds
/// the pairs of each frame into `sums` (`[frame][2]`, overwritten); true where something was
/// irregular.
pub(super) fn snap_and_fold(
    level: SimdLevel,
    samples: &[f32],
    lanes: usize,
    sums: &mut [f64],
) -> bool {
    dispatch(level, lanes, SnapAndFold { samples, lanes, sums })
}

struct SnapAndFold<'a> {
    samples: &'a [f32],
    lanes: usize,
    sums: &'a mut [f64],
}

impl Kernel for SnapAndFold<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<L: Lanes>(self) -> bool {
        if L::WIDTH == 1 {
            return fold_scalar(self.samples, self.lanes, self.sums);
        }
        let limit = L::splat(JOIN_LIMIT);
        let low = L::splat(-JOIN_LIMIT);
        let snap = L::splat(SNAP);
        let zero = L::splat(0.0);
        let mut irregular = zero.gt(zero);
        let frames = self.samples.chunks_exact(self.lanes).zip(self.sums.chunks_exact_mut(2));
        for (frame, sum) in frames {
            let mut total = zero;
            for lane in (0..self.lanes).step_by(L::WIDTH) {
                let sample = L::load_f32(&frame[lane..lane + L::WIDTH]);
                irregular = irregular | !sample.abs().le(limit);
                // Minus and plus infinity become 0 like NaN does.
                let finite = sample.abs().lt(L::splat(f64::INFINITY));
                let kept = L::select(finite, sample, zero).min(limit).max(low);
                total = total + ((kept + snap) - snap);
            }
            total.fold_pairs_of_exact(sum);
        }
        irregular.any()
    }
}

/// The same sums without pairs in a register; exact, so the order does not matter.
fn fold_scalar(samples: &[f32], lanes: usize, sums: &mut [f64]) -> bool {
    let mut regular = true;
    for (frame, sum) in samples.chunks_exact(lanes).zip(sums.chunks_exact_mut(2)) {
        let (mut left, mut right) = (0.0, 0.0);
        for pair in frame.chunks_exact(2) {
            left += snapped(pair[0]);
            right += snapped(pair[1]);
            regular &= f64::from(pair[0]).abs() <= JOIN_LIMIT;
            regular &= f64::from(pair[1]).abs() <= JOIN_LIMIT;
        }
        (sum[0], sum[1]) = (left, right);
    }
    !regular
}
