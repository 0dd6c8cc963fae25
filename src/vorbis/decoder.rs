//! From the bytes of a stream to its frames.

use super::VorbisError;
use super::bits::Bits;
use super::codebook::MAX_VALUES;
use super::ogg::Packets;
use super::setup::{Identification, Setup};
use super::transform::Transform;

/// Full scale of 16 bits.
const SCALE: f64 = 32_768.0;

/// A decoded stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Frames a second.
    pub rate_hz: u32,
    /// Its frames, rounded to 16 bits: to the nearest, halves away from zero, and clipped.
    pub frames: Vec<i16>,
    /// How many were decoded for that: more where pages say that some do not count.
    pub decoded_frames: usize,
}

/// How many streams' headers a decoder keeps what it made of: encoders write a few.
const KEPT_HEADERS: usize = 8;

/// Most values of the codebooks of all headers that a decoder makes something of: so that many
/// small streams of ever other headers take no more than seconds.
const MAX_HEADER_VALUES: usize = 1 << 26;

/// What headers count at least, for what is made of the smallest.
const LEAST_HEADER_VALUES: usize = 1 << 14;

/// Decodes the streams of a file; keeps what the last ones were decoded with, as streams of one
/// encoder often have the same headers.
pub struct Decoder {
    /// What was used last comes first.
    kept: Vec<Kept>,
    values_left: usize,
}

/// The headers of a stream, and what was made of them.
struct Kept {
    sizes: [usize; 2],
    setup: Vec<u8>,
    tools: Tools,
}

impl Default for Decoder {
    fn default() -> Self {
        Self { kept: Vec::new(), values_left: MAX_HEADER_VALUES }
    }
}

impl Decoder {
    /// Decodes a stream of at most `most` frames.
    ///
    /// # Errors
    /// Where it is none, is damaged, is too long, or needs what is not supported.
    pub fn decode(&mut self, bytes: &[u8], most: usize) -> Result<Stream, VorbisError> {
        let found = Packets::read(bytes, most)?;
        if found.count() < 3 {
            return Err(VorbisError::Header { what: "some are missing" });
        }
        let identification = Identification::read(found.packet(0))?;
        let tools = self.tools(identification.sizes, found.packet(2))?;
        let first = found.first.map(|(packets, position)| (packets - 3, position));
        let end = usize::try_from(found.frames).unwrap_or(usize::MAX);
        if end > most {
            return Err(VorbisError::TooLong { frames: most });
        }
        let mut blocks = Blocks::default();
        let mut frames = Vec::new();
        // Where the stream's time 0 is: some of what is decoded first may lie before it.
        let mut skipped = 0;
        for number in 3..found.count() {
            tools.add(found.packet(number), &mut blocks, &mut frames);
            if let Some((count, position)) = first
                && count == number - 2
            {
                skipped = frames.len().saturating_sub(usize::try_from(position).unwrap_or(0));
            }
            if frames.len() > most {
                return Err(VorbisError::TooLong { frames: most });
            }
            let is_past_first = first.is_none_or(|(count, _)| count <= number - 2);
            if is_past_first && frames.len() >= end.saturating_add(skipped) {
                break;
            }
        }
        let decoded_frames = frames.len();
        frames.truncate(end.saturating_add(skipped));
        frames.drain(..skipped.min(frames.len()));
        Ok(Stream { rate_hz: identification.rate_hz, frames, decoded_frames })
    }

    /// What streams with these headers are decoded with.
    fn tools(&mut self, sizes: [usize; 2], setup: &[u8]) -> Result<&mut Tools, VorbisError> {
        let same = |kept: &Kept| kept.sizes == sizes && kept.setup == setup;
        let kept = match self.kept.iter().position(same) {
            Some(at) => self.kept.remove(at),
            None => {
                let left = self.values_left.min(MAX_VALUES);
                let (read, values) = Setup::read(setup, left)?;
                self.values_left = self
                    .values_left
                    .checked_sub(values.max(LEAST_HEADER_VALUES))
                    .ok_or(VorbisError::Header { what: "there are too many different ones" })?;
                Kept { sizes, setup: setup.to_owned(), tools: Tools::new(sizes, read) }
            }
        };
        self.kept.truncate(KEPT_HEADERS - 1);
        self.kept.insert(0, kept);
        Ok(&mut self.kept[0].tools)
    }
}

/// What a stream is decoded with.
struct Tools {
    setup: Setup,
    /// Of short and of long blocks.
    transforms: [Transform; 2],
    spectrum: Vec<f32>,
    block: Vec<f32>,
}

/// The second half of the last block, and whether it was long.
#[derive(Default)]
struct Blocks {
    last: Option<(bool, Vec<f32>)>,
}

impl Tools {
    fn new(sizes: [usize; 2], setup: Setup) -> Self {
        let [_, long] = sizes;
        Self {
            setup,
            transforms: sizes.map(Transform::new),
            spectrum: vec![0.0; long / 2],
            block: vec![0.0; long],
        }
    }

    /// Appends what a packet completes to `frames`: nothing where it is the first. What is no packet
    /// of audio is left out.
    fn add(&mut self, packet: &[u8], blocks: &mut Blocks, frames: &mut Vec<i16>) {
        let Some(is_long) = self.read(packet) else { return };
        let size = self.transforms[usize::from(is_long)].size();
        let block = &self.block[..size];
        if let Some((was_long, last)) = &blocks.last {
            self.overlap((*was_long, last), (is_long, block), frames);
        }
        let (_, kept) = blocks.last.get_or_insert_default();
        kept.clear();
        kept.extend(&block[size / 2..]);
        if let Some((was_long, _)) = &mut blocks.last {
            *was_long = is_long;
        }
    }

    /// Makes `block` that of `packet`; true where it is long.
    fn read(&mut self, packet: &[u8]) -> Option<bool> {
        let bits = &mut Bits::new(packet);
        if bits.flag()? {
            return None;
        }
        let mode = *self.setup.modes.get(bits.read(self.setup.mode_bits())? as usize)?;
        if mode.is_long {
            // The sizes of the blocks around it, which are known from those themselves.
            bits.read(2)?;
        }
        let transform = &mut self.transforms[usize::from(mode.is_long)];
        let size = transform.size();
        let spectrum = &mut self.spectrum[..size / 2];
        spectrum.fill(0.0);
        let floor = &self.setup.floors[mode.floor];
        if let Some(heights) = floor.heights(bits, &self.setup.books) {
            self.setup.residues[mode.residue].add(bits, &self.setup.books, spectrum);
            floor.apply(&heights, spectrum);
        }
        if spectrum.iter().all(|value| *value == 0.0) {
            // Silence takes no time, or small files could take long.
            self.block[..size].fill(0.0);
        } else {
            transform.inverse(spectrum, &mut self.block[..size]);
        }
        Some(mode.is_long)
    }

    /// Appends what lies between the middles of two blocks: they overlap by the slope of the
    /// shorter one, at the middle of it.
    fn overlap(&self, last: (bool, &[f32]), next: (bool, &[f32]), frames: &mut Vec<i16>) {
        let slope = &self.transforms[usize::from(last.0 && next.0)].slope;
        let (last, next) = (last.1, &next.1[..next.1.len() / 2]);
        let before = (last.len() - slope.len()) / 2;
        let after = (next.len() - slope.len()) / 2;
        frames.extend(last[..before].iter().map(|value| rounded(*value)));
        let falling = last[before..].iter().zip(slope.iter().rev());
        let rising = next[after..].iter().zip(slope);
        frames.extend(
            falling
                .zip(rising)
                .map(|((last, fall), (next, rise))| rounded(last * fall + next * rise)),
        );
        frames.extend(next[after + slope.len()..].iter().map(|value| rounded(*value)));
    }
}

/// A sample of 16 bits; what is no number is silence.
#[inline]
#[allow(clippy::cast_possible_truncation)] // It saturates.
fn rounded(value: f32) -> i16 {
    let steps = f64::from(value) * SCALE;
    // Exact, as no f32 has so many digits.
    (steps + 0.5_f64.copysign(steps)) as i16
}

#[cfg(test)]
mod tests {
    use super::super::write;
    use super::*;

    #[test]
    fn headers_count_once_for_as_long_as_they_are_kept() {
        let streams = [8_000, 11_025].map(|rate_hz| write(&[1; 500], rate_hz, &[true]));
        let mut decoder = Decoder::default();
        decoder.decode(&streams[0], 10_000).unwrap();
        let cost = MAX_HEADER_VALUES - decoder.values_left;
        assert!(cost >= LEAST_HEADER_VALUES);
        // Another rate needs nothing else.
        for stream in streams.iter().cycle().take(20) {
            decoder.decode(stream, 10_000).unwrap();
        }
        assert_eq!(decoder.values_left, MAX_HEADER_VALUES - cost);
        decoder.kept.clear();
        decoder.values_left = cost - 1;
        let refused = decoder.decode(&streams[0], 10_000).unwrap_err();
        assert!(matches!(refused, VorbisError::Header { .. }), "{refused}");
    }
}
