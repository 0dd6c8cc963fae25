//! Samples to integers of fewer bits: dither, rounding, clipping.

use wavemill_core::math::random::Random;
use wavemill_core::simd::{Kernel, Lanes, SimdLevel, dispatch};
use wavemill_core::time::SampleRate;

use super::noise_shaping::NoiseShaper;

/// What is added to samples before they are rounded, so that the error is noise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dither {
    /// Nothing.
    #[default]
    None,
    /// TPDF dither drawn from this seed: the sum of two independent uniform numbers of one step
    /// each.
    Triangular(u64),
    /// The same, and the error is fed back through a filter that moves it to where it is heard
    /// less; see [`super::noise_shaping`].
    Shaped(u64),
}

/// Turns f32 samples into signed integers of a given width.
///
/// A sample x becomes round(x * 2^(bits - 1) + d), ties to even, clamped to the integers there
/// are, where d is 0 or [`Dither`], a function of seed, channel and frame only. With noise shaping,
/// d also has the filtered error of the frames before. Non-finite samples become 0.
#[derive(Clone, Debug)]
pub struct Quantiser {
    range: Range,
    seed: Option<u64>,
    shaper: Option<NoiseShaper>,
    clipped: u64,
    non_finite: u64,
    level: SimdLevel,
    /// Dither of a stretch, interleaved like its samples, and the integers made of it.
    dither: Vec<f64>,
    integers: Vec<i32>,
}

/// The integers there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) scale: f64,
    lowest: f64,
    highest: f64,
}

/// What became of a number of steps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rounded {
    /// The integer it became, with what clipped put back.
    pub(super) integer: i32,
    /// The nearest integer, as far as that is not far beyond the ends.
    pub(super) nearest: f64,
    /// Whether that is not among those there are.
    pub(super) clipped: bool,
}

impl Range {
    /// Rounds a number of steps, ties to even, and clips it.
    #[inline(always)]
    // The integer's 32 bits are what is wanted of the sum.
    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn round(self, exact: f64) -> Rounded {
        let Self { lowest, highest, .. } = self;
        // One step further than there are integers, to see what clips once it is rounded.
        let above = if exact > highest + 1.0 { highest + 1.0 } else { exact };
        let inside = if above < lowest - 1.0 { lowest - 1.0 } else { above };
        let nearest = (inside + ROUNDER) - ROUNDER;
        let kept = if nearest > highest { highest } else { nearest };
        let kept = if kept < lowest { lowest } else { kept };
        Rounded {
            integer: ((kept + ROUNDER).to_bits() as u32).cast_signed(),
            nearest,
            clipped: (nearest > highest) | (nearest < lowest),
        }
    }
}

/// Adding 1.5 * 2^52 rounds an f64 of smaller magnitude than 2^51 to an integer, ties to even, and
/// leaves that integer in the low bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// Frames quantised at a time: so many that the loops are worth their vectors.
const STRETCH_FRAMES: usize = 256;

/// Frames whose dither is drawn side by side.
const DRAWN_FRAMES: usize = 16;

impl Quantiser {
    /// A quantiser to `bits` bits (2 to 32) of frames at `rate`.
    pub fn new(bits: u32, dither: Dither, rate: SampleRate) -> Self {
        let scale = (1_u64 << (bits.clamp(2, 32) - 1)) as f64;
        let (seed, shaper) = match dither {
            Dither::None => (None, None),
            Dither::Triangular(seed) => (Some(seed), None),
            Dither::Shaped(seed) => (Some(seed), Some(NoiseShaper::new(rate))),
        };
        Self {
            range: Range { scale, lowest: -scale, highest: scale - 1.0 },
            seed,
            shaper,
            clipped: 0,
            non_finite: 0,
            level: SimdLevel::detect(),
            dither: Vec::new(),
            integers: Vec::new(),
        }
    }

    /// Appends the integers for interleaved frames, the first of which is frame `first`, to `out`.
    pub(super) fn quantise_into(
        &mut self,
        samples: &[f32],
        channels: usize,
        first: u64,
        out: &mut Vec<i32>,
    ) {
        let stretches = samples.chunks(STRETCH_FRAMES * channels);
        for (samples, first) in stretches.zip((first..).step_by(STRETCH_FRAMES)) {
            self.stretch(samples, channels, first);
            out.extend_from_slice(&self.integers);
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
        let stretches = samples.chunks(STRETCH_FRAMES * channels);
        let outs = out.chunks_mut(STRETCH_FRAMES * channels);
        let firsts = (first..).step_by(STRETCH_FRAMES);
        for ((samples, out), first) in stretches.zip(outs).zip(firsts) {
            self.stretch(samples, channels, first);
            for (out, integer) in out.iter_mut().zip(&self.integers) {
                *out = bytes(integer.to_le_bytes());
            }
        }
    }

    /// Makes `self.integers` of at most [`STRETCH_FRAMES`] frames.
    fn stretch(&mut self, samples: &[f32], channels: usize, first: u64) {
        // Zeros, or drawn anew.
        self.dither.resize(samples.len(), 0.0);
        if let Some(seed) = self.seed {
            for pair in 0..channels.div_ceil(2) {
                let dither = &mut self.dither;
                dispatch(self.level, usize::MAX, Draw { seed, pair, channels, first, dither });
            }
        }
        self.integers.resize(samples.len(), 0);
        let (dither, range, integers) = (&self.dither, self.range, &mut self.integers);
        let (clipped, non_finite) = match &mut self.shaper {
            Some(shaper) => shaper.quantise(samples, channels, dither, range, integers),
            None => dispatch(self.level, usize::MAX, Round { samples, dither, range, integers }),
        };
        self.clipped += clipped;
        self.non_finite += non_finite;
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

/// Dither for the channels 2 `pair` and 2 `pair` + 1 of a stretch, in steps: triangular from -1 to
/// 1, the difference of two uniform numbers. One draw of four random words serves both channels.
struct Draw<'a> {
    seed: u64,
    pair: usize,
    channels: usize,
    first: u64,
    dither: &'a mut [f64],
}

impl Kernel for Draw<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let random = Random::new(self.seed, self.pair as u64);
        let stretches = self.dither.chunks_mut(DRAWN_FRAMES * self.channels);
        for (stretch, first) in stretches.zip((self.first..).step_by(DRAWN_FRAMES)) {
            let [w0, w1, w2, w3] = random.words_from::<DRAWN_FRAMES>(first);
            let mut pairs = [[0.0; 2]; DRAWN_FRAMES];
            for (frame, pair) in pairs.iter_mut().enumerate() {
                *pair = [difference(w0[frame], w1[frame]), difference(w2[frame], w3[frame])];
            }
            if stretch.len() == 2 * DRAWN_FRAMES && self.channels == 2 {
                stretch.copy_from_slice(pairs.as_flattened());
                continue;
            }
            for (frame, pair) in stretch.chunks_mut(self.channels).zip(&pairs) {
                for (to, value) in frame[2 * self.pair..].iter_mut().zip(pair) {
                    *to = *value;
                }
            }
        }
    }
}

/// The difference of two uniform numbers of one step each.
#[inline(always)]
#[allow(clippy::cast_possible_truncation)] // 32 bits in 64.
fn difference(a: u64, b: u64) -> f64 {
    (f64::from(a as u32) - f64::from(b as u32)) * (1.0 / 4_294_967_296.0)
}

/// Rounds a stretch; gives the numbers of samples clipped and of those that were not finite.
struct Round<'a> {
    samples: &'a [f32],
    dither: &'a [f64],
    range: Range,
    integers: &'a mut [i32],
}

impl Kernel for Round<'_> {
    type Output = (u64, u64);

    #[inline(always)]
    fn run<L: Lanes>(self) -> (u64, u64) {
        let (mut clipped, mut non_finite) = (0_u64, 0_u64);
        let samples = self.samples.iter().zip(self.dither);
        for ((sample, dither), integer) in samples.zip(self.integers) {
            let finite = sample.is_finite();
            non_finite += u64::from(!finite);
            let exact = f64::from(*sample) * self.range.scale + dither;
            let rounded = self.range.round(if finite { exact } else { 0.0 });
            clipped += u64::from(rounded.clipped);
            *integer = rounded.integer;
        }
        (clipped, non_finite)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Quantiser {
        /// The integer for `sample`, of `channel` at `frame`.
        fn quantise(&mut self, sample: f32, channel: usize, frame: u64) -> i32 {
            let mut samples = vec![0.0; channel + 1];
            samples[channel] = sample;
            self.stretch(&samples, channel + 1, frame);
            self.integers[channel]
        }
    }

    fn rate() -> SampleRate {
        SampleRate::new(44_100).unwrap()
    }

    /// The dither of `channel` at `frame`, in steps.
    fn dither(seed: u64, channel: usize, frame: u64) -> f64 {
        let mut dither = vec![0.0; channel + 1];
        let (pair, channels) = (channel / 2, channel + 1);
        let kernel = Draw { seed, pair, channels, first: frame, dither: &mut dither };
        dispatch(SimdLevel::detect(), usize::MAX, kernel);
        dither[channel]
    }

    #[test]
    fn halves_go_to_even_without_dither() {
        let mut quantiser = Quantiser::new(16, Dither::None, rate());
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
            let mut quantiser = Quantiser::new(bits, Dither::Triangular(1), rate());
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
            let mut quantiser = Quantiser::new(16, Dither::Triangular(7), rate());
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
    fn every_simd_level_gives_the_same_bits() {
        let random = Random::new(8, 8);
        #[allow(clippy::cast_possible_truncation)]
        let samples: Vec<f32> = (0..3_000).map(|n| (1.1 * random.bipolar(n)) as f32).collect();
        for dither in [Dither::None, Dither::Triangular(5), Dither::Shaped(5)] {
            let quantised = |level| {
                let mut quantiser = Quantiser::new(16, dither, rate());
                quantiser.level = level;
                let mut out = Vec::new();
                quantiser.quantise_into(&samples, 2, 0, &mut out);
                (out, quantiser.clipped())
            };
            let scalar = quantised(SimdLevel::SCALAR);
            for level in SimdLevel::available() {
                assert!(quantised(level) == scalar, "{dither:?}, {level}");
            }
        }
    }

    #[test]
    fn frames_are_quantised_as_single_samples_are() {
        let samples = [0.1, -0.2, 0.3, 0.4, -0.5, 2.0];
        let mut all = Quantiser::new(24, Dither::Triangular(9), rate());
        let mut out = [[0; 4]; 6];
        all.quantise_frames(&samples, 3, 100, &mut out, |bytes| bytes);
        let mut single = Quantiser::new(24, Dither::Triangular(9), rate());
        for (n, (sample, out)) in samples.iter().zip(out).enumerate() {
            let expected = single.quantise(*sample, n % 3, 100 + n as u64 / 3);
            assert_eq!(i32::from_le_bytes(out), expected);
        }
        assert_eq!((all.clipped(), single.clipped()), (1, 1));
    }
}
