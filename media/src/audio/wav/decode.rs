//! Bytes of a WAV file to f32 samples.
//!
//! Exact where f32 can hold the value (8, 16, 24 bits), else rounded once to nearest, ties to
//! even. Integers are scaled by a power of two, so that -1.0 is the lowest one.

use wavemill_core::simd::{Kernel, Lanes, SimdLevel, dispatch};

use super::WavSampleFormat;

/// 2^-31: full scale of a 32-bit integer.
const SCALE_32: f32 = 1.0 / 2_147_483_648.0;
const SCALE_16: f32 = 1.0 / 32_768.0;
const SCALE_8: f32 = 1.0 / 128.0;

/// Decodes samples of `format` from `bytes` into `out`; the shorter of the two decides how many.
pub(crate) fn decode(level: SimdLevel, format: WavSampleFormat, bytes: &[u8], out: &mut [f32]) {
    dispatch(level, usize::MAX, Decode { format, bytes, out });
}

/// Flat loops, which the compiler makes as wide as the level allows.
struct Decode<'a> {
    format: WavSampleFormat,
    bytes: &'a [u8],
    out: &'a mut [f32],
}

impl Kernel for Decode<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        decode_all(self.format, self.bytes, self.out);
    }
}

#[inline(always)]
fn decode_all(format: WavSampleFormat, bytes: &[u8], out: &mut [f32]) {
    match format {
        WavSampleFormat::Unsigned8 => {
            for (out, &byte) in out.iter_mut().zip(bytes) {
                *out = (f32::from(byte) - 128.0) * SCALE_8;
            }
        }
        WavSampleFormat::Signed16 => {
            for (out, &sample) in out.iter_mut().zip(bytes.as_chunks::<2>().0) {
                *out = f32::from(i16::from_le_bytes(sample)) * SCALE_16;
            }
        }
        WavSampleFormat::Signed24 => decode_24(bytes, out),
        WavSampleFormat::Signed32 => {
            for (out, &sample) in out.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *out = i32::from_le_bytes(sample) as f32 * SCALE_32;
            }
        }
        WavSampleFormat::Float32 => {
            for (out, &sample) in out.iter_mut().zip(bytes.as_chunks::<4>().0) {
                *out = f32::from_le_bytes(sample);
            }
        }
        WavSampleFormat::Float64 => {
            for (out, &sample) in out.iter_mut().zip(bytes.as_chunks::<8>().0) {
                *out = narrow(f64::from_le_bytes(sample));
            }
        }
    }
}

// Rounding to f32 is the meaning of this function.
#[allow(clippy::cast_possible_truncation)]
#[inline(always)]
fn narrow(value: f64) -> f32 {
    value as f32
}

/// 24-bit samples, four at a time from three words: 12 bytes cost 3 loads instead of 12.
///
/// A sample sits in the upper 24 bits of an i32, which f32 holds exactly.
#[inline(always)]
fn decode_24(bytes: &[u8], out: &mut [f32]) {
    let (groups, rest) = bytes.as_chunks::<12>();
    let (out_groups, _) = out.as_chunks_mut::<4>();
    let done = groups.len().min(out_groups.len());
    for (out, group) in out_groups.iter_mut().zip(groups) {
        let word = |at: usize| {
            u32::from_le_bytes([group[at], group[at + 1], group[at + 2], group[at + 3]])
        };
        let (w0, w1, w2) = (word(0), word(4), word(8));
        let high =
            [w0 << 8, (w1 << 16) | ((w0 >> 16) & 0xFF00), (w2 << 24) | ((w1 >> 8) & 0xFF_FF00), w2];
        for (out, high) in out.iter_mut().zip(high) {
            *out = (high & 0xFFFF_FF00).cast_signed() as f32 * SCALE_32;
        }
    }
    let bytes = if done < groups.len() { &bytes[done * 12..] } else { rest };
    for (out, &[b0, b1, b2]) in out[done * 4..].iter_mut().zip(bytes.as_chunks::<3>().0) {
        *out = i32::from_le_bytes([0, b0, b1, b2]) as f32 * SCALE_32;
    }
}
