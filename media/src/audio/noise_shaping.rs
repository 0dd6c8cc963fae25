//! Noise shaping: the error of rounding is fed back through a filter, which moves it to
//! frequencies where it is heard less.
//!
//! Up to 48 kHz from 44.1 kHz on the filter is the five-coefficient one of Lipshitz, Vanderkooy and
//! Wannamaker (Minimally audible noise shaping, Journal of the Audio Engineering Society 39, 1991),
//! made for 44.1 kHz: it takes noise from around 4 kHz, where hearing is keenest, to above 10 kHz.
//! At 48 kHz all its frequencies are 9 % higher. At all other rates it is the first difference,
//! 1 - z^-1, which lowers noise below a sixth of the rate.

use wavemill_core::time::SampleRate;

use super::quantise::Range;

/// Raised whenever shaped samples get other bits on purpose.
pub const VERSION: u32 = 1;

/// The error's filter less its leading one, with the sign turned.
const LIPSHITZ_44_100: [f64; TAPS] = [2.033, -2.165, 1.959, -1.590, 0.6149];
const FIRST_DIFFERENCE: [f64; TAPS] = [1.0, 0.0, 0.0, 0.0, 0.0];

const TAPS: usize = 5;

/// The errors so far and their filter.
#[derive(Clone, Debug)]
pub(super) struct NoiseShaper {
    coefficients: [f64; TAPS],
    /// The last errors of every channel in steps, the newest first.
    errors: Vec<[f64; TAPS]>,
}

impl NoiseShaper {
    pub(super) fn new(rate: SampleRate) -> Self {
        let coefficients = match rate.hz() {
            44_100..=48_000 => LIPSHITZ_44_100,
            _ => FIRST_DIFFERENCE,
        };
        Self { coefficients, errors: Vec::new() }
    }

    /// Quantises the next frames with `dither` in steps; gives the numbers of samples clipped and
    /// of those that were not finite. What clips or is no number leaves no error behind: it would
    /// be one that no filter brings back.
    pub(super) fn quantise(
        &mut self,
        samples: &[f32],
        channels: usize,
        dither: &[f64],
        range: Range,
        integers: &mut [i32],
    ) -> (u64, u64) {
        let (mut clipped, mut non_finite) = (0, 0);
        self.errors.resize(channels, [0.0; TAPS]);
        for (channel, errors) in self.errors.iter_mut().enumerate() {
            let places = samples.iter().zip(dither).zip(integers.iter_mut());
            for ((sample, dither), integer) in places.skip(channel).step_by(channels) {
                let finite = sample.is_finite();
                let mut wanted = if finite { f64::from(*sample) * range.scale } else { 0.0 };
                for (coefficient, error) in self.coefficients.iter().zip(errors.iter()) {
                    wanted -= coefficient * error;
                }
                let rounded = range.round(wanted + dither);
                *integer = if finite { rounded.integer } else { 0 };
                clipped += u64::from(rounded.clipped);
                non_finite += u64::from(!finite);
                let keeps = finite && !rounded.clipped;
                errors.rotate_right(1);
                errors[0] = if keeps { rounded.nearest - wanted } else { 0.0 };
            }
        }
        (clipped, non_finite)
    }
}

#[cfg(test)]
mod tests {
    use wavemill_core::math::{TAU, cos, sin};

    use super::super::quantise::{Dither, Quantiser};
    use super::*;

    fn rate(hz: u32) -> SampleRate {
        SampleRate::new(hz).unwrap()
    }

    /// The error of 16 bits in steps over constant `input` steps, one channel.
    fn errors(dither: Dither, rate_hz: u32, input: f32, frames: usize) -> Vec<f64> {
        let mut quantiser = Quantiser::new(16, dither, rate(rate_hz));
        let (samples, mut out) = (vec![input / 32_768.0; frames], Vec::new());
        quantiser.quantise_into(&samples, 1, 0, &mut out);
        out.iter().map(|integer| f64::from(*integer) - f64::from(input)).collect()
    }

    /// Mean power of `signal` at `hz`, over pieces under a Hann window, in squared steps a bin.
    fn power_at(signal: &[f64], hz: f64, rate_hz: u32) -> f64 {
        let length = 1_024_u32;
        let mut sum = 0.0;
        for piece in signal.chunks_exact(1_024) {
            let (mut real, mut imaginary) = (0.0, 0.0);
            for (n, sample) in (0..length).zip(piece) {
                let at = f64::from(n);
                let window = 0.5 - 0.5 * cos(TAU * at / f64::from(length));
                let phase = TAU * (hz * at / f64::from(rate_hz)).fract();
                real += window * sample * cos(phase);
                imaginary += window * sample * sin(phase);
            }
            sum += real * real + imaginary * imaginary;
        }
        sum / (signal.len() / 1_024) as f64 / (0.375 * f64::from(length))
    }

    /// |1 - sum c z^-k|^2 at `hz`.
    fn wanted_power(coefficients: &[f64], hz: f64, rate_hz: u32) -> f64 {
        let (mut real, mut imaginary) = (1.0, 0.0);
        for (delay, coefficient) in (1..).zip(coefficients) {
            let phase = TAU * hz * f64::from(delay) / f64::from(rate_hz);
            real -= coefficient * cos(phase);
            imaginary += coefficient * sin(phase);
        }
        real * real + imaginary * imaginary
    }

    /// The spectrum is that of TPDF dither, a quarter of a squared step everywhere, times the
    /// filter's, within a decibel or so; and from 2 to 4 kHz it lies far below.
    #[test]
    fn the_noise_has_the_shape_of_the_filter() {
        let frames = 400 * 1_024;
        for (rate_hz, coefficients) in
            [(44_100, &LIPSHITZ_44_100), (48_000, &LIPSHITZ_44_100), (96_000, &FIRST_DIFFERENCE)]
        {
            let shaped = errors(Dither::Shaped(5), rate_hz, 100.3, frames);
            for hz in [1_000.0, 2_000.0, 3_000.0, 4_000.0, 8_000.0, 12_000.0, 18_000.0] {
                let power = power_at(&shaped, hz, rate_hz);
                let wanted = 0.25 * wanted_power(coefficients, hz, rate_hz);
                let ratio = power / wanted;
                assert!((0.75..1.3).contains(&ratio), "{rate_hz}, {hz} Hz: {power} for {wanted}");
                if (2_000.0..=4_000.0).contains(&hz) {
                    assert!(power < 0.25 * 0.2, "{rate_hz}, {hz} Hz: {power}");
                }
            }
        }
    }

    #[test]
    fn constant_input_keeps_its_mean_and_the_error_is_bounded() {
        for input in [0.0, 0.25, -0.5, 1_000.3, -20_000.7] {
            let error = errors(Dither::Shaped(2), 44_100, input, 200_000);
            let mean = error.iter().sum::<f64>() / error.len() as f64;
            assert!(mean.abs() < 0.002, "{input}: {mean}");
            // 1.5 steps of rounding and dither times the sum of the filter's magnitudes.
            let bound = 1.5 * (1.0 + LIPSHITZ_44_100.iter().map(|c| c.abs()).sum::<f64>());
            let largest = error.iter().fold(0.0_f64, |largest, e| largest.max(e.abs()));
            assert!(largest < bound, "{input}: {largest}");
        }
    }

    #[test]
    fn clipping_and_what_is_no_number_leave_nothing_behind() {
        let mut quantiser = Quantiser::new(16, Dither::Shaped(2), rate(44_100));
        let mut samples = vec![0.0; 2 * 1_000];
        samples[200..400].fill(f32::MAX);
        samples[600] = f32::NAN;
        samples[601] = f32::NEG_INFINITY;
        let mut out = Vec::new();
        quantiser.quantise_into(&samples, 2, 0, &mut out);
        assert!(out[200..400].iter().all(|integer| *integer == 32_767));
        assert_eq!(out[600..602], [0, 0]);
        assert_eq!((quantiser.clipped(), quantiser.non_finite()), (200, 2));
        assert!(out[400..].iter().all(|integer| integer.abs() < 15));
    }

    #[test]
    fn pieces_and_channels_change_nothing() {
        let samples: Vec<f32> = (0..6_000_i16).map(|n| f32::from(n % 777) / 999.0).collect();
        let mut whole = Vec::new();
        Quantiser::new(16, Dither::Shaped(1), rate(44_100))
            .quantise_into(&samples, 2, 0, &mut whole);
        let mut pieces = Vec::new();
        let mut quantiser = Quantiser::new(16, Dither::Shaped(1), rate(44_100));
        for piece in samples.chunks(2 * 17) {
            let first = (pieces.len() / 2) as u64;
            quantiser.quantise_into(piece, 2, first, &mut pieces);
        }
        assert_eq!(whole, pieces);
        let left: Vec<f32> = samples.iter().step_by(2).copied().collect();
        let mut mono = Vec::new();
        Quantiser::new(16, Dither::Shaped(1), rate(44_100)).quantise_into(&left, 1, 0, &mut mono);
        assert!(mono.iter().eq(whole.iter().step_by(2)));
    }
}
