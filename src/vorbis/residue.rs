//! Residues: the fine structure of a block's spectrum, as sums of vectors.

use super::VorbisError;
use super::bits::Bits;
use super::codebook::Codebook;

/// How often a part of the spectrum may be refined.
const PASSES: usize = 8;

/// A residue.
pub(super) struct Residue {
    /// Type 0: the numbers of a vector lie apart. Types 1 and 2 are one for a single channel.
    is_spread: bool,
    begin: usize,
    end: usize,
    partition: usize,
    /// The book that says of which class partitions are.
    class_book: usize,
    /// The books of each class, one a pass.
    books: Vec<[Option<usize>; PASSES]>,
}

fn damaged() -> VorbisError {
    VorbisError::Header { what: "a residue makes no sense" }
}

impl Residue {
    /// Reads a residue of a stream with these codebooks.
    pub(super) fn read(bits: &mut Bits<'_>, books: &[Codebook]) -> Result<Self, VorbisError> {
        Self::read_form(bits, books).ok_or_else(damaged)
    }

    fn read_form(bits: &mut Bits<'_>, books: &[Codebook]) -> Option<Self> {
        let kind = bits.read(16).filter(|kind| *kind <= 2)?;
        let [begin, end] = [bits.read(24)? as usize, bits.read(24)? as usize];
        let partition = bits.read(24)? as usize + 1;
        let classes = bits.read(6)? + 1;
        let class_book = bits.read(8)? as usize;
        if books.get(class_book)?.dimensions == 0 {
            return None;
        }
        let mut passes = Vec::new();
        for _ in 0..classes {
            let low = bits.read(3)?;
            let high = if bits.flag()? { bits.read(5)? } else { 0 };
            passes.push(high << 3 | low);
        }
        let mut class_books = Vec::new();
        for passes in passes {
            let mut of_class = [None; PASSES];
            for (pass, book) in of_class.iter_mut().enumerate() {
                if passes >> pass & 1 == 1 {
                    let number = bits.read(8)? as usize;
                    books.get(number).filter(|book| book.has_vectors())?;
                    *book = Some(number);
                }
            }
            class_books.push(of_class);
        }
        let is_spread = kind == 0;
        Some(Self { is_spread, begin, end, partition, class_book, books: class_books })
    }

    /// Adds a block's residue to `spectrum`; what the packet no longer has is left out.
    pub(super) fn add(&self, bits: &mut Bits<'_>, books: &[Codebook], spectrum: &mut [f32]) {
        let end = self.end.min(spectrum.len());
        let span = spectrum.get_mut(self.begin..end).unwrap_or_default();
        let mut classes = Vec::with_capacity(span.len() / self.partition);
        for pass in 0..PASSES {
            if self.add_pass(bits, books, pass, &mut classes, span).is_none() {
                return;
            }
        }
    }

    fn add_pass(
        &self,
        bits: &mut Bits<'_>,
        books: &[Codebook],
        pass: usize,
        classes: &mut Vec<usize>,
        span: &mut [f32],
    ) -> Option<()> {
        let class_book = &books[self.class_book];
        let parts = span.len() / self.partition;
        for (number, part) in span.chunks_exact_mut(self.partition).enumerate() {
            if pass == 0 && number % class_book.dimensions == 0 {
                let entry = class_book.entry(bits)?;
                self.push_classes(entry, class_book.dimensions, parts - number, classes);
            }
            if let Some(book) = self.books[classes[number]][pass] {
                self.add_part(bits, &books[book], part)?;
            }
        }
        Some(())
    }

    /// The classes of some partitions are the digits of one number, the highest first.
    /// Only the first `parts` of the `digits` are of partitions there are.
    fn push_classes(&self, mut number: u32, digits: usize, parts: usize, classes: &mut Vec<usize>) {
        let first = classes.len();
        classes.resize(first + digits.min(parts), 0);
        let base = u32::try_from(self.books.len()).unwrap_or(u32::MAX);
        // What is left of the highest digit that is not 0 stays 0, and so does all of one class.
        for place in (first..first + digits).rev().take_while(|_| base > 1) {
            if number == 0 {
                return;
            }
            if let Some(class) = classes.get_mut(place) {
                *class = (number % base) as usize;
            }
            number /= base;
        }
    }

    /// Adds vectors to a partition.
    fn add_part(&self, bits: &mut Bits<'_>, book: &Codebook, part: &mut [f32]) -> Option<()> {
        if self.is_spread {
            let step = part.len() / book.dimensions;
            for first in 0..step {
                let places = part[first..].iter_mut().step_by(step);
                places.zip(book.vector(bits)?).for_each(|(at, value)| *at += value);
            }
            return Some(());
        }
        for places in part.chunks_mut(book.dimensions) {
            places.iter_mut().zip(book.vector(bits)?).for_each(|(at, value)| *at += value);
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number's digits, the highest first.
    fn digits(mut number: u32, base: u32, count: usize) -> Vec<usize> {
        let mut digits = vec![0; count];
        for digit in digits.iter_mut().rev() {
            *digit = (number % base) as usize;
            number /= base;
        }
        digits
    }

    #[test]
    fn classes_are_digits_and_only_those_of_partitions_are_kept() {
        for classes in [1, 2, 3, 7, 64] {
            let books = vec![[None; PASSES]; classes];
            let residue =
                Residue { is_spread: false, begin: 0, end: 0, partition: 1, class_book: 0, books };
            for (number, count, parts) in
                [(0, 3, 9), (1_234_567, 8, 8), (65_535, 5, 3), (9, 60_000, 4)]
            {
                let base = u32::try_from(classes).unwrap();
                let mut found = vec![9];
                residue.push_classes(number, count, parts, &mut found);
                let wanted = digits(number, base, count);
                assert_eq!(found[0], 9);
                assert_eq!(found[1..], wanted[..count.min(parts)], "{classes} {number} {count}");
            }
        }
    }
}
