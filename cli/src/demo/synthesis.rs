//! The sounds of the drums, made from decaying sines and noise.
//!
//! Everything is computed with the core's own functions, so that the files are the same bytes on
//! every machine.

use wavemill_core::math::random::Random;
use wavemill_core::math::{TAU, exp, sin};
use wavemill_core::time::SampleRate;

/// A sound: its file's name without `.wav`, its rate in hertz and its samples.
pub struct Sound {
    /// The name.
    pub name: &'static str,
    /// The rate in hertz.
    pub rate_hz: u32,
    /// Mono samples.
    pub samples: Vec<f32>,
}

/// All sounds of the demo.
pub fn sounds() -> Vec<Sound> {
    vec![
        sound("kick", 48_000, 0.42, kick()),
        sound("snare", 48_000, 0.26, snare()),
        sound("hat", 48_000, 0.09, hat()),
        // At the rate of a CD: the session converts it.
        sound("cymbal", 44_100, 1.5, cymbal()),
    ]
}

/// Samples of `voice`, a function of time in seconds and sample number, with its last 5 ms faded.
fn sound(
    name: &'static str,
    rate_hz: u32,
    seconds: f64,
    mut voice: impl FnMut(f64, u64) -> f64,
) -> Sound {
    let rate = f64::from(rate_hz.clamp(SampleRate::MIN_HZ, SampleRate::MAX_HZ));
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // A few seconds.
    let count = (seconds * rate) as u64;
    let fade = rate * 0.005;
    let sample = |n: u64| {
        let out = ((count - n) as f64 / fade).min(1.0);
        #[allow(clippy::cast_possible_truncation)] // Files hold 16 bits.
        let sample = (voice(n as f64 / rate, n) * out) as f32;
        sample
    };
    Sound { name, rate_hz, samples: (0..count).map(sample).collect() }
}

/// exp(-t / seconds)
fn decay(t: f64, seconds: f64) -> f64 {
    exp(-t / seconds)
}

/// A sine that falls from 190 to 48 Hz, and a click.
fn kick() -> impl FnMut(f64, u64) -> f64 {
    let noise = Random::new(0, 1);
    move |t, n| {
        // The integral of 48 + 142 exp(-t / 0.035).
        let cycles = 48.0 * t + 142.0 * 0.035 * (1.0 - decay(t, 0.035));
        let body = sin(TAU * cycles) * decay(t, 0.14);
        let click = noise.bipolar(n) * decay(t, 0.002);
        0.85 * body + 0.15 * click
    }
}

/// Two sines of a skin and bright noise of the wires.
fn snare() -> impl FnMut(f64, u64) -> f64 {
    let noise = Random::new(0, 2);
    let mut before = 0.0;
    move |t, n| {
        let skin = (sin(TAU * 185.0 * t) + 0.6 * sin(TAU * 331.0 * t)) * decay(t, 0.05);
        let white = noise.bipolar(n);
        let wires = (white - 0.55 * before) * decay(t, 0.075);
        before = white;
        0.35 * skin + 0.4 * wires
    }
}

/// Noise without its low end, short.
fn hat() -> impl FnMut(f64, u64) -> f64 {
    let noise = Random::new(0, 3);
    let mut last = [0.0; 2];
    move |t, n| {
        let white = noise.bipolar(n);
        // A second difference: 12 dB an octave less towards the low end.
        let bright = white - 2.0 * last[0] + last[1];
        last = [white, last[0]];
        0.22 * bright * decay(t, 0.018)
    }
}

/// Noise and a cluster of partials that belong to no chord.
fn cymbal() -> impl FnMut(f64, u64) -> f64 {
    const PARTIALS_HZ: [f64; 6] = [2_113.0, 3_017.0, 4_211.0, 5_389.0, 6_781.0, 8_467.0];
    let noise = Random::new(0, 4);
    let mut before = 0.0;
    move |t, n| {
        let white = noise.bipolar(n);
        let hiss = 0.4 * (white - before) * decay(t, 0.35);
        before = white;
        let metal: f64 = PARTIALS_HZ.iter().map(|hz| sin(TAU * hz * t)).sum();
        hiss + 0.06 * metal * decay(t, 0.28)
    }
}
