//! Note effects that make one note of each, or none.

use super::held::{Held, Known, restore_byte};
use super::stage::{NoteEffect, NoteOutput};
use crate::process::{
    Event, EventKind, InstanceSetup, Prepare, ProcessorSpec, StateError, StateReader, StateWriter,
};

/// A note as it starts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::dsp) struct StartingNote {
    /// Node time.
    pub(super) at: i64,
    pub(super) channel: u8,
    pub(super) key: u8,
    /// Above 0 to 1.
    pub(super) velocity: f64,
}

/// What becomes of a note.
pub(in crate::dsp) trait NoteMap: Send + Sized + 'static {
    /// What it is.
    fn spec() -> &'static ProcessorSpec;

    /// Takes its parameters.
    fn new(setup: &InstanceSetup) -> Self;

    /// The key and the velocity with which the note is played; `None` where it is not.
    fn map(&self, note: StartingNote) -> Option<(u8, f64)>;
}

/// A note effect that asks a [`NoteMap`] as each note starts. Its end and its expression go where
/// the start went, whatever the parameters are by then; where the note is not played, nowhere.
pub(in crate::dsp) struct Mapped<M> {
    map: M,
    /// By note, the key it is played with.
    held: Held<PlayedKey>,
}

#[derive(Clone, Copy)]
struct PlayedKey(u8);

impl Known for PlayedKey {
    fn save(self, state: &mut StateWriter) {
        state.word(self.0.into());
    }

    fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        restore_byte(state).map(Self)
    }
}

impl<M: NoteMap> NoteEffect for Mapped<M> {
    fn spec() -> &'static ProcessorSpec {
        M::spec()
    }

    fn new(setup: &InstanceSetup, _: &Prepare<'_>) -> Self {
        Self { map: M::new(setup), held: Held::new() }
    }

    fn hear(&mut self, event: &Event, output: &mut NoteOutput<'_>) {
        let mut kind = event.kind;
        match &mut kind {
            EventKind::NoteOn { note, channel, key, velocity } => {
                let starting = StartingNote {
                    at: event.at.0,
                    channel: *channel,
                    key: *key,
                    velocity: *velocity,
                };
                let Some(played) = self.map.map(starting) else { return };
                if !self.held.insert(*note, PlayedKey(played.0)) {
                    return;
                }
                (*key, *velocity) = played;
            }
            EventKind::NoteOff { note, key, .. } => {
                let Some(PlayedKey(played)) = self.held.remove(*note) else { return };
                *key = played;
            }
            EventKind::Expression { note, key, .. } => {
                let Some(PlayedKey(played)) = self.held.get_mut(*note) else { return };
                *key = *played;
            }
            EventKind::Controller { .. } | EventKind::Exclusive(_) => {}
        }
        output.now(event.at, kind);
    }

    fn reset(&mut self) {
        self.held.clear();
    }

    fn save(&self, state: &mut StateWriter) {
        self.held.save(state);
    }

    fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.held.restore(state)
    }
}
