//! Envelopes: a straight attack, then exponential decay and release.
//!
//! The attack's time is that from 0 to 1; decay and release fall by 60 dB of their way in their
//! time, so that a released voice is over, 120 dB down, after twice its release.

use crate::math::{LN_10, exp};
use crate::process::{StateError, StateReader, StateWriter};

/// `ln 1000`, 60 dB.
const FALL: f64 = 3.0 * LN_10;

/// The times of an envelope, in whole samples, and its sustain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Envelope {
    pub(super) attack: i64,
    pub(super) decay: i64,
    /// 0 to 1.
    pub(super) sustain: f64,
    pub(super) release: i64,
}

impl Envelope {
    /// From attack, decay, sustain and release, times in ms.
    #[allow(clippy::cast_possible_truncation)] // At most 20 s.
    pub(super) fn new(values: &[f64], rate_hz: f64) -> Self {
        let samples = |ms: f64| (ms * 0.001 * rate_hz + 0.5) as i64;
        Self {
            attack: samples(values[0]),
            decay: samples(values[1]),
            sustain: values[2],
            release: samples(values[3]),
        }
    }

    /// What is left of the way a sample later, where the way takes `samples`.
    pub(super) fn factor(samples: i64) -> f64 {
        if samples < 1 { 0.0 } else { exp(-FALL / samples as f64) }
    }

    /// What is left of a `way` after `passed` of `samples`: a factor, and what it is to e to the power
    /// of.
    fn left(way: f64, passed: i64, samples: i64) -> (f64, f64) {
        if samples < 1 { (0.0, 0.0) } else { (way, -FALL * (passed as f64 / samples as f64)) }
    }
}

/// An envelope under way, as a closed function of time.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Contour {
    start: i64,
    /// The level at the start: above 0 where the voice sounded before.
    from: f64,
    /// When it was released, and the level there.
    released: Option<(i64, f64)>,
}

impl Contour {
    pub(super) fn new(start: i64, from: f64) -> Self {
        Self { start, from, released: None }
    }

    pub(super) fn release(&mut self, at: i64, envelope: &Envelope) {
        self.released = Some((at, self.level(at, envelope)));
    }

    /// The level at `time`, 0 to 1.
    pub(super) fn level(&self, time: i64, envelope: &Envelope) -> f64 {
        let (base, scale, exponent) = self.parts(time, envelope);
        base + scale * exp(exponent)
    }

    /// The level at `time` as `(base, scale, exponent)`: `base + scale * e^exponent`.
    pub(super) fn parts(&self, time: i64, envelope: &Envelope) -> (f64, f64, f64) {
        if let Some((at, level)) = self.released {
            let (scale, exponent) = Envelope::left(level, time - at, envelope.release);
            return (0.0, scale, exponent);
        }
        let since = time - self.start;
        if since < envelope.attack {
            let base = self.from + (1.0 - self.from) * (since as f64 / envelope.attack as f64);
            return (base, 0.0, 0.0);
        }
        let (sustain, since) = (envelope.sustain, since - envelope.attack);
        let (scale, exponent) = Envelope::left(1.0 - sustain, since, envelope.decay);
        (sustain, scale, exponent)
    }

    pub(super) fn save(&self, state: &mut StateWriter) {
        let (at, level) = self.released.unwrap_or((i64::MAX, 0.0));
        state.word(self.start.cast_unsigned());
        state.number(self.from);
        state.word(at.cast_unsigned());
        state.number(level);
    }

    pub(super) fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        let (start, from) = (state.word()?.cast_signed(), state.number()?);
        let (at, level) = (state.word()?.cast_signed(), state.number()?);
        Ok(Self { start, from, released: (at != i64::MAX).then_some((at, level)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENVELOPE: Envelope = Envelope { attack: 100, decay: 200, sustain: 0.5, release: 300 };

    #[test]
    fn a_contour_goes_through_its_corners() {
        let mut contour = Contour::new(1_000, 0.0);
        let near = |contour: &Contour, time, wanted: f64| {
            let level = contour.level(time, &ENVELOPE);
            assert!((level - wanted).abs() < 1e-12, "{time}: {level} is not {wanted}");
        };
        near(&contour, 1_000, 0.0);
        near(&contour, 1_050, 0.5);
        near(&contour, 1_100, 1.0);
        // Half of 60 dB in half of the decay.
        near(&contour, 1_200, 0.5 + 0.5 * crate::math::exp(-FALL / 2.0));
        near(&contour, 1_300, 0.5005);
        contour.release(1_300, &ENVELOPE);
        near(&contour, 1_600, 0.5005 * 0.001);
        near(&contour, 1_900, 0.5005 * 1e-6);
    }

    #[test]
    fn times_of_nothing_are_over_at_once() {
        let at_once = Envelope { attack: 0, decay: 0, sustain: 0.25, release: 0 };
        let mut contour = Contour::new(5, 0.0);
        assert_eq!(contour.level(5, &at_once), 0.25);
        contour.release(9, &at_once);
        assert_eq!(contour.level(9, &at_once), 0.0);
        assert_eq!(Envelope::factor(0), 0.0);
    }
}
