//! Loudness and true peak of a finished mix, by ITU-R BS.1770 and EBU R 128.
//!
//! Measurements describe samples and never change one, so the `ebur128` crate, which uses the
//! platform's maths, is good enough here.

use ebur128::{EbuR128, Mode};
use serde::{Deserialize, Serialize};
use wavemill_core::time::SampleRate;

/// What a mix measures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loudness {
    /// Integrated loudness in LUFS; `None` where everything is below the gate.
    pub integrated_lufs: Option<f64>,
    /// True peak in dBTP; `None` for digital silence.
    pub true_peak_dbtp: Option<f64>,
}

/// Measures stereo frames as they come.
pub struct Meter {
    ebur128: Option<EbuR128>,
}

impl Meter {
    /// A meter for stereo frames at `rate`.
    pub fn new(rate: SampleRate) -> Self {
        // It refuses only rates and channel counts that no session has.
        Self { ebur128: EbuR128::new(2, rate.hz(), Mode::I | Mode::TRUE_PEAK).ok() }
    }

    /// Adds interleaved frames.
    pub fn push(&mut self, samples: &[f32]) {
        if let Some(meter) = &mut self.ebur128
            && meter.add_frames_f32(samples).is_err()
        {
            self.ebur128 = None;
        }
    }

    /// The figures.
    pub fn finish(self) -> Loudness {
        let Some(meter) = self.ebur128 else {
            return Loudness { integrated_lufs: None, true_peak_dbtp: None };
        };
        let peaks = (0..2).filter_map(|channel| meter.true_peak(channel).ok());
        let peak = peaks.fold(0.0, f64::max);
        Loudness {
            integrated_lufs: meter.loudness_global().ok().filter(|lufs| lufs.is_finite()),
            true_peak_dbtp: (peak > 0.0).then(|| wavemill_core::math::gain_to_db(peak)),
        }
    }
}

#[cfg(test)]
mod tests {
    use wavemill_core::math::{TAU, db_to_gain, sin};

    use super::*;

    /// A sine on both sides for each (peak level in dBFS, seconds), measured in uneven pieces.
    #[allow(clippy::cast_possible_truncation)] // Samples are f32.
    fn measured(rate_hz: u32, hz: f64, phase: f64, parts: &[(f64, u32)]) -> Loudness {
        let rate = SampleRate::new(rate_hz).unwrap();
        let mut samples = Vec::new();
        let mut n = 0.0;
        for (level_db, seconds) in parts {
            for _ in 0..seconds * rate_hz {
                let turns = (n * hz / rate.hz_f64() + phase).fract();
                let sample = (db_to_gain(*level_db) * sin(TAU * turns)) as f32;
                samples.extend([sample, sample]);
                n += 1.0;
            }
        }
        let mut meter = Meter::new(rate);
        for piece in samples.chunks(2 * 4_099) {
            meter.push(piece);
        }
        meter.finish()
    }

    #[track_caller]
    fn assert_within(value: Option<f64>, low: f64, high: f64) {
        assert!(value.is_some_and(|value| (low..=high).contains(&value)), "{value:?}");
    }

    /// Cases 1 and 2 of EBU Tech 3341, shortened: a stereo sine of 1 kHz reads its peak level, within
    /// 0.1 LU.
    #[test]
    fn a_calibrated_sine_reads_its_level() {
        for rate_hz in [44_100, 48_000, 96_000] {
            for level in [-23.0, -33.0] {
                let read = measured(rate_hz, 1_000.0, 0.0, &[(level, 4)]);
                assert_within(read.integrated_lufs, level - 0.1, level + 0.1);
                assert_within(read.true_peak_dbtp, level - 0.4, level + 0.2);
            }
        }
    }

    /// Case 4, at half its length: what is far below the rest is gated out.
    #[test]
    fn quiet_parts_are_gated() {
        let parts = [(-72.0, 5), (-36.0, 5), (-23.0, 30), (-36.0, 5), (-72.0, 5)];
        let read = measured(48_000, 1_000.0, 0.0, &parts);
        assert_within(read.integrated_lufs, -23.1, -22.9);
    }

    /// Case 16: a quarter of the rate at 45 degrees, whose samples all lie 3 dB below its peak.
    #[test]
    fn a_peak_between_the_samples_is_seen() {
        let half = 20.0 * std::f64::consts::LOG10_2;
        let read = measured(48_000, 12_000.0, 0.125, &[(-half, 2)]);
        assert_within(read.true_peak_dbtp, -6.4, -5.8);
    }

    #[test]
    fn silence_has_no_level() {
        let nothing = Loudness { integrated_lufs: None, true_peak_dbtp: None };
        let mut meter = Meter::new(SampleRate::new(48_000).unwrap());
        meter.push(&vec![0.0; 2 * 48_000]);
        assert_eq!(meter.finish(), nothing);
        let rate = SampleRate::new(48_000).unwrap();
        assert_eq!(Meter::new(rate).finish(), nothing);
    }
}
