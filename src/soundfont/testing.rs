//! Tiny SoundFonts for tests: own material, made in memory.

use std::sync::Arc;

use super::{FontSource, PresetSource, SampleSource, SoundFont, ZoneSource};
use crate::math::sin_pi;

/// Frames of a cycle of [`sine`].
pub(crate) const SINE_CYCLE: u32 = 100;

/// A sine of half of full scale at 44,100 Hz, 441 Hz at key 69: two cycles, then ten cycles of loop,
/// then two more.
#[allow(clippy::cast_possible_truncation)] // Within the integers.
pub(crate) fn sine() -> SampleSource {
    let frames = (0..14 * SINE_CYCLE).map(|n| {
        let phase = f64::from(n % SINE_CYCLE) * 2.0 / f64::from(SINE_CYCLE);
        (sin_pi(phase) * 1_073_741_824.0) as i32
    });
    SampleSource {
        frames: frames.collect(),
        loop_frames: (2 * SINE_CYCLE, 12 * SINE_CYCLE),
        rate_hz: 44_100,
        root_key: 69,
        correction_cents: 0,
        kind: 1,
    }
}

/// Half of full scale, all the time: what is heard of it is the envelope.
pub(crate) fn constant() -> SampleSource {
    SampleSource {
        frames: vec![1_073_741_824; 400],
        loop_frames: (100, 300),
        rate_hz: 44_100,
        root_key: 60,
        correction_cents: 0,
        kind: 1,
    }
}

/// A zone of `target` with `generators`.
pub(crate) fn zone(target: u16, generators: &[(u16, i16)]) -> ZoneSource {
    ZoneSource { generators: generators.to_vec(), modulators: Vec::new(), target: Some(target) }
}

/// A SoundFont of one preset that plays `zones` of `samples`.
pub(crate) fn source(samples: Vec<SampleSource>, zones: Vec<ZoneSource>) -> FontSource {
    let preset =
        PresetSource { name: "one".to_owned(), zones: vec![zone(0, &[])], ..Default::default() };
    FontSource { samples, instruments: vec![zones], presets: vec![preset] }
}

/// The SoundFont of a source.
pub(crate) fn font(source: &FontSource) -> Arc<SoundFont> {
    Arc::new(SoundFont::parse(&source.to_bytes(true)).unwrap())
}

/// A SoundFont in which much moves: two layers, both oscillators, both envelopes, the filter, a loop
/// until the release, a class, sends and a pan.
pub(crate) fn busy() -> FontSource {
    let first = zone(
        0,
        &[
            (54, 1),
            (5, 30),
            (6, 20),
            (7, -200),
            (8, 9_000),
            (9, 120),
            (10, 400),
            (11, 1_200),
            (13, 40),
            (22, 600),
            (24, 900),
            (26, -6_000),
            (28, -4_000),
            (29, 400),
            (34, -7_000),
            (36, -2_000),
            (37, 200),
            (38, -5_000),
            (16, 300),
            (15, 200),
            (17, -200),
        ],
    );
    let second = zone(1, &[(54, 3), (57, 1), (38, -3_000), (17, 300), (51, 12), (52, -7)]);
    source(vec![sine(), constant()], vec![first, second])
}
