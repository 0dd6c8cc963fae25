//! What a MIDI channel stands at: level, pan, wheel and pedal.

use crate::dsp::controllers::{PEDAL_DOWN, RESET_CONTROLLERS, SUSTAIN_PEDAL};
use crate::process::{StateError, StateReader, StateWriter};
use crate::session::ControllerTarget;

const CENTRE: f64 = 64.0;
const FULL: f64 = 127.0;

const VOLUME: u8 = 7;
const PAN: u8 = 10;
const EXPRESSION: u8 = 11;
const BEND_RANGE: u16 = 0;

/// A channel. Until a controller moves it changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Channel {
    volume: f64,
    pan: f64,
    expression: f64,
    pedal: f64,
    /// -1 to 1.
    bend: f64,
    /// Negative until the channel is told one: then regions have their own.
    bend_range_semitones: f64,
    /// Counts what was moved, so that voices know whether to look again.
    pub(super) moves: u64,
}

impl Default for Channel {
    fn default() -> Self {
        Self {
            volume: FULL,
            pan: CENTRE,
            expression: FULL,
            pedal: 0.0,
            bend: 0.0,
            bend_range_semitones: -1.0,
            moves: 0,
        }
    }
}

impl Channel {
    /// Moves what `target` is to `value`.
    pub(super) fn set(&mut self, target: ControllerTarget, value: f64) {
        match target {
            ControllerTarget::Controller(VOLUME) => self.volume = value,
            ControllerTarget::Controller(PAN) => self.pan = value,
            ControllerTarget::Controller(EXPRESSION) => self.expression = value,
            ControllerTarget::Controller(SUSTAIN_PEDAL) => self.pedal = value,
            ControllerTarget::Controller(RESET_CONTROLLERS) => {
                // Not the volume nor the pan (MIDI recommended practice RP-015).
                (self.expression, self.pedal, self.bend) = (FULL, 0.0, 0.0);
            }
            ControllerTarget::PitchBend => self.bend = value,
            ControllerTarget::Registered(BEND_RANGE) => {
                let semitones = (value / 128.0).floor();
                self.bend_range_semitones = semitones + (value - semitones * 128.0) / 100.0;
            }
            _ => return,
        }
        self.moves += 1;
    }

    /// True where the pedal holds notes.
    pub(super) fn holds(&self) -> bool {
        self.pedal >= PEDAL_DOWN
    }

    /// The factor of volume and expression, each squared (General MIDI 2).
    pub(super) fn gain(&self) -> f64 {
        let [volume, expression] = [self.volume, self.expression].map(|value| value / FULL);
        let both = volume.min(1.0) * expression.min(1.0);
        both * both
    }

    /// -1 (left) to 1 (right).
    pub(super) fn pan(&self) -> f64 {
        ((self.pan - CENTRE) / (FULL - CENTRE)).clamp(-1.0, 1.0)
    }

    /// What the wheel adds to the pitch of a region that bends so far up and down.
    pub(super) fn bend_cents(&self, up: f64, down: f64) -> f64 {
        let (up, down) = match self.bend_range_semitones {
            range if range >= 0.0 => (range * 100.0, -range * 100.0),
            _ => (up, down),
        };
        if self.bend >= 0.0 { self.bend * up } else { -self.bend * down }
    }

    /// Where the wheel is, -1 to 1, and its range, where the channel was told one.
    pub(super) fn wheel(&self) -> (f64, Option<f64>) {
        (self.bend, Some(self.bend_range_semitones).filter(|range| *range >= 0.0))
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.numbers([self.volume, self.pan, self.expression, self.pedal]);
        state.numbers([self.bend, self.bend_range_semitones]);
        state.word(self.moves);
    }

    /// Reads what [`Self::save`] wrote.
    pub(super) fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        Ok(Self {
            volume: state.number()?,
            pan: state.number()?,
            expression: state.number()?,
            pedal: state.number()?,
            bend: state.number()?,
            bend_range_semitones: state.number()?,
            moves: state.word()?,
        })
    }
}
