//! The loops of the synthesiser: several voices a register, over the frames of a part of a cell.
//!
//! What voices give is added up in eight columns, a voice's number modulo 8 its column, and the
//! columns from left to right: so the order is the same however wide a register is.

use super::CELL;
use super::bank::{Bank, Course, VOICES};
use super::sound::{Filter, Shape, Sound};
use super::waves::{Pulse, ROUNDED_SAMPLES, Sawtooth, Sine, Triangle, Wave, advance, wrap};
use crate::simd::{Kernel, Lanes, MAX_WIDTH, Mask};

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
    /// White noise, `[frame][voice]`.
    pub(super) noise: &'a [[f64; VOICES]; CELL],
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

/// Signals of the part, frame by frame.
type Signal<L> = [L; CELL];

impl Kernel for Part<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(mut self) {
        for first in (0..VOICES).step_by(L::WIDTH) {
            if self.active[first..first + L::WIDTH].contains(&true) {
                self.group::<L>(first);
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

    #[inline(always)]
    fn k<L: Lanes>(&self, frame: usize) -> L {
        L::splat(FRAME_NUMBERS[self.into + frame])
    }

    #[inline(always)]
    fn group<L: Lanes>(&mut self, first: usize) {
        let zero = L::splat(0.0);
        let (mut left, mut right) = ([zero; CELL], [zero; CELL]);
        self.oscillators(first, &mut left, &mut right);
        if self.sound.uses_noise {
            let level = self.line::<L>(Course::Noise, first);
            for frame in 0..self.frames {
                let noise = L::load_f64(&self.noise[frame][first..]) * level.at(self.k(frame));
                left[frame] = left[frame] + noise;
                right[frame] = right[frame] + noise;
            }
        }
        self.filter(first, 0, &mut left);
        if self.sound.stereo {
            self.filter(first, 2, &mut right);
            self.amplify(first, &left, &right);
        } else {
            self.amplify(first, &left, &left);
        }
    }

    #[inline(always)]
    fn oscillators<L: Lanes>(&mut self, first: usize, left: &mut Signal<L>, right: &mut Signal<L>) {
        let sound = self.sound;
        let (mut one, mut two) = ([L::splat(0.0); CELL], [L::splat(0.0); CELL]);
        for unison in 0..sound.unison.count {
            if sound.uses_second {
                self.oscillator(first, 1, unison, None, &mut two);
                self.mix(first, Course::Level2, unison, &two, (&mut *left, &mut *right));
            }
            let modulator = sound.uses_modulation.then_some(&two);
            self.oscillator(first, 0, unison, modulator, &mut one);
            self.mix(first, Course::Level1, unison, &one, (&mut *left, &mut *right));
        }
    }

    /// Adds an oscillator to both sides, or where there is one only to that.
    #[inline(always)]
    fn mix<L: Lanes>(
        &self,
        first: usize,
        level: Course,
        unison: usize,
        signal: &Signal<L>,
        (left, right): (&mut Signal<L>, &mut Signal<L>),
    ) {
        let level = self.line::<L>(level, first);
        let (to_left, to_right) = self.sound.unison.gains[unison];
        let (to_left, to_right) = (L::splat(to_left), L::splat(to_right));
        for frame in 0..self.frames {
            let x = signal[frame] * level.at(self.k(frame));
            left[frame] = left[frame] + x * to_left;
            if self.sound.stereo {
                right[frame] = right[frame] + x * to_right;
            }
        }
    }

    #[inline(always)]
    fn oscillator<L: Lanes>(
        &mut self,
        first: usize,
        number: usize,
        unison: usize,
        modulator: Option<&Signal<L>>,
        out: &mut Signal<L>,
    ) {
        match self.sound.shapes[number] {
            Shape::Sine => self.wave::<L, Sine>(first, number, unison, modulator, out),
            Shape::Triangle => self.wave::<L, Triangle>(first, number, unison, modulator, out),
            Shape::Sawtooth => self.wave::<L, Sawtooth>(first, number, unison, modulator, out),
            Shape::Pulse => self.wave::<L, Pulse>(first, number, unison, modulator, out),
        }
    }

    #[inline(always)]
    fn wave<L: Lanes, W: Wave>(
        &mut self,
        first: usize,
        number: usize,
        unison: usize,
        modulator: Option<&Signal<L>>,
        out: &mut Signal<L>,
    ) {
        let courses = match number {
            0 => [Course::Step1, Course::Inverse1, Course::Width1],
            _ => [Course::Step2, Course::Inverse2, Course::Width2],
        };
        let [step, inverse, width] = courses.map(|course| self.line::<L>(course, first));
        let modulation = self.line::<L>(Course::Modulation, first);
        let ratio = self.sound.unison.ratios[unison];
        let (ratio, inverse_ratio) = (L::splat(ratio), L::splat(1.0 / ratio));
        let near = self.near_corner(inverse, inverse_ratio);
        let mut phase = L::load_f64(&self.bank.phases[number][unison][first..]);
        let mut phases = [L::splat(0.0); CELL];
        // A bit a frame: where the corner of any voice is near.
        let mut cornered = 0_u64;
        for frame in 0..self.frames {
            let k = self.k::<L>(frame);
            let moved = match modulator {
                Some(modulator) => wrap(phase + modulation.at(k) * modulator[frame]),
                None => phase,
            };
            out[frame] = W::plain_at(moved, width.at(k));
            if W::HAS_CORNERS {
                phases[frame] = moved;
                let is_near = W::to_corner(moved, width.at(k)).lt(near).any();
                cornered |= u64::from(is_near) << frame;
            }
            phase = advance(phase, step.at(k) * ratio);
        }
        phase.store_f64(&mut self.bank.phases[number][unison][first..first + L::WIDTH]);
        while cornered != 0 {
            let frame = cornered.trailing_zeros() as usize;
            cornered &= cornered - 1;
            let k = self.k::<L>(frame);
            out[frame] = W::at(phases[frame], inverse.at(k) * inverse_ratio, width.at(k));
        }
    }

    /// From how many cycles on a corner is far in all of the part, by voice; 0 for voices that are
    /// silent. What is called near and is far costs time and changes nothing.
    #[inline(always)]
    fn near_corner<L: Lanes>(&self, inverse: Line<L>, ratio: L) -> L {
        // A line is smallest at an end.
        let (start, end) = (self.k::<L>(0), self.k::<L>(self.frames.saturating_sub(1)));
        let samples = inverse.at(start).min(inverse.at(end)) * ratio;
        let zero = L::splat(0.0);
        // More than the two samples by more than products are rounded by.
        let near = L::splat(ROUNDED_SAMPLES * (1.0 + 1e-9)) / samples;
        L::select(samples.gt(zero), near, zero)
    }

    /// One or two sections of the filter, their state from number `state` on.
    #[inline(always)]
    fn filter<L: Lanes>(&mut self, first: usize, state: usize, signal: &mut Signal<L>) {
        let Some(filter) = self.sound.filter else { return };
        let damping = self.line::<L>(Course::Damping, first);
        self.section(first, state, damping, filter, signal);
        if let Some(second) = filter.second_damping {
            let fixed = Line { from: L::splat(second), slope: L::splat(0.0) };
            self.section(first, state + 1, fixed, filter, signal);
        }
    }

    /// A. Simper, Linear trapezoidal integrated state variable filter, 2013.
    #[inline(always)]
    fn section<L: Lanes>(
        &mut self,
        first: usize,
        state: usize,
        damping: Line<L>,
        filter: Filter,
        signal: &mut Signal<L>,
    ) {
        let frequency = self.line::<L>(Course::Frequency, first);
        let one = L::splat(1.0);
        let [input, band, low] = filter.mix.map(L::splat);
        let into = self.into;
        let [first_state, second_state] = &mut self.bank.filters[state];
        let mut s1 = L::load_f64(&first_state[first..]);
        let mut s2 = L::load_f64(&second_state[first..]);
        for (frame, x) in signal.iter_mut().enumerate().take(self.frames) {
            let n = L::splat(FRAME_NUMBERS[into + frame]);
            let (g, k) = (frequency.at(n), damping.at(n));
            let a1 = one / (one + g * (g + k));
            let a2 = g * a1;
            let a3 = g * a2;
            let v3 = *x - s2;
            let v1 = a1 * s1 + a2 * v3;
            let v2 = s2 + (a2 * s1 + a3 * v3);
            s1 = (v1 + v1) - s1;
            s2 = (v2 + v2) - s2;
            *x = input * *x + ((band * k) * v1 + low * v2);
        }
        s1.store_f64(&mut first_state[first..first + L::WIDTH]);
        s2.store_f64(&mut second_state[first..first + L::WIDTH]);
    }

    /// Envelope, level and place, into the sums.
    #[inline(always)]
    fn amplify<L: Lanes>(&mut self, first: usize, left: &Signal<L>, right: &Signal<L>) {
        let (gain_left, gain_right) =
            (self.line::<L>(Course::Left, first), self.line::<L>(Course::Right, first));
        let mut envelope = L::load_f64(&self.bank.envelope[first..]);
        let factor = L::load_f64(&self.bank.factor[first..]);
        let term = L::load_f64(&self.bank.term[first..]);
        let (mut last_left, mut last_right) = (L::splat(0.0), L::splat(0.0));
        let column = first % COLUMNS;
        let columns = column..column + L::WIDTH;
        let [sums_left, sums_right] = &mut self.sums.columns;
        for frame in 0..self.frames {
            let k = L::splat(FRAME_NUMBERS[self.into + frame]);
            last_left = left[frame] * (envelope * gain_left.at(k));
            last_right = right[frame] * (envelope * gain_right.at(k));
            let sum = &mut sums_left[frame][columns.clone()];
            (L::load_f64(sum) + last_left).store_f64(sum);
            let sum = &mut sums_right[frame][columns.clone()];
            (L::load_f64(sum) + last_right).store_f64(sum);
            envelope = envelope * factor + term;
        }
        let range = first..first + L::WIDTH;
        envelope.store_f64(&mut self.bank.envelope[range.clone()]);
        last_left.store_f64(&mut self.bank.last[0][range.clone()]);
        last_right.store_f64(&mut self.bank.last[1][range]);
    }
}
