//! Filter, envelope, level and place of a group of voices, into the sums.

use super::super::bank::Course;
use super::super::sound::Filter;
use super::{COLUMNS, Line, Part, Signal};
use crate::simd::Lanes;

/// A section of the filter at work: its state on the left and, where that differs, on the right.
struct Filtering<L> {
    frequency: Line<L>,
    damping: Line<L>,
    /// Of the input, the band output and the low output; `None` where that is all of the last.
    mix: Option<[L; 3]>,
    section: usize,
    states: [[L; 2]; 2],
}

/// The coefficients of a section in a frame.
#[derive(Clone, Copy)]
struct Coefficients<L> {
    damping: L,
    /// Of the first state and of the input for the first state, and of the input for the second.
    c: [L; 3],
}

impl<L: Lanes> Coefficients<L> {
    #[inline(always)]
    fn new(g: L, damping: L) -> Self {
        let one = L::splat(1.0);
        let twice = L::splat(2.0) / (one + g * (g + damping));
        let c2 = g * twice;
        Self { damping, c: [twice - one, c2, g * c2] }
    }

    /// A frame through a section, which gives its low output or mixes that with its input and its band
    /// output.
    ///
    /// A. Simper, Linear trapezoidal integrated state variable filter, 2013; solved for the next
    /// states, which are then the soonest known: outputs are the means of a state and the next.
    #[inline(always)]
    fn run(self, [s1, s2]: &mut [L; 2], mix: Option<[L; 3]>, x: L) -> L {
        let [c1, c2, c3] = self.c;
        let v3 = x - *s2;
        let next1 = c1 * *s1 + c2 * v3;
        let next2 = *s2 + (c2 * *s1 + c3 * v3);
        let half = L::splat(0.5);
        let low = (*s2 + next2) * half;
        let out = match mix {
            None => low,
            Some([of_input, of_band, of_low]) => {
                let band = (*s1 + next1) * half;
                of_input * x + ((of_band * self.damping) * band + of_low * low)
            }
        };
        (*s1, *s2) = (next1, next2);
        out
    }
}

impl<L: Lanes> Filtering<L> {
    /// Both sides of frame `k` of the cell: they share their coefficients, and a CPU works on one while
    /// it waits for the other.
    #[inline(always)]
    fn run<const SIDES: usize>(&mut self, k: L, sides: &mut [L; SIDES]) {
        let coefficients = Coefficients::new(self.frequency.at(k), self.damping.at(k));
        for (state, side) in self.states.iter_mut().zip(sides) {
            *side = coefficients.run(state, self.mix, *side);
        }
    }
}

impl Part<'_> {
    /// All of it, from both `sides`, or from the left one where they are the same.
    #[inline(always)]
    pub(super) fn shape<L: Lanes>(&mut self, first: usize, sides: &mut [Signal<L>; 2]) {
        if self.sound.stereo {
            self.shape_sides::<L, 2>(first, sides);
        } else {
            self.shape_sides::<L, 1>(first, sides);
        }
    }

    #[inline(always)]
    fn shape_sides<L: Lanes, const SIDES: usize>(
        &mut self,
        first: usize,
        sides: &mut [Signal<L>; 2],
    ) {
        let Some(filter) = self.sound.filter else {
            return self.amplify::<L, SIDES>(first, sides, None);
        };
        let damping = self.line::<L>(Course::Damping, first);
        let mut one = self.filtering::<L>(first, filter, damping, 0);
        let Some(second) = filter.second_damping else {
            self.amplify::<L, SIDES>(first, sides, Some(&mut one));
            return self.keep(first, &one);
        };
        for (frame, number) in self.numbers() {
            let mut values = [L::splat(0.0); SIDES];
            for side in 0..SIDES {
                values[side] = sides[side][frame];
            }
            one.run(L::splat(number), &mut values);
            for side in 0..SIDES {
                sides[side][frame] = values[side];
            }
        }
        self.keep(first, &one);
        let second = Line { from: L::splat(second), slope: L::splat(0.0) };
        let mut two = self.filtering::<L>(first, filter, second, 1);
        self.amplify::<L, SIDES>(first, sides, Some(&mut two));
        self.keep(first, &two);
    }

    /// Section `section` of the filter.
    #[inline(always)]
    fn filtering<L: Lanes>(
        &self,
        first: usize,
        filter: Filter,
        damping: Line<L>,
        section: usize,
    ) -> Filtering<L> {
        let mut states = [[L::splat(0.0); 2]; 2];
        for (side, state) in states.iter_mut().enumerate() {
            let numbers = &self.bank.filters[2 * side + section];
            *state = [L::load_f64(&numbers[0][first..]), L::load_f64(&numbers[1][first..])];
        }
        let frequency = self.line::<L>(Course::Frequency, first);
        let mut mix = None;
        if let Some([input, band, low]) = filter.mix {
            mix = Some([L::splat(input), L::splat(band), L::splat(low)]);
        }
        Filtering { frequency, damping, mix, section, states }
    }

    /// Puts the state of a section back.
    #[inline(always)]
    fn keep<L: Lanes>(&mut self, first: usize, filtering: &Filtering<L>) {
        for (side, state) in filtering.states.iter().enumerate() {
            let numbers = &mut self.bank.filters[2 * side + filtering.section];
            for (numbers, value) in numbers.iter_mut().zip(state) {
                value.store_f64(&mut numbers[first..first + L::WIDTH]);
            }
        }
    }

    /// What `filter` makes of each frame, times envelope, level and place.
    #[inline(always)]
    fn amplify<L: Lanes, const SIDES: usize>(
        &mut self,
        first: usize,
        sides: &[Signal<L>; 2],
        mut filter: Option<&mut Filtering<L>>,
    ) {
        let gains = [self.line::<L>(Course::Left, first), self.line::<L>(Course::Right, first)];
        let mut envelope = L::load_f64(&self.bank.envelope[first..]);
        let factor = L::load_f64(&self.bank.factor[first..]);
        let term = L::load_f64(&self.bank.term[first..]);
        let mut last = [L::splat(0.0); 2];
        let column = first % COLUMNS;
        for (frame, number) in self.numbers() {
            let k = L::splat(number);
            let mut x = [L::splat(0.0); SIDES];
            for side in 0..SIDES {
                x[side] = sides[side][frame];
            }
            if let Some(filter) = &mut filter {
                filter.run(k, &mut x);
            }
            for side in 0..2 {
                last[side] = x[side % SIDES] * (envelope * gains[side].at(k));
                let sum = &mut self.sums.columns[side][frame][column..column + L::WIDTH];
                (L::load_f64(sum) + last[side]).store_f64(sum);
            }
            envelope = envelope * factor + term;
        }
        let range = first..first + L::WIDTH;
        envelope.store_f64(&mut self.bank.envelope[range.clone()]);
        for (numbers, value) in self.bank.last.iter_mut().zip(last) {
            value.store_f64(&mut numbers[range.clone()]);
        }
    }
}
