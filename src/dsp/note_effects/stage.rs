//! What all note effects share: how events, steps and what waits come together in order.

use std::marker::PhantomData;
use std::sync::Arc;

use super::waiting::Waiting;
use crate::dsp::describe::effect;
use crate::process::{
    ControlSet, Event, EventKind, EventOutput, InstanceSetup, ParameterSpec, Prepare, PrepareError,
    ProcessContext, ProcessFault, Processor, ProcessorFactory, ProcessorSpec, StateError,
    StateReader, StateWriter,
};
use crate::time::{DEFAULT_BPM, SampleRate, Samples, TempoMap, frame_count};

/// One instance of a note effect. All it does is a function of the events it heard and of node time.
pub(in crate::dsp) trait NoteEffect: Send + Sized + 'static {
    /// True where its steps follow the tempo.
    const FOLLOWS_TEMPO: bool = false;

    /// What it is.
    fn spec() -> &'static ProcessorSpec;

    /// One that has heard nothing.
    fn new(setup: &InstanceSetup, prepare: &Prepare<'_>) -> Self;

    /// Quarter notes for which it goes on after what it hears has ended.
    fn tail_quarters(_values: &[f64]) -> f64 {
        0.0
    }

    /// Hears an event. What is before it has been put out.
    fn hear(&mut self, event: &Event, output: &mut NoteOutput<'_>);

    /// The first sample at or after `from` at which it acts of its own accord, whatever it holds.
    fn next_step(&mut self, _from: i64) -> Option<i64> {
        None
    }

    /// Acts at the sample [`Self::next_step`] named, after the events of that sample.
    fn step(&mut self, _at: i64, _output: &mut NoteOutput<'_>) {}

    /// Forgets what it has heard.
    fn reset(&mut self);

    /// Appends what it holds.
    fn save(&self, state: &mut StateWriter);

    /// Takes what [`Self::save`] wrote; reset first.
    fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError>;
}

/// Where a note effect puts events.
pub(in crate::dsp) struct NoteOutput<'a> {
    output: &'a mut EventOutput,
    pub(super) waiting: &'a mut Waiting,
}

impl NoteOutput<'_> {
    /// Puts out an event at the sample that is being heard.
    pub(super) fn now(&mut self, at: Samples, kind: EventKind) {
        self.output.push(Event { at, kind });
    }
}

/// The description of a note effect.
pub(super) fn note_effect(
    name: &'static str,
    summary: &'static str,
    parameters: Vec<ParameterSpec>,
) -> ProcessorSpec {
    ProcessorSpec { event_inputs: 1, event_outputs: 1, ..effect(name, summary, 1, parameters) }
}

/// The id of the `number`-th note made from `note`; of number 0 it is the note's own.
///
/// The finaliser of SplitMix64 (G. L. Steele, D. Lea, C. H. Flood, Fast splittable pseudorandom
/// number generators, 2014): for one number it is a bijection, so that different notes stay
/// different, and between numbers two of a thousand notes meet once in 10^13 times.
pub(super) fn derived_note(note: u64, number: u64) -> u64 {
    if number == 0 {
        return note;
    }
    let mut mixed = note.wrapping_add(number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The smallest velocity that starts a note.
pub(super) const MIN_VELOCITY: f64 = 1.0 / 127.0;

/// `key` moved by `semitones`, where that is a key.
pub(super) fn moved_key(key: u8, semitones: i64) -> Option<u8> {
    u8::try_from(i64::from(key).saturating_add(semitones)).ok().filter(|key| *key < 128)
}

/// Makes the note effects of one kind.
pub(in crate::dsp) fn factory<E: NoteEffect>() -> Arc<dyn ProcessorFactory> {
    Arc::new(Factory::<E>(PhantomData))
}

struct Factory<E>(PhantomData<fn() -> E>);

impl<E: NoteEffect> ProcessorFactory for Factory<E> {
    fn spec(&self) -> &ProcessorSpec {
        E::spec()
    }

    fn latency(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn tail(&self, values: &[f64], rate: SampleRate) -> Samples {
        tail(E::tail_quarters(values), rate, DEFAULT_BPM)
    }

    fn tail_at_tempo(&self, values: &[f64], tempo: &TempoMap) -> Samples {
        tail(E::tail_quarters(values), tempo.sample_rate(), tempo.slowest_bpm())
    }

    fn follows_tempo(&self, _: &ControlSet) -> bool {
        E::FOLLOWS_TEMPO
    }

    fn cost(&self) -> u32 {
        1
    }

    fn structure(&self, _: &ControlSet) -> u64 {
        0
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let instances = prepare
            .instances
            .iter()
            .map(|setup| Instance { effect: E::new(setup, prepare), waiting: Waiting::new() });
        Ok(Box::new(Running(instances.collect())))
    }
}

#[allow(clippy::cast_possible_truncation)] // At most 28 quarter notes at 5 bpm.
fn tail(quarters: f64, rate: SampleRate, bpm: f64) -> Samples {
    if quarters == 0.0 {
        return Samples::ZERO;
    }
    Samples((quarters * 60.0 / bpm * rate.hz_f64()) as i64 + 1)
}

struct Running<E>(Vec<Instance<E>>);

struct Instance<E> {
    effect: E,
    waiting: Waiting,
}

/// After all events of a sample.
const LAST_RANK: u8 = u8::MAX;

impl<E: NoteEffect> Instance<E> {
    /// One block of node time `start .. end`: events, steps and what waits, in order of time.
    fn run(&mut self, mut events: &[Event], start: i64, end: i64, output: &mut EventOutput) {
        let waiting = &mut self.waiting;
        let mut from = start;
        loop {
            let step = self.effect.next_step(from).filter(|at| *at < end);
            let heard = |at| events.partition_point(|event| event.at.0 <= at);
            let (now, later) = events.split_at(step.map_or(events.len(), heard));
            for event in now {
                waiting.release(event.at.0, event.kind.rank(), output);
                self.effect.hear(event, &mut NoteOutput { output, waiting });
            }
            events = later;
            let Some(at) = step else { break };
            waiting.release(at, LAST_RANK, output);
            self.effect.step(at, &mut NoteOutput { output, waiting });
            from = at + 1;
        }
        waiting.release(end - 1, LAST_RANK, output);
    }

    fn reset(&mut self) {
        self.effect.reset();
        self.waiting.clear();
    }

    fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.waiting.restore(state)?;
        self.effect.restore(state)
    }
}

impl<E: NoteEffect> Processor for Running<E> {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let start = context.time;
        let end = start + frame_count(context.frames());
        let ports = context.events.iter().zip(context.event_outputs.iter_mut());
        for (instance, (events, output)) in self.0.iter_mut().zip(ports) {
            instance.run(events, start, end, output);
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.0.iter_mut().for_each(Instance::reset);
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        self.0[instance].waiting.save(state);
        self.0[instance].effect.save(state);
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        let instance = &mut self.0[instance];
        instance.reset();
        let restored = instance.restore(state);
        if restored.is_err() {
            instance.reset();
        }
        restored
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derived_notes_differ() {
        assert_eq!(derived_note(17, 0), 17);
        assert_ne!(derived_note(17, 3), 17);
        let mut all: Vec<u64> = (0..100)
            .flat_map(|note| (0..50).map(move |number| derived_note(note, number)))
            .collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 5_000);
    }

    #[test]
    fn keys_stop_at_the_ends_of_the_keyboard() {
        assert_eq!(moved_key(60, 12), Some(72));
        assert_eq!(moved_key(60, 67), Some(127));
        assert_eq!(moved_key(60, 68), None);
        assert_eq!(moved_key(60, -61), None);
    }
}
