//! Tests of the tone instrument.

use std::sync::Arc;

use super::voice::VOICES;
use super::*;
use crate::dsp::testing::{Rig, assert_invariant, fixed_blocks};
use crate::math::{TAU, sin};
use crate::process::EventKind;

fn on(at: i64, note: u64, key: u8, velocity: f64) -> Event {
    Event { at: Samples(at), kind: EventKind::NoteOn { note, channel: 0, key, velocity } }
}

fn off(at: i64, note: u64, key: u8) -> Event {
    Event { at: Samples(at), kind: EventKind::NoteOff { note, channel: 0, key, velocity: 0.5 } }
}

/// One instance with `values` that plays `events`.
fn rig(frames: usize, values: &[(&str, f64)], events: Vec<Event>) -> Rig {
    Rig::new(Arc::new(ToneFactory), 1, 0, frames).with_values(values).playing(events)
}

/// No envelope: full level from the first sample to the last.
const PLAIN: [(&str, f64); 4] =
    [("attack_ms", 0.0), ("sustain", 1.0), ("release_ms", 0.0), ("level_db", 0.0)];

#[test]
fn a_note_is_its_sine_between_its_samples() {
    let events = vec![on(100, 1, 69, 0.5), off(900, 1, 69)];
    let output = assert_invariant(&rig(1_500, &PLAIN, events));
    for (y, n) in output[0][0].iter().zip(0_i32..) {
        let since = f64::from(n - 100);
        let wanted = 0.5 * sin(TAU * 440.0 * since / 48_000.0);
        let wanted = if (100..900).contains(&n) { wanted } else { 0.0 };
        assert!((f64::from(*y) - wanted).abs() < 1e-7, "{n}");
    }
}

#[test]
fn a_note_lands_on_its_sample_at_every_offset() {
    let note = |at: i64| vec![on(at, 1, 60, 1.0), off(at + 200, 1, 60)];
    let values = [("waveform", 1.0), ("attack_ms", 1.0), ("release_ms", 2.0)];
    let first = rig(600, &values, note(0)).run_whole();
    for at in 0..130_u8 {
        let rig = rig(600, &values, note(i64::from(at)));
        let at = usize::from(at);
        for blocks in [vec![600], fixed_blocks(600, 64), fixed_blocks(600, 37)] {
            let output = rig.run(&blocks);
            assert!(output[0][0][..at].iter().all(|y| *y == 0.0), "{at}");
            assert_eq!(output[0][0][at..], first[0][0][..600 - at], "{at}");
        }
    }
}

#[test]
fn the_envelope_goes_through_its_corners() {
    // 1,000 Hz at a quarter of a cycle: key 69 will not do, so measure by a slow envelope's peaks.
    let values = [
        ("attack_ms", 10.0),
        ("decay_ms", 20.0),
        ("sustain", 0.25),
        ("release_ms", 10.0),
        ("level_db", 0.0),
    ];
    let output = rig(4_800, &values, vec![on(0, 1, 108, 1.0), off(2_400, 1, 108)]).run_whole();
    // Key 108 is 4,186 Hz: about 11 samples a cycle. The peak of a cycle is the envelope there.
    let level =
        |at: usize| output[0][0][at - 6..at + 6].iter().fold(0.0_f32, |p, y| p.max(y.abs()));
    for (at, wanted) in
        [(240, 0.5), (480, 1.0), (960, 0.625), (1_440, 0.25), (2_390, 0.25), (2_640, 0.125)]
    {
        assert!((level(at) - wanted).abs() < 0.04, "{at}: {} is not {wanted}", level(at));
    }
    assert!(output[0][0][2_880..].iter().all(|y| *y == 0.0));
    assert_eq!(ToneFactory.tail(&[0.0, 0.0, 0.0, 0.0, 0.0, 10.0], rate()), Samples(481));
}

fn rate() -> SampleRate {
    SampleRate::new(48_000).unwrap()
}

#[test]
fn velocity_and_level_scale_and_voices_add() {
    let single = |note, key| rig(500, &PLAIN, vec![on(3, note, key, 0.25)]).run_whole();
    let both = rig(500, &PLAIN, vec![on(3, 1, 60, 0.25), on(3, 2, 67, 0.25)]).run_whole();
    let (first, second) = (single(1, 60), single(2, 67));
    for (sum, (a, b)) in both[0][0].iter().zip(first[0][0].iter().zip(&second[0][0])) {
        assert!((sum - (a + b)).abs() < 1e-7);
    }
}

#[test]
fn one_note_too_many_takes_the_place_of_the_oldest() {
    let many = u8::try_from(VOICES).unwrap() + 1;
    // The first note is alone in being loud; it is heard until the last one comes.
    let velocity = |note: u8| if note == 0 { 1.0 } else { 1e-6 };
    // A short one first, so that the oldest does not lie in the first place.
    let mut events = vec![on(0, 100, 39, 1e-6), on(0, 0, 40, velocity(0)), off(10, 100, 39)];
    events.extend(
        (1..many).map(|note| on(i64::from(note) * 50, note.into(), 40 + note, velocity(note))),
    );
    let last = usize::from(many - 1) * 50;
    let output = assert_invariant(&rig(last + 500, &PLAIN, events));
    assert!(output[0][0][last - 300..last].iter().any(|y| y.abs() > 0.9));
    assert!(output[0][0][last + 1..].iter().all(|y| y.abs() < 1e-4));
}

#[test]
fn a_released_note_frees_its_place() {
    let mut events = Vec::new();
    for note in 0..200_u8 {
        let at = i64::from(note) * 20;
        events.push(on(at, note.into(), 60, 0.1));
        events.push(off(at + 20, note.into(), 60));
    }
    // Released at once, none of them may steal the held one.
    events.insert(0, on(0, 999, 72, 1.0));
    events.sort_by_key(|event| (event.at, event.kind.rank()));
    let output = assert_invariant(&rig(4_000, &PLAIN, events));
    assert!(output[0][0][3_900..].iter().any(|y| y.abs() > 0.8));
}

#[test]
fn automated_level_moves_the_sound_and_no_cut_changes_it() {
    let rig = Rig::new(Arc::new(ToneFactory), 2, -100, 2_000)
        .with_automation(&[("waveform", 1.0)], 5)
        .playing(vec![on(-50, 1, 60, 1.0), on(300, 2, 64, 0.7), off(1_000, 1, 60)])
        .with_automation(&[], 6)
        .playing(vec![on(0, 1, 30, 1.0)]);
    let output = assert_invariant(&rig);
    assert_eq!(output[0][0], output[0][1]);
    assert!(output[0][0][..51].iter().all(|y| *y == 0.0));
}
