//! A plain writer of Vorbis streams: no model of hearing, so they are large, but 16 bits come back
//! exactly. For tests and generated material.

use super::ogg;
use crate::math::{cos_pi, sin_pi};

/// Exponents of the sizes of short and long blocks.
const SIZES: [u32; 2] = [8, 11];

/// Which blocks of a stream are long, over and over.
pub type Blocks<'a> = &'a [bool];

/// Bits of a number of each of the three books.
const BOOK_BITS: u32 = 9;

/// The steps of the three books, as powers of two: each book covers a step of the one before.
const STEPS: [i32; 3] = [-6, -15, -24];

/// Numbers of a residue's partition.
const PARTITION: usize = 32;

/// The bytes of a stream of `frames`.
pub fn write(frames: &[i16], rate_hz: u32, blocks: Blocks<'_>) -> Vec<u8> {
    let mut packets = vec![(identification(rate_hz), 0), (comment(), 0), (setup(), 0)];
    let cosines = SIZES.map(|exponent| cosines(1 << exponent));
    let mut schedule = blocks.iter().copied().cycle();
    let mut next = || schedule.next().unwrap_or(true);
    let (mut before, mut is_long) = (true, next());
    // Frames lie between the middle of the first block and that of the last.
    let mut middle = 0;
    loop {
        let after = next();
        let block = windowed(frames, middle, is_long, [before, after]);
        let spectrum = forward(&block, &cosines[usize::from(is_long)]);
        let position = middle.min(frames.len()) as u64;
        packets.push((packet(&spectrum, is_long, [before, after]), position));
        if middle >= frames.len() && packets.len() > 4 {
            return ogg::write(&packets);
        }
        middle += (size(is_long) + size(after)) / 4;
        (before, is_long) = (is_long, after);
    }
}

fn size(is_long: bool) -> usize {
    1 << SIZES[usize::from(is_long)]
}

/// The block around `middle`, windowed for what is before and after it.
fn windowed(frames: &[i16], middle: usize, is_long: bool, around: [bool; 2]) -> Vec<f64> {
    let size = size(is_long);
    let half = size / 2;
    let rise = |at: usize, other: bool| {
        let slope = self::size(is_long && other) / 2;
        let before = (half - slope) / 2;
        if at < before {
            return 0.0;
        }
        let place = (at - before).min(slope) as f64 + 0.5;
        let sine = sin_pi((place / (2 * slope) as f64).min(0.5));
        sin_pi(0.5 * sine * sine)
    };
    (0..size)
        .map(|at| {
            let frame = (middle + at).checked_sub(half).and_then(|frame| frames.get(frame));
            let gain = if at < half { rise(at, around[0]) } else { rise(size - 1 - at, around[1]) };
            gain * f64::from(frame.copied().unwrap_or(0)) / 32_768.0
        })
        .collect()
}

/// The cosines of all multiples of a turn by four times `size`.
fn cosines(size: usize) -> Vec<f64> {
    (0..4 * size).map(|n| cos_pi(n as f64 / (2 * size) as f64)).collect()
}

/// The spectrum of a block (1.3.2), by its formula.
fn forward(block: &[f64], cosines: &[f64]) -> Vec<f64> {
    let size = block.len();
    (0..size / 2)
        .map(|k| {
            let turned = block.iter().enumerate().map(|(n, value)| {
                value * cosines[(2 * n + 1 + size / 2) * (2 * k + 1) % cosines.len()]
            });
            turned.sum::<f64>() * 4.0 / size as f64
        })
        .collect()
}

/// Bits, the lowest of each byte first.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: u32,
}

impl Bits {
    fn put(&mut self, value: u32, count: u32) {
        for bit in 0..count {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            if let Some(last) = self.bytes.last_mut() {
                *last |= u8::from(value >> bit & 1 == 1) << (self.used % 8);
            }
            self.used += 1;
        }
    }

    fn header(kind: u8) -> Self {
        let mut bits = Self::default();
        [kind].iter().chain(b"vorbis").for_each(|byte| bits.put(u32::from(*byte), 8));
        bits
    }
}

fn identification(rate_hz: u32) -> Vec<u8> {
    let mut bits = Bits::header(1);
    bits.put(0, 32);
    bits.put(1, 8);
    bits.put(rate_hz, 32);
    (0..3).for_each(|_| bits.put(0, 32));
    SIZES.iter().for_each(|exponent| bits.put(*exponent, 4));
    bits.put(1, 8);
    bits.bytes
}

/// No maker and no comments.
fn comment() -> Vec<u8> {
    let mut bits = Bits::header(3);
    [(0, 32), (0, 32), (1, 8)].into_iter().for_each(|(value, count)| bits.put(value, count));
    bits.bytes
}

fn setup() -> Vec<u8> {
    let mut bits = Bits::header(5);
    bits.put(3, 8);
    class_book(&mut bits);
    STEPS.iter().enumerate().for_each(|(number, step)| book(&mut bits, number, *step));
    // One time domain.
    bits.put(0, 6 + 16);
    // One floor of type 1 without partitions: a line from 1 to 1.
    bits.put(0, 6);
    bits.put(1, 16);
    bits.put(0, 5 + 2);
    bits.put(SIZES[1] - 1, 4);
    // One residue of type 1 and one class, refined by all books.
    bits.put(0, 6);
    bits.put(1, 16);
    [0, 1 << (SIZES[1] - 1), 31].into_iter().for_each(|number| bits.put(number, 24));
    bits.put(0, 6 + 8);
    bits.put(7, 3 + 1);
    (1..=3).for_each(|book| bits.put(book, 8));
    // One mapping: one submap of the floor and the residue.
    bits.put(0, 6 + 16 + 1 + 1 + 2);
    bits.put(0, 24);
    // A mode for short blocks and one for long ones, then the end.
    bits.put(1, 6);
    for is_long in [0, 1] {
        bits.put(is_long, 1);
        bits.put(0, 32);
        bits.put(0, 8);
    }
    bits.put(1, 1);
    bits.bytes
}

/// A book of one entry: there is one class.
fn class_book(bits: &mut Bits) {
    bits.put(0x56_4342, 24);
    bits.put(1, 16);
    bits.put(1, 24);
    // Neither ordered nor sparse; a code of one bit; no vectors.
    bits.put(0, 2 + 5 + 4);
}

/// A book of numbers around 0, in steps of two to the power of `step`. The middle one has its
/// vectors in the second form.
fn book(bits: &mut Bits, number: usize, step: i32) {
    let entries = 1 << BOOK_BITS;
    bits.put(0x56_4342, 24);
    bits.put(1, 16);
    bits.put(entries, 24);
    bits.put(0, 2);
    (0..entries).for_each(|_| bits.put(BOOK_BITS - 1, 5));
    bits.put(if number == 1 { 2 } else { 1 }, 4);
    let exponent = (788 + step).cast_unsigned() << 21;
    bits.put(1 << 31 | exponent | (entries / 2), 32);
    bits.put(exponent | 1, 32);
    bits.put(BOOK_BITS - 1, 4);
    bits.put(0, 1);
    (0..entries).for_each(|entry| bits.put(entry, BOOK_BITS));
}

/// A packet of a block.
fn packet(spectrum: &[f64], is_long: bool, around: [bool; 2]) -> Vec<u8> {
    let mut bits = Bits::default();
    bits.put(0, 1);
    bits.put(u32::from(is_long), 1);
    if is_long {
        around.into_iter().for_each(|is_long| bits.put(u32::from(is_long), 1));
    }
    // The curve is there, and at its top.
    bits.put(1, 1);
    bits.put(0xffff, 16);
    let mut rest = spectrum.to_vec();
    for (pass, step) in STEPS.iter().enumerate() {
        for part in rest.chunks_mut(PARTITION) {
            if pass == 0 {
                // Its class.
                bits.put(0, 1);
            }
            part.iter_mut().for_each(|value| put_number(&mut bits, value, *step));
        }
    }
    bits.bytes
}

/// Writes the number of steps next to `value`, of which it keeps the rest.
#[allow(clippy::cast_possible_truncation)] // In bounds.
fn put_number(bits: &mut Bits, value: &mut f64, step: i32) {
    let step = f64::from_bits((1_023 + i64::from(step)).cast_unsigned() << 52);
    let half = 1 << (BOOK_BITS - 1);
    let steps = ((*value / step).round() as i32).clamp(-half, half - 1);
    *value -= f64::from(steps) * step;
    let entry = (steps + half).cast_unsigned();
    // Codes stand with their first bit on top.
    bits.put(entry.reverse_bits() >> (32 - BOOK_BITS), BOOK_BITS);
}
