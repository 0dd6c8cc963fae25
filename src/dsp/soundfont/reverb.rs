//! Reverb: eight delay lines that feed each other through a Hadamard matrix (Jot's feedback delay
//! network), each with a one-pole low-pass; mono in, stereo out.

use super::lanes::MAX_WIDTH;
use super::line::Line;
use crate::dsp::runs::CELL;
use crate::math::{exp, pow};
use crate::process::{StateError, StateReader, StateWriter};
use crate::simd::{Kernel, Lanes, SimdLevel, dispatch};

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

    /// Left and right of the frames of `input`, at most a cell's.
    pub(super) fn play(&mut self, input: &[f32], level: SimdLevel, wet: &mut [[f32; CELL]; 2]) {
        let mut rows = [[0.0; CELL]; LINES];
        for (line, row) in self.lines.iter().zip(&mut rows) {
            line.oldest(&mut row[..input.len()]);
        }
        let Self { gains, damping, damped, .. } = self;
        let (gains, damping) = (*gains, *damping);
        dispatch(level, MAX_WIDTH, Feed { input, gains, damping, damped, rows: &mut rows, wet });
        for (line, row) in self.lines.iter_mut().zip(&rows) {
            line.push(&row[..input.len()]);
        }
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

/// What comes out of the lines, by line and frame, to what goes in again, and to what is heard.
struct Feed<'a> {
    input: &'a [f32],
    gains: [f32; LINES],
    damping: f32,
    damped: &'a mut [f32; LINES],
    rows: &'a mut Rows,
    wet: &'a mut [[f32; CELL]; 2],
}

/// A cell's frames of every line.
type Rows = [[f32; CELL]; LINES];

impl Kernel for Feed<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { input, gains, damping, damped, rows, wet } = self;
        for frame in 0..input.len() {
            for (row, (damped, gain)) in rows.iter_mut().zip(damped.iter_mut().zip(gains)) {
                *damped += damping * (row[frame] * gain - *damped);
                row[frame] = *damped;
            }
        }
        let [left, right] = wet;
        let [a, b, c, d, e, f, g, h] = &*rows;
        for frame in 0..CELL {
            left[frame] = (a[frame] - c[frame]) + (e[frame] - g[frame]);
            right[frame] = (b[frame] - d[frame]) + (f[frame] - h[frame]);
        }
        hadamard(rows);
        for row in rows {
            for (fed, input) in row.iter_mut().zip(input) {
                *fed += input * INPUT;
            }
        }
    }
}

/// The product with the orthogonal matrix of Hadamard of eight rows.
#[inline(always)]
fn hadamard(rows: &mut Rows) {
    for distance in [1, 2, 4] {
        for index in (0..LINES).filter(|index| index & distance == 0) {
            let (left, right) = rows.split_at_mut(index + distance);
            for (x, y) in left[index].iter_mut().zip(&mut right[0]) {
                (*x, *y) = (*x + *y, *x - *y);
            }
        }
    }
    // 1 / sqrt(8).
    rows.as_flattened_mut().iter_mut().for_each(|value| *value *= 0.353_553_39);
}
