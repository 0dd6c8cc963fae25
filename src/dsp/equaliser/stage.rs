//! Filter sections as the loops run them: coefficients and state in registers.

use std::marker::PhantomData;

use super::super::lane_lines::Line;
use super::processor::LaneSection;
use crate::simd::Lanes;

/// What is smaller than this is silence, -600 dBFS, and must not become denormal.
const SILENCE: f64 = 1e-30;

/// One section for the length of a cell.
pub(super) trait Stage<L: Lanes>: Copy {
    /// The lanes from `first` on, at node time `time`.
    fn load(section: &LaneSection, first: usize, time: f64) -> Self;

    /// One frame.
    fn tick(&mut self, x: L) -> L;

    /// What has died away becomes 0.
    fn flush(&mut self);

    /// Puts the state back.
    fn store(&self, section: &mut LaneSection, first: usize);
}

/// A bell that does not move.
#[derive(Clone, Copy)]
pub(super) struct Bell<L> {
    gain: L,
    back1: L,
    back2: L,
    v1: L,
    v2: L,
}

/// A form of filter with the coefficients `g`, `k` and a mix of three.
pub(super) trait Form: Copy {
    /// What of the coefficients takes a division.
    fn gains<L: Lanes>(coefficients: &[L; 5]) -> (L, L);

    /// One frame.
    fn tick<L: Lanes>(state: &mut [L; 2], c: &[L; 5], gains: (L, L), x: L) -> L;
}

/// The second-order state variable filter.
#[derive(Clone, Copy)]
pub(super) struct StateVariable;

/// Its first-order relative; uses the second state only.
#[derive(Clone, Copy)]
pub(super) struct OnePole;

/// A filter whose coefficients stay.
#[derive(Clone, Copy)]
pub(super) struct Steady<L, F> {
    coefficients: [L; 5],
    gains: (L, L),
    state: [L; 2],
    form: PhantomData<F>,
}

/// A filter whose coefficients move along their lines. What takes a division is worked out anew
/// each frame: interpolating it would leave the stable region near half the sample rate.
#[derive(Clone, Copy)]
pub(super) struct Moving<L, F> {
    lines: [Line<L>; 5],
    now: L,
    state: [L; 2],
    form: PhantomData<F>,
}

#[inline(always)]
fn load_state<L: Lanes>(section: &LaneSection, first: usize) -> [L; 2] {
    [L::load_f64(&section.state[0][first..]), L::load_f64(&section.state[1][first..])]
}

/// Spelled out: a closure would not be compiled with the features of the level.
#[inline(always)]
fn load_lines<L: Lanes>(section: &LaneSection, first: usize) -> [Line<L>; 5] {
    let lines = &section.lines;
    [
        lines[0].load(first),
        lines[1].load(first),
        lines[2].load(first),
        lines[3].load(first),
        lines[4].load(first),
    ]
}

/// What is left of a state value at a point of the grid. A comparison with NaN is false and infinity
/// is below nothing, so that a filter recovers from both.
#[inline(always)]
fn flushed<L: Lanes>(value: L) -> L {
    let alive = value.abs().ge(L::splat(SILENCE)) & value.abs().lt(L::splat(f64::INFINITY));
    L::select(alive, value, L::splat(0.0))
}

#[inline(always)]
fn store_state<L: Lanes>(state: [L; 2], section: &mut LaneSection, first: usize) {
    for (value, to) in state.into_iter().zip(&mut section.state) {
        value.store_f64(&mut to[first..]);
    }
}

impl<L: Lanes> Stage<L> for Bell<L> {
    #[inline(always)]
    fn load(section: &LaneSection, first: usize, _: f64) -> Self {
        let lines = &section.lines;
        let gain = lines[0].load(first).still();
        let back1 = lines[1].load(first).still();
        let back2 = lines[2].load(first).still();
        let [v1, v2] = load_state(section, first);
        Self { gain, back1, back2, v1, v2 }
    }

    /// Seven operations; the newest state enters last, which keeps the loop it closes short.
    #[inline(always)]
    fn tick(&mut self, x: L) -> L {
        let v = (self.gain * x - self.back2 * self.v2) - self.back1 * self.v1;
        let y = x + (v - self.v2);
        self.v2 = self.v1;
        self.v1 = v;
        y
    }

    #[inline(always)]
    fn flush(&mut self) {
        (self.v1, self.v2) = (flushed(self.v1), flushed(self.v2));
    }

    #[inline(always)]
    fn store(&self, section: &mut LaneSection, first: usize) {
        store_state([self.v1, self.v2], section, first);
    }
}

impl Form for StateVariable {
    /// Twice the gains with which the first state, and the input's distance from the second,
    /// make the band's output.
    #[inline(always)]
    fn gains<L: Lanes>(&[g, k, ..]: &[L; 5]) -> (L, L) {
        let inverse = L::splat(2.0) / (L::splat(1.0) + g * (g + k));
        (inverse, g * inverse)
    }

    /// `u` is twice the band's output, the sum of the second state before and after twice the
    /// low one.
    #[inline(always)]
    fn tick<L: Lanes>(state: &mut [L; 2], c: &[L; 5], (a1, a2): (L, L), x: L) -> L {
        let [s1, s2] = *state;
        let [g, _, mix0, mix1, mix2] = *c;
        let u = a1 * s1 + a2 * (x - s2);
        let next = s2 + g * u;
        *state = [u - s1, next];
        mix0 * x + (mix1 * u + mix2 * (s2 + next))
    }
}

impl Form for OnePole {
    #[inline(always)]
    fn gains<L: Lanes>(&[g, ..]: &[L; 5]) -> (L, L) {
        let inverse = L::splat(2.0) / (L::splat(1.0) + g);
        (inverse, g * inverse)
    }

    #[inline(always)]
    fn tick<L: Lanes>(state: &mut [L; 2], c: &[L; 5], (_, a2): (L, L), x: L) -> L {
        let [_, _, mix0, _, mix2] = *c;
        let s2 = state[1];
        let next = s2 + a2 * (x - s2);
        state[1] = next;
        mix0 * x + mix2 * (s2 + next)
    }
}

impl<L: Lanes, F: Form> Stage<L> for Steady<L, F> {
    #[inline(always)]
    fn load(section: &LaneSection, first: usize, _: f64) -> Self {
        let [a, b, c, d, e] = load_lines::<L>(section, first);
        let coefficients = [a.still(), b.still(), c.still(), d.still(), e.still()];
        let gains = F::gains(&coefficients);
        Self { coefficients, gains, state: load_state(section, first), form: PhantomData }
    }

    #[inline(always)]
    fn tick(&mut self, x: L) -> L {
        F::tick(&mut self.state, &self.coefficients, self.gains, x)
    }

    #[inline(always)]
    fn flush(&mut self) {
        self.state = [flushed(self.state[0]), flushed(self.state[1])];
    }

    #[inline(always)]
    fn store(&self, section: &mut LaneSection, first: usize) {
        store_state(self.state, section, first);
    }
}

impl<L: Lanes, F: Form> Stage<L> for Moving<L, F> {
    #[inline(always)]
    fn load(section: &LaneSection, first: usize, time: f64) -> Self {
        Self {
            lines: load_lines(section, first),
            now: L::splat(time),
            state: load_state(section, first),
            form: PhantomData,
        }
    }

    #[inline(always)]
    fn tick(&mut self, x: L) -> L {
        let [a, b, c, d, e] = &self.lines;
        let n = self.now;
        let coefficients = [a.at(n), b.at(n), c.at(n), d.at(n), e.at(n)];
        // Whole numbers: the sum is exact.
        self.now = self.now + L::splat(1.0);
        F::tick(&mut self.state, &coefficients, F::gains(&coefficients), x)
    }

    #[inline(always)]
    fn flush(&mut self) {
        self.state = [flushed(self.state[0]), flushed(self.state[1])];
    }

    #[inline(always)]
    fn store(&self, section: &mut LaneSection, first: usize) {
        store_state(self.state, section, first);
    }
}
