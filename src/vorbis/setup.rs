//! The headers of a Vorbis stream: what its packets are decoded with.

use super::VorbisError;
use super::bits::{Bits, width};
use super::codebook::Codebook;
use super::floor::Floor;
use super::residue::Residue;

/// What a stream's first header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identification {
    /// Frames a second.
    pub(super) rate_hz: u32,
    /// Frames of short and of long blocks.
    pub(super) sizes: [usize; 2],
}

/// What a stream's third header says.
pub(super) struct Setup {
    pub(super) books: Vec<Codebook>,
    pub(super) floors: Vec<Floor>,
    pub(super) residues: Vec<Residue>,
    pub(super) modes: Vec<Mode>,
}

/// How a block is stored.
#[derive(Clone, Copy)]
pub(super) struct Mode {
    pub(super) is_long: bool,
    pub(super) floor: usize,
    pub(super) residue: usize,
}

fn damaged(what: &'static str) -> VorbisError {
    VorbisError::Header { what }
}

/// What follows the kind and the name of a header; `None` where it is another packet.
fn content(packet: &[u8], kind: u8) -> Option<&[u8]> {
    packet.strip_prefix(&[kind])?.strip_prefix(b"vorbis")
}

impl Identification {
    pub(super) fn read(packet: &[u8]) -> Result<Self, VorbisError> {
        let wrong = || damaged("the first one is no Vorbis header");
        let header = content(packet, 1).and_then(<[u8]>::first_chunk::<23>).ok_or_else(wrong)?;
        let channels = header[4];
        let rate_hz = u32::from_le_bytes([header[5], header[6], header[7], header[8]]);
        let [short, long] = [header[21] & 15, header[21] >> 4];
        let is_whole = header[..4] == [0; 4] && rate_hz > 0 && header[22] & 1 == 1;
        if !is_whole || !(6..=13).contains(&short) || !(short..=13).contains(&long) {
            return Err(wrong());
        }
        if channels != 1 {
            return Err(VorbisError::Channels { channels });
        }
        Ok(Self { rate_hz, sizes: [1 << short, 1 << long] })
    }
}

/// Some parts of one kind: their number, less one, then each.
fn list<T>(
    bits: &mut Bits<'_>,
    count_bits: u32,
    what: &'static str,
    mut part: impl FnMut(&mut Bits<'_>) -> Result<T, VorbisError>,
) -> Result<Vec<T>, VorbisError> {
    let count = bits.read(count_bits).ok_or(damaged(what))? + 1;
    (0..count).map(|_| part(bits)).collect()
}

impl Setup {
    /// Reads a setup whose codebooks have at most `most` values, and says how many they have.
    pub(super) fn read(packet: &[u8], most: usize) -> Result<(Self, usize), VorbisError> {
        let header = content(packet, 5).ok_or(damaged("the third one is no setup"))?;
        let bits = &mut Bits::new(header);
        let mut left = most;
        let books =
            list(bits, 8, "there are no codebooks", |bits| Codebook::read(bits, &mut left))?;
        list(bits, 6, "there is no time domain", |bits| {
            bits.read(16).filter(|kind| *kind == 0).ok_or(damaged("the time domain is no zero"))
        })?;
        let floors = list(bits, 6, "there are no floors", |bits| Floor::read(bits, books.len()))?;
        let residues = list(bits, 6, "there are no residues", |bits| Residue::read(bits, &books))?;
        let counts = [floors.len(), residues.len()];
        let mappings = list(bits, 6, "there are no mappings", |bits| {
            mapping(bits, counts).ok_or(damaged("a mapping makes no sense"))
        })?;
        let modes = list(bits, 6, "there are no modes", |bits| {
            mode(bits, &mappings).ok_or(damaged("a mode makes no sense"))
        })?;
        if bits.flag() != Some(true) {
            return Err(damaged("the setup is cut short"));
        }
        Ok((Self { books, floors, residues, modes }, most - left))
    }

    /// Bits that choose a mode.
    pub(super) fn mode_bits(&self) -> u32 {
        width(u32::try_from(self.modes.len()).unwrap_or(u32::MAX) - 1)
    }
}

/// The floor and the residue that a mapping gives the one channel.
fn mapping(bits: &mut Bits<'_>, counts: [usize; 2]) -> Option<[usize; 2]> {
    bits.read(16).filter(|kind| *kind == 0)?;
    let submaps = if bits.flag()? { bits.read(4)? as usize + 1 } else { 1 };
    // One channel has none to be coupled with; then come two reserved bits.
    if bits.flag()? || bits.read(2)? != 0 {
        return None;
    }
    let chosen = if submaps > 1 { bits.read(4)? as usize } else { 0 };
    let mut found = None;
    for submap in 0..submaps {
        bits.read(8)?;
        let parts = [bits.read(8)? as usize, bits.read(8)? as usize];
        if parts[0] >= counts[0] || parts[1] >= counts[1] {
            return None;
        }
        if submap == chosen {
            found = Some(parts);
        }
    }
    found
}

fn mode(bits: &mut Bits<'_>, mappings: &[[usize; 2]]) -> Option<Mode> {
    let is_long = bits.flag()?;
    // The window and the transform, of which there is one each.
    if bits.read(32)? != 0 {
        return None;
    }
    let [floor, residue] = *mappings.get(bits.read(8)? as usize)?;
    Some(Mode { is_long, floor, residue })
}
