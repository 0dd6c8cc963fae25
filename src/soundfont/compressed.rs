//! Compressed samples (SF3): each stream decoded once, behind the data there are.

use std::collections::BTreeMap;

use super::SoundFontError;
use super::record::long_number;
use super::sample::{GUARD, Stored, placed};
use crate::vorbis::{Decoder, VorbisError};

/// Most frames of all compressed samples together: 100 minutes at 44.1 kHz, 1 GiB of memory.
const MAX_FRAMES: usize = 1 << 28;

/// How often the bytes of a file may be decoded in all: streams may overlap, as samples may.
const MAX_READS: usize = 2;

/// The compressed samples of a file.
pub(super) struct Compressed<'a> {
    streams: &'a [u8],
    decoder: Decoder,
    /// The data at which each range of bytes was decoded.
    decoded: BTreeMap<(usize, usize), (usize, usize)>,
    frames_left: usize,
    bytes_left: usize,
}

impl<'a> Compressed<'a> {
    pub(super) fn new(streams: &'a [u8]) -> Self {
        Self {
            streams,
            decoder: Decoder::default(),
            decoded: BTreeMap::new(),
            frames_left: MAX_FRAMES,
            bytes_left: streams.len().saturating_mul(MAX_READS),
        }
    }

    /// The sample of `header`, whose frames are appended to `data` unless they are there already.
    pub(super) fn sample(
        &mut self,
        number: usize,
        header: &[u8; 46],
        data: &mut Vec<f32>,
    ) -> Result<Stored, SoundFontError> {
        let at = |byte: usize| {
            usize::try_from(long_number(header, byte)).unwrap_or(usize::MAX).min(self.streams.len())
        };
        let stream = (at(20), at(24).max(at(20)));
        let (start, end) = match self.decoded.get(&stream) {
            Some(range) => *range,
            None => self.decode(stream, data).map_err(|error| match error {
                Refused::Stream(error) => {
                    SoundFontError::Sample { sample: number, name: name(header), error }
                }
                Refused::File(error) => error,
            })?,
        };
        let in_loop = |byte: usize| {
            let frame = usize::try_from(long_number(header, byte)).unwrap_or(usize::MAX);
            start.saturating_add(frame)
        };
        let sample = placed(header, (start, end), (in_loop(28), in_loop(32)));
        // Its neighbours in memory are none of the file's.
        Ok(Stored { sample, bounds: (start, end) })
    }

    /// Decodes a range of bytes: the range of `data` where its frames are, silence behind it.
    fn decode(
        &mut self,
        stream: (usize, usize),
        data: &mut Vec<f32>,
    ) -> Result<(usize, usize), Refused> {
        let bytes = self.streams.get(stream.0..stream.1).unwrap_or_default();
        self.bytes_left = self.bytes_left.checked_sub(bytes.len()).ok_or_else(too_many_bytes)?;
        let start = data.len();
        // A sample of nothing is silent, as it is where samples are not compressed.
        if !bytes.is_empty() {
            let decoded = self.decoder.decode(bytes, self.frames_left);
            // The rate that counts is that of the header, which is the one editors show.
            let frames = decoded.map_err(|error| match error {
                VorbisError::TooLong { .. } => too_many_frames(),
                error => Refused::Stream(error),
            })?;
            self.frames_left = self.frames_left.saturating_sub(frames.decoded_frames);
            data.extend(frames.frames.iter().map(|frame| f32::from(*frame) / 32_768.0));
        }
        let range = (start, data.len());
        data.resize(data.len() + GUARD, 0.0);
        self.decoded.insert(stream, range);
        Ok(range)
    }
}

/// Why a sample is refused, or the file.
enum Refused {
    Stream(VorbisError),
    File(SoundFontError),
}

fn too_many_frames() -> Refused {
    let what = "frames in compressed samples";
    Refused::File(SoundFontError::TooMany { what, limit: MAX_FRAMES })
}

fn too_many_bytes() -> Refused {
    let what = "readings of all compressed samples, which overlap";
    Refused::File(SoundFontError::TooMany { what, limit: MAX_READS })
}

/// What a header calls its sample.
fn name(header: &[u8; 46]) -> String {
    let name = header[..20].split(|byte| *byte == 0).next().unwrap_or_default();
    String::from_utf8_lossy(name).trim().to_owned()
}
