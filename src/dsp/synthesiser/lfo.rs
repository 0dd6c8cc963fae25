//! LFOs: slow waveforms as closed functions of node time.

use super::parameters::{LFO_MODE, LFO_QUARTERS, LFO_RATE_HZ, LFO_SHAPE, LFO_START, LFOS};
use crate::dsp::phase::Phase;
use crate::math::random::Random;
use crate::time::SampleRate;

/// What an LFO does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Sine,
    Triangle,
    Sawtooth,
    Square,
    Random,
}

/// An LFO.
#[derive(Clone, Copy, Debug)]
pub(super) struct Lfo {
    shape: Shape,
    /// Cycles a sample; unused where it is synced.
    step: Phase,
    cycles_a_sample: f64,
    cycles_a_quarter: f64,
    synced: bool,
    from_note: bool,
    random: Random,
}

/// A place in time: a sample, and where that is in quarter notes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moment {
    pub(super) time: i64,
    /// Only where something is synced.
    pub(super) quarters: f64,
}

impl Lfo {
    /// LFO `number` of `values`; what is random is a function of `random`.
    pub(super) fn new(values: &[f64], number: usize, rate: SampleRate, random: Random) -> Self {
        let value = |parameter| values[LFOS[number] + parameter];
        let shapes = [Shape::Sine, Shape::Triangle, Shape::Sawtooth, Shape::Square, Shape::Random];
        let shape = super::sound::chosen(value(LFO_SHAPE), &shapes);
        Self {
            shape,
            step: Phase::step(value(LFO_RATE_HZ), rate),
            cycles_a_sample: value(LFO_RATE_HZ) / rate.hz_f64(),
            cycles_a_quarter: 1.0 / value(LFO_QUARTERS),
            synced: value(LFO_MODE) > 0.5,
            from_note: value(LFO_START) > 0.5,
            random,
        }
    }

    /// Whether [`Self::turn`] is an angle.
    pub(super) fn is_sine(&self) -> bool {
        self.shape == Shape::Sine
    }

    /// -1 to +1 at `now`, for a note that began at `start`; of a sine the angle, in half turns.
    pub(super) fn turn(&self, now: Moment, start: Moment) -> f64 {
        let from = if self.from_note { start } else { Moment::default() };
        let phase = if self.synced {
            let cycles = (now.quarters - from.quarters) * self.cycles_a_quarter;
            if cycles < 0.0 {
                // Phases are of what is not negative.
                Phase(Phase::of_cycles(-cycles).0.wrapping_neg())
            } else {
                Phase::of_cycles(cycles)
            }
        } else {
            self.step.times(now.time - from.time)
        };
        let cycles = phase.0 as f64 * (1.0 / 18_446_744_073_709_551_616.0);
        match self.shape {
            Shape::Sine => phase.half_turns(),
            // From 0 up, as the sine.
            Shape::Triangle => match cycles {
                c if c < 0.25 => 4.0 * c,
                c if c < 0.75 => 2.0 - 4.0 * c,
                c => 4.0 * c - 4.0,
            },
            Shape::Sawtooth => 1.0 - 2.0 * cycles,
            Shape::Square => {
                if cycles < 0.5 {
                    1.0
                } else {
                    -1.0
                }
            }
            Shape::Random => self.random.bipolar(self.cycle(now, from)),
        }
    }

    /// The number of the cycle.
    #[allow(clippy::cast_possible_truncation)] // Rounding towards 0 is taken back.
    fn cycle(&self, now: Moment, from: Moment) -> u64 {
        let cycles = if self.synced {
            (now.quarters - from.quarters) * self.cycles_a_quarter
        } else {
            (now.time - from.time) as f64 * self.cycles_a_sample
        };
        let whole = cycles as i64;
        let cycle = if whole as f64 > cycles { whole - 1 } else { whole };
        cycle.cast_unsigned()
    }
}
