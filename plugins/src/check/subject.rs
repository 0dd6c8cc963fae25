//! The plug-in that is checked, and runs of it: what goes in, and what came out.

use std::sync::Arc;
use std::time::{Duration, Instant};

use wavemill_core::job::CancelToken;
use wavemill_core::process::EventKind;
use wavemill_core::session::PluginFormat;

use super::random::Random;
use crate::description::{PluginDescription, PluginKind, Tail};
use crate::failure::WorkerFailure;
use crate::run::alignment::in_place;
use crate::run::hosted::{Activation, Hosted, Opened, Source};
use crate::run::link::Link;
use crate::run::{Record, RecordKind, Transport};
use crate::worker::WorkerProgram;

/// A plug-in that is checked.
pub struct Subject {
    program: WorkerProgram,
    source: Source,
    description: PluginDescription,
    limit: Duration,
    seed: u64,
}

/// What a plug-in is given.
#[derive(Clone)]
pub(super) struct Run {
    pub(super) sample_rate_hz: u32,
    pub(super) block: u32,
    pub(super) offline: bool,
    pub(super) frames: usize,
    pub(super) input: Input,
    /// By frame.
    pub(super) events: Vec<Record>,
    pub(super) state: Option<Vec<u8>>,
}

/// What it hears.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Input {
    Silence,
    /// Noise on all channels, for so many frames.
    Noise(usize),
    /// One sample of a half, at this frame.
    Impulse(usize),
    /// Noise in which everything in this range is no number.
    NotANumber(usize, usize),
}

/// What came out.
pub(super) struct Output {
    /// Samples by channel, of all output buses.
    pub(super) channels: Vec<Vec<f32>>,
    /// The most that it was late.
    pub(super) latency_frames: u32,
    pub(super) tail: Tail,
    pub(super) values: Vec<f64>,
    /// Seconds by batch of one block.
    pub(super) seconds: Vec<f64>,
}

impl Subject {
    /// The plug-in that `description` describes, in the bundle at `path`. It may take `limit` for
    /// each thing it is asked; what is random comes from `seed`.
    pub fn new(
        program: WorkerProgram,
        path: &str,
        description: &PluginDescription,
        limit: Duration,
        seed: u64,
    ) -> Self {
        let (format, id) = (description.format, description.id.clone());
        let source = Source { format, path: path.to_owned(), id };
        Self { program, source, description: description.clone(), limit, seed }
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.description.id
    }

    /// The seed of what is random.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// What it said when it was scanned.
    pub(super) fn description(&self) -> &PluginDescription {
        &self.description
    }

    /// True where it hears audio in a chain.
    pub(super) fn is_effect(&self) -> bool {
        self.description.kind == PluginKind::Effect
            && !self.description.audio_inputs.is_empty()
            && !self.description.audio_outputs.is_empty()
    }

    /// A second of noise, or of notes where it plays them, in the usual way.
    pub(super) fn usual(&self) -> Run {
        let frames = 48_000;
        Run {
            sample_rate_hz: 48_000,
            block: 512,
            offline: true,
            frames,
            input: Input::Noise(frames),
            events: if self.description.note_inputs > 0 { notes() } else { Vec::new() },
            state: None,
        }
    }

    /// A worker without a plug-in.
    pub(super) fn link(&self) -> Result<Arc<Link>, WorkerFailure> {
        Ok(Arc::new(Link::start(&self.program, &CancelToken::default())?))
    }

    /// Opens it in a worker.
    pub(super) fn open(&self, link: Arc<Link>) -> Result<Opened, WorkerFailure> {
        Opened::new(link, &self.source, &self.description.id, self.limit)
    }

    /// Does `run` in a worker of its own.
    pub(super) fn run(&self, run: &Run) -> Result<Output, WorkerFailure> {
        self.run_in(self.link()?, run)
    }

    /// Does `run` in a worker that others may be in.
    pub(super) fn run_in(&self, link: Arc<Link>, run: &Run) -> Result<Output, WorkerFailure> {
        let opened = self.open(link)?;
        if let Some(state) = &run.state {
            opened.restore_bytes(state)?;
        }
        let mut hosted = opened.activate(activation(run), &[])?;
        drive(&mut hosted, run)
    }

    /// What it saves after `run`.
    pub(super) fn state_after(&self, run: &Run) -> Result<Vec<u8>, WorkerFailure> {
        let opened = self.open(self.link()?)?;
        let mut hosted = opened.activate(activation(run), &[])?;
        drive(&mut hosted, run)?;
        hosted.save()
    }

    /// The program that workers run.
    pub(super) fn program(&self) -> &WorkerProgram {
        &self.program
    }

    /// Where it comes from.
    pub(super) fn source(&self) -> &Source {
        &self.source
    }

    /// How long it may take for each thing it is asked.
    pub(super) fn limit(&self) -> Duration {
        self.limit
    }

    /// Its format.
    pub(super) fn format(&self) -> PluginFormat {
        self.source.format
    }
}

fn activation(run: &Run) -> Activation {
    let Run { sample_rate_hz, offline, block, .. } = *run;
    Activation { sample_rate_hz, offline, block, blocks: 1, events: 4_096, mpe: false }
}

/// Gives `run` to an instance, block by block.
fn drive(hosted: &mut Hosted, run: &Run) -> Result<Output, WorkerFailure> {
    let shape = hosted.region().layout().shape();
    let block = run.block as usize;
    let mut channels = vec![Vec::with_capacity(run.frames + block); shape.outputs as usize];
    let mut latencies = Vec::new();
    let mut noise: Vec<Random> = (0..u64::from(shape.inputs)).map(Random::new).collect();
    let mut seconds = Vec::new();
    let mut first = 0;
    while first < run.frames {
        let region = hosted.region();
        for (channel, noise) in noise.iter_mut().enumerate() {
            region.write_input(
                channel,
                0,
                (first..first + block).map(|frame| sample(run.input, frame, noise)),
            );
        }
        region.set_time(i64::try_from(first).unwrap_or(i64::MAX));
        let quarters = first as f64 / f64::from(run.sample_rate_hz) * 2.0;
        let bar = (quarters / 4.0).floor();
        let bar_quarters = bar * 4.0;
        region.set_transport(0, Transport { quarters, bar, bar_quarters, ..Transport::default() });
        let mut count = 0;
        for record in &run.events {
            let at = record.frame as usize;
            if (first..first + block).contains(&at) {
                let frame = u32::try_from(at - first).unwrap_or(0);
                count += usize::from(region.put_event(count, &Record { frame, ..*record }));
            }
        }
        region.set_event_count(count);
        let start = Instant::now();
        hosted.post(1);
        hosted.wait()?;
        seconds.push(start.elapsed().as_secs_f64());
        for (channel, samples) in channels.iter_mut().enumerate() {
            samples.extend(hosted.region().output(channel, 0, block));
        }
        latencies.push(hosted.region().latency(0));
        first += block;
    }
    // Where it changes its latency, a render keeps its output in place, and so do checks.
    let latency_frames = latencies.iter().copied().max().unwrap_or(hosted.latency_frames);
    for samples in &mut channels {
        *samples = in_place(samples, block, &latencies, latency_frames);
        samples.truncate(run.frames);
    }
    Ok(Output {
        channels,
        latency_frames,
        tail: hosted.tail,
        values: hosted.values.clone(),
        seconds,
    })
}

#[allow(clippy::cast_possible_truncation)] // Noise of a half is noise as 32 bits, too.
fn sample(input: Input, frame: usize, noise: &mut Random) -> f32 {
    let random = (noise.unit() - 0.5) as f32;
    match input {
        Input::Silence => 0.0,
        Input::Noise(frames) => {
            if frame < frames {
                random
            } else {
                0.0
            }
        }
        Input::Impulse(at) => {
            if frame == at {
                0.5
            } else {
                0.0
            }
        }
        Input::NotANumber(from, to) => {
            if (from..to).contains(&frame) {
                f32::NAN
            } else {
                0.0
            }
        }
    }
}

/// Some notes.
fn notes() -> Vec<Record> {
    let mut records = Vec::new();
    for (note, key) in (0_u64..).zip([60_u8, 64, 67, 72]) {
        let frame = u32::from(key) * 100;
        let (channel, velocity) = (0, 0.75);
        let on = EventKind::NoteOn { note, channel, key, velocity };
        let off = EventKind::NoteOff { note, channel, key, velocity: 0.5 };
        for (frame, kind) in [(frame, on), (frame + 12_000, off)] {
            records.push(Record { frame, kind: RecordKind::Event(kind) });
        }
    }
    records.sort_by_key(|record| record.frame);
    records
}

/// The first frame at which two outputs are not the same bits, and the level of what is left when
/// one is taken from the other, in dB of full scale; `None` where they are the same.
pub(super) fn difference(a: &Output, b: &Output) -> Option<(usize, f64)> {
    let mut first: Option<usize> = None;
    let mut greatest = 0.0_f64;
    for (a, b) in a.channels.iter().zip(&b.channels) {
        for (frame, (a, b)) in a.iter().zip(b).enumerate() {
            if a.to_bits() != b.to_bits() {
                first = Some(first.map_or(frame, |known| known.min(frame)));
                greatest = greatest.max((f64::from(*a) - f64::from(*b)).abs());
            }
        }
    }
    first.map(|frame| (frame, decibels(greatest)))
}

/// A factor in dB.
pub(super) fn decibels(factor: f64) -> f64 {
    20.0 * wavemill_core::math::log10(factor)
}
