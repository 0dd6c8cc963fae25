//! The difference of two pieces of audio: a null test, streamed.

use serde::Serialize;
use wavemill_core::audio::{FrameError, FrameReader, FrameSource};
use wavemill_core::math::gain_to_db;
use wavemill_core::simd::SimdLevel;

/// Frames compared at a time; memory does not grow with the length of the audio.
const CHUNK_FRAMES: usize = 8_192;

/// What a piece of audio looks like from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Shape {
    /// Its rate in hertz.
    pub sample_rate: u32,
    /// Its channels.
    pub channels: usize,
    /// Its length in frames.
    pub frames: u64,
}

impl Shape {
    fn of(source: &dyn FrameSource) -> Self {
        let sample_rate = source.sample_rate().hz();
        Self { sample_rate, channels: source.channels(), frames: source.frames() }
    }
}

/// The first sample that differs.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct FirstDifference {
    /// Its frame, counted from 0.
    pub frame: u64,
    /// Its channel, counted from 0.
    pub channel: usize,
    /// Its value in the first piece; 0 after its end.
    pub a: f32,
    /// Its value in the second piece; 0 after its end.
    pub b: f32,
}

/// What is left where the second piece is taken from the first. The shorter one counts as silence
/// after its end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Residual {
    /// Its largest magnitude in dBFS; `None` for silence.
    pub peak_dbfs: Option<f64>,
    /// Its root mean square over all channels in dBFS; `None` for silence.
    pub rms_dbfs: Option<f64>,
    /// Samples that are not equal. 0 and -0 are, and so are two NaN.
    pub differing_samples: u64,
    /// Of those, the ones that have no difference because a value is NaN or infinite; they are
    /// not part of the levels.
    pub not_comparable: u64,
    /// The first sample that differs.
    pub first: Option<FirstDifference>,
}

/// How two pieces of audio differ. Samples are compared as f32, as all of Wavemill sees them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// The first piece.
    pub a: Shape,
    /// The second piece.
    pub b: Shape,
    /// The residual; `None` where rates or channels differ.
    pub residual: Option<Residual>,
}

impl Difference {
    /// The pieces are the same, sample by sample.
    pub fn is_none(&self) -> bool {
        self.a == self.b && self.residual.is_some_and(|residual| residual.differing_samples == 0)
    }

    /// No sample of the residual is above `peak_dbfs`; rates and channels are the same.
    pub fn is_within(&self, peak_dbfs: f64) -> bool {
        self.residual.is_some_and(|residual| {
            residual.not_comparable == 0 && residual.peak_dbfs.is_none_or(|peak| peak <= peak_dbfs)
        })
    }
}

/// Which piece could not be read, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DifferenceError {
    /// The first one.
    #[error("the first piece: {0}")]
    First(FrameError),
    /// The second one.
    #[error("the second piece: {0}")]
    Second(FrameError),
}

/// Compares two pieces of audio.
///
/// # Errors
/// Where one of them cannot be read to its end.
pub fn difference(a: &dyn FrameSource, b: &dyn FrameSource) -> Result<Difference, DifferenceError> {
    let (shape_a, shape_b) = (Shape::of(a), Shape::of(b));
    let comparable =
        shape_a.sample_rate == shape_b.sample_rate && shape_a.channels == shape_b.channels;
    let residual = if comparable {
        let readers = Readers {
            a: a.reader(SimdLevel::detect()).map_err(DifferenceError::First)?,
            b: b.reader(SimdLevel::detect()).map_err(DifferenceError::Second)?,
        };
        let frames = shape_a.frames.max(shape_b.frames);
        Some(compare(readers, shape_a.channels.max(1), frames)?)
    } else {
        None
    };
    Ok(Difference { a: shape_a, b: shape_b, residual })
}

struct Readers {
    a: Box<dyn FrameReader>,
    b: Box<dyn FrameReader>,
}

fn compare(
    mut readers: Readers,
    channels: usize,
    frames: u64,
) -> Result<Residual, DifferenceError> {
    let mut sum = Sum::default();
    let (mut a, mut b) = (vec![0.0; CHUNK_FRAMES * channels], vec![0.0; CHUNK_FRAMES * channels]);
    let mut frame = 0;
    while frame < frames {
        let left = usize::try_from(frames - frame).unwrap_or(usize::MAX);
        let now = left.min(CHUNK_FRAMES);
        let (a, b) = (&mut a[..now * channels], &mut b[..now * channels]);
        // No file has 2^63 frames.
        let position = i64::try_from(frame).unwrap_or(i64::MAX);
        readers.a.read(position, a).map_err(DifferenceError::First)?;
        readers.b.read(position, b).map_err(DifferenceError::Second)?;
        let pairs = a.chunks_exact(channels).zip(b.chunks_exact(channels));
        for (at, (a, b)) in (frame..).zip(pairs) {
            for (channel, (a, b)) in a.iter().zip(b).enumerate() {
                sum.add(FirstDifference { frame: at, channel, a: *a, b: *b });
            }
        }
        frame += now as u64;
    }
    Ok(sum.finish(frames.saturating_mul(channels as u64)))
}

/// What was found so far.
#[derive(Default)]
struct Sum {
    peak: f64,
    squares: f64,
    differing: u64,
    not_comparable: u64,
    first: Option<FirstDifference>,
}

impl Sum {
    fn add(&mut self, pair: FirstDifference) {
        let FirstDifference { a, b, .. } = pair;
        if a == b || (a.is_nan() && b.is_nan()) {
            return;
        }
        self.differing += 1;
        self.first.get_or_insert(pair);
        if !a.is_finite() || !b.is_finite() {
            self.not_comparable += 1;
            return;
        }
        let residual = (f64::from(a) - f64::from(b)).abs();
        self.peak = self.peak.max(residual);
        self.squares += residual * residual;
    }

    fn finish(self, samples: u64) -> Residual {
        let level = |value: f64| (value > 0.0).then(|| gain_to_db(value));
        let mean = if samples == 0 { 0.0 } else { self.squares / samples as f64 };
        Residual {
            peak_dbfs: level(self.peak),
            rms_dbfs: level(mean.sqrt()),
            differing_samples: self.differing,
            not_comparable: self.not_comparable,
            first: self.first,
        }
    }
}

#[cfg(test)]
mod tests {
    use wavemill_core::audio::MemorySource;
    use wavemill_core::time::SampleRate;

    use super::*;

    fn source(samples: &[f32], channels: usize, hz: u32) -> MemorySource {
        MemorySource::new(samples, channels, SampleRate::new(hz).unwrap())
    }

    fn stereo(a: &[f32], b: &[f32]) -> Difference {
        difference(&source(a, 2, 48_000), &source(b, 2, 48_000)).unwrap()
    }

    #[test]
    fn equal_pieces_have_none() {
        let found = stereo(&[0.5, -0.5, 0.0, 1.0], &[0.5, -0.5, -0.0, 1.0]);
        assert!(found.is_none() && found.is_within(-300.0));
        let residual = found.residual.unwrap();
        assert_eq!((residual.peak_dbfs, residual.rms_dbfs, residual.first), (None, None, None));
    }

    #[test]
    fn levels_and_the_first_sample_are_those_of_the_residual() {
        // Beyond the first chunk, so that positions are seen to go on.
        let mut a = vec![0.25_f32; 2 * (CHUNK_FRAMES + 10)];
        let b = a.clone();
        a[2 * CHUNK_FRAMES + 5] = 0.75;
        a[2 * CHUNK_FRAMES + 6] = 0.2;
        let residual = stereo(&a, &b).residual.unwrap();
        let frame = CHUNK_FRAMES as u64 + 2;
        assert_eq!(residual.first, Some(FirstDifference { frame, channel: 1, a: 0.75, b: 0.25 }));
        assert_eq!(residual.differing_samples, 2);
        // 20 log10(0.5)
        assert!((residual.peak_dbfs.unwrap() + 6.020_599_913).abs() < 1e-6);
        let step = 0.25 - f64::from(0.2_f32);
        let mean = (0.25 + step * step) / a.len() as f64;
        assert!((residual.rms_dbfs.unwrap() - gain_to_db(mean.sqrt())).abs() < 1e-9);
    }

    #[test]
    fn the_shorter_piece_is_silent_after_its_end() {
        let found = stereo(&[0.5, 0.5], &[0.5, 0.5, 0.0, 0.001]);
        assert!(!found.is_none());
        assert!(found.is_within(-59.9) && !found.is_within(-60.1));
        let silent_end = stereo(&[0.5, 0.5], &[0.5, 0.5, 0.0, 0.0]);
        assert!(!silent_end.is_none() && silent_end.is_within(-144.0));
    }

    #[test]
    fn other_rates_and_channels_are_never_the_same() {
        let mono = source(&[0.5, 0.5], 1, 48_000);
        for other in [source(&[0.5, 0.5], 2, 48_000), source(&[0.5, 0.5], 1, 44_100)] {
            let found = difference(&mono, &other).unwrap();
            assert_eq!(found.residual, None);
            assert!(!found.is_none() && !found.is_within(0.0));
        }
    }

    #[test]
    fn values_that_are_no_numbers_are_never_within_a_level() {
        let found = stereo(&[f32::NAN, f32::INFINITY], &[f32::NAN, 0.5]);
        let residual = found.residual.unwrap();
        assert_eq!((residual.differing_samples, residual.not_comparable), (1, 1));
        assert!(!found.is_none() && !found.is_within(100.0));
        assert!(stereo(&[f32::NAN, f32::INFINITY], &[f32::NAN, f32::INFINITY]).is_none());
    }

    #[test]
    fn nothing_equals_nothing() {
        assert!(stereo(&[], &[]).is_none());
    }
}
