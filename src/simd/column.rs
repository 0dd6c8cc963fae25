//! A vector's worth of lanes through all frames of a lane block, without a check at every access.

use std::marker::PhantomData;

use super::Lanes;

/// The [`Lanes::WIDTH`] lanes from some lane on in every frame of `[frame][lanes]`.
#[derive(Debug)]
pub struct Column<'a, L> {
    /// At least `frames * lanes` long.
    samples: &'a mut [f32],
    /// At least `first + L::WIDTH`.
    lanes: usize,
    first: usize,
    frames: usize,
    width: PhantomData<L>,
}

impl<'a, L: Lanes> Column<'a, L> {
    /// The lanes from `first` on of `samples`, a block of `lanes` lanes; no frames where the lanes
    /// are not all there.
    #[inline(always)]
    pub fn new(samples: &'a mut [f32], lanes: usize, first: usize) -> Self {
        let inside = first.checked_add(L::WIDTH).is_some_and(|end| end <= lanes);
        let frames = if inside { samples.len() / lanes } else { 0 };
        Self { samples, lanes, first, frames, width: PhantomData }
    }

    /// How many frames there are.
    #[inline(always)]
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The lanes of a frame; zeros where there is no such frame.
    #[inline(always)]
    pub fn get(&self, frame: usize) -> L {
        if frame >= self.frames {
            return L::splat(0.0);
        }
        let start = frame * self.lanes + self.first;
        // SAFETY: the frame is one of `frames`, the samples hold `frames * lanes` (so that nothing
        // overflowed), and `first + WIDTH` is at most `lanes`.
        L::load_f32(unsafe { self.samples.get_unchecked(start..start + L::WIDTH) })
    }

    /// Replaces the lanes of a frame; does nothing where there is no such frame.
    #[inline(always)]
    pub fn put(&mut self, frame: usize, value: L) {
        if frame >= self.frames {
            return;
        }
        let start = frame * self.lanes + self.first;
        // SAFETY: as in `get`.
        value.store_f32(unsafe { self.samples.get_unchecked_mut(start..start + L::WIDTH) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Kernel, SimdLevel, dispatch};

    struct Negate<'a>(&'a mut [f32], usize, usize);

    impl Kernel for Negate<'_> {
        type Output = (usize, usize);

        #[inline(always)]
        fn run<L: Lanes>(self) -> (usize, usize) {
            let mut column = Column::<L>::new(self.0, self.1, self.2);
            // One too many: it is not there.
            for frame in 0..=column.frames() {
                column.put(frame, -column.get(frame));
            }
            (column.frames(), L::WIDTH)
        }
    }

    #[test]
    fn its_lanes_and_no_others_are_reached() {
        for level in SimdLevel::available() {
            for first in 0..10 {
                let mut samples: Vec<f32> = (1_u16..=5 * 8 + 3).map(f32::from).collect();
                let (frames, width) = dispatch(level, 8, Negate(&mut samples, 8, first));
                assert_eq!(frames, if first + width <= 8 { 5 } else { 0 }, "{level} {first}");
                for (at, sample) in samples.iter().enumerate() {
                    let reached = at / 8 < frames && (first..first + width).contains(&(at % 8));
                    assert_eq!(*sample < 0.0, reached, "{level} {first} {at}");
                }
            }
        }
    }
}
