//! System exclusive messages as events: cut into parts that are no larger than other events.

/// Bytes of a part.
const PART_BYTES: usize = 16;

/// A part of a system exclusive message: up to 16 of its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExclusivePart {
    bytes: [u8; PART_BYTES],
    count: u8,
    is_first: bool,
    is_last: bool,
}

impl ExclusivePart {
    /// The parts, in order, of the message of `bytes`, which are those between F0 and F7.
    pub fn parts(bytes: &[u8]) -> impl Iterator<Item = Self> + '_ {
        let count = bytes.len().div_ceil(PART_BYTES).max(1);
        (0..count).map(move |index| {
            let rest = bytes.get(index * PART_BYTES..).unwrap_or_default();
            let inside = &rest[..rest.len().min(PART_BYTES)];
            let mut part = [0; PART_BYTES];
            part[..inside.len()].copy_from_slice(inside);
            Self {
                bytes: part,
                count: u8::try_from(inside.len()).unwrap_or(0),
                is_first: index == 0,
                is_last: index + 1 == count,
            }
        })
    }

    /// Its bytes.
    pub fn bytes(&self) -> &[u8] {
        let count = usize::from(self.count).min(PART_BYTES);
        &self.bytes[..count]
    }

    /// True where a message starts with it.
    pub const fn is_first(&self) -> bool {
        self.is_first
    }

    /// True where a message ends with it.
    pub const fn is_last(&self) -> bool {
        self.is_last
    }

    /// As numbers: how many bytes it has and where it stands, and its bytes.
    pub(super) fn words(&self) -> (u8, u8, [u64; 2]) {
        let place = u8::from(self.is_first) | u8::from(self.is_last) << 1;
        let (words, _) = self.bytes.as_chunks::<8>();
        (self.count, place, [words[0], words[1]].map(u64::from_le_bytes))
    }

    /// The part that [`Self::words`] gives these numbers for; `None` where none does.
    pub(super) fn of_words(count: u8, place: u8, words: [u64; 2]) -> Option<Self> {
        let mut bytes = [0; PART_BYTES];
        for (eight, word) in bytes.chunks_exact_mut(8).zip(words) {
            eight.copy_from_slice(&word.to_le_bytes());
        }
        let used = bytes.get(..usize::from(count))?;
        let is_data = used.iter().all(|byte| *byte < 0x80) && place < 4;
        let (is_first, is_last) = (place & 1 != 0, place & 2 != 0);
        is_data.then_some(Self { bytes, count, is_first, is_last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_the_message_again() {
        for length in [0, 1, 15, 16, 17, 32, 1_000] {
            let message: Vec<u8> = (0_u8..128).cycle().take(length).collect();
            let parts: Vec<ExclusivePart> = ExclusivePart::parts(&message).collect();
            assert_eq!(parts.len(), message.len().div_ceil(16).max(1));
            let bytes: Vec<u8> = parts.iter().flat_map(|part| part.bytes().to_vec()).collect();
            assert_eq!(bytes, message);
            for (index, part) in parts.iter().enumerate() {
                assert_eq!(part.is_first(), index == 0, "{length} {index}");
                assert_eq!(part.is_last(), index + 1 == parts.len(), "{length} {index}");
                let (count, place, words) = part.words();
                assert_eq!(ExclusivePart::of_words(count, place, words), Some(*part));
            }
        }
        assert_eq!(ExclusivePart::of_words(17, 3, [0; 2]), None);
        assert_eq!(ExclusivePart::of_words(16, 4, [0; 2]), None);
        assert_eq!(ExclusivePart::of_words(1, 3, [0x80, 0]), None);
        assert!(ExclusivePart::of_words(1, 3, [0x8000, 0]).is_some(), "that byte is not used");
    }
}
