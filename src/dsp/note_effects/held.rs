//! The notes that a note effect holds, each with what the effect has to know of it.

use crate::process::{StateError, StateReader, StateWriter};
use crate::session::ExpressionKind;

/// Most notes a note effect holds; one that starts beyond them is not played.
pub(in crate::dsp) const MAX_HELD: usize = 128;

/// What is known of a held note.
pub(super) trait Known: Copy + Send + 'static {
    /// Appends it.
    fn save(self, state: &mut StateWriter);

    /// Reads what [`Self::save`] wrote.
    fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError>;
}

/// Held notes in the order in which they started.
#[derive(Clone, Debug)]
pub(super) struct Held<T>(Vec<(u64, T)>);

impl<T: Known> Held<T> {
    pub(super) fn new() -> Self {
        Self(Vec::with_capacity(MAX_HELD))
    }

    /// Holds a note; false where there are too many.
    pub(super) fn insert(&mut self, note: u64, known: T) -> bool {
        let room = self.0.len() < MAX_HELD;
        if room {
            self.0.push((note, known));
        }
        room
    }

    pub(super) fn get_mut(&mut self, note: u64) -> Option<&mut T> {
        self.0.iter_mut().find(|(held, _)| *held == note).map(|(_, known)| known)
    }

    /// Lets a note go.
    pub(super) fn remove(&mut self, note: u64) -> Option<T> {
        let index = self.0.iter().position(|(held, _)| *held == note)?;
        Some(self.0.remove(index).1)
    }

    pub(super) fn all(&self) -> &[(u64, T)] {
        &self.0
    }

    pub(super) fn all_mut(&mut self) -> &mut [(u64, T)] {
        &mut self.0
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn save(&self, state: &mut StateWriter) {
        state.word(self.0.len() as u64);
        for (note, known) in &self.0 {
            state.word(*note);
            known.save(state);
        }
    }

    /// Restores what [`Self::save`] wrote; on failure something may be left.
    pub(super) fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.0.clear();
        let count = usize::try_from(state.word()?).map_err(|_| StateError)?;
        if count > MAX_HELD {
            return Err(StateError);
        }
        for _ in 0..count {
            self.0.push((state.word()?, T::restore(state)?));
        }
        Ok(())
    }
}

/// Reads a byte that was written as a word.
pub(super) fn restore_byte(state: &mut StateReader<'_>) -> Result<u8, StateError> {
    u8::try_from(state.word()?).map_err(|_| StateError)
}

const KINDS: [ExpressionKind; 5] = [
    ExpressionKind::Tuning,
    ExpressionKind::Pressure,
    ExpressionKind::Timbre,
    ExpressionKind::Volume,
    ExpressionKind::Pan,
];

/// The last expression of a note, of each kind that it had.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LastExpression([Option<f64>; KINDS.len()]);

impl LastExpression {
    pub(super) fn set(&mut self, kind: ExpressionKind, value: f64) {
        for (place, of) in self.0.iter_mut().zip(KINDS) {
            if of == kind {
                *place = Some(value);
            }
        }
    }

    pub(super) fn iter(self) -> impl Iterator<Item = (ExpressionKind, f64)> {
        KINDS.into_iter().zip(self.0).filter_map(|(kind, value)| Some((kind, value?)))
    }
}

impl Known for LastExpression {
    fn save(self, state: &mut StateWriter) {
        for value in self.0 {
            state.word(u64::from(value.is_some()));
            state.number(value.unwrap_or(0.0));
        }
    }

    fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        let mut last = Self::default();
        for place in &mut last.0 {
            let (had, value) = (state.word()?, state.number()?);
            *place = (had != 0).then_some(value);
        }
        Ok(last)
    }
}
