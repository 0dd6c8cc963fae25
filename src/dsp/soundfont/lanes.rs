//! Eight voices side by side: their filters, gains and sums, a register at a time.

use std::ops::Range;

use super::reader::{LANES, Line};
use super::straight::FRAME_NUMBERS;
use crate::dsp::runs::CELL;
use crate::process::{StateError, StateReader, StateWriter};
use crate::simd::{Kernel, Lanes, Singles};

/// What moves along a line for each voice: three coefficients of its filter, then its gains to the
/// left, the right, the reverb and the chorus.
const LINES: usize = 7;

/// The first line of the filter's coefficients.
pub(super) const FILTER: usize = 0;

/// The first line of the gains.
pub(super) const GAINS: usize = 3;

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

    /// Sets the lines of a voice over a cell, from line `first` on.
    #[inline(always)]
    pub(super) fn set<const N: usize>(&mut self, lane: usize, first: usize, lines: [Line; N]) {
        for (line, Line { base, slope }) in (first..LINES).zip(lines) {
            (self.base[line][lane], self.slope[line][lane]) = (base, slope);
        }
    }

    /// True where a line of a voice is not flat.
    #[inline(always)]
    fn moves(&self) -> bool {
        self.slope.as_flattened().iter().any(|slope| *slope != 0.0)
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

/// Widest vector of a kernel: one of f64 whose f32 sibling has all lanes of a group.
pub(super) const MAX_WIDTH: usize = LANES / 2;

/// What the voices of a group read, by lane and frame of the cell.
pub(super) type Read = [[f32; CELL]; LANES];

/// Filters what the voices of `N` groups read and adds it to the sums, group by group.
pub(super) struct Mix<'a, const N: usize> {
    pub(super) groups: [&'a mut Group; N],
    pub(super) read: &'a [Read; N],
    pub(super) frames: Range<usize>,
    /// Reverb and chorus are wanted.
    pub(super) sends: bool,
    pub(super) sums: &'a mut Sums,
}

impl<const N: usize> Kernel for Mix<'_, N> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        for lane in (0..LANES).step_by(L::Singles::WIDTH) {
            let moves = self.groups.iter().any(|group| group.moves());
            match (moves, self.sends) {
                (false, false) => self.mix::<L::Singles, false, false>(lane),
                (false, true) => self.mix::<L::Singles, false, true>(lane),
                (true, false) => self.mix::<L::Singles, true, false>(lane),
                (true, true) => self.mix::<L::Singles, true, true>(lane),
            }
        }
    }
}

impl<const N: usize> Mix<'_, N> {
    /// One register of each group, a square of frames at a time.
    #[inline(always)]
    fn mix<S: Singles, const MOVES: bool, const SENDS: bool>(&mut self, lane: usize) {
        let mut integrators = [(S::splat(0.0), S::splat(0.0)); N];
        for (integrators, group) in integrators.iter_mut().zip(&self.groups) {
            *integrators = (S::load(&group.first[lane..]), S::load(&group.second[lane..]));
        }
        let mut squares = [[0.0; LANES * LANES]; N];
        let Range { start, end } = self.frames.clone();
        for first in (start / S::WIDTH * S::WIDTH..end).step_by(S::WIDTH) {
            for (square, read) in squares.iter_mut().zip(self.read) {
                S::transpose(&read.as_flattened()[lane * CELL + first..], CELL, square);
            }
            for frame in first.max(start)..(first + S::WIDTH).min(end) {
                let row = (frame - first) * S::WIDTH;
                let n = S::splat(FRAME_NUMBERS[frame]);
                let outputs = if SENDS { 4 } else { 2 };
                let mut sums = [S::splat(0.0); 4];
                for (sum, sums) in sums.iter_mut().zip(&*self.sums).take(outputs) {
                    *sum = S::load(&sums[frame][lane..]);
                }
                for (number, integrators) in integrators.iter_mut().enumerate() {
                    let lines = Lines::<S, MOVES> { group: &*self.groups[number], lane, n };
                    let heard = filter(&lines, S::load(&squares[number][row..]), integrators);
                    for (output, sum) in sums.iter_mut().enumerate().take(outputs) {
                        *sum = *sum + heard * lines.at(GAINS + output);
                    }
                }
                for (sum, sums) in sums.into_iter().zip(&mut *self.sums).take(outputs) {
                    sum.store(&mut sums[frame][lane..]);
                }
            }
        }
        for (group, (first, second)) in self.groups.iter_mut().zip(integrators) {
            first.store(&mut group.first[lane..]);
            second.store(&mut group.second[lane..]);
        }
    }
}

/// Where the lines of a register of a group stand at frame `n`.
struct Lines<'a, S, const MOVES: bool> {
    group: &'a Group,
    lane: usize,
    n: S,
}

impl<S: Singles, const MOVES: bool> Lines<'_, S, MOVES> {
    #[inline(always)]
    fn at(&self, line: usize) -> S {
        let base = S::load(&self.group.base[line][self.lane..]);
        if MOVES { base + S::load(&self.group.slope[line][self.lane..]) * self.n } else { base }
    }
}

/// The filter of [`super::cutoff::Filters::coefficients`] at a frame: with the input x and the integrators s1,
/// s2, `v3 = x - s2`, `v1 = a1 s1 + a2 v3`, `v2 = s2 + a2 s1 + a3 v3`; v2 is the output, and the
/// integrators become `2 v1 - s1` and `2 v2 - s2`.
#[inline(always)]
fn filter<S: Singles, const MOVES: bool>(
    lines: &Lines<'_, S, MOVES>,
    x: S,
    (s1, s2): &mut (S, S),
) -> S {
    let (a1, a2, a3) = (lines.at(FILTER), lines.at(FILTER + 1), lines.at(FILTER + 2));
    let v3 = x - *s2;
    let v1 = a1 * *s1 + a2 * v3;
    let v2 = *s2 + (a2 * *s1 + a3 * v3);
    (*s1, *s2) = (v1 + v1 - *s1, v2 + v2 - *s2);
    v2
}

/// Adds up the lanes of every frame of `frames`, in one fixed order.
pub(super) struct Total<'a> {
    pub(super) sums: &'a [[f32; LANES]; CELL],
    pub(super) frames: Range<usize>,
    /// By frame, from the first of them on.
    pub(super) out: &'a mut [f32],
}

impl Kernel for Total<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let width = L::Singles::WIDTH;
        let sums = &self.sums.as_flattened()[self.frames.start * LANES..self.frames.end * LANES];
        let frames = sums.chunks(width * LANES).zip(self.out.chunks_mut(width));
        for (rows, out) in frames {
            // By lane.
            let mut columns = [0.0; LANES * LANES];
            for lane in (0..LANES).step_by(width) {
                L::Singles::transpose(&rows[lane..], LANES, &mut columns[lane * width..]);
            }
            let [mut first, mut second] = [L::Singles::splat(0.0); 2];
            for (number, sum) in [&mut first, &mut second].into_iter().enumerate() {
                let [a, c] = [number, number + 2];
                let [b, d] = [a + LANES / 2, c + LANES / 2];
                let lane = [a, b, c, d].map(|lane| &columns[lane * width..]);
                *sum = (L::Singles::load(lane[0]) + L::Singles::load(lane[1]))
                    + (L::Singles::load(lane[2]) + L::Singles::load(lane[3]));
            }
            (first + second).store(out);
        }
    }
}
