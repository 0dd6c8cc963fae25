//! The running equaliser: sections with the coefficients and the state of all lanes.

use super::super::lane_lines::LaneLines;
use super::super::runs::Runs;
use super::active;
use super::design::{BandShape, Section, SectionKind};
use super::kernel::{Cell, only_bells};
use crate::process::{
    Prepare, ProcessContext, ProcessFault, Processor, StateError, StateReader, StateWriter,
    padded_lanes,
};
use crate::simd::dispatch;

/// One filter section of all lanes.
#[derive(Debug)]
pub(super) struct LaneSection {
    pub(super) kind: SectionKind,
    /// The coefficients of [`Section::fixed_bell`] or [`Section::state_variable`].
    pub(super) lines: Vec<LaneLines>,
    pub(super) state: [Vec<f64>; 2],
}

pub(super) struct Equaliser {
    runs: Runs,
    /// The bands of each instance; equal but for what moves.
    shapes: Vec<Vec<BandShape>>,
    sections: Vec<LaneSection>,
    channels: usize,
    rate_hz: f64,
}

impl LaneSection {
    fn new(kind: SectionKind, lanes: usize) -> Self {
        let lines = if kind == SectionKind::FixedBell { 3 } else { 5 };
        Self {
            kind,
            lines: (0..lines).map(|_| LaneLines::new(lanes, 0.0)).collect(),
            state: [vec![0.0; lanes], vec![0.0; lanes]],
        }
    }

    /// Whether any coefficient of any lane moves.
    pub(super) fn moving(&self) -> bool {
        self.lines.iter().any(LaneLines::moving)
    }
}

impl Equaliser {
    pub(super) fn new(prepare: &Prepare<'_>) -> Self {
        let shapes: Vec<Vec<BandShape>> =
            prepare.instances.iter().map(|setup| active(&setup.controls).collect()).collect();
        let lanes = padded_lanes(prepare.channels * prepare.instances.len());
        let kinds = shapes.first().into_iter().flatten().flat_map(|shape| shape.kinds());
        Self {
            runs: Runs::new(prepare),
            sections: kinds.map(|kind| LaneSection::new(kind, lanes)).collect(),
            shapes,
            channels: prepare.channels,
            rate_hz: prepare.rate.hz_f64(),
        }
    }

    /// Takes the coefficients of all instances at the ends of their spans. Those that stay where
    /// they are give lines without a slope.
    fn take_spans(&mut self) {
        for (instance, (shapes, span)) in self.shapes.iter().zip(self.runs.spans()).enumerate() {
            let lanes = instance * self.channels..(instance + 1) * self.channels;
            let mut sections = self.sections.iter_mut();
            for shape in shapes {
                let from = shape.sections(&span.from, self.rate_hz);
                let to = if shape.moves { shape.sections(&span.to, self.rate_hz) } else { from };
                for ((_, section), (from, to)) in
                    shape.kinds().zip(&mut sections).zip(from.iter().zip(&to))
                {
                    let ends = coefficients(section.kind, from).zip(coefficients(section.kind, to));
                    for (line, (from, to)) in section.lines.iter_mut().zip(ends) {
                        lanes.clone().for_each(|lane| line.set(lane, span, from, to));
                    }
                }
            }
        }
        for line in self.sections.iter_mut().flat_map(|section| &mut section.lines) {
            line.settle();
        }
    }
}

fn coefficients(kind: SectionKind, section: &Section) -> impl Iterator<Item = f64> {
    let fixed = kind == SectionKind::FixedBell;
    let (bell, other) = (section.fixed_bell(), section.state_variable());
    bell.into_iter().filter(move |_| fixed).chain(other.into_iter().filter(move |_| !fixed))
}

impl Processor for Equaliser {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        if self.sections.is_empty() {
            return Ok(());
        }
        let (frames, lanes) = (context.frames(), context.audio.lanes());
        let next = if only_bells(&self.sections) { Runs::next_long } else { Runs::next };
        let mut at = 0;
        while let Some(run) = next(&mut self.runs, context.time, frames, at) {
            at = run.frames.end;
            if run.moved {
                self.take_spans();
            }
            let cell = Cell {
                samples: context.audio.range(run.frames.start, run.frames.end),
                lanes,
                time: run.time,
                sections: &mut self.sections,
            };
            dispatch(context.level, lanes, cell);
        }
        Ok(())
    }

    fn rests(&self) -> bool {
        let mut state = self.sections.iter().flat_map(|section| section.state.iter().flatten());
        state.all(|value| value.to_bits() == 0)
    }

    fn reset(&mut self) {
        self.runs.reset();
        for state in self.sections.iter_mut().flat_map(|section| &mut section.state) {
            state.fill(0.0);
        }
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        let lanes = instance * self.channels..(instance + 1) * self.channels;
        for values in self.sections.iter().flat_map(|section| &section.state) {
            state.numbers(values[lanes.clone()].iter().copied());
        }
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.runs.reset();
        let lanes = instance * self.channels..(instance + 1) * self.channels;
        let mut result = Ok(());
        for values in self.sections.iter_mut().flat_map(|section| &mut section.state) {
            for value in &mut values[lanes.clone()] {
                // After a failure all further reads fail too, and everything ends up at 0.
                *value = state.number().unwrap_or_else(|error| {
                    result = Err(error);
                    0.0
                });
            }
        }
        if result.is_err() {
            for values in self.sections.iter_mut().flat_map(|section| &mut section.state) {
                values[lanes.clone()].fill(0.0);
            }
        }
        result
    }
}
