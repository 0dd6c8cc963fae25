//! What a MIDI channel stands at: controllers, wheel, program.

use crate::dsp::controllers::{PEDAL_DOWN, RESET_CONTROLLERS, SUSTAIN_PEDAL};
use crate::process::{StateError, StateReader, StateWriter};
use crate::session::ControllerTarget;
use crate::soundfont::Source;

const VOLUME: usize = 7;
const PAN: usize = 10;
const EXPRESSION: usize = 11;
const REVERB: usize = 91;

/// The range of the wheel, and the tunings.
const BEND_RANGE: u16 = 0;
const FINE_TUNING: u16 = 1;
const COARSE_TUNING: u16 = 2;

/// A channel.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Channel {
    controllers: [f64; 128],
    pressure: f64,
    /// -1 to 1.
    bend: f64,
    bend_range_semitones: f64,
    fine_tuning_cents: f64,
    coarse_tuning_cents: f64,
    /// What was chosen; `None` where nothing was.
    pub(super) bank: Option<u16>,
    pub(super) program: Option<u16>,
    /// Counts what was moved, so that voices know whether to look again.
    pub(super) moves: u64,
}

impl Default for Channel {
    fn default() -> Self {
        let mut controllers = [0.0; 128];
        controllers[VOLUME] = 100.0;
        controllers[PAN] = 64.0;
        controllers[EXPRESSION] = 127.0;
        controllers[REVERB] = 40.0;
        Self {
            controllers,
            pressure: 0.0,
            bend: 0.0,
            bend_range_semitones: 2.0,
            fine_tuning_cents: 0.0,
            coarse_tuning_cents: 0.0,
            bank: None,
            program: None,
            moves: 0,
        }
    }
}

impl Channel {
    /// Moves what `target` is to `value`.
    pub(super) fn set(&mut self, target: ControllerTarget, value: f64) {
        self.moves += 1;
        // The two halves of a number of fourteen bits.
        let (high, low) = ((value / 128.0).floor(), value - (value / 128.0).floor() * 128.0);
        match target {
            ControllerTarget::Bank => self.bank = Some(whole(if high > 0.0 { high } else { low })),
            ControllerTarget::Program => self.program = Some(whole(value)),
            ControllerTarget::Controller(RESET_CONTROLLERS) => self.reset_controllers(),
            ControllerTarget::Controller(number) => {
                if let Some(controller) = self.controllers.get_mut(usize::from(number)) {
                    *controller = value;
                }
            }
            ControllerTarget::Registered(BEND_RANGE) => {
                self.bend_range_semitones = high + low / 100.0;
            }
            ControllerTarget::Registered(FINE_TUNING) => {
                self.fine_tuning_cents = (value - 8_192.0) / 81.92;
            }
            ControllerTarget::Registered(COARSE_TUNING) => {
                self.coarse_tuning_cents = (high - 64.0) * 100.0;
            }
            ControllerTarget::PitchBend => self.bend = value,
            ControllerTarget::Pressure => self.pressure = value,
            ControllerTarget::Registered(_) | ControllerTarget::NonRegistered(_) => {}
        }
    }

    /// What "reset all controllers" resets: not the volume, the pan, the sends, nor the program.
    fn reset_controllers(&mut self) {
        let before = self.controllers;
        let default = Self::default();
        self.controllers = default.controllers;
        for kept in [0, VOLUME, PAN, 32, REVERB, 92, 93, 94, 95] {
            self.controllers[kept] = before[kept];
        }
        (self.pressure, self.bend) = (default.pressure, default.bend);
    }

    /// True where the pedal holds notes.
    pub(super) fn holds(&self) -> bool {
        self.controllers[usize::from(SUSTAIN_PEDAL)] >= PEDAL_DOWN
    }

    /// What registered parameters add to the pitch, in cents.
    pub(super) fn tuning_cents(&self) -> f64 {
        self.fine_tuning_cents + self.coarse_tuning_cents
    }

    /// The value of what a modulator listens to, 0 to 128; `None` for what a note has.
    pub(super) fn value(&self, source: Source) -> Option<f64> {
        Some(match source {
            Source::ChannelPressure => self.pressure,
            Source::PitchWheel => (self.bend + 1.0) * 64.0,
            // Amounts are meant for a range of 127 semitones, straight lines end at 128.
            Source::PitchWheelRange => self.bend_range_semitones * (128.0 / 127.0),
            Source::Controller(number) => self.controllers[usize::from(number & 0x7f)],
            Source::None | Source::Velocity | Source::Key | Source::KeyPressure => return None,
        })
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        state.numbers(self.controllers);
        state.numbers([self.pressure, self.bend, self.bend_range_semitones]);
        state.numbers([self.fine_tuning_cents, self.coarse_tuning_cents]);
        for chosen in [self.bank, self.program] {
            state.word(chosen.map_or(u64::MAX, u64::from));
        }
        state.word(self.moves);
    }

    /// Restores what [`Self::save`] wrote; what is there after a failure means nothing.
    pub(super) fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        for controller in &mut self.controllers {
            *controller = state.number()?;
        }
        for number in [
            &mut self.pressure,
            &mut self.bend,
            &mut self.bend_range_semitones,
            &mut self.fine_tuning_cents,
            &mut self.coarse_tuning_cents,
        ] {
            *number = state.number()?;
        }
        for chosen in [&mut self.bank, &mut self.program] {
            *chosen = match state.word()? {
                u64::MAX => None,
                number => Some(u16::try_from(number).map_err(|_| StateError)?),
            };
        }
        self.moves = state.word()?;
        Ok(())
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Seven bits.
fn whole(value: f64) -> u16 {
    value.round().clamp(0.0, 127.0) as u16
}
