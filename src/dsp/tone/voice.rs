//! The voices of a tone instrument: a fixed pool, each a closed function of node time.

use crate::dsp::phase::Phase;
use crate::math::{PI, exp2};
use crate::process::{Event, EventKind, StateError, StateReader, StateWriter};
use crate::time::SampleRate;

/// Notes that sound at a time.
pub(super) const VOICES: usize = 32;

const KEYS: usize = 128;

/// Most partials of a triangle.
const PARTIALS: u32 = 8;

/// What all voices of an instrument share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sound {
    pub(super) triangle: bool,
    /// In samples.
    pub(super) attack: f64,
    /// In samples.
    pub(super) decay: f64,
    /// Level of the envelope after the decay, 0 to 1.
    pub(super) sustain: f64,
    /// In samples.
    pub(super) release: f64,
    pub(super) rate: SampleRate,
}

/// A note that sounds, or an empty place.
#[derive(Clone, Copy, Debug, Default)]
struct Voice {
    sounds: bool,
    note: u64,
    key: u8,
    velocity: f64,
    start: i64,
    /// When it was released, and the envelope's level there.
    released: Option<(i64, f64)>,
}

/// The pool of one instance.
#[derive(Clone, Debug)]
pub(super) struct Voices {
    sound: Sound,
    /// Phase step a sample and number of partials, by key.
    keys: Vec<(Phase, u32)>,
    voices: [Voice; VOICES],
}

impl Voices {
    /// An empty pool.
    pub(super) fn new(sound: Sound) -> Self {
        let keys = (0_u8..).take(KEYS).map(|key| {
            let frequency_hz = 440.0 * exp2((f64::from(key) - 69.0) / 12.0);
            let fits = |partial: &u32| {
                let multiple = f64::from(2 * partial + 1);
                *partial == 0 || frequency_hz * multiple < sound.rate.hz_f64() / 2.0
            };
            let partials = (0..PARTIALS).take_while(fits).count();
            (Phase::step(frequency_hz, sound.rate), u32::try_from(partials).unwrap_or(1))
        });
        Self { sound, keys: keys.collect(), voices: [Voice::default(); VOICES] }
    }

    /// Silences everything.
    pub(super) fn reset(&mut self) {
        self.voices = [Voice::default(); VOICES];
    }

    /// Starts or releases a note.
    pub(super) fn take(&mut self, event: &Event) {
        let now = event.at.0;
        match event.kind {
            EventKind::NoteOn { note, key, velocity, .. } => {
                let place = self.place(now);
                self.voices[place] =
                    Voice { sounds: true, note, key, velocity, start: now, released: None };
            }
            EventKind::NoteOff { note, .. } => {
                let held = |v: &&mut Voice| v.sounds && v.note == note && v.released.is_none();
                if let Some(voice) = self.voices.iter_mut().find(held) {
                    voice.released = Some((now, voice.level(now, &self.sound)));
                }
            }
            EventKind::Expression { .. }
            | EventKind::Controller { .. }
            | EventKind::Exclusive(_) => {}
        }
    }

    /// The first place that is free at `now`, else that of the note that started first.
    fn place(&self, now: i64) -> usize {
        let free = self.voices.iter().position(|voice| voice.has_ended(now, &self.sound));
        let oldest = || {
            let starts = self.voices.iter().enumerate();
            starts.min_by_key(|(_, voice)| voice.start).map_or(0, |(place, _)| place)
        };
        free.unwrap_or_else(oldest)
    }

    /// Adds all voices, in the order of their places, to `sums`, whose first sample is `time`.
    pub(super) fn add(&self, time: i64, sums: &mut [f64]) {
        if sums.is_empty() {
            return;
        }
        for voice in self.voices.iter().filter(|voice| !voice.has_ended(time, &self.sound)) {
            let (step, partials) = self.keys[usize::from(voice.key).min(KEYS - 1)];
            for (sum, n) in sums.iter_mut().zip(time..) {
                let phase = step.times(n - voice.start);
                let wave =
                    if self.sound.triangle { triangle(phase, partials) } else { phase.sine() };
                *sum += wave * voice.velocity * voice.level(n, &self.sound);
            }
        }
    }

    /// Appends the state.
    pub(super) fn save(&self, state: &mut StateWriter) {
        for voice in &self.voices {
            let (at, level) = voice.released.unwrap_or((i64::MAX, 0.0));
            state.word(u64::from(voice.sounds) << 8 | u64::from(voice.key));
            state.word(voice.note);
            state.number(voice.velocity);
            state.word(voice.start.cast_unsigned());
            state.word(at.cast_unsigned());
            state.number(level);
        }
    }

    /// Restores what [`Self::save`] wrote; what is there after a failure means nothing.
    pub(super) fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        for voice in &mut self.voices {
            let flags = state.word()?;
            voice.sounds = flags >> 8 == 1;
            voice.key = u8::try_from(flags & 0xff).map_err(|_| StateError)?;
            voice.note = state.word()?;
            voice.velocity = state.number()?;
            voice.start = state.word()?.cast_signed();
            let (at, level) = (state.word()?.cast_signed(), state.number()?);
            voice.released = (at != i64::MAX).then_some((at, level));
        }
        Ok(())
    }
}

impl Voice {
    /// True where nothing is heard from `now` on.
    fn has_ended(&self, now: i64, sound: &Sound) -> bool {
        match self.released {
            Some((at, _)) => !self.sounds || (now - at) as f64 >= sound.release,
            None => !self.sounds,
        }
    }

    /// The envelope at `now`, 0 to 1.
    fn level(&self, now: i64, sound: &Sound) -> f64 {
        if let Some((at, level)) = self.released {
            let since = (now - at) as f64;
            return if since < sound.release { level * (1.0 - since / sound.release) } else { 0.0 };
        }
        let since = (now - self.start) as f64;
        if since < sound.attack {
            since / sound.attack
        } else if since < sound.attack + sound.decay {
            1.0 - (1.0 - sound.sustain) * ((since - sound.attack) / sound.decay)
        } else {
            sound.sustain
        }
    }
}

/// The first `partials` odd partials of a triangle that peaks at 1:
/// `8 / pi^2 * (sin p - sin 3p / 9 + sin 5p / 25 - ...)`, each sine from the two before it by
/// `sin (k + 2)p = 2 cos 2p sin kp - sin (k - 2)p`.
fn triangle(phase: Phase, partials: u32) -> f64 {
    let sine = phase.sine();
    let twice_cosine = 2.0 - 4.0 * sine * sine;
    let (mut before, mut now) = (-sine, sine);
    let mut sum = 0.0;
    let mut sign = 1.0;
    for partial in 0..partials {
        let k = f64::from(2 * partial + 1);
        sum += sign * now / (k * k);
        (before, now) = (now, twice_cosine * now - before);
        sign = -sign;
    }
    sum * (8.0 / (PI * PI))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{TAU, sin};

    #[test]
    fn a_triangle_is_the_sum_of_its_partials() {
        for step in 0..100_u8 {
            let cycles = f64::from(step) / 100.0;
            let mut wanted = 0.0;
            for (k, sign) in [(1.0, 1.0), (3.0, -1.0), (5.0, 1.0), (7.0, -1.0)] {
                wanted += sign * sin(TAU * cycles * k) / (k * k);
            }
            wanted *= 8.0 / (PI * PI);
            assert!((triangle(Phase::of_cycles(cycles), 4) - wanted).abs() < 1e-13, "{cycles}");
        }
    }

    #[test]
    fn high_notes_have_fewer_partials() {
        let sound = Sound {
            triangle: true,
            attack: 0.0,
            decay: 0.0,
            sustain: 1.0,
            release: 0.0,
            rate: SampleRate::new(8_000).unwrap(),
        };
        let voices = Voices::new(sound);
        assert_eq!(voices.keys[20].1, PARTIALS);
        // 880 Hz: 2,640 Hz fits below 4 kHz, 4,400 Hz does not.
        assert_eq!(voices.keys[81].1, 2);
        assert_eq!(voices.keys[127].1, 1);
    }
}
