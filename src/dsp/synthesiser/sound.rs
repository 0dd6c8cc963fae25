//! What all voices of an instance share and what never moves.

use super::bank::{UNISON, VOICES};
use super::envelope::Envelope;
use super::lfo::Lfo;
use super::parameters::*;
use crate::dsp::pan_law;
use crate::dsp::phase::Phase;
use crate::math::random::Random;
use crate::math::{SQRT_2, cos_pi, exp2};
use crate::process::{ControlSet, InstanceSetup};
use crate::session::PanLaw;
use crate::time::SampleRate;

/// The waveform of an oscillator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Sine,
    Triangle,
    Sawtooth,
    Pulse,
}

/// How notes share voices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    Poly,
    /// One voice; every note starts its envelopes anew.
    Mono,
    /// One voice; a note that begins while another is held only changes the pitch.
    Legato,
}

/// The oscillators that play in unison.
#[derive(Clone, Debug)]
pub(super) struct Unison {
    pub(super) count: usize,
    pub(super) ratios: [f64; UNISON],
    /// Left and right; powers sum to 1 on each side.
    pub(super) gains: [(f64, f64); UNISON],
}

/// What the filter lets through.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Filter {
    /// Of the input, of the band output times the damping, and of the low output; `None` where the low
    /// output is all.
    pub(super) mix: Option<[f64; 3]>,
    /// The damping of the second section, which does not resonate.
    pub(super) second_damping: Option<f64>,
}

/// What all voices share.
#[derive(Clone, Debug)]
pub(super) struct Sound {
    pub(super) rate: SampleRate,
    pub(super) shapes: [Shape; 2],
    pub(super) unison: Unison,
    /// Left and right differ before the filter.
    pub(super) stereo: bool,
    pub(super) filter: Option<Filter>,
    pub(super) uses_second: bool,
    pub(super) uses_modulation: bool,
    pub(super) uses_noise: bool,
    pub(super) mode: Mode,
    pub(super) voices: usize,
    /// In samples.
    pub(super) glide: f64,
    pub(super) random_phase: bool,
    pub(super) amplitude: Envelope,
    pub(super) contour: Envelope,
    pub(super) lfos: [Lfo; 2],
    pub(super) synced: bool,
    pub(super) vibrato: Phase,
    pub(super) random: Random,
    /// The stream of [`Self::random`], from which notes get streams of their own.
    stream: u64,
    seed: u64,
    /// Damping without resonance.
    open_damping: f64,
}

/// The choice that a parameter carries as a number.
pub(super) fn chosen<T: Copy>(value: f64, choices: &[T]) -> T {
    let found = (0..choices.len()).rev().find(|index| value >= *index as f64);
    choices[found.unwrap_or(0)]
}

/// A count that a parameter carries, at least 1.
fn count(value: f64, most: usize) -> usize {
    (1..=most).rev().find(|count| value + 0.5 >= *count as f64).unwrap_or(1)
}

impl Sound {
    pub(super) fn new(setup: &InstanceSetup, rate: SampleRate) -> Self {
        let values = setup.controls.constants();
        let stream = crate::math::random::stream_of(&setup.node);
        let random = Random::new(setup.seed, stream);
        let unison = Unison::new(values);
        let shape = |oscillator: usize| {
            let shapes = [Shape::Sine, Shape::Triangle, Shape::Sawtooth, Shape::Pulse];
            chosen(values[OSCILLATORS[oscillator] + WAVEFORM], &shapes)
        };
        let uses = |parameter| is_used(&setup.controls, parameter);
        let lfo = |number: usize| {
            let random = Random::new(setup.seed, stream ^ (number as u64 + 1));
            Lfo::new(values, number, rate, random)
        };
        let steep = values[FILTER_SLOPE] > 0.5;
        Self {
            rate,
            shapes: [shape(0), shape(1)],
            stereo: unison.count > 1 && values[UNISON_SPREAD] > 0.0,
            unison,
            filter: filter(values[FILTER_TYPE], steep),
            uses_second: uses(OSCILLATORS[1] + LEVEL) || uses(FM_AMOUNT),
            uses_modulation: uses(FM_AMOUNT),
            uses_noise: uses(NOISE_LEVEL),
            mode: chosen(values[MODE], &[Mode::Poly, Mode::Mono, Mode::Legato]),
            voices: count(values[VOICE_COUNT], VOICES),
            glide: values[GLIDE_MS] * 0.001 * rate.hz_f64(),
            random_phase: values[START_PHASE] > 0.5,
            amplitude: Envelope::new(&values[AMPLITUDE..AMPLITUDE + 4], rate.hz_f64()),
            contour: Envelope::new(&values[FILTER..FILTER + 4], rate.hz_f64()),
            lfos: [lfo(0), lfo(1)],
            synced: follows_tempo(&setup.controls),
            vibrato: Phase::step(values[VIBRATO_HZ], rate),
            random,
            stream,
            seed: setup.seed,
            // Butterworth's pairs of poles of the second and the fourth order.
            open_damping: if steep { 2.0 * cos_pi(3.0 / 8.0) } else { SQRT_2 },
        }
    }

    /// The damping of the resonating section: five octaves of Q above none.
    pub(super) fn damping(&self, resonance: f64) -> f64 {
        self.open_damping * exp2(-5.0 * resonance)
    }

    /// Random numbers of a note, by node time.
    pub(super) fn noise_of(&self, note: u64) -> Random {
        // An odd factor keeps notes apart; the constant keeps the first one off the node's own.
        let mixed = note.wrapping_add(0x51).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Random::new(self.seed, self.stream ^ mixed)
    }
}

/// True where an LFO that does something is synced.
pub(super) fn follows_tempo(controls: &ControlSet) -> bool {
    (0..2).any(|lfo| {
        let synced = controls.constants()[LFOS[lfo] + LFO_MODE] > 0.5;
        synced && lfo_amounts(lfo).any(|amount| is_used(controls, amount))
    })
}

/// True where a level is not always 0.
fn is_used(controls: &ControlSet, parameter: usize) -> bool {
    let moves = controls.curves().iter().any(|(index, _)| *index == parameter);
    moves || controls.constants()[parameter] != 0.0
}

fn filter(kind: f64, steep: bool) -> Option<Filter> {
    let mixes = [Some(None), Some(Some([0.0, 1.0, 0.0])), Some(Some([1.0, -1.0, -1.0])), None];
    let second_damping = steep.then(|| 2.0 * cos_pi(1.0 / 8.0));
    chosen(kind, &mixes).map(|mix| Filter { mix, second_damping })
}

impl Unison {
    /// Detuned in even steps from below to above, spread from left to right.
    fn new(values: &[f64]) -> Self {
        let count = count(values[UNISON_COUNT], UNISON);
        let (mut ratios, mut gains) = ([1.0; UNISON], [(1.0, 1.0); UNISON]);
        let scale = 1.0 / (count as f64).sqrt();
        for (number, (ratio, gain)) in ratios.iter_mut().zip(&mut gains).enumerate().take(count) {
            let last = count.saturating_sub(1).max(1) as f64;
            let place = if count > 1 { 2.0 * number as f64 / last - 1.0 } else { 0.0 };
            *ratio = exp2(place * values[UNISON_DETUNE] / 12.0);
            let (left, right) = pan_law::gains(PanLaw::Minus3, place * values[UNISON_SPREAD]);
            *gain = if count > 1 && values[UNISON_SPREAD] > 0.0 {
                (left * SQRT_2 * scale, right * SQRT_2 * scale)
            } else {
                (scale, scale)
            };
        }
        Self { count, ratios, gains }
    }
}
