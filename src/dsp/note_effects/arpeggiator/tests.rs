//! Tests of the arpeggiator.

use super::*;
use crate::dsp::note_effects::factory;
use crate::dsp::note_effects::test_notes::{
    assert_any_blocks, assert_resumes_anywhere, off, on, pressure, put_out, ramp, rig, starts,
};
use crate::dsp::testing::Rig;
use crate::math::ln;
use crate::session::ExpressionKind;

const FRAMES: usize = 60_000;

/// C, G and E from sample 100 to 50,000.
fn triad() -> Vec<Event> {
    let keys = [(1, 60), (2, 67), (3, 64)];
    let mut events: Vec<Event> = keys.map(|(note, key)| on(100, note, key, 0.5)).to_vec();
    events.extend(keys.map(|(note, key)| off(50_000, note, key)));
    events
}

fn arpeggio(values: &[(&str, f64)], events: Vec<Event>) -> Rig {
    rig(factory::<Arpeggiator>(), FRAMES, values, events)
}

fn keys(rig: &Rig) -> Vec<u8> {
    starts(&put_out(rig, &[FRAMES])).into_iter().map(|(_, key)| key).collect()
}

/// At 120 bpm and 48 kHz a sixteenth note is 6,000 samples.
#[test]
fn steps_lie_on_the_grid_and_last_their_gate() {
    let events = put_out(&arpeggio(&[("gate", 0.25)], triad()), &[FRAMES]);
    let steps = (1..=8).map(|k| 6_000 * k);
    let keys = [60, 64, 67].into_iter().cycle();
    assert_eq!(starts(&events), steps.clone().zip(keys).collect::<Vec<_>>());
    let ends: Vec<i64> = events
        .iter()
        .filter(|event| matches!(event.kind, EventKind::NoteOff { .. }))
        .map(|event| event.at.0)
        .collect();
    assert_eq!(ends, steps.map(|at| at + 1_500).collect::<Vec<_>>());
}

#[test]
fn patterns_take_notes_in_their_order() {
    let of = |pattern: f64| keys(&arpeggio(&[("pattern", pattern)], triad()));
    assert_eq!(of(0.0), [60, 64, 67, 60, 64, 67, 60, 64]);
    assert_eq!(of(1.0), [67, 64, 60, 67, 64, 60, 67, 64]);
    assert_eq!(of(2.0), [60, 64, 67, 64, 60, 64, 67, 64]);
    assert_eq!(of(3.0), [67, 64, 60, 64, 67, 64, 60, 64]);
    assert_eq!(of(4.0), [60, 67, 64, 60, 67, 64, 60, 67]);
    assert_eq!(of(6.0), [60, 64, 67].repeat(8));
    let octaves = keys(&arpeggio(&[("octaves", 2.0)], triad()));
    assert_eq!(octaves, [60, 64, 67, 72, 76, 79, 60, 64]);
}

#[test]
fn random_is_repeatable_and_goes_by_seed_and_node() {
    let values = [("pattern", 5.0), ("octaves", 4.0), ("rate_quarters", 1.0 / 16.0)];
    let rig = arpeggio(&values, triad());
    let first = keys(&rig);
    assert_eq!(keys(&rig), first);
    assert!(first.iter().any(|key| *key != first[0]));
    let seeded = Rig { seed: 8, ..rig.clone() };
    assert_ne!(keys(&seeded), first);
    let mut other = rig;
    other.instances[0].node = "tracks/other/inserts/x".to_owned();
    assert_ne!(keys(&other), first);
}

/// Up a ramp from 90 to 180 bpm over 2 quarters, the time after `q` quarters is
/// `60 / 45 ln(1 + 45 q / 90)` seconds; odd steps are late by a third of a step.
#[test]
fn steps_follow_a_tempo_ramp_in_closed_form() {
    let rate = 0.125;
    let values = [("rate_quarters", rate), ("swing", 1.0 / 3.0)];
    let rig = Rig { tempo: ramp(), ..arpeggio(&values, triad()) };
    let found = starts(&put_out(&rig, &[FRAMES]));
    let place = |k: i64| {
        let quarters = rate * (k as f64 + if k % 2 == 1 { 1.0 / 3.0 } else { 0.0 });
        48_000.0 * 60.0 / 45.0 * ln(1.0 + 45.0 * quarters / 90.0)
    };
    assert!(found.len() > 16, "{found:?}");
    // Behind step 16 the ramp has ended.
    for (k, (at, _)) in (1..=16).zip(found) {
        assert!((at as f64 - place(k)).abs() <= 0.5 + 1e-6, "{k}: {at} is not {}", place(k));
    }
}

/// A note that starts on a step's sample is part of it, one that ends there is not.
#[test]
fn held_is_what_sounds_on_the_steps_sample() {
    let events =
        vec![on(6_000, 1, 60, 0.5), on(7_000, 2, 70, 0.5), off(12_000, 1, 60), off(18_000, 2, 70)];
    let values = [("pattern", 6.0)];
    assert_eq!(
        starts(&put_out(&arpeggio(&values, events), &[FRAMES])),
        [(6_000, 60), (12_000, 70)]
    );
}

#[test]
fn latch_goes_on_until_new_keys_are_pressed() {
    let events = vec![
        on(100, 1, 60, 0.5),
        off(200, 1, 60),
        on(13_000, 2, 72, 0.5),
        on(13_500, 3, 76, 0.5),
        off(14_000, 2, 72),
        off(14_001, 3, 76),
    ];
    let found = keys(&arpeggio(&[("latch", 1.0)], events.clone()));
    assert_eq!(found, [60, 60, 72, 76, 72, 76, 72, 76, 72]);
    assert!(keys(&arpeggio(&[], events)).is_empty());
}

#[test]
fn velocity_is_played_or_fixed_and_expression_is_told_at_the_start() {
    let events = vec![on(0, 1, 60, 0.3), pressure(1_000, 1, 60, 0.7), off(7_000, 1, 60)];
    let velocities = |values: &[(&str, f64)]| {
        let events = put_out(&arpeggio(values, events.clone()), &[FRAMES]);
        let of = events.into_iter().filter_map(|event| match event.kind {
            EventKind::NoteOn { velocity, .. } => Some((event.at.0, velocity)),
            EventKind::Expression { kind: ExpressionKind::Pressure, value, .. } => {
                Some((event.at.0, value))
            }
            _ => None,
        });
        of.collect::<Vec<_>>()
    };
    assert_eq!(velocities(&[]), [(0, 0.3), (6_000, 0.3), (6_000, 0.7)]);
    let fixed = [("velocity_mode", 1.0), ("velocity", 0.9)];
    assert_eq!(velocities(&fixed), [(0, 0.9), (6_000, 0.9), (6_000, 0.7)]);
}

#[test]
fn more_than_the_limit_is_not_held() {
    let events = (0..200).map(|note| on(10, note, u8::try_from(note % 128).unwrap(), 0.5));
    let found = keys(&arpeggio(&[("pattern", 6.0), ("rate_quarters", 1.0)], events.collect()));
    assert_eq!(found.len(), 2 * MAX_HELD);
}

#[test]
fn blocks_and_restoring_change_nothing() {
    for pattern in [0.0, 5.0] {
        let values = [("rate_quarters", 1.0 / 32.0), ("swing", 0.3), ("pattern", pattern)];
        let arpeggio = arpeggio(&values, triad());
        let rig = Rig { tempo: ramp(), start: -3_000, frames: 12_000, ..arpeggio };
        assert_any_blocks(&rig);
        assert_resumes_anywhere(&rig);
    }
}
