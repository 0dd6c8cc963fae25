//! Phase as a fraction of a cycle in fixed point: it wraps by itself, adds up without rounding,
//! and a steady one is a closed function of time.

use crate::math::sin_pi;
use crate::time::SampleRate;

/// A phase, or a phase step a sample, in units of 2^-64 of a cycle.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Phase(pub(super) u64);

/// 2^64.
const CYCLE: f64 = 18_446_744_073_709_551_616.0;

impl Phase {
    /// The step a sample of `frequency_hz`, limited to half the rate.
    pub(super) fn step(frequency_hz: f64, rate: SampleRate) -> Self {
        Self::of_cycles((frequency_hz / rate.hz_f64()).clamp(0.0, 0.5))
    }

    /// The phase of a number of cycles of 0 to 2^52, whole cycles dropped.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub(super) fn of_cycles(cycles: f64) -> Self {
        // Dropping the fraction of a number that is not negative rounds down; what is left is
        // below 1, so that the second cast fits.
        let whole = cycles as u64 as f64;
        Self(((cycles - whole) * CYCLE) as u64)
    }

    /// `self` taken `samples` times; exact, whole cycles dropped, whatever the sign.
    pub(super) fn times(self, samples: i64) -> Self {
        Self(self.0.wrapping_mul(samples.cast_unsigned()))
    }

    /// The sum, whole cycles dropped.
    pub(super) fn plus(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }

    /// The phase in half turns: within one of 0, where a sine is most precise.
    pub(super) fn half_turns(self) -> f64 {
        self.0.cast_signed() as f64 * (2.0 / CYCLE)
    }

    /// The sine of the phase.
    pub(super) fn sine(self) -> f64 {
        sin_pi(self.half_turns())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{TAU, sin};

    #[test]
    fn a_steady_phase_is_the_sum_of_its_steps() {
        let rate = SampleRate::new(44_100).unwrap();
        let step = Phase::step(997.0, rate);
        let mut phase = Phase::default();
        for n in 0..10_000 {
            assert_eq!(step.times(n), phase);
            phase = phase.plus(step);
        }
        assert_eq!(step.times(-3).plus(step.times(3)), Phase::default());
    }

    #[test]
    fn sines_are_those_of_the_angle_even_after_a_day() {
        let rate = SampleRate::new(48_000).unwrap();
        let step = Phase::step(1_000.0, rate);
        for n in [0, 1, 5, 13, 47, 48_000 * 86_400 + 7] {
            let angle = TAU * (n % 48) as f64 / 48.0;
            assert!((step.times(n).sine() - sin(angle)).abs() < 1e-6, "{n}");
        }
        assert_eq!(Phase::of_cycles(7.25).sine(), 1.0);
        assert_eq!(Phase::of_cycles(0.75).sine(), -1.0);
    }

    #[test]
    fn frequencies_stop_at_half_the_rate() {
        let rate = SampleRate::new(8_000).unwrap();
        assert_eq!(Phase::step(20_000.0, rate), Phase(1 << 63));
        assert_eq!(Phase::step(-1.0, rate), Phase(0));
    }
}
