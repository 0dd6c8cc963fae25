//! Velocity: bends, scales and limits how loudly notes are played.

use std::sync::LazyLock;

use super::mapped::{NoteMap, StartingNote};
use super::stage::{MIN_VELOCITY, note_effect};
use crate::dsp::describe::{choice, number};
use crate::math::pow;
use crate::process::{ControlSet, InstanceSetup, ProcessorSpec, Unit};

const MODE: usize = 0;
const GAMMA: usize = 1;
const SCALE: usize = 2;
const OFFSET: usize = 3;
const MIN: usize = 4;
const MAX: usize = 5;
const FIXED: usize = 6;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let ratio = |id, name, range, default| number(id, name, Unit::Ratio, range, default);
    note_effect(
        "velocity",
        "bends, scales and limits the velocity of notes, or sets it",
        vec![
            choice("mode", "Mode", &["curve", "fixed"], 0),
            ratio("gamma", "Gamma", (0.1, 10.0), 1.0),
            ratio("scale", "Scale", (0.0, 4.0), 1.0),
            ratio("offset", "Offset", (-1.0, 1.0), 0.0),
            ratio("min", "Smallest", (0.0, 1.0), 0.0),
            ratio("max", "Largest", (0.0, 1.0), 1.0),
            ratio("fixed", "Fixed", (0.0, 1.0), 0.8),
        ],
    )
});

/// Velocity `v`, above 0 to 1, becomes `scale v^gamma + offset` or the fixed one, then at least
/// `min`, then at most `max`, and never less than 1/127: a note stays a note. All are taken at the
/// sample on which the note starts. The velocity of release, ends and expression stay as they are.
pub(in crate::dsp) struct Velocity(ControlSet);

impl NoteMap for Velocity {
    fn spec() -> &'static ProcessorSpec {
        &SPEC
    }

    fn new(setup: &InstanceSetup) -> Self {
        Self(setup.controls.clone())
    }

    fn map(&self, note: StartingNote) -> Option<(u8, f64)> {
        let value = |parameter| self.0.value_at(parameter, note.at);
        let velocity = match value(MODE) > 0.5 {
            true => value(FIXED),
            false => value(SCALE) * pow(note.velocity, value(GAMMA)) + value(OFFSET),
        };
        Some((note.key, velocity.max(value(MIN)).min(value(MAX)).max(MIN_VELOCITY)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::note_effects::test_notes::{on, put_out, rig};
    use crate::dsp::note_effects::{Mapped, factory};
    use crate::process::{Event, EventKind};

    fn played(values: &[(&str, f64)], velocity: f64) -> f64 {
        let rig = rig(factory::<Mapped<Velocity>>(), 9, values, vec![on(2, 1, 60, velocity)]);
        match put_out(&rig, &[9])[..] {
            [Event { kind: EventKind::NoteOn { velocity, key: 60, .. }, .. }] => velocity,
            ref other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_curve_is_its_formula() {
        assert_eq!(played(&[], 0.25), 0.25);
        assert!((played(&[("gamma", 2.0)], 0.5) - 0.25).abs() < 1e-12);
        assert!((played(&[("gamma", 0.5)], 0.25) - 0.5).abs() < 1e-12);
        assert_eq!(played(&[("scale", 0.5), ("offset", 0.25)], 0.5), 0.5);
        assert_eq!(played(&[("mode", 1.0), ("fixed", 0.3)], 0.9), 0.3);
    }

    #[test]
    fn limits_hold_and_a_note_stays_a_note() {
        assert_eq!(played(&[("min", 0.6)], 0.25), 0.6);
        assert_eq!(played(&[("max", 0.6)], 0.75), 0.6);
        assert_eq!(played(&[("offset", 1.0)], 0.75), 1.0);
        assert_eq!(played(&[("offset", -1.0)], 0.75), MIN_VELOCITY);
        assert_eq!(played(&[("min", 0.6), ("max", 0.4)], 0.5), 0.4);
    }
}
