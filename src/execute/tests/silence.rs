//! Silence is left alone where processors rest, and no sample tells.

use crate::rig::{Rig, clip, delay, insert, send, sidechain, to_group};
use crate::session::{ChannelLayout, Insert, ParameterValue, Tap, TrackKind};
use crate::simd::SimdLevel;

const FRAMES: usize = 60_000;

/// Processors that rest, with states that take a while to die away.
fn chain() -> Vec<Insert> {
    vec![
        insert("level", "gain", &[("gain_db", -3.0)]),
        insert("tone", "equaliser", &[("band1.frequency_hz", 4_000.0), ("band1.gain_db", 6.0)]),
        insert("squash", "compressor", &[("threshold_db", -30.0), ("release_ms", 1.0)]),
        insert("ahead", "compressor", &[("lookahead_ms", 1.0), ("release_ms", 1.0)]),
        insert("side", "pan", &[("pan", 0.4)]),
        insert("echo", "delay", &[("time_ms", 5.0), ("feedback", 0.2), ("high_cut_hz", 3_000.0)]),
        insert("limit", "limiter", &[("ceiling_db", -20.0), ("release_ms", 1.0)]),
        inverted(),
        insert("cut", "hard-clip", &[]),
        insert("dc", "dc-block", &[("frequency_hz", 100.0)]),
        delay(70.0),
    ]
}

/// An equaliser of every kind of filter that is not a bell.
fn shapes() -> Insert {
    let mut shapes = insert("shapes", "equaliser", &[]);
    let kinds = [
        ("high-pass", 100.0),
        ("low-shelf", 300.0),
        ("notch", 2_000.0),
        ("high-shelf", 5_000.0),
        ("low-pass", 9_000.0),
    ];
    for (band, (kind, frequency_hz)) in kinds.into_iter().enumerate() {
        let name = |parameter: &str| format!("band{}.{parameter}", band + 1);
        shapes.parameters.insert(name("type"), ParameterValue::Choice(kind.to_owned()));
        shapes.parameters.insert(name("frequency_hz"), ParameterValue::Number(frequency_hz));
    }
    shapes
}

/// It turns 0 to -0.
fn inverted() -> Insert {
    let mut turn = insert("turn", "polarity", &[]);
    for side in ["invert_left", "invert_right"] {
        turn.parameters.insert(side.to_owned(), ParameterValue::Choice("on".to_owned()));
    }
    turn
}

/// Bursts with long gaps, through every kind of step that lets silence pass.
fn bursts(layout: ChannelLayout) -> Rig {
    let mut rig = Rig::new();
    let burst: Vec<f32> = (0..300_u16).map(|n| f32::from(n * 37 % 101) / 101.0 - 0.4).collect();
    for (id, starts) in [("one", [5, 20_000, 41_000]), ("two", [700, 20_100, 52_345])] {
        let track = rig.plays(id, &burst);
        track.layout = layout;
        track.clips = starts.iter().map(|start| clip(id, *start, burst.len())).collect();
        track.inserts = chain();
        track.sends.push(send("verb", Tap::PreFader));
        track.output = to_group("bus");
    }
    rig.track("bus", TrackKind::Group, ChannelLayout::Stereo).inserts = chain();
    let verb = rig.track("verb", TrackKind::Return, ChannelLayout::Stereo);
    verb.inserts = vec![delay(1_000.0), insert("key", "compressor", &[])];
    verb.inserts[1].sidechain = Some(sidechain("one", Tap::PostFader));
    // No join follows the master, so that even the sign of a 0 would be seen.
    rig.session.master.inserts =
        vec![insert("level", "gain", &[("gain_db", 20.0)]), shapes(), inverted()];
    rig
}

#[test]
fn skipped_silence_changes_no_bit() {
    for layout in [ChannelLayout::Stereo, ChannelLayout::Mono] {
        let rig = bursts(layout);
        // One block, in which there is always something.
        let whole = rig.render_with(FRAMES + 2_000, &[FRAMES + 2_000], SimdLevel::detect());
        assert!(whole.iter().any(|sample| sample.abs() > 0.1));
        for blocks in [&[1][..], &[64], &[256], &[37, 500, 4_096]] {
            let parts = rig.render_with(FRAMES + 2_000, blocks, SimdLevel::detect());
            let differing = parts.iter().zip(&whole).position(|(a, b)| a.to_bits() != b.to_bits());
            assert_eq!(differing, None, "{layout:?}, blocks {blocks:?}");
        }
    }
}

/// What comes before it has died away, so a processor is not asked in the gaps.
#[test]
fn silence_is_not_processed() {
    let mut rig = bursts(ChannelLayout::Stereo);
    for track in &mut rig.session.tracks[..2] {
        // One makes -0, which is not left alone, one never rests, and one rings on.
        let restless = ["polarity", "test-delay", "delay"];
        track.inserts.retain(|insert| !restless.contains(&&*insert.processor));
        track.inserts.push(insert("rest", "test-rest", &[]));
    }
    rig.render_with(FRAMES, &[100], SimdLevel::detect());
    let seen = rig.processors.seen.lock().expect("no test panicked");
    let sounding = seen.iter().filter(|(time, _)| (15_000..19_800).contains(time)).count();
    assert_eq!(sounding, 0, "{seen:?}");
    assert!(seen.len() < FRAMES / 100 / 2, "{} of {} blocks", seen.len(), FRAMES / 100);
    assert!(seen.len() > 30);
}
