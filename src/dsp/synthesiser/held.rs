//! The keys that are down, for playing one voice: the last of them sounds.

use crate::process::{StateError, StateReader, StateWriter};

/// Most keys remembered; the first is forgotten for one more.
const KEYS: usize = 32;

/// A key that is down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct HeldKey {
    pub(super) note: u64,
    pub(super) channel: u8,
    pub(super) key: u8,
}

/// The keys that are down, in the order in which they went down.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    keys: [HeldKey; KEYS],
    count: usize,
}

impl Held {
    pub(super) fn push(&mut self, key: HeldKey) {
        if self.count == KEYS {
            self.keys.copy_within(1.., 0);
            self.count -= 1;
        }
        self.keys[self.count] = key;
        self.count += 1;
    }

    /// Forgets the keys that `is` names.
    pub(super) fn remove(&mut self, is: impl Fn(&HeldKey) -> bool) {
        let mut kept = 0;
        for index in 0..self.count {
            if !is(&self.keys[index]) {
                self.keys[kept] = self.keys[index];
                kept += 1;
            }
        }
        self.count = kept;
    }

    pub(super) fn last(&self) -> Option<HeldKey> {
        self.keys[..self.count].last().copied()
    }

    pub(super) fn save(&self, state: &mut StateWriter) {
        state.word(self.count as u64);
        for held in &self.keys[..self.count] {
            state.word(held.note);
            state.word(u64::from(held.channel) | u64::from(held.key) << 8);
        }
    }

    pub(super) fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        let count = usize::try_from(state.word()?).map_err(|_| StateError)?;
        let mut held = Self { count, ..Self::default() };
        for key in held.keys.get_mut(..count).ok_or(StateError)? {
            let note = state.word()?;
            let [channel, number, ..] = state.word()?.to_le_bytes();
            *key = HeldKey { note, channel: channel & 15, key: number };
        }
        Ok(held)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_key_down_is_the_last_of_those_held() {
        let mut held = Held::default();
        let key = |note| HeldKey { note, channel: 0, key: 60 };
        assert_eq!(held.last(), None);
        (0..40).for_each(|note| held.push(key(note)));
        assert_eq!(held.last(), Some(key(39)));
        held.remove(|held| held.note > 20);
        assert_eq!(held.last(), Some(key(20)));
        // The first eight were forgotten.
        held.remove(|held| held.note > 7);
        assert_eq!(held.last(), None);
    }
}
