//! Clips: whole ones, and cutting and joining them.

use super::*;
use crate::session::{ClipContent, Fade, FadeCurve, TimeValue};
use crate::time::Ticks;

fn ticks(at: i64) -> TimeValue {
    TimeValue::Ticks(Ticks(at))
}

fn samples(at: i64) -> TimeValue {
    TimeValue::Samples(Samples(at))
}

#[test]
fn a_split_clip_plays_on_where_it_was_cut_and_joins_again() {
    for (id, at, offset_behind) in
        [("beat", r#"{"samples":36000}"#, 5_000 + 36_000), ("riff", r#"{"ticks":15360}"#, 24_100)]
    {
        let mut session = band();
        let before = bytes(&session);
        let whole = clip(&session, id).length;
        let json = format!(r#"{{"op":"split_clip","clip":"{id}","at":{at},"ungrouped":true}}"#);
        let applied = run(&mut session, &json);
        let behind = format!("{id}-2");
        assert!(applied.created[0].ends_with(&behind), "{:?}", applied.created);
        let sum = match (clip(&session, id).length, clip(&session, &behind).length) {
            (TimeValue::Ticks(a), TimeValue::Ticks(b)) => TimeValue::Ticks(a + b),
            (TimeValue::Samples(a), TimeValue::Samples(b)) => TimeValue::Samples(a + b),
            mixed => panic!("{mixed:?}"),
        };
        assert_eq!(sum, whole);
        assert_eq!(offset(&session, &behind), Samples(offset_behind));
        run(&mut session, &format!(r#"{{"op":"join_clips","clips":["{id}","{behind}"]}}"#));
        assert_eq!(bytes(&session), before);
    }
}

#[test]
fn notes_are_shared_out_by_a_split_and_come_back_by_a_join() {
    let mut session = band();
    let before = bytes(&session);
    run(&mut session, r#"{"op":"split_clip","clip":"chords","at":{"ticks":92160}}"#);
    let notes = |session: &Session, id: &str| match &clip(session, id).content {
        ClipContent::Midi(midi) => midi.notes.iter().map(|n| (n.at.0, n.key)).collect::<Vec<_>>(),
        ClipContent::Audio(_) => panic!("audio"),
    };
    assert_eq!(notes(&session, "chords"), [(0, 60)]);
    assert_eq!(notes(&session, "chords-2"), [(0, 64)]);
    run(&mut session, r#"{"op":"join_clips","clips":["chords","chords-2"]}"#);
    assert_eq!(bytes(&session), before);
}

#[test]
fn a_split_outside_the_clip_is_refused_with_its_bounds() {
    let error = refused(&mut band(), r#"{"op":"split_clip","clip":"beat","at":{"samples":96000}}"#);
    assert_eq!(
        error,
        "tracks/drums/clips/beat: sample 96000 is not inside the clip: cut between samples 0 and 96000"
    );
}

#[test]
fn trimming_keeps_the_audio_in_place() {
    let mut session = band();
    run(
        &mut session,
        r#"{"op":"trim_clip","clip":"beat","start":{"samples":1000},"ungrouped":true}"#,
    );
    let beat = clip(&session, "beat");
    assert_eq!((beat.start, beat.length), (samples(1_000), samples(95_000)));
    assert_eq!(offset(&session, "beat"), Samples(6_000));
    run(
        &mut session,
        r#"{"op":"trim_clip","clip":"beat","start":{"samples":0},"end":{"samples":50000},"ungrouped":true}"#,
    );
    assert_eq!(clip(&session, "beat").length, samples(50_000));
    assert_eq!(offset(&session, "beat"), Samples(5_000));
    run(
        &mut session,
        r#"{"op":"move_clip","clip":"beat","start":{"samples":20000},"ungrouped":true}"#,
    );
    let far = r#"{"op":"trim_clip","clip":"beat","start":{"samples":0},"ungrouped":true}"#;
    assert!(refused(&mut session, far).contains("begins 15000 frames too late"));
    let none = r#"{"op":"trim_clip","clip":"beat","end":{"samples":0},"ungrouped":true}"#;
    assert!(refused(&mut session, none).contains("nothing would be left"));
}

#[test]
fn reversed_audio_stays_in_place_too() {
    let mut session = band();
    run(&mut session, r#"{"op":"set_clip","clip":"beat","reverse":true}"#);
    // Frame 0 of the clip plays 5000 + 95999 of the file, its last frame 5000.
    run(
        &mut session,
        r#"{"op":"trim_clip","clip":"beat","start":{"samples":1000},"ungrouped":true}"#,
    );
    assert_eq!(offset(&session, "beat"), Samples(5_000));
    run(
        &mut session,
        r#"{"op":"trim_clip","clip":"beat","end":{"samples":90000},"ungrouped":true}"#,
    );
    assert_eq!(offset(&session, "beat"), Samples(11_000));
    let before = bytes(&session);
    run(
        &mut session,
        r#"{"op":"split_clip","clip":"beat","at":{"samples":31000},"ungrouped":true}"#,
    );
    assert_eq!(offset(&session, "beat"), Samples(11_000 + 59_000));
    assert_eq!(offset(&session, "beat-2"), Samples(11_000));
    run(&mut session, r#"{"op":"join_clips","clips":["beat","beat-2"]}"#);
    assert_eq!(bytes(&session), before);
}

/// The frame of its file a clip plays at a sample of the timeline, by the rules of the session.
fn frame_at(session: &Session, at: i64) -> Option<i64> {
    let covers = |clip: &&Clip| {
        let (TimeValue::Samples(start), TimeValue::Samples(length)) = (clip.start, clip.length)
        else {
            panic!("in samples only")
        };
        start.0 <= at && at < start.0 + length.0
    };
    let clip = track(session, "drums").clips.iter().find(covers)?;
    let (TimeValue::Samples(start), TimeValue::Samples(length)) = (clip.start, clip.length) else {
        return None;
    };
    let ClipContent::Audio(audio) = &clip.content else { return None };
    let part = audio.loop_length.unwrap_or(length).0;
    let inside = (at - start.0) % part;
    Some(audio.offset.0 + if audio.reverse { part - 1 - inside } else { inside })
}

#[test]
fn a_loop_cut_inside_a_repeat_plays_every_frame_as_before() {
    for reverse in [false, true] {
        for at in [500, 1_000, 1_001, 2_500, 9_500] {
            let mut session = band();
            let set = format!(
                r#"{{"op":"set_clip","clip":"beat","loop_length":1000,"reverse":{reverse}}}"#
            );
            run(&mut session, &set);
            run(
                &mut session,
                r#"{"op":"trim_clip","clip":"beat","end":{"samples":9999},"ungrouped":true}"#,
            );
            let before: Vec<_> = (0..10_000).map(|at| frame_at(&session, at)).collect();
            let json = format!(
                r#"{{"op":"split_clip","clip":"beat","at":{{"samples":{at}}},"ungrouped":true}}"#
            );
            run(&mut session, &json);
            let after: Vec<_> = (0..10_000).map(|at| frame_at(&session, at)).collect();
            assert!(before == after, "cut at {at}, reverse {reverse}");
        }
    }
}

#[test]
fn moving_keeps_clips_in_order_and_the_inverse_small() {
    let mut session = band();
    run(&mut session, r#"{"op":"copy_clip","clip":"beat","start":{"samples":96000},"repeat":2}"#);
    assert_eq!(ids(&track(&session, "drums").clips), ["beat", "beat-2", "beat-3"]);
    assert_eq!(clip(&session, "beat-3").start, samples(192_000));
    let applied = run(
        &mut session,
        r#"{"op":"move_clip","clip":"beat","start":{"samples":400000},"ungrouped":true}"#,
    );
    assert_eq!(ids(&track(&session, "drums").clips), ["beat-2", "beat-3", "beat"]);
    assert!(matches!(applied.inverse.as_slice(), [Change::Move { .. }, Change::Clip { .. }]));
    run(
        &mut session,
        r#"{"op":"move_clip","clip":"beat","start":{"ticks":0},"track":"bass","ungrouped":true}"#,
    );
    assert_eq!(ids(&track(&session, "bass").clips), ["riff", "beat"]);
    let error = refused(
        &mut session,
        r#"{"op":"move_clip","clip":"beat","start":{"ticks":0},"track":"keys"}"#,
    );
    assert!(error.contains("plays no audio clips: choose an audio track"), "{error}");
}

#[test]
fn an_edit_group_moves_splits_and_trims_clips_of_one_place_together() {
    let mut session = band();
    run(&mut session, r#"{"op":"copy_clip","clip":"beat","start":{"ticks":0},"track":"bass"}"#);
    run(
        &mut session,
        r#"{"op":"move_clip","clip":"beat-2","start":{"samples":0},"ungrouped":true}"#,
    );
    run(&mut session, r#"{"op":"move_clip","clip":"beat","start":{"samples":100}}"#);
    assert_eq!(clip(&session, "beat-2").start, samples(100));
    assert_eq!(clip(&session, "riff").start, ticks(0), "not of the same length");
    let applied = run(&mut session, r#"{"op":"split_clip","clip":"beat","at":{"samples":5100}}"#);
    assert_eq!(applied.created, ["tracks/drums/clips/beat-3", "tracks/bass/clips/beat-4"]);
    run(&mut session, r#"{"op":"trim_clip","clip":"beat-3","end":{"samples":9000}}"#);
    assert_eq!(clip(&session, "beat-4").length, samples(3_900));
    run(&mut session, r#"{"op":"set_group_active","group":"edits","active":false}"#);
    run(&mut session, r#"{"op":"move_clip","clip":"beat","start":{"samples":0}}"#);
    assert_eq!(clip(&session, "beat-2").start, samples(100));
}

#[test]
fn pasting_puts_copies_where_it_is_told() {
    let mut session = band();
    run(
        &mut session,
        r#"{"op":"paste_clip","clip":"riff","at":[{"ticks":245760},{"ticks":122880}],"track":"drums"}"#,
    );
    assert_eq!(ids(&track(&session, "drums").clips), ["beat", "riff-3", "riff-2"]);
    let taken = r#"{"op":"paste_clip","clip":"riff","at":[{"ticks":0}],"ids":["beat"]}"#;
    assert!(refused(&mut session, taken).contains("there is a clip 'beat' already"));
    let count = r#"{"op":"paste_clip","clip":"riff","at":[{"ticks":0}],"ids":["a","b"]}"#;
    assert!(refused(&mut session, count).contains("give one each"));
    refused(&mut session, r#"{"op":"copy_clip","clip":"riff","start":{"ticks":0},"repeat":0}"#);
    refused(&mut session, r#"{"op":"copy_clip","clip":"riff","start":{"ticks":0},"repeat":1001}"#);
}

#[test]
fn overlapping_clips_fade_over_their_overlap() {
    let mut session = band();
    run(&mut session, r#"{"op":"copy_clip","clip":"beat","start":{"samples":90000}}"#);
    run(&mut session, r#"{"op":"crossfade","left":"beat","right":"beat-2","curve":"equal-power"}"#);
    let fade = Fade { length: Samples(6_000), curve: FadeCurve::EqualPower };
    assert_eq!(clip(&session, "beat").fade_out, fade);
    assert_eq!(clip(&session, "beat-2").fade_in, fade);
    run(&mut session, r#"{"op":"crossfade","left":"beat","right":"beat-2","length":2000}"#);
    assert_eq!(clip(&session, "beat").length, samples(92_000));
    assert_eq!(clip(&session, "beat-2").fade_in.length, Samples(2_000));
    let swapped = r#"{"op":"crossfade","left":"beat-2","right":"beat"}"#;
    assert!(refused(&mut session, swapped).contains("name the earlier clip"));
}

#[test]
fn touching_clips_are_made_to_overlap() {
    let mut session = band();
    run(&mut session, r#"{"op":"copy_clip","clip":"beat","start":{"samples":96000}}"#);
    refused(&mut session, r#"{"op":"crossfade","left":"beat","right":"beat-2"}"#);
    run(&mut session, r#"{"op":"crossfade","left":"beat","right":"beat-2","length":12000}"#);
    // The file allows 5,000 frames before the right clip, the left one gives the other 7,000.
    assert_eq!(clip(&session, "beat-2").start, samples(91_000));
    assert_eq!(offset(&session, "beat-2"), Samples(0));
    assert_eq!(clip(&session, "beat").length, samples(103_000));
    assert_eq!(clip(&session, "beat").fade_out.length, Samples(12_000));
    run(
        &mut session,
        r#"{"op":"copy_clip","clip":"beat","start":{"samples":300000},"ids":["far"]}"#,
    );
    let gap = r#"{"op":"crossfade","left":"beat-2","right":"far","length":10}"#;
    assert!(refused(&mut session, gap).contains("leaves a gap"));
}

#[test]
fn clips_that_do_not_belong_together_are_not_joined() {
    let mut session = band();
    run(&mut session, r#"{"op":"copy_clip","clip":"beat","start":{"samples":96000}}"#);
    let join = r#"{"op":"join_clips","clips":["beat","beat-2"]}"#;
    assert!(refused(&mut session, join).contains("consecutive parts"));
    run(&mut session, r#"{"op":"set_clip","clip":"beat-2","gain_db":-3}"#);
    assert!(refused(&mut session, join).contains("gain or mute differs"));
    run(&mut session, r#"{"op":"move_clip","clip":"beat-2","start":{"samples":97000}}"#);
    assert!(refused(&mut session, join).contains("do not follow each other"));
    refused(&mut session, r#"{"op":"join_clips","clips":["beat"]}"#);
    refused(&mut session, r#"{"op":"join_clips","clips":["beat","riff"]}"#);
}

#[test]
fn properties_change_one_by_one_and_null_takes_away() {
    let mut session = band();
    run(&mut session, r#"{"op":"add_take_lane","track":"drums","name":"Take 1"}"#);
    run(
        &mut session,
        r#"{"op":"set_clip","clip":"beat","name":"Beat","gain_db":-3,"mute":true,"loop_length":48000,
            "stretch":1.5,"pitch_semitones":-2,"take_lane":"take-1","fade_in":{"length":64}}"#,
    );
    run(&mut session, r#"{"op":"activate_take_lane","track":"drums","take_lane":"take-1"}"#);
    run(&mut session, r#"{"op":"set_clip","clip":"beat","loop_length":null}"#);
    let beat = clip(&session, "beat");
    assert_eq!((beat.gain_db, beat.mute, beat.fade_in.length.0), (-3.0, true, 64));
    let ClipContent::Audio(audio) = &beat.content else { panic!() };
    assert_eq!((audio.loop_length, audio.stretch, audio.pitch_semitones), (None, 1.5, -2.0));
    assert!(
        refused(&mut session, r#"{"op":"set_clip","clip":"chords","reverse":true}"#)
            .contains("MIDI clip")
    );
    run(&mut session, r#"{"op":"delete_take_lane","track":"drums","take_lane":"take-1"}"#);
    assert!(track(&session, "drums").clips.is_empty(), "its takes go with it");
    assert!(track(&session, "drums").active_take_lane.is_none());
    run(&mut session, r#"{"op":"delete_clip","clip":"riff"}"#);
}

#[test]
fn notes_are_replaced_in_order() {
    let mut session = band();
    run(
        &mut session,
        r#"{"op":"replace_notes","clip":"chords","notes":[
            {"at":100,"length":10,"key":64},{"at":0,"length":10,"key":60},{"at":100,"length":10,"key":50}]}"#,
    );
    let ClipContent::Midi(midi) = &clip(&session, "chords").content else { panic!() };
    assert_eq!(midi.notes.iter().map(|n| n.key).collect::<Vec<_>>(), [60, 50, 64]);
    refused(&mut session, r#"{"op":"replace_notes","clip":"beat","notes":[]}"#);
}

#[test]
fn notes_from_text_join_those_of_a_clip() {
    let mut session = band();
    let before = bytes(&session);
    let applied = run(
        &mut session,
        r#"{"op":"add_notes_from_text","clip":"chords","kind":"melody","at":15360,
            "text":"C4:1/8 | r G4"}"#,
    );
    let ClipContent::Midi(content) = &clip(&session, "chords").content else { panic!() };
    let notes = content.notes.iter().map(|note| (note.at.0, note.length.0, note.key));
    let wanted = [(0, 15_360, 60), (15_360, 7_680, 60), (30_720, 15_360, 64), (30_720, 7_680, 67)];
    assert!(notes.eq(wanted), "{content:?}");
    revert(&mut session, &applied.inverse).unwrap();
    assert_eq!(bytes(&session), before);
    for (member, words) in [
        (r#""text":"C4\n H4""#, "tracks/keys/clips/chords: in the text, line 2, column 2: 'H4'"),
        (r#""text":"C4","velocity":0"#, "a velocity of 0: use 1 to 127"),
        (r#""text":"C4","cell":0"#, "a cell of 0 ticks: use 1 to 3932160"),
        (r#""text":"C4","at":-1"#, "notes at -1 ticks: use 0 to 2^40"),
        (r#""text":"C4","channel":16"#, "16 is no channel: use 0 to 15"),
    ] {
        let json =
            format!(r#"{{"op":"add_notes_from_text","clip":"chords","kind":"melody",{member}}}"#);
        let error = apply(&mut session, &serde_json::from_str(&json).unwrap()).unwrap_err();
        assert!(error.to_string().contains(words), "{error}");
    }
    refused(
        &mut session,
        r#"{"op":"add_notes_from_text","clip":"beat","kind":"drums","text":"kick x"}"#,
    );
}

#[test]
fn ids_of_clips_come_from_names_files_or_tracks() {
    let mut session = empty();
    run(&mut session, r#"{"op":"add_track","name":"A","kind":"audio"}"#);
    run(&mut session, r#"{"op":"add_track","name":"Keys","kind":"instrument"}"#);
    for (json, id) in [
        (r#""track":"a","name":"Intro","content":{"audio":{"file":"x.wav"}}"#, "intro"),
        (r#""track":"a","content":{"audio":{"file":"audio/Loop 1.flac"}}"#, "loop-1"),
        (r#""track":"a","content":{"audio":{"file":"audio/Loop 1.flac"}}"#, "loop-2"),
        (r#""track":"keys","content":{"notes":[]}"#, "keys"),
    ] {
        let json =
            format!(r#"{{"op":"add_clip",{json},"start":{{"ticks":0}},"length":{{"ticks":10}}}}"#);
        assert!(run(&mut session, &json).created[0].ends_with(&format!("/clips/{id}")));
    }
}
