//! Eight voices side by side: their filters, gains and sums, a register at a time.

use std::ops::Range;

use super::reader::{LANES, Line};
use crate::dsp::runs::CELL;
use crate::process::{StateError, StateReader, StateWriter};
use crate::simd::{Kernel, Lanes, Singles};

/// What moves along a line for each voice: three coefficients of its filter, then its gains to the
/// left, the right, the reverb and the chorus.
const LINES: usize = 7;

/// Sums of voices: left, right, reverb, chorus; by frame of a cell and lane.
pub(super) type Sums = [[[f32; LANES]; CELL]; 4];

/// The filters and gains of eight voices.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Group {
    base: [[f32; LANES]; LINES],
    slope: [[f32; LANES]; LINES],
    /// The filter's two integrators.
    first: [f32; LANES],
    second: [f32; LANES],
}

/// Filter state below this is none: it would only slow the CPU down.
const NOTHING: f32 = 1e-20;

impl Group {
    /// A lane as it is for a new voice.
    pub(super) fn clear(&mut self, lane: usize) {
        for line in 0..LINES {
            (self.base[line][lane], self.slope[line][lane]) = (0.0, 0.0);
        }
        (self.first[lane], self.second[lane]) = (0.0, 0.0);
    }

    /// Sets the lines of a voice over a cell.
    pub(super) fn set(&mut self, lane: usize, lines: [Line; LINES]) {
        for (line, Line { base, slope }) in lines.into_iter().enumerate() {
            (self.base[line][lane], self.slope[line][lane]) = (base, slope);
        }
    }

    /// Takes out of the filter what is next to nothing.
    pub(super) fn flush(&mut self, lane: usize) {
        for state in [&mut self.first[lane], &mut self.second[lane]] {
            if state.abs() < NOTHING {
                *state = 0.0;
            }
        }
    }

    /// Appends the state of a lane.
    pub(super) fn save(&self, lane: usize, state: &mut StateWriter) {
        let lines = (0..LINES).flat_map(|line| [self.base[line][lane], self.slope[line][lane]]);
        state.numbers(lines.map(f64::from));
        state.numbers([self.first[lane], self.second[lane]].map(f64::from));
    }

    /// Restores what [`Self::save`] wrote.
    #[allow(clippy::cast_possible_truncation)] // They were f32.
    pub(super) fn restore(
        &mut self,
        lane: usize,
        state: &mut StateReader<'_>,
    ) -> Result<(), StateError> {
        for line in 0..LINES {
            self.base[line][lane] = state.number()? as f32;
            self.slope[line][lane] = state.number()? as f32;
        }
        self.first[lane] = state.number()? as f32;
        self.second[lane] = state.number()? as f32;
        Ok(())
    }
}

/// Filters what the voices of a group read and adds it to the sums.
pub(super) struct Mix<'a> {
    pub(super) group: &'a mut Group,
    /// What they read, by frame of the cell and lane.
    pub(super) read: &'a [[f32; LANES]; CELL],
    pub(super) frames: Range<usize>,
    /// Reverb and chorus are wanted.
    pub(super) sends: bool,
    pub(super) sums: &'a mut Sums,
}

impl Kernel for Mix<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let width = L::Singles::WIDTH;
        for lane in (0..LANES).step_by(width) {
            mix::<L::Singles>(
                &mut *self.group,
                self.read,
                self.frames.clone(),
                lane,
                (self.sends, &mut *self.sums),
            );
        }
    }
}

/// One register of a group. The filter is that of [`super::sound::Sound::filter`]: with the input
/// x and the integrators s1, s2, `v3 = x - s2`, `v1 = a1 s1 + a2 v3`, `v2 = s2 + a2 s1 + a3 v3`; v2
/// is the output, and the integrators become `2 v1 - s1` and `2 v2 - s2`.
#[inline(always)]
fn mix<S: Singles>(
    group: &mut Group,
    read: &[[f32; LANES]; CELL],
    frames: Range<usize>,
    lane: usize,
    (sends, sums): (bool, &mut Sums),
) {
    let lines = |of: &[[f32; LANES]; LINES]| -> [S; LINES] {
        let mut lines = [S::splat(0.0); LINES];
        for (line, of) in lines.iter_mut().zip(of) {
            *line = S::load(&of[lane..]);
        }
        lines
    };
    let (base, slope) = (lines(&group.base), lines(&group.slope));
    let (mut s1, mut s2) = (S::load(&group.first[lane..]), S::load(&group.second[lane..]));
    let [left, right, reverb, chorus] = sums;
    for frame in frames {
        let n = S::splat(frame as f32);
        let x = S::load(&read[frame][lane..]);
        let (a1, a2) = (base[0] + slope[0] * n, base[1] + slope[1] * n);
        let a3 = base[2] + slope[2] * n;
        let v3 = x - s2;
        let v1 = a1 * s1 + a2 * v3;
        let v2 = s2 + (a2 * s1 + a3 * v3);
        (s1, s2) = (v1 + v1 - s1, v2 + v2 - s2);
        add(v2 * (base[3] + slope[3] * n), &mut left[frame][lane..]);
        add(v2 * (base[4] + slope[4] * n), &mut right[frame][lane..]);
        if sends {
            add(v2 * (base[5] + slope[5] * n), &mut reverb[frame][lane..]);
            add(v2 * (base[6] + slope[6] * n), &mut chorus[frame][lane..]);
        }
    }
    s1.store(&mut group.first[lane..]);
    s2.store(&mut group.second[lane..]);
}

#[inline(always)]
fn add<S: Singles>(value: S, sum: &mut [f32]) {
    (S::load(sum) + value).store(sum);
}

/// The sum of all lanes, in one fixed order.
pub(super) fn total(lanes: &[f32; LANES]) -> f32 {
    let [a, b, c, d, e, f, g, h] = lanes;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}
