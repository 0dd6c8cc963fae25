//! A voice: the note it plays, and where its courses go.

use super::bank::{COURSES, Course, Targets};
use super::channel::Channel;
use super::envelope::Contour;
use super::lfo::Moment;
use super::parameters::*;
use super::sound::Sound;
use crate::dsp::pan_law;
use crate::math::{PI, SQRT_2, TAU, exp2, tan};
use crate::process::{StateError, StateReader, StateWriter};
use crate::session::{ExpressionKind, PanLaw};

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
    tuning: f64,
    pressure: f64,
    timbre: f64,
    volume: f64,
    pan: f64,
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

/// The lowest and the highest frequency of an oscillator or a filter, as parts of the rate.
const LOWEST: f64 = 1e-6;
const HIGHEST: f64 = 0.49;

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

    /// Where all courses are at `now`, as far as `values` and `channel` hold then.
    pub(super) fn targets(
        &self,
        sound: &Sound,
        values: &[f64],
        channel: &Channel,
        now: Moment,
    ) -> Targets {
        let swing = Swing::at(self, sound, values, channel, now);
        let contour = self.contour.level(now.time, &sound.contour);
        let mut targets = [0.0; COURSES];
        let mut set = |course: Course, value: f64| targets[course as usize] = value;
        let pitch = self.pitch(now.time, sound)
            + self.expression.tuning
            + channel.bent(values[BEND_SEMITONES])
            + swing.pitch;
        let steps = [(Course::Step1, Course::Inverse1), (Course::Step2, Course::Inverse2)];
        for ((step, inverse), oscillator) in steps.into_iter().zip(OSCILLATORS) {
            let hz = 440.0 * exp2((pitch + values[oscillator + TUNE] - 69.0) / 12.0);
            let part = (hz / sound.rate.hz_f64()).clamp(LOWEST, HIGHEST);
            set(step, part);
            set(inverse, 1.0 / part);
        }
        set(Course::Level1, values[OSCILLATORS[0] + LEVEL]);
        set(Course::Level2, values[OSCILLATORS[1] + LEVEL]);
        set(Course::Width1, values[OSCILLATORS[0] + WIDTH]);
        set(Course::Width2, values[OSCILLATORS[1] + WIDTH]);
        set(Course::Noise, values[NOISE_LEVEL]);
        set(Course::Modulation, self.modulation(values, contour));
        let semitones = swing.cutoff
            + values[KEY_TRACKING] * (pitch - 60.0)
            + values[FILTER_ENVELOPE] * contour
            + values[FILTER_VELOCITY] * self.velocity
            + values[TIMBRE_CUTOFF] * (2.0 * self.expression.timbre - 1.0)
            + values[PRESSURE_CUTOFF] * self.pressure(channel);
        let hz = values[CUTOFF_HZ] * exp2(semitones / 12.0);
        set(Course::Frequency, tan(PI * (hz / sound.rate.hz_f64()).clamp(LOWEST, HIGHEST)));
        set(Course::Damping, sound.damping(values[RESONANCE]));
        let (left, right) = self.gains(values, channel, swing);
        set(Course::Left, left);
        set(Course::Right, right);
        targets
    }

    /// Of channel and note the harder.
    fn pressure(&self, channel: &Channel) -> f64 {
        self.expression.pressure.max(channel.pressure)
    }

    /// In cycles of the first oscillator.
    fn modulation(&self, values: &[f64], contour: f64) -> f64 {
        let by_envelope = 1.0 - values[FM_ENVELOPE] * (1.0 - contour);
        let by_velocity = 1.0 - values[FM_VELOCITY] * (1.0 - self.velocity);
        values[FM_AMOUNT] * by_envelope * by_velocity / TAU
    }

    fn gains(&self, values: &[f64], channel: &Channel, swing: Swing) -> (f64, f64) {
        let by_velocity = 1.0 - values[VELOCITY] * (1.0 - self.velocity * self.velocity);
        let level = by_velocity * swing.level * self.expression.volume;
        let level = level * (channel.volume * channel.expression) * SQRT_2;
        let pan = channel.pan + self.expression.pan + swing.pan;
        let (left, right) = pan_law::gains(PanLaw::Minus3, pan);
        (left * level, right * level)
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

/// What LFOs and the vibrato add.
#[derive(Clone, Copy, Debug)]
struct Swing {
    /// In semitones.
    pitch: f64,
    /// In semitones.
    cutoff: f64,
    /// As a factor.
    level: f64,
    pan: f64,
}

impl Swing {
    fn at(voice: &Voice, sound: &Sound, values: &[f64], channel: &Channel, now: Moment) -> Self {
        let mut swing = Self { pitch: 0.0, cutoff: 0.0, level: 1.0, pan: 0.0 };
        for (number, lfo) in sound.lfos.iter().enumerate() {
            let amounts = &values[lfo_amounts(number)];
            if amounts.iter().all(|amount| *amount == 0.0) {
                continue;
            }
            let value = lfo.value(now, voice.start);
            swing.pitch += amounts[0] * value;
            swing.cutoff += amounts[1] * value;
            swing.level *= 1.0 - amounts[2] * (0.5 - 0.5 * value);
            swing.pan += amounts[3] * value;
        }
        let depth = values[WHEEL_VIBRATO] * channel.wheel
            + values[PRESSURE_VIBRATO] * voice.pressure(channel);
        if depth != 0.0 {
            swing.pitch += depth * sound.vibrato.times(now.time).sine();
        }
        swing
    }
}
