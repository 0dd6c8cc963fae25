//! Arpeggiator: plays held notes one after the other, in step with the tempo.

mod pattern;

use std::sync::LazyLock;

use self::pattern::Pattern;
use super::grid::{Grid, Step};
use super::held::{Held, Known, LastExpression, MAX_HELD, restore_byte};
use super::stage::{MIN_VELOCITY, NoteEffect, NoteOutput, moved_key, note_effect};
use crate::dsp::describe::{choice, number, setting};
use crate::math::random::Random;
use crate::process::{
    ControlSet, Event, EventKind, InstanceSetup, Prepare, ProcessorSpec, StateError, StateReader,
    StateWriter, Unit,
};
use crate::time::{Samples, nearest};

const PATTERN: usize = 0;
const RATE_QUARTERS: usize = 1;
const SWING: usize = 2;
const GATE: usize = 3;
const OCTAVES: usize = 4;
const LATCH: usize = 5;
const VELOCITY_MODE: usize = 6;
const VELOCITY: usize = 7;

/// Most octaves.
const MAX_OCTAVES: i64 = 4;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let ratio = |id, name, range, default| number(id, name, Unit::Ratio, range, default);
    note_effect(
        "arpeggiator",
        "plays held notes one after the other, in step with the tempo",
        vec![
            choice("pattern", "Pattern", Pattern::NAMES, 0),
            setting("rate_quarters", "Step", Unit::Quarters, (1.0 / 32.0, 16.0), 0.25),
            setting("swing", "Swing", Unit::Ratio, (0.0, 0.75), 0.0),
            ratio("gate", "Gate", (0.01, 1.0), 0.5),
            ratio("octaves", "Octaves", (1.0, MAX_OCTAVES as f64), 1.0),
            choice("latch", "Latch", &["off", "on"], 0),
            choice("velocity_mode", "Velocity", &["played", "fixed"], 0),
            ratio("velocity", "Fixed velocity", (0.01, 1.0), 0.8),
        ],
    )
});

/// Plays, on each step of a grid in the tempo of node time, one of the notes that sound on the
/// step's sample (all of them with `chord`), for the part `gate` of the way to the next step.
///
/// Step `k` is `k rate_quarters` quarter notes after the timeline's start, whenever keys are
/// pressed; with swing every second one is later by `swing` of a step (1/3 makes triplets). The
/// pattern begins where the first key is pressed. Several octaves repeat it an octave higher each
/// time; what would leave the keyboard is silent. `random` is a function of the session's seed,
/// the node's id and the step's number. With latch the pattern goes on after the keys are let go,
/// until the end of the render or until a key is pressed while none is; the session's tail counts
/// one step of it. The velocity is that of the note played or the fixed one, and the velocity of
/// release is a half. Gate, octaves and velocity are taken at the step's sample.
///
/// Expression of a held note is told to the notes made from it as they start; what changes in the
/// middle of a step is heard from the next one on. Notes made are numbered by their step.
pub(in crate::dsp) struct Arpeggiator {
    controls: ControlSet,
    grid: Grid,
    pattern: Pattern,
    random: Random,
    latch: bool,
    held: Held<Key>,
    /// The step on which the pattern began.
    first: Option<i64>,
}

/// A held note.
#[derive(Clone, Copy)]
struct Key {
    channel: u8,
    key: u8,
    velocity: f64,
    /// Not only latched.
    pressed: bool,
    expression: LastExpression,
}

impl Known for Key {
    fn save(self, state: &mut StateWriter) {
        state.word(self.channel.into());
        state.word(self.key.into());
        state.number(self.velocity);
        state.word(self.pressed.into());
        self.expression.save(state);
    }

    fn restore(state: &mut StateReader<'_>) -> Result<Self, StateError> {
        Ok(Self {
            channel: restore_byte(state)?,
            key: restore_byte(state)?,
            velocity: state.number()?,
            pressed: state.word()? != 0,
            expression: LastExpression::restore(state)?,
        })
    }
}

/// One of the notes of a step.
#[derive(Clone, Copy)]
struct StepNote {
    note: u64,
    key: u8,
    of: Key,
}

impl Arpeggiator {
    fn press(&mut self, note: u64, key: Key) {
        if self.latch && self.held.all().iter().all(|(_, key)| !key.pressed) {
            self.held.clear();
            self.first = None;
        }
        // What is beyond the limit is not held.
        let _ = self.held.insert(note, key);
    }

    fn let_go(&mut self, note: u64) {
        if self.latch {
            // Of two notes of one number the one that is pressed.
            let held = self.held.all_mut().iter_mut().find(|(n, key)| *n == note && key.pressed);
            if let Some((_, key)) = held {
                key.pressed = false;
            }
            return;
        }
        self.held.remove(note);
        if self.held.all().is_empty() {
            self.first = None;
        }
    }

    /// The note at place `place` of the sequence: all octaves, one after the other.
    fn note_at(&self, order: &[u8], place: usize, step: i64, voice: usize) -> Option<StepNote> {
        let (octave, index) = (place / order.len(), place % order.len());
        let (_, of) = self.held.all()[usize::from(order[index])];
        let key = moved_key(of.key, 12 * i64::try_from(octave).unwrap_or(0))?;
        // Told apart from the notes of clips, which are numbered from 0: the highest bit, the
        // step's number, and which of its 512 notes.
        let note = 1 << 63 | (step.cast_unsigned() << 10 >> 1) | voice as u64;
        Some(StepNote { note, key, of })
    }

    fn play(&self, step: Step, end: Samples, notes: StepNotes<'_>, output: &mut NoteOutput<'_>) {
        let at = Samples(step.at);
        let fixed = (self.controls.constants()[VELOCITY_MODE] > 0.5)
            .then(|| self.controls.value_at(VELOCITY, step.at).max(MIN_VELOCITY));
        let all = || {
            let found = notes.places.clone().enumerate();
            found.filter_map(|(voice, at)| self.note_at(notes.order, at, step.number, voice))
        };
        for StepNote { note, key, of: Key { channel, velocity, .. } } in all() {
            let velocity = fixed.unwrap_or(velocity);
            output.now(at, EventKind::NoteOn { note, channel, key, velocity });
            output.waiting.push(end, EventKind::NoteOff { note, channel, key, velocity: 0.5 });
        }
        for StepNote { note, key, of: Key { channel, expression, .. } } in all() {
            for (kind, value) in expression.iter() {
                output.now(at, EventKind::Expression { note, channel, key, kind, value });
            }
        }
    }
}

/// Which notes a step plays.
struct StepNotes<'a> {
    /// Indices of the held notes.
    order: &'a [u8],
    /// In the sequence of all octaves.
    places: std::ops::Range<usize>,
}

impl NoteEffect for Arpeggiator {
    const FOLLOWS_TEMPO: bool = true;

    fn spec() -> &'static ProcessorSpec {
        &SPEC
    }

    fn new(setup: &InstanceSetup, prepare: &Prepare<'_>) -> Self {
        let values = setup.controls.constants();
        Self {
            controls: setup.controls.clone(),
            grid: Grid::new(prepare.tempo, values[RATE_QUARTERS], values[SWING]),
            pattern: Pattern::of_index(values[PATTERN]),
            random: Random::of_id(setup.seed, &setup.node),
            latch: values[LATCH] > 0.5,
            held: Held::new(),
            first: None,
        }
    }

    fn tail_quarters(values: &[f64]) -> f64 {
        values[RATE_QUARTERS] * (1.0 + values[SWING])
    }

    fn hear(&mut self, event: &Event, output: &mut NoteOutput<'_>) {
        match event.kind {
            EventKind::NoteOn { note, channel, key, velocity } => {
                let expression = LastExpression::default();
                self.press(note, Key { channel, key, velocity, pressed: true, expression });
            }
            EventKind::NoteOff { note, .. } => self.let_go(note),
            EventKind::Expression { note, kind, value, .. } => {
                if let Some(key) = self.held.get_mut(note) {
                    key.expression.set(kind, value);
                }
            }
            EventKind::Controller { .. } | EventKind::Exclusive(_) => {
                output.now(event.at, event.kind)
            }
        }
    }

    fn next_step(&mut self, from: i64) -> Option<i64> {
        Some(self.grid.next(from).at)
    }

    fn step(&mut self, at: i64, output: &mut NoteOutput<'_>) {
        let count = self.held.all().len();
        if count == 0 {
            return;
        }
        let step = self.grid.next(at);
        let first = *self.first.get_or_insert(step.number);
        let mut order = [0; MAX_HELD];
        (0..).zip(&mut order).for_each(|(index, place)| *place = index);
        let order = &mut order[..count];
        if self.pattern.sorts() {
            let held = self.held.all();
            order.sort_unstable_by_key(|index| (held[usize::from(*index)].1.key, *index));
        }
        let octaves = nearest(self.controls.value_at(OCTAVES, at)).clamp(1, MAX_OCTAVES);
        let length = count * usize::try_from(octaves).unwrap_or(1);
        let unit = || self.random.unit(step.number.cast_unsigned());
        let places = self.pattern.places(step.number - first, length, unit);
        let end = self.grid.end(step, self.controls.value_at(GATE, at));
        self.play(step, end, StepNotes { order, places }, output);
    }

    fn reset(&mut self) {
        self.held.clear();
        self.first = None;
        self.grid.reset();
    }

    fn save(&self, state: &mut StateWriter) {
        self.held.save(state);
        state.word(self.first.is_some().into());
        state.word(self.first.unwrap_or(0).cast_unsigned());
    }

    fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.held.restore(state)?;
        let (began, first) = (state.word()? != 0, state.word()?.cast_signed());
        self.first = began.then_some(first);
        Ok(())
    }
}

#[cfg(test)]
mod tests;
