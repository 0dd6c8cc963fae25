//! Samples to integers of fewer bits: dither, rounding, clipping.

use wavemill_core::math::random::Random;

/// Turns f32 samples into signed integers of a given width.
///
/// A sample x becomes round(x * 2^(bits - 1) + d), ties to even, clamped to the integers there
/// are, where d is 0 or TPDF dither: the sum of two independent uniform numbers of one step each,
/// a function of seed, channel and frame only. Non-finite samples become 0.
#[derive(Clone, Debug)]
pub struct Quantiser {
    scale: f64,
    lowest: f64,
    highest: f64,
    seed: Option<u64>,
    clipped: u64,
    non_finite: u64,
}

/// Adding and subtracting 1.5 * 2^52 rounds an f64 of smaller magnitude than 2^51 to an integer,
/// ties to even, with no call of the platform's maths.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

impl Quantiser {
    /// A quantiser to `bits` bits (2 to 32), with dither where a seed is given.
    pub fn new(bits: u32, dither_seed: Option<u64>) -> Self {
        let scale = (1_u64 << (bits.clamp(2, 32) - 1)) as f64;
        Self {
            scale,
            lowest: -scale,
            highest: scale - 1.0,
            seed: dither_seed,
            clipped: 0,
            non_finite: 0,
        }
    }

    /// The integer for `sample`, of `channel` at `frame`.
    #[inline]
    pub fn quantise(&mut self, sample: f32, channel: u32, frame: u64) -> i32 {
        let pair = |seed| triangular_pair(seed, channel / 2, frame);
        let dither = self.seed.map_or([0.0; 2], pair);
        self.round(sample, dither[usize::from(channel % 2 == 1)])
    }

    /// The integer for `sample` with `dither` steps added.
    #[inline]
    fn round(&mut self, sample: f32, dither: f64) -> i32 {
        if !sample.is_finite() {
            self.non_finite += 1;
            return 0;
        }
        let exact = f64::from(sample) * self.scale + dither;
        let in_range = if exact > self.highest + 1.0 {
            self.highest + 1.0
        } else if exact < self.lowest - 1.0 {
            self.lowest - 1.0
        } else {
            exact
        };
        let rounded = (in_range + ROUNDER) - ROUNDER;
        if rounded > self.highest {
            self.clipped += 1;
            to_i32(self.highest)
        } else if rounded < self.lowest {
            self.clipped += 1;
            to_i32(self.lowest)
        } else {
            to_i32(rounded)
        }
    }

    /// Quantises interleaved frames, the first of which is frame `first`: each integer's
    /// little-endian bytes go through `bytes` to its place in `out`.
    pub(super) fn quantise_frames<const N: usize>(
        &mut self,
        samples: &[f32],
        channels: usize,
        first: u64,
        out: &mut [[u8; N]],
        bytes: impl Fn([u8; 4]) -> [u8; N],
    ) {
        let frames = samples.chunks_exact(channels).zip(out.chunks_exact_mut(channels));
        for (at, (frame, out)) in (first..).zip(frames) {
            let pairs = frame.chunks(2).zip(out.chunks_mut(2));
            for (pair, (frame, out)) in (0_u32..).zip(pairs) {
                let dither = self.seed.map_or([0.0; 2], |seed| triangular_pair(seed, pair, at));
                for ((out, &sample), dither) in out.iter_mut().zip(frame).zip(dither) {
                    *out = bytes(self.round(sample, dither).to_le_bytes());
                }
            }
        }
    }

    /// Samples so far that were beyond the integers there are.
    pub fn clipped(&self) -> u64 {
        self.clipped
    }

    /// Samples so far that were NaN or infinite.
    pub fn non_finite(&self) -> u64 {
        self.non_finite
    }
}

// The value is a whole number in the range of an i32.
#[allow(clippy::cast_possible_truncation)]
#[inline]
fn to_i32(value: f64) -> i32 {
    value as i32
}

/// Dither for the channels 2 `pair` and 2 `pair` + 1 at `frame`, in steps: triangular from -1 to
/// 1, the difference of two uniform numbers. One draw of four random words serves both channels.
#[inline]
fn triangular_pair(seed: u64, pair: u32, frame: u64) -> [f64; 2] {
    let [w0, w1, w2, w3] = Random::new(seed, u64::from(pair)).words(frame);
    let difference = |a: u32, b: u32| (f64::from(a) - f64::from(b)) * (1.0 / 4_294_967_296.0);
    [difference(w0, w1), difference(w2, w3)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_go_to_even_without_dither() {
        let mut quantiser = Quantiser::new(16, None);
        let step = 1.0 / 32_768.0;
        for (steps, expected) in
            [(0.5, 0), (1.5, 2), (2.5, 2), (-0.5, 0), (-1.5, -2), (0.51, 1), (-3.0, -3)]
        {
            assert_eq!(quantiser.quantise(steps * step, 0, 0), expected, "{steps}");
        }
        assert_eq!(quantiser.clipped(), 0);
    }

    #[test]
    fn the_ends_clip_and_are_counted() {
        for bits in [16, 24, 32] {
            let mut quantiser = Quantiser::new(bits, Some(1));
            let highest = i32::MAX >> (32 - bits);
            assert_eq!(quantiser.quantise(1.5, 0, 0), highest);
            assert_eq!(quantiser.quantise(f32::MAX, 0, 1), highest);
            assert_eq!(quantiser.quantise(-1.5, 0, 2), -highest - 1);
            assert_eq!((quantiser.clipped(), quantiser.non_finite()), (3, 0));
            assert_eq!(quantiser.quantise(f32::NAN, 0, 3), 0);
            assert_eq!((quantiser.clipped(), quantiser.non_finite()), (3, 1));
        }
    }

    /// TPDF dither makes mean and variance of the total error independent of the signal: 0 and
    /// 1/12 + 1/6 of a squared step (Lipshitz, Wannamaker and Vanderkooy, 1992).
    #[test]
    fn the_error_with_dither_does_not_depend_on_the_signal() {
        for steps in [0.0, 0.25, 0.5, -0.3, 100.7] {
            let mut quantiser = Quantiser::new(16, Some(7));
            let sample = steps / 32_768.0;
            let exact = f64::from(sample) * 32_768.0;
            let count = 200_000_u32;
            let (mut sum, mut squares) = (0.0, 0.0);
            for frame in 0..count {
                let error = f64::from(quantiser.quantise(sample, 1, u64::from(frame))) - exact;
                sum += error;
                squares += error * error;
            }
            let mean = sum / f64::from(count);
            // Five standard deviations of the estimates.
            assert!(mean.abs() < 0.006, "{steps}: mean {mean}");
            let variance = squares / f64::from(count);
            assert!((variance - 0.25).abs() < 0.006, "{steps}: variance {variance}");
        }
    }

    #[test]
    fn dither_is_uncorrelated_over_frames_channels_and_seeds() {
        let count = 100_000_u32;
        let dither = |seed, channel: u32, frame| {
            triangular_pair(seed, channel / 2, frame)[usize::from(channel % 2 == 1)]
        };
        let correlation = |seed, channel, later| {
            let product = |f| dither(3, 0, f) * dither(seed, channel, f + later);
            (0..count).map(u64::from).map(product).sum::<f64>() / f64::from(count) * 6.0
        };
        assert!((correlation(3, 0, 0) - 1.0).abs() < 0.02);
        for (seed, channel, later) in [(3, 1, 0), (3, 2, 0), (4, 0, 0), (3, 0, 1), (3, 0, 1000)] {
            assert!(correlation(seed, channel, later).abs() < 0.02);
        }
    }

    #[test]
    fn frames_are_quantised_as_single_samples_are() {
        let samples = [0.1, -0.2, 0.3, 0.4, -0.5, 2.0];
        let mut all = Quantiser::new(24, Some(9));
        let mut out = [[0; 4]; 6];
        all.quantise_frames(&samples, 3, 100, &mut out, |bytes| bytes);
        let mut single = Quantiser::new(24, Some(9));
        for (n, (sample, out)) in (0_u32..).zip(samples.iter().zip(out)) {
            let expected = single.quantise(*sample, n % 3, u64::from(100 + n / 3));
            assert_eq!(i32::from_le_bytes(out), expected);
        }
        assert_eq!((all.clipped(), single.clipped()), (1, 1));
    }
}
