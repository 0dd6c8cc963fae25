//! The tempo map: ticks to samples and back, over steps and ramps, in closed form.

use super::ramp::{expm1_ratio, log1p_ratio};
use super::rounding::{floor, nearest};
use super::{SampleRate, Samples, TICKS_PER_QUARTER, Ticks};
use crate::session::{TempoPoint, TempoShape, TimeValue};

/// The slowest tempo, in quarter notes a minute.
pub const MIN_BPM: f64 = 5.0;
/// The fastest tempo, in quarter notes a minute.
pub const MAX_BPM: f64 = 999.0;
/// The tempo of a session that states none.
pub const DEFAULT_BPM: f64 = 120.0;

/// Why tempo points make no map.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum TempoMapError {
    /// Nothing says how fast the timeline starts.
    #[error("the first tempo point is at tick {at}: put one at tick 0", at = .at.0)]
    FirstNotAtZero {
        /// Where the first point is.
        at: Ticks,
    },
    /// Points out of order, or two at one place.
    #[error(
        "tempo point {index} at tick {at} does not come after the one before it: keep points in order, one a tick",
        at = .at.0
    )]
    NotIncreasing {
        /// The point, counted from 0.
        index: usize,
        /// Where it is.
        at: Ticks,
    },
    /// A tempo out of range, or none at all.
    #[error("tempo point {index} says {bpm} bpm: use 5 to 999")]
    Tempo {
        /// The point, counted from 0.
        index: usize,
        /// What it says.
        bpm: f64,
    },
}

/// From one tempo point to the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Stretch {
    /// First tick.
    pub(crate) at: Ticks,
    /// Exact position of the first tick, in samples.
    pub(crate) samples: f64,
    /// Tempo at the first tick.
    pub(crate) bpm: f64,
    /// Change of tempo a tick; 0 where it stays.
    pub(crate) slope: f64,
}

/// Ticks to samples and back.
///
/// Positions before tick 0 go on backwards at the first tempo, positions after the last point at
/// its tempo (a ramp without a point to go to stays). Exact positions are f64 and good to a few
/// units in the last place: below 2^40 samples that is under a thousandth of a sample.
#[derive(Clone, Debug, PartialEq)]
pub struct TempoMap {
    rate: SampleRate,
    /// Never empty; the first begins at tick 0, sample 0.
    stretches: Vec<Stretch>,
}

impl TempoMap {
    /// The map of `points` at `rate`; no points mean [`DEFAULT_BPM`].
    ///
    /// Fails unless the first point is at tick 0, ticks rise strictly, and tempos lie in
    /// [`MIN_BPM`] to [`MAX_BPM`].
    pub fn new(points: &[TempoPoint], rate: SampleRate) -> Result<Self, TempoMapError> {
        check(points)?;
        let mut map = Self { rate, stretches: Vec::with_capacity(points.len().max(1)) };
        if points.is_empty() {
            let bpm = DEFAULT_BPM;
            map.stretches.push(Stretch { at: Ticks::ZERO, samples: 0.0, bpm, slope: 0.0 });
        }
        // The sum keeps what each addition rounds away (two-sum), so that a map of many points is
        // as exact at its end as at its start.
        let (mut sum, mut lost) = (0.0, 0.0);
        for (index, point) in points.iter().enumerate() {
            let next = points.get(index + 1);
            let slope = match (point.shape, next) {
                (TempoShape::Ramp, Some(next)) => {
                    (next.bpm - point.bpm) / ticks_between(point.at, next.at)
                }
                _ => 0.0,
            };
            let samples = sum + lost;
            let stretch = Stretch { at: point.at, samples, bpm: point.bpm, slope };
            map.stretches.push(stretch);
            if let Some(next) = next {
                let term = map.passed(&stretch, ticks_between(point.at, next.at));
                let total = sum + term;
                let kept = total - sum;
                lost += (sum - (total - kept)) + (term - kept);
                sum = total;
            }
        }
        Ok(map)
    }

    /// Its stretches in order, for the keys of what follows the tempo.
    pub(crate) fn stretches(&self) -> &[Stretch] {
        &self.stretches
    }

    /// The rate its samples are counted at.
    pub const fn sample_rate(&self) -> SampleRate {
        self.rate
    }

    /// The exact position of `at`, in samples.
    pub fn exact_samples_at(&self, at: Ticks) -> f64 {
        let stretch = self.stretch_at_ticks(at);
        stretch.samples + self.passed(stretch, ticks_between(stretch.at, at))
    }

    /// The sample on which `at` falls: the nearest to its exact position, ties to the later one.
    pub fn samples_at(&self, at: Ticks) -> Samples {
        Samples(nearest(self.exact_samples_at(at)))
    }

    /// The exact position of `samples`, in ticks.
    pub fn exact_ticks_at(&self, samples: f64) -> f64 {
        let after = self.stretches.partition_point(|stretch| stretch.samples <= samples);
        let stretch = &self.stretches[after.saturating_sub(1)];
        // In ticks times bpm: what is left of the samples without the tempo.
        let passed = (samples - stretch.samples) / self.samples_per_tick_and_bpm();
        let steady = stretch.slope == 0.0 || passed < 0.0;
        let ratio = if steady { 1.0 } else { expm1_ratio(stretch.slope * passed) };
        stretch.at.0 as f64 + passed * stretch.bpm * ratio
    }

    /// The tick in whose span `at` lies: the last one with `samples_at(tick) <= at`.
    ///
    /// So `ticks_at(samples_at(t)) == t` wherever a tick is at least one sample long; where
    /// ticks are shorter it is the last of the ticks that fall on the same sample.
    pub fn ticks_at(&self, at: Samples) -> Ticks {
        // A tick falls on `at` or before where its exact position is below at + 1/2.
        let mut tick = floor(self.exact_ticks_at(at.0 as f64 + 0.5));
        // The guess is off by one at most while positions are exact to much less than a tick;
        // the bound only ends the search where they are not (beyond 2^52 samples).
        for _ in 0..4 {
            if self.samples_at(Ticks(tick)) > at {
                tick = tick.saturating_sub(1);
            } else if self.samples_at(Ticks(tick.saturating_add(1))) <= at {
                tick = tick.saturating_add(1);
            } else {
                break;
            }
        }
        Ticks(tick)
    }

    /// The tempo at `at`, in quarter notes a minute.
    pub fn bpm_at(&self, at: Ticks) -> f64 {
        let stretch = self.stretch_at_ticks(at);
        let ticks = ticks_between(stretch.at, at);
        // Before tick 0 the first tempo holds even where the first point is a ramp.
        if ticks < 0.0 { stretch.bpm } else { stretch.bpm + stretch.slope * ticks }
    }

    /// The slowest tempo anywhere, in quarter notes a minute.
    pub fn slowest_bpm(&self) -> f64 {
        // Ramps go from one point's tempo to the next one's, so that no point lies between.
        self.stretches
            .iter()
            .map(|stretch| stretch.bpm)
            .fold(MAX_BPM, |slowest, bpm| if bpm < slowest { bpm } else { slowest })
    }

    /// The sample of a position in either timebase.
    pub fn resolve(&self, position: TimeValue) -> Samples {
        match position {
            TimeValue::Ticks(ticks) => self.samples_at(ticks),
            TimeValue::Samples(samples) => samples,
        }
    }

    /// First sample of a span, and the sample after its last, from its start and its length, each
    /// in its own timebase.
    ///
    /// A length in ticks from a start in samples is counted from the exact musical position of
    /// that sample.
    pub fn length(&self, start: TimeValue, length: TimeValue) -> (Samples, Samples) {
        let first = self.resolve(start);
        let end = match (start, length) {
            (_, TimeValue::Samples(length)) => Samples(first.0.saturating_add(length.0)),
            (TimeValue::Ticks(start), TimeValue::Ticks(length)) => {
                self.samples_at(Ticks(start.0.saturating_add(length.0)))
            }
            (TimeValue::Samples(start), TimeValue::Ticks(length)) => {
                let end = self.exact_ticks_at(start.0 as f64) + length.0 as f64;
                Samples(nearest(self.exact_samples_at_fraction(end)))
            }
        };
        (first, end)
    }

    /// Like [`Self::exact_samples_at`], between ticks too.
    pub fn exact_samples_at_fraction(&self, ticks: f64) -> f64 {
        let stretch = self.stretch_at_ticks(Ticks(floor(ticks)));
        stretch.samples + self.passed(stretch, ticks - stretch.at.0 as f64)
    }

    fn stretch_at_ticks(&self, at: Ticks) -> &Stretch {
        let after = self.stretches.partition_point(|stretch| stretch.at <= at);
        &self.stretches[after.saturating_sub(1)]
    }

    /// Samples of `ticks` from the start of `stretch`.
    fn passed(&self, stretch: &Stretch, ticks: f64) -> f64 {
        let constant = ticks * self.samples_times_bpm() / (stretch.bpm * QUARTER);
        if stretch.slope == 0.0 || ticks < 0.0 {
            constant
        } else {
            constant * log1p_ratio(stretch.slope * ticks / stretch.bpm)
        }
    }

    /// Samples a quarter note times its tempo: samples a minute.
    fn samples_times_bpm(&self) -> f64 {
        self.rate.hz_f64() * 60.0
    }

    fn samples_per_tick_and_bpm(&self) -> f64 {
        self.samples_times_bpm() / QUARTER
    }
}

const QUARTER: f64 = TICKS_PER_QUARTER as f64;

fn ticks_between(from: Ticks, to: Ticks) -> f64 {
    to.0.saturating_sub(from.0) as f64
}

fn check(points: &[TempoPoint]) -> Result<(), TempoMapError> {
    if let Some(first) = points.first().filter(|first| first.at != Ticks::ZERO) {
        return Err(TempoMapError::FirstNotAtZero { at: first.at });
    }
    for (index, point) in points.iter().enumerate() {
        // Written so that a NaN is refused too.
        if !(MIN_BPM..=MAX_BPM).contains(&point.bpm) {
            return Err(TempoMapError::Tempo { index, bpm: point.bpm });
        }
        if index > 0 && point.at <= points[index - 1].at {
            return Err(TempoMapError::NotIncreasing { index, at: point.at });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
