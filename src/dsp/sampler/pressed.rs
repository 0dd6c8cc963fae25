//! The keys of a channel in the order in which they were pressed last: what key switches go by.

use crate::process::{StateError, StateReader, StateWriter};
use crate::sampler::Switches;

const KEYS: usize = 128;

/// Says that no note was before.
const NONE: u8 = u8::MAX;

/// The keys that were pressed so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pressed {
    /// Each at most once; as many as `count` count, the last of them was pressed last.
    keys: [u8; KEYS],
    count: usize,
    /// The key of the note before the last.
    before: u8,
}

impl Default for Pressed {
    fn default() -> Self {
        Self { keys: [0; KEYS], count: 0, before: NONE }
    }
}

impl Pressed {
    /// A key is pressed.
    pub(super) fn press(&mut self, key: u8) {
        let key = key & 0x7f;
        self.before = self.in_order().last().copied().unwrap_or(NONE);
        match self.in_order().iter().position(|pressed| *pressed == key) {
            Some(at) => self.keys[at..self.count].rotate_left(1),
            None => {
                self.keys[self.count] = key;
                self.count += 1;
            }
        }
    }

    /// The one of `keys`, a bit each, that was pressed last.
    pub(super) fn last_of(&self, keys: u128) -> Option<u8> {
        let is_one = |key: &&u8| keys & Switches::bit(**key) != 0;
        self.in_order().iter().rev().find(is_one).copied()
    }

    /// The key of the note before the one that was pressed last.
    pub(super) fn before(&self) -> Option<u8> {
        Some(self.before).filter(|key| *key != NONE)
    }

    fn in_order(&self) -> &[u8] {
        &self.keys[..self.count]
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.word(self.count as u64 | u64::from(self.before) << 8);
        for keys in self.in_order().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..keys.len()].copy_from_slice(keys);
            state.word(u64::from_le_bytes(bytes));
        }
    }

    /// Reads what [`Self::save`] wrote.
    pub(super) fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        let [count, before, ..] = state.word()?.to_le_bytes();
        let mut pressed = Self { count: count.into(), before, ..Self::default() };
        let keys = pressed.keys.get_mut(..pressed.count).ok_or(StateError)?;
        let mut seen = 0;
        for keys in keys.chunks_mut(8) {
            let bytes = state.word()?.to_le_bytes();
            for (key, byte) in keys.iter_mut().zip(bytes) {
                let bit = Switches::bit(byte);
                if byte > 127 || seen & bit != 0 {
                    return Err(StateError);
                }
                (*key, seen) = (byte, seen | bit);
            }
        }
        Ok(pressed)
    }
}
