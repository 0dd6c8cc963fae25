//! The generator's waveforms, and the exponential sweep in closed form.

use crate::dsp::phase::Phase;
use crate::math::{exp, ln};
use crate::time::SampleRate;

/// What a generator makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waveform {
    Sine,
    WhiteNoise,
    PinkNoise,
    Sweep,
    Impulse,
}

impl Waveform {
    const ALL: [Self; 5] =
        [Self::Sine, Self::WhiteNoise, Self::PinkNoise, Self::Sweep, Self::Impulse];

    /// Their names, in the order of the choice.
    pub(super) const NAMES: &'static [&'static str] =
        &["sine", "white-noise", "pink-noise", "sweep", "impulse"];

    /// The waveform of a choice's index.
    pub(super) fn of_index(index: f64) -> Self {
        let found = Self::ALL.into_iter().zip(0_u8..).find(|(_, k)| f64::from(*k) == index);
        found.map_or(Self::Sine, |(waveform, _)| waveform)
    }
}

/// An exponential sweep: the frequency `f1 (f2 / f1)^(t / T)`, whose phase in cycles is
/// `f1 T / k (e^(k t / T) - 1)` with `k = ln(f2 / f1)` (A. Farina, Simultaneous measurement of
/// impulse response and distortion with a swept-sine technique, AES 108, 2000).
#[derive(Clone, Copy, Debug)]
pub(super) struct Sweep {
    /// `f1 T`, in cycles.
    cycles: f64,
    /// `k`.
    growth: f64,
    /// `T`, in samples.
    length: f64,
}

impl Sweep {
    /// From `from_hz` to `to_hz`, both limited to half the rate, in `seconds`.
    pub(super) fn new(from_hz: f64, to_hz: f64, seconds: f64, rate: SampleRate) -> Self {
        let half = rate.hz_f64() / 2.0;
        let (from_hz, to_hz) = (from_hz.min(half), to_hz.min(half));
        Self {
            cycles: from_hz * seconds,
            growth: ln(to_hz / from_hz),
            length: seconds * rate.hz_f64(),
        }
    }

    /// The sample at time `n`, 0 or later; 0 after its end.
    pub(super) fn sample(&self, n: i64) -> f64 {
        let part = n as f64 / self.length;
        if part >= 1.0 {
            return 0.0;
        }
        let x = self.growth * part;
        // (e^x - 1) / k, by its series where the difference would lose digits.
        let grown = if x.abs() < 1e-4 {
            part * (1.0 + x * (0.5 + x * (1.0 / 6.0)))
        } else {
            (exp(x) - 1.0) / self.growth
        };
        Phase::of_cycles(self.cycles * grown).sine()
    }
}
