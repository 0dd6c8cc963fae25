//! Properties of all note effects: whatever is played and however parameters move, notes end.

use std::collections::BTreeSet;
use std::sync::Arc;

use proptest::prelude::*;

use super::test_notes::{put_out, ramp};
use crate::dsp::testing::{Rig, random_blocks, values};
use crate::dsp::{built_in, built_in_names, spec_of};
use crate::process::{ControlSet, Event, EventKind, ParameterKind, ProcessorFactory};
use crate::session::{ControllerTarget, ExpressionKind};
use crate::time::Samples;

const FRAMES: usize = 13_000;
/// Before this all notes have ended; the rest is for what lasts longer.
const PLAYED: i64 = 5_000;

fn note_effects() -> Vec<&'static str> {
    let all = built_in_names().into_iter();
    all.filter(|name| spec_of(name).is_some_and(|spec| spec.event_outputs > 0)).collect()
}

/// (start, length, key, channel, velocity) of a note.
type Played = (i64, i64, u8, u8, f64);

fn events(notes: &[Played]) -> Vec<Event> {
    let mut events = Vec::new();
    for (note, &(start, length, key, channel, velocity)) in (0..).zip(notes) {
        let mut push = |at: i64, kind| events.push(Event { at: Samples(at), kind });
        push(start, EventKind::NoteOn { note, channel, key, velocity });
        let kind = ExpressionKind::Tuning;
        push(start + length / 2, EventKind::Expression { note, channel, key, kind, value: 0.5 });
        push(start + length, EventKind::NoteOff { note, channel, key, velocity: 0.25 });
        let target = ControllerTarget::Controller(1);
        push(start, EventKind::Controller { channel, target, value: f64::from(key) });
    }
    events.sort_by_key(|event| (event.at, event.kind.rank()));
    events
}

/// A rig whose choices and numbers are as `picks` say, every automatable one moving.
fn rig(factory: &Arc<dyn ProcessorFactory>, picks: &[f64], notes: &[Played], seed: u64) -> Rig {
    let mut settings = Vec::new();
    for (parameter, pick) in factory.spec().parameters.iter().zip(picks.iter().cycle()) {
        let (min, max) = parameter.range();
        let value = match (&parameter.kind, parameter.id.as_ref()) {
            // A latched pattern never ends.
            (_, "latch") => 0.0,
            (_, "rate_quarters") => min + 0.1 * pick,
            (ParameterKind::Choice { .. }, _) => (pick * (max + 0.999)).floor(),
            _ => min + (max - min) * pick,
        };
        settings.push((parameter.id.as_ref(), value));
    }
    let constants = values(&**factory, &settings);
    let moving = crate::dsp::testing::automated(&**factory, constants.clone(), 0, FRAMES, seed);
    let controls =
        if seed.is_multiple_of(3) { ControlSet::new(constants, Vec::new()) } else { moving };
    let rig = Rig { tempo: ramp(), ..Rig::new(factory.clone(), 1, 0, FRAMES) };
    rig.with(controls).playing(events(notes))
}

/// Every note that starts ends once, later, on its key and channel, and nothing else ends or is
/// expressed; no two notes have one number.
fn check_stream(events: &[Event]) -> Result<(), TestCaseError> {
    let mut sounding: Vec<(u64, u8, u8, i64)> = Vec::new();
    let mut seen = BTreeSet::new();
    let mut last = i64::MIN;
    for event in events {
        prop_assert!(event.at.0 >= last);
        last = event.at.0;
        match event.kind {
            EventKind::NoteOn { note, channel, key, velocity } => {
                prop_assert!(seen.insert(note), "note {note} twice");
                prop_assert!(key < 128 && velocity > 0.0 && velocity <= 1.0);
                sounding.push((note, key, channel, last));
            }
            EventKind::NoteOff { note, channel, key, .. } => {
                let found = sounding.iter().position(|s| (s.0, s.1, s.2) == (note, key, channel));
                prop_assert!(found.is_some(), "note {note} ends without sounding");
                let started = sounding.remove(found.unwrap()).3;
                prop_assert!(last > started, "note {note} has no length");
            }
            EventKind::Expression { note, key, .. } => {
                prop_assert!(sounding.iter().any(|s| (s.0, s.1) == (note, key)), "{note} unheard");
            }
            EventKind::Controller { .. } | EventKind::Exclusive(_) => {}
        }
    }
    prop_assert!(sounding.is_empty(), "{sounding:?} hang");
    Ok(())
}

fn controllers(events: &[Event]) -> Vec<Event> {
    let controller = |event: &&Event| matches!(event.kind, EventKind::Controller { .. });
    events.iter().filter(controller).copied().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_note_hangs_and_no_block_matters(
        notes in prop::collection::vec(
            (0..PLAYED - 1_000, 1..1_000_i64, 0..128_u8, 0..16_u8, 0.01..1.0_f64), 1..40),
        picks in prop::collection::vec(0.0..1.0_f64, 8),
        seed in 0..1_000_u64,
    ) {
        for name in note_effects() {
            let rig = rig(&built_in(name).unwrap(), &picks, &notes, seed);
            let whole = put_out(&rig, &[FRAMES]);
            check_stream(&whole)?;
            prop_assert_eq!(controllers(&whole), controllers(&rig.instances[0].events));
            let cut = put_out(&rig, &random_blocks(FRAMES, 500, seed));
            prop_assert!(cut == whole, "{} in blocks", name);
        }
    }
}

#[test]
fn there_are_note_effects_and_they_play_audio_as_it_is() {
    assert_eq!(note_effects().len(), 7);
    for name in note_effects() {
        let rig = rig(&built_in(name).unwrap(), &[0.5], &[(0, 100, 60, 0, 0.5)], 1);
        let output = rig.run_whole();
        assert_eq!(output[0][0], rig.instances[0].input[0], "{name}");
    }
}
