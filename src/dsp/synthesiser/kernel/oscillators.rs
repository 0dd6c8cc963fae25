//! The oscillators of a group of voices, up to three in unison at a time: while a CPU waits for the phase
//! of one to move on, it works on the others'.

use super::super::bank::Course;
use super::super::sound::Shape;
use super::super::waves::{Pulse, ROUNDED_SAMPLES, Sawtooth, Sine, Triangle, Wave, advance};
use super::{FRAME_NUMBERS, Line, Part, Scratch, Signal};
use crate::simd::{Lanes, Mask};

/// How many in unison run side by side at most.
pub(super) const ABREAST: usize = 3;

/// Which oscillators run.
#[derive(Clone, Copy)]
struct Which {
    /// The first of the group's voices.
    first: usize,
    /// 0 or 1.
    oscillator: usize,
    /// The first of those in unison.
    unison: usize,
}

impl Part<'_> {
    /// The sum of all oscillators into `sides`.
    #[inline(always)]
    pub(super) fn oscillators<L: Lanes>(&mut self, first: usize, scratch: &mut Scratch<L>) {
        let count = self.sound.unison.count;
        let mut unison = 0;
        while unison < count {
            // One alone takes nearly as long as two.
            unison += match count - unison {
                1 => self.abreast::<L, 1>(first, unison, scratch),
                2 | 4 => self.abreast::<L, 2>(first, unison, scratch),
                _ => self.abreast::<L, ABREAST>(first, unison, scratch),
            };
        }
    }

    /// Adds `N` in unison of both oscillators; gives how many that are.
    #[inline(always)]
    fn abreast<L: Lanes, const N: usize>(
        &mut self,
        first: usize,
        unison: usize,
        Scratch { sides, waves: [one, two], phases }: &mut Scratch<L>,
    ) -> usize {
        let sound = self.sound;
        let which = |oscillator| Which { first, oscillator, unison };
        if sound.uses_second {
            self.oscillator::<L, N>(which(1), None, two, phases);
        }
        let modulators = sound.uses_modulation.then_some(&*two);
        self.oscillator::<L, N>(which(0), modulators, one, phases);
        match (sound.uses_second, sound.stereo) {
            (false, false) => self.mix::<L, N, false, false>(which(0), one, two, sides),
            (false, true) => self.mix::<L, N, false, true>(which(0), one, two, sides),
            (true, false) => self.mix::<L, N, true, false>(which(0), one, two, sides),
            (true, true) => self.mix::<L, N, true, true>(which(0), one, two, sides),
        }
        N
    }

    /// Adds `N` in unison to both sides, or where those are the same to the left one.
    #[inline(always)]
    fn mix<L: Lanes, const N: usize, const SECOND: bool, const STEREO: bool>(
        &self,
        Which { first, unison, .. }: Which,
        one: &[Signal<L>; ABREAST],
        two: &[Signal<L>; ABREAST],
        [left, right]: &mut [Signal<L>; 2],
    ) {
        let level1 = self.line::<L>(Course::Level1, first);
        let level2 = self.line::<L>(Course::Level2, first);
        let mut gains = [(L::splat(0.0), L::splat(0.0)); N];
        for (gain, (left, right)) in gains.iter_mut().zip(&self.sound.unison.gains[unison..]) {
            *gain = (L::splat(*left), L::splat(*right));
        }
        for (frame, number) in self.numbers() {
            let k = L::splat(number);
            let silence = (L::splat(0.0), L::splat(0.0));
            let (mut to_left, mut to_right) =
                if unison == 0 { silence } else { (left[frame], right[frame]) };
            let (level1, level2) = (level1.at(k), level2.at(k));
            for n in 0..N {
                let (gain_left, gain_right) = gains[n];
                let mut x = one[n][frame] * level1;
                if SECOND {
                    x = x + two[n][frame] * level2;
                }
                to_left = to_left + x * gain_left;
                to_right = to_right + x * gain_right;
            }
            left[frame] = to_left;
            if STEREO {
                right[frame] = to_right;
            }
        }
    }

    #[inline(always)]
    fn oscillator<L: Lanes, const N: usize>(
        &mut self,
        which: Which,
        modulators: Option<&[Signal<L>; ABREAST]>,
        out: &mut [Signal<L>; ABREAST],
        phases: &mut [Signal<L>; ABREAST],
    ) {
        match self.sound.shapes[which.oscillator] {
            Shape::Sine => self.wave::<L, Sine, N>(which, modulators, out, phases),
            Shape::Triangle => self.wave::<L, Triangle, N>(which, modulators, out, phases),
            Shape::Sawtooth => self.wave::<L, Sawtooth, N>(which, modulators, out, phases),
            Shape::Pulse => self.wave::<L, Pulse, N>(which, modulators, out, phases),
        }
    }

    #[inline(always)]
    fn wave<L: Lanes, W: Wave, const N: usize>(
        &mut self,
        Which { first, oscillator, unison }: Which,
        modulators: Option<&[Signal<L>; ABREAST]>,
        out: &mut [Signal<L>; ABREAST],
        phases: &mut [Signal<L>; ABREAST],
    ) {
        let courses = match oscillator {
            0 => [Course::Step1, Course::Inverse1, Course::Width1],
            _ => [Course::Step2, Course::Inverse2, Course::Width2],
        };
        let step = self.line::<L>(courses[0], first);
        let inverse = self.line::<L>(courses[1], first);
        let width = self.line::<L>(courses[2], first);
        let modulation = self.line::<L>(Course::Modulation, first);
        let zero = L::splat(0.0);
        let (mut ratios, mut near, mut phase) = ([zero; N], [zero; N], [zero; N]);
        for n in 0..N {
            let ratio = self.sound.unison.ratios[unison + n];
            ratios[n] = L::splat(ratio);
            near[n] = self.near_corner(inverse, L::splat(1.0 / ratio));
            phase[n] = L::load_f64(&self.bank.phases[oscillator][unison + n][first..]);
        }
        // A bit a frame: where the corner of any voice is near.
        let mut cornered = [0_u64; N];
        for (frame, number) in self.numbers() {
            let k = L::splat(number);
            let (step, width) = (step.at(k), width.at(k));
            for n in 0..N {
                let (moved, value) = match modulators {
                    Some(modulators) => {
                        let by = modulation.at(k) * modulators[n][frame];
                        let moved = W::moved(phase[n] + by);
                        (moved, W::moved_at(moved, width))
                    }
                    None => (phase[n], W::plain_at(phase[n], width)),
                };
                out[n][frame] = value;
                if W::HAS_CORNERS {
                    phases[n][frame] = moved;
                    let is_near = W::to_corner(moved, width).lt(near[n]).any();
                    cornered[n] |= u64::from(is_near) << frame;
                }
                phase[n] = advance(phase[n], step * ratios[n]);
            }
        }
        for n in 0..N {
            let inverse_ratio = L::splat(1.0 / self.sound.unison.ratios[unison + n]);
            let numbers = &mut self.bank.phases[oscillator][unison + n];
            phase[n].store_f64(&mut numbers[first..first + L::WIDTH]);
            while cornered[n] != 0 {
                let frame = cornered[n].trailing_zeros() as usize;
                cornered[n] &= cornered[n] - 1;
                let k = L::splat(FRAME_NUMBERS[self.into + frame]);
                let steps = [step.at(k) * ratios[n], inverse.at(k) * inverse_ratio];
                out[n][frame] = W::at(phases[n][frame], steps, width.at(k));
            }
        }
    }

    /// From how many cycles on a corner is far in all of the part, by voice; 0 for voices that are
    /// silent. What is called near and is far costs time and changes nothing.
    #[inline(always)]
    fn near_corner<L: Lanes>(&self, inverse: Line<L>, ratio: L) -> L {
        // A line is smallest at an end.
        let last = self.into + self.frames.saturating_sub(1);
        let (start, end) = (L::splat(FRAME_NUMBERS[self.into]), L::splat(FRAME_NUMBERS[last]));
        let samples = inverse.at(start).min(inverse.at(end)) * ratio;
        let zero = L::splat(0.0);
        // More than the two samples by more than products are rounded by.
        let near = L::splat(ROUNDED_SAMPLES * (1.0 + 1e-9)) / samples;
        L::select(samples.gt(zero), near, zero)
    }
}
