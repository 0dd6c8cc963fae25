//! The packets of an Ogg stream, and how many frames it says it has.

use super::VorbisError;

/// Bytes of a page before the lengths of its segments.
const HEAD: usize = 27;

/// What an Ogg stream holds.
pub(super) struct Packets {
    /// What its packets hold, one behind the other: they may be many and small.
    content: Vec<u8>,
    /// Where each ends in it.
    ends: Vec<usize>,
    /// Of the first page that ends a packet after the three headers: how many packets there are up
    /// to its end, and its position, unless the stream ends with it.
    pub(super) first: Option<(usize, u64)>,
    /// The position at the end of the last page: frames.
    pub(super) frames: u64,
}

/// A page.
struct Page<'a> {
    is_continued: bool,
    is_last: bool,
    position: u64,
    serial: u32,
    sequence: u32,
    segments: &'a [u8],
    content: &'a [u8],
}

/// Frames between the middles of two of the shortest blocks there may be.
const SHORTEST_STEP: usize = 32;

/// The position of a page on which no packet ends.
const NO_POSITION: u64 = u64::MAX;

impl Packets {
    /// Takes a stream apart that may have at most `most` frames.
    pub(super) fn read(mut bytes: &[u8], most: usize) -> Result<Self, VorbisError> {
        if !bytes.starts_with(b"OggS") {
            return Err(VorbisError::NotOgg);
        }
        let mut found = Self { content: Vec::new(), ends: Vec::new(), first: None, frames: 0 };
        // Each but the headers and the first one completes so many frames at least.
        let most_packets = most / SHORTEST_STEP + 16;
        let mut serial = None;
        for number in 0.. {
            let damaged = || VorbisError::Page { page: number + 1 };
            let (page, rest) = Page::read(bytes).ok_or_else(damaged)?;
            let is_next = *serial.get_or_insert(page.serial) == page.serial
                && page.sequence as usize == number
                && page.is_continued == found.is_open();
            if !is_next {
                return Err(damaged());
            }
            found.add(&page);
            if found.ends.len() > most_packets {
                return Err(VorbisError::TooLong { frames: most });
            }
            if page.is_last || rest.is_empty() {
                break;
            }
            bytes = rest;
        }
        Ok(found)
    }

    /// How many packets there are.
    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    /// Packet `number`; empty where there is none.
    pub(super) fn packet(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).and_then(|before| self.ends.get(before));
        let range = self.ends.get(number).map(|end| start.copied().unwrap_or(0)..*end);
        range.and_then(|range| self.content.get(range)).unwrap_or_default()
    }

    /// True where the last packet goes on on the next page.
    fn is_open(&self) -> bool {
        self.content.len() > self.ends.last().copied().unwrap_or(0)
    }

    fn add(&mut self, page: &Page<'_>) {
        let mut content = page.content;
        for segment in page.segments {
            let (part, rest) = content.split_at(usize::from(*segment).min(content.len()));
            content = rest;
            self.content.extend(part);
            if *segment < 255 {
                self.ends.push(self.content.len());
            }
        }
        if page.position != NO_POSITION && self.count() > 3 {
            self.frames = page.position;
            if !page.is_last {
                self.first.get_or_insert((self.ends.len(), page.position));
            }
        }
    }
}

impl<'a> Page<'a> {
    /// The page that `bytes` start with and what follows it; `None` where it is damaged.
    fn read(bytes: &'a [u8]) -> Option<(Self, &'a [u8])> {
        let length = length(bytes)?;
        let (page, rest) = bytes.split_at_checked(length)?;
        if number(page, 22) != checksum(page) {
            return None;
        }
        let (segments, content) = page[HEAD..].split_at_checked(usize::from(page[26]))?;
        let position = u64::from(number(page, 10)) << 32 | u64::from(number(page, 6));
        let page = Self {
            is_continued: page[5] & 1 == 1,
            is_last: page[5] & 4 == 4,
            position,
            serial: number(page, 14),
            sequence: number(page, 18),
            segments,
            content,
        };
        Some((page, rest))
    }
}

/// The length of the page that `bytes` start with.
fn length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.first_chunk::<HEAD>()?;
    if !head.starts_with(b"OggS\0") {
        return None;
    }
    let segments = usize::from(head[26]);
    let content: usize =
        bytes.get(HEAD..HEAD + segments)?.iter().map(|segment| usize::from(*segment)).sum();
    Some(HEAD + segments + content)
}

/// The little-endian number of four bytes at byte `at`.
fn number(page: &[u8], at: usize) -> u32 {
    page.get(at..).and_then(<[u8]>::first_chunk).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// The checksum of a page: CRC-32 by 0x04c11db7 from the highest bit on, its own bytes as zeros.
fn checksum(page: &[u8]) -> u32 {
    page.iter().enumerate().fold(0, |sum: u32, (at, byte)| {
        let byte = if (22..26).contains(&at) { 0 } else { *byte };
        sum << 8 ^ CRC[(sum >> 24 ^ u32::from(byte)) as usize]
    })
}

/// The checksums of all bytes.
const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[allow(clippy::cast_possible_truncation)] // Below 256.
        let mut sum = (byte as u32) << 24;
        let mut bit = 0;
        while bit < 8 {
            sum = if sum >> 31 == 1 { sum << 1 ^ 0x04c1_1db7 } else { sum << 1 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

/// Makes the checksums of all pages right: for tests that change what is in them.
pub fn repair(mut bytes: &mut [u8]) {
    while let Some(length) = length(bytes) {
        let Some((page, rest)) = bytes.split_at_mut_checked(length) else { return };
        let sum = checksum(page).to_le_bytes();
        page[22..26].copy_from_slice(&sum);
        bytes = rest;
    }
}

/// Segments of the pages that are written: few, so that packets go on over pages.
const SEGMENTS: usize = 40;

/// The bytes of a stream of `packets`, each with the position at its end.
pub(super) fn write(packets: &[(Vec<u8>, u64)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Segments: their bytes, and the position where a packet ends with them.
    let mut segments: Vec<(&[u8], Option<u64>)> = Vec::new();
    for (packet, position) in packets {
        segments.extend(packet.chunks_exact(255).map(|part| (part, None)));
        segments.push((packet.chunks_exact(255).remainder(), Some(*position)));
    }
    let mut pages = Vec::new();
    // The first header has a page of its own, and so do the two after it.
    let headers = segments.iter().enumerate().filter(|(_, (_, end))| end.is_some());
    let cuts: Vec<usize> = headers.map(|(at, _)| at + 1).take(3).collect();
    let mut rest = segments.as_slice();
    for cut in [cuts.first(), cuts.get(2)].into_iter().flatten() {
        let (page, after) = rest.split_at(cut - (segments.len() - rest.len()));
        pages.extend(page.chunks(255));
        rest = after;
    }
    pages.extend(rest.chunks(SEGMENTS));
    let mut is_continued = false;
    for (number, page) in pages.iter().enumerate() {
        let is_last = number + 1 == pages.len();
        let flags = u8::from(is_continued) | u8::from(number == 0) << 1 | u8::from(is_last) << 2;
        append(&mut bytes, page, flags, number);
        is_continued = page.last().is_some_and(|(_, end)| end.is_none());
    }
    repair(&mut bytes);
    bytes
}

/// Appends a page without its checksum.
fn append(bytes: &mut Vec<u8>, page: &[(&[u8], Option<u64>)], flags: u8, number: usize) {
    let count = |count: usize| u8::try_from(count).unwrap_or(u8::MAX);
    let position = page.iter().rev().find_map(|(_, end)| *end).unwrap_or(NO_POSITION);
    bytes.extend(b"OggS\0");
    bytes.push(flags);
    bytes.extend(position.to_le_bytes());
    bytes.extend(1_u32.to_le_bytes());
    bytes.extend(u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes());
    bytes.extend([0; 4]);
    bytes.push(count(page.len()));
    bytes.extend(page.iter().map(|(part, _)| count(part.len())));
    page.iter().for_each(|(part, _)| bytes.extend(*part));
}
