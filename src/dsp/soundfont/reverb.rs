//! Reverb: eight delay lines that feed each other through a Hadamard matrix (Jot's feedback delay
//! network), each with a one-pole low-pass; mono in, stereo out.

use super::line::Line;
use crate::math::{exp, pow};
use crate::process::{StateError, StateReader, StateWriter};

const LINES: usize = 8;

/// Lengths in milliseconds, so that no two share a resonance.
const LENGTHS_MS: [f64; LINES] = [29.7, 31.9, 34.3, 37.1, 41.1, 43.7, 47.3, 53.1];

/// Time for a fall by 60 dB at low frequencies, in seconds.
pub(super) const DECAY_SECONDS: f64 = 1.8;

/// Cutoff of the low-pass in each line.
const DAMPING_HZ: f64 = 5_500.0;

/// What of its input a line gets: so that noise comes out about as loud as it went in.
const INPUT: f32 = 0.35;

/// A reverb.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reverb {
    lines: Vec<Line>,
    /// Gain of each line, once round.
    gains: [f32; LINES],
    damping: f32,
    damped: [f32; LINES],
}

impl Reverb {
    /// One at rest.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Some thousand frames.
    pub(super) fn new(rate_hz: f64) -> Self {
        let frames = LENGTHS_MS.map(|ms| (ms * 0.001 * rate_hz).round() as usize);
        let gain = |frames: usize| pow(0.001, frames as f64 / (DECAY_SECONDS * rate_hz));
        Self {
            lines: frames.map(Line::new).to_vec(),
            gains: frames.map(|frames| gain(frames) as f32),
            damping: (1.0 - exp(-std::f64::consts::TAU * DAMPING_HZ / rate_hz)) as f32,
            damped: [0.0; LINES],
        }
    }

    /// One frame: left and right.
    pub(super) fn next(&mut self, input: f32) -> [f32; 2] {
        let mut heard = [0.0; LINES];
        for (index, heard) in heard.iter_mut().enumerate() {
            let damped = &mut self.damped[index];
            *damped += self.damping * (self.lines[index].oldest() * self.gains[index] - *damped);
            *heard = *damped;
        }
        let fed = hadamard(heard);
        for (line, fed) in self.lines.iter_mut().zip(fed) {
            line.push(fed + input * INPUT);
        }
        let [a, b, c, d, e, f, g, h] = heard;
        [(a - c) + (e - g), (b - d) + (f - h)]
    }

    /// Silences it.
    pub(super) fn reset(&mut self) {
        self.lines.iter_mut().for_each(Line::reset);
        self.damped = [0.0; LINES];
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        self.lines.iter().for_each(|line| line.save(state));
        state.numbers(self.damped.map(f64::from));
    }

    /// Restores what [`Self::save`] wrote.
    #[allow(clippy::cast_possible_truncation)] // They were f32.
    pub(super) fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        for line in &mut self.lines {
            line.restore(state)?;
        }
        for damped in &mut self.damped {
            *damped = state.number()? as f32;
        }
        Ok(())
    }
}

/// The product with the orthogonal matrix of Hadamard of eight rows.
fn hadamard(mut values: [f32; LINES]) -> [f32; LINES] {
    for distance in [1, 2, 4] {
        for index in (0..LINES).filter(|index| index & distance == 0) {
            let (a, b) = (values[index], values[index + distance]);
            (values[index], values[index + distance]) = (a + b, a - b);
        }
    }
    // 1 / sqrt(8).
    values.map(|value| value * 0.353_553_39)
}
