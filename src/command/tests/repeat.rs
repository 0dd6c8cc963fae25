//! Repeating a section.

use super::*;
use crate::session::{AutomationPoint, TimeValue};
use crate::time::Ticks;

/// Where clips start, in samples.
fn starts(session: &Session, id: &str) -> Vec<i64> {
    let map = session.tempo_map().unwrap();
    track(session, id).clips.iter().map(|clip| map.resolve(clip.start).0).collect()
}

/// The value of the bass's volume lane at a tick, by straight lines.
fn value(session: &Session, at: i64) -> f64 {
    let points: Vec<(f64, &AutomationPoint)> = track(session, "bass").lanes[0]
        .points
        .iter()
        .map(|point| match point.at {
            TimeValue::Ticks(Ticks(at)) => (at as f64, point),
            TimeValue::Samples(_) => panic!("in ticks only"),
        })
        .collect();
    let next = points.iter().position(|(place, _)| *place > at as f64).unwrap_or(points.len());
    let (from, point) = points[next - 1];
    let Some((to, following)) = points.get(next) else { return point.value };
    if point.shape == crate::session::AutomationShape::Hold {
        return point.value;
    }
    point.value + (following.value - point.value) * (at as f64 - from) / (to - from)
}

#[test]
fn a_section_is_heard_again_and_the_rest_moves() {
    let mut session = band();
    let applied = run(&mut session, r#"{"op":"repeat_section","section":"verse","times":2}"#);
    assert_eq!(starts(&session, "drums"), [0, 96_000, 192_000]);
    assert_eq!(starts(&session, "bass"), [0, 96_000, 192_000]);
    assert_eq!(starts(&session, "keys"), [288_000]);
    assert_eq!(session.markers.len(), 3);
    assert_eq!(session.markers[2].at, TimeValue::Ticks(Ticks(2 * 61_440 + 30_720)));
    let sections: Vec<_> =
        session.sections.iter().map(|s| (s.id.as_str(), s.start.0 / 61_440)).collect();
    assert_eq!(sections, [("verse", 0), ("chorus", 3), ("verse-2", 1), ("verse-3", 2)]);
    assert!(applied.created.contains(&"tracks/drums/clips/beat-2".to_owned()));
    refused(&mut session, r#"{"op":"repeat_section","section":"verse","times":0}"#);
    refused(&mut session, r#"{"op":"repeat_section","section":"verse","times":101}"#);
}

#[test]
fn automation_repeats_as_it_was_heard() {
    let mut session = band();
    // The lane goes from -6 dB at tick 0 to 0 dB at 122,880: -3 dB at the verse's end.
    let before: Vec<f64> = (0..61_439).step_by(997).map(|at| value(&session, at)).collect();
    run(&mut session, r#"{"op":"repeat_section","section":"verse"}"#);
    for (index, expected) in before.iter().enumerate() {
        let at = 997 * index as i64;
        for place in [at, at + 61_440] {
            let heard = value(&session, place);
            assert!((heard - expected).abs() < 1e-3, "{heard} for {expected} at {place}");
        }
    }
    assert_eq!(value(&session, 122_880), -3.0);
    assert_eq!(value(&session, 184_320), 0.0);
}

#[test]
fn clips_are_cut_at_the_borders() {
    let mut session = band();
    run(
        &mut session,
        r#"{"op":"move_clip","clip":"beat","start":{"samples":48000},"ungrouped":true}"#,
    );
    run(&mut session, r#"{"op":"repeat_section","section":"verse"}"#);
    assert_eq!(starts(&session, "drums"), [48_000, 144_000, 192_000]);
    let drums = &track(&session, "drums").clips;
    assert!(drums.iter().all(|clip| clip.length == TimeValue::Samples(Samples(48_000))));
    assert_eq!(offset(&session, "beat"), Samples(5_000));
    assert_eq!(offset(&session, drums[1].id.as_str()), Samples(5_000));
    assert_eq!(offset(&session, drums[2].id.as_str()), Samples(53_000));
    // The chorus' end cuts nothing; what comes in from before the section is copied from there on.
    run(&mut session, r#"{"op":"add_section","name":"Mid","start":46080,"length":7680}"#);
    run(&mut session, r#"{"op":"repeat_section","section":"mid"}"#);
    assert_eq!(starts(&session, "drums"), [48_000, 84_000, 96_000, 156_000, 204_000]);
    assert_eq!(offset(&session, ids(&track(&session, "drums").clips)[1]), Samples(29_000));
}

#[test]
fn tempo_and_signatures_repeat_with_the_music() {
    let mut session = band();
    run(&mut session, r#"{"op":"set_tempo","at":30720,"bpm":60,"shape":"ramp"}"#);
    run(&mut session, r#"{"op":"set_tempo","at":92160,"bpm":120}"#);
    run(&mut session, r#"{"op":"set_signature","bar":2,"numerator":3,"denominator":4}"#);
    let old = session.tempo_map().unwrap();
    let verse = old.samples_at(Ticks(61_440)).0;
    run(&mut session, r#"{"op":"repeat_section","section":"verse"}"#);
    let new = session.tempo_map().unwrap();
    for at in (0..61_440).step_by(1_009) {
        let there = old.samples_at(Ticks(at)).0;
        assert_eq!(new.samples_at(Ticks(at)).0, there);
        let again = new.samples_at(Ticks(at + 61_440)).0 - verse;
        assert!((again - there).abs() <= 1, "{again} for {there}");
    }
    assert_eq!(new.bpm_at(Ticks(61_440)), 120.0);
    for at in (61_440..300_000).step_by(5_003) {
        let (then, now) = (old.bpm_at(Ticks(at)), new.bpm_at(Ticks(at + 61_440)));
        assert!((then - now).abs() < 1e-9, "{now} for {then} at {at}");
    }
    let bars: Vec<_> = session.signatures.iter().map(|p| (p.bar, p.numerator)).collect();
    assert_eq!(bars, [(1, 4), (3, 3)]);
    run(&mut session, r#"{"op":"add_section","name":"Odd","start":100,"length":500}"#);
    let odd = refused(&mut session, r#"{"op":"repeat_section","section":"odd"}"#);
    assert!(odd.contains("move its start and end to bar lines"), "{odd}");
}
