//! Generator: test signals that start at node time 0.

mod pink;
mod waveform;

use std::sync::LazyLock;

use self::pink::PinkFilter;
use self::waveform::{Sweep, Waveform};
use super::describe::{choice, number, setting, source};
use super::lane_lines::slope;
use super::level::{SILENCE_DB, level_to_gain};
use super::phase::Phase;
use super::runs::{Run, Runs};
use crate::math::random::Random;
use crate::process::{
    ControlSet, ControlSpan, InstanceSetup, Prepare, PrepareError, ProcessContext, ProcessFault,
    Processor, ProcessorFactory, ProcessorSpec, StateError, StateReader, StateWriter, Unit,
};
use crate::time::{SampleRate, Samples};

const TYPE: usize = 0;
const LEVEL_DB: usize = 1;
const FREQUENCY_HZ: usize = 2;
const SWEEP_END_HZ: usize = 3;
const SWEEP_SECONDS: usize = 4;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let hertz = (0.1, 20_000.0);
    source(
        "generator",
        "makes a test signal from node time 0 on, the same in all channels",
        1,
        vec![
            choice("type", "Type", Waveform::NAMES, 0),
            number("level_db", "Peak level", Unit::Decibels, (SILENCE_DB, 0.0), -20.0),
            number("frequency_hz", "Frequency", Unit::Hertz, hertz, 1_000.0),
            setting("sweep_end_hz", "Sweep end", Unit::Hertz, hertz, 20_000.0),
            setting("sweep_seconds", "Sweep length in seconds", Unit::Ratio, (0.01, 600.0), 10.0),
        ],
    )
});

/// Makes generators.
///
/// - `sine` of `frequency_hz`. Where that is not automated the phase is a closed function of node
///   time: the generator can start anywhere without state.
/// - `white-noise`: uniform, a function of the session's seed, the node's id and node time.
/// - `pink-noise`: the white noise through a fixed filter; falls by 3 dB an octave.
/// - `sweep`: exponential from `frequency_hz` (its constant) to `sweep_end_hz` in
///   `sweep_seconds`, silence after it. Again a closed function of node time.
/// - `impulse`: one sample at node time 0.
///
/// Before node time 0 there is silence. Frequencies stop at half the rate.
#[derive(Clone, Copy, Debug, Default)]
pub struct GeneratorFactory;

impl ProcessorFactory for GeneratorFactory {
    fn spec(&self) -> &ProcessorSpec {
        &SPEC
    }

    fn latency(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn tail(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn structure(&self, _: &ControlSet) -> u64 {
        0
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let voices = prepare.instances.iter().map(|setup| Voice::new(setup, prepare.rate));
        Ok(Box::new(Generator {
            channels: prepare.channels,
            runs: Runs::new(prepare),
            voices: voices.collect(),
        }))
    }
}

struct Generator {
    channels: usize,
    runs: Runs,
    voices: Vec<Voice>,
}

/// One instance.
struct Voice {
    waveform: Waveform,
    rate: SampleRate,
    random: Random,
    sweep: Sweep,
    /// The phase step where the frequency is not automated.
    steady: Option<Phase>,
    state: VoiceState,
}

#[derive(Clone, Debug, Default)]
struct VoiceState {
    /// The phase of the next sample; runs only where the frequency is automated.
    phase: Phase,
    pink: PinkFilter,
}

impl Voice {
    fn new(setup: &InstanceSetup, rate: SampleRate) -> Self {
        let values = setup.controls.constants();
        let moves = setup.controls.curves().iter().any(|(index, _)| *index == FREQUENCY_HZ);
        let (from, to) = (values[FREQUENCY_HZ], values[SWEEP_END_HZ]);
        Self {
            waveform: Waveform::of_index(values[TYPE]),
            rate,
            random: Random::of_id(setup.seed, &setup.node),
            sweep: Sweep::new(from, to, values[SWEEP_SECONDS], rate),
            steady: (!moves).then(|| Phase::step(values[FREQUENCY_HZ], rate)),
            state: VoiceState::default(),
        }
    }

    /// The sample at node time `n` before its level, in -1 to 1. Called once for each `n`.
    fn sample(&mut self, n: i64, frequency_hz: f64) -> f64 {
        if n < 0 {
            return 0.0;
        }
        let counter = n.cast_unsigned();
        match self.waveform {
            Waveform::Sine => self.sine(n, frequency_hz),
            Waveform::WhiteNoise => self.random.bipolar(counter),
            Waveform::PinkNoise => self.state.pink.next(self.random.bipolar(counter)),
            Waveform::Sweep => self.sweep.sample(n),
            Waveform::Impulse => f64::from(u8::from(n == 0)),
        }
    }

    fn sine(&mut self, n: i64, frequency_hz: f64) -> f64 {
        if let Some(step) = self.steady {
            return step.times(n).sine();
        }
        let phase = self.state.phase;
        self.state.phase = phase.plus(Phase::step(frequency_hz, self.rate));
        phase.sine()
    }

    /// Fills the lanes of this instance from `lane` on, in `frames` of `lanes` lanes.
    fn fill(&mut self, span: &ControlSpan, time: i64, frames: &mut [f32], place: Place) {
        let (from, to) = (level_to_gain(span.from[LEVEL_DB]), level_to_gain(span.to[LEVEL_DB]));
        let (gain_slope, start) = slope(span, from, to);
        let (hz_from, hz_to) = (span.from[FREQUENCY_HZ], span.to[FREQUENCY_HZ]);
        let (hz_slope, hz_start) = slope(span, hz_from, hz_to);
        for (frame, n) in frames.chunks_exact_mut(place.lanes).zip(time..) {
            let gain = from + gain_slope * (n as f64 - start);
            let frequency_hz = hz_from + hz_slope * (n as f64 - hz_start);
            #[allow(clippy::cast_possible_truncation)] // Signals are f32.
            let sample = (self.sample(n, frequency_hz) * gain) as f32;
            frame[place.lane..place.lane + place.channels].fill(sample);
        }
    }
}

/// Where an instance's samples lie in a frame.
#[derive(Clone, Copy)]
struct Place {
    lane: usize,
    channels: usize,
    lanes: usize,
}

impl Processor for Generator {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let frames = context.frames();
        let (lanes, channels) = (context.audio.lanes(), self.channels);
        let mut at = 0;
        while let Some(Run { frames: range, time, .. }) = self.runs.next(context.time, frames, at) {
            at = range.end;
            let samples = context.audio.range(range.start, range.end);
            let voices = self.voices.iter_mut().zip(self.runs.spans());
            for (instance, (voice, span)) in voices.enumerate() {
                let place = Place { lane: instance * channels, channels, lanes };
                voice.fill(span, time, samples, place);
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.runs.reset();
        for voice in &mut self.voices {
            voice.state = VoiceState::default();
        }
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        let voice = &self.voices[instance].state;
        state.word(voice.phase.0);
        state.numbers(voice.pink.state);
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.runs.reset();
        let voice = &mut self.voices[instance].state;
        *voice = VoiceState::default();
        let mut read = VoiceState { phase: Phase(state.word()?), ..VoiceState::default() };
        for number in &mut read.pink.state {
            *number = state.number()?;
        }
        *voice = read;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
