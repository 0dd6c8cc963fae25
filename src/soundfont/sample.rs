//! Samples: where each lies in the data of a SoundFont, and at which pitch it was recorded.

use super::record::{Records, long_number, number};
use super::{SoundFontError, riff};

/// Frames of silence before and after all sample data, so that interpolation may look beyond.
pub(super) const GUARD: usize = 8;

/// A sample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// First frame in [`super::SoundFont::data`].
    pub start: usize,
    /// One past the last frame.
    pub end: usize,
    /// First frame of its loop.
    pub loop_start: usize,
    /// One past the last frame of its loop.
    pub loop_end: usize,
    /// Frames a second.
    pub rate_hz: u32,
    /// The key it was recorded at.
    pub root_key: u8,
    /// What to add to its pitch, in cents.
    pub correction_cents: i8,
}

/// The headers of all samples, each cut to the `frames` frames of data there are.
pub(super) fn samples(
    headers: &Records<'_, 46>,
    frames: usize,
) -> Result<Vec<Sample>, SoundFontError> {
    headers.entries().iter().map(|header| sample(header, frames)).collect()
}

fn sample(header: &[u8; 46], frames: usize) -> Result<Sample, SoundFontError> {
    let kind = number(header, 44);
    // Bit 4 is that of Ogg Vorbis.
    if kind & 0x10 != 0 {
        return Err(SoundFontError::Compressed);
    }
    let is_rom = kind & 0x8000 != 0;
    let frames = if is_rom { 0 } else { frames };
    let at = |byte: usize| {
        usize::try_from(long_number(header, byte)).map_or(frames, |frame| frame.min(frames))
    };
    let (start, end) = (at(20), at(24).max(at(20)));
    let [root_key, correction] = number(header, 40).to_le_bytes();
    Ok(Sample {
        start: start + GUARD,
        end: end + GUARD,
        loop_start: at(28).clamp(start, end) + GUARD,
        loop_end: at(32).clamp(start, end) + GUARD,
        // The specification's range is 400 to 50000; higher rates are in use.
        rate_hz: long_number(header, 36).clamp(400, 192_000),
        // 255 is a sound without pitch, what else is above 127 means nothing: 60 (7.10).
        root_key: if root_key > 127 { 60 } else { root_key },
        correction_cents: correction.cast_signed(),
    })
}

/// The sample data of `sdta` as numbers from -1 to 1, silence around it: 16 bits, and the 8 bits
/// below them where there are as many.
pub(super) fn data(sdta: &[u8]) -> Result<Vec<f32>, SoundFontError> {
    let high = riff::find(sdta, b"smpl")?.unwrap_or_default();
    let low = riff::find(sdta, b"sm24")?.unwrap_or_default();
    let high = high.as_chunks::<2>().0;
    let low = if low.len() >= high.len() { low } else { &[] };
    let mut data = Vec::with_capacity(high.len() + 2 * GUARD);
    data.resize(GUARD, 0.0);
    data.extend(high.iter().enumerate().map(|(frame, bytes)| {
        let [b, c] = *bytes;
        let a = low.get(frame).copied().unwrap_or(0);
        // In the upper bytes, for the sign; 24 bits fit into an f32.
        i32::from_le_bytes([0, a, b, c]) as f32 * (1.0 / 2_147_483_648.0)
    }));
    data.resize(data.len() + GUARD, 0.0);
    Ok(data)
}
