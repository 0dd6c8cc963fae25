//! Synthesiser: a subtractive and frequency-modulation instrument of up to 64 voices.

mod bank;
mod channel;
mod envelope;
mod held;
mod instance;
mod kernel;
mod lfo;
mod parameters;
mod presets;
mod sound;
mod targets;
mod voice;
mod waves;

use std::sync::LazyLock;

use self::envelope::Envelope;
use self::instance::Instance;
use self::parameters::{AMPLITUDE, LEVEL_DB};
use super::describe::source;
use super::runs::{CELL, Runs};
use super::stereo_out::play_block;
use crate::process::{
    ControlSet, Prepare, PrepareError, ProcessContext, ProcessFault, Processor, ProcessorFactory,
    ProcessorSpec, StateError, StateReader, StateWriter,
};
use crate::time::{SampleRate, Samples};

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let summary = "plays notes with two oscillators, noise, a filter, envelopes and LFOs";
    ProcessorSpec {
        event_inputs: 1,
        presets: presets::PRESETS,
        ..source("synthesiser", summary, 2, parameters::parameters())
    }
});

/// Makes synthesisers.
///
/// A note starts at exactly its sample, at the frequency of its key in equal temperament, A4 (69)
/// at 440 Hz. A voice is two band-limited oscillators, each up to eight times in unison, and
/// noise, through a state variable filter and an envelope:
///
/// - **Oscillators**: sine, triangle, sawtooth, and pulse without its constant part. Steps and
///   corners are rounded off by a cubic B-spline over four samples. A sawtooth's images at
///   48 kHz lie, against its fundamental, at least 80 dB down below 10 kHz and 38 dB above, up to key
///   96 (2,093 Hz); 85 and 48 dB up to key 72. The second one
///   moves the phase of the first by `fm.amount` radians (frequency modulation as J. Chowning,
///   The synthesis of complex audio spectra by means of frequency modulation, 1973).
/// - **Noise**: white, a function of the session's seed, the node, the note and node time.
/// - **Filter**: A. Simper's trapezoidal state variable filter, -3 dB at its cutoff without
///   resonance; resonance raises its Q by up to five octaves. Slopes of 24 dB are two sections.
///   The cutoff moves in semitones: with the key (from key 60 on), the filter's envelope, velocity,
///   LFOs, pressure and timbre.
/// - **Envelopes**: a straight attack; decay and release are exponential and fall by 60 dB of their
///   way in their time. A released voice is free after twice its release. Both start with the note.
/// - **LFOs**: from node time 0 on, or from the note's start; in Hz or in quarter notes of the tempo.
/// - **Voices**: a note takes the first free voice, else the quietest of those released, else the
///   oldest; what that one left fades in a few milliseconds. In `mono` mode the last key down sounds,
///   `legato` besides starts no envelope while another key is held. Glides take their time whatever
///   the interval, from the key before (in `legato` mode only between keys held together).
/// - **Controllers**, by channel: bend (`bend_semitones`, or registered parameter 0), 1 vibrato,
///   7 volume and 11 expression (40 dB a decade), 10 pan, 64 sustain, 120 all sound off, 121 reset,
///   123 all notes off, and pressure. Per-note expression: tuning, pressure, timbre, volume, pan.
///
/// What moves is evaluated on the grid of 64 frames of node time, and at a note's start, and moves
/// in straight lines between; envelopes of amplitude and `level_db` are exact to the sample. Left
/// and right each get their sum; a mono track gets the mean of both.
#[derive(Clone, Copy, Debug, Default)]
pub struct SynthesiserFactory;

impl ProcessorFactory for SynthesiserFactory {
    fn spec(&self) -> &ProcessorSpec {
        &SPEC
    }

    fn latency(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    fn tail(&self, values: &[f64], rate: SampleRate) -> Samples {
        let envelope = Envelope::new(&values[AMPLITUDE..AMPLITUDE + 4], rate.hz_f64());
        Samples(2 * envelope.release + 1)
    }

    fn follows_tempo(&self, controls: &ControlSet) -> bool {
        sound::follows_tempo(controls)
    }

    fn cost(&self) -> u32 {
        100
    }

    fn structure(&self, _: &ControlSet) -> u64 {
        0
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let instances = prepare.instances.iter().map(|setup| Instance::new(setup, prepare));
        Ok(Box::new(Synthesiser {
            channels: prepare.channels,
            runs: Runs::new(prepare),
            instances: instances.collect(),
        }))
    }
}

struct Synthesiser {
    channels: usize,
    runs: Runs,
    instances: Vec<Instance>,
}

impl Processor for Synthesiser {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let (level, instances) = (context.level, &mut self.instances);
        play_block(
            &mut self.runs,
            context,
            self.channels,
            LEVEL_DB,
            |number, events, time, sums| {
                instances[number].play(events, time, level, sums);
            },
        );
        Ok(())
    }

    fn rests(&self) -> bool {
        self.instances.iter().all(Instance::is_silent)
    }

    fn reset(&mut self) {
        self.runs.reset();
        self.instances.iter_mut().for_each(Instance::reset);
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        self.instances[instance].save(state);
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.runs.reset();
        let restored = self.instances[instance].restore(state);
        if restored.is_err() {
            self.instances[instance].reset();
        }
        restored
    }
}

#[cfg(test)]
mod tests;
