//! Steps on the grid of the tempo map, as a function of node time.

use std::sync::Arc;

use crate::time::{Samples, TICKS_PER_QUARTER, TempoMap, nearest};

const QUARTER: f64 = TICKS_PER_QUARTER as f64;

/// Steps of equal length in quarter notes from tick 0 on, and before it; every second one may be
/// late. Step `k` is at tick `(k + late) length`, where `late` is the swing for odd `k` and 0
/// otherwise, on the nearest sample to that tick's exact position.
#[derive(Clone, Debug)]
pub(super) struct Grid {
    tempo: Arc<TempoMap>,
    step_ticks: f64,
    swing: f64,
    /// The step found last, and the sample from which on it is the next.
    found: Option<(i64, Step)>,
}

/// A step of a grid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Step {
    /// Its number; 0 is at tick 0.
    pub(super) number: i64,
    /// Its sample of node time.
    pub(super) at: i64,
}

impl Grid {
    pub(super) fn new(tempo: &Arc<TempoMap>, step_quarters: f64, swing: f64) -> Self {
        let step_ticks = step_quarters * QUARTER;
        Self { tempo: Arc::clone(tempo), step_ticks, swing, found: None }
    }

    fn ticks(&self, number: i64) -> f64 {
        let late = if number.rem_euclid(2) == 1 { self.swing } else { 0.0 };
        (number as f64 + late) * self.step_ticks
    }

    fn sample(&self, ticks: f64) -> i64 {
        nearest(self.tempo.exact_samples_at_fraction(ticks))
    }

    fn step(&self, number: i64) -> Step {
        Step { number, at: self.sample(self.ticks(number)) }
    }

    /// The first step at or after sample `from`.
    pub(super) fn next(&mut self, from: i64) -> Step {
        match self.found {
            Some((since, step)) if (since..=step.at).contains(&from) => step,
            _ => {
                let step = self.first_from(from);
                self.found = Some((from, step));
                step
            }
        }
    }

    /// Like [`Self::next`], without keeping it.
    #[allow(clippy::cast_possible_truncation)] // Steps of 480 ticks and more.
    pub(super) fn first_from(&self, from: i64) -> Step {
        // One step for the fraction, one for the swing.
        let ticks = self.tempo.exact_ticks_at(from as f64 - 1.0);
        let mut step = self.step((ticks / self.step_ticks) as i64 - 3);
        while step.at < from {
            step = self.step(step.number + 1);
        }
        step
    }

    /// The sample at which a note of step `number` ends that lasts the part `gate`, 0 to 1, of the
    /// way to the next step; one sample at least.
    pub(super) fn end(&self, step: Step, gate: f64) -> Samples {
        let (from, to) = (self.ticks(step.number), self.ticks(step.number + 1));
        Samples(self.sample(from + (to - from) * gate).max(step.at + 1))
    }

    /// The sample at which a note ends that started at `at` and lasts the part `gate` of a step, the
    /// next step at the latest; one sample at least.
    pub(super) fn end_from(&self, at: i64, gate: f64) -> Samples {
        let end = self.sample(self.tempo.exact_ticks_at(at as f64) + self.step_ticks * gate);
        Samples(end.max(at + 1).min(self.first_from(at + 1).at))
    }

    /// Forgets the step found last.
    pub(super) fn reset(&mut self) {
        self.found = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{TempoPoint, TempoShape};
    use crate::time::{SampleRate, Ticks};

    fn tempo() -> Arc<TempoMap> {
        let point = |at, bpm, shape| TempoPoint { at: Ticks(at), bpm, shape };
        let points = [
            point(0, 90.0, TempoShape::Ramp),
            point(2 * TICKS_PER_QUARTER, 300.0, TempoShape::Step),
            point(3 * TICKS_PER_QUARTER, 61.0, TempoShape::Step),
        ];
        Arc::new(TempoMap::new(&points, SampleRate::new(48_000).unwrap()).unwrap())
    }

    /// However it is asked, each step comes once, in order.
    #[test]
    fn steps_are_found_from_everywhere() {
        for (quarters, swing) in [(0.25, 0.0), (1.0 / 32.0, 0.75), (1.0 / 3.0, 0.5), (16.0, 0.3)] {
            let mut grid = Grid::new(&tempo(), quarters, swing);
            let first = grid.step(-40);
            let mut from = first.at;
            for number in -40..200 {
                let step = grid.next(from);
                assert_eq!(step, grid.step(number));
                assert_eq!(grid.first_from(step.at), step);
                assert_eq!(grid.first_from(step.at + 1), grid.step(number + 1));
                assert!(grid.end(step, 1.0).0 == grid.step(number + 1).at);
                from = step.at + 1;
            }
        }
    }

    /// Up a ramp from 90 to 300 bpm over 2 quarters, time passed after `q` quarters is
    /// `60 / 105 ln(1 + 105 q / 90)` seconds.
    #[test]
    fn steps_follow_a_ramp_in_closed_form() {
        let grid = Grid::new(&tempo(), 0.25, 0.5);
        for number in 0..8 {
            let quarters = 0.25 * (number as f64 + if number % 2 == 1 { 0.5 } else { 0.0 });
            let seconds = 60.0 / 105.0 * crate::math::ln(1.0 + 105.0 * quarters / 90.0);
            let error = grid.step(number).at as f64 - 48_000.0 * seconds;
            assert!(error.abs() <= 0.5 + 1e-6, "{number}: {error}");
        }
    }
}
