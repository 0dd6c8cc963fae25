//! Commands on notes.

use super::{band, clip, refused, run};
use crate::session::{ClipContent, MidiContent, Session};

fn content<'s>(session: &'s Session, id: &str) -> &'s MidiContent {
    let ClipContent::Midi(content) = &clip(session, id).content else { panic!("{id} is audio") };
    content
}

fn notes(session: &Session) -> Vec<(i64, i64, u8, u8)> {
    let notes = content(session, "chords").notes.iter();
    notes.map(|n| (n.at.0, n.length.0, n.key, n.velocity)).collect()
}

/// What `ops` make of the two notes of `chords`.
fn edited(ops: &[&str]) -> Vec<(i64, i64, u8, u8)> {
    let mut session = band();
    for op in ops {
        run(&mut session, op);
    }
    notes(&session)
}

#[test]
fn notes_are_added_moved_and_deleted() {
    let all = edited(&[
        r#"{"op":"add_notes","clip":"chords","notes":[{"at":500,"length":10,"key":50}]}"#,
        r#"{"op":"move_notes","clip":"chords","select":{"lowest_key":60},"by":100}"#,
        r#"{"op":"delete_notes","clip":"chords","select":{"from":30000,"to":40000}}"#,
    ]);
    assert_eq!(all, [(100, 15_360, 60, 100), (500, 10, 50, 100)]);
}

#[test]
fn keys_and_velocities_change() {
    let all = edited(&[
        r#"{"op":"transpose_notes","clip":"chords","semitones":-12}"#,
        r#"{"op":"transpose_notes_in_scale","clip":"chords","scale":"minor","root":0,"steps":1}"#,
        r#"{"op":"change_velocity","clip":"chords","select":{"highest_key":50},"change":{"set":30}}"#,
    ]);
    // E is no note of C minor: it goes with E flat below it, to F, and stays a semitone above it.
    assert_eq!(all, [(0, 15_360, 50, 30), (30_720, 15_360, 54, 100)]);
}

#[test]
fn lengths_and_places_change() {
    let all = edited(&[
        r#"{"op":"legato_notes","clip":"chords","gap":720}"#,
        r#"{"op":"split_notes","clip":"chords","at":10000}"#,
        r#"{"op":"scale_note_time","clip":"chords","numerator":1,"denominator":2}"#,
    ]);
    let halves = [(0, 5_000, 60, 100), (5_000, 10_000, 60, 100), (15_360, 7_680, 64, 100)];
    assert_eq!(all, halves);
    let all = edited(&[
        r#"{"op":"divide_notes","clip":"chords","select":{"to":1},"parts":2}"#,
        r#"{"op":"reverse_notes","clip":"chords"}"#,
        r#"{"op":"join_notes","clip":"chords"}"#,
    ]);
    assert_eq!(all, [(0, 15_360, 64, 100), (30_720, 15_360, 60, 100)]);
}

#[test]
fn quantising_counts_from_the_bar_on_the_timeline() {
    let mut session = band();
    run(&mut session, r#"{"op":"move_notes","clip":"chords","by":200}"#);
    run(&mut session, r#"{"op":"move_clip","clip":"chords","start":{"ticks":61540}}"#);
    // The clip starts 100 ticks after the bar: its notes are 300 after a line.
    run(
        &mut session,
        r#"{"op":"quantise_notes","clip":"chords","grid":"1/16","strength_percent":50}"#,
    );
    assert_eq!(notes(&session).iter().map(|note| note.0).collect::<Vec<_>>(), [1_970, 30_770]);
    run(&mut session, r#"{"op":"quantise_notes","clip":"chords","grid":"1/16"}"#);
    assert_eq!(notes(&session).iter().map(|note| note.0).collect::<Vec<_>>(), [3_740, 30_620]);
}

#[test]
fn humanising_repeats_with_its_seed() {
    let humanise = |seed: u32| {
        let op = format!(
            r#"{{"op":"humanise_notes","clip":"chords","timing":100,"velocity":9,"seed":{seed}}}"#
        );
        edited(&[&op])
    };
    assert_eq!(humanise(1), humanise(1));
    assert_ne!(humanise(1), humanise(2));
}

#[test]
fn a_cropped_clip_holds_what_it_plays() {
    let mut session = band();
    run(&mut session, r#"{"op":"set_clip","clip":"chords","offset_ticks":100}"#);
    run(&mut session, r#"{"op":"trim_clip","clip":"chords","end":{"ticks":100000}}"#);
    run(&mut session, r#"{"op":"crop_notes","clip":"chords"}"#);
    assert_eq!(notes(&session), [(30_720, 7_940, 64, 100)]);
}

#[test]
fn loops_are_set_in_ticks() {
    let mut session = band();
    run(&mut session, r#"{"op":"set_clip","clip":"chords","loop_ticks":30720}"#);
    assert_eq!(content(&session, "chords").loop_length.map(|ticks| ticks.0), Some(30_720));
    run(&mut session, r#"{"op":"set_clip","clip":"chords","loop_ticks":null}"#);
    assert_eq!(content(&session, "chords").loop_length, None);
    let error = refused(&mut session, r#"{"op":"set_clip","clip":"beat","loop_ticks":5}"#);
    assert!(error.contains("an audio clip has no offset_ticks or loop_ticks"), "{error}");
}

#[test]
fn what_cannot_be_done_is_said() {
    let mut session = band();
    for (op, what) in [
        (r#"{"op":"transpose_notes","clip":"chords","semitones":64}"#, "key 64 would become 128"),
        (r#"{"op":"move_notes","clip":"chords","by":-1}"#, "would start before the clip's content"),
        (r#"{"op":"delete_notes","clip":"chords","select":{"channel":3}}"#, "no note of the clip"),
        (
            r#"{"op":"quantise_notes","clip":"chords","grid":"1/8","swing_percent":90}"#,
            "use 50 to 75",
        ),
        (r#"{"op":"divide_notes","clip":"chords","parts":1}"#, "use 2 to 1024"),
        (r#"{"op":"reverse_notes","clip":"beat"}"#, "an audio clip has no notes"),
        (r#"{"op":"legato_notes","clip":"chords","gap":-1}"#, "a gap of -1 ticks is negative"),
        (
            r#"{"op":"transpose_notes_in_scale","clip":"chords","scale":"blues","root":12,"steps":1}"#,
            "12 is no root",
        ),
    ] {
        let error = refused(&mut session, op);
        assert!(error.contains(what), "{op}: {error}");
    }
}
