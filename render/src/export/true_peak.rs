//! The true peak of a stream: its largest magnitude with three values between every two samples,
//! as Annex 2 of ITU-R BS.1770-4 describes, with filters of its own.
//!
//! The gain of a normalised file follows from it, so it is made of deterministic functions only.

use wavemill_core::math::{bessel_i0, sinc};

/// Samples on each side of a point.
const REACH: usize = 24;
const TAPS: usize = 2 * REACH;
const PHASES: usize = 3;
/// Shape of the Kaiser window: 70 dB of stop band.
const BETA: f64 = 7.0;
/// Samples judged at a time.
const PIECE: usize = 1_024;

/// One channel's peak so far.
pub(super) struct TruePeak {
    taps: [[f32; TAPS]; PHASES],
    /// The last `TAPS - 1` samples, then those not judged yet.
    signal: Vec<f32>,
    peak: f32,
}

impl TruePeak {
    pub(super) fn new() -> Self {
        // What lies before the stream is silence.
        Self { taps: taps(), signal: vec![0.0; TAPS - 1], peak: 0.0 }
    }

    pub(super) fn push(&mut self, sample: f32) {
        self.signal.push(sample);
        if self.signal.len() == TAPS - 1 + PIECE {
            self.judge();
        }
    }

    /// The peak of all that was pushed, linear.
    pub(super) fn finish(mut self) -> f32 {
        // What follows the stream is silence, too.
        for _ in 0..TAPS {
            self.push(0.0);
        }
        self.judge();
        self.peak
    }

    fn judge(&mut self) {
        let count = self.signal.len() + 1 - TAPS;
        for sample in &self.signal {
            self.peak = self.peak.max(sample.abs());
        }
        let mut sums = [0.0_f32; PIECE];
        for taps in &self.taps {
            let sums = &mut sums[..count];
            sums.fill(0.0);
            // Along time in the inner loop, so that it fills whole registers.
            for (tap, weight) in taps.iter().enumerate() {
                for (sum, sample) in sums.iter_mut().zip(&self.signal[tap..]) {
                    *sum += weight * sample;
                }
            }
            for sum in sums {
                self.peak = self.peak.max(sum.abs());
            }
        }
        self.signal.drain(..count);
    }
}

/// A windowed sinc for each phase, with a gain of 1 at 0 Hz.
#[allow(clippy::cast_possible_truncation)] // f32 is precise enough to judge peaks by.
fn taps() -> [[f32; TAPS]; PHASES] {
    let mut all = [[0.0; TAPS]; PHASES];
    for (phase, taps) in (1..).zip(&mut all) {
        let fraction = f64::from(phase) / (PHASES + 1) as f64;
        let weight = |tap: usize| {
            let x = tap as f64 - (REACH - 1) as f64 - fraction;
            let edge = x / REACH as f64;
            sinc(x) * bessel_i0(BETA * (1.0 - edge * edge).max(0.0).sqrt())
        };
        let sum: f64 = (0..TAPS).map(weight).sum();
        for (tap, to) in taps.iter_mut().enumerate() {
            *to = (weight(tap) / sum) as f32;
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use wavemill_core::math::{TAU, sin};

    use super::*;

    /// At all frequencies up to 0.4 of the rate and in every phase, a sine of level 1 has a true
    /// peak of 1, less what lies between the points looked at: cos(pi f / 4) at most.
    #[test]
    #[allow(clippy::cast_possible_truncation)]
    fn sines_have_their_level() {
        for (frequency, low) in [(0.01, 0.999), (0.1, 0.995), (0.25, 0.98), (0.4, 0.94)] {
            for phase in 0..8 {
                let mut meter = TruePeak::new();
                for n in 0..5_000 {
                    let at = frequency * f64::from(n) + f64::from(phase) / 8.0;
                    // Without an edge, which would have a peak of its own.
                    let rise = f64::from(n.min(4_999 - n).min(500)) / 500.0;
                    meter.push((rise * sin(TAU * at.fract())) as f32);
                }
                let peak = meter.finish();
                assert!((low..1.005).contains(&f64::from(peak)), "{frequency}, {phase}: {peak}");
            }
        }
    }

    #[test]
    fn the_last_sample_counts_and_nothing_has_no_peak() {
        assert!(TruePeak::new().finish() == 0.0);
        for length in [1, 47, 1_023, 1_024, 1_025] {
            let mut meter = TruePeak::new();
            for n in 1..=length {
                meter.push(if n == length { -0.5 } else { 0.0 });
            }
            assert!(meter.finish() == 0.5, "{length}");
        }
    }
}
