//! A delay line of one channel, read between samples, with the filters of its feedback path.

use crate::math::{TAU, exp};
use crate::process::{StateError, StateReader, StateWriter};

/// What is smaller becomes 0, in the line and in the filters, far before it is denormal.
const FLUSH_BELOW: f64 = 1e-30;

/// Samples around the read position that the interpolation needs beyond it.
const MARGIN: usize = 3;

/// A ring of samples and the state of two filters.
///
/// The line holds f32 like every signal between nodes.
#[derive(Clone, Debug)]
pub(super) struct Line {
    /// Its length is a power of two.
    ring: Vec<f32>,
    /// How far back reading may reach, in samples.
    reach: usize,
    /// The longest delay.
    longest: f64,
    /// Where the next sample goes; counts on without wrapping.
    head: usize,
    /// Samples written since the last one that was not silent, `reach` at most.
    silent: usize,
    low: f64,
    high: f64,
}

/// A one-pole low-pass by its impulse response: `s = a x + (1 - a) s`, `a = 1 - e^(-2 pi f / rate)`.
/// `None` where it is switched off.
#[derive(Clone, Copy, Debug)]
pub(super) struct OnePole(Option<f64>);

impl OnePole {
    /// Switched off.
    pub(super) const OFF: Self = Self(None);

    /// A low-pass at `frequency_hz`.
    pub(super) fn new(frequency_hz: f64, rate_hz: f64) -> Self {
        Self(Some(1.0 - exp(-TAU * frequency_hz / rate_hz)))
    }
}

/// How far back a line for delays of up to `longest` samples may be read.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // At most 48 s.
fn reach(longest: f64) -> usize {
    longest as usize + MARGIN
}

impl Line {
    /// A silent line for delays of up to `longest` samples, 2 or more.
    pub(super) fn new(longest: f64) -> Self {
        let reach = reach(longest);
        Self {
            ring: vec![0.0; reach.next_power_of_two()],
            reach,
            longest,
            head: 0,
            silent: reach,
            low: 0.0,
            high: 0.0,
        }
    }

    /// Bytes of the samples of such a line.
    pub(super) fn bytes(longest: f64) -> u64 {
        (reach(longest).next_power_of_two() * size_of::<f32>()) as u64
    }

    /// Silence again.
    pub(super) fn reset(&mut self) {
        self.ring.fill(0.0);
        (self.head, self.silent, self.low, self.high) = (0, self.reach, 0.0, 0.0);
    }

    /// True where nothing can be heard of it any more.
    pub(super) fn is_empty(&self) -> bool {
        self.silent == self.reach && self.low.to_bits() == 0 && self.high.to_bits() == 0
    }

    /// The signal `samples` ago (1 is the sample pushed last), limited to 2 and the longest.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Positive and limited.
    pub(super) fn read(&self, samples: f64) -> f64 {
        let samples = samples.max(2.0).min(self.longest);
        let whole = samples as usize;
        let f = samples - whole as f64;
        // Four points at -1, 0, 1 and 2, from the newest to the oldest; the signal lies at f.
        let point = |back: usize| f64::from(self.ring[self.index(back)]);
        let (newer, at) = (point(whole - 1), point(whole));
        let (older, oldest) = (point(whole + 1), point(whole + 2));
        let (up, down, far) = (f + 1.0, f - 1.0, f - 2.0);
        (newer * (f * down * far * (-1.0 / 6.0)) + at * (up * down * far * 0.5))
            + (older * (up * f * far * -0.5) + oldest * (up * f * down * (1.0 / 6.0)))
    }

    /// The place of the sample `back` samples ago.
    fn index(&self, back: usize) -> usize {
        self.head.wrapping_sub(back) & (self.ring.len() - 1)
    }

    /// What goes back into the line of an echo.
    pub(super) fn filter(&mut self, echo: f64, low_cut: OnePole, high_cut: OnePole) -> f64 {
        let mut x = echo;
        if let Some(a) = high_cut.0 {
            self.high = a * x + (1.0 - a) * self.high;
            x = self.high;
        }
        if let Some(a) = low_cut.0 {
            self.low = a * x + (1.0 - a) * self.low;
            x -= self.low;
        }
        x
    }

    /// Puts the next sample in; what is no finite number is silence, or feedback would repeat it
    /// for ever.
    #[allow(clippy::cast_possible_truncation)] // The line is f32.
    pub(super) fn push(&mut self, sample: f64) {
        let place = self.index(0);
        let rounded = sample as f32;
        let heard = sample.abs() >= FLUSH_BELOW && rounded.is_finite();
        self.ring[place] = if heard { rounded } else { 0.0 };
        self.head = self.head.wrapping_add(1);
        self.silent = if self.ring[place].to_bits() == 0 { self.silent + 1 } else { 0 };
        self.silent = self.silent.min(self.reach);
    }

    /// Ends what has decayed in the filters.
    pub(super) fn flush(&mut self) {
        for state in [&mut self.low, &mut self.high] {
            if state.abs() < FLUSH_BELOW {
                *state = 0.0;
            }
        }
    }

    /// Appends the state: the samples that can still be heard, two a word, from the oldest on.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.number(self.low);
        state.number(self.high);
        let bits = |back: usize| u64::from(self.ring[self.index(back)].to_bits());
        // However long it has been silent: then it is empty, or was never filled.
        let mut back = (1..=self.reach).rev().find(|back| bits(*back) != 0).unwrap_or(0);
        state.word(back as u64);
        while back > 1 {
            state.word(bits(back) << 32 | bits(back - 1));
            back -= 2;
        }
        if back == 1 {
            state.word(bits(1));
        }
    }

    /// Restores what [`Self::save`] wrote into a line that was reset. What is there after a
    /// failure means nothing.
    pub(super) fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.low = state.number()?;
        self.high = state.number()?;
        let mut left = usize::try_from(state.word()?).map_err(|_| StateError)?;
        if left > self.reach {
            return Err(StateError);
        }
        while left > 1 {
            let word = state.word()?;
            self.put_bits(word >> 32)?;
            self.put_bits(word & 0xffff_ffff)?;
            left -= 2;
        }
        if left == 1 {
            let word = state.word()?;
            self.put_bits(word)?;
        }
        Ok(())
    }

    fn put_bits(&mut self, bits: u64) -> Result<(), StateError> {
        self.push(f64::from(f32::from_bits(u32::try_from(bits).map_err(|_| StateError)?)));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line that has heard `signal` at 0, 1, ... 199.
    fn after(signal: impl Fn(f64) -> f64) -> Line {
        let mut line = Line::new(100.0);
        for n in 0..200_u8 {
            line.push(signal(f64::from(n)));
        }
        line
    }

    #[test]
    fn whole_delays_are_exact() {
        let line = after(|n| n * 0.1 + 3.0);
        for back in 2..=100_u8 {
            let n = 200.0 - f64::from(back);
            #[allow(clippy::cast_possible_truncation)]
            let wanted = (n * 0.1 + 3.0) as f32;
            assert_eq!(line.read(f64::from(back)), f64::from(wanted), "{back}");
        }
        assert_eq!(line.read(0.0), line.read(2.0));
        assert_eq!(line.read(1e9), line.read(100.0));
    }

    #[test]
    fn between_samples_a_cubic_is_exact() {
        let cubic = |n: f64| ((n - 150.0) / 64.0) * ((n - 120.0) / 64.0) * ((n - 190.0) / 64.0);
        let line = after(cubic);
        for step in 0..400_u16 {
            let back = 2.0 + f64::from(step) / 4.3;
            let wanted = cubic(200.0 - back);
            assert!((line.read(back) - wanted).abs() < 1e-6, "{back}");
        }
    }

    #[test]
    fn one_poles_have_their_closed_form() {
        let (low, high) = (OnePole::new(100.0, 48_000.0), OnePole::new(2_000.0, 48_000.0));
        let mut line = Line::new(10.0);
        let pole = exp(-TAU * 2_000.0 / 48_000.0);
        let mut wanted = 1.0 - pole;
        for n in 0..50 {
            let y = line.filter(if n == 0 { 1.0 } else { 0.0 }, OnePole::OFF, high);
            assert!((y - wanted).abs() < 1e-15);
            wanted *= pole;
        }
        let mut line = Line::new(10.0);
        let last = (0..48_000).map(|_| line.filter(1.0, low, OnePole::OFF)).last().unwrap();
        assert!(last.abs() < 1e-12);
        assert_eq!(line.filter(0.25, OnePole::OFF, OnePole::OFF), 0.25);
    }
}
