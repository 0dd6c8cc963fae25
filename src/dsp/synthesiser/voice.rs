//! A voice: the note it plays.

use super::envelope::Contour;
use super::lfo::Moment;
use super::sound::Sound;
use crate::process::{StateError, StateReader, StateWriter};
use crate::session::ExpressionKind;

/// Where the amplitude envelope is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stage {
    Attack {
        end: i64,
    },
    #[default]
    Decay,
    Release {
        end: i64,
    },
}

/// What has to start at this sample.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Fresh {
    #[default]
    Nothing,
    /// All courses.
    Everything,
    /// The pitch; the rest goes on from where it is.
    Pitch,
}

/// What notes are expressed by.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Expression {
    pub(super) tuning: f64,
    pub(super) pressure: f64,
    pub(super) timbre: f64,
    pub(super) volume: f64,
    pub(super) pan: f64,
}

impl Default for Expression {
    fn default() -> Self {
        Self { tuning: 0.0, pressure: 0.0, timbre: 0.5, volume: 1.0, pan: 0.0 }
    }
}

/// A note that sounds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Voice {
    pub(super) note: u64,
    pub(super) channel: u8,
    pub(super) key: u8,
    /// Above 0 to 1.
    pub(super) velocity: f64,
    pub(super) start: Moment,
    /// Counts notes, to tell the oldest.
    pub(super) age: u64,
    pub(super) stage: Stage,
    /// Its key is up, but the pedal holds it.
    pub(super) pedalled: bool,
    /// The key it glides from, and since when.
    pub(super) glide_from: f64,
    pub(super) glide_start: i64,
    pub(super) contour: Contour,
    pub(super) expression: Expression,
    pub(super) fresh: Fresh,
}

impl Voice {
    pub(super) fn is_released(&self) -> bool {
        matches!(self.stage, Stage::Release { .. })
    }

    /// The key in semitones, on the way from the one before.
    pub(super) fn pitch(&self, time: i64, sound: &Sound) -> f64 {
        let key = f64::from(self.key);
        let passed = (time - self.glide_start) as f64;
        if passed >= sound.glide {
            return key;
        }
        key + (self.glide_from - key) * (1.0 - passed / sound.glide)
    }

    pub(super) fn express(&mut self, kind: ExpressionKind, value: f64) {
        match kind {
            ExpressionKind::Tuning => self.expression.tuning = value,
            ExpressionKind::Pressure => self.expression.pressure = value,
            ExpressionKind::Timbre => self.expression.timbre = value,
            ExpressionKind::Volume => self.expression.volume = value,
            ExpressionKind::Pan => self.expression.pan = value,
        }
    }

    pub(super) fn save(&self, state: &mut StateWriter) {
        let (stage, end) = match self.stage {
            Stage::Attack { end } => (0, end),
            Stage::Decay => (1, 0),
            Stage::Release { end } => (2, end),
        };
        let flags = stage << 1 | u64::from(self.pedalled);
        state.word(u64::from(self.channel) | u64::from(self.key) << 8 | flags << 16);
        state.word(end.cast_unsigned());
        state.word(self.note);
        state.number(self.velocity);
        state.word(self.start.time.cast_unsigned());
        state.number(self.start.quarters);
        state.word(self.age);
        state.number(self.glide_from);
        state.word(self.glide_start.cast_unsigned());
        self.contour.save(state);
        let Expression { tuning, pressure, timbre, volume, pan } = self.expression;
        state.numbers([tuning, pressure, timbre, volume, pan]);
    }

    pub(super) fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        let [channel, key, flags, ..] = state.word()?.to_le_bytes();
        let end = state.word()?.cast_signed();
        let stage = match flags >> 1 {
            0 => Stage::Attack { end },
            1 => Stage::Decay,
            2 => Stage::Release { end },
            _ => return Err(StateError),
        };
        if channel > 15 {
            return Err(StateError);
        }
        Ok(Self {
            channel,
            key,
            stage,
            pedalled: flags & 1 == 1,
            note: state.word()?,
            velocity: state.number()?,
            start: Moment { time: state.word()?.cast_signed(), quarters: state.number()? },
            age: state.word()?,
            glide_from: state.number()?,
            glide_start: state.word()?.cast_signed(),
            contour: Contour::restore(state)?,
            expression: Expression {
                tuning: state.number()?,
                pressure: state.number()?,
                timbre: state.number()?,
                volume: state.number()?,
                pan: state.number()?,
            },
            fresh: Fresh::Nothing,
        })
    }
}
