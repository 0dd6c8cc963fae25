//! Sequences of atoms, the form that LV2 has for events: written for a plug-in, and read with every
//! bound checked where the plug-in wrote them.

use super::urid::{Urid, map};
use crate::run::Guarded;

/// Bytes that the body of an atom comes after: its size and its type.
const ATOM_BYTES: usize = 8;
/// Bytes of a sequence before its first event.
const HEAD_BYTES: usize = ATOM_BYTES + 8;
/// Bytes of an event before its body: its frame, and its atom's.
const EVENT_BYTES: usize = 8 + ATOM_BYTES;
/// All that is in an atom starts at a multiple of so many bytes.
const ALIGNMENT: usize = 8;

/// Memory of a port that takes or gives events.
pub struct Sequence {
    memory: Guarded,
    sequence: Urid,
    chunk: Urid,
}

/// An event that a plug-in gave.
#[derive(Debug, PartialEq, Eq)]
pub struct Given<'a> {
    pub frame: i64,
    pub kind: Urid,
    pub body: &'a [u8],
}

impl Sequence {
    /// Room for a sequence of at least so many bytes, with its head.
    pub fn new(bytes: usize) -> std::io::Result<Self> {
        let bytes = bytes.next_multiple_of(64);
        let mut new = Self {
            memory: Guarded::new(bytes / size_of::<f32>())?,
            sequence: map(c"http://lv2plug.in/ns/ext/atom#Sequence"),
            chunk: map(c"http://lv2plug.in/ns/ext/atom#Chunk"),
        };
        new.clear();
        Ok(new)
    }

    /// Where it begins, for the plug-in. It stays there.
    pub fn as_mut_ptr(&mut self) -> *mut f32 {
        self.memory.as_mut_ptr()
    }

    fn bytes(&mut self) -> &mut [u8] {
        let samples = self.memory.samples();
        // SAFETY: the same memory, in which any bits are bytes.
        unsafe { std::slice::from_raw_parts_mut(samples.as_mut_ptr().cast(), size_of_val(samples)) }
    }

    fn set(&mut self, at: usize, value: u32) {
        self.bytes()[at..at + 4].copy_from_slice(&value.to_ne_bytes());
    }

    /// Makes it one without events.
    pub fn clear(&mut self) {
        self.set(0, 8);
        self.set(4, self.sequence);
        // The unit is frames, and then there is nothing.
        self.bytes()[ATOM_BYTES..HEAD_BYTES].fill(0);
    }

    /// Makes it room for what the plug-in gives.
    pub fn offer(&mut self) {
        let room = self.bytes().len() - ATOM_BYTES;
        self.set(0, u32::try_from(room).unwrap_or(u32::MAX));
        self.set(4, self.chunk);
        self.bytes()[ATOM_BYTES..HEAD_BYTES].fill(0);
    }

    /// Puts an event behind those that are there; false where there is no room for it.
    pub fn push(&mut self, frame: u32, kind: Urid, body: &[u8]) -> bool {
        let at = ATOM_BYTES + self.size();
        let end = (at + EVENT_BYTES + body.len()).next_multiple_of(ALIGNMENT);
        let Ok(size) = u32::try_from(end - ATOM_BYTES) else { return false };
        let Ok(body_bytes) = u32::try_from(body.len()) else { return false };
        let Some(place) = self.bytes().get_mut(at..end) else { return false };
        place[..8].copy_from_slice(&i64::from(frame).to_ne_bytes());
        place[8..12].copy_from_slice(&body_bytes.to_ne_bytes());
        place[12..16].copy_from_slice(&kind.to_ne_bytes());
        let (body_place, rest) = place[EVENT_BYTES..].split_at_mut(body.len());
        body_place.copy_from_slice(body);
        rest.fill(0);
        self.set(0, size);
        true
    }

    fn size(&mut self) -> usize {
        number(self.bytes(), 0).map_or(0, |size| size as usize)
    }

    /// The events in it, as far as they can be read; none where it is no sequence.
    pub fn events(&mut self) -> impl Iterator<Item = Given<'_>> {
        let is_sequence = number(self.bytes(), 4) == Some(self.sequence);
        let end = if is_sequence { ATOM_BYTES.saturating_add(self.size()) } else { 0 };
        let bytes = &*self.bytes();
        let mut rest = bytes.get(..end).and_then(|all| all.get(HEAD_BYTES..)).unwrap_or_default();
        std::iter::from_fn(move || {
            let frame = i64::from_ne_bytes(rest.get(..8)?.try_into().ok()?);
            let (size, kind) = (number(rest, 8)? as usize, number(rest, 12)?);
            let body = rest.get(EVENT_BYTES..EVENT_BYTES.checked_add(size)?)?;
            let next = (EVENT_BYTES + size).next_multiple_of(ALIGNMENT);
            rest = rest.get(next..).unwrap_or_default();
            Some(Given { frame, kind, body })
        })
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_back_padded_to_eight_bytes() {
        let mut sequence = Sequence::new(64).unwrap();
        assert!(sequence.push(3, 7, b"abc"));
        assert!(sequence.push(5, 8, b"12345678"));
        assert_eq!(sequence.size(), 8 + 24 + 24);
        assert!(!sequence.push(6, 9, b""), "there is room for 64 bytes");
        let wanted = [
            Given { frame: 3, kind: 7, body: b"abc" },
            Given { frame: 5, kind: 8, body: b"12345678" },
        ];
        assert_eq!(sequence.events().collect::<Vec<_>>(), wanted);
        sequence.clear();
        assert_eq!(sequence.events().count(), 0);
    }

    #[test]
    fn nothing_is_read_behind_the_end() {
        let mut sequence = Sequence::new(64).unwrap();
        sequence.offer();
        assert_eq!((sequence.size(), sequence.events().count()), (56, 0), "it is no sequence yet");
        sequence.clear();
        sequence.push(1, 7, b"ab");
        // A body, and then a whole sequence, that would reach further.
        sequence.set(HEAD_BYTES + 8, u32::MAX);
        assert_eq!(sequence.events().count(), 0);
        sequence.set(HEAD_BYTES + 8, 2);
        assert_eq!(sequence.events().count(), 1);
        sequence.set(0, u32::MAX);
        assert_eq!(sequence.events().count(), 0);
    }
}
