//! How a voice sounds: a region's generators with what its modulators add.

use super::channel::Channel;
use super::cutoff::Cutoff;
use super::envelope::{Stages, samples_of, whole_samples_of};
use crate::math::{cos_pi, db_to_gain, exp2, sin_pi};
use crate::process::{StateError, StateReader, StateWriter};
use crate::soundfont::{GENERATORS, Generators, Modulator, Source, generators as g};

/// What tells a note apart from others of its region.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct NoteValues {
    /// MIDI key.
    pub(super) key: f64,
    /// 0 to 127.
    pub(super) velocity: f64,
    /// 0 to 127.
    pub(super) pressure: f64,
    /// Expression: semitones.
    pub(super) tuning: f64,
    /// Expression: a factor.
    pub(super) volume: f64,
    /// Expression: -1 to 1.
    pub(super) pan: f64,
}

/// Sums of generators and modulators, by generator.
pub(super) struct Sums([f64; GENERATORS]);

/// What of the attenuation that generators state is meant: instruments are made for hardware that
/// does this, and sound right only so. Modulators count in full.
const ATTENUATION_SHARE: f64 = 0.4;

impl Sums {
    /// Of a region's generators and modulators, where its note and channel stand.
    pub(super) fn new(
        generators: &Generators,
        modulators: &[Modulator],
        note: &NoteValues,
        channel: &Channel,
    ) -> Self {
        let mut sums = generators.0.map(f64::from);
        sums[g::ATTENUATION] *= ATTENUATION_SHARE;
        let value = |source| match source {
            Source::None => None,
            Source::Velocity => Some(note.velocity),
            Source::Key => Some(note.key),
            Source::KeyPressure => Some(note.pressure),
            _ => channel.value(source),
        };
        for modulator in modulators {
            let share = value(modulator.source).map_or(1.0, |value| modulator.curve.at(value));
            let by = value(modulator.by).map_or(1.0, |value| modulator.by_curve.at(value));
            let added = f64::from(modulator.amount) * share * by;
            if let Some(sum) = sums.get_mut(usize::from(modulator.destination)) {
                *sum += if modulator.absolute { added.abs() } else { added };
            }
        }
        Self(sums)
    }

    fn clamped(&self, generator: usize, low: f64, high: f64) -> f64 {
        self.0[generator].clamp(low, high)
    }

    /// The stages of the envelope whose first generator is `first`, sustain left out.
    fn stages(&self, first: usize, key: f64, rate_hz: f64) -> Stages {
        // Above key 60 holds and decays get shorter by so many timecents a key.
        let by_key = |generator: usize| (60.0 - key) * self.clamped(generator, -1_200.0, 1_200.0);
        let [delay, attack, hold, decay] = [0, 1, 2, 3].map(|stage| self.0[first + stage]);
        Stages {
            delay: whole_samples_of(delay, rate_hz),
            #[allow(clippy::cast_possible_truncation)] // At most 102 s.
            attack: samples_of(attack, rate_hz).round().max(1.0) as i64,
            hold: whole_samples_of(hold + by_key(first + 6), rate_hz),
            decay: samples_of(decay + by_key(first + 7), rate_hz).max(1.0),
            sustain: 0.0,
            release: samples_of(self.0[first + 5], rate_hz).max(1.0),
        }
    }

    /// The volume's envelope.
    pub(super) fn volume_stages(&self, key: f64, rate_hz: f64) -> Stages {
        let sustain = self.clamped(g::VOLUME_ENVELOPE + 4, 0.0, 1_440.0) / 10.0;
        Stages { sustain, ..self.stages(g::VOLUME_ENVELOPE, key, rate_hz) }
    }

    /// The modulation's envelope.
    pub(super) fn modulation_stages(&self, key: f64, rate_hz: f64) -> Stages {
        let sustain = self.clamped(g::MODULATION_ENVELOPE + 4, 0.0, 1_000.0) / 1_000.0;
        Stages { sustain, ..self.stages(g::MODULATION_ENVELOPE, key, rate_hz) }
    }

    /// The oscillator whose delay is generator `first` and whose frequency is the one after it.
    pub(super) fn oscillator(&self, first: usize, start: i64, rate_hz: f64) -> Oscillator {
        let frequency_hz = 8.176 * exp2(self.clamped(first + 1, -16_000.0, 4_500.0) / 1_200.0);
        let start = start + whole_samples_of(self.0[first], rate_hz);
        Oscillator { start, cycles: frequency_hz / rate_hz }
    }

    /// What moves while the voice sounds.
    pub(super) fn sound(&self, note: &NoteValues, channel: &Channel) -> Sound {
        let pan = (self.0[g::PAN] + note.pan * 500.0).clamp(-500.0, 500.0);
        let resonance_db = self.clamped(g::FILTER_RESONANCE, 0.0, 960.0) / 10.0;
        let attenuation_db = self.clamped(g::ATTENUATION, 0.0, 1_440.0) / 10.0;
        // The filter lowers what passes by half of its peak (8.1.2, 9).
        let gain = note.volume * db_to_gain(-attenuation_db - resonance_db / 2.0);
        let right = (pan + 500.0) / 2_000.0;
        let send = |generator| gain * self.clamped(generator, 0.0, 1_000.0) / 1_000.0;
        let depth = |generator| self.clamped(generator, -12_000.0, 12_000.0);
        Sound {
            pitch_cents: self.0[g::COARSE_TUNE] * 100.0
                + self.0[g::FINE_TUNE]
                + note.tuning * 100.0
                + channel.tuning_cents(),
            scale_cents: self.clamped(g::SCALE_TUNING, 0.0, 1_200.0),
            modulation_to_pitch: depth(g::MODULATION_LFO_TO_PITCH),
            vibrato_to_pitch: depth(g::VIBRATO_LFO_TO_PITCH),
            envelope_to_pitch: depth(g::MODULATION_ENVELOPE_TO_PITCH),
            cutoff_cents: self.0[g::FILTER_CUTOFF],
            modulation_to_cutoff: depth(g::MODULATION_LFO_TO_CUTOFF),
            envelope_to_cutoff: depth(g::MODULATION_ENVELOPE_TO_CUTOFF),
            modulation_to_volume: self.clamped(g::MODULATION_LFO_TO_VOLUME, -960.0, 960.0),
            // 0 dB is flat: 3 dB down at the cutoff.
            damping: db_to_gain(3.010_299_956_639_812 - resonance_db),
            gains: [
                gain * cos_pi(right),
                gain * sin_pi(right),
                send(g::REVERB_SEND),
                send(g::CHORUS_SEND),
            ],
        }
    }
}

/// What of a voice's sound moves with its controllers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Sound {
    pitch_cents: f64,
    scale_cents: f64,
    modulation_to_pitch: f64,
    vibrato_to_pitch: f64,
    envelope_to_pitch: f64,
    cutoff_cents: f64,
    modulation_to_cutoff: f64,
    envelope_to_cutoff: f64,
    modulation_to_volume: f64,
    damping: f64,
    /// Left, right, reverb, chorus.
    gains: [f64; 4],
}

/// Where a voice's own modulation stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Moved {
    /// The modulation envelope, 0 to 1.
    pub(super) envelope: f64,
    /// The modulation oscillator, -1 to 1.
    pub(super) modulation: f64,
    /// The vibrato oscillator, -1 to 1.
    pub(super) vibrato: f64,
}

impl Sound {
    /// Cents above the sample's own pitch, for a key so many keys above the sample's.
    pub(super) fn pitch_cents(&self, keys: f64, moved: &Moved) -> f64 {
        self.pitch_cents
            + keys * self.scale_cents
            + self.modulation_to_pitch * moved.modulation
            + self.vibrato_to_pitch * moved.vibrato
            + self.envelope_to_pitch * moved.envelope
    }

    /// True where something moves its pitch by itself.
    pub(super) fn has_moving_pitch(&self) -> bool {
        self.modulation_to_pitch != 0.0
            || self.vibrato_to_pitch != 0.0
            || self.envelope_to_pitch != 0.0
    }

    /// True where something moves its filter or its volume by itself.
    pub(super) fn has_moving_lines(&self) -> bool {
        self.modulation_to_cutoff != 0.0
            || self.envelope_to_cutoff != 0.0
            || self.modulation_to_volume != 0.0
    }

    /// True where the modulation envelope moves something.
    pub(super) fn follows_envelope(&self) -> bool {
        self.envelope_to_pitch != 0.0 || self.envelope_to_cutoff != 0.0
    }

    /// True where the vibrato oscillator moves something.
    pub(super) fn has_vibrato(&self) -> bool {
        self.vibrato_to_pitch != 0.0
    }

    /// True where the modulation oscillator moves something.
    pub(super) fn follows_modulation(&self) -> bool {
        self.modulation_to_pitch != 0.0
            || self.modulation_to_cutoff != 0.0
            || self.modulation_to_volume != 0.0
    }

    /// What its filter is set to.
    pub(super) fn cutoff(&self, moved: &Moved) -> Cutoff {
        let cents = self.cutoff_cents
            + self.modulation_to_cutoff * moved.modulation
            + self.envelope_to_cutoff * moved.envelope;
        Cutoff::new(cents, self.damping)
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        let mut copy = *self;
        state.numbers(copy.numbers().map(|number| *number));
    }

    /// Reads what [`Self::save`] wrote.
    pub(super) fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        let mut sound = Self::default();
        for number in sound.numbers() {
            *number = state.number()?;
        }
        Ok(sound)
    }

    fn numbers(&mut self) -> [&mut f64; 14] {
        let [left, right, reverb, chorus] = &mut self.gains;
        [
            &mut self.pitch_cents,
            &mut self.scale_cents,
            &mut self.modulation_to_pitch,
            &mut self.vibrato_to_pitch,
            &mut self.envelope_to_pitch,
            &mut self.cutoff_cents,
            &mut self.modulation_to_cutoff,
            &mut self.envelope_to_cutoff,
            &mut self.modulation_to_volume,
            &mut self.damping,
            left,
            right,
            reverb,
            chorus,
        ]
    }

    /// Its gains to the left, the right, the reverb and the chorus.
    pub(super) fn gains(&self, moved: &Moved) -> [f64; 4] {
        if self.modulation_to_volume == 0.0 {
            return self.gains;
        }
        let gain = db_to_gain(self.modulation_to_volume * moved.modulation / 10.0);
        self.gains.map(|each| each * gain)
    }
}

/// A triangle that starts at 0, upwards, and stands there before its start.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Oscillator {
    pub(super) start: i64,
    /// Cycles a sample.
    pub(super) cycles: f64,
}

impl Oscillator {
    /// Its value at `now`, -1 to 1.
    pub(super) fn at(&self, now: i64) -> f64 {
        if now <= self.start {
            return 0.0;
        }
        let quarter = (now - self.start) as f64 * self.cycles + 0.25;
        let phase = quarter - quarter.floor();
        1.0 - (phase * 4.0 - 2.0).abs()
    }
}
