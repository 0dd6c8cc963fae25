//! The SoundFont of the cases: a preset in which much moves, of our own material.

use wavemill_core::math::sin_pi;
use wavemill_core::soundfont::{FontSource, PresetSource, SampleSource, ZoneSource};

use crate::case::CaseContent;

/// Frames of a cycle of the sample.
const CYCLE: u32 = 100;

/// Two layers: one with both oscillators, both envelopes, a filter and sends, one that loops until
/// it is released.
pub(crate) fn sound_font() -> CaseContent {
    CaseContent::Bytes(source(1).to_bytes(true))
}

/// The same with its sample compressed, as in SF3 files.
pub(crate) fn compressed_sound_font() -> CaseContent {
    CaseContent::Bytes(source(0x11).to_bytes(false))
}

fn source(kind: u16) -> FontSource {
    #[rustfmt::skip]
    let moving = vec![
        (54, 1), (5, 30), (6, 20), (7, -200), (8, 9_000), (9, 120), (10, 400), (11, 1_200), (13, 40),
        (22, 600), (24, 900), (26, -6_000), (28, -4_000), (29, 400), (34, -7_000), (36, -2_000),
        (37, 200), (38, -5_000), (15, 200), (16, 300), (17, -200),
    ];
    let released = vec![(54, 3), (38, -3_000), (17, 300), (51, 12), (52, -7)];
    let zone = |generators| ZoneSource { generators, modulators: Vec::new(), target: Some(0) };
    let preset = PresetSource {
        name: "busy".to_owned(),
        zones: vec![zone(Vec::new())],
        bank: 0,
        program: 0,
    };
    FontSource {
        samples: vec![SampleSource { kind, ..sample() }],
        instruments: vec![vec![zone(moving), zone(released)]],
        presets: vec![preset],
    }
}

/// A sine and its third partial, four cycles, two of them a loop.
#[allow(clippy::cast_possible_truncation)] // Within the integers.
fn sample() -> SampleSource {
    let frames = (0..4 * CYCLE).map(|n| {
        let phase = f64::from(n) * 2.0 / f64::from(CYCLE);
        ((sin_pi(phase) + 0.3 * sin_pi(3.0 * phase)) * 1e9) as i32
    });
    SampleSource {
        frames: frames.collect(),
        loop_frames: (CYCLE, 3 * CYCLE),
        rate_hz: 44_100,
        root_key: 69,
        correction_cents: 3,
        kind: 1,
    }
}
