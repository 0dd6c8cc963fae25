//! Tone: a minimal instrument played by notes.

mod voice;

use std::sync::LazyLock;

use self::voice::{Sound, Voices};
use super::describe::{choice, number, setting, source};
use super::lane_lines::slope;
use super::level::{SILENCE_DB, level_to_gain};
use super::runs::{CELL, Run, Runs, events_of};
use crate::process::{
    ControlSet, ControlSpan, Event, Prepare, PrepareError, ProcessContext, ProcessFault, Processor,
    ProcessorFactory, ProcessorSpec, StateError, StateReader, StateWriter, Unit,
};
use crate::time::{SampleRate, Samples};

const WAVEFORM: usize = 0;
const LEVEL_DB: usize = 1;
const ATTACK_MS: usize = 2;
const DECAY_MS: usize = 3;
const SUSTAIN: usize = 4;
const RELEASE_MS: usize = 5;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let ms = |id, name, default| setting(id, name, Unit::Milliseconds, (0.0, 10_000.0), default);
    ProcessorSpec {
        event_inputs: 1,
        ..source(
            "tone",
            "plays notes with a sine or a triangle, up to 32 at a time",
            1,
            vec![
                choice("waveform", "Waveform", &["sine", "triangle"], 0),
                number("level_db", "Level", Unit::Decibels, (SILENCE_DB, 12.0), -12.0),
                ms("attack_ms", "Attack", 5.0),
                ms("decay_ms", "Decay", 200.0),
                setting("sustain", "Sustain", Unit::Ratio, (0.0, 1.0), 0.5),
                ms("release_ms", "Release", 100.0),
            ],
        )
    }
});

/// Makes tone instruments.
///
/// A note starts at exactly its sample. Its frequency is that of its key in equal temperament, A4
/// (69) at 440 Hz; its amplitude is its velocity times an envelope of straight lines. At most 32
/// notes sound; one more takes the place of the oldest. All channels get the same signal.
#[derive(Clone, Copy, Debug, Default)]
pub struct ToneFactory;

impl ProcessorFactory for ToneFactory {
    fn spec(&self) -> &ProcessorSpec {
        &SPEC
    }

    fn latency(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    #[allow(clippy::cast_possible_truncation)] // At most 10 s.
    fn tail(&self, values: &[f64], rate: SampleRate) -> Samples {
        Samples((values[RELEASE_MS] * 0.001 * rate.hz_f64()) as i64 + 1)
    }

    fn structure(&self, _: &ControlSet) -> u64 {
        0
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let voices = prepare.instances.iter().map(|setup| {
            let values = setup.controls.constants();
            let samples = |ms: f64| ms * 0.001 * prepare.rate.hz_f64();
            Voices::new(Sound {
                triangle: values[WAVEFORM] > 0.5,
                attack: samples(values[ATTACK_MS]),
                decay: samples(values[DECAY_MS]),
                sustain: values[SUSTAIN],
                release: samples(values[RELEASE_MS]),
                rate: prepare.rate,
            })
        });
        Ok(Box::new(Tone {
            channels: prepare.channels,
            runs: Runs::new(prepare),
            voices: voices.collect(),
        }))
    }
}

struct Tone {
    channels: usize,
    runs: Runs,
    voices: Vec<Voices>,
}

/// Where an instance's samples lie in a frame.
#[derive(Clone, Copy)]
struct Place {
    lane: usize,
    channels: usize,
    lanes: usize,
}

impl Processor for Tone {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let frames = context.frames();
        let (lanes, channels) = (context.audio.lanes(), self.channels);
        let mut at = 0;
        while let Some(Run { frames: range, time, .. }) = self.runs.next(context.time, frames, at) {
            at = range.end;
            let samples = context.audio.range(range.start, range.end);
            let voices = self.voices.iter_mut().zip(self.runs.spans());
            for (instance, (voices, span)) in voices.enumerate() {
                let events = context.events.get(instance).copied().unwrap_or_default();
                let mut sums = [0.0; CELL];
                let sums = &mut sums[..range.len()];
                play(voices, events, time, sums);
                let place = Place { lane: instance * channels, channels, lanes };
                write(span, time, sums, samples, place);
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.runs.reset();
        self.voices.iter_mut().for_each(Voices::reset);
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        self.voices[instance].save(state);
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.runs.reset();
        let restored = self.voices[instance].restore(state);
        if restored.is_err() {
            self.voices[instance].reset();
        }
        restored
    }
}

/// Adds the voices from node time `time` on to `sums`, each event at its sample.
fn play(voices: &mut Voices, events: &[Event], time: i64, sums: &mut [f64]) {
    let events = events_of(events, time, sums.len());
    let mut now = time;
    let mut rest = sums;
    for event in events {
        let (before, after) = rest.split_at_mut(usize::try_from(event.at.0 - now).unwrap_or(0));
        voices.add(now, before);
        voices.take(event);
        (now, rest) = (event.at.0, after);
    }
    voices.add(now, rest);
}

/// Writes `sums` times the level to the channels of an instance.
fn write(span: &ControlSpan, time: i64, sums: &[f64], samples: &mut [f32], place: Place) {
    let (from, to) = (level_to_gain(span.from[LEVEL_DB]), level_to_gain(span.to[LEVEL_DB]));
    let (slope, start) = slope(span, from, to);
    for ((frame, sum), n) in samples.chunks_exact_mut(place.lanes).zip(sums).zip(time..) {
        #[allow(clippy::cast_possible_truncation)] // Signals are f32.
        let sample = (sum * (from + slope * (n as f64 - start))) as f32;
        frame[place.lane..place.lane + place.channels].fill(sample);
    }
}

#[cfg(test)]
mod tests;
