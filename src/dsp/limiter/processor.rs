//! The running limiter, one instance after the other: detector, gain, delay and clip.

use super::super::lane_lines::LaneLines;
use super::super::runs::{Run, Runs};
use super::gain::GainCourse;
use super::interpolator::{DELAY, Interpolator, TAPS};
use super::{CEILING, RELEASE, delay_frames, lookahead_frames};
use crate::math::{db_to_gain, exp};
use crate::process::{
    CONTROL_GRID_FRAMES, Prepare, ProcessContext, ProcessFault, Processor, StateError, StateReader,
    StateWriter,
};
use crate::simd::{F64x1, Kernel, Lanes, dispatch};
use crate::time::SampleRate;

/// Frames of the largest cell.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 64.
const CELL: usize = CONTROL_GRID_FRAMES as usize;

/// The ceiling before the first frame: none.
const BEFORE: f32 = f32::MAX;

pub(super) struct Limiter {
    runs: Runs,
    rate_hz: f64,
    channels: usize,
    /// Ceilings (as factors) and releases (as poles), by instance.
    lines: [LaneLines; 2],
    interpolator: Interpolator,
    instances: Vec<Instance>,
}

/// The state of one instance. Of each signal the last `CELL` frames hold those of a run, and the
/// frames before them the past, oldest first.
#[derive(Debug)]
struct Instance {
    /// Each channel's samples.
    channels: Vec<Vec<f32>>,
    /// The ceiling at each of their frames.
    ceilings: Vec<f32>,
    /// Frames of the past.
    past: usize,
    /// How late the output is, in frames.
    delay: usize,
    course: GainCourse,
}

/// The peaks of one instance over a run, at the features of a level.
struct Detector<'a> {
    interpolator: &'a Interpolator,
    channels: &'a [Vec<f32>],
    /// Where in the channels the first tap of the first frame lies.
    first: usize,
    peaks: &'a mut [f32],
}

impl Kernel for Detector<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let mut scratch = [0.0; CELL];
        for channel in self.channels {
            let signal = &channel[self.first..self.first + self.peaks.len() + TAPS - 1];
            self.interpolator.peaks(signal, &mut scratch, self.peaks);
        }
    }
}

/// Bytes of the signals and the gain of an instance.
pub(super) fn memory_bytes(values: &[f64], channels: usize, rate: SampleRate) -> u64 {
    let frames = delay_frames(values, rate).max(TAPS - 1) + CELL;
    let signals = (channels + 1) * frames * size_of::<f32>();
    signals as u64 + GainCourse::bytes(lookahead_frames(values, rate))
}

impl Limiter {
    pub(super) fn new(prepare: &Prepare<'_>) -> Self {
        let count = prepare.instances.len();
        let instances = prepare.instances.iter().map(|setup| {
            let values = setup.controls.constants();
            let delay = delay_frames(values, prepare.rate);
            let past = delay.max(TAPS - 1);
            Instance {
                channels: vec![vec![0.0; past + CELL]; prepare.channels],
                ceilings: vec![BEFORE; past + CELL],
                past,
                delay,
                course: GainCourse::new(lookahead_frames(values, prepare.rate)),
            }
        });
        Self {
            runs: Runs::new(prepare),
            rate_hz: prepare.rate.hz_f64(),
            channels: prepare.channels,
            lines: [LaneLines::new(count, 0.0), LaneLines::new(count, 0.0)],
            interpolator: Interpolator::new(),
            instances: instances.collect(),
        }
    }

    fn take_spans(&mut self) {
        let pole = |values: &[f64]| exp(-1000.0 / (values[RELEASE].max(0.01) * self.rate_hz));
        for (i, span) in self.runs.spans().iter().enumerate() {
            let ceiling = |values: &[f64]| db_to_gain(values[CEILING]);
            self.lines[0].set(i, span, ceiling(&span.from), ceiling(&span.to));
            self.lines[1].set(i, span, pole(&span.from), pole(&span.to));
        }
    }

    /// One instance over one run of frames.
    fn run(&mut self, i: usize, run: &Run, context: &mut ProcessContext<'_>) {
        let lanes = context.audio.lanes();
        let samples = context.audio.range(run.frames.start, run.frames.end);
        let frames = run.frames.len();
        let line = |line: &LaneLines, n: usize| {
            line.load::<F64x1>(i).at(F64x1::splat(run.time as f64 + n as f64)).0[0]
        };
        let Instance { channels, ceilings, past, delay, course } = &mut self.instances[i];
        for (channel, signal) in channels.iter_mut().enumerate() {
            let lane = samples.iter().skip(i * self.channels + channel).step_by(lanes);
            signal[*past..].iter_mut().zip(lane).for_each(|(to, x)| *to = *x);
        }
        for (n, to) in ceilings[*past..][..frames].iter_mut().enumerate() {
            *to = rounded_down(line(&self.lines[0], n));
        }
        let mut peaks = [0.0; CELL];
        let detector = Detector {
            interpolator: &self.interpolator,
            channels,
            first: *past + 1 - TAPS,
            peaks: &mut peaks[..frames],
        };
        dispatch(context.level, usize::MAX, detector);

        for (n, peak) in peaks[..frames].iter().enumerate() {
            let judged = *past + n - DELAY;
            let ceiling = f64::from(ceilings[judged].min(ceilings[judged + 1]));
            let peak = f64::from(*peak);
            let allowed = if peak > ceiling { ceiling / peak } else { 1.0 };
            let gain = course.next(allowed, line(&self.lines[1], n));
            let out = *past + n - *delay;
            let row = &mut samples[n * lanes + i * self.channels..][..self.channels];
            for (y, signal) in row.iter_mut().zip(&*channels) {
                *y = limited(signal[out], gain, ceilings[out]);
            }
        }
        for signal in channels.iter_mut().chain(std::iter::once(ceilings)) {
            signal.copy_within(frames..frames + *past, 0);
        }
    }
}

/// The sample with its gain, clipped at the ceiling.
#[allow(clippy::cast_possible_truncation)] // Rounding is the point.
fn limited(x: f32, gain: f64, ceiling: f32) -> f32 {
    let y = (f64::from(x) * gain) as f32;
    if y > ceiling {
        ceiling
    } else if y < -ceiling {
        -ceiling
    } else {
        y
    }
}

/// The greatest f32 not above `x`, for positive `x`.
#[allow(clippy::cast_possible_truncation)] // Rounding is the point.
fn rounded_down(x: f64) -> f32 {
    let near = x as f32;
    if f64::from(near) > x { near.next_down() } else { near }
}

impl Processor for Limiter {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let mut at = 0;
        while let Some(run) = self.runs.next(context.time, context.frames(), at) {
            at = run.frames.end;
            if run.moved {
                self.take_spans();
            }
            for i in 0..self.instances.len() {
                self.run(i, &run, context);
            }
        }
        Ok(())
    }

    fn rests(&self) -> bool {
        // A ceiling that moves is part of the state.
        !self.runs.automated() && self.instances.iter().all(Instance::rests)
    }

    fn reset(&mut self) {
        self.runs.reset();
        self.instances.iter_mut().for_each(Instance::reset);
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        let Instance { channels, ceilings, past, course, .. } = &self.instances[instance];
        for signal in channels.iter().chain(std::iter::once(ceilings)) {
            state.numbers(signal[..*past].iter().map(|x| f64::from(*x)));
        }
        course.save(state);
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.runs.reset();
        let instance = &mut self.instances[instance];
        let result = instance.restore(state);
        if result.is_err() {
            instance.reset();
        }
        result
    }
}

impl Instance {
    /// True where it holds nothing but silence under one ceiling, and a gain of 1.
    fn rests(&self) -> bool {
        let silent = |signal: &Vec<f32>| signal[..self.past].iter().all(|x| x.to_bits() == 0);
        let ceilings = &self.ceilings[..self.past];
        // Before the first frames there is none; they have to pass.
        let steady = ceilings.iter().all(|ceiling| *ceiling == ceilings[0] && *ceiling < BEFORE);
        self.course.is_one() && steady && self.channels.iter().all(silent)
    }

    fn reset(&mut self) {
        self.channels.iter_mut().for_each(|signal| signal.fill(0.0));
        self.ceilings.fill(BEFORE);
        self.course.reset();
    }

    #[allow(clippy::cast_possible_truncation)] // The numbers came from f32.
    fn restore(&mut self, state: &mut StateReader<'_>) -> Result<(), StateError> {
        for signal in self.channels.iter_mut().chain(std::iter::once(&mut self.ceilings)) {
            for x in &mut signal[..self.past] {
                *x = state.number()? as f32;
            }
        }
        self.course.restore(state)
    }
}
