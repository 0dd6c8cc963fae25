//! A small FLAC encoder for tests: constant, verbatim and fixed-predictor blocks with Rice codes.

/// How the samples of a block are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Subframe {
    Verbatim,
    /// Fixed predictor of order 1, one Rice partition.
    Fixed,
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    free: u32,
}

impl Bits {
    fn put(&mut self, value: u64, width: u32) {
        for bit in (0..width).rev() {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            self.free -= 1;
            let bit = u8::try_from((value >> bit) & 1).unwrap();
            *self.bytes.last_mut().unwrap() |= bit << self.free;
        }
    }

    fn put_signed(&mut self, value: i64, width: u32) {
        self.put(value.cast_unsigned() & ((1 << width) - 1), width);
    }

    fn align(&mut self) {
        self.free = 0;
    }
}

/// A cyclic redundancy check, most significant bit first, starting at zero.
fn crc(bytes: &[u8], polynomial: u32, width: u32) -> u32 {
    let top = 1 << (width - 1);
    bytes.iter().fold(0, |crc, &byte| {
        (0..8).fold(crc ^ (u32::from(byte) << (width - 8)), |crc, _| {
            let shifted = (crc << 1) & ((1 << width) - 1);
            if crc & top == 0 { shifted } else { shifted ^ polynomial }
        })
    })
}

/// A frame number as in extended UTF-8.
fn number(bits: &mut Bits, value: u32) {
    match value {
        0..0x80 => bits.put(u64::from(value), 8),
        0x80..0x800 => {
            bits.put(u64::from(0xC0 | value >> 6), 8);
            bits.put(u64::from(0x80 | value & 0x3F), 8);
        }
        _ => {
            bits.put(u64::from(0xE0 | value >> 12), 8);
            bits.put(u64::from(0x80 | (value >> 6) & 0x3F), 8);
            bits.put(u64::from(0x80 | value & 0x3F), 8);
        }
    }
}

/// A FLAC file of `samples`, interleaved, `bits` wide, in blocks of `block` frames. `say_length`
/// leaves the length in the stream information out where false.
pub(crate) fn encode(
    samples: &[i32],
    channels: usize,
    rate_hz: u32,
    bits: u32,
    block: usize,
    subframe: Subframe,
    say_length: bool,
) -> Vec<u8> {
    let frames = samples.len() / channels;
    let mut head = Bits::default();
    for byte in b"fLaC\x00\x00\x00\x22" {
        head.put(u64::from(*byte), 8);
    }
    head.put(block as u64, 16);
    head.put(block as u64, 16);
    head.put(0, 48);
    head.put(u64::from(rate_hz), 20);
    head.put(channels as u64 - 1, 3);
    head.put(u64::from(bits) - 1, 5);
    head.put(if say_length { frames as u64 } else { 0 }, 36);
    head.put(0, 64);
    head.put(0, 64);
    // A last block of padding, so that there is metadata to skip.
    head.put(0x8100_0005, 32);
    head.put(0, 40);
    let mut file = head.bytes;
    for (index, block) in samples.chunks(block * channels).enumerate() {
        file.extend(frame(index, block, channels, bits, subframe));
    }
    file
}

fn frame(index: usize, samples: &[i32], channels: usize, bits: u32, subframe: Subframe) -> Vec<u8> {
    let frames = samples.len() / channels;
    let mut out = Bits::default();
    // Sync code, fixed blocks; 16-bit block size at the end of the header, rate from the head.
    out.put(0xFFF8, 16);
    out.put(0x70, 8);
    out.put(channels as u64 - 1, 4);
    let code = match bits {
        8 => 1,
        16 => 4,
        24 => 6,
        _ => 0,
    };
    out.put(code << 1, 4);
    number(&mut out, u32::try_from(index).unwrap());
    out.put(frames as u64 - 1, 16);
    let check = crc(&out.bytes, 0x07, 8);
    out.put(u64::from(check), 8);
    for channel in 0..channels {
        let plane: Vec<i64> =
            samples.iter().skip(channel).step_by(channels).map(|&s| i64::from(s)).collect();
        if plane.iter().all(|&sample| sample == plane[0]) {
            out.put(0, 8);
            out.put_signed(plane[0], bits);
        } else if subframe == Subframe::Verbatim {
            out.put(1 << 1, 8);
            plane.iter().for_each(|&sample| out.put_signed(sample, bits));
        } else {
            out.put(9 << 1, 8);
            out.put_signed(plane[0], bits);
            rice(&mut out, &plane);
        }
    }
    out.align();
    let check = crc(&out.bytes, 0x8005, 16);
    out.put(u64::from(check), 16);
    out.bytes
}

/// First differences as one partition of 5-bit-parameter Rice codes.
fn rice(out: &mut Bits, plane: &[i64]) {
    let folded: Vec<u64> = plane
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .map(|d| ((d << 1) ^ (d >> 63)).cast_unsigned())
        .collect();
    let mean = folded.iter().sum::<u64>() / folded.len().max(1) as u64;
    let parameter = (0..30).find(|&p| mean >> p <= 1).unwrap_or(30);
    out.put(1, 2);
    out.put(0, 4);
    out.put(u64::from(parameter), 5);
    for value in folded {
        for _ in 0..value >> parameter {
            out.put(0, 1);
        }
        out.put(1, 1);
        out.put(value & ((1 << parameter) - 1), parameter);
    }
}
