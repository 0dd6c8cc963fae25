//! What the controllers of a MIDI channel say.

use crate::process::{StateError, StateReader, StateWriter};
use crate::session::ControllerTarget;

/// The controllers of a channel that the synthesiser follows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Channel {
    /// -1 to +1.
    pub(super) bend: f64,
    /// Semitones of a full bend, once registered parameter 0 has said so.
    pub(super) bend_range: Option<f64>,
    /// 0 to 1.
    pub(super) wheel: f64,
    /// 0 to 1.
    pub(super) pressure: f64,
    /// As factors.
    pub(super) volume: f64,
    pub(super) expression: f64,
    /// -1 to +1.
    pub(super) pan: f64,
    pub(super) sustained: bool,
}

/// What a controller asks of the voices of its channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    /// Nothing at once.
    None,
    /// The pedal was let go.
    LiftPedal,
    /// All notes off.
    Release,
    /// All sound off.
    Silence,
}

impl Default for Channel {
    fn default() -> Self {
        Self {
            bend: 0.0,
            bend_range: None,
            wheel: 0.0,
            pressure: 0.0,
            volume: 1.0,
            expression: 1.0,
            pan: 0.0,
            sustained: false,
        }
    }
}

/// 40 dB a decade, as General MIDI recommends for volume and expression.
fn squared(value: f64) -> f64 {
    let part = (value / 127.0).min(1.0);
    part * part
}

impl Channel {
    /// A controller moves.
    pub(super) fn take(&mut self, target: ControllerTarget, value: f64) -> Request {
        match target {
            ControllerTarget::PitchBend => self.bend = value,
            ControllerTarget::Registered(0) => self.bend_range = Some(semitones(value)),
            ControllerTarget::Pressure => self.pressure = (value / 127.0).min(1.0),
            ControllerTarget::Controller(number) => return self.controller(number, value),
            _ => {}
        }
        Request::None
    }

    fn controller(&mut self, number: u8, value: f64) -> Request {
        match number {
            1 => self.wheel = (value / 127.0).min(1.0),
            7 => self.volume = squared(value),
            // 64 is the middle, 0 and 1 are left.
            10 => self.pan = ((value - 64.0) / 63.0).clamp(-1.0, 1.0),
            11 => self.expression = squared(value),
            64 => {
                let down = value >= 64.0;
                let lifted = self.sustained && !down;
                self.sustained = down;
                return if lifted { Request::LiftPedal } else { Request::None };
            }
            120 => return Request::Silence,
            121 => {
                let lifted = self.sustained;
                // Volume, pan and the bend range stay (MIDI RP-015).
                let Self { bend_range, volume, pan, .. } = *self;
                *self = Self { bend_range, volume, pan, ..Self::default() };
                return if lifted { Request::LiftPedal } else { Request::None };
            }
            123..=127 => return Request::Release,
            _ => {}
        }
        Request::None
    }

    /// Semitones a full bend moves, `otherwise` where no registered parameter has said.
    pub(super) fn bent(&self, otherwise: f64) -> f64 {
        self.bend * self.bend_range.unwrap_or(otherwise)
    }

    pub(super) fn save(&self, state: &mut StateWriter) {
        let range = self.bend_range.unwrap_or(-1.0);
        state.numbers([self.bend, range, self.wheel, self.pressure]);
        state.numbers([self.volume, self.expression, self.pan]);
        state.word(u64::from(self.sustained));
    }

    pub(super) fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        let (bend, range) = (state.number()?, state.number()?);
        Ok(Self {
            bend,
            bend_range: (range >= 0.0).then_some(range),
            wheel: state.number()?,
            pressure: state.number()?,
            volume: state.number()?,
            expression: state.number()?,
            pan: state.number()?,
            sustained: state.word()? != 0,
        })
    }
}

/// Semitones in the upper seven bits, hundredths in the lower.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 to 16383.
fn semitones(value: f64) -> f64 {
    let value = value as u16;
    f64::from(value / 128) + f64::from(value % 128) / 100.0
}
