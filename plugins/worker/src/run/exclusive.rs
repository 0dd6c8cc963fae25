//! System exclusive messages put together again, as every format wants them: from F0 to F7.

use wavemill_core::process::ExclusivePart;
use wavemill_plugins::run::MAX_EVENTS;

/// A message begins with this byte, and ends with that one.
pub const START: u8 = 0xf0;
pub const END: u8 = 0xf7;

/// Bytes that the messages of a batch have at most: a part has up to 16, and may be a whole message.
const MAX_BYTES: usize = MAX_EVENTS as usize * (16 + 2);

/// The messages of a block, one behind the other. They stay where they are until it is over.
pub struct Exclusives {
    bytes: Vec<u8>,
    /// Where the one begins that is not whole yet.
    open: Option<usize>,
}

impl Exclusives {
    /// None. Memory that is reserved and not written to is not taken.
    pub fn new() -> Self {
        Self { bytes: Vec::with_capacity(MAX_BYTES), open: None }
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.open = None;
    }

    /// Takes a part, and gives the message that is whole with it.
    pub fn take(&mut self, part: &ExclusivePart) -> Option<&[u8]> {
        if part.is_first() {
            self.open = Some(self.bytes.len());
        }
        let from = self.open?;
        // Memory that moved would no longer be where plug-ins were told that it is. A batch has no more
        // parts than there is room for, so nothing that anyone sends is lost here.
        let more = usize::from(part.is_first()) + part.bytes().len() + usize::from(part.is_last());
        if self.bytes.len() + more > self.bytes.capacity() {
            self.open = None;
            return None;
        }
        if part.is_first() {
            self.bytes.push(START);
        }
        self.bytes.extend_from_slice(part.bytes());
        if !part.is_last() {
            return None;
        }
        self.open = None;
        self.bytes.push(END);
        self.bytes.get(from..)
    }
}

/// The bytes between F0 and F7 of `message`, where it is a whole system exclusive one.
pub fn inside(message: &[u8]) -> Option<&[u8]> {
    let [START, inside @ .., END] = message else { return None };
    inside.iter().all(|byte| *byte < 0x80).then_some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_whole_again_and_stay_where_they_are() {
        let mut all = Exclusives::new();
        let long: Vec<u8> = (0..100).collect();
        let mut places = Vec::new();
        for message in [&long[..], &[], &[7]] {
            let parts: Vec<ExclusivePart> = ExclusivePart::parts(message).collect();
            let (last, before) = parts.split_last().unwrap();
            assert!(before.iter().all(|part| all.take(part).is_none()));
            let whole = all.take(last).unwrap();
            assert_eq!(inside(whole), Some(message));
            places.push((whole.as_ptr(), whole.to_vec()));
        }
        let (first, bytes) = &places[0];
        assert!(all.bytes.starts_with(bytes) && all.bytes.as_ptr() == *first);
        all.clear();
        let parts: Vec<ExclusivePart> = ExclusivePart::parts(&long).collect();
        assert_eq!(all.take(parts.last().unwrap()), None, "it has no beginning");
    }

    #[test]
    fn all_that_a_batch_may_have_fits_and_nothing_moves() {
        let mut all = Exclusives::new();
        let start = all.bytes.as_ptr();
        let part = ExclusivePart::parts(&[1; 16]).next().unwrap();
        for _ in 0..MAX_EVENTS {
            assert_eq!(all.take(&part).map(<[u8]>::len), Some(18));
        }
        while all.take(&part).is_some() {}
        assert_eq!(all.bytes.as_ptr(), start);
    }

    #[test]
    fn what_is_no_whole_message_is_none() {
        for none in [&[][..], &[START], &[END], &[START, 1], &[START, 0x80, END], &[0x90, 60, END]]
        {
            assert_eq!(inside(none), None, "{none:?}");
        }
        assert_eq!(inside(&[START, END]), Some(&[][..]));
    }
}
