//! Rate conversion held to its figures: pass band, images and aliases, places, and bits.

use std::f64::consts::PI;
use std::sync::Arc;

use proptest::prelude::*;
use wavemill_core::audio::{FrameError, FrameReader, FrameSource};
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::SampleRate;

use super::*;

fn rate(hz: u32) -> SampleRate {
    SampleRate::new(hz).unwrap()
}

fn kernel(from: u32, to: u32) -> Arc<Kernel> {
    Arc::new(Kernel::new(rate(from), rate(to)))
}

// Tests may ask the platform: they measure, and allow for its errors.
#[allow(clippy::disallowed_methods)]
fn cos_sin(turns: f64) -> (f64, f64) {
    let (sin, cos) = (2.0 * PI * turns.fract()).sin_cos();
    (cos, sin)
}

#[allow(clippy::disallowed_methods)]
fn decibels(amplitude: f64) -> f64 {
    20.0 * amplitude.max(1e-30).log10()
}

#[allow(clippy::cast_possible_truncation)]
fn tone(hz: f64, sample_rate: u32, frames: usize) -> Vec<f32> {
    (0..frames).map(|n| cos_sin(hz * n as f64 / f64::from(sample_rate)).0 as f32).collect()
}

/// The amplitude at `hz` of a whole number of periods.
fn amplitude(samples: &[f32], hz: f64, sample_rate: u32) -> f64 {
    let (re, im) = (0_u32..).zip(samples).fold((0.0, 0.0), |(re, im), (n, &sample)| {
        let (cos, sin) = cos_sin(hz * f64::from(n) / f64::from(sample_rate));
        (re + f64::from(sample) * cos, im + f64::from(sample) * sin)
    });
    (re * re + im * im).sqrt() * 2.0 / samples.len() as f64
}

/// A tenth of a second from the middle of a converted tone.
fn converted(hz: f64, from: u32, to: u32) -> Vec<f32> {
    let out = convert(kernel(from, to), 1, &tone(hz, from, (from / 4) as usize));
    let (start, length) = ((to / 20) as usize, (to / 10) as usize);
    out[start..start + length].to_vec()
}

/// Where a tone of `hz` appears at `sample_rate`.
fn folded(hz: f64, sample_rate: u32) -> f64 {
    let rate = f64::from(sample_rate);
    let hz = hz % rate;
    if hz > rate / 2.0 { rate - hz } else { hz }
}

#[test]
fn the_pass_band_is_flat() {
    for (from, to) in [(44_100, 48_000), (48_000, 44_100), (96_000, 44_100), (8_000, 384_000)] {
        let edge = f64::from(from.min(to)) / 2.0 * 0.907;
        for part in [0.001, 0.1, 0.5, 0.9, 0.99, 1.0] {
            let hz = (edge * part / 10.0).floor() * 10.0;
            if hz > 0.0 {
                let level = decibels(amplitude(&converted(hz, from, to), hz, to));
                assert!(level.abs() < 0.001, "{from} -> {to}, {hz} Hz: {level} dB");
            }
        }
    }
}

#[test]
fn images_and_aliases_are_down_140_db() {
    // Tones above the lower Nyquist frequency, and images of tones below it.
    for (from, to, tones) in [
        (48_000, 44_100, vec![22_050.0, 22_060.0, 22_500.0, 23_500.0, 23_990.0]),
        (96_000, 44_100, vec![22_060.0, 25_000.0, 30_000.0, 47_990.0]),
        (192_000, 48_000, vec![24_010.0, 50_000.0, 95_990.0]),
    ] {
        for hz in tones {
            let level = decibels(amplitude(&converted(hz, from, to), folded(hz, to), to));
            assert!(level < -140.0, "{from} -> {to}, {hz} Hz: {level} dB");
        }
    }
    for (from, to) in [(44_100, 48_000), (44_100, 96_000), (48_000, 192_000)] {
        for hz in [1_000.0, 15_000.0, 20_000.0, 22_000.0] {
            let out = converted(hz, from, to);
            for image in [f64::from(from) - hz, f64::from(from) + hz] {
                let level = decibels(amplitude(&out, folded(image, to), to));
                assert!(level < -140.0, "{from} -> {to}, {hz} Hz, {image} Hz: {level} dB");
            }
        }
    }
}

#[test]
fn awkward_ratios_keep_the_figures() {
    for (from, to) in [(44_100, 47_999), (47_999, 44_100), (383_999, 44_100), (44_101, 96_000)] {
        for hz in [50.0, 1_000.0, 19_000.0] {
            let signal = tone(hz, from, (from / 4) as usize);
            let out = convert(kernel(from, to), 1, &signal);
            let worst = (to / 20..to / 20 + 2_000)
                .map(|n| {
                    let expected = cos_sin(hz * f64::from(n) / f64::from(to)).0;
                    (f64::from(out[n as usize]) - expected).abs()
                })
                .fold(0.0, f64::max);
            // Half a step of f32 below 1 is 3e-8, in the input and again in the output.
            assert!(decibels(worst) < -135.0, "{from} -> {to}, {hz} Hz: {} dB", decibels(worst));
        }
    }
}

#[test]
fn an_impulse_stays_where_it_was() {
    for (from, to) in [(44_100, 48_000), (48_000, 44_100), (48_000, 96_000), (48_000, 47_999)] {
        let mut input = vec![0.0; 2_000];
        input[960] = 1.0;
        let out = convert(kernel(from, to), 1, &input);
        let expected = 960.0 * f64::from(to) / f64::from(from);
        let sum: f64 = out.iter().map(|&sample| f64::from(sample)).sum();
        let moment: f64 = out.iter().zip(0..).map(|(&s, n)| f64::from(s) * f64::from(n)).sum();
        assert!((moment / sum - expected).abs() < 1e-4, "{from} -> {to}: {}", moment / sum);
        assert!((sum * f64::from(from) / f64::from(to) - 1.0).abs() < 1e-5);
    }
    // Twice the rate: symmetric to the bit around the impulse.
    let mut input = vec![0.0; 500];
    input[250] = 1.0;
    let out = convert(kernel(48_000, 96_000), 1, &input);
    for n in 1..250 {
        assert_eq!(out[500 - n].to_bits(), out[500 + n].to_bits());
    }
}

#[test]
fn the_length_is_rounded_up_and_a_constant_stays() {
    for (from, to, frames, expected) in
        [(44_100, 48_000, 1, 2), (48_000, 44_100, 1, 1), (48_000, 44_100, 480, 441), (1, 1, 0, 0)]
    {
        let (from, to) = (from.max(8_000), to.max(8_000));
        assert_eq!(convert(kernel(from, to), 1, &vec![1.0; frames]).len(), expected);
    }
    let out = convert(kernel(44_100, 48_000), 2, &[0.25, -1.0].repeat(4_410));
    let middle = &out[2 * 2_000..2 * 2_800];
    assert!(middle.chunks(2).all(|frame| frame == [0.25, -1.0]));
}

struct Samples {
    channels: usize,
    samples: Arc<Vec<f32>>,
}

impl FrameSource for Samples {
    fn channels(&self) -> usize {
        self.channels
    }
    fn frames(&self) -> u64 {
        (self.samples.len() / self.channels) as u64
    }
    fn sample_rate(&self) -> SampleRate {
        rate(44_100)
    }
    fn identity(&self) -> Result<[u8; 32], FrameError> {
        Ok([1; 32])
    }
    fn is_finite(&self) -> bool {
        false
    }

    fn reader(&self, _: SimdLevel) -> Result<Box<dyn FrameReader>, FrameError> {
        Ok(Box::new(Samples { channels: self.channels, samples: Arc::clone(&self.samples) }))
    }
}

impl FrameReader for Samples {
    fn read(&mut self, position: i64, out: &mut [f32]) -> Result<(), FrameError> {
        for (n, out) in out.iter_mut().enumerate() {
            let at = position * i64::try_from(self.channels).unwrap() + i64::try_from(n).unwrap();
            *out = usize::try_from(at).ok().and_then(|at| self.samples.get(at)).map_or(0.0, |s| *s);
        }
        Ok(())
    }

    fn check_unchanged(&self) -> Result<(), FrameError> {
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        // A share of the usual count: each case converts several times.
        cases: ProptestConfig::default().cases.div_ceil(6),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn pieces_and_positions_do_not_matter(
        to in prop_oneof![Just(48_000_u32), Just(22_050), Just(8_000), Just(47_999), Just(96_000)],
        channels in 1_usize..3,
        frames in 0_usize..3_000,
        pieces in prop::collection::vec(1_usize..700, 1..12),
        jumps in prop::collection::vec((-200_i64..7_000, 1_usize..900), 1..12),
        seed in any::<u32>(),
    ) {
        let mut state = seed;
        let samples: Vec<f32> = (0..frames * channels).map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f32::from(i16::try_from(state >> 17).unwrap()) / 16_384.0 - 1.0
        }).collect();
        let kernel = kernel(44_100, to);
        let whole = convert(Arc::clone(&kernel), channels, &samples);
        prop_assert_eq!(whole.len(), channels * (frames * to as usize).div_ceil(44_100));

        let mut converter = RateConverter::new(Arc::clone(&kernel), channels);
        let mut pushed = Vec::new();
        let mut left = samples.as_slice();
        for piece in pieces.iter().cycle() {
            let (now, later) = left.split_at((piece * channels).min(left.len()));
            converter.push(now, &mut pushed);
            left = later;
            if left.is_empty() {
                break;
            }
        }
        converter.finish(&mut pushed);
        prop_assert_eq!(&pushed, &whole);

        let source = Resampled::with_kernel(Arc::new(Samples { channels, samples: Arc::new(samples) }), kernel);
        prop_assert_eq!(usize::try_from(source.frames()).unwrap() * channels, whole.len());
        let mut reader = source.reader(SimdLevel::detect()).unwrap();
        for (position, length) in jumps {
            let mut out = vec![9.0; length * channels];
            reader.read(position, &mut out).unwrap();
            for (n, frame) in (position..).zip(out.chunks_exact(channels)) {
                let start = usize::try_from(n).ok().map(|n| n * channels);
                let expected = start.and_then(|s| whole.get(s..s + channels));
                prop_assert_eq!(frame, expected.unwrap_or(&[0.0; 2][..channels]));
            }
        }
    }
}

#[test]
fn identity_is_of_the_source_and_the_rates() {
    let source = || Arc::new(Samples { channels: 1, samples: Arc::new(vec![0.0; 10]) });
    let at = |hz| Resampled::new(source(), rate(hz)).identity().unwrap();
    assert_eq!(at(48_000), at(48_000));
    assert_ne!(at(48_000), at(96_000));
    assert_ne!(at(48_000), [1; 32]);
}
