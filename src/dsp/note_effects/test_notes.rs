//! What the tests of note effects share.

use std::sync::Arc;

use crate::dsp::testing::{Rig, random_blocks};
use crate::process::{
    ControlCurve, ControlPoint, ControlSet, Event, EventKind, ProcessorFactory, StateWriter,
};
use crate::session::{ExpressionKind, TempoPoint, TempoShape};
use crate::time::{Samples, TICKS_PER_QUARTER, Ticks};

pub(super) fn on(at: i64, note: u64, key: u8, velocity: f64) -> Event {
    Event { at: Samples(at), kind: EventKind::NoteOn { note, channel: 0, key, velocity } }
}

pub(super) fn off(at: i64, note: u64, key: u8) -> Event {
    Event { at: Samples(at), kind: EventKind::NoteOff { note, channel: 0, key, velocity: 0.5 } }
}

pub(super) fn pressure(at: i64, note: u64, key: u8, value: f64) -> Event {
    let kind = ExpressionKind::Pressure;
    Event { at: Samples(at), kind: EventKind::Expression { note, channel: 0, key, kind, value } }
}

/// One mono instance with `values` that hears `events` for `frames` from node time 0 on.
pub(super) fn rig(
    factory: Arc<dyn ProcessorFactory>,
    frames: usize,
    values: &[(&str, f64)],
    events: Vec<Event>,
) -> Rig {
    Rig::new(factory, 1, 0, frames).with_values(values).playing(events)
}

/// From 90 to 180 bpm over the first two quarters.
pub(super) fn ramp() -> Vec<TempoPoint> {
    let point = |at, bpm, shape| TempoPoint { at: Ticks(at), bpm, shape };
    vec![point(0, 90.0, TempoShape::Ramp), point(2 * TICKS_PER_QUARTER, 180.0, TempoShape::Step)]
}

/// The controls of the first instance with `parameter` at the values given from samples on.
pub(super) fn stepped(rig: &Rig, parameter: &str, steps: &[(i64, f64)]) -> ControlSet {
    let index = rig.factory.spec().parameter_index(parameter).unwrap();
    let points = steps.iter().map(|(at, value)| ControlPoint {
        at: Samples(*at),
        value: *value,
        bend: None,
    });
    let constants = rig.instances[0].controls.constants().to_vec();
    ControlSet::new(constants, vec![(index, ControlCurve::new(points).unwrap())])
}

/// What the only instance puts out.
pub(super) fn put_out(rig: &Rig, blocks: &[usize]) -> Vec<Event> {
    rig.events_with(&mut *rig.prepare(), 0, blocks).swap_remove(0)
}

/// (sample, key) of the notes that start.
pub(super) fn starts(events: &[Event]) -> Vec<(i64, u8)> {
    let starts = events.iter().filter_map(|event| match event.kind {
        EventKind::NoteOn { key, .. } => Some((event.at.0, key)),
        _ => None,
    });
    starts.collect()
}

/// Every size of block up to 4,096 gives the same events; those from 131 on in steps, of a stride
/// that meets odd and even sizes.
pub(super) fn assert_any_blocks(rig: &Rig) {
    let whole = put_out(rig, &[rig.frames]);
    assert!(!whole.is_empty());
    for size in (1..=130).chain((131..4_096).step_by(61)).chain([4_095, 4_096]) {
        let blocks = crate::dsp::testing::fixed_blocks(rig.frames, size);
        assert!(put_out(rig, &blocks) == whole, "blocks of {size}");
    }
    for seed in 0..8 {
        assert!(put_out(rig, &random_blocks(rig.frames, 700, seed)) == whole, "seed {seed}");
    }
}

/// State saved anywhere and restored goes on as if nothing had happened.
pub(super) fn assert_resumes_anywhere(rig: &Rig) {
    let whole = put_out(rig, &[rig.frames]);
    for at in (0..rig.frames).step_by(rig.frames / 97) {
        let mut first = rig.prepare();
        let mut events = rig.events_with(&mut *first, 0, &[at]).swap_remove(0);
        let mut state = StateWriter::default();
        first.save(0, &mut state);
        let mut second = rig.prepare();
        rig.events_with(&mut *second, 0, &[rig.frames / 2]);
        let mut reader = state.reader();
        second.restore(0, &mut reader).unwrap();
        reader.finish().unwrap();
        events.extend(rig.events_with(&mut *second, at, &[rig.frames - at]).swap_remove(0));
        assert!(events == whole, "restored at {at}");
    }
}
