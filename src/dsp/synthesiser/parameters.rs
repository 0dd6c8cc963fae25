//! The synthesiser's parameters and where they lie.

use std::ops::Range;

use super::bank::UNISON;
use crate::dsp::describe::{choice, number, setting};
use crate::dsp::level::SILENCE_DB;
use crate::process::{ParameterSpec, Unit};

pub(super) const LEVEL_DB: usize = 0;
pub(super) const VOICE_COUNT: usize = 1;
pub(super) const MODE: usize = 2;
pub(super) const GLIDE_MS: usize = 3;
pub(super) const BEND_SEMITONES: usize = 4;
pub(super) const START_PHASE: usize = 5;
pub(super) const UNISON_COUNT: usize = 6;
pub(super) const UNISON_DETUNE: usize = 7;
pub(super) const UNISON_SPREAD: usize = 8;
/// Waveform, tuning, pulse width and level of both oscillators.
pub(super) const OSCILLATORS: [usize; 2] = [9, 13];
pub(super) const WAVEFORM: usize = 0;
pub(super) const TUNE: usize = 1;
pub(super) const WIDTH: usize = 2;
pub(super) const LEVEL: usize = 3;
pub(super) const NOISE_LEVEL: usize = 17;
pub(super) const FM_AMOUNT: usize = 18;
pub(super) const FM_ENVELOPE: usize = 19;
pub(super) const FM_VELOCITY: usize = 20;
pub(super) const FILTER_TYPE: usize = 21;
pub(super) const FILTER_SLOPE: usize = 22;
pub(super) const CUTOFF_HZ: usize = 23;
pub(super) const RESONANCE: usize = 24;
pub(super) const KEY_TRACKING: usize = 25;
pub(super) const FILTER_ENVELOPE: usize = 26;
pub(super) const FILTER_VELOCITY: usize = 27;
/// Attack, decay, sustain and release.
pub(super) const AMPLITUDE: usize = 28;
pub(super) const FILTER: usize = 32;
pub(super) const VELOCITY: usize = 36;
/// Shape, mode, rate, period, start and four amounts of both LFOs.
pub(super) const LFOS: [usize; 2] = [37, 46];
pub(super) const LFO_SHAPE: usize = 0;
pub(super) const LFO_MODE: usize = 1;
pub(super) const LFO_RATE_HZ: usize = 2;
pub(super) const LFO_QUARTERS: usize = 3;
pub(super) const LFO_START: usize = 4;
/// Before cutoff, amplitude and pan.
pub(super) const LFO_PITCH: usize = 5;
pub(super) const LFO_PAN: usize = 8;
pub(super) const VIBRATO_HZ: usize = 55;
pub(super) const WHEEL_VIBRATO: usize = 56;
pub(super) const PRESSURE_VIBRATO: usize = 57;
pub(super) const PRESSURE_CUTOFF: usize = 58;
pub(super) const TIMBRE_CUTOFF: usize = 59;

/// The four amounts of an LFO.
pub(super) fn lfo_amounts(lfo: usize) -> Range<usize> {
    LFOS[lfo] + LFO_PITCH..LFOS[lfo] + LFO_PAN + 1
}

const SEMITONES: (f64, f64) = (-96.0, 96.0);
const SHARE: (f64, f64) = (0.0, 1.0);

/// All parameters, in the order of the indices above.
pub(super) fn parameters() -> Vec<ParameterSpec> {
    let semitones = |id, name, default| setting(id, name, Unit::Semitones, SEMITONES, default);
    let mut all = voice_parameters();
    all.extend(oscillator_parameters());
    all.extend(filter_parameters());
    all.extend(envelope(
        ["amplitude.attack_ms", "amplitude.decay_ms", "amplitude.sustain", "amplitude.release_ms"],
        "Amplitude",
        [5.0, 300.0, 0.7, 200.0],
    ));
    all.extend(envelope(
        ["filter.attack_ms", "filter.decay_ms", "filter.sustain", "filter.release_ms"],
        "Filter",
        [5.0, 500.0, 0.3, 300.0],
    ));
    all.push(setting("velocity", "Velocity sensitivity", Unit::Ratio, SHARE, 0.8));
    all.extend(lfo([
        "lfo1.shape",
        "lfo1.mode",
        "lfo1.rate_hz",
        "lfo1.quarters",
        "lfo1.start",
        "lfo1.pitch_semitones",
        "lfo1.cutoff_semitones",
        "lfo1.amplitude",
        "lfo1.pan",
    ]));
    all.extend(lfo([
        "lfo2.shape",
        "lfo2.mode",
        "lfo2.rate_hz",
        "lfo2.quarters",
        "lfo2.start",
        "lfo2.pitch_semitones",
        "lfo2.cutoff_semitones",
        "lfo2.amplitude",
        "lfo2.pan",
    ]));
    all.push(setting("vibrato_hz", "Vibrato rate", Unit::Hertz, (0.1, 20.0), 5.5));
    all.push(semitones("wheel.vibrato_semitones", "Vibrato by wheel", 0.5));
    all.push(semitones("pressure.vibrato_semitones", "Vibrato by pressure", 0.0));
    all.push(semitones("pressure.cutoff_semitones", "Cutoff by pressure", 12.0));
    all.push(semitones("timbre.cutoff_semitones", "Cutoff by timbre", 24.0));
    all
}

fn voice_parameters() -> Vec<ParameterSpec> {
    vec![
        number("level_db", "Level", Unit::Decibels, (SILENCE_DB, 12.0), -15.0),
        setting("voices", "Voices", Unit::Ratio, (1.0, super::bank::VOICES as f64), 32.0),
        choice("mode", "Mode", &["poly", "mono", "legato"], 0),
        setting("glide_ms", "Glide", Unit::Milliseconds, (0.0, 5_000.0), 0.0),
        setting("bend_semitones", "Bend range", Unit::Semitones, (0.0, 96.0), 2.0),
        choice("start_phase", "Phase at the start", &["zero", "random"], 0),
        setting("unison.count", "Unison", Unit::Ratio, (1.0, UNISON as f64), 1.0),
        setting("unison.detune_semitones", "Detune", Unit::Semitones, SHARE, 0.15),
        setting("unison.spread", "Spread", Unit::Ratio, SHARE, 0.7),
    ]
}

fn oscillator_parameters() -> Vec<ParameterSpec> {
    const WAVES: &[&str] = &["sine", "triangle", "sawtooth", "pulse"];
    let tune = |id, name| number(id, name, Unit::Semitones, (-60.0, 60.0), 0.0);
    let width = |id, name| number(id, name, Unit::Ratio, (0.02, 0.98), 0.5);
    let share = |id, name, default| number(id, name, Unit::Ratio, SHARE, default);
    vec![
        choice("oscillator1.waveform", "Waveform 1", WAVES, 2),
        tune("oscillator1.tune_semitones", "Tuning 1"),
        width("oscillator1.pulse_width", "Pulse width 1"),
        share("oscillator1.level", "Level 1", 1.0),
        choice("oscillator2.waveform", "Waveform 2", WAVES, 2),
        tune("oscillator2.tune_semitones", "Tuning 2"),
        width("oscillator2.pulse_width", "Pulse width 2"),
        share("oscillator2.level", "Level 2", 0.0),
        share("noise.level", "Noise", 0.0),
        number("fm.amount", "Modulation of 1 by 2", Unit::Ratio, (0.0, 20.0), 0.0),
        setting("fm.envelope", "Modulation by the envelope", Unit::Ratio, SHARE, 0.0),
        setting("fm.velocity", "Modulation by velocity", Unit::Ratio, SHARE, 0.0),
    ]
}

fn filter_parameters() -> Vec<ParameterSpec> {
    let semitones = |id, name, default| number(id, name, Unit::Semitones, SEMITONES, default);
    vec![
        choice("filter.type", "Filter", &["low-pass", "band-pass", "high-pass", "off"], 0),
        choice("filter.slope_db_per_octave", "Slope", &["12", "24"], 0),
        number("filter.cutoff_hz", "Cutoff", Unit::Hertz, (20.0, 20_000.0), 4_000.0),
        number("filter.resonance", "Resonance", Unit::Ratio, SHARE, 0.1),
        number("filter.key_tracking", "Key tracking", Unit::Ratio, SHARE, 0.3),
        semitones("filter.envelope_semitones", "Cutoff by envelope", 12.0),
        semitones("filter.velocity_semitones", "Cutoff by velocity", 12.0),
    ]
}

fn envelope(ids: [&'static str; 4], name: &'static str, defaults: [f64; 4]) -> Vec<ParameterSpec> {
    let [attack, decay, sustain, release] = ids;
    let ms = |id, default| setting(id, name, Unit::Milliseconds, (0.0, 20_000.0), default);
    vec![
        ms(attack, defaults[0]),
        ms(decay, defaults[1]),
        setting(sustain, name, Unit::Ratio, SHARE, defaults[2]),
        ms(release, defaults[3]),
    ]
}

fn lfo(ids: [&'static str; 9]) -> Vec<ParameterSpec> {
    let [shape, mode, rate, quarters, start, pitch, cutoff, amplitude, pan] = ids;
    vec![
        choice(shape, "LFO shape", &["sine", "triangle", "sawtooth", "square", "random"], 0),
        choice(mode, "LFO mode", &["hertz", "synced"], 0),
        setting(rate, "LFO rate", Unit::Hertz, (0.01, 50.0), 1.0),
        setting(quarters, "LFO period", Unit::Quarters, (1.0 / 32.0, 64.0), 1.0),
        choice(start, "LFO start", &["free", "note"], 0),
        number(pitch, "LFO to pitch", Unit::Semitones, (-24.0, 24.0), 0.0),
        number(cutoff, "LFO to cutoff", Unit::Semitones, SEMITONES, 0.0),
        number(amplitude, "LFO to amplitude", Unit::Ratio, SHARE, 0.0),
        number(pan, "LFO to pan", Unit::Ratio, SHARE, 0.0),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_index_is_that_of_its_parameter() {
        let all = parameters();
        assert_eq!(all.len(), 60);
        for (index, id) in [
            (LEVEL_DB, "level_db"),
            (UNISON_SPREAD, "unison.spread"),
            (OSCILLATORS[0] + WAVEFORM, "oscillator1.waveform"),
            (OSCILLATORS[1] + LEVEL, "oscillator2.level"),
            (FM_AMOUNT, "fm.amount"),
            (CUTOFF_HZ, "filter.cutoff_hz"),
            (FILTER_VELOCITY, "filter.velocity_semitones"),
            (AMPLITUDE, "amplitude.attack_ms"),
            (FILTER, "filter.attack_ms"),
            (VELOCITY, "velocity"),
            (LFOS[0] + LFO_START, "lfo1.start"),
            (LFOS[1] + LFO_PAN, "lfo2.pan"),
            (TIMBRE_CUTOFF, "timbre.cutoff_semitones"),
        ] {
            assert_eq!(all[index].id, id);
        }
    }
}
