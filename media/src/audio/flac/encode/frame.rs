//! Frames: a header, the channels as they are or as sum and difference, a check.

use super::bits::BitWriter;
use super::check::{crc8, crc16};
use super::subframe::{Search, Subframe};

/// Frames of audio in a block, the last one excepted.
pub(in super::super) const BLOCK_FRAMES: usize = 4_096;

/// Left, right, middle and side.
const PLANES: usize = 4;

/// Two channels as two subframes: the planes, the extra bits of each, and the format's name for it.
const STEREO: [([usize; 2], u64); 4] =
    [([0, 1], 0b0001), ([0, 3], 0b1000), ([3, 1], 0b1001), ([2, 3], 0b1010)];

/// Makes frames of blocks.
#[derive(Debug)]
pub(in super::super) struct FrameEncoder {
    channels: usize,
    width: u32,
    rate_hz: u32,
    planes: Vec<Subframe>,
    search: Search,
    bits: BitWriter,
}

impl FrameEncoder {
    /// An encoder of so many channels (1 to 8) of samples of `width` bits (16 or 24).
    pub(in super::super) fn new(channels: usize, width: u32, rate_hz: u32) -> Self {
        let planes = (0..channels.max(PLANES)).map(|_| Subframe::default()).collect();
        let (search, bits) = (Search::default(), BitWriter::default());
        Self { channels, width, rate_hz, planes, search, bits }
    }

    /// The frame of a block of 1 to [`BLOCK_FRAMES`] interleaved frames, the `number`-th.
    pub(in super::super) fn encode(&mut self, samples: &[i32], number: u32) -> &[u8] {
        let (planes, assignment) = self.plan(samples);
        self.bits.clear();
        self.header(samples.len() / self.channels, number, assignment);
        for plane in planes {
            self.planes[plane].write(&mut self.bits);
        }
        self.bits.align();
        let check = crc16(self.bits.bytes());
        self.bits.put(u64::from(check), 16);
        self.bits.bytes()
    }

    /// Which planes are written, and the number that says so.
    fn plan(&mut self, samples: &[i32]) -> (Vec<usize>, u64) {
        let (width, search) = (self.width, &mut self.search);
        let channels = self.channels;
        for (channel, plane) in self.planes.iter_mut().enumerate().take(channels) {
            plane.plan(samples.iter().skip(channel).step_by(channels).copied(), width, search);
        }
        if channels != 2 {
            return ((0..channels).collect(), channels as u64 - 1);
        }
        let pairs = || samples.chunks_exact(2);
        self.planes[2].plan(pairs().map(|pair| (pair[0] + pair[1]) >> 1), width, search);
        self.planes[3].plan(pairs().map(|pair| pair[0] - pair[1]), width + 1, search);
        let bits = |planes: &[usize; 2]| planes.iter().map(|p| self.planes[*p].bits()).sum::<u64>();
        let best = STEREO.iter().min_by_key(|(planes, _)| bits(planes));
        best.map_or((vec![0, 1], 1), |(planes, assignment)| (planes.to_vec(), *assignment))
    }

    fn header(&mut self, frames: usize, number: u32, assignment: u64) {
        let (rate_code, rate_value, rate_bits) = rate_code(self.rate_hz);
        let whole = frames == BLOCK_FRAMES;
        // The sync code, and that all blocks are of one size.
        self.bits.put(0xFFF8, 16);
        self.bits.put(if whole { 0b1100 } else { 0b0111 }, 4);
        self.bits.put(rate_code, 4);
        self.bits.put(assignment, 4);
        self.bits.put(if self.width == 16 { 0b100 } else { 0b110 }, 3);
        self.bits.put(0, 1);
        self.put_number(number);
        if !whole {
            self.bits.put(frames as u64 - 1, 16);
        }
        self.bits.put(rate_value, rate_bits);
        let check = crc8(self.bits.bytes());
        self.bits.put(u64::from(check), 8);
    }

    /// A number of up to 31 bits in the form that UTF-8 had before it was cut to 21.
    fn put_number(&mut self, number: u32) {
        let number = u64::from(number);
        if number < 0x80 {
            return self.bits.put(number, 8);
        }
        // Bytes after the first have 6 bits each, the first as many as are left.
        let significant = number.ilog2() + 1;
        let following = (1..5).find(|following| significant <= 5 * following + 6).unwrap_or(5);
        let first_bits = 6 - following;
        let mark = (0xFF << (first_bits + 1)) & 0xFF;
        self.bits.put(mark | number >> (6 * following), 8);
        for byte in (0..following).rev() {
            self.bits.put(0x80 | (number >> (6 * byte)) & 0x3F, 8);
        }
    }
}

/// How a header names a rate: a code, and for rates without one of their own a number of so many
/// bits.
fn rate_code(rate_hz: u32) -> (u64, u64, u32) {
    let hz = u64::from(rate_hz);
    let common =
        [88_200, 176_400, 192_000, 8_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000];
    match common.iter().position(|common| *common == rate_hz) {
        Some(index) => (index as u64 + 1, 0, 0),
        None if hz < 1 << 16 => (13, hz, 16),
        None if hz % 10 == 0 && hz / 10 < 1 << 16 => (14, hz / 10, 16),
        // As the stream information says.
        None => (0, 0, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Up to 21 bits the form is that of UTF-8 today.
    #[test]
    fn numbers_are_written_as_utf_8() {
        for number in [0, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xFFFF, 0x1_0000, 0x10_FFFF] {
            let mut encoder = FrameEncoder::new(1, 16, 48_000);
            encoder.put_number(number);
            let text = char::from_u32(number).unwrap().to_string();
            assert_eq!(encoder.bits.bytes(), text.as_bytes(), "{number:#x}");
        }
        for (number, bytes) in [
            (0x1F_FFFF, &[0xF7, 0xBF, 0xBF, 0xBF][..]),
            (0x20_0000, &[0xF8, 0x88, 0x80, 0x80, 0x80]),
            (0x3FF_FFFF, &[0xFB, 0xBF, 0xBF, 0xBF, 0xBF]),
            (0x400_0000, &[0xFC, 0x84, 0x80, 0x80, 0x80, 0x80]),
            (0x7FFF_FFFF, &[0xFD, 0xBF, 0xBF, 0xBF, 0xBF, 0xBF]),
        ] {
            let mut encoder = FrameEncoder::new(1, 16, 48_000);
            encoder.put_number(number);
            assert_eq!(encoder.bits.bytes(), bytes, "{number:#x}");
        }
    }
}
