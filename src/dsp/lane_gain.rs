//! One factor a lane, moving in straight lines: what gain, pan and polarity have in common.

use super::lane_lines::LaneLines;
use super::runs::Runs;
use crate::process::{
    Prepare, ProcessContext, ProcessFault, Processor, StateError, StateReader, StateWriter,
    padded_lanes,
};
use crate::simd::{Kernel, Lanes, dispatch};

/// The factors of the left and the right channel for parameter values; mono takes the left one.
type Factors = fn(&[f64]) -> (f64, f64);

/// Multiplies every lane by a factor that is a function of the parameters. The factor is exact at
/// the ends of each control span and moves in a straight line between them.
pub(super) struct LaneGain {
    factors: Factors,
    /// Factors may be negative.
    turns: bool,
    channels: usize,
    runs: Runs,
    lines: LaneLines,
}

impl LaneGain {
    /// Takes the instances of `prepare`; no factor is negative.
    pub(super) fn new(prepare: &Prepare<'_>, factors: Factors) -> Self {
        Self { turns: false, ..Self::turning(prepare, factors) }
    }

    /// Takes the instances of `prepare`, with factors of any sign.
    pub(super) fn turning(prepare: &Prepare<'_>, factors: Factors) -> Self {
        let instances = prepare.instances.len();
        Self {
            factors,
            turns: true,
            channels: prepare.channels,
            runs: Runs::new(prepare),
            lines: LaneLines::new(padded_lanes(instances * prepare.channels), 0.0),
        }
    }

    fn take_lines(&mut self) {
        for (instance, span) in self.runs.spans().iter().enumerate() {
            let (from, to) = ((self.factors)(&span.from), (self.factors)(&span.to));
            let lane = instance * self.channels;
            self.lines.set(lane, span, from.0, to.0);
            if self.channels == 2 {
                self.lines.set(lane + 1, span, from.1, to.1);
            }
        }
        self.lines.settle();
    }
}

impl Processor for LaneGain {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let frames = context.frames();
        let lanes = context.audio.lanes();
        let mut at = 0;
        while let Some(run) = self.runs.next(context.time, frames, at) {
            if run.moved {
                self.take_lines();
            }
            at = run.frames.end;
            let samples = context.audio.range(run.frames.start, run.frames.end);
            let kernel = Multiply { lines: &self.lines, time: run.time, lanes, samples };
            dispatch(context.level, lanes, kernel);
        }
        Ok(())
    }

    fn rests(&self) -> bool {
        // A negative factor makes -0.
        !self.turns
    }

    fn reset(&mut self) {
        self.runs.reset();
    }

    fn save(&self, _: usize, _: &mut StateWriter) {}

    fn restore(&mut self, _: usize, _: &mut StateReader<'_>) -> Result<(), StateError> {
        self.runs.reset();
        Ok(())
    }
}

struct Multiply<'a> {
    lines: &'a LaneLines,
    /// Node time of the first frame.
    time: i64,
    lanes: usize,
    samples: &'a mut [f32],
}

impl Kernel for Multiply<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        for first in (0..self.lanes).step_by(L::WIDTH) {
            let group = first..first + L::WIDTH;
            let line = self.lines.load::<L>(first);
            if self.lines.moving() {
                let mut n = L::splat(self.time as f64);
                for frame in self.samples.chunks_exact_mut(self.lanes) {
                    let samples = &mut frame[group.clone()];
                    (L::load_f32(samples) * line.at(n)).store_f32(samples);
                    n = n + L::splat(1.0);
                }
            } else {
                let factor = line.still();
                for frame in self.samples.chunks_exact_mut(self.lanes) {
                    let samples = &mut frame[group.clone()];
                    (L::load_f32(samples) * factor).store_f32(samples);
                }
            }
        }
    }
}
