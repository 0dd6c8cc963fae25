//! The detector's interpolation: values a quarter, a half and three quarters of a sample on.

use crate::math::{bessel_i0, sinc};

/// Frames between an input frame and the interval after which it is judged.
pub(super) const DELAY: usize = 16;
/// Taps of each phase.
pub(super) const TAPS: usize = 2 * DELAY;
/// Values between two samples.
const PHASES: usize = 3;
/// Shape of the Kaiser window: 60 dB of stop band, and a narrow transition.
const BETA: f64 = 6.0;

/// The filters of the three phases: a windowed sinc each, with a gain of 1 at 0 Hz.
#[derive(Clone, Debug)]
pub(super) struct Interpolator {
    taps: [[f32; TAPS]; PHASES],
}

impl Interpolator {
    #[allow(clippy::cast_possible_truncation)] // f32 is precise enough to judge peaks by.
    pub(super) fn new() -> Self {
        let mut taps = [[0.0; TAPS]; PHASES];
        for (phase, taps) in taps.iter_mut().enumerate() {
            let fraction = (phase + 1) as f64 / (PHASES + 1) as f64;
            let weight = |tap: usize| {
                // Tap `DELAY - 1` is the sample before the point, tap `DELAY` the one after it.
                let x = tap as f64 - (DELAY - 1) as f64 - fraction;
                let edge = x / DELAY as f64;
                sinc(x) * bessel_i0(BETA * (1.0 - edge * edge).max(0.0).sqrt())
            };
            let sum: f64 = (0..TAPS).map(weight).sum();
            for (tap, to) in taps.iter_mut().enumerate() {
                *to = (weight(tap) / sum) as f32;
            }
        }
        Self { taps }
    }

    /// Raises `peaks[n]` to the greatest magnitude from sample `DELAY - 1 + n` of `signal` up to,
    /// but not including, the sample after it. `signal` has `TAPS - 1` more samples than `peaks`.
    #[inline(always)]
    pub(super) fn peaks(&self, signal: &[f32], scratch: &mut [f32], peaks: &mut [f32]) {
        let count = peaks.len();
        for (peak, x) in peaks.iter_mut().zip(&signal[DELAY - 1..]) {
            let x = x.abs();
            *peak = if x > *peak { x } else { *peak };
        }
        for taps in &self.taps {
            let sums = &mut scratch[..count];
            sums.fill(0.0);
            // Along time in the inner loop, so that it fills whole registers; the order in which
            // a sum is made is that of the taps.
            for (tap, weight) in taps.iter().enumerate() {
                for (sum, x) in sums.iter_mut().zip(&signal[tap..tap + count]) {
                    *sum += weight * x;
                }
            }
            for (peak, sum) in peaks.iter_mut().zip(&*sums) {
                let x = sum.abs();
                *peak = if x > *peak { x } else { *peak };
            }
        }
    }
}
