//! Codebooks: prefix codes for numbers, and the vectors those numbers stand for.

use super::VorbisError;
use super::bits::{Bits, width};

/// Codes up to this length are looked up at once.
const FAST_BITS: u32 = 9;

/// Most numbers in all vectors of a stream's codebooks together, and most of their entries: some
/// fifty times what encoders write.
pub(super) const MAX_VALUES: usize = 1 << 22;

/// A codebook.
pub(super) struct Codebook {
    /// Numbers in a vector.
    pub(super) dimensions: usize,
    /// The entry and the length of the code that starts with the index; length 0 where it is longer.
    fast: Vec<(u32, u8)>,
    /// All codes from the first bit on, left-aligned and ascending, with their lengths and entries.
    codes: Vec<(u32, u8, u32)>,
    /// The vectors of all entries; none where entries stand for numbers only.
    vectors: Vec<f32>,
}

fn damaged() -> VorbisError {
    VorbisError::Header { what: "a codebook makes no sense" }
}

impl Codebook {
    /// Reads a codebook. `left` is how many values there may still be.
    pub(super) fn read(bits: &mut Bits<'_>, left: &mut usize) -> Result<Self, VorbisError> {
        if bits.read(24) != Some(0x56_4342) {
            return Err(damaged());
        }
        let dimensions = bits.read(16).ok_or_else(damaged)? as usize;
        let entries = bits.read(24).ok_or_else(damaged)? as usize;
        *left = left
            .checked_sub(entries.saturating_mul(dimensions.max(1)))
            .ok_or(VorbisError::Header { what: "its codebooks are too large" })?;
        let lengths = lengths(bits, entries).ok_or_else(damaged)?;
        let codes = codes(&lengths)?;
        let vectors = vectors(bits, entries, dimensions).ok_or_else(damaged)?;
        Ok(Self { dimensions, fast: fast(&codes), codes, vectors })
    }

    /// True where its entries stand for vectors.
    pub(super) fn has_vectors(&self) -> bool {
        !self.vectors.is_empty()
    }

    /// The entry of the code that comes next; `None` at the end of the packet.
    #[inline]
    pub(super) fn entry(&self, bits: &mut Bits<'_>) -> Option<u32> {
        let next = bits.peek();
        let (entry, length) = self.fast[(next & ((1 << FAST_BITS) - 1)) as usize];
        if length > 0 {
            bits.skip(u32::from(length))?;
            return Some(entry);
        }
        let next = next.reverse_bits();
        let after = self.codes.partition_point(|(code, ..)| *code <= next);
        let (_, length, entry) = self.codes.get(after.checked_sub(1)?)?;
        bits.skip(u32::from(*length))?;
        Some(*entry)
    }

    /// The vector of the code that comes next; `None` at the end of the packet.
    #[inline]
    pub(super) fn vector(&self, bits: &mut Bits<'_>) -> Option<&[f32]> {
        let first = self.entry(bits)? as usize * self.dimensions;
        self.vectors.get(first..first + self.dimensions)
    }
}

/// The length of each entry's code; 0 where it has none.
#[allow(clippy::cast_possible_truncation)] // At most 32.
fn lengths(bits: &mut Bits<'_>, entries: usize) -> Option<Vec<u8>> {
    let mut lengths = Vec::new();
    if bits.flag()? {
        let mut length = bits.read(5)? + 1;
        while lengths.len() < entries {
            let left = entries - lengths.len();
            let count = bits.read(width(u32::try_from(left).ok()?))? as usize;
            if count > left || length > 32 {
                return None;
            }
            lengths.resize(lengths.len() + count, length as u8);
            length += 1;
        }
        return Some(lengths);
    }
    let is_sparse = bits.flag()?;
    for _ in 0..entries {
        let is_used = !is_sparse || bits.flag()?;
        lengths.push(if is_used { bits.read(5)? as u8 + 1 } else { 0 });
    }
    Some(lengths)
}

/// The codes of entries: each gets the lowest that is left of its length (3.2.1).
#[allow(clippy::cast_possible_truncation)] // At most 2^24 entries.
fn codes(lengths: &[u8]) -> Result<Vec<(u32, u8, u32)>, VorbisError> {
    // The branches that are free: at each length at most one.
    let mut free: [Option<u32>; 33] = [None; 33];
    free[0] = Some(0);
    let mut codes = Vec::new();
    for (entry, length) in lengths.iter().enumerate().filter(|(_, length)| **length > 0) {
        let wanted = usize::from(*length);
        let from = (0..=wanted).rev().find(|at| free[*at].is_some()).ok_or_else(damaged)?;
        let code = free[from].take().unwrap_or_default();
        for (at, free) in free.iter_mut().enumerate().take(wanted + 1).skip(from + 1) {
            *free = Some(code | 1 << (32 - at));
        }
        codes.push((code, *length, entry as u32));
    }
    // A code alone leaves its other half free (errata of 2015).
    let is_alone = matches!(codes[..], [(_, 1, _)]);
    if is_alone {
        codes.push((1 << 31, 1, codes[0].2));
    } else if !codes.is_empty() && free.iter().any(Option::is_some) {
        return Err(damaged());
    }
    codes.sort_unstable();
    Ok(codes)
}

/// What [`Codebook::fast`] says of `codes`.
fn fast(codes: &[(u32, u8, u32)]) -> Vec<(u32, u8)> {
    let mut fast = vec![(0, 0); 1 << FAST_BITS];
    for (code, length, entry) in codes {
        if u32::from(*length) <= FAST_BITS {
            let first = code.reverse_bits() as usize;
            fast[first..].iter_mut().step_by(1 << length).for_each(|at| *at = (*entry, *length));
        }
    }
    fast
}

/// The vectors of all entries.
fn vectors(bits: &mut Bits<'_>, entries: usize, dimensions: usize) -> Option<Vec<f32>> {
    let kind = bits.read(4)?;
    if kind == 0 {
        return Some(Vec::new());
    }
    let (minimum, step) = (float(bits.read(32)?), float(bits.read(32)?));
    let value_bits = bits.read(4)? + 1;
    let is_sum = bits.flag()?;
    let per_dimension = match kind {
        1 => root(entries, dimensions),
        2 => entries.checked_mul(dimensions)?,
        _ => return None,
    };
    let values: Option<Vec<u32>> = (0..per_dimension).map(|_| bits.read(value_bits)).collect();
    let values = values?;
    let mut vectors = Vec::with_capacity(entries * dimensions);
    for entry in 0..entries {
        let (mut last, mut rest) = (0.0, entry);
        for dimension in 0..dimensions {
            let at = if kind == 1 { rest % per_dimension } else { entry * dimensions + dimension };
            let value = *values.get(at)? as f32 * step + minimum + last;
            if is_sum {
                last = value;
            }
            rest /= per_dimension;
            vectors.push(value);
        }
    }
    Some(vectors)
}

/// The greatest number whose power by `dimensions` is at most `entries`.
fn root(entries: usize, dimensions: usize) -> usize {
    let Ok(dimensions) = u32::try_from(dimensions) else { return 0 };
    if dimensions == 0 {
        return 0;
    }
    let fits = |root: usize| root.checked_pow(dimensions).is_some_and(|power| power <= entries);
    // One dimension needs no search; of two or more the root is at most 4,096.
    if dimensions == 1 { entries } else { (0..=4_096).take_while(|root| fits(*root)).count() - 1 }
}

/// A number of 32 bits in the form of 9.2.2: sign, exponent of ten bits, mantissa.
#[allow(clippy::cast_possible_truncation)] // Rounded once.
fn float(bits: u32) -> f32 {
    let mantissa = f64::from(bits & 0x1f_ffff);
    // From -788 to 235: a normal number.
    let exponent = u64::from(bits >> 21 & 0x3ff) + 1_023 - 788;
    let value = mantissa * f64::from_bits(exponent << 52);
    (if bits >> 31 == 1 { -value } else { value }) as f32
}
