//! Reads along a straight piece of a sample, a register of frames at a time: four-point interpolation
//! and the volume on the way.

use std::ops::{Add, Mul, Sub};

use super::reader::{FRACTION_BITS, LANES, Line};
use crate::dsp::runs::CELL;
use crate::simd::{Kernel, Lanes, Singles, fraction_of, whole_of};

/// The numbers of a cell's frames, and of some more, so that a register can be read at each.
pub(super) static FRAME_NUMBERS: [f32; CELL + LANES] = {
    let mut numbers = [0.0; CELL + LANES];
    let mut frame = 0;
    while frame < numbers.len() {
        numbers[frame] = frame as f32;
        frame += 1;
    }
    numbers
};

/// Reads along a straight piece of a sample.
pub(super) struct Straight<'a> {
    /// From the frame before the first on.
    pub(super) data: &'a [f32],
    /// Of the first frame, less than one, in 2^-32 of a frame.
    pub(super) position: u64,
    /// From frame to frame.
    pub(super) step: u64,
    pub(super) volume: Line,
    /// Where it starts in the cell.
    pub(super) first: usize,
    pub(super) out: &'a mut [f32],
}

impl Kernel for Straight<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        // Nearly always: samples are recorded at lower rates than they are played at.
        if self.step <= 1 << FRACTION_BITS {
            self.read::<L::Singles, true>();
        } else {
            self.read::<L::Singles, false>();
        }
    }
}

impl Straight<'_> {
    /// Reads a register of frames at a time; `NEARBY` where a step is at most a frame.
    #[inline(always)]
    fn read<S: Singles, const NEARBY: bool>(self) {
        let Self { data, mut position, step, volume, first, out } = self;
        let mut numbers = S::load(FRAME_NUMBERS.get(first..).unwrap_or_default());
        let (base, slope) = (S::splat(volume.base), S::splat(volume.slope));
        let whole = out.len() - out.len() % S::WIDTH;
        let (registers, rest) = out.split_at_mut(whole);
        for (first, out) in (first..).step_by(S::WIDTH).zip(registers.chunks_exact_mut(S::WIDTH)) {
            match register::<S, NEARBY>(data, position, step) {
                Some(read) => (read * (base + slope * numbers)).store(out),
                None => one_by_one(data, (position, step), volume, (first, out)),
            }
            numbers = numbers + S::splat(S::WIDTH as f32);
            position += step * S::WIDTH as u64;
        }
        if rest.is_empty() {
            return;
        }
        match register::<S, NEARBY>(data, position, step) {
            Some(read) => (read * (base + slope * numbers)).store(rest),
            None => one_by_one(data, (position, step), volume, (first + whole, rest)),
        }
    }
}

/// Reads frame by frame, from frame `first` of the cell on, what is not a register of places that
/// `data` holds. Should points be missing, there is silence.
#[cold]
fn one_by_one(
    data: &[f32],
    (mut position, step): (u64, u64),
    volume: Line,
    (first, out): (usize, &mut [f32]),
) {
    for (out, frame) in out.iter_mut().zip(first..) {
        let points = data.get(whole_of(position)..).and_then(<[f32]>::first_chunk::<4>);
        *out = points.map_or(0.0, |points| {
            interpolate(*points, fraction_of(position), |x| x) * volume.at(frame)
        });
        position += step;
    }
}

/// What is at a register of places; `None` where `data` does not hold all of them.
#[inline(always)]
fn register<S: Singles, const NEARBY: bool>(data: &[f32], position: u64, step: u64) -> Option<S> {
    let (points, x) = if NEARBY {
        S::four_nearby(data, position, step)?
    } else {
        S::four_at(data, position, step)?
    };
    Some(interpolate(points, x, S::splat))
}

/// The cubic through the middle two of four points whose slope at each is that between its
/// neighbours (Catmull and Rom), at `x` of 0 to 1 between the two.
#[inline(always)]
fn interpolate<T>([a, b, c, d]: [T; 4], x: T, of: impl Fn(f32) -> T) -> T
where
    T: Copy + Add<Output = T> + Sub<Output = T> + Mul<Output = T>,
{
    let first = c - a;
    let second = (a + a) - b * of(5.0) + c * of(4.0) - d;
    let third = (b - c) * of(3.0) + (d - a);
    b + ((third * x + second) * x + first) * (x * of(0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cubic in Catmull and Rom's form gives any parabola exactly.
    #[test]
    fn parabolas_come_back() {
        let f = |x: f32| 0.25 + 0.5 * x - 0.375 * x * x;
        for k in 0..=16_u8 {
            let x = f32::from(k) / 16.0;
            let got = interpolate([f(-1.0), f(0.0), f(1.0), f(2.0)], x, |x| x);
            assert!((got - f(x)).abs() < 1e-6, "{x}: {got} is not {}", f(x));
        }
    }
}
