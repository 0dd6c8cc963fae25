//! Filter, envelope, level and place of a group of voices, into the sums.

use super::super::bank::Course;
use super::super::sound::Filter;
use super::{COLUMNS, Line, Part, Signal};
use crate::simd::Lanes;

/// The coefficients of a section of the filter in a frame.
#[derive(Clone, Copy)]
struct Coefficients<L> {
    damping: L,
    a: [L; 3],
}

impl<L: Lanes> Coefficients<L> {
    #[inline(always)]
    fn new(g: L, damping: L) -> Self {
        let one = L::splat(1.0);
        let a1 = one / (one + g * (g + damping));
        let a2 = g * a1;
        Self { damping, a: [a1, a2, g * a2] }
    }

    /// A frame through a section that mixes its input, its band and its low output.
    ///
    /// A. Simper, Linear trapezoidal integrated state variable filter, 2013.
    #[inline(always)]
    fn run(self, [s1, s2]: &mut [L; 2], [input, band, low]: [L; 3], x: L) -> L {
        let [a1, a2, a3] = self.a;
        let v3 = x - *s2;
        let v1 = a1 * *s1 + a2 * v3;
        let v2 = *s2 + (a2 * *s1 + a3 * v3);
        *s1 = (v1 + v1) - *s1;
        *s2 = (v2 + v2) - *s2;
        input * x + ((band * self.damping) * v1 + low * v2)
    }
}

impl Part<'_> {
    #[inline(always)]
    pub(super) fn shape<L: Lanes>(&mut self, first: usize, sides: &[Signal<L>; 2]) {
        let sections = match self.sound.filter {
            None => 0,
            Some(Filter { second_damping: None, .. }) => 1,
            Some(_) => 2,
        };
        match (self.sound.stereo, sections) {
            (false, 0) => self.shaped::<L, 1, 0>(first, sides),
            (false, 1) => self.shaped::<L, 1, 1>(first, sides),
            (false, _) => self.shaped::<L, 1, 2>(first, sides),
            (true, 0) => self.shaped::<L, 2, 0>(first, sides),
            (true, 1) => self.shaped::<L, 2, 1>(first, sides),
            (true, _) => self.shaped::<L, 2, 2>(first, sides),
        }
    }

    /// All of it frame by frame: the sides and the sections share their coefficients, and a CPU
    /// works on one while it waits for another.
    #[inline(always)]
    fn shaped<L: Lanes, const SIDES: usize, const SECTIONS: usize>(
        &mut self,
        first: usize,
        sides: &[Signal<L>; 2],
    ) {
        let zero = L::splat(0.0);
        let filter = self.sound.filter.unwrap_or(Filter { mix: [0.0; 3], second_damping: None });
        let mix = filter.mix.map(L::splat);
        let frequency = self.line::<L>(Course::Frequency, first);
        let second = L::splat(filter.second_damping.unwrap_or(0.0));
        let dampings = [self.line::<L>(Course::Damping, first), Line { from: second, slope: zero }];
        let gains = [Course::Left, Course::Right].map(|side| self.line::<L>(side, first));
        let mut states = self
            .bank
            .filters
            .each_ref()
            .map(|section| section.each_ref().map(|numbers| L::load_f64(&numbers[first..])));
        let mut envelope = L::load_f64(&self.bank.envelope[first..]);
        let factor = L::load_f64(&self.bank.factor[first..]);
        let term = L::load_f64(&self.bank.term[first..]);
        let mut last = [zero; 2];
        let column = first % COLUMNS;
        for (frame, number) in self.numbers() {
            let k = L::splat(number);
            let mut coefficients = [Coefficients { damping: zero, a: [zero; 3] }; SECTIONS];
            let g = frequency.at(k);
            for section in 0..SECTIONS {
                coefficients[section] = Coefficients::new(g, dampings[section].at(k));
            }
            let mut x = [zero; 2];
            for side in 0..SIDES {
                x[side] = sides[side][frame];
                for section in 0..SECTIONS {
                    let state = &mut states[2 * side + section];
                    x[side] = coefficients[section].run(state, mix, x[side]);
                }
            }
            for side in 0..2 {
                last[side] = x[side % SIDES] * (envelope * gains[side].at(k));
                let sum = &mut self.sums.columns[side][frame][column..column + L::WIDTH];
                (L::load_f64(sum) + last[side]).store_f64(sum);
            }
            envelope = envelope * factor + term;
        }
        let range = first..first + L::WIDTH;
        for (section, state) in self.bank.filters.iter_mut().zip(states) {
            for (numbers, value) in section.iter_mut().zip(state) {
                value.store_f64(&mut numbers[range.clone()]);
            }
        }
        envelope.store_f64(&mut self.bank.envelope[range.clone()]);
        for (numbers, value) in self.bank.last.iter_mut().zip(last) {
            value.store_f64(&mut numbers[range.clone()]);
        }
    }
}
