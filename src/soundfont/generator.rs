//! Generators: the numbers that say how a zone sounds, by the specification's numbers (8.1.2).

/// How many generators there are.
pub const GENERATORS: usize = 61;

/// The specification's numbers of the generators.
#[allow(missing_docs, reason = "the names are the specification's, which says what each means")]
pub mod number {
    pub const START_OFFSET: usize = 0;
    pub const END_OFFSET: usize = 1;
    pub const LOOP_START_OFFSET: usize = 2;
    pub const LOOP_END_OFFSET: usize = 3;
    pub const START_COARSE_OFFSET: usize = 4;
    pub const MODULATION_LFO_TO_PITCH: usize = 5;
    pub const VIBRATO_LFO_TO_PITCH: usize = 6;
    pub const MODULATION_ENVELOPE_TO_PITCH: usize = 7;
    pub const FILTER_CUTOFF: usize = 8;
    pub const FILTER_RESONANCE: usize = 9;
    pub const MODULATION_LFO_TO_CUTOFF: usize = 10;
    pub const MODULATION_ENVELOPE_TO_CUTOFF: usize = 11;
    pub const END_COARSE_OFFSET: usize = 12;
    pub const MODULATION_LFO_TO_VOLUME: usize = 13;
    pub const CHORUS_SEND: usize = 15;
    pub const REVERB_SEND: usize = 16;
    pub const PAN: usize = 17;
    pub const MODULATION_LFO_DELAY: usize = 21;
    pub const MODULATION_LFO_FREQUENCY: usize = 22;
    pub const VIBRATO_LFO_DELAY: usize = 23;
    pub const VIBRATO_LFO_FREQUENCY: usize = 24;
    pub const MODULATION_ENVELOPE: usize = 25;
    pub const VOLUME_ENVELOPE: usize = 33;
    pub const INSTRUMENT: usize = 41;
    pub const KEY_RANGE: usize = 43;
    pub const VELOCITY_RANGE: usize = 44;
    pub const LOOP_START_COARSE_OFFSET: usize = 45;
    pub const KEY: usize = 46;
    pub const VELOCITY: usize = 47;
    pub const ATTENUATION: usize = 48;
    pub const LOOP_END_COARSE_OFFSET: usize = 50;
    pub const COARSE_TUNE: usize = 51;
    pub const FINE_TUNE: usize = 52;
    pub const SAMPLE: usize = 53;
    pub const SAMPLE_MODES: usize = 54;
    pub const SCALE_TUNING: usize = 56;
    pub const EXCLUSIVE_CLASS: usize = 57;
    pub const ROOT_KEY: usize = 58;
}

/// A value of each generator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Generators(pub [i16; GENERATORS]);

impl Generators {
    /// What holds where an instrument says nothing (8.1.3).
    pub const DEFAULT: Self = {
        let mut values = [0; GENERATORS];
        values[number::FILTER_CUTOFF] = 13_500;
        let times = [number::MODULATION_LFO_DELAY, number::VIBRATO_LFO_DELAY];
        values[times[0]] = -12_000;
        values[times[1]] = -12_000;
        let envelopes = [number::MODULATION_ENVELOPE, number::VOLUME_ENVELOPE];
        let mut envelope = 0;
        while envelope < 2 {
            let first = envelopes[envelope];
            // Delay, attack, hold and decay; the sustain is 0; release.
            values[first] = -12_000;
            values[first + 1] = -12_000;
            values[first + 2] = -12_000;
            values[first + 3] = -12_000;
            values[first + 5] = -12_000;
            envelope += 1;
        }
        values[number::KEY] = -1;
        values[number::VELOCITY] = -1;
        values[number::SCALE_TUNING] = 100;
        values[number::ROOT_KEY] = -1;
        Self(values)
    };

    /// The value of a generator; 0 for a number that is none.
    pub fn get(&self, generator: usize) -> i16 {
        self.0.get(generator).copied().unwrap_or(0)
    }
}

/// Generators that a zone states.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stated {
    values: [i16; GENERATORS],
    /// Bit by generator.
    stated: u64,
}

impl Default for Stated {
    fn default() -> Self {
        Self { values: [0; GENERATORS], stated: 0 }
    }
}

impl Stated {
    /// States a value; numbers that are none are ignored, as the specification asks.
    pub(super) fn state(&mut self, generator: usize, value: i16) {
        if let Some(place) = self.values.get_mut(generator) {
            *place = value;
            self.stated |= 1 << generator;
        }
    }

    /// The value where it is stated.
    pub(super) fn stated(&self, generator: usize) -> Option<i16> {
        let stated = generator < GENERATORS && self.stated >> generator & 1 == 1;
        stated.then(|| self.values[generator])
    }

    /// What is stated here, else what `global` states.
    pub(super) fn over(mut self, global: &Self) -> Self {
        for generator in 0..GENERATORS {
            if let (None, Some(value)) = (self.stated(generator), global.stated(generator)) {
                self.state(generator, value);
            }
        }
        self
    }

    /// What an instrument's zone that states this has.
    pub(super) fn of_instrument(&self) -> Generators {
        let mut all = Generators::DEFAULT;
        for (generator, value) in all.0.iter_mut().enumerate() {
            *value = self.stated(generator).unwrap_or(*value);
        }
        all
    }

    /// `instrument` with what a preset's zone that states this adds to it (9.4).
    pub(super) fn added_to(&self, mut instrument: Generators) -> Generators {
        for (generator, value) in instrument.0.iter_mut().enumerate() {
            if is_for_presets(generator) {
                *value = value.saturating_add(self.stated(generator).unwrap_or(0));
            }
        }
        instrument
    }
}

/// False for what presets cannot state: sample offsets, modes, fixed keys and velocities, ...
const fn is_for_presets(generator: usize) -> bool {
    !matches!(
        generator,
        number::START_OFFSET
            ..=number::START_COARSE_OFFSET
                | number::END_COARSE_OFFSET
                | number::INSTRUMENT
                | number::KEY_RANGE
                | number::VELOCITY_RANGE
                | number::LOOP_START_COARSE_OFFSET
                | number::KEY
                | number::VELOCITY
                | number::LOOP_END_COARSE_OFFSET
                | number::SAMPLE
                | number::SAMPLE_MODES
                | number::EXCLUSIVE_CLASS
                | number::ROOT_KEY
    )
}
