//! The notes whose keys are down, and those that only the pedal holds: what releases follow.

use crate::process::{StateError, StateReader, StateWriter};

/// Most notes that are known; of more the first is forgotten.
const MOST: usize = 512;

/// A note that has started and not been released.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct HeldNote {
    pub(super) note: u64,
    pub(super) channel: u8,
    pub(super) key: u8,
    /// 0 to 1.
    pub(super) velocity: f64,
    /// Node time of its start.
    pub(super) since: i64,
    /// Its key is up: the pedal holds it.
    pub(super) is_up: bool,
    /// It has started voices.
    pub(super) has_started: bool,
    /// These have all ended; known only while its release starts.
    pub(super) is_spent: bool,
}

impl HeldNote {
    /// A note that starts now.
    pub(super) fn new(note: u64, (channel, key): (u8, u8), velocity: f64, now: i64) -> Self {
        let (is_up, has_started, is_spent) = (false, false, false);
        Self { note, channel, key, velocity, since: now, is_up, has_started, is_spent }
    }
}

/// The notes that are held, in the order in which they started.
#[derive(Clone, Debug)]
pub(super) struct HeldNotes(Vec<HeldNote>);

impl HeldNotes {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(MOST))
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn push(&mut self, note: HeldNote) {
        if self.0.len() == MOST {
            self.0.remove(0);
        }
        self.0.push(note);
    }

    /// The note that was pushed last has started voices or not.
    pub(super) fn set_started(&mut self, has_started: bool) {
        if let Some(last) = self.0.last_mut() {
            last.has_started = has_started;
        }
    }

    /// The notes of a channel that the pedal holds.
    pub(super) fn up_of(&mut self, channel: u8) -> impl Iterator<Item = &mut HeldNote> {
        self.0.iter_mut().filter(move |held| held.channel == channel && held.is_up)
    }

    /// True where this key of a channel is down.
    pub(super) fn is_down(&self, channel: u8, key: u8) -> bool {
        let mut held = self.0.iter();
        held.any(|held| held.channel == channel && held.key == key && !held.is_up)
    }

    /// True where a key of a channel is down.
    pub(super) fn any_of(&self, channel: u8) -> bool {
        self.0.iter().any(|held| held.channel == channel && !held.is_up)
    }

    /// The first note of a channel whose key is down.
    pub(super) fn down_of(&self, channel: u8) -> Option<u64> {
        let mut held = self.0.iter();
        held.find(|held| held.channel == channel && !held.is_up).map(|held| held.note)
    }

    /// A note's key comes up; it stays where the pedal holds it. `None` where it was not down.
    pub(super) fn let_go(&mut self, note: u64, holds: bool) -> Option<HeldNote> {
        let at = self.0.iter().position(|held| held.note == note && !held.is_up)?;
        if holds {
            self.0[at].is_up = true;
            return Some(self.0[at]);
        }
        Some(self.0.remove(at))
    }

    /// Takes out the first note of a channel that the pedal held.
    pub(super) fn take_up(&mut self, channel: u8) -> Option<HeldNote> {
        let at = self.0.iter().position(|held| held.channel == channel && held.is_up)?;
        Some(self.0.remove(at))
    }

    /// Forgets the notes of a channel.
    pub(super) fn forget(&mut self, channel: u8) {
        self.0.retain(|held| held.channel != channel);
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.word(self.0.len() as u64);
        for held in &self.0 {
            state.word(held.note);
            let flags = u64::from(held.channel) | u64::from(held.key) << 8;
            let flags = flags | u64::from(held.is_up) << 16;
            state.word(flags | u64::from(held.has_started) << 24);
            state.number(held.velocity);
            state.word(held.since.cast_unsigned());
        }
    }

    /// Restores what [`Self::save`] wrote.
    pub(super) fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.clear();
        let count = state.word()?;
        if count > MOST as u64 {
            return Err(StateError);
        }
        for _ in 0..count {
            let note = state.word()?;
            let [channel, key, is_up, has_started, ..] = state.word()?.to_le_bytes();
            let (velocity, since) = (state.number()?, state.word()?.cast_signed());
            let held = HeldNote::new(note, (channel & 0xf, key), velocity, since);
            let (is_up, has_started) = (is_up == 1, has_started == 1);
            self.0.push(HeldNote { is_up, has_started, ..held });
        }
        Ok(())
    }
}
