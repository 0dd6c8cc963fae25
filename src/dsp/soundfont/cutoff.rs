//! The filter's coefficients by its cutoff, whose tangent is looked up.

use std::ops::RangeInclusive;

use crate::math::{PI, exp2, tan};

/// Cutoffs, in cents above 8.176 Hz (8.1.2, 8).
const CENTS: RangeInclusive<f64> = 1_500.0..=13_500.0;

/// Cents from one value of the table to the next: a line between two is right to a tenth of a cent, but
/// for the step in which the highest cutoff is reached (2.5 cents).
const STEP_CENTS: f64 = 10.0;

/// The highest cutoff, as a share of the rate.
const MAX_CUTOFF: f64 = 0.45;

/// What a filter is set to.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Cutoff {
    cents: f64,
    damping: f64,
}

impl Cutoff {
    /// The nearest cutoff that a filter can have.
    pub(super) fn new(cents: f64, damping: f64) -> Self {
        Self { cents: cents.clamp(*CENTS.start(), *CENTS.end()), damping }
    }
}

/// The filters of a sample rate.
pub(super) struct Filters {
    /// tan(pi f / rate) by cents.
    tangents: Vec<f64>,
}

impl Filters {
    /// Those of `rate_hz`.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Some hundred.
    pub(super) fn new(rate_hz: f64) -> Self {
        let last = ((CENTS.end() - CENTS.start()) / STEP_CENTS) as usize + 1;
        let tangent = |index: usize| {
            let cents = CENTS.start() + index as f64 * STEP_CENTS;
            let cutoff_hz = 8.176 * exp2(cents / 1_200.0);
            tan(PI * (cutoff_hz / rate_hz).min(MAX_CUTOFF))
        };
        Self { tangents: (0..=last).map(tangent).collect() }
    }

    /// The three coefficients of the low-pass filter: a state variable filter by the trapezoidal rule
    /// (Zavalishin, The Art of VA Filter Design, 4.1), which is still good at low cutoffs in f32 and
    /// bears being moved.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Inside the table.
    pub(super) fn coefficients(&self, Cutoff { cents, damping }: Cutoff) -> [f64; 3] {
        let place = (cents - CENTS.start()) / STEP_CENTS;
        let index = place as usize;
        let (from, to) = (self.tangents[index], self.tangents[index + 1]);
        let g = from + (to - from) * (place - index as f64);
        let first = 1.0 / (1.0 + g * (g + damping));
        [first, g * first, g * g * first]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With g = a2 / a1 the cutoff is atan(g) rate / pi, and so off by dg / (1 + g^2) of that angle.
    #[test]
    fn cutoffs_are_right_to_a_tenth_of_a_cent() {
        for (rate_hz, limit_cents) in [(44_100.0, 2.5), (48_000.0, 0.1)] {
            let filters = Filters::new(rate_hz);
            for tenths in 15_000..=135_000 {
                let cents = f64::from(tenths) / 10.0;
                let [a1, a2, a3] = filters.coefficients(Cutoff::new(cents, 1.0));
                let g = a2 / a1;
                assert!((a3 / a2 - g).abs() < 1e-9 * g);
                let cutoff_hz = 8.176 * exp2(cents / 1_200.0);
                let angle = PI * (cutoff_hz / rate_hz).min(MAX_CUTOFF);
                let off = (g - tan(angle)).abs() / (1.0 + g * g) / angle;
                let off_cents = off * 1_200.0 / std::f64::consts::LN_2;
                assert!(off_cents < limit_cents, "{rate_hz}, {cents}: {off_cents}");
            }
        }
        let filters = Filters::new(48_000.0);
        let open = filters.coefficients(Cutoff::new(99_999.0, 1.0));
        assert_eq!(open, filters.coefficients(Cutoff::new(13_500.0, 1.0)));
    }
}
