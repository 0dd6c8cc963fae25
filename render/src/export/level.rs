//! What the level of a file is: its peak, its true peak and its loudness.

use wavemill_core::time::SampleRate;

use super::loudness::LoudnessMeter;
use super::true_peak::TruePeak;

/// Measures interleaved frames.
pub(super) struct LevelMeter {
    peak: f32,
    true_peaks: Vec<TruePeak>,
    loudness: LoudnessMeter,
    frame: Vec<f32>,
}

/// What was measured.
pub(super) struct Level {
    /// The largest magnitude of a sample.
    pub(super) peak: f64,
    /// The largest magnitude between samples.
    pub(super) true_peak: f64,
    pub(super) loudness: LoudnessMeter,
}

impl LevelMeter {
    pub(super) fn new(rate: SampleRate, channels: usize) -> Self {
        Self {
            peak: 0.0,
            true_peaks: (0..channels).map(|_| TruePeak::new()).collect(),
            loudness: LoudnessMeter::new(rate, channels),
            frame: Vec::with_capacity(channels),
        }
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        for frame in samples.chunks_exact(self.true_peaks.len()) {
            self.frame.clear();
            // What is no number has no level; the writer tells of it.
            let numbers = frame.iter().map(|x| if x.is_finite() { *x } else { 0.0 });
            self.frame.extend(numbers);
            for (sample, true_peak) in self.frame.iter().zip(&mut self.true_peaks) {
                self.peak = self.peak.max(sample.abs());
                true_peak.push(*sample);
            }
            self.loudness.push(&self.frame);
        }
    }

    pub(super) fn finish(self) -> Level {
        let true_peaks = self.true_peaks.into_iter().map(TruePeak::finish);
        Level {
            peak: f64::from(self.peak),
            true_peak: f64::from(true_peaks.fold(0.0, f32::max)),
            loudness: self.loudness,
        }
    }
}
