//! The inverse transform of a block, and the slopes that blocks overlap with.

use crate::math::{cos_pi, sin_pi};

#[derive(Clone, Copy, Default)]
struct Complex {
    re: f32,
    im: f32,
}

impl Complex {
    /// The number of length 1 after so many half turns.
    #[allow(clippy::cast_possible_truncation)] // Rounded once.
    fn at(half_turns: f64) -> Self {
        Self { re: cos_pi(half_turns) as f32, im: sin_pi(half_turns) as f32 }
    }

    #[inline]
    fn times(self, by: Self) -> Self {
        Self { re: self.re * by.re - self.im * by.im, im: self.re * by.im + self.im * by.re }
    }
}

/// The inverse transform of blocks of one size, and half of its window.
pub(super) struct Transform {
    /// Turns before and after the Fourier transform.
    turns: Vec<Complex>,
    /// Turns within it, from the widest stage's.
    roots: Vec<Complex>,
    /// The order its input is in.
    order: Vec<usize>,
    work: Vec<Complex>,
    /// The rising half of the window.
    pub(super) slope: Vec<f32>,
}

impl Transform {
    /// That of blocks of `size` frames, a power of two from 64 on.
    #[allow(clippy::cast_possible_truncation)] // Rounded once.
    pub(super) fn new(size: usize) -> Self {
        let points = size / 4;
        let unit = 1.0 / (4 * size) as f64;
        let turns = (0..points).map(|k| Complex::at(-((8 * k + 1) as f64) * unit));
        let roots = (0..points / 2).map(|k| Complex::at(-2.0 * k as f64 / points as f64));
        let shift = usize::BITS - points.trailing_zeros();
        let slope = (0..size / 2).map(|n| {
            let sine = sin_pi((n as f64 + 0.5) / size as f64);
            sin_pi(0.5 * sine * sine) as f32
        });
        Self {
            turns: turns.collect(),
            roots: roots.collect(),
            order: (0..points).map(|k| k.reverse_bits() >> shift).collect(),
            work: vec![Complex::default(); points],
            slope: slope.collect(),
        }
    }

    /// Frames of a block.
    pub(super) fn size(&self) -> usize {
        4 * self.turns.len()
    }

    /// Replaces `block` with the block of `spectrum`, not yet windowed: a cosine transform of type
    /// IV, by a Fourier transform of half its points, unfolded.
    pub(super) fn inverse(&mut self, spectrum: &[f32], block: &mut [f32]) {
        let half = 2 * self.turns.len();
        for ((place, turn), k) in self.order.iter().zip(&self.turns).zip(0..) {
            let pair = Complex { re: spectrum[2 * k], im: spectrum[half - 1 - 2 * k] };
            self.work[*place] = pair.times(*turn);
        }
        self.fourier();
        // Of the cosine transform u: u(half/2..), then -u backwards, then -u(..half/2).
        let quarter = half / 2;
        let mut put = |at: usize, value: f32| {
            if at >= quarter {
                block[at - quarter] = value;
            } else {
                block[at + half + quarter] = -value;
            }
            block[half + quarter - 1 - at] = -value;
        };
        for ((value, turn), k) in self.work.iter().zip(&self.turns).zip(0..) {
            let value = value.times(*turn);
            put(2 * k, value.re);
            put(half - 1 - 2 * k, -value.im);
        }
    }

    /// A Fourier transform of `work`, whose values lie in bit-reversed order.
    fn fourier(&mut self) {
        let points = self.work.len();
        let mut width = 1;
        while width < points {
            let stride = points / (2 * width);
            for pair in self.work.chunks_exact_mut(2 * width) {
                let (low, high) = pair.split_at_mut(width);
                let roots = self.roots.iter().step_by(stride);
                for ((low, high), root) in low.iter_mut().zip(high).zip(roots) {
                    let turned = high.times(*root);
                    *high = Complex { re: low.re - turned.re, im: low.im - turned.im };
                    *low = Complex { re: low.re + turned.re, im: low.im + turned.im };
                }
            }
            width *= 2;
        }
    }
}
