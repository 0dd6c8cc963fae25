//! Sampler: an instrument that plays the regions of an SFZ file.

mod channel;
mod envelope;
mod filter;
mod held;
mod interpolation;
mod player;
mod pressed;
mod reader;
mod tail;
mod voice;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use self::player::{Player, Settings};
use self::tail::{Course, tail_seconds};
use self::voice::Part;
use super::describe::{choice, number, setting, source};
use super::level::SILENCE_DB;
use super::runs::{CELL, Run, Runs};
use super::stereo_out::{Place, write};
use crate::audio::{AudioLibrary, AudioLibraryError};
use crate::math::random::{Random, stream_of};
use crate::process::{
    AudioPort, CONTROL_GRID_FRAMES, ControlSet, Event, InstanceSetup, Prepare, PrepareError,
    ProcessContext, ProcessFault, Processor, ProcessorFactory, ProcessorSpec, StateError,
    StateReader, StateWriter, Unit,
};
use crate::sampler::{OUTPUTS, SampledInstrument};
use crate::time::{SampleRate, Samples, TempoMap};

const LEVEL_DB: usize = 0;
const VOICES: usize = 1;
const FOLDED: usize = 2;

/// Most voices, which the parameter may lower.
const MAX_VOICES: f64 = 128.0;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let further = (1..OUTPUTS).map(|number| Cow::Owned(format!("output{number}")));
    let outputs = [Cow::Borrowed("main")].into_iter().chain(further);
    ProcessorSpec {
        event_inputs: 1,
        outputs: outputs.map(|name| AudioPort { name }).collect(),
        ..source(
            "sampler",
            "plays the samples of an SFZ file, up to 128 voices at a time",
            2,
            vec![
                number("level_db", "Level", Unit::Decibels, (SILENCE_DB, 12.0), 0.0),
                setting("voices", "Voices", Unit::Ratio, (1.0, MAX_VOICES), 64.0),
                choice("output_mode", "Outputs", &["separate", "main"], 0),
            ],
        )
    }
});

/// Makes samplers, which play SFZ files; `docs/guides/rendering.md` lists the opcodes.
///
/// Notes, releases, chokes and every corner of an envelope are at their sample. A sample at its own
/// pitch and rate comes out bit for bit, times its gain; between its frames it is read by 16 points of
/// a sinc under a Kaiser window, which cuts off lower where it is played faster. A level attacks in a
/// line, and decays and releases by e^-8 in their time (the documentation's measurement of ARIA).
/// Velocity v counts as (v / 127)^2, controllers 7 and 11 likewise; pan turns down the side it points
/// away from. Wheel, controllers and expression are heard from the next multiple of 64 frames of node
/// time on: gains move there in lines of 64 frames, the pitch in a step.
///
/// Which key of a channel was pressed last among those that choose, and which are down, is state: key
/// switches hold until another is pressed, whatever block or checkpoint comes between. A release plays
/// unless its note started voices that have all ended, or with `rt_dead`; `release_key` always does.
///
/// Regions with `seq_length` count the notes that mean them. What `lorand` and `hirand` draw is a
/// function of the session's seed, the node, the note and node time.
///
/// A filter (`filter.rs`) is set when its voice starts, by key and velocity, and heard before the level.
///
/// `voices` sound at most. Of more, the one whose note started first among those that are released,
/// else among all, gives way and fades within 6 ms; 32 may do so at a time. With `output_mode`
/// at `separate` a region with `output=N` is heard at the output `outputN` and nowhere else; with
/// `main` all are heard at the main output. Mono tracks get the mean of left and right.
#[derive(Clone, Default)]
pub struct SamplerFactory {
    playing: Option<Arc<SampledInstrument>>,
}

impl SamplerFactory {
    /// The factory of samplers that play `sampled`.
    pub fn of(sampled: Arc<SampledInstrument>) -> Self {
        Self { playing: Some(sampled) }
    }

    #[allow(clippy::cast_possible_truncation)] // At most an hour.
    fn tail_of(&self, course: &Course, rate: SampleRate) -> Samples {
        let tail = |sampled: &Arc<SampledInstrument>| tail_seconds(sampled, course);
        let seconds = self.playing.as_ref().map_or(0.0, tail);
        Samples((seconds * rate.hz_f64()).ceil() as i64 + 2)
    }
}

impl ProcessorFactory for SamplerFactory {
    fn spec(&self) -> &ProcessorSpec {
        &SPEC
    }

    fn plays_from_file(&self) -> bool {
        true
    }

    fn playing(
        &self,
        file: &str,
        audio: &dyn AudioLibrary,
    ) -> Option<Result<Arc<dyn ProcessorFactory>, AudioLibraryError>> {
        Some(
            audio
                .sampled_instrument(file)
                .map(|sampled| -> Arc<dyn ProcessorFactory> { Arc::new(Self::of(sampled)) }),
        )
    }

    fn file_identity(&self) -> Option<[u8; 32]> {
        self.playing.as_ref().map(|sampled| sampled.identity())
    }

    fn latency(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    /// As far as the wheel of each region's own range takes the pitch.
    fn tail(&self, _: &[f64], rate: SampleRate) -> Samples {
        self.tail_of(&Course::unknown(), rate)
    }

    fn tail_after(&self, _: &[f64], tempo: &TempoMap, events: &[Event]) -> Samples {
        self.tail_of(&Course::of(events), tempo.sample_rate())
    }

    fn cost(&self) -> u32 {
        60
    }

    /// Samplers of one file may run side by side.
    fn structure(&self, _: &ControlSet) -> u64 {
        let identity = self.file_identity().unwrap_or_default();
        identity.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let Some(sampled) = &self.playing else {
            let node = prepare.instances.first().map_or("", |setup| &setup.node).to_owned();
            let what = "a sampler plays from a file and has none: give its path as 'file'";
            return Err(PrepareError { node, what: what.to_owned(), is_of_plugin: false });
        };
        interpolation::make_tables();
        let rate_hz = prepare.rate.hz_f64();
        let parts = sampled.instrument().regions().iter().map(|region| {
            let (sample, stretch) = sampled.stretch(region)?;
            Some(Part::new(region, sample, stretch, rate_hz))
        });
        let parts: Arc<[Option<Part>]> = parts.collect();
        let players = prepare.instances.iter();
        let players = players.map(|setup| Player::new(sampled, &parts, settings(setup, rate_hz)));
        Ok(Box::new(Sampler {
            channels: prepare.channels,
            runs: Runs::new(prepare),
            players: players.collect(),
        }))
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // From 1 to 128.
fn settings(setup: &InstanceSetup, rate_hz: f64) -> Settings {
    let values = setup.controls.constants();
    Settings {
        rate_hz,
        voices: values[VOICES].round() as usize,
        is_folded: values[FOLDED] > 0.5,
        random: Random::new(setup.seed, stream_of(&setup.node)),
    }
}

struct Sampler {
    channels: usize,
    runs: Runs,
    players: Vec<Player>,
}

impl Processor for Sampler {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        let (frames, lanes) = (context.frames(), context.audio.lanes());
        let mut is_routed = [false; OUTPUTS];
        is_routed[0] = true;
        for (is_routed, output) in is_routed[1..].iter_mut().zip(context.outputs.iter()) {
            *is_routed = output.is_some();
        }
        let mut at = 0;
        while let Some(Run { frames: range, time, .. }) = self.runs.next(context.time, frames, at) {
            at = range.end;
            let first = usize::try_from(time.rem_euclid(CONTROL_GRID_FRAMES)).unwrap_or(0);
            let cell = first..first + range.len();
            for (instance, span) in self.runs.spans().iter().enumerate() {
                let events = context.events.get(instance).copied().unwrap_or_default();
                let player = &mut self.players[instance];
                player.play(events, (time, range.len()), &is_routed, context.level);
                let mut sums = [(0.0, 0.0); CELL];
                let sums = &mut sums[..range.len()];
                player.sum_of(0, cell.clone(), sums);
                let place =
                    Place { lane: instance * self.channels, channels: self.channels, lanes };
                let samples = context.audio.range(range.start, range.end);
                write(span, LEVEL_DB, time, sums, samples, place);
                for (output, block) in (1..).zip(context.outputs.iter_mut()) {
                    let Some(block) = block.as_mut().filter(|_| player.is_heard[output]) else {
                        continue;
                    };
                    player.sum_of(output, cell.clone(), sums);
                    let place = Place { lane: instance * 2, channels: 2, lanes: block.lanes() };
                    let samples = block.range(range.start, range.end);
                    write(span, LEVEL_DB, time, sums, samples, place);
                }
            }
        }
        Ok(())
    }

    fn rests(&self) -> bool {
        self.players.iter().all(Player::rests)
    }

    fn reset(&mut self) {
        self.runs.reset();
        self.players.iter_mut().for_each(Player::reset);
    }

    fn save(&self, instance: usize, state: &mut StateWriter) {
        self.players[instance].save(state);
    }

    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError> {
        self.runs.reset();
        let player = &mut self.players[instance];
        let restored = player.restore(state);
        if restored.is_err() {
            player.reset();
        }
        restored
    }
}

#[cfg(test)]
mod tests;
