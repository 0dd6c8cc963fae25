//! A note effect for tests: delays notes, in the open or as latency it reports, and adds octaves.

use std::collections::VecDeque;

use crate::process::{
    AudioPort, ControlSet, Event, EventKind, ParameterKind, ParameterSpec, Prepare, PrepareError,
    ProcessContext, ProcessFault, Processor, ProcessorFactory, ProcessorSpec, ProcessorTraits,
    StateError, StateReader, StateWriter, Unit,
};
use crate::time::{SampleRate, Samples};

const LATENCY: usize = 0;
const LATER: usize = 1;
const OCTAVES: usize = 2;
const COPIES: usize = 3;

/// Told apart from the notes of clips, which are numbered from 0.
const OCTAVE_NOTE: u64 = 1 << 32;

pub(super) struct NoteEffect(ProcessorSpec);

impl NoteEffect {
    pub(super) fn new() -> Self {
        let number = |id: &'static str, default| ParameterSpec {
            id: id.into(),
            name: id.into(),
            kind: ParameterKind::Number { unit: Unit::Ratio, min: 0.0, max: 1e5, default },
            automatable: false,
        };
        Self(ProcessorSpec {
            name: "test-notes".into(),
            summary: "for tests".into(),
            version: 1,
            parameters: vec![
                number("latency", 0.0),
                number("later", 0.0),
                number("octaves", 0.0),
                number("copies", 1.0),
            ],
            inputs: vec![AudioPort { name: "main".into() }],
            outputs: vec![AudioPort { name: "main".into() }],
            event_inputs: 1,
            event_outputs: 1,
            presets: &[],
            traits: ProcessorTraits::BUILT_IN,
        })
    }
}

#[allow(clippy::cast_possible_truncation)] // Whole numbers in tests.
fn whole(values: &[f64], index: usize) -> i64 {
    values[index] as i64
}

impl ProcessorFactory for NoteEffect {
    fn spec(&self) -> &ProcessorSpec {
        &self.0
    }

    fn latency(&self, values: &[f64], _rate: SampleRate) -> Samples {
        Samples(whole(values, LATENCY))
    }

    fn tail(&self, _values: &[f64], _rate: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn structure(&self, _controls: &ControlSet) -> u64 {
        0
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let instances = prepare.instances.iter().map(|setup| {
            let values = setup.controls.constants();
            Instance {
                delay: whole(values, LATENCY) + whole(values, LATER),
                octaves: whole(values, OCTAVES) > 0,
                copies: whole(values, COPIES),
                waiting: VecDeque::new(),
            }
        });
        Ok(Box::new(Running(instances.collect())))
    }
}

struct Running(Vec<Instance>);

struct Instance {
    delay: i64,
    octaves: bool,
    copies: i64,
    /// What belongs to later blocks.
    waiting: VecDeque<Event>,
}

impl Instance {
    fn hear(&mut self, event: &Event) {
        let at = Samples(event.at.0 + self.delay);
        for _ in 0..self.copies {
            self.waiting.push_back(Event { at, kind: event.kind });
        }
        if self.octaves {
            let mut kind = event.kind;
            match &mut kind {
                EventKind::NoteOn { note, key, .. }
                | EventKind::NoteOff { note, key, .. }
                | EventKind::Expression { note, key, .. } => {
                    *note |= OCTAVE_NOTE;
                    *key += 12;
                }
                EventKind::Controller { .. } | EventKind::Exclusive(_) => return,
            }
            self.waiting.push_back(Event { at, kind });
        }
    }
}

impl Processor for Running {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let end = context.time + crate::time::frame_count(context.frames());
        let ports = context.events.iter().zip(context.event_outputs.iter_mut());
        for (instance, (events, output)) in self.0.iter_mut().zip(ports) {
            events.iter().for_each(|event| instance.hear(event));
            while let Some(event) = instance.waiting.front().filter(|event| event.at.0 < end) {
                output.push(*event);
                instance.waiting.pop_front();
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.0.iter_mut().for_each(|instance| instance.waiting.clear());
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        self.0[instance].waiting.iter().for_each(|event| event.save(state));
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        let waiting = &mut self.0[instance].waiting;
        waiting.clear();
        while !state.is_empty() {
            waiting.push_back(Event::restore(state)?);
        }
        Ok(())
    }
}
