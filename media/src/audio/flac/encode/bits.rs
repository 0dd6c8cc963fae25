//! Bits into bytes, the most significant first.

/// Bytes being made of bits.
#[derive(Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// The last bits that do not make a byte yet, fewer than eight, above rubbish.
    pending: u64,
    held: u32,
}

impl BitWriter {
    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.bytes.clear();
        self.held = 0;
    }

    /// The whole bytes so far.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Appends the lowest `width` bits of `value`, at most 56.
    #[inline]
    pub(super) fn put(&mut self, value: u64, width: u32) {
        let masked = value & ((1 << width) - 1);
        self.pending = (self.pending << width) | masked;
        self.held += width;
        // All whole bytes at once, from the top of a word.
        let whole = self.held / 8;
        self.held %= 8;
        let word = (self.pending >> self.held) << (64 - 8 * whole).min(63);
        self.bytes.extend_from_slice(&word.to_be_bytes()[..whole as usize]);
    }

    /// Appends the two's complement of `value` in `width` bits.
    pub(super) fn put_signed(&mut self, value: i32, width: u32) {
        self.put(i64::from(value).cast_unsigned(), width);
    }

    /// Appends as many zeros and a one.
    pub(super) fn put_unary(&mut self, zeros: u32) {
        for _ in 0..zeros / 32 {
            self.put(0, 32);
        }
        self.put(1, zeros % 32 + 1);
    }

    /// Fills the last byte with zeros.
    pub(super) fn align(&mut self) {
        self.put(0, (8 - self.held % 8) % 8);
    }
}

#[cfg(test)]
mod tests {
    use super::BitWriter;

    #[test]
    fn bits_lie_in_the_order_they_came() {
        let mut bits = BitWriter::default();
        bits.put(0b101, 3);
        bits.put_signed(-1, 5);
        bits.put_unary(2);
        bits.put(u64::MAX, 56);
        bits.align();
        assert_eq!(
            bits.bytes(),
            [0b1011_1111, 0b0011_1111, 255, 255, 255, 255, 255, 255, 0b1110_0000]
        );
        bits.clear();
        bits.put_unary(70);
        bits.align();
        assert_eq!(bits.bytes(), [0, 0, 0, 0, 0, 0, 0, 0, 0b0000_0010]);
    }
}
