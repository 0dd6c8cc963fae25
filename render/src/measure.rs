//! Loudness and true peak of a finished mix, by ITU-R BS.1770 and EBU R 128.
//!
//! Measurements describe samples and never change one, so the `ebur128` crate, which uses the
//! platform's maths, is good enough here.

use ebur128::{EbuR128, Mode};
use serde::{Deserialize, Serialize};
use wavemill_core::time::SampleRate;

/// What a mix measures.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
