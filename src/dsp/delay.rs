//! Delay: echoes in milliseconds or in quarter notes of the session's tempo.

mod line;

use std::sync::{Arc, LazyLock};

use self::line::{Line, OnePole};
use super::describe::{choice, effect, number, setting};
use super::lane_lines::slope;
use super::runs::{Run, Runs};
use crate::math::ln;
use crate::process::{
    CONTROL_GRID_FRAMES, ControlSet, ControlSpan, Prepare, PrepareError, ProcessContext,
    ProcessFault, Processor, ProcessorFactory, ProcessorSpec, StateError, StateReader, StateWriter,
    Unit,
};
use crate::time::{DEFAULT_BPM, SampleRate, Samples, TempoMap};

const MODE: usize = 0;
const TIME_MS: usize = 1;
const TIME_QUARTERS: usize = 2;
const FEEDBACK: usize = 3;
const MIX: usize = 4;
const PING_PONG: usize = 5;
const LOW_CUT_HZ: usize = 6;
const HIGH_CUT_HZ: usize = 7;

/// The longest delay: 16 quarter notes at 20 bpm. Slower tempos and longer notes stop here.
const MAX_SECONDS: f64 = 48.0;
/// The shortest delay: what the interpolation between samples needs.
const MIN_SAMPLES: f64 = 2.0;
const LOW_CUT_RANGE_HZ: (f64, f64) = (20.0, 2_000.0);
const HIGH_CUT_RANGE_HZ: (f64, f64) = (200.0, 20_000.0);

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let quarters = (1.0 / 32.0, 16.0);
    effect(
        "delay",
        "repeats the signal after a time, in milliseconds or in step with the tempo",
        1,
        vec![
            choice("mode", "Mode", &["milliseconds", "synced"], 0),
            number("time_ms", "Time", Unit::Milliseconds, (0.0, 5_000.0), 300.0),
            number("time_quarters", "Synced time", Unit::Quarters, quarters, 0.5),
            number("feedback", "Feedback", Unit::Ratio, (0.0, 0.98), 0.35),
            number("mix", "Mix", Unit::Ratio, (0.0, 1.0), 0.3),
            choice("ping_pong", "Ping-pong", &["off", "on"], 0),
            setting("low_cut_hz", "Feedback low cut", Unit::Hertz, LOW_CUT_RANGE_HZ, 20.0),
            setting("high_cut_hz", "Feedback high cut", Unit::Hertz, HIGH_CUT_RANGE_HZ, 20_000.0),
        ],
    )
});

/// Makes delays.
///
/// The output is `dry (1 - mix) + echo mix`. A time that moves reads the line faster or slower,
/// as a tape would; between samples it interpolates by third-order Lagrange polynomials (T. I.
/// Laakso et al., Splitting the unit delay, 1996). Synced times follow the tempo at node time,
/// exact on the control grid. Times below two samples are two samples, times above 48 s (16
/// quarter notes at 20 bpm) are 48 s. The cuts are one-pole filters in the feedback path, each
/// off at the end of its range. With ping-pong the first echo of a stereo signal's middle is on
/// the left, the next on the right, and so on; mono ignores it.
#[derive(Clone, Copy, Debug, Default)]
pub struct DelayFactory;

impl ProcessorFactory for DelayFactory {
    fn spec(&self) -> &ProcessorSpec {
        &SPEC
    }

    fn latency(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn tail(&self, values: &[f64], rate: SampleRate) -> Samples {
        tail(values, rate, DEFAULT_BPM)
    }

    fn tail_at_tempo(&self, values: &[f64], tempo: &TempoMap) -> Samples {
        tail(values, tempo.sample_rate(), tempo.slowest_bpm())
    }

    /// The lines are as long as the longest time.
    fn needs_whole_course(&self, controls: &ControlSet) -> bool {
        let time = if self.follows_tempo(controls) { TIME_QUARTERS } else { TIME_MS };
        controls.curves().iter().any(|(parameter, _)| *parameter == time)
    }

    fn cost(&self) -> u32 {
        12
    }

    fn memory_bytes(&self, controls: &ControlSet, channels: usize, tempo: &TempoMap) -> u64 {
        Line::bytes(longest(controls, tempo)) * channels as u64
    }

    fn follows_tempo(&self, controls: &ControlSet) -> bool {
        controls.constants()[MODE] > 0.5
    }

    fn structure(&self, _: &ControlSet) -> u64 {
        0
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let instances = prepare.instances.iter().map(|setup| Echo::new(&setup.controls, prepare));
        Ok(Box::new(Delay {
            channels: prepare.channels,
            runs: Runs::new(prepare),
            quarter: QuarterLength::new(prepare),
            instances: instances.collect(),
        }))
    }
}

/// The repeats until one is 120 dB below the first, times the delay at the slowest tempo.
#[allow(clippy::cast_possible_truncation)] // At most 48 s times the 684 repeats of 0.98.
fn tail(values: &[f64], rate: SampleRate, slowest_bpm: f64) -> Samples {
    let seconds = match values[MODE] > 0.5 {
        true => values[TIME_QUARTERS] * 60.0 / slowest_bpm,
        false => values[TIME_MS] * 0.001,
    };
    let samples = (seconds.min(MAX_SECONDS) * rate.hz_f64()).max(MIN_SAMPLES);
    let feedback = values[FEEDBACK];
    let repeats = if feedback > 1e-6 { ln(1e-6) / ln(feedback) + 1.0 } else { 1.0 };
    Samples((samples * repeats) as i64 + 1)
}

/// Samples of a quarter note: exact on the control grid, a straight line between.
struct QuarterLength {
    tempo: Arc<TempoMap>,
    rate: SampleRate,
    /// First sample of the cell the line is for.
    cell: Option<i64>,
    from: f64,
    slope: f64,
}

impl QuarterLength {
    fn new(prepare: &Prepare<'_>) -> Self {
        let tempo = Arc::clone(prepare.tempo);
        Self { tempo, rate: prepare.rate, cell: None, from: 0.0, slope: 0.0 }
    }

    /// Takes the cell in which `time` lies.
    fn enter(&mut self, time: i64) {
        let cell = time.div_euclid(CONTROL_GRID_FRAMES) * CONTROL_GRID_FRAMES;
        if self.cell != Some(cell) {
            self.cell = Some(cell);
            self.from = self.exact(cell);
            let to = self.exact(cell.saturating_add(CONTROL_GRID_FRAMES));
            self.slope = (to - self.from) / CONTROL_GRID_FRAMES as f64;
        }
    }

    fn exact(&self, time: i64) -> f64 {
        60.0 * self.rate.hz_f64() / self.tempo.bpm_at(self.tempo.ticks_at(Samples(time)))
    }

    /// At `n` in the cell taken.
    fn at(&self, n: i64) -> f64 {
        self.from + self.slope * (n - self.cell.unwrap_or(n)) as f64
    }
}

struct Delay {
    channels: usize,
    runs: Runs,
    quarter: QuarterLength,
    instances: Vec<Echo>,
}

/// One instance.
struct Echo {
    synced: bool,
    ping_pong: bool,
    /// Milliseconds to samples.
    samples_per_ms: f64,
    /// One line a channel.
    lines: Vec<Line>,
    low_cut: OnePole,
    high_cut: OnePole,
}

/// What moves, at one sample.
#[derive(Clone, Copy)]
struct Now {
    samples: f64,
    feedback: f64,
    mix: f64,
}

/// A parameter's line over a span.
#[derive(Clone, Copy)]
struct Moving {
    from: f64,
    slope: f64,
    start: f64,
}

impl Moving {
    fn new(span: &ControlSpan, parameter: usize) -> Self {
        let from = span.from[parameter];
        let (slope, start) = slope(span, from, span.to[parameter]);
        Self { from, slope, start }
    }

    fn at(&self, n: i64) -> f64 {
        self.from + self.slope * (n as f64 - self.start)
    }
}

impl Echo {
    fn new(controls: &ControlSet, prepare: &Prepare<'_>) -> Self {
        let rate = prepare.rate.hz_f64();
        let values = controls.constants();
        let longest = longest(controls, prepare.tempo);
        let (low, high) = (values[LOW_CUT_HZ], values[HIGH_CUT_HZ]);
        let low_cut = if low > LOW_CUT_RANGE_HZ.0 { OnePole::new(low, rate) } else { OnePole::OFF };
        let high_cut =
            if high < HIGH_CUT_RANGE_HZ.1 { OnePole::new(high, rate) } else { OnePole::OFF };
        Self {
            synced: values[MODE] > 0.5,
            ping_pong: values[PING_PONG] > 0.5 && prepare.channels == 2,
            samples_per_ms: rate * 0.001,
            lines: vec![Line::new(longest); prepare.channels],
            low_cut,
            high_cut,
        }
    }

    /// Processes the channels of this instance, from `lane` on, in `frames` of `lanes` lanes.
    fn run(
        &mut self,
        span: &ControlSpan,
        quarter: &QuarterLength,
        time: i64,
        frames: std::slice::ChunksExactMut<'_, f32>,
        lane: usize,
    ) {
        let length = Moving::new(span, if self.synced { TIME_QUARTERS } else { TIME_MS });
        let (feedback, mix) = (Moving::new(span, FEEDBACK), Moving::new(span, MIX));
        for (frame, n) in frames.zip(time..) {
            let unit = if self.synced { quarter.at(n) } else { self.samples_per_ms };
            let now =
                Now { samples: length.at(n) * unit, feedback: feedback.at(n), mix: mix.at(n) };
            match &mut frame[lane..lane + self.lines.len()] {
                [left, right] if self.ping_pong => self.bounce(left, right, now),
                channels => self.repeat(channels, now),
            }
        }
    }

    /// Each channel by itself.
    fn repeat(&mut self, channels: &mut [f32], now: Now) {
        for (line, sample) in self.lines.iter_mut().zip(channels) {
            let dry = f64::from(*sample);
            let echo = line.read(now.samples);
            let back = line.filter(echo, self.low_cut, self.high_cut);
            line.push(dry + back * now.feedback);
            *sample = mixed(dry, echo, now.mix);
        }
    }

    /// The middle goes in on the left; left feeds right, and right feeds left.
    fn bounce(&mut self, left: &mut f32, right: &mut f32, now: Now) {
        let [left_line, right_line] = &mut self.lines[..] else { return };
        let dry = (f64::from(*left), f64::from(*right));
        let echo = (left_line.read(now.samples), right_line.read(now.samples));
        let back = (
            left_line.filter(echo.0, self.low_cut, self.high_cut),
            right_line.filter(echo.1, self.low_cut, self.high_cut),
        );
        left_line.push((dry.0 + dry.1) * 0.5 + back.1 * now.feedback);
        right_line.push(back.0 * now.feedback);
        *left = mixed(dry.0, echo.0, now.mix);
        *right = mixed(dry.1, echo.1, now.mix);
    }
}

#[allow(clippy::cast_possible_truncation)] // Signals are f32.
fn mixed(dry: f64, echo: f64, mix: f64) -> f32 {
    (dry * (1.0 - mix) + echo * mix) as f32
}

/// The longest delay, in samples, that `controls` ask for anywhere in `tempo`.
fn longest(controls: &ControlSet, tempo: &TempoMap) -> f64 {
    let seconds = match controls.constants()[MODE] > 0.5 {
        true => largest(controls, TIME_QUARTERS) * 60.0 / tempo.slowest_bpm(),
        false => largest(controls, TIME_MS) * 0.001,
    };
    (seconds.min(MAX_SECONDS) * tempo.sample_rate().hz_f64()).max(MIN_SAMPLES)
}

/// The largest value a parameter takes: curves never leave the range of their points.
fn largest(controls: &ControlSet, parameter: usize) -> f64 {
    let curve = controls.curves().iter().find(|(index, _)| *index == parameter);
    let Some((_, curve)) = curve else { return controls.constants()[parameter] };
    curve.points().iter().fold(0.0, |largest, point| point.value.max(largest))
}

impl Processor for Delay {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let frames = context.frames();
        let lanes = context.audio.lanes();
        let mut at = 0;
        while let Some(run) = self.runs.next(context.time, frames, at) {
            let Run { frames: range, time, flush, .. } = run;
            at = range.end;
            self.quarter.enter(time);
            let samples = context.audio.range(range.start, range.end);
            let instances = self.instances.iter_mut().zip(self.runs.spans());
            for (instance, (echo, span)) in instances.enumerate() {
                let frames = samples.chunks_exact_mut(lanes);
                echo.run(span, &self.quarter, time, frames, instance * self.channels);
                if flush {
                    echo.lines.iter_mut().for_each(Line::flush);
                }
            }
        }
        Ok(())
    }

    fn rests(&self) -> bool {
        self.instances.iter().flat_map(|echo| &echo.lines).all(Line::is_empty)
    }

    fn reset(&mut self) {
        self.runs.reset();
        self.instances.iter_mut().flat_map(|echo| &mut echo.lines).for_each(Line::reset);
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        for line in &self.instances[instance].lines {
            line.save(state);
        }
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.runs.reset();
        let lines = &mut self.instances[instance].lines;
        lines.iter_mut().for_each(Line::reset);
        let restored = lines.iter_mut().try_for_each(|line| line.restore(state));
        if restored.is_err() {
            lines.iter_mut().for_each(Line::reset);
        }
        restored
    }
}

#[cfg(test)]
mod tests;
