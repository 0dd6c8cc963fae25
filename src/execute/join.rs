//! Exact sums: signals snapped to a grid so that f64 additions never round, whatever their order.

use crate::simd::{Kernel, Lanes, Mask, SimdLevel, dispatch};

/// Largest magnitude that enters a join: 2^6, about +36 dBFS.
pub const JOIN_LIMIT: f64 = 64.0;

/// Signals are snapped to multiples of 2 to this power.
pub const JOIN_GRID_EXPONENT: i32 = -36;

/// Adding and taking away this rounds to a multiple of 2^-36: in 2^16..2^17 that is the distance
/// between neighbouring f64 values.
pub(super) const SNAP: f64 = 98_304.0;

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

    /// The sums as they stand (`[frame][2]`).
    pub fn sums(&self) -> &[f64] {
        &self.sums
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

/// Puts samples where they would be after a join they enter alone. What is on the grid and within
/// the limit has at most 24 significant bits where it had them before, so f32 holds it exactly.
#[allow(clippy::cast_possible_truncation)] // Exact, as said.
pub(super) fn snap_to_f32(samples: &mut [f32]) {
    for sample in samples {
        *sample = snapped(*sample) as f32;
    }
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
    fn run<L: Lanes>(mut self) -> bool {
        if L::WIDTH == 1 {
            return fold_scalar(self.samples, self.lanes, self.sums);
        }
        // Hardly ever is anything irregular: only then it is all done again with every check.
        let irregular = self.fold::<L, false>();
        if irregular {
            self.fold::<L, true>();
        }
        irregular
    }
}

impl SnapAndFold<'_> {
    /// Folds all frames; true where something was irregular. Unless `CHECKED` the sums are right
    /// only where nothing was.
    #[inline(always)]
    fn fold<L: Lanes, const CHECKED: bool>(&mut self) -> bool {
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
                let kept = if CHECKED {
                    // Minus and plus infinity become 0 like NaN does.
                    let finite = sample.abs().lt(L::splat(f64::INFINITY));
                    L::select(finite, sample, zero).min(limit).max(low)
                } else {
                    sample
                };
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

/// Like [`snap_and_fold`], each lane times its sign, 1 or -1.
pub(super) fn fold_signed(samples: &[f32], signs: &[f64], sums: &mut [f64]) -> bool {
    let mut regular = true;
    for (frame, sum) in samples.chunks_exact(signs.len()).zip(sums.chunks_exact_mut(2)) {
        let (mut left, mut right) = (0.0, 0.0);
        for (pair, signs) in frame.chunks_exact(2).zip(signs.chunks_exact(2)) {
            left += snapped(pair[0]) * signs[0];
            right += snapped(pair[1]) * signs[1];
            regular &= f64::from(pair[0]).abs() <= JOIN_LIMIT;
            regular &= f64::from(pair[1]).abs() <= JOIN_LIMIT;
        }
        (sum[0], sum[1]) = (left, right);
    }
    !regular
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Signals as they come: ordinary, tiny, huge, and what is no number.
    fn sample() -> impl Strategy<Value = f32> {
        prop_oneof![
            8 => -1.0_f32..1.0,
            2 => -64.0_f32..64.0,
            2 => -1e-6_f32..1e-6,
            1 => Just(f32::NAN),
            1 => Just(f32::INFINITY),
            1 => Just(-1e30_f32),
            1 => Just(-0.0_f32),
        ]
    }

    fn sum_of(signals: &[&Vec<f32>]) -> Vec<u64> {
        let mut sums = vec![0.0; signals.first().map_or(0, |signal| signal.len())];
        let mut snapped = sums.clone();
        for signal in signals {
            snap_stereo(signal, &mut snapped);
            for (sum, more) in sums.iter_mut().zip(&snapped) {
                *sum += more;
            }
        }
        sums.into_iter().map(|sum: f64| (sum + 0.0).to_bits()).collect()
    }

    fn signals() -> impl Strategy<Value = Vec<Vec<f32>>> {
        proptest::collection::vec(proptest::collection::vec(sample(), 8), 2..40)
    }

    proptest! {
        /// Any order of the same signals gives the same sum.
        #[test]
        fn order_does_not_matter(signals in signals(), seed in any::<u64>()) {
            let mut shuffled: Vec<&Vec<f32>> = signals.iter().collect();
            let random = crate::math::random::Random::new(seed, 0);
            for i in (1..shuffled.len()).rev() {
                let j = random.bits(i as u64) % (i as u64 + 1);
                shuffled.swap(i, usize::try_from(j).unwrap());
            }
            let plain: Vec<&Vec<f32>> = signals.iter().collect();
            prop_assert_eq!(sum_of(&shuffled), sum_of(&plain));
        }

        /// Any tree does: partial sums kept apart and added later.
        #[test]
        fn trees_do_not_matter(signals in signals(), cut in 0_usize..40) {
            let cut = cut.min(signals.len());
            let all: Vec<&Vec<f32>> = signals.iter().collect();
            let numbers = |bits: Vec<u64>| bits.into_iter().map(f64::from_bits).collect::<Vec<_>>();
            let left = numbers(sum_of(&all[..cut]));
            let right = numbers(sum_of(&all[cut..]));
            let zero = vec![0.0; signals[0].len()];
            let left = if left.is_empty() { zero.clone() } else { left };
            let right = if right.is_empty() { zero } else { right };
            let joined: Vec<u64> =
                left.iter().zip(&right).map(|(a, b)| (a + b + 0.0).to_bits()).collect();
            prop_assert_eq!(joined, sum_of(&all));
        }

        /// A signal added and taken away again leaves no trace.
        #[test]
        fn removal_is_exact(signals in signals()) {
            let all: Vec<&Vec<f32>> = signals.iter().collect();
            let with = sum_of(&all);
            let mut last = vec![0.0; signals[0].len()];
            snap_stereo(all[all.len() - 1], &mut last);
            let without: Vec<u64> = with
                .iter()
                .zip(&last)
                .map(|(sum, last)| (f64::from_bits(*sum) - last + 0.0).to_bits())
                .collect();
            prop_assert_eq!(without, sum_of(&all[..all.len() - 1]));
        }

        /// A signal folded with its sign turned takes itself away.
        #[test]
        fn a_turned_signal_takes_itself_away(signal in proptest::collection::vec(sample(), 8)) {
            let frames: Vec<f32> = signal.chunks(2).flat_map(|pair| [pair, pair].concat()).collect();
            let mut sums = [0.5; 8];
            fold_signed(&frames, &[1.0, 1.0, -1.0, -1.0], &mut sums);
            prop_assert_eq!(sums, [0.0; 8]);
            let mut alone = [0.5; 8];
            fold_signed(&signal, &[-1.0, -1.0], &mut alone);
            let mut plain = [0.5; 8];
            snap_stereo(&signal, &mut plain);
            prop_assert_eq!(alone.map(|sum| sum + 0.0), plain.map(|sum| 0.0 - sum));
        }

        /// Folding whole registers gives the sum of the pairs, at every level.
        #[test]
        fn folding_equals_adding_one_by_one(frame in proptest::collection::vec(sample(), 8)) {
            let pairs: Vec<Vec<f32>> = frame.chunks(2).map(<[f32]>::to_vec).collect();
            let expected = sum_of(&pairs.iter().collect::<Vec<_>>());
            for level in SimdLevel::available() {
                let mut sums = [0.0; 2];
                snap_and_fold(level, &frame, 8, &mut sums);
                let bits: Vec<u64> = sums.iter().map(|sum| (sum + 0.0).to_bits()).collect();
                prop_assert_eq!(&bits, &expected, "{}", level);
            }
        }
    }
}
