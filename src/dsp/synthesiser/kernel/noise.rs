//! The noise of a group of voices: white, a function of the note and of node time.

use super::super::CELL;
use super::super::bank::Course;
use super::{Part, Signal};
use crate::simd::{Lanes, MAX_WIDTH};

/// Random numbers at one position.
const WORDS: usize = 4;

/// 2^52: a word of 32 bits in the lowest bits of its mantissa is added to it, without a conversion.
const TWO_52: f64 = 4_503_599_627_370_496.0;

/// Full scale of the words, either way.
const SCALE: f64 = 1.0 / 2_147_483_648.0;

impl Part<'_> {
    /// Adds it to the sides.
    #[inline(always)]
    pub(super) fn noise<L: Lanes>(&self, first: usize, [left, right]: &mut [Signal<L>; 2]) {
        if !self.sound.uses_noise {
            return;
        }
        let mut noise = [[0.0; MAX_WIDTH]; CELL];
        for voice in 0..L::WIDTH {
            if self.active[first + voice] {
                self.draw(first + voice, voice, &mut noise);
            }
        }
        let level = self.line::<L>(Course::Noise, first);
        for (frame, number) in self.numbers() {
            let noise = L::load_f64(&noise[self.into + frame]) * level.at(L::splat(number));
            left[frame] = left[frame] + noise;
            if self.sound.stereo {
                right[frame] = right[frame] + noise;
            }
        }
    }

    /// A voice's noise over the whole cell, into a column of `noise`.
    #[inline(always)]
    fn draw(&self, voice: usize, column: usize, noise: &mut [[f64; MAX_WIDTH]; CELL]) {
        const POSITIONS: usize = CELL / WORDS;
        let random = self.sound.noise_of(self.voices[voice].note);
        let first = self.cell.cast_unsigned().wrapping_mul(POSITIONS as u64);
        let words = random.words_from::<POSITIONS>(first);
        for (frame, columns) in noise.iter_mut().enumerate() {
            let word = words[frame % WORDS][frame / WORDS];
            columns[column] = (f64::from_bits(word | TWO_52.to_bits()) - TWO_52) * SCALE - 1.0;
        }
    }
}
