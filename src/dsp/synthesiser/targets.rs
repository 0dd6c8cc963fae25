//! Where the courses of all voices are at a time: what notes and channels say is gathered voice by
//! voice, and what follows from it is worked out for several voices a register.

use super::bank::{COURSES, Course, PerVoice, SILENT, Targets, VOICES};
use super::channel::Channel;
use super::lfo::Moment;
use super::parameters::*;
use super::sound::Sound;
use super::voice::Voice;
use crate::math::lanes::{cos_pi, exp, exp2, sin_pi, tan};
use crate::math::{PI, SQRT_2, TAU};
use crate::simd::{Kernel, Lanes, SimdLevel, dispatch};

/// The lowest and the highest frequency of an oscillator or a filter, as parts of the rate.
const LOWEST: f64 = 1e-6;
const HIGHEST: f64 = 0.49;

/// What the courses follow from, one number a voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Input {
    /// In semitones, on the way from the key before.
    Key,
    Tuning,
    Bend,
    /// The channel's wheel and the harder pressure of channel and note, 0 to 1.
    Wheel,
    Pressure,
    Timbre,
    Velocity,
    /// The note's volume, and the channel's with its expression, as factors.
    Volume,
    ChannelVolume,
    /// Channel and note together.
    Pan,
    /// See [`Lfo::turn`](super::lfo::Lfo::turn).
    Lfo1,
    Lfo2,
    /// See [`Contour::parts`](super::envelope::Contour::parts).
    ContourBase,
    ContourScale,
    ContourExponent,
}

const INPUTS: usize = 15;

/// Works out courses.
#[derive(Clone, Debug)]
pub(super) struct Aim {
    inputs: [PerVoice; INPUTS],
    /// 1 for voices that are looked at.
    wanted: PerVoice,
    targets: Targets,
}

impl Aim {
    pub(super) fn new() -> Self {
        Self { inputs: [SILENT; INPUTS], wanted: SILENT, targets: [SILENT; COURSES] }
    }

    /// Where the courses of those `voices` are at `now` that are `wanted`, as far as parameter
    /// `values` and `channels` hold then; 0 for the others.
    pub(super) fn at(
        &mut self,
        now: Moment,
        (sound, values): (&Sound, &[f64]),
        (voices, channels): (&[Voice; VOICES], &[Channel]),
        wanted: impl Fn(usize) -> bool,
        level: SimdLevel,
    ) -> &Targets {
        for (number, voice) in voices.iter().enumerate() {
            let wanted = wanted(number);
            self.wanted[number] = if wanted { 1.0 } else { 0.0 };
            if wanted {
                let channel = &channels[usize::from(voice.channel)];
                self.gather(number, now, (sound, values), (voice, channel));
            }
        }
        let depths = [values[WHEEL_VIBRATO], values[PRESSURE_VIBRATO]];
        let vibrato = if depths == [0.0; 2] { 0.0 } else { sound.vibrato.times(now.time).sine() };
        let Self { inputs, wanted, targets } = self;
        dispatch(level, usize::MAX, Work { inputs, wanted, targets, sound, values, vibrato });
        targets
    }

    fn gather(
        &mut self,
        number: usize,
        now: Moment,
        (sound, values): (&Sound, &[f64]),
        (voice, channel): (&Voice, &Channel),
    ) {
        let expression = &voice.expression;
        let mut set = |input: Input, value: f64| self.inputs[input as usize][number] = value;
        set(Input::Key, voice.pitch(now.time, sound));
        set(Input::Tuning, expression.tuning);
        set(Input::Bend, channel.bent(values[BEND_SEMITONES]));
        set(Input::Wheel, channel.wheel);
        set(Input::Pressure, expression.pressure.max(channel.pressure));
        set(Input::Timbre, expression.timbre);
        set(Input::Velocity, voice.velocity);
        set(Input::Volume, expression.volume);
        set(Input::ChannelVolume, channel.volume * channel.expression);
        set(Input::Pan, channel.pan + expression.pan);
        for (lfo, input) in [Input::Lfo1, Input::Lfo2].into_iter().enumerate() {
            if values[lfo_amounts(lfo)].iter().any(|amount| *amount != 0.0) {
                set(input, sound.lfos[lfo].turn(now, voice.start));
            }
        }
        let (base, scale, exponent) = voice.contour.parts(now.time, &sound.contour);
        set(Input::ContourBase, base);
        set(Input::ContourScale, scale);
        set(Input::ContourExponent, exponent);
    }
}

/// The part that runs several voices a register.
struct Work<'a> {
    inputs: &'a [PerVoice; INPUTS],
    wanted: &'a PerVoice,
    targets: &'a mut Targets,
    sound: &'a Sound,
    values: &'a [f64],
    /// The sine of wheel and pressure.
    vibrato: f64,
}

/// What LFOs and the vibrato add.
struct Swing<L> {
    /// In semitones.
    pitch: L,
    /// In semitones.
    cutoff: L,
    /// As a factor.
    level: L,
    pan: L,
}

impl Kernel for Work<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let Self { values, sound, .. } = self;
        let damping = sound.damping(values[RESONANCE]);
        for first in (0..VOICES).step_by(L::WIDTH) {
            let zero = L::splat(0.0);
            let group = first..first + L::WIDTH;
            let wanted = L::load_f64(&self.wanted[group.clone()]).gt(zero);
            let mut targets = [zero; COURSES];
            if self.wanted[group.clone()].contains(&1.0) {
                targets = self.group(first, L::splat(damping));
            }
            for (numbers, target) in self.targets.iter_mut().zip(targets) {
                L::select(wanted, target, zero).store_f64(&mut numbers[group.clone()]);
            }
        }
    }
}

impl Work<'_> {
    #[inline(always)]
    fn input<L: Lanes>(&self, input: Input, first: usize) -> L {
        L::load_f64(&self.inputs[input as usize][first..])
    }

    #[inline(always)]
    fn value<L: Lanes>(&self, parameter: usize) -> L {
        L::splat(self.values[parameter])
    }

    #[inline(always)]
    fn group<L: Lanes>(&self, first: usize, damping: L) -> [L; COURSES] {
        // No closures, which would not be compiled with the features of the level.
        let mut targets = [L::splat(0.0); COURSES];
        let swing = self.swing::<L>(first);
        let pitch = self.input::<L>(Input::Key, first)
            + self.input(Input::Tuning, first)
            + self.input(Input::Bend, first)
            + swing.pitch;
        let steps = [(Course::Step1, Course::Inverse1), (Course::Step2, Course::Inverse2)];
        for ((step, inverse), oscillator) in steps.into_iter().zip(OSCILLATORS) {
            let semitones = pitch + self.value(oscillator + TUNE) - L::splat(69.0);
            let part = self.part_of_rate(L::splat(440.0), semitones);
            targets[step as usize] = part;
            targets[inverse as usize] = L::splat(1.0) / part;
        }
        for (course, parameter) in [
            (Course::Level1, OSCILLATORS[0] + LEVEL),
            (Course::Level2, OSCILLATORS[1] + LEVEL),
            (Course::Width1, OSCILLATORS[0] + WIDTH),
            (Course::Width2, OSCILLATORS[1] + WIDTH),
            (Course::Noise, NOISE_LEVEL),
        ] {
            targets[course as usize] = self.value(parameter);
        }
        let exponent = self.input::<L>(Input::ContourExponent, first);
        let scale = self.input::<L>(Input::ContourScale, first);
        let contour = self.input::<L>(Input::ContourBase, first) + scale * exp(exponent);
        let velocity = self.input::<L>(Input::Velocity, first);
        targets[Course::Modulation as usize] = self.modulation(contour, velocity);
        let timbre = self.input::<L>(Input::Timbre, first);
        let semitones = swing.cutoff
            + self.value::<L>(KEY_TRACKING) * (pitch - L::splat(60.0))
            + self.value::<L>(FILTER_ENVELOPE) * contour
            + self.value::<L>(FILTER_VELOCITY) * velocity
            + self.value::<L>(TIMBRE_CUTOFF) * (timbre + timbre - L::splat(1.0))
            + self.value::<L>(PRESSURE_CUTOFF) * self.input(Input::Pressure, first);
        let cutoff = self.part_of_rate(self.value(CUTOFF_HZ), semitones);
        targets[Course::Frequency as usize] = tan(L::splat(PI) * cutoff);
        targets[Course::Damping as usize] = damping;
        let (left, right) = self.gains(first, &swing);
        targets[Course::Left as usize] = left;
        targets[Course::Right as usize] = right;
        targets
    }

    /// The frequency so many semitones above one in hertz, as a part of the rate.
    #[inline(always)]
    fn part_of_rate<L: Lanes>(&self, hz: L, semitones: L) -> L {
        let hz = hz * exp2(semitones / L::splat(12.0));
        let part = hz / L::splat(self.sound.rate.hz_f64());
        part.max(L::splat(LOWEST)).min(L::splat(HIGHEST))
    }

    #[inline(always)]
    fn swing<L: Lanes>(&self, first: usize) -> Swing<L> {
        let (zero, half) = (L::splat(0.0), L::splat(0.5));
        let mut swing = Swing { pitch: zero, cutoff: zero, level: L::splat(1.0), pan: zero };
        for (lfo, input) in [Input::Lfo1, Input::Lfo2].into_iter().enumerate() {
            let amounts = &self.values[lfo_amounts(lfo)];
            if amounts.iter().all(|amount| *amount == 0.0) {
                continue;
            }
            let turn = self.input::<L>(input, first);
            let value = if self.sound.lfos[lfo].is_sine() { sin_pi(turn) } else { turn };
            swing.pitch = swing.pitch + L::splat(amounts[0]) * value;
            swing.cutoff = swing.cutoff + L::splat(amounts[1]) * value;
            let dip = L::splat(amounts[2]) * (half - half * value);
            swing.level = swing.level * (L::splat(1.0) - dip);
            swing.pan = swing.pan + L::splat(amounts[3]) * value;
        }
        let depth = self.value::<L>(WHEEL_VIBRATO) * self.input(Input::Wheel, first)
            + self.value::<L>(PRESSURE_VIBRATO) * self.input(Input::Pressure, first);
        swing.pitch = swing.pitch + depth * L::splat(self.vibrato);
        swing
    }

    /// In cycles of the first oscillator.
    #[inline(always)]
    fn modulation<L: Lanes>(&self, contour: L, velocity: L) -> L {
        let one = L::splat(1.0);
        let by_envelope = one - self.value::<L>(FM_ENVELOPE) * (one - contour);
        let by_velocity = one - self.value::<L>(FM_VELOCITY) * (one - velocity);
        self.value::<L>(FM_AMOUNT) * by_envelope * by_velocity / L::splat(TAU)
    }

    /// Left and right: [`PanLaw::Minus3`](crate::session::PanLaw::Minus3), 1 in the middle.
    #[inline(always)]
    fn gains<L: Lanes>(&self, first: usize, swing: &Swing<L>) -> (L, L) {
        let one = L::splat(1.0);
        let velocity = self.input::<L>(Input::Velocity, first);
        let by_velocity = one - self.value::<L>(VELOCITY) * (one - velocity * velocity);
        let level = by_velocity * swing.level * self.input(Input::Volume, first);
        let level = level * self.input(Input::ChannelVolume, first) * L::splat(SQRT_2);
        let pan = (self.input::<L>(Input::Pan, first) + swing.pan).max(-one).min(one);
        let turn = (pan + one) * L::splat(0.25);
        (cos_pi(turn) * level, sin_pi(turn) * level)
    }
}
