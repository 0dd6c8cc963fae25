//! Samples: where each lies in the data of a SoundFont, and at which pitch it was recorded.

use super::compressed::Compressed;
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

/// A sample, and between which frames generators may move it.
#[derive(Clone, Copy)]
pub(super) struct Stored {
    pub(super) sample: Sample,
    pub(super) bounds: (usize, usize),
}

/// All sample data with silence around it, the samples, and whether any was compressed.
pub(super) fn read(
    headers: &Records<'_, 46>,
    sdta: &[u8],
) -> Result<(Vec<f32>, Vec<Stored>, bool), SoundFontError> {
    let headers = headers.entries();
    // Where all are compressed, the data hold no frames.
    let has_frames = headers.iter().any(|header| !is_compressed(header));
    let mut data =
        if has_frames || headers.is_empty() { data(sdta)? } else { vec![0.0; 2 * GUARD] };
    let frames = data.len() - 2 * GUARD;
    let streams = riff::find(sdta, b"smpl")?.unwrap_or_default();
    let mut compressed = Compressed::new(streams);
    let mut samples = Vec::with_capacity(headers.len());
    for (number, header) in headers.iter().enumerate() {
        samples.push(if is_compressed(header) {
            compressed.sample(number, header, &mut data)?
        } else {
            plain(header, frames)
        });
    }
    Ok((data, samples, headers.iter().any(is_compressed)))
}

/// Bit 4 of a sample's type is that of Ogg Vorbis.
fn is_compressed(header: &[u8; 46]) -> bool {
    number(header, 44) & 0x10 != 0
}

/// A sample of frames, cut to the `frames` frames there are.
fn plain(header: &[u8; 46], frames: usize) -> Stored {
    let is_rom = number(header, 44) & 0x8000 != 0;
    let frames = if is_rom { 0 } else { frames };
    let at = |byte: usize| {
        usize::try_from(long_number(header, byte)).map_or(frames, |frame| frame.min(frames))
    };
    let (start, end) = (at(20), at(24).max(at(20)));
    let sample = placed(header, (start + GUARD, end + GUARD), (at(28) + GUARD, at(32) + GUARD));
    // Where a sample is silent, in ROM, nothing moves it to what is not its own.
    let bounds = if start == end { (start, end) } else { (0, frames) };
    Stored { sample, bounds: (bounds.0 + GUARD, bounds.1 + GUARD) }
}

/// The sample of a header at a range of the data, with its loop within that.
pub(super) fn placed(
    header: &[u8; 46],
    (start, end): (usize, usize),
    (loop_start, loop_end): (usize, usize),
) -> Sample {
    let [root_key, correction] = number(header, 40).to_le_bytes();
    Sample {
        start,
        end,
        loop_start: loop_start.clamp(start, end),
        loop_end: loop_end.clamp(start, end),
        // The specification's range is 400 to 50000; higher rates are in use.
        rate_hz: long_number(header, 36).clamp(400, 192_000),
        // 255 is a sound without pitch, what else is above 127 means nothing: 60 (7.10).
        root_key: if root_key > 127 { 60 } else { root_key },
        correction_cents: correction.cast_signed(),
    }
}

/// The sample data of `sdta` as numbers from -1 to 1, silence around it: 16 bits, and the 8 bits
/// below them where there are as many.
fn data(sdta: &[u8]) -> Result<Vec<f32>, SoundFontError> {
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
