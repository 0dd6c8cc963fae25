//! Floors of type 1: the rough curve of a block's spectrum, lines between points in decibels.

use super::VorbisError;
use super::bits::{Bits, width};
use super::codebook::Codebook;
use crate::math::exp2;

/// Most points of a curve (7.2.2).
const MAX_POINTS: usize = 65;

/// A floor.
pub(super) struct Floor {
    /// The class of each partition.
    partitions: Vec<usize>,
    classes: Vec<Class>,
    /// By how much heights are multiplied.
    multiplier: i32,
    /// Where the points are, in the order in which they are stored.
    places: Vec<i32>,
    /// The points from left to right.
    order: Vec<usize>,
    /// The stored points next to each one, left and right, among those stored before it.
    neighbours: Vec<(usize, usize)>,
    /// Gains of the heights 0 to 255.
    gains: Vec<f32>,
}

/// How some points are stored.
struct Class {
    dimensions: usize,
    subclass_bits: u32,
    /// The book that says which of `books` each point uses.
    master: usize,
    books: Vec<Option<usize>>,
}

fn damaged() -> VorbisError {
    VorbisError::Header { what: "a floor makes no sense" }
}

impl Floor {
    /// Reads a floor of a stream with `books` codebooks.
    pub(super) fn read(bits: &mut Bits<'_>, books: usize) -> Result<Self, VorbisError> {
        match bits.read(16) {
            Some(1) => Self::read_points(bits, books).ok_or_else(damaged),
            Some(0) => Err(VorbisError::Floor),
            _ => Err(damaged()),
        }
    }

    fn read_points(bits: &mut Bits<'_>, books: usize) -> Option<Self> {
        let count = bits.read(5)?;
        let partitions: Vec<usize> =
            (0..count).map(|_| bits.read(4).map(|class| class as usize)).collect::<Option<_>>()?;
        let classes = partitions.iter().map(|class| class + 1).max().unwrap_or(0);
        let classes: Vec<Class> =
            (0..classes).map(|_| Class::read(bits, books)).collect::<Option<_>>()?;
        let multiplier = bits.read(2)?.cast_signed() + 1;
        let place_bits = bits.read(4)?;
        let mut places = vec![0, 1 << place_bits];
        for class in &partitions {
            for _ in 0..classes[*class].dimensions {
                places.push(bits.read(place_bits)?.cast_signed());
            }
        }
        let mut order: Vec<usize> = (0..places.len()).collect();
        order.sort_by_key(|point| places[*point]);
        let is_twice = order.windows(2).any(|pair| places[pair[0]] == places[pair[1]]);
        if places.len() > MAX_POINTS || is_twice {
            return None;
        }
        let neighbours = (0..places.len()).map(|point| neighbours(&places, point)).collect();
        let gains = (0..256).map(gain).collect();
        Some(Self { partitions, classes, multiplier, places, order, neighbours, gains })
    }

    /// Reads the heights of a block's curve: -1 for points that do not count. `None` where the block
    /// has no curve and is silent, or its packet ends.
    pub(super) fn heights(&self, bits: &mut Bits<'_>, books: &[Codebook]) -> Option<Vec<i32>> {
        if !bits.flag()? {
            return None;
        }
        let end_bits = width(self.range().cast_unsigned() - 1);
        let mut stored = vec![bits.read(end_bits)?, bits.read(end_bits)?];
        for class in &self.partitions {
            let class = &self.classes[*class];
            let mut chosen =
                if class.subclass_bits > 0 { books[class.master].entry(bits)? } else { 0 };
            for _ in 0..class.dimensions {
                let book = class.books[chosen as usize & (class.books.len() - 1)];
                chosen >>= class.subclass_bits;
                stored.push(match book {
                    Some(book) => books[book].entry(bits)?,
                    None => 0,
                });
            }
        }
        Some(self.heights_of(&stored))
    }

    /// Heights lie below this.
    fn range(&self) -> i32 {
        [256, 128, 86, 64][(self.multiplier.cast_unsigned() - 1) as usize & 3]
    }

    /// The heights of all points that count, -1 for those on the line between their neighbours.
    fn heights_of(&self, stored: &[u32]) -> Vec<i32> {
        let mut heights: Vec<i32> = Vec::with_capacity(stored.len());
        let mut counts = vec![false; stored.len()];
        for (point, stored) in stored.iter().enumerate() {
            let stored = stored.cast_signed();
            if point < 2 {
                heights.push(stored);
                counts[point] = true;
                continue;
            }
            let (left, right) = self.neighbours[point];
            let predicted = on_line(
                (self.places[left], heights[left]),
                (self.places[right], heights[right]),
                self.places[point],
            );
            let (above, below) = (self.range() - predicted, predicted);
            let room = 2 * above.min(below);
            if stored > 0 {
                [left, right, point].into_iter().for_each(|point| counts[point] = true);
            }
            heights.push(if stored >= room && stored > 0 {
                if above > below { stored } else { predicted - stored + above - 1 }
            } else if stored % 2 == 1 {
                predicted - (stored + 1) / 2
            } else {
                predicted + stored / 2
            });
            // Where a file lies: what follows stays within numbers.
            if let Some(height) = heights.last_mut() {
                *height = (*height).clamp(0, self.range() - 1);
            }
        }
        let counted = heights.iter().zip(counts);
        counted.map(|(height, counts)| if counts { *height } else { -1 }).collect()
    }

    /// Multiplies `spectrum` by the curve through `heights`.
    pub(super) fn apply(&self, heights: &[i32], spectrum: &mut [f32]) {
        let mut from = (0, 0);
        for point in &self.order {
            if heights[*point] < 0 {
                continue;
            }
            let to = (self.places[*point], heights[*point] * self.multiplier);
            self.line(from, to, spectrum);
            from = to;
        }
        let gain = self.gain(from.1);
        let rest = usize::try_from(from.0).ok().and_then(|first| spectrum.get_mut(first..));
        rest.unwrap_or_default().iter_mut().for_each(|value| *value *= gain);
    }

    fn gain(&self, height: i32) -> f32 {
        usize::try_from(height)
            .ok()
            .and_then(|height| self.gains.get(height))
            .copied()
            .unwrap_or(1.0)
    }

    /// Multiplies by a line of whole heights from the one point to before the other (7.2.4, 9.2.7).
    fn line(&self, from: (i32, i32), to: (i32, i32), spectrum: &mut [f32]) {
        let (run, rise) = (to.0 - from.0, to.1 - from.1);
        if run <= 0 {
            return;
        }
        let (whole, part) = (rise / run, (rise % run).abs());
        let (mut height, mut error) = (from.1, 0);
        let first = usize::try_from(from.0).unwrap_or(usize::MAX).min(spectrum.len());
        let last = usize::try_from(to.0).unwrap_or(0).min(spectrum.len()).max(first);
        for value in &mut spectrum[first..last] {
            *value *= self.gain(height);
            height += whole;
            error += part;
            if error >= run {
                error -= run;
                height += rise.signum();
            }
        }
    }
}

impl Class {
    fn read(bits: &mut Bits<'_>, books: usize) -> Option<Self> {
        let book_of = |number: u32| Some(number as usize).filter(|book| *book < books);
        let dimensions = bits.read(3)? as usize + 1;
        let subclass_bits = bits.read(2)?;
        let master = if subclass_bits > 0 { book_of(bits.read(8)?)? } else { 0 };
        let books = (0..1 << subclass_bits).map(|_| match bits.read(8)? {
            0 => Some(None),
            book => book_of(book - 1).map(Some),
        });
        let books = books.collect::<Option<_>>()?;
        Some(Self { dimensions, subclass_bits, master, books })
    }
}

/// The points before `point` that are next to it, left and right; the first two have none.
fn neighbours(places: &[i32], point: usize) -> (usize, usize) {
    let before = || (0..point).map(|other| (places[other], other));
    let left = before().filter(|(place, _)| *place < places[point]).max();
    let right = before().filter(|(place, _)| *place > places[point]).min();
    (left.map_or(0, |(_, left)| left), right.map_or(0, |(_, right)| right))
}

/// The whole height at `place` of the line between two points (9.2.6).
fn on_line(from: (i32, i32), to: (i32, i32), place: i32) -> i32 {
    let (run, rise) = ((to.0 - from.0).max(1), to.1 - from.1);
    let off = rise.abs() * (place - from.0) / run;
    from.1 + rise.signum() * off
}

/// The gain of a height: 140 dB in 256 steps up to 1 (10.1, whose table has these to its digits).
#[allow(clippy::cast_possible_truncation)] // Rounded once.
fn gain(height: i32) -> f32 {
    const OCTAVES_PER_DECIBEL: f64 = 0.166_096_404_744_368_1;
    exp2(f64::from(height - 255) * (140.0 / 256.0) * OCTAVES_PER_DECIBEL) as f32
}
