//! Events put out by a processor reach those after it in its chain, at their sample of node time,
//! and how it runs changes no bit.

use crate::dsp::testing::random_blocks;
use crate::execute::{Executor, SegmentConfig};
use crate::midi::Chase;
use crate::rig::{Rig, delay, insert};
use crate::session::{
    ChannelLayout, Clip, ClipContent, Insert, Note, ParameterValue, TimeValue, TrackKind,
};
use crate::simd::SimdLevel;
use crate::time::{Samples, Ticks};

const FRAMES: usize = 6_000;

/// At 120 bpm and 48 kHz 16 ticks are 25 samples.
const TICKS: i64 = 16;
const SAMPLES: f64 = 25.0;

/// (start in units of 25 samples, key) of notes that overlap.
const MELODY: [(i64, u8); 5] = [(0, 60), (10, 64), (12, 67), (31, 71), (120, 60)];

fn notes(melody: &[(i64, u8)]) -> Vec<Note> {
    let note = |(at, key): &(i64, u8)| Note::new(Ticks(at * TICKS), Ticks(37 * TICKS), *key, 100);
    melody.iter().map(note).collect()
}

/// Adds an instrument track of `chain` that plays `melody`.
fn plays(rig: &mut Rig, id: &str, melody: &[(i64, u8)], chain: Vec<Insert>) {
    let track = rig.track(id, TrackKind::Instrument, ChannelLayout::Stereo);
    track.inserts = chain;
    track.clips.push(Clip {
        content: ClipContent::Midi(notes(melody).into()),
        length: TimeValue::Samples(Samples(1_000_000)),
        ..crate::rig::clip(id, 0, 1)
    });
}

fn effect(id: &str, parameters: &[(&str, f64)]) -> Insert {
    insert(id, "test-notes", parameters)
}

fn tone() -> Insert {
    insert("tone", "tone", &[("attack_ms", 0.0), ("release_ms", 10.0)])
}

fn rendered(melody: &[(i64, u8)], chain: Vec<Insert>) -> Vec<f32> {
    let mut rig = Rig::new();
    plays(&mut rig, "keys", melody, chain);
    let out = rig.render(FRAMES);
    assert!(out.iter().any(|sample| *sample != 0.0));
    out
}

/// The melody later by `units`, with an octave above each note where asked for.
fn written(units: i64, octaves: bool) -> Vec<(i64, u8)> {
    let mut melody = Vec::new();
    for (at, key) in MELODY {
        melody.push((at + units, key));
        if octaves {
            melody.push((at + units, key + 12));
        }
    }
    melody
}

/// What a note effect does equals the same notes written down.
#[test]
fn a_note_effect_plays_what_it_puts_out() {
    let later = ("later", 13.0 * SAMPLES);
    let played = rendered(&MELODY, vec![effect("notes", &[later, ("octaves", 1.0)]), tone()]);
    assert!(played == rendered(&written(13, true), vec![tone()]));
    assert!(played != rendered(&written(0, true), vec![tone()]));
    assert!(played != rendered(&written(13, false), vec![tone()]));
}

/// One after the other; what has no event output lets events pass.
#[test]
fn note_effects_follow_each_other() {
    let chain = vec![
        effect("first", &[("later", 4.0 * SAMPLES)]),
        insert("trim", "gain", &[]),
        effect("second", &[("later", 9.0 * SAMPLES), ("octaves", 1.0)]),
        insert("trim-2", "gain", &[]),
        tone(),
    ];
    assert!(rendered(&MELODY, chain) == rendered(&written(13, true), vec![tone()]));
}

/// After the instrument an effect changes nothing of it.
#[test]
fn events_go_down_the_chain_only() {
    let chain = vec![tone(), effect("notes", &[("later", 100.0)])];
    assert!(rendered(&MELODY, chain) == rendered(&MELODY, vec![tone()]));
}

/// ```text
/// keys     ─[notes, late 100]─[late 37]─[notes, late 8]─[tone]──> master
/// opposite ─[tone]─[polarity]───────────────────────────────────> master
/// ```
#[test]
fn latency_between_nodes_shifts_no_note() {
    let mut rig = Rig::new();
    let late = |id, frames| effect(id, &[("latency", frames)]);
    let chain = vec![late("notes", 100.0), delay(37.0), late("more", 8.0), tone()];
    plays(&mut rig, "keys", &MELODY, chain);
    let mut polarity = insert("polarity", "polarity", &[]);
    for side in ["invert_left", "invert_right"] {
        polarity.parameters.insert(side.to_owned(), ParameterValue::Choice("on".to_owned()));
    }
    plays(&mut rig, "opposite", &MELODY, vec![tone(), polarity]);
    assert_eq!(rig.plan().latency.0, 145);
    assert!(rig.render(FRAMES).iter().all(|sample| *sample == 0.0));
    rig.get("opposite").inserts.pop();
    let double: Vec<f32> =
        rendered(&MELODY, vec![tone()]).iter().map(|sample| 2.0 * sample).collect();
    assert!(rig.render(FRAMES) == double);
}

/// Events in the effect's own memory, on their way to the instrument, and in its voices.
fn late_effects() -> Rig {
    let mut rig = Rig::new();
    let notes = effect("notes", &[("latency", 61.0), ("later", 333.0), ("octaves", 1.0)]);
    plays(&mut rig, "keys", &MELODY, vec![notes.clone(), delay(500.0), tone()]);
    // A second strip of the same chain runs beside the first.
    plays(&mut rig, "more-keys", &[(2, 50), (90, 53)], vec![notes, delay(500.0), tone()]);
    assert_eq!(rig.plan().segments[0].strips.len(), 2);
    rig
}

#[test]
fn blocks_change_nothing() {
    let rig = late_effects();
    let whole = rig.render(FRAMES);
    for seed in 0..8 {
        let blocks = random_blocks(FRAMES, 400, seed);
        let found = rig.render_with(FRAMES, &blocks, SimdLevel::SCALAR);
        assert!(found == whole, "blocks {seed}");
    }
    assert!(rig.render_with(FRAMES, &[1], SimdLevel::SCALAR) == whole);
}

#[test]
fn events_on_their_way_survive_a_change_of_plan_and_a_locate_drops_them() {
    let config = SegmentConfig { max_frames: 128, level: SimdLevel::SCALAR, chains: false };
    let rig = late_effects();
    let run = |executor: &mut Executor, out: &mut [f32]| executor.run_block(out).unwrap();
    let mut whole = vec![0.0; 2 * FRAMES];
    run(&mut Executor::new(rig.plan(), config).unwrap(), &mut whole);
    for at in [1, 200, 400, 700, 1_000, 1_500] {
        let mut swapped = vec![0.0; 2 * FRAMES];
        let (before, after) = swapped.split_at_mut(2 * at);
        let mut first = Executor::new(rig.plan(), config).unwrap();
        run(&mut first, before);
        let mut second = Executor::new(rig.plan(), config).unwrap();
        second.take_over(&first);
        run(&mut second, after);
        assert!(swapped == whole, "at {at}");
        first.locate(0, Chase::Controllers);
        run(&mut first, &mut swapped);
        assert!(swapped == whole, "located at {at}");
    }
}

/// What the built-in arpeggiator plays equals the same notes written down.
#[test]
fn an_arpeggio_is_heard_as_if_it_were_written_down() {
    let heard = |notes: Vec<Note>, chain: Vec<Insert>| {
        let mut rig = Rig::new();
        plays(&mut rig, "keys", &[], chain);
        rig.get("keys").clips[0].content = ClipContent::Midi(notes.into());
        rig.render(FRAMES)
    };
    const KEYS: [u8; 3] = [60, 64, 67];
    // An eighth of a sixteenth note: 480 ticks, 750 samples.
    let held = KEYS.map(|key| Note::new(Ticks(0), Ticks(8 * 480), key, 100));
    let written = (0..8).zip(KEYS.into_iter().cycle());
    let written = written.map(|(k, key)| Note::new(Ticks(480 * k), Ticks(240), key, 100));
    let arpeggio = insert("arpeggio", "arpeggiator", &[("rate_quarters", 1.0 / 32.0)]);
    let played = heard(held.to_vec(), vec![arpeggio, tone()]);
    assert!(played == heard(written.collect(), vec![tone()]));
    assert!(played != heard(held.to_vec(), vec![tone()]));
}

/// One built-in effect after the other, in any blocks and across changes of plan.
#[test]
fn built_in_effects_in_a_row_are_the_same_in_any_blocks() {
    let mut rig = Rig::new();
    let fast = ("rate_quarters", 1.0 / 32.0);
    let chain = vec![
        insert("scale", "scale", &[]),
        insert("chord", "chord", &[("strum_ms", 3.0)]),
        insert("arpeggio", "arpeggiator", &[fast, ("octaves", 2.0), ("gate", 1.0)]),
        delay(37.0),
        insert("repeat", "note-repeat", &[("rate_quarters", 0.05), ("velocity_decay", 0.2)]),
        insert("transpose", "transpose", &[("semitones", -3.0)]),
        insert("velocity", "velocity", &[("gamma", 2.0)]),
        insert("filter", "note-filter", &[("lowest_key", 50.0)]),
        tone(),
    ];
    plays(&mut rig, "keys", &MELODY, chain);
    let whole = rig.render(FRAMES);
    assert!(whole.iter().any(|sample| *sample != 0.0));
    for seed in 0..4 {
        let blocks = random_blocks(FRAMES, 400, seed);
        assert!(rig.render_with(FRAMES, &blocks, SimdLevel::SCALAR) == whole, "blocks {seed}");
    }
    assert!(rig.render_with(FRAMES, &[1], SimdLevel::SCALAR) == whole);
    let config = SegmentConfig { max_frames: 128, level: SimdLevel::SCALAR, chains: false };
    for at in [1, 700, 2_000, 3_333] {
        let mut swapped = vec![0.0; 2 * (FRAMES + 37)];
        let (before, after) = swapped.split_at_mut(2 * at);
        let mut first = Executor::new(rig.plan(), config).unwrap();
        first.run_block(before).unwrap();
        let mut second = Executor::new(rig.plan(), config).unwrap();
        second.take_over(&first);
        second.run_block(after).unwrap();
        assert!(swapped[2 * 37..] == whole, "at {at}");
    }
}

#[test]
fn too_many_events_are_a_fault_of_their_node() {
    let mut rig = Rig::new();
    plays(&mut rig, "keys", &MELODY, vec![effect("notes", &[("copies", 12_000.0)]), tone()]);
    let executor = |frames: usize| {
        let config = SegmentConfig { max_frames: 4_096, level: SimdLevel::SCALAR, chains: false };
        Executor::new(rig.plan(), config).unwrap().run_block(&mut vec![0.0; 2 * frames])
    };
    assert!(executor(100).is_ok(), "one note a block");
    let said = executor(300).unwrap_err().to_string();
    let expected = "tracks/keys/inserts/notes failed at sample 0 of its time: it put out more than 16384 events";
    assert!(said.starts_with(expected), "{said}");
}

#[test]
fn too_many_waiting_events_are_a_fault_of_their_node() {
    let mut rig = Rig::new();
    let flood = effect("notes", &[("copies", 16_000.0)]);
    plays(&mut rig, "keys", &MELODY, vec![flood, delay(100_000.0), tone()]);
    let config = SegmentConfig { max_frames: 100, level: SimdLevel::SCALAR, chains: false };
    let mut executor = Executor::new(rig.plan(), config).unwrap();
    let said = executor.run_block(&mut vec![0.0; 2 * FRAMES]).unwrap_err().to_string();
    assert!(said.contains("tracks/keys/inserts/notes failed at sample"), "{said}");
    assert!(said.contains("more than 65536 of its events wait"), "{said}");
}
