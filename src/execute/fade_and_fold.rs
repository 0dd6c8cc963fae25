//! The end of most strips in one pass: the fader's gain, then the exact sum of all strips.
//!
//! Rounded to f32 in between like every signal between two nodes, so the bits are those of a fader
//! and an outlet one after the other.

use super::join::{JOIN_LIMIT, SNAP};
use crate::simd::{Kernel, Lanes, Mask, SimdLevel, dispatch};

/// Multiplies the lanes of `samples` (`[frame][lanes]`, stereo pairs) by `gain`, snaps them and adds
/// the pairs of each frame into `sums` (`[frame][2]`, overwritten). `samples` stay as they are.
///
/// False where a sample cannot enter a join as it is, or the level has no pairs: then `sums` mean
/// nothing, and both steps have to be done one by one.
pub(super) fn fade_and_fold(
    level: SimdLevel,
    samples: &[f32],
    gain: &[f64],
    sums: &mut [f64],
) -> bool {
    dispatch(level, gain.len(), FadeAndFold { samples, gain, sums })
}

struct FadeAndFold<'a> {
    samples: &'a [f32],
    gain: &'a [f64],
    sums: &'a mut [f64],
}

impl Kernel for FadeAndFold<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<L: Lanes>(self) -> bool {
        if L::WIDTH == 1 {
            return false;
        }
        let (lanes, sums) = (self.gain.len(), self.sums);
        match lanes / L::WIDTH {
            1 => fold::<L, 1>(self.samples, self.gain, sums),
            2 => fold::<L, 2>(self.samples, self.gain, sums),
            4 => fold::<L, 4>(self.samples, self.gain, sums),
            8 => fold::<L, 8>(self.samples, self.gain, sums),
            _ => false,
        }
    }
}

/// The pass for `G` registers a frame.
// Indices that are constants once the loops are unrolled; closures would not be compiled with the
// features of the level.
#[allow(clippy::needless_range_loop)]
#[inline(always)]
fn fold<L: Lanes, const G: usize>(samples: &[f32], gain: &[f64], sums: &mut [f64]) -> bool {
    let (limit, snap, zero) = (L::splat(JOIN_LIMIT), L::splat(SNAP), L::splat(0.0));
    let mut gains = [zero; G];
    for g in 0..G {
        gains[g] = L::load_f64(&gain[g * L::WIDTH..]);
    }
    let mut irregular = zero.gt(zero);
    let frames = samples.chunks_exact(G * L::WIDTH).zip(sums.chunks_exact_mut(2));
    for (frame, sum) in frames {
        let mut total = zero;
        for g in 0..G {
            let sample = L::load_f32(&frame[g * L::WIDTH..(g + 1) * L::WIDTH]);
            let faded = (sample * gains[g]).round_to_f32();
            irregular = irregular | !faded.abs().le(limit);
            total = total + ((faded + snap) - snap);
        }
        total.fold_pairs_of_exact(sum);
    }
    !irregular.any()
}

#[cfg(test)]
mod tests {
    use super::super::join::snap_and_fold;
    use super::*;
    use crate::math::random::Random;

    /// What a fader and an outlet make of `samples`.
    #[allow(clippy::cast_possible_truncation)] // Rounding to f32 is the point.
    fn one_by_one(level: SimdLevel, samples: &[f32], gain: &[f64], sums: &mut [f64]) -> bool {
        let faded = samples.iter().zip(gain.iter().cycle());
        let faded: Vec<f32> = faded.map(|(x, gain)| (f64::from(*x) * gain) as f32).collect();
        !snap_and_fold(level, &faded, gain.len(), sums)
    }

    #[test]
    fn equals_fading_and_folding() {
        let random = Random::new(1, 2);
        for level in SimdLevel::available().into_iter().filter(|level| *level != SimdLevel::SCALAR)
        {
            for lanes in [2, 4, 8, 16] {
                let gain: Vec<f64> = (0..lanes).map(|lane| 0.3 + f64::from(lane) / 7.0).collect();
                let lanes = gain.len();
                let mut samples: Vec<f32> =
                    (0..50 * lanes as u64).map(|at| random.bipolar_f32(at) * 3.0).collect();
                let (mut sums, mut expected) = (vec![0.0; 100], vec![0.0; 100]);
                assert!(one_by_one(level, &samples, &gain, &mut expected), "{level}");
                assert!(fade_and_fold(level, &samples, &gain, &mut sums), "{level} {lanes}");
                assert_eq!(sums, expected, "{level} {lanes}");
                for odd in [f32::NAN, f32::INFINITY, -1e9] {
                    samples[33 * lanes + lanes - 1] = odd;
                    assert!(!fade_and_fold(level, &samples, &gain, &mut sums), "{level} {odd}");
                }
            }
        }
    }
}
