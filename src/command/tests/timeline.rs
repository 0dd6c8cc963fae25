//! Tempo, signatures, markers, sections and the session's rate.

use super::*;
use crate::session::{ClipContent, TempoShape, TimeValue};
use crate::time::Ticks;

#[test]
fn a_later_tempo_change_states_what_was_implied_before() {
    let mut session = empty();
    run(&mut session, r#"{"op":"set_tempo","at":61440,"bpm":90,"shape":"ramp"}"#);
    let points: Vec<_> = session.tempo.iter().map(|p| (p.at.0, p.bpm)).collect();
    assert_eq!(points, [(0, 120.0), (61_440, 90.0)]);
    run(&mut session, r#"{"op":"set_tempo","at":61440,"bpm":100}"#);
    assert_eq!((session.tempo[1].bpm, session.tempo[1].shape), (100.0, TempoShape::Step));
    assert!(refused(&mut session, r#"{"op":"remove_tempo","at":0}"#).contains("first change"));
    let unknown = refused(&mut session, r#"{"op":"remove_tempo","at":1}"#);
    assert_eq!(unknown, "tempo: no tempo change at 'tick 1': there are tick 0, tick 61440");
    run(&mut session, r#"{"op":"remove_tempo","at":61440}"#);
    run(&mut session, r#"{"op":"remove_tempo","at":0}"#);
    assert!(session.tempo.is_empty());
    refused(&mut session, r#"{"op":"set_tempo","bpm":10000}"#);
    refused(&mut session, r#"{"op":"replace_tempo","points":[{"at":5,"bpm":120}]}"#);
    run(&mut session, r#"{"op":"replace_tempo","points":[{"at":0,"bpm":60}]}"#);
}

#[test]
fn signatures_work_like_tempo() {
    let mut session = empty();
    run(&mut session, r#"{"op":"set_signature","bar":5,"numerator":7,"denominator":8}"#);
    let points: Vec<_> = session.signatures.iter().map(|p| (p.bar, p.numerator)).collect();
    assert_eq!(points, [(1, 4), (5, 7)]);
    refused(&mut session, r#"{"op":"set_signature","bar":5,"numerator":7,"denominator":9}"#);
    refused(&mut session, r#"{"op":"remove_signature","bar":1}"#);
    run(&mut session, r#"{"op":"remove_signature","bar":5}"#);
    run(
        &mut session,
        r#"{"op":"replace_signatures","points":[{"bar":1,"numerator":3,"denominator":4}]}"#,
    );
}

#[test]
fn a_tempo_change_puts_clips_and_points_in_order_again() {
    let mut session = band();
    run(
        &mut session,
        r#"{"op":"add_points","track":"bass","lane":"volume","points":[{"at":{"samples":150000},"value":-1}]}"#,
    );
    run(&mut session, r#"{"op":"copy_clip","clip":"riff","start":{"ticks":61440}}"#);
    run(&mut session, r#"{"op":"copy_clip","clip":"riff","start":{"samples":100000}}"#);
    assert_eq!(ids(&track(&session, "bass").clips), ["riff", "riff-2", "riff-3"]);
    run(&mut session, r#"{"op":"set_tempo","bpm":60}"#);
    assert_eq!(ids(&track(&session, "bass").clips), ["riff", "riff-3", "riff-2"]);
    run(&mut session, r#"{"op":"set_tempo","bpm":240}"#);
    let at: Vec<_> = track(&session, "bass").lanes[0].points.iter().map(|p| p.at).collect();
    let ticks = |at| TimeValue::Ticks(Ticks(at));
    assert_eq!(at, [ticks(0), ticks(122_880), TimeValue::Samples(Samples(150_000))]);
}

#[test]
fn markers_and_sections_come_move_and_go() {
    let mut session = band();
    run(&mut session, r#"{"op":"move_marker","marker":"hit","at":{"samples":10}}"#);
    run(&mut session, r#"{"op":"rename_marker","marker":"hit","name":"Boom"}"#);
    let marker = &session.markers[0];
    assert_eq!((marker.name.as_str(), marker.at), ("Boom", TimeValue::Samples(Samples(10))));
    run(&mut session, r#"{"op":"delete_marker","marker":"hit"}"#);
    run(&mut session, r#"{"op":"move_section","section":"verse","start":100}"#);
    run(&mut session, r#"{"op":"move_section","section":"verse","start":0,"length":50}"#);
    run(&mut session, r#"{"op":"rename_section","section":"verse","name":"Intro"}"#);
    assert_eq!(session.sections[0].length, Ticks(50));
    refused(&mut session, r#"{"op":"move_section","section":"verse","start":0,"length":0}"#);
    run(&mut session, r#"{"op":"delete_section","section":"verse"}"#);
    refused(&mut session, r#"{"op":"delete_section","section":"verse"}"#);
}

#[test]
fn another_rate_keeps_everything_where_it_is_in_seconds() {
    let mut session = band();
    run(&mut session, r#"{"op":"copy_clip","clip":"beat","start":{"samples":96000}}"#);
    run(
        &mut session,
        r#"{"op":"set_clip","clip":"beat","fade_in":{"length":480},"loop_length":480}"#,
    );
    run(&mut session, r#"{"op":"set_sample_rate","sample_rate":44100}"#);
    let beat = clip(&session, "beat");
    assert_eq!(beat.length, TimeValue::Samples(Samples(88_200)));
    assert_eq!(clip(&session, "beat-2").start, TimeValue::Samples(Samples(88_200)));
    assert_eq!(beat.fade_in.length, Samples(441));
    let ClipContent::Audio(audio) = &beat.content else { panic!() };
    assert_eq!((audio.offset, audio.loop_length), (Samples(4_594), Some(Samples(441))));
    assert_eq!(track(&session, "drums").lanes[0].points[0].at, TimeValue::Samples(Samples(44_100)));
    assert_eq!(clip(&session, "riff").length, TimeValue::Ticks(Ticks(61_440)));
}
