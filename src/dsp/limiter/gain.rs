//! The gain of the limiter: from what each sample allows to a smooth course that obeys all.
//!
//! Three steps: hold the least allowed gain for as long as the lookahead; return from it
//! exponentially; average over the lookahead, twice, so that the course has no corners. Every
//! value an average sees while a peak comes out is at most what that peak allows, so the average
//! is, too. The averages are sums of integers: they neither round nor drift, and a gain of 1
//! comes out as exactly 1.

use crate::process::{StateError, StateReader, StateWriter};

/// A gain of 1 as an integer: sums of 3,840 of them stay below 2^52.
const ONE: u64 = 1 << 40;
/// How near to 1 a returning gain counts as 1: far below what an f32 can tell.
const ARRIVED: f64 = 1e-9;

/// A running sum over the last so many values.
#[derive(Clone, Debug)]
struct Average {
    values: Vec<u64>,
    at: usize,
    sum: u64,
}

/// The course of one instance's gain.
#[derive(Clone, Debug)]
pub(super) struct GainCourse {
    /// The least value of the window, then the least of what came after it, and so on: (frame,
    /// gain) in order of both.
    least: Vec<(u64, f64)>,
    /// The part of `least` in use; a ring.
    first: usize,
    count: usize,
    window: u64,
    frame: u64,
    returning: f64,
    averages: [Average; 2],
}

impl Average {
    fn new(length: usize) -> Self {
        let mut average = Self { values: vec![ONE; length], at: 0, sum: 0 };
        average.reset();
        average
    }

    fn reset(&mut self) {
        self.values.fill(ONE);
        self.at = 0;
        self.sum = ONE * self.values.len() as u64;
    }

    /// True where all values are 1, than which none is greater.
    fn is_one(&self) -> bool {
        self.sum == ONE * self.values.len() as u64
    }

    /// The average, rounded down, with `value` as the newest.
    fn next(&mut self, value: u64) -> u64 {
        self.sum = self.sum - self.values[self.at] + value;
        self.values[self.at] = value;
        self.at = if self.at + 1 == self.values.len() { 0 } else { self.at + 1 };
        self.sum / self.values.len() as u64
    }

    fn save(&self, state: &mut StateWriter) {
        let (newer, older) = self.values.split_at(self.at);
        older.iter().chain(newer).for_each(|value| state.word(*value));
    }

    fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.at = 0;
        self.sum = 0;
        for value in &mut self.values {
            *value = state.word()?.min(ONE);
            self.sum += *value;
        }
        Ok(())
    }
}

impl GainCourse {
    /// For a lookahead of `lookahead` frames, at least 2.
    pub(super) fn new(lookahead: usize) -> Self {
        let half = lookahead / 2;
        let averages = [Average::new(half), Average::new(lookahead + 1 - half)];
        let least = vec![(0, 1.0); lookahead + 1];
        let window = least.len() as u64;
        Self { least, first: 0, count: 0, window, frame: 0, returning: 1.0, averages }
    }

    /// Bytes of a course for `lookahead` frames.
    pub(super) fn bytes(lookahead: usize) -> u64 {
        ((lookahead + 1) * (size_of::<(u64, f64)>() + size_of::<u64>())) as u64
    }

    /// True where a gain of 1 is all there is, and stays where every sample allows it.
    pub(super) fn is_one(&self) -> bool {
        let held = self.count == 1 && self.least[self.first].1 >= 1.0;
        held && self.returning >= 1.0 && self.averages.iter().all(Average::is_one)
    }

    pub(super) fn reset(&mut self) {
        self.count = 0;
        self.first = 0;
        self.frame = 0;
        self.returning = 1.0;
        self.averages.iter_mut().for_each(Average::reset);
    }

    /// The gain `lookahead - 1` frames after the one that allows `allowed` (at most 1), which
    /// `release` (a pole) lets return.
    pub(super) fn next(&mut self, allowed: f64, release: f64) -> f64 {
        let held = self.hold(allowed);
        let back = held + release * (self.returning - held);
        self.returning = if held < self.returning { held } else { back };
        if self.returning > 1.0 - ARRIVED {
            self.returning = 1.0;
        }
        let [first, second] = &mut self.averages;
        second.next(first.next(to_integer(self.returning))) as f64 / ONE as f64
    }

    /// The least of the last `window` values.
    fn hold(&mut self, allowed: f64) -> f64 {
        let length = self.least.len();
        if self.count > 0 && self.least[self.first].0 + self.window <= self.frame {
            self.first = (self.first + 1) % length;
            self.count -= 1;
        }
        while self.count > 0 {
            let last = (self.first + self.count - 1) % length;
            if self.least[last].1 < allowed {
                break;
            }
            self.count -= 1;
        }
        self.least[(self.first + self.count) % length] = (self.frame, allowed);
        self.count += 1;
        self.frame += 1;
        self.least[self.first].1
    }

    pub(super) fn save(&self, state: &mut StateWriter) {
        state.number(self.returning);
        self.averages.iter().for_each(|average| average.save(state));
        state.word(self.count as u64);
        for i in 0..self.count {
            let (frame, gain) = self.least[(self.first + i) % self.least.len()];
            state.word(self.frame - frame);
            state.number(gain);
        }
    }

    /// Restores what [`Self::save`] wrote; the state is undefined after a failure.
    pub(super) fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.returning = state.number()?;
        for average in &mut self.averages {
            average.restore(state)?;
        }
        let count = usize::try_from(state.word()?).map_err(|_| StateError)?;
        if count > self.least.len() {
            return Err(StateError);
        }
        (self.first, self.count, self.frame) = (0, count, self.window);
        for entry in &mut self.least[..count] {
            let age = state.word()?;
            let frame = self.frame.checked_sub(age).ok_or(StateError)?;
            *entry = (frame, state.number()?);
        }
        Ok(())
    }
}

/// A gain within 0 to 1, rounded down.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Within 0 to 2^40.
fn to_integer(gain: f64) -> u64 {
    (gain.clamp(0.0, 1.0) * ONE as f64) as u64
}
