//! The loops of the synthesiser: several voices a register, over the frames of a part of a cell.
//!
//! What voices give is added up in eight columns, a voice's number modulo 8 its column, and the
//! columns from left to right: so the order is the same however wide a register is.

mod noise;
mod oscillators;
mod shape;

use self::oscillators::ABREAST;
use super::CELL;
use super::bank::{Bank, Course, VOICES};
use super::sound::Sound;
use super::voice::Voice;
use crate::simd::{Kernel, Lanes, MAX_WIDTH};

/// Columns of a sum: as many as the widest register has lanes.
const COLUMNS: usize = MAX_WIDTH;

/// The numbers of a cell's frames: to look them up is faster than to convert them.
static FRAME_NUMBERS: [f64; CELL] = {
    let mut numbers = [0.0; CELL];
    let mut frame = 0;
    while frame < CELL {
        numbers[frame] = frame as f64;
        frame += 1;
    }
    numbers
};

/// The sums of a part of a cell, left and right.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    columns: [[[f64; COLUMNS]; CELL]; 2],
}

impl Sums {
    pub(super) fn new() -> Self {
        Self { columns: [[[0.0; COLUMNS]; CELL]; 2] }
    }

    /// Makes the first `frames` frames nothing.
    pub(super) fn clear(&mut self, frames: usize) {
        for channel in &mut self.columns {
            channel[..frames].fill([0.0; COLUMNS]);
        }
    }

    /// Left and right of a frame.
    pub(super) fn frame(&self, frame: usize) -> (f64, f64) {
        let sum = |columns: &[f64; COLUMNS]| columns.iter().fold(0.0, |sum, x| sum + x);
        (sum(&self.columns[0][frame]), sum(&self.columns[1][frame]))
    }
}

/// A part of a cell.
pub(super) struct Part<'a> {
    pub(super) sound: &'a Sound,
    pub(super) bank: &'a mut Bank,
    /// Which voices sound.
    pub(super) active: &'a [bool; VOICES],
    pub(super) voices: &'a [Voice; VOICES],
    /// The number of the cell of the control grid.
    pub(super) cell: i64,
    /// Frames of the cell before the part.
    pub(super) into: usize,
    pub(super) frames: usize,
    pub(super) sums: &'a mut Sums,
}

/// The line of a course in several voices.
#[derive(Clone, Copy)]
struct Line<L> {
    from: L,
    slope: L,
}

impl<L: Lanes> Line<L> {
    #[inline(always)]
    fn at(self, k: L) -> L {
        self.from + self.slope * k
    }
}

/// A signal of the part, frame by frame.
type Signal<L> = [L; CELL];

/// Where the signals of a group of voices are made; what lies in it is of the group before.
struct Scratch<L> {
    /// The sum of all oscillators, left and right; only left where both are the same.
    sides: [Signal<L>; 2],
    /// Those in unison that run side by side, of the first oscillator and of the second.
    waves: [[Signal<L>; ABREAST]; 2],
    /// Their phases.
    phases: [Signal<L>; ABREAST],
}

impl Kernel for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        let silence = [L::splat(0.0); CELL];
        let mut scratch = Scratch {
            sides: [silence; 2],
            waves: [[silence; ABREAST]; 2],
            phases: [silence; ABREAST],
        };
        for first in (0..VOICES).step_by(L::WIDTH) {
            if self.active[first..first + L::WIDTH].contains(&true) {
                self.oscillators(first, &mut scratch);
                self.noise(first, &mut scratch.sides);
                self.shape(first, &mut scratch.sides);
            }
        }
    }
}

impl Part<'_> {
    #[inline(always)]
    fn line<L: Lanes>(&self, course: Course, first: usize) -> Line<L> {
        let line = &self.bank.lines[course as usize];
        Line { from: L::load_f64(&line.from[first..]), slope: L::load_f64(&line.slope[first..]) }
    }

    /// The number in the cell of each frame of the part.
    #[inline(always)]
    fn numbers<'a>(&self) -> impl Iterator<Item = (usize, f64)> + use<'a> {
        let numbers = &FRAME_NUMBERS[self.into..self.into + self.frames];
        numbers.iter().copied().take(CELL).enumerate()
    }
}
