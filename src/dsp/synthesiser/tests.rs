//! Tests of the synthesiser.

mod controllers;
mod sounds;
mod voices;

use std::sync::Arc;

use super::*;
use crate::dsp::testing::Rig;
use crate::math::{TAU, cos, exp2, sin};
use crate::process::{Event, EventKind};
use crate::session::{ControllerTarget, ExpressionKind};

const RATE_HZ: f64 = 48_000.0;

fn on(at: i64, note: u64, key: u8) -> Event {
    Event { at: Samples(at), kind: EventKind::NoteOn { note, channel: 0, key, velocity: 1.0 } }
}

fn off(at: i64, note: u64, key: u8) -> Event {
    Event { at: Samples(at), kind: EventKind::NoteOff { note, channel: 0, key, velocity: 0.5 } }
}

fn control(at: i64, target: ControllerTarget, value: f64) -> Event {
    Event { at: Samples(at), kind: EventKind::Controller { channel: 0, target, value } }
}

fn express(at: i64, note: u64, key: u8, kind: ExpressionKind, value: f64) -> Event {
    Event { at: Samples(at), kind: EventKind::Expression { note, channel: 0, key, kind, value } }
}

const SINE: f64 = 0.0;
const TRIANGLE: f64 = 1.0;
const SAWTOOTH: f64 = 2.0;
const LOW_PASS: f64 = 0.0;
const BAND_PASS: f64 = 1.0;
const HIGH_PASS: f64 = 2.0;
const NO_FILTER: f64 = 3.0;

/// A sine at full level from the first sample to the last, without a filter.
const PLAIN: [(&str, f64); 6] = [
    ("level_db", 0.0),
    ("oscillator1.waveform", SINE),
    ("filter.type", NO_FILTER),
    ("amplitude.attack_ms", 0.0),
    ("amplitude.sustain", 1.0),
    ("amplitude.release_ms", 0.0),
];

/// [`PLAIN`], and what else is set.
fn plain(more: &[(&'static str, f64)]) -> Vec<(&'static str, f64)> {
    PLAIN.iter().chain(more).copied().collect()
}

/// One stereo instance with `values` that plays `events`.
fn rig(frames: usize, values: &[(&str, f64)], events: Vec<Event>) -> Rig {
    Rig::new(Arc::new(SynthesiserFactory), 2, 0, frames).with_values(values).playing(events)
}

/// The left channel of [`rig`].
fn left(frames: usize, values: &[(&str, f64)], events: Vec<Event>) -> Vec<f64> {
    let output = rig(frames, values, events).run_whole();
    output[0][0].iter().map(|x| f64::from(*x)).collect()
}

fn key_hz(key: f64) -> f64 {
    440.0 * exp2((key - 69.0) / 12.0)
}

/// The amplitude of the sine at `hz`, by a Blackman-Harris window, whose sidelobes lie at -92 dB.
fn amplitude(signal: &[f64], hz: f64) -> f64 {
    let (mut real, mut imaginary, mut weights) = (0.0, 0.0, 0.0);
    for (n, x) in signal.iter().enumerate() {
        let turn = TAU * n as f64 / signal.len() as f64;
        let weight = 0.358_75 - 0.488_29 * cos(turn) + 0.141_28 * cos(2.0 * turn)
            - 0.011_68 * cos(3.0 * turn);
        let angle = TAU * (hz / RATE_HZ * n as f64 % 1.0);
        real += weight * x * cos(angle);
        imaginary += weight * x * sin(angle);
        weights += weight;
    }
    2.0 * (real * real + imaginary * imaginary).sqrt() / weights
}

/// The frequency of a signal by its first and last rising passage through 0.
fn frequency(signal: &[f64]) -> f64 {
    let rises = signal.windows(2).enumerate().filter(|(_, w)| w[0] < 0.0 && w[1] >= 0.0);
    let at: Vec<f64> = rises.map(|(n, w)| n as f64 + w[0] / (w[0] - w[1])).collect();
    (at.len() - 1) as f64 / (at[at.len() - 1] - at[0]) * RATE_HZ
}

fn cents(a: f64, b: f64) -> f64 {
    1_200.0 * crate::math::log2(a / b)
}

fn db(ratio: f64) -> f64 {
    crate::math::gain_to_db(ratio)
}

#[test]
fn keys_are_in_tune_within_a_cent() {
    for key in [21_u8, 33, 48, 60, 69, 81, 93, 108, 127] {
        let signal = left(12_000, &PLAIN, vec![on(0, 1, key)]);
        let error = cents(frequency(&signal), key_hz(key.into()));
        assert!(error.abs() < 0.2, "key {key}: {error} cents");
    }
    let tuned = plain(&[("oscillator1.tune_semitones", -12.37)]);
    let signal = left(24_000, &tuned, vec![on(0, 1, 81)]);
    assert!(cents(frequency(&signal), key_hz(81.0 - 12.37)).abs() < 0.2);
}

#[test]
fn a_note_lands_on_its_sample_at_every_offset() {
    let values = plain(&[("oscillator1.waveform", TRIANGLE), ("amplitude.decay_ms", 3.0)]);
    let note = |at: i64| vec![on(at, 1, 60), off(at + 300, 1, 60)];
    let first = rig(700, &values, note(0)).run_whole();
    for at in 0..130_u8 {
        let rig = rig(700, &values, note(at.into()));
        let at = usize::from(at);
        for size in [700, 64, 37, 1] {
            let output = rig.run(&crate::dsp::testing::fixed_blocks(700, size));
            assert!(output[0][0][..at].iter().all(|y| *y == 0.0), "{at}");
            assert_eq!(output[0][0][at..], first[0][0][..700 - at], "{at} in blocks of {size}");
            assert!(output[0][0][at].abs() > 0.5, "{at}");
        }
    }
}

#[test]
fn the_envelope_goes_through_its_corners() {
    let values = plain(&[
        ("amplitude.attack_ms", 10.0),
        ("amplitude.decay_ms", 40.0),
        ("amplitude.sustain", 0.25),
        ("amplitude.release_ms", 20.0),
    ]);
    let signal = left(9_600, &values, vec![on(0, 1, 108), off(4_801, 1, 108)]);
    // The peak of a cycle, about 11 samples.
    let level = |at: usize| signal[at - 6..at + 6].iter().fold(0.0_f64, |p, y| p.max(y.abs()));
    let fall = |part: f64| crate::math::exp(-part * 3.0 * crate::math::LN_10);
    for (at, wanted) in [
        (240, 0.5),
        (480, 1.0),
        (480 + 480, 0.25 + 0.75 * fall(0.25)),
        (480 + 960, 0.25 + 0.75 * fall(0.5)),
        (4_790, 0.25),
        (4_801 + 240, 0.25 * fall(0.25)),
        (4_801 + 480, 0.25 * fall(0.5)),
    ] {
        let got = level(at);
        assert!((got - wanted).abs() < 0.035 * wanted.max(0.3), "{at}: {got} is not {wanted}");
    }
    // Twice the release of 960 frames later it is over, and not before.
    assert!(signal[4_801 + 1_900..4_801 + 1_920].iter().any(|y| *y != 0.0));
    assert!(signal[4_801 + 1_920..].iter().all(|y| *y == 0.0));
    let defaults = crate::dsp::testing::values(&SynthesiserFactory, &values);
    let rate = SampleRate::new(48_000).unwrap();
    assert_eq!(SynthesiserFactory.tail(&defaults, rate), Samples(1_921));
}

/// The loudest image of a sawtooth below and above 10 kHz, against its fundamental.
fn images(key: u8) -> (f64, f64) {
    let values = plain(&[("oscillator1.waveform", SAWTOOTH)]);
    let signal = left(24_000, &values, vec![on(0, 1, key)]);
    let hz = key_hz(key.into());
    let fundamental = amplitude(&signal, hz);
    let mut loudest = (0.0_f64, 0.0_f64);
    let mut partial = 1.0;
    while partial * hz < 3.0 * RATE_HZ {
        let folded = (partial * hz / RATE_HZ + 0.5).rem_euclid(1.0) - 0.5;
        let folded = folded.abs() * RATE_HZ;
        if partial * hz > RATE_HZ / 2.0 {
            let level = amplitude(&signal, folded) / fundamental;
            if folded < 10_000.0 {
                loudest.0 = loudest.0.max(level);
            } else {
                loudest.1 = loudest.1.max(level);
            }
        }
        partial += 1.0;
    }
    (db(loudest.0), db(loudest.1))
}

#[test]
fn images_of_a_sawtooth_are_quiet() {
    for (key, low_db, high_db) in [(72, -85.0, -48.0), (84, -82.0, -42.0), (96, -80.0, -38.0)] {
        let (low, high) = images(key);
        println!("key {key}: images {low:.1} dB below 10 kHz, {high:.1} dB above");
        assert!(low < low_db, "key {key}: {low} dB below 10 kHz");
        assert!(high < high_db, "key {key}: {high} dB above 10 kHz");
    }
}

#[test]
fn the_filter_is_what_it_says_at_its_cutoff_and_two_octaves_on() {
    let hz = key_hz(69.0);
    let level = |kind: f64, slope: f64, cutoff: f64, resonance: f64| {
        let values = plain(&[
            ("filter.type", kind),
            ("filter.slope_db_per_octave", slope),
            ("filter.cutoff_hz", cutoff),
            ("filter.resonance", resonance),
            ("filter.key_tracking", 0.0),
            ("filter.envelope_semitones", 0.0),
            ("filter.velocity_semitones", 0.0),
        ]);
        db(amplitude(&left(24_000, &values, vec![on(0, 1, 69)])[12_000..], hz))
    };
    // Butterworth's 1 / sqrt(1 + r^2n), r the ratio of the frequencies as the bilinear transform
    // bends them.
    let bent = |hz: f64| crate::math::tan(crate::math::PI * hz / RATE_HZ);
    let fallen = |low: f64, high: f64, order: i32| {
        let ratio = crate::math::pow(bent(high) / bent(low), 2.0 * f64::from(order));
        -0.5 * db(1.0 + ratio)
    };
    for (kind, slope, cutoff, resonance, wanted) in [
        (LOW_PASS, 0.0, hz, 0.0, -3.0103),
        (LOW_PASS, 1.0, hz, 0.0, -3.0103),
        (HIGH_PASS, 0.0, hz, 0.0, -3.0103),
        (HIGH_PASS, 1.0, hz, 0.0, -3.0103),
        (BAND_PASS, 0.0, hz, 0.5, 0.0),
        (LOW_PASS, 0.0, hz / 4.0, 0.0, fallen(hz / 4.0, hz, 2)),
        (LOW_PASS, 1.0, hz / 4.0, 0.0, fallen(hz / 4.0, hz, 4)),
        (HIGH_PASS, 0.0, hz * 4.0, 0.0, fallen(hz, hz * 4.0, 2)),
        // Q is 1/sqrt 2 times 2^(5 * 0.4).
        (LOW_PASS, 0.0, hz, 0.4, 20.0 * 0.451_545),
    ] {
        let got = level(kind, slope, cutoff, resonance);
        assert!((got - wanted).abs() < 0.06, "{kind} {slope} {cutoff}: {got} dB, not {wanted}");
    }
}

#[test]
fn noise_is_of_the_note_and_the_node() {
    let values = plain(&[("oscillator1.level", 0.0), ("noise.level", 1.0)]);
    let first = left(6_400, &values, vec![on(64, 1, 60)]);
    let square = first[64..].iter().map(|x| x * x).sum::<f64>() / 6_336.0;
    assert!((square - 1.0 / 3.0).abs() < 0.02, "{square}");
    // Another key of the same note is the same noise; another note is not, nor another node.
    assert_eq!(left(6_400, &values, vec![on(64, 1, 72)]), first);
    assert_ne!(left(6_400, &values, vec![on(64, 2, 60)]), first);
    let mut elsewhere = rig(6_400, &values, vec![on(64, 1, 60)]);
    elsewhere.instances[0].node.push('x');
    assert_ne!(elsewhere.run_whole(), rig(6_400, &values, vec![on(64, 1, 60)]).run_whole());
    // A later note of the same name goes on with the same numbers of node time.
    let later = left(6_400, &values, vec![on(1_000, 1, 60)]);
    assert_eq!(later[1_000..], first[1_000..]);
}

#[test]
fn modulated_sines_have_the_partials_of_bessel() {
    // Equal frequencies and index 1: partials at k f of J(k-1)(1) + ..., at 2 f J1 - J-3 = J1 + J3.
    let values = plain(&[
        ("oscillator2.waveform", SINE),
        ("fm.amount", 1.0),
        ("oscillator2.tune_semitones", 24.0),
    ]);
    let hz = key_hz(57.0);
    let signal = left(24_000, &values, vec![on(0, 1, 57)]);
    // Four times the frequency: sidebands at 1, 5 and 3 (folded at 0), 9 and 7.
    for (partial, wanted) in
        [(1.0, 0.765_198), (5.0, 0.440_051), (3.0, 0.440_051), (9.0, 0.114_903)]
    {
        let got = amplitude(&signal, partial * hz);
        assert!((got - wanted).abs() < 1e-3, "{partial}: {got} is not {wanted}");
    }
}

#[test]
fn unison_spreads_detunes_and_keeps_its_power() {
    let unison = |spread: f64| {
        plain(&[("unison.count", 2.0), ("unison.detune_semitones", 0.5), ("unison.spread", spread)])
    };
    let events = || vec![on(0, 1, 69)];
    let output = rig(48_000, &unison(1.0), events()).run_whole();
    let side =
        |channel: usize| -> Vec<f64> { output[0][channel].iter().map(|x| f64::from(*x)).collect() };
    let (low, high) = (key_hz(68.5), key_hz(69.5));
    for (channel, there, elsewhere) in [(0, low, high), (1, high, low)] {
        assert!((amplitude(&side(channel), there) - 1.0).abs() < 1e-3);
        assert!(amplitude(&side(channel), elsewhere) < 1e-3);
    }
    let narrow = left(48_000, &unison(0.0), events());
    for hz in [low, high] {
        assert!((amplitude(&narrow, hz) - 0.5_f64.sqrt()).abs() < 1e-3);
    }
}

#[test]
fn mono_is_the_mean_of_both_sides() {
    let values = plain(&[("unison.count", 3.0)]);
    let events = || vec![on(0, 1, 60), control(100, ControllerTarget::Controller(10), 100.0)];
    let stereo = rig(1_000, &values, events()).run_whole();
    let mono = Rig { channels: 1, ..Rig::new(Arc::new(SynthesiserFactory), 1, 0, 1_000) };
    let mono = mono.with_values(&values).playing(events()).run_whole();
    for ((left, right), y) in stereo[0][0].iter().zip(&stereo[0][1]).zip(&mono[0][0]) {
        assert!((0.5 * (left + right) - y).abs() < 1e-6);
    }
}

#[test]
fn an_lfo_swings_as_far_as_it_says() {
    let tremolo = plain(&[
        ("lfo1.rate_hz", 10.0),
        ("lfo1.amplitude", 0.5),
        ("lfo2.rate_hz", 2.0),
        ("lfo2.shape", 3.0),
        ("lfo2.pitch_semitones", 3.0),
    ]);
    let signal = left(24_000, &tremolo, vec![on(0, 1, 84)]);
    let peak = |at: usize| signal[at - 30..at + 30].iter().fold(0.0_f64, |p, y| p.max(y.abs()));
    // A quarter and three quarters of 4,800 frames.
    assert!((peak(1_200) - 1.0).abs() < 0.02 && (peak(3_600) - 0.5).abs() < 0.02);
    // A square of half a second: up for 12,000 frames, then down.
    assert!(cents(frequency(&signal[200..11_800]), key_hz(87.0)).abs() < 2.0);
    assert!(cents(frequency(&signal[12_200..23_800]), key_hz(81.0)).abs() < 2.0);
    let synced = plain(&[("lfo1.mode", 1.0), ("lfo1.quarters", 0.5), ("lfo1.amplitude", 1.0)]);
    // 120 bpm: a cycle of 12,000 frames, silent after three quarters of it.
    let signal = left(24_000, &synced, vec![on(0, 1, 84)]);
    let peak = |at: usize| signal[at - 30..at + 30].iter().fold(0.0_f64, |p, y| p.max(y.abs()));
    assert!(peak(9_000) < 0.01 && peak(3_000) > 0.99 && peak(21_000) < 0.01);
}
