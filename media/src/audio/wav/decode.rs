//! Bytes of a WAV file to f32 samples.
//!
//! Exact where f32 can hold the value (8, 16, 24 bits), else rounded once to nearest, ties to
//! even. Integers are scaled by a power of two, so that -1.0 is the lowest one.

use wavemill_core::simd::{Kernel, Lanes, SimdLevel, dispatch, prefetch};

use super::WavSampleFormat;

/// 2^-31: full scale of a 32-bit integer.
const SCALE_32: f32 = 1.0 / 2_147_483_648.0;
const SCALE_16: f32 = 1.0 / 32_768.0;
const SCALE_8: f32 = 1.0 / 128.0;

/// Decodes samples of `format` from `bytes`, as many as `out` has room for.
pub(crate) fn decode(level: SimdLevel, format: WavSampleFormat, bytes: &[u8], out: &mut [f32]) {
    dispatch(level, usize::MAX, Decode { format, bytes, out });
}

/// Decodes stereo frames of 24 bits from `bytes` into the lanes `first` and `first + 1` of `block`
/// (`[frame][lanes]`), as many as that has.
pub(crate) fn decode_24_pairs(
    level: SimdLevel,
    bytes: &[u8],
    block: &mut [f32],
    lanes: usize,
    first: usize,
) {
    dispatch(level, usize::MAX, Pairs24 { bytes, block, lanes, first });
}

struct Pairs24<'a> {
    bytes: &'a [u8],
    block: &'a mut [f32],
    lanes: usize,
    first: usize,
}

impl Kernel for Pairs24<'_> {
    type Output = ();

    /// Two frames at a time from sixteen bytes, of which four belong to the next frame: the last
    /// ones are copied, for behind them the file may end.
    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { mut bytes, block, lanes, first } = self;
        // The CPU fetches ahead what is read in one go, but every block starts elsewhere: in the next
        // file. So each block fetches what comes behind it in its own.
        let next = block.len() / lanes * 6;
        let mut rows = block;
        while let (Some((row, rest)), false) = (rows.split_at_mut_checked(lanes), bytes.is_empty())
        {
            prefetch(bytes, next);
            let four = match bytes.first_chunk::<16>() {
                Some(sixteen) => L::four_from_24_bits(sixteen),
                None => L::four_from_24_bits(&last(bytes)),
            };
            row[first..first + 2].copy_from_slice(&four[..2]);
            let Some((row, rest)) = rest.split_at_mut_checked(lanes) else { return };
            row[first..first + 2].copy_from_slice(&four[2..]);
            rows = rest;
            bytes = bytes.get(12..).unwrap_or_default();
        }
    }
}

/// What is left of the bytes, with zeros behind.
#[cold]
fn last(rest: &[u8]) -> [u8; 16] {
    let mut sixteen = [0; 16];
    for (to, from) in sixteen.iter_mut().zip(rest) {
        *to = *from;
    }
    sixteen
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
        decode_all::<L>(self.format, self.bytes, self.out);
    }
}

#[inline(always)]
fn decode_all<L: Lanes>(format: WavSampleFormat, bytes: &[u8], out: &mut [f32]) {
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
        WavSampleFormat::Signed24 => decode_24::<L>(bytes, out),
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

/// 24-bit samples, four at a time from sixteen bytes, of which the last four are the next one's.
#[inline(always)]
fn decode_24<L: Lanes>(mut bytes: &[u8], out: &mut [f32]) {
    let (groups, rest) = out.as_chunks_mut::<4>();
    for group in groups {
        let Some(sixteen) = bytes.first_chunk::<16>() else {
            *group = L::four_from_24_bits(&last(bytes));
            bytes = bytes.get(12..).unwrap_or_default();
            continue;
        };
        *group = L::four_from_24_bits(sixteen);
        bytes = &bytes[12..];
    }
    let count = rest.len();
    rest.copy_from_slice(&L::four_from_24_bits(&last(bytes))[..count]);
}
