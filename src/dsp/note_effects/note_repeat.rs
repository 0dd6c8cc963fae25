//! Note repeat: plays a held key again and again, in step with the tempo.

use std::sync::LazyLock;

use super::grid::Grid;
use super::held::{Held, Known, LastExpression, restore_byte};
use super::stage::{MIN_VELOCITY, NoteEffect, NoteOutput, derived_note, note_effect};
use crate::dsp::describe::{number, setting};
use crate::process::{
    ControlSet, Event, EventKind, InstanceSetup, Prepare, ProcessorSpec, StateError, StateReader,
    StateWriter, Unit,
};
use crate::time::Samples;

const RATE_QUARTERS: usize = 0;
const GATE: usize = 1;
const VELOCITY_DECAY: usize = 2;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    note_effect(
        "note-repeat",
        "repeats notes while they are held, in step with the tempo",
        vec![
            setting("rate_quarters", "Step", Unit::Quarters, (1.0 / 32.0, 16.0), 0.25),
            number("gate", "Gate", Unit::Ratio, (0.01, 1.0), 0.5),
            number("velocity_decay", "Velocity decay", Unit::Ratio, (0.0, 1.0), 0.0),
        ],
    )
});

/// A note sounds as it is played, and again on each step of the tempo's grid (see the arpeggiator)
/// while it is held: at a velocity of `1 - velocity_decay` times the one before, 1/127 at least.
/// Each ends after the part `gate` of a step, on the next step at the latest, and where the note
/// ends. Gate and decay are taken at the sample on which a repeat starts.
///
/// Expression of the note goes to the repeat that sounds, and is told again to each one after it.
pub(in crate::dsp) struct NoteRepeat {
    controls: ControlSet,
    grid: Grid,
    held: Held<Repeated>,
}

#[derive(Clone, Copy)]
struct Repeated {
    channel: u8,
    key: u8,
    /// Of the last repeat.
    velocity: f64,
    /// Node time of the note itself.
    start: i64,
    /// Repeats so far.
    count: u64,
    expression: LastExpression,
}

impl Known for Repeated {
    fn save(self, state: &mut StateWriter) {
        state.word(self.channel.into());
        state.word(self.key.into());
        state.number(self.velocity);
        state.word(self.start.cast_unsigned());
        state.word(self.count);
        self.expression.save(state);
    }

    fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        Ok(Self {
            channel: restore_byte(state)?,
            key: restore_byte(state)?,
            velocity: state.number()?,
            start: state.word()?.cast_signed(),
            count: state.word()?,
            expression: LastExpression::restore(state)?,
        })
    }
}

impl NoteEffect for NoteRepeat {
    const FOLLOWS_TEMPO: bool = true;

    fn spec() -> &'static ProcessorSpec {
        &SPEC
    }

    fn new(setup: &InstanceSetup, prepare: &Prepare<'_>) -> Self {
        let rate_quarters = setup.controls.constants()[RATE_QUARTERS];
        let grid = Grid::new(prepare.tempo, rate_quarters, 0.0);
        Self { controls: setup.controls.clone(), grid, held: Held::new() }
    }

    fn hear(&mut self, event: &Event, output: &mut NoteOutput<'_>) {
        let at = event.at;
        match event.kind {
            EventKind::NoteOn { note, channel, key, velocity } => {
                let expression = LastExpression::default();
                let start = at.0;
                let known = Repeated { channel, key, velocity, start, count: 0, expression };
                if self.held.insert(note, known) {
                    output.now(at, event.kind);
                    let end = self.grid.end_from(start, self.controls.value_at(GATE, start));
                    let kind = EventKind::NoteOff { note, channel, key, velocity: 0.5 };
                    output.waiting.push(end, kind);
                }
            }
            EventKind::NoteOff { note, channel, key, velocity } => {
                let Some(Repeated { count, .. }) = self.held.remove(note) else { return };
                let note = derived_note(note, count);
                if output.waiting.remove(note) {
                    output.now(at, EventKind::NoteOff { note, channel, key, velocity });
                }
            }
            EventKind::Expression { note, channel, key, kind, value } => {
                let Some(known) = self.held.get_mut(note) else { return };
                known.expression.set(kind, value);
                let note = derived_note(note, known.count);
                if output.waiting.contains(note) {
                    output.now(at, EventKind::Expression { note, channel, key, kind, value });
                }
            }
            EventKind::Controller { .. } | EventKind::Exclusive(_) => output.now(at, event.kind),
        }
    }

    fn next_step(&mut self, from: i64) -> Option<i64> {
        Some(self.grid.next(from).at)
    }

    fn step(&mut self, at: i64, output: &mut NoteOutput<'_>) {
        if self.held.all().is_empty() {
            return;
        }
        let end = self.grid.end_from(at, self.controls.value_at(GATE, at));
        let softer = 1.0 - self.controls.value_at(VELOCITY_DECAY, at);
        // What started on this very sample sounds already.
        let earlier = |known: &Repeated| known.start < at;
        for (note, known) in self.held.all_mut().iter_mut().filter(|(_, known)| earlier(known)) {
            known.count += 1;
            known.velocity = (known.velocity * softer).max(MIN_VELOCITY);
            let Repeated { channel, key, velocity, count, .. } = *known;
            let note = derived_note(*note, count);
            output.now(Samples(at), EventKind::NoteOn { note, channel, key, velocity });
            output.waiting.push(end, EventKind::NoteOff { note, channel, key, velocity: 0.5 });
        }
        for (note, known) in self.held.all().iter().filter(|(_, known)| earlier(known)) {
            let Repeated { channel, key, count, expression, .. } = *known;
            let note = derived_note(*note, count);
            for (kind, value) in expression.iter() {
                let kind = EventKind::Expression { note, channel, key, kind, value };
                output.now(Samples(at), kind);
            }
        }
    }

    fn reset(&mut self) {
        self.held.clear();
        self.grid.reset();
    }

    fn save(&self, state: &mut StateWriter) {
        self.held.save(state);
    }

    fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.held.restore(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dsp::note_effects::factory;
    use crate::dsp::note_effects::test_notes::{
        assert_any_blocks, assert_resumes_anywhere, off, on, pressure, put_out, ramp, rig, starts,
    };
    use crate::dsp::testing::Rig;

    const FRAMES: usize = 30_000;

    fn repeats(values: &[(&str, f64)], events: Vec<Event>) -> Rig {
        rig(factory::<NoteRepeat>(), FRAMES, values, events)
    }

    /// (sample, velocity of starts or none for ends).
    fn heard(rig: &Rig) -> Vec<(i64, Option<f64>)> {
        let of = put_out(rig, &[FRAMES]).into_iter().filter_map(|event| match event.kind {
            EventKind::NoteOn { velocity, .. } => Some((event.at.0, Some(velocity))),
            EventKind::NoteOff { .. } => Some((event.at.0, None)),
            _ => None,
        });
        of.collect()
    }

    /// At 120 bpm and 48 kHz a sixteenth note is 6,000 samples.
    #[test]
    fn a_held_note_is_repeated_on_the_grid_and_grows_softer() {
        let events = vec![on(2_000, 1, 60, 0.8), off(19_000, 1, 60)];
        let rig = repeats(&[("velocity_decay", 0.5)], events);
        let wanted = [
            (2_000, Some(0.8)),
            (5_000, None),
            (6_000, Some(0.4)),
            (9_000, None),
            (12_000, Some(0.2)),
            (15_000, None),
            (18_000, Some(0.1)),
            (19_000, None),
        ];
        assert_eq!(heard(&rig), wanted);
    }

    #[test]
    fn a_note_on_a_step_is_not_doubled_and_the_first_ends_before_the_step() {
        let events = vec![
            on(6_000, 1, 60, 0.8),
            off(7_000, 1, 60),
            on(11_000, 2, 60, 0.8),
            off(12_000, 2, 60),
        ];
        let wanted = [(6_000, Some(0.8)), (7_000, None), (11_000, Some(0.8)), (12_000, None)];
        assert_eq!(heard(&repeats(&[("gate", 1.0)], events)), wanted);
    }

    #[test]
    fn expression_goes_to_what_sounds_and_to_each_repeat_after_it() {
        let events = vec![
            on(0, 1, 60, 0.8),
            pressure(1_000, 1, 60, 0.2),
            pressure(4_000, 1, 60, 0.9),
            off(6_500, 1, 60),
        ];
        let rig = repeats(&[], events);
        let told = put_out(&rig, &[FRAMES]).into_iter().filter_map(|event| match event.kind {
            EventKind::Expression { note, value, .. } => Some((event.at.0, note, value)),
            _ => None,
        });
        let told: Vec<_> = told.collect();
        assert_eq!(told, [(1_000, 1, 0.2), (6_000, derived_note(1, 1), 0.9)]);
    }

    #[test]
    fn blocks_and_restoring_change_nothing() {
        let events =
            vec![on(-2_000, 1, 60, 0.8), on(70, 2, 61, 0.5), off(5_000, 1, 60), off(8_000, 2, 61)];
        let values = [("rate_quarters", 1.0 / 32.0), ("velocity_decay", 0.1)];
        let rig = Rig { tempo: ramp(), start: -3_000, frames: 12_000, ..repeats(&values, events) };
        assert!(starts(&put_out(&rig, &[12_000])).len() > 10);
        assert_any_blocks(&rig);
        assert_resumes_anywhere(&rig);
    }
}
