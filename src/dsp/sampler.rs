//! Sampler: an instrument that plays the regions of an SFZ file.

mod channel;
mod envelope;
mod held;
mod interpolation;
mod player;
mod reader;
mod voice;

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use self::player::{Player, Settings};
use self::voice::Part;
use super::describe::{choice, number, setting, source};
use super::level::SILENCE_DB;
use super::runs::{CELL, Run, Runs};
use super::stereo_out::{Place, write};
use crate::audio::{AudioLibrary, AudioLibraryError};
use crate::math::exp2;
use crate::math::random::{Random, stream_of};
use crate::process::{
    AudioPort, CONTROL_GRID_FRAMES, ControlSet, InstanceSetup, Prepare, PrepareError,
    ProcessContext, ProcessFault, Processor, ProcessorFactory, ProcessorSpec, StateError,
    StateReader, StateWriter, Unit,
};
use crate::sampler::{OUTPUTS, Region, SampledInstrument};
use crate::time::{SampleRate, Samples};

const LEVEL_DB: usize = 0;
const VOICES: usize = 1;
const FOLDED: usize = 2;

/// Most voices, which the parameter may lower.
const MAX_VOICES: f64 = 128.0;

/// Longest tail that a file can ask for, in seconds.
const MAX_TAIL_SECONDS: f64 = 3_600.0;

static SPEC: LazyLock<ProcessorSpec> = LazyLock::new(|| {
    let further = (1..OUTPUTS).map(|number| Cow::Owned(format!("output{number}")));
    let outputs = [Cow::Borrowed("main")].into_iter().chain(further);
    ProcessorSpec {
        event_inputs: 1,
        outputs: outputs.map(|name| AudioPort { name }).collect(),
        ..source(
            "sampler",
            "plays the samples of an SFZ file, up to 128 voices at a time",
            1,
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
/// Regions with `seq_length` count the notes that mean them. What `lorand` and `hirand` draw is a
/// function of the session's seed, the node, the note and node time.
///
/// `voices` sound at most. Of more, the one whose note started first among those that are released,
/// else among all, gives way and fades within 6 ms; 32 may do so at a time. With `output_mode`
/// at `separate` a region with `output=N` is heard at the output `outputN` and nowhere else; with
/// `main` all are heard at the main output. Mono tracks get the mean of left and right.
#[derive(Clone, Default)]
pub struct SamplerFactory {
    playing: Option<Playing>,
}

/// What is played, and what is known of it.
#[derive(Clone)]
struct Playing {
    sampled: Arc<SampledInstrument>,
    tail_seconds: f64,
}

impl SamplerFactory {
    /// The factory of samplers that play `sampled`.
    pub fn of(sampled: Arc<SampledInstrument>) -> Self {
        let regions = sampled.instrument().regions().iter();
        let tails = regions.map(|region| tail_seconds(&sampled, region));
        let tail_seconds = tails.fold(0.0, f64::max).min(MAX_TAIL_SECONDS);
        Self { playing: Some(Playing { sampled, tail_seconds }) }
    }
}

/// How long a region sounds after its note has ended: its release, or all of it.
fn tail_seconds(sampled: &SampledInstrument, region: &Region) -> f64 {
    let release = region.envelope.release_seconds;
    let Some((sample, stretch)) = sampled.stretch(region).filter(|_| region.rings_out()) else {
        return release;
    };
    let (low, high) = region.keys;
    let bent = region.bend_down_cents.min(region.bend_up_cents).min(0.0);
    let cents = region.cents_at(low).min(region.cents_at(high)) + bent;
    let frames_a_second = sample.rate().hz_f64() * exp2(cents / 1_200.0);
    region.delay_seconds + stretch.frames.len() as f64 / frames_a_second
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
        self.playing.as_ref().map(|playing| playing.sampled.identity())
    }

    fn latency(&self, _: &[f64], _: SampleRate) -> Samples {
        Samples::ZERO
    }

    #[allow(clippy::cast_possible_truncation)] // At most an hour.
    fn tail(&self, _: &[f64], rate: SampleRate) -> Samples {
        let seconds = self.playing.as_ref().map_or(0.0, |playing| playing.tail_seconds);
        Samples((seconds * rate.hz_f64()) as i64 + 2)
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
        let Some(Playing { sampled, .. }) = &self.playing else {
            let node = prepare.instances.first().map_or("", |setup| &setup.node).to_owned();
            let what = "a sampler plays from a file and has none: give its path as 'file'";
            return Err(PrepareError { node, what: what.to_owned() });
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
