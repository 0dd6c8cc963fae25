//! Samples to integers of fewer bits: dither, rounding, clipping.

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
        if !sample.is_finite() {
            self.non_finite += 1;
            return 0;
        }
        let dither = self.seed.map_or(0.0, |seed| triangular(seed, channel, frame));
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
            for (channel, (&sample, out)) in (0_u32..).zip(frame.iter().zip(out)) {
                *out = bytes(self.quantise(sample, channel, at).to_le_bytes());
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

/// A number from -1 to 1 with triangular distribution: the difference of two uniform ones, which
/// are the halves of one mixed 64-bit word. Uncorrelated over frames, channels and seeds.
#[inline]
fn triangular(seed: u64, channel: u32, frame: u64) -> f64 {
    let place = frame.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(u64::from(channel));
    let word = mix(mix(place) ^ seed);
    let [b0, b1, b2, b3, b4, b5, b6, b7] = word.to_le_bytes();
    let low = u32::from_le_bytes([b0, b1, b2, b3]);
    let high = u32::from_le_bytes([b4, b5, b6, b7]);
    (f64::from(high) - f64::from(low)) * (1.0 / 4_294_967_296.0)
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014): every bit of the input changes every bit of the output half the time.
#[inline]
fn mix(word: u64) -> u64 {
    let word = (word ^ (word >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    word ^ (word >> 31)
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
    fn dither_is_uncorrelated_over_frames_and_channels() {
        let count = 100_000_u32;
        let correlation = |other: fn(u64) -> f64| {
            let sum: f64 = (0..count).map(u64::from).map(|f| triangular(3, 0, f) * other(f)).sum();
            sum / f64::from(count) * 6.0
        };
        assert!((correlation(|f| triangular(3, 0, f)) - 1.0).abs() < 0.02);
        for other in [
            |f| triangular(3, 1, f),
            |f| triangular(4, 0, f),
            |f| triangular(3, 0, f + 1),
            |f| triangular(3, 0, f + 1000),
        ] {
            assert!(correlation(other).abs() < 0.02);
        }
    }
}
