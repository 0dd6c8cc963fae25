//! The bits of a packet, the lowest of each byte first.

/// A reader of the bits of a packet.
pub(super) struct Bits<'a> {
    bytes: &'a [u8],
    /// The next bit.
    at: usize,
}

impl<'a> Bits<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// The next `count` bits, at most 32, as a number; `None` where there are fewer.
    pub(super) fn read(&mut self, count: u32) -> Option<u32> {
        let value = self.peek();
        self.skip(count)?;
        let mask = if count == 0 { 0 } else { u32::MAX >> (32 - count) };
        Some(value & mask)
    }

    /// The next bit; `None` at the end.
    pub(super) fn flag(&mut self) -> Option<bool> {
        self.read(1).map(|bit| bit == 1)
    }

    /// The next 32 bits, zeros after the last.
    #[inline]
    #[allow(clippy::cast_possible_truncation)] // The lower half.
    pub(super) fn peek(&self) -> u32 {
        let rest = self.bytes.get(self.at / 8..).unwrap_or_default();
        let word = match rest.first_chunk::<8>() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None => rest.iter().rev().fold(0, |word: u64, byte| word << 8 | u64::from(*byte)),
        };
        (word >> (self.at % 8)) as u32
    }

    /// Goes on by `count` bits; `None` where there are fewer, and then none is left.
    #[inline]
    pub(super) fn skip(&mut self, count: u32) -> Option<()> {
        self.at += count as usize;
        if self.at > 8 * self.bytes.len() {
            self.at = 8 * self.bytes.len();
            return None;
        }
        Some(())
    }
}

/// Bits that hold the numbers up to `value`.
pub(super) fn width(value: u32) -> u32 {
    32 - value.leading_zeros()
}
