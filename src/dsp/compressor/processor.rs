//! The running compressor: its parameters as lines, its envelopes and its delay.

use super::super::lane_lines::LaneLines;
use super::super::runs::Runs;
use super::kernel::{CELL, CHUNK, Cell, Curve, Side};
use super::{ATTACK, KNEE, MAKEUP, MIX, RATIO, RELEASE, THRESHOLD, lookahead_frames};
use crate::math::{db_to_gain, exp};
use crate::process::{
    Prepare, ProcessContext, ProcessFault, Processor, StateError, StateReader, StateWriter,
    padded_lanes,
};
use crate::simd::{F64x1, Lanes, dispatch};

/// Octaves of amplitude in a decibel.
const OCTAVES_A_DECIBEL: f64 = std::f64::consts::LOG2_10 / 20.0;

pub(super) struct Compressor {
    runs: Runs,
    rate_hz: f64,
    channels: usize,
    instances: usize,
    /// One detector an instance, padded like lanes are.
    detectors: usize,
    /// Attack, release and scale: what the envelopes take.
    follower: [LaneLines; 3],
    /// Slope, knee, wet and dry: what the gain computer takes.
    gain: [LaneLines; 4],
    curve: Curve,
    envelopes: Vec<f64>,
    /// Levels over the threshold, then gains, of one cell: `[frame * detectors + detector]`.
    levels: Vec<f32>,
    /// Which instances listen to their sidechain.
    sidechained: Vec<bool>,
    /// Past input frames, and which of them is the oldest.
    delay: Vec<f32>,
    oldest: usize,
    delay_frames: usize,
    lanes: usize,
}

/// Attack, release, scale; slope, knee, wet and dry at the given parameter values.
fn coefficients(values: &[f64], rate_hz: f64) -> ([f64; 3], [f64; 4]) {
    let pole = |ms: f64| exp(-1000.0 / (ms.max(0.001) * rate_hz));
    let knee_db = values[KNEE];
    // The lower end of the knee is where a scaled level is 1.
    let scale = db_to_gain(knee_db / 2.0 - values[THRESHOLD]);
    let slope = 1.0 / values[RATIO].max(1.0) - 1.0;
    let wet = values[MIX] * db_to_gain(values[MAKEUP]);
    let follower = [pole(values[ATTACK]), pole(values[RELEASE]), scale];
    (follower, [slope, knee_db * OCTAVES_A_DECIBEL, wet, 1.0 - values[MIX]].map(|c| c + 0.0))
}

impl Compressor {
    pub(super) fn new(prepare: &Prepare<'_>) -> Self {
        let instances = prepare.instances.len();
        let lanes = padded_lanes(prepare.channels * instances);
        let detectors = lanes / prepare.channels.min(lanes);
        let delay_frames = prepare.instances.first().map_or(0, |setup| {
            usize::try_from(lookahead_frames(setup.controls.constants(), prepare.rate)).unwrap_or(0)
        });
        let lines = || LaneLines::new(detectors, 0.0);
        Self {
            runs: Runs::new(prepare),
            rate_hz: prepare.rate.hz_f64(),
            channels: prepare.channels,
            instances,
            detectors,
            follower: [lines(), lines(), lines()],
            gain: [lines(), lines(), lines(), lines()],
            curve: Curve::new(CELL * detectors),
            envelopes: vec![0.0; detectors],
            // The gain computer works on whole chunks.
            levels: vec![0.0; (CELL * detectors).next_multiple_of(CHUNK)],
            sidechained: prepare.instances.iter().map(|setup| setup.sidechained).collect(),
            delay: vec![0.0; delay_frames * lanes],
            oldest: 0,
            delay_frames,
            lanes,
        }
    }

    fn take_spans(&mut self) {
        for (instance, span) in self.runs.spans().iter().enumerate() {
            let from = coefficients(&span.from, self.rate_hz);
            let to = coefficients(&span.to, self.rate_hz);
            for (line, (from, to)) in self.follower.iter_mut().zip(from.0.into_iter().zip(to.0)) {
                line.set(instance, span, from, to);
            }
            for (line, (from, to)) in self.gain.iter_mut().zip(from.1.into_iter().zip(to.1)) {
                line.set(instance, span, from, to);
            }
        }
        self.follower.iter_mut().chain(&mut self.gain).for_each(LaneLines::settle);
        if !self.curve_moves() {
            // Whole frames and whole chunks: detectors may come in twelves, too.
            let shared = CHUNK.min(1 << self.detectors.trailing_zeros());
            self.fill_curve(CHUNK / shared * self.detectors, 0);
        }
    }

    fn curve_moves(&self) -> bool {
        self.gain.iter().any(LaneLines::moving)
    }

    /// Writes the curves of `length / detectors` frames from node time `time` on.
    fn fill_curve(&mut self, length: usize, time: i64) {
        self.curve.restart(length);
        for i in 0..length {
            let n = F64x1::splat(time as f64 + (i / self.detectors) as f64);
            let value = |line: &LaneLines| line.load::<F64x1>(i % self.detectors).at(n);
            let mut values = [0.0_f32; 4];
            for (to, line) in values.iter_mut().zip(&self.gain) {
                value(line).store_f32(std::slice::from_mut(to));
            }
            self.curve.set(i, values);
        }
    }
}

impl Processor for Compressor {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let frames = context.frames();
        let mut at = 0;
        while let Some(run) = self.runs.next(context.time, frames, at) {
            at = run.frames.end;
            if run.moved {
                self.take_spans();
            }
            if self.curve_moves() {
                self.fill_curve(CELL * self.detectors, run.time);
            }
            let side = context.sidechains.first().copied().flatten();
            let side = side.filter(|_| self.sidechained.contains(&true)).map(|side| Side {
                samples: side.range(run.frames.start, run.frames.end),
                lanes: side.lanes(),
                listening: &self.sidechained,
            });
            let cell = Cell {
                samples: context.audio.range(run.frames.start, run.frames.end),
                lanes: self.lanes,
                detectors: self.detectors,
                time: run.time,
                flush: run.flush,
                side,
                follower: &self.follower,
                moving: self.follower.iter().any(LaneLines::moving),
                curve: &self.curve,
                envelopes: &mut self.envelopes,
                levels: &mut self.levels,
                delay: &mut self.delay,
                oldest: &mut self.oldest,
            };
            // Detectors come in multiples of four that need not be multiples of eight.
            dispatch(context.level, 1 << self.detectors.trailing_zeros(), cell);
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.runs.reset();
        self.envelopes.fill(0.0);
        self.delay.fill(0.0);
        self.oldest = 0;
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        state.number(self.envelopes[instance]);
        for frame in 0..self.delay_frames {
            let row = (self.oldest + frame) % self.delay_frames * self.lanes;
            let first = row + instance * self.channels;
            state.numbers(self.delay[first..first + self.channels].iter().map(|x| f64::from(*x)));
        }
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        debug_assert!(instance < self.instances);
        self.runs.reset();
        // After a failure all further reads fail too, and a second round clears what was read.
        let mut result = self.read(instance, &mut || state.number());
        if result.is_err() {
            result = self.read(instance, &mut || Ok(0.0)).and(result);
        }
        result
    }
}

impl Compressor {
    /// Takes the state of an instance, number by number.
    #[allow(clippy::cast_possible_truncation)] // The delay's numbers came from f32.
    fn read(
        &mut self,
        instance: usize,
        next: &mut dyn FnMut() -> Result<f64, StateError>,
    ) -> Result<(), StateError> {
        self.envelopes[instance] = next()?;
        for frame in 0..self.delay_frames {
            let row = (self.oldest + frame) % self.delay_frames * self.lanes;
            let first = row + instance * self.channels;
            for x in &mut self.delay[first..first + self.channels] {
                *x = next()? as f32;
            }
        }
        Ok(())
    }
}
