//! DC block: a first-order high-pass.
//!
//! The analogue first-order Butterworth through the bilinear transform, its corner pre-warped, so
//! that it is 3 dB down exactly at its frequency at every rate:
//! `y = g (x - x1) + r y1` with `t = tan(pi f / rate)`, `g = 1 / (1 + t)`, `r = (1 - t) / (1 + t)`.
//! (A. V. Oppenheim, R. W. Schafer, Discrete-time signal processing, chapter on bilinear design.)

use std::sync::LazyLock;

use super::describe::{effect, number};
use super::lane_lines::LaneLines;
use super::runs::Runs;
use crate::math::{PI, tan};
use crate::process::{
    ControlSet, Prepare, PrepareError, ProcessContext, ProcessFault, Processor, ProcessorFactory,
    ProcessorSpec, StateError, StateReader, StateWriter, Unit, padded_lanes,
};
use crate::simd::{Kernel, Lanes, dispatch};
use crate::time::{SampleRate, Samples};

const FREQUENCY_HZ: usize = 0;

/// Running state smaller than this becomes 0 on the flush grid, far before it is denormal.
const FLUSH_BELOW: f64 = 1e-30;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    effect(
        "dc-block",
        "takes away a constant offset and what is slower than its frequency",
        1,
        vec![number("frequency_hz", "Frequency", Unit::Hertz, (1.0, 100.0), 5.0)],
    )
});

/// Makes DC blocks.
#[derive(Clone, Copy, Debug, Default)]
pub struct DcBlockFactory;

impl ProcessorFactory for DcBlockFactory {
    fn spec(&self) -> &ProcessorSpec {
        &SPEC
    }

    fn latency(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    /// The time in which the exponential falls by 120 dB: ln(10^6) = 13.8 time constants.
    #[allow(clippy::cast_possible_truncation)] // At most 13.9 * 384,000 / (2 pi).
    fn tail(&self, values: &[f64], rate: SampleRate) -> Samples {
        Samples((13.9 * rate.hz_f64() / (2.0 * PI * values[FREQUENCY_HZ])) as i64 + 1)
    }

    fn structure(&self, _: &ControlSet) -> u64 {
        0
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let lanes = padded_lanes(prepare.instances.len() * prepare.channels);
        Ok(Box::new(DcBlock {
            rate: prepare.rate,
            channels: prepare.channels,
            runs: Runs::new(prepare),
            pole: LaneLines::new(lanes, 0.0),
            input: vec![0.0; lanes],
            output: vec![0.0; lanes],
        }))
    }
}

fn pole(frequency_hz: f64, rate: SampleRate) -> f64 {
    let t = tan(PI * frequency_hz / rate.hz_f64());
    (1.0 - t) / (1.0 + t)
}

struct DcBlock {
    rate: SampleRate,
    channels: usize,
    runs: Runs,
    /// `r`; `g` is `(1 + r) / 2`.
    pole: LaneLines,
    /// The last input, by lane.
    input: Vec<f64>,
    /// The last output before rounding, by lane.
    output: Vec<f64>,
}

impl DcBlock {
    fn take_lines(&mut self) {
        for (instance, span) in self.runs.spans().iter().enumerate() {
            let from = pole(span.from[FREQUENCY_HZ], self.rate);
            let to = pole(span.to[FREQUENCY_HZ], self.rate);
            for lane in instance * self.channels..(instance + 1) * self.channels {
                self.pole.set(lane, span, from, to);
            }
        }
    }

    fn lanes_of(&self, instance: usize) -> std::ops::Range<usize> {
        instance * self.channels..(instance + 1) * self.channels
    }
}

impl Processor for DcBlock {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let frames = context.frames();
        let lanes = context.audio.lanes();
        let mut at = 0;
        while let Some(run) = self.runs.next(context.time, frames, at) {
            if run.moved {
                self.take_lines();
            }
            at = run.frames.end;
            let kernel = HighPass {
                pole: &self.pole,
                input: &mut self.input,
                output: &mut self.output,
                time: run.time,
                flush: run.flush,
                samples: context.audio.range(run.frames.start, run.frames.end),
            };
            dispatch(context.level, lanes, kernel);
        }
        Ok(())
    }

    fn rests(&self) -> bool {
        self.input.iter().chain(&self.output).all(|value| value.to_bits() == 0)
    }

    fn reset(&mut self) {
        self.runs.reset();
        self.input.fill(0.0);
        self.output.fill(0.0);
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        for lane in self.lanes_of(instance) {
            state.number(self.input[lane]);
            state.number(self.output[lane]);
        }
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.runs.reset();
        let lanes = self.lanes_of(instance);
        self.input[lanes.clone()].fill(0.0);
        self.output[lanes.clone()].fill(0.0);
        let mut read = [(0.0, 0.0); 2];
        for pair in &mut read[..self.channels] {
            *pair = (state.number()?, state.number()?);
        }
        for (lane, (input, output)) in lanes.zip(read) {
            self.input[lane] = input;
            self.output[lane] = output;
        }
        Ok(())
    }
}

struct HighPass<'a> {
    pole: &'a LaneLines,
    input: &'a mut [f64],
    output: &'a mut [f64],
    /// Node time of the first frame.
    time: i64,
    flush: bool,
    samples: &'a mut [f32],
}

impl Kernel for HighPass<'_> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self) {
        let (half, one) = (L::splat(0.5), L::splat(1.0));
        let lanes = self.input.len();
        for first in (0..lanes).step_by(L::WIDTH) {
            let group = first..first + L::WIDTH;
            let line = self.pole.load::<L>(first);
            let mut n = L::splat(self.time as f64);
            let mut x1 = L::load_f64(&self.input[group.clone()]);
            let mut y1 = L::load_f64(&self.output[group.clone()]);
            for frame in self.samples.chunks_exact_mut(lanes) {
                let samples = &mut frame[group.clone()];
                let x = L::load_f32(samples);
                let r = line.at(n);
                let y = (one + r) * half * (x - x1) + r * y1;
                (x1, y1) = (x, y);
                y.store_f32(samples);
                n = n + one;
            }
            if self.flush {
                // Comparisons with NaN are false, and infinity is below nothing: what is no
                // number would otherwise stay in the loop for ever.
                let (zero, infinity) = (L::splat(0.0), L::splat(f64::INFINITY));
                let alive = y1.abs().ge(L::splat(FLUSH_BELOW)) & y1.abs().lt(infinity);
                y1 = L::select(alive, y1, zero);
                x1 = L::select(x1.abs().lt(infinity), x1, zero);
            }
            x1.store_f64(&mut self.input[group.clone()]);
            y1.store_f64(&mut self.output[group]);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::dsp::testing::{Rig, assert_extremes, assert_invariant};
    use crate::math::{cos, sin};

    fn rig(channels: usize, frames: usize) -> Rig {
        Rig::new(Arc::new(DcBlockFactory), channels, -500, frames)
    }

    #[test]
    fn its_impulse_response_is_the_closed_form() {
        for hz in [8_000, 48_000, 192_000] {
            let rate = SampleRate::new(hz).unwrap();
            let mut input = vec![0.0; 2_000];
            input[0] = 1.0;
            let rig = rig(1, 2_000).with_values(&[("frequency_hz", 20.0)]).hearing(vec![input]);
            let output = Rig { rate, ..rig }.run_whole();
            // h[0] = g, h[n] = g (r - 1) r^(n - 1).
            let r = pole(20.0, rate);
            let g = (1.0 + r) / 2.0;
            let mut power = 1.0;
            for (n, y) in output[0][0].iter().enumerate() {
                let wanted = if n == 0 { g } else { g * (r - 1.0) * power };
                assert!((f64::from(*y) - wanted).abs() < 6e-8 * wanted.abs(), "{hz} Hz, {n}");
                power *= if n == 0 { 1.0 } else { r };
            }
        }
    }

    #[test]
    fn its_response_is_three_db_down_at_its_frequency() {
        // |H|^2 at w of g (1 - z^-1) / (1 - r z^-1).
        let rate = SampleRate::new(44_100).unwrap();
        let r = pole(37.0, rate);
        let g = (1.0 + r) / 2.0;
        let magnitude = |hz: f64| {
            let w = 2.0 * PI * hz / rate.hz_f64();
            let above = (1.0 - cos(w)) * (1.0 - cos(w)) + sin(w) * sin(w);
            let below = (1.0 - r * cos(w)) * (1.0 - r * cos(w)) + r * sin(w) * r * sin(w);
            g * (above / below).sqrt()
        };
        assert!((magnitude(37.0) - 0.5_f64.sqrt()).abs() < 1e-9);
        assert!((magnitude(22_050.0) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn an_offset_goes_and_the_state_becomes_zero() {
        let frames = 30_000;
        let mut input = vec![0.5; frames];
        input[20_000..].fill(0.0);
        let rig = rig(1, frames).with_values(&[("frequency_hz", 100.0)]).hearing(vec![input]);
        let mut processor = rig.prepare();
        let output = rig.run_with(&mut *processor, 0, &[frames]);
        assert!(output[0][0][19_999].abs() < 1e-7);
        let mut state = StateWriter::default();
        processor.save(0, &mut state);
        let mut reader = state.reader();
        assert_eq!([reader.number(), reader.number()], [Ok(0.0), Ok(0.0)]);
        assert_eq!(output[0][0][frames - 1], 0.0);
    }

    #[test]
    fn moving_instances_give_the_same_bits_any_way() {
        for channels in [1, 2] {
            let mut rig = rig(channels, 3_000);
            for seed in 0..3 {
                rig = rig.with_automation(&[], seed).with_values(&[("frequency_hz", 50.0)]);
            }
            assert_invariant(&rig);
            assert_extremes(&rig);
        }
    }

    #[test]
    fn the_tail_reaches_minus_120_db() {
        let rate = SampleRate::new(48_000).unwrap();
        let tail = DcBlockFactory.tail(&[5.0], rate).0;
        let fall = crate::math::ln(pole(5.0, rate)) * tail as f64;
        assert!((-14.0..-13.8).contains(&fall), "{fall}");
    }
}
