//! The chunks of a file: walked where it is read, put together where it is written.

use wavemill_core::time::Ticks;

/// A chunk of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chunk<'a> {
    pub(super) id: [u8; 4],
    pub(super) data: &'a [u8],
    /// Bytes that it promises and that are not there.
    pub(super) missing: usize,
}

/// Takes the next chunk off `bytes`; none where less than the head of one is left.
pub(super) fn next_chunk<'a>(bytes: &mut &'a [u8]) -> Option<Chunk<'a>> {
    let (id, rest) = bytes.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let length = usize::try_from(u32::from_be_bytes(*length)).unwrap_or(usize::MAX);
    let there = length.min(rest.len());
    let (data, rest) = rest.split_at(there);
    *bytes = rest;
    Some(Chunk { id: *id, data, missing: length - there })
}

/// Appends a chunk to `out`; false where it is too long for its length.
pub(super) fn put_chunk(out: &mut Vec<u8>, id: &[u8; 4], data: &[u8]) -> bool {
    let Ok(length) = u32::try_from(data.len()) else { return false };
    out.extend(id);
    out.extend(length.to_be_bytes());
    out.extend(data);
    true
}

/// The longest time between two events.
const MAX_DELTA: u64 = (1 << 28) - 1;

/// The events of a track as they are written.
#[derive(Debug, Default)]
pub(super) struct EventBytes {
    bytes: Vec<u8>,
    at: Ticks,
}

impl EventBytes {
    /// Writes the time of the next event, which is not before the last one.
    fn delta(&mut self, at: Ticks) {
        let mut delta = (at - self.at).0.unsigned_abs();
        self.at = at;
        while delta > MAX_DELTA {
            put_number(&mut self.bytes, MAX_DELTA);
            // A text of no length: it only passes time.
            self.bytes.extend([0xFF, 0x01, 0x00]);
            delta -= MAX_DELTA;
        }
        put_number(&mut self.bytes, delta);
    }

    /// Writes a meta event.
    pub(super) fn meta(&mut self, at: Ticks, kind: u8, data: &[u8]) {
        self.delta(at);
        self.bytes.extend([0xFF, kind]);
        put_number(&mut self.bytes, data.len() as u64);
        self.bytes.extend(data);
    }

    /// Writes a system exclusive message, given without its F0 and F7.
    pub(super) fn system_exclusive(&mut self, at: Ticks, data: &[u8]) {
        self.delta(at);
        self.bytes.push(0xF0);
        put_number(&mut self.bytes, data.len() as u64 + 1);
        self.bytes.extend(data);
        self.bytes.push(0xF7);
    }

    /// Writes what `write` appends, a message of a channel.
    pub(super) fn message(&mut self, at: Ticks, write: impl FnOnce(&mut Vec<u8>)) {
        self.delta(at);
        write(&mut self.bytes);
    }

    /// The track's bytes, which end at `end` or with the last event.
    pub(super) fn finish(mut self, end: Ticks) -> Vec<u8> {
        self.meta(end.max(self.at), 0x2F, &[]);
        self.bytes
    }
}

/// Appends a number of up to 28 bits, seven a byte.
fn put_number(out: &mut Vec<u8>, number: u64) {
    for shift in [21, 14, 7] {
        if number >> shift > 0 {
            out.push(0x80 | seven(number >> shift));
        }
    }
    out.push(seven(number));
}

/// The lowest seven bits.
#[allow(clippy::cast_possible_truncation)] // Masked.
const fn seven(number: u64) -> u8 {
    (number & 0x7F) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_the_specification() {
        let told = |number| {
            let mut out = Vec::new();
            put_number(&mut out, number);
            out
        };
        assert_eq!(told(0), [0]);
        assert_eq!(told(0x7F), [0x7F]);
        assert_eq!(told(0x80), [0x81, 0]);
        assert_eq!(told(0x3FFF), [0xFF, 0x7F]);
        assert_eq!(told(0x4000), [0x81, 0x80, 0]);
        assert_eq!(told(0x0FFF_FFFF), [0xFF, 0xFF, 0xFF, 0x7F]);
    }

    #[test]
    fn long_times_are_passed_in_pieces() {
        let mut events = EventBytes::default();
        let far = Ticks(3 * (1 << 28) + 5);
        events.meta(far, 0x06, b"x");
        let bytes = events.finish(Ticks::ZERO);
        let mut at = 0;
        for event in midly::EventIter::new(&bytes) {
            at += u64::from(event.unwrap().delta.as_int());
        }
        assert_eq!(at, far.0.unsigned_abs());
    }

    #[test]
    fn a_chunk_that_is_cut_says_how_much_is_missing() {
        let mut bytes = &b"MTrk\0\0\0\x05abc"[..];
        assert_eq!(next_chunk(&mut bytes), Some(Chunk { id: *b"MTrk", data: b"abc", missing: 2 }));
        assert_eq!(next_chunk(&mut bytes), None);
        assert_eq!(next_chunk(&mut &b"MTr"[..]), None);
        let mut out = Vec::new();
        assert!(put_chunk(&mut out, b"MTrk", b"ab"));
        assert_eq!(out, b"MTrk\0\0\0\x02ab");
    }
}
