//! Everything from which instances of one plug-in, with one state, are made: where it is, what it
//! said of itself, and who may share a worker.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use wavemill_core::job::CancelToken;
use wavemill_core::process::ControlSet;
use wavemill_core::time::{Samples, SignatureMap};

use super::channels::Bus;
use super::crowd::stretch_blocks;
use super::failures::Failures;
use super::hosted::{Activation, Hosted, Opened, Source, channels};
use super::link::Link;
use super::raised_latency::RaisedLatency;
use super::sharing::Sharing;
use super::verdict::Verdicts;
use crate::description::{PluginDescription, PluginKind};
use crate::failure::WorkerFailure;
use crate::worker::WorkerProgram;

/// Most plug-ins that run together, in batches as long as the sum of theirs.
pub const MOST_TOGETHER: u32 = 4;

/// The longest latency that a render waits for.
const MOST_LATENCY_SECONDS: u32 = 60;

/// Events that may reach a plug-in in the frames of a batch of its own.
pub(super) const EVENTS_A_BATCH: u32 = 16_384;

/// A plug-in with its state.
pub(super) struct PluginSetup {
    recipe: Recipe,
    description: PluginDescription,
    /// The values of its parameters as it was found, within their ranges.
    values: Vec<f64>,
    buses: Buses,
    verdicts: Verdicts,
    /// True where what it gives may be kept.
    finds_verdicts: bool,
    late: Late,
    /// Who may share a worker with it.
    sharing: Sharing,
    /// What was found out by opening it.
    found: Mutex<Found>,
}

/// What is known of latencies that rise while it runs.
pub(super) struct Late {
    /// The most it was seen to rise to when this was made, in frames.
    pub(super) raised_frames: u32,
    /// Where more is remembered.
    pub(super) raised: RaisedLatency,
    /// Who is told.
    pub(super) failures: Arc<Failures>,
}

/// Parameters that differ from the plug-in's own values, by their places.
type Settings = Vec<(u32, f64)>;

/// What was found out by opening a plug-in.
struct Found {
    /// An instance with its settings, which has run nothing yet.
    first: Option<(Settings, Probe)>,
    /// How late it is with each of the settings that were asked for.
    latencies: Vec<(Settings, u32)>,
}

/// What a plug-in is made from.
pub(super) struct Recipe {
    pub(super) program: WorkerProgram,
    pub(super) source: Source,
    pub(super) state: Option<PathBuf>,
    pub(super) sample_rate_hz: u32,
    pub(super) block: u32,
    pub(super) mpe: bool,
    pub(super) signatures: SignatureMap,
    /// Where the session's last clip ends.
    pub(super) content_end: Samples,
    /// How long it may take for each thing it is asked.
    pub(super) limit: Duration,
    /// Asks to wait for it no more.
    pub(super) cancel: CancelToken,
}

/// The buses of a plug-in by what they are for.
#[derive(Clone, Debug)]
pub(super) struct Buses {
    pub(super) main_input: Option<Bus>,
    pub(super) sidechains: Vec<Bus>,
    pub(super) main_output: Option<Bus>,
    pub(super) further_outputs: Vec<Bus>,
}

impl Buses {
    fn of(description: &PluginDescription) -> Self {
        let mut inputs = Bus::all(&description.audio_inputs);
        let mut outputs = Bus::all(&description.audio_outputs);
        // An instrument plays by itself, unless it says that it stands in a chain.
        let is_main = description.kind != PluginKind::Instrument
            || description.audio_inputs.first().is_some_and(|bus| bus.main);
        // A bus without channels is none.
        let first = |buses: &mut Vec<Bus>| {
            let first = (!buses.is_empty()).then(|| buses.remove(0));
            first.filter(|bus| bus.channels > 0)
        };
        let main_input = if is_main { first(&mut inputs) } else { None };
        let main_output = first(&mut outputs);
        // What makes its own sound has no chain to hear, and no sidechain.
        let sidechains = if is_main { inputs } else { Vec::new() };
        Self { main_input, sidechains, main_output, further_outputs: outputs }
    }

    /// True where it has one channel in and one out, and nothing else.
    pub(super) fn is_mono_effect(&self) -> bool {
        let mono = |bus: Option<Bus>| bus.is_some_and(|bus| bus.channels == 1);
        mono(self.main_input) && mono(self.main_output) && self.further_outputs.is_empty()
    }
}

/// What was learned by opening a plug-in once.
pub(super) struct Probe {
    pub(super) description: PluginDescription,
    /// The instance.
    pub(super) hosted: Hosted,
    /// The worker it runs in.
    pub(super) link: Arc<Link>,
}

impl Recipe {
    fn activation(&self) -> Activation {
        Activation {
            sample_rate_hz: self.sample_rate_hz,
            offline: true,
            block: self.block,
            blocks: self.batch_blocks() * MOST_TOGETHER,
            events: EVENTS_A_BATCH,
            mpe: self.mpe,
        }
    }

    /// Blocks of a batch of one plug-in by itself.
    fn batch_blocks(&self) -> u32 {
        stretch_blocks(self.block)
    }

    /// Frames that have to be compared before it is known to repeat: those of the session's content.
    /// What was gathered last is never run, for nobody hears it.
    fn frames_needed(&self) -> u64 {
        let batch = i64::from(self.block) * i64::from(self.batch_blocks());
        u64::try_from(self.content_end.0 - 2 * batch).unwrap_or(1)
    }

    /// Opens it in a worker of its own, for `node`, with `settings`.
    pub(super) fn open_alone(
        &self,
        node: &str,
        settings: &[(u32, f64)],
    ) -> Result<Probe, WorkerFailure> {
        self.open_in(Arc::new(Link::start(&self.program, &self.cancel)?), node, settings)
    }

    fn open_in(
        &self,
        link: Arc<Link>,
        node: &str,
        settings: &[(u32, f64)],
    ) -> Result<Probe, WorkerFailure> {
        let opened = Opened::new(Arc::clone(&link), &self.source, node, self.limit)?;
        if let Some(state) = &self.state {
            opened.restore(state)?;
        }
        let hosted = opened.activate(self.activation(), settings)?;
        Ok(Probe { description: opened.description, hosted, link })
    }
}

impl PluginSetup {
    /// What `probe` found out about `recipe`.
    pub(super) fn new(
        recipe: Recipe,
        probe: Probe,
        verdicts: Verdicts,
        finds_verdicts: bool,
        (late, sharing): (Late, Sharing),
    ) -> Self {
        let buses = Buses::of(&probe.description);
        Self {
            recipe,
            values: values_within(&probe),
            description: probe.description.clone(),
            buses,
            verdicts,
            finds_verdicts,
            late,
            sharing,
            found: Mutex::new(Found {
                latencies: vec![(Settings::new(), probe.hosted.latency_frames)],
                first: Some((Settings::new(), probe)),
            }),
        }
    }

    /// Its name for people.
    pub(super) fn name(&self) -> &str {
        &self.description.name
    }

    /// What is told where more reaches it than a batch has room for.
    pub(super) fn too_many_events(&self) -> String {
        format!(
            "{}: more than {EVENTS_A_BATCH} notes, controllers, automation points and parts of system \
             exclusive messages reach the plug-in within {} frames: thin them out",
            self.name(),
            self.batch_frames()
        )
    }

    /// The values of its parameters before anything is set, within their ranges.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// The session's bars.
    pub(super) fn signatures(&self) -> &SignatureMap {
        &self.recipe.signatures
    }

    /// What it is.
    pub(super) fn description(&self) -> &PluginDescription {
        &self.description
    }

    /// Its buses.
    pub(super) fn buses(&self) -> &Buses {
        &self.buses
    }

    /// Frames of a block.
    pub(super) fn block_frames(&self) -> u32 {
        self.recipe.block
    }

    /// The same, as places are counted.
    pub(super) fn block(&self) -> usize {
        self.recipe.block as usize
    }

    /// Frames of a batch of one plug-in by itself.
    pub(super) fn batch_frames(&self) -> usize {
        self.block() * self.batch_blocks() as usize
    }

    /// Blocks of it.
    pub(super) fn batch_blocks(&self) -> u32 {
        self.recipe.batch_blocks()
    }

    /// Bytes of the memory that one instance with parameters at `constants` shares with its workers,
    /// with the events of a batch of its own, and of what it holds back, at most.
    pub(super) fn memory_bytes(&self, constants: &[f64]) -> u64 {
        let count = |buses| u64::from(channels(buses).unwrap_or(0));
        let channels =
            count(&self.description.audio_inputs) + count(&self.description.audio_outputs);
        let longest = self.batch_frames() as u64 * u64::from(MOST_TOGETHER);
        let samples = channels * longest;
        let one = samples * size_of::<f32>() as u64 + 2 * u64::from(EVENTS_A_BATCH) * 32;
        let outputs = count(&self.description.audio_outputs);
        let held = u64::from(self.declared_latency_frames(constants)) + longest;
        // A second side, and a second worker of each.
        4 * one + 2 * outputs * held * size_of::<f32>() as u64
    }

    /// True where a second worker is to show whether it gives the same with `controls`.
    pub(super) fn wants_witness(&self, controls: &ControlSet) -> bool {
        self.finds_verdicts && !self.verdicts.repeats(controls, self.recipe.frames_needed())
    }

    /// An instance that has run nothing yet for the node `node`, and where it is not known yet
    /// whether it repeats, a second one that is to give the same.
    pub(super) fn open(
        &self,
        node: &str,
        controls: &ControlSet,
    ) -> Result<(Hosted, Option<Hosted>), WorkerFailure> {
        let settings = self.settings(controls.constants());
        let first = self.found().first.take_if(|(of, _)| *of == settings);
        // It may have been opened for another node, or for none.
        first.iter().for_each(|(_, probe)| probe.hosted.stand_at(node));
        if !self.wants_witness(controls) {
            let Recipe { program, cancel, .. } = &self.recipe;
            let shared = self.sharing.link(node, &self.description, program, cancel)?;
            return match (shared, first) {
                (Some(link), _) => Ok((self.recipe.open_in(link, node, &settings)?.hosted, None)),
                (None, Some((_, probe))) => Ok((probe.hosted, None)),
                (None, None) => Ok((self.recipe.open_alone(node, &settings)?.hosted, None)),
            };
        }
        let probe = match first {
            Some((_, probe)) => probe,
            None => self.recipe.open_alone(node, &settings)?,
        };
        // What may share a process has to be the same as the second one in it.
        let beside = match self.sharing.shares() {
            true => self.recipe.open_in(probe.link, node, &settings)?,
            false => self.recipe.open_alone(node, &settings)?,
        };
        Ok((probe.hosted, Some(beside.hosted)))
    }

    /// Frames that a render waits for its output with parameters at `constants`: no less than it was
    /// ever seen to need.
    pub(super) fn declared_latency_frames(&self, constants: &[f64]) -> u32 {
        let frames = self.latency_frames(constants).max(self.late.raised_frames);
        frames.min(self.most_latency_frames())
    }

    /// The most that a render waits for: what says more says nonsense.
    pub(super) fn most_latency_frames(&self) -> u32 {
        self.recipe.sample_rate_hz.saturating_mul(MOST_LATENCY_SECONDS)
    }

    /// Remembers that it was so many frames late at `node`, where no render waited for as much.
    pub(super) fn note_rise(&self, node: &str, frames: u32) {
        self.late.raised.raise(frames);
        self.late.failures.note_rise(node, frames);
    }

    /// How late it is with parameters at `constants`; what cannot be found out counts as without
    /// them, and fails when it is to run.
    fn latency_frames(&self, constants: &[f64]) -> u32 {
        let settings = self.settings(constants);
        let mut found = self.found();
        if let Some((_, latency)) = found.latencies.iter().find(|(of, _)| *of == settings) {
            return *latency;
        }
        let usual = found.latencies.first().map_or(0, |(_, latency)| *latency);
        let Ok(probe) = self.recipe.open_alone(&self.description.id, &settings) else {
            // Whoever asks again hears the same.
            found.latencies.push((settings, usual));
            return usual;
        };
        let latency = probe.hosted.latency_frames;
        found.latencies.push((settings.clone(), latency));
        found.first = Some((settings, probe));
        latency
    }

    /// What of `constants` differs from the plug-in's own values.
    fn settings(&self, constants: &[f64]) -> Settings {
        let all = constants.iter().zip(&self.values).zip(0_u32..);
        all.filter(|((value, own), _)| value != own).map(|((value, _), at)| (at, *value)).collect()
    }

    fn found(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// True where a second instance that did not give the same shared the first one's process.
    pub(super) fn shares(&self) -> bool {
        self.sharing.shares()
    }

    /// Remembers that two workers gave the same with `controls` for so many frames.
    pub(super) fn note_repeat(&self, controls: &ControlSet, frames: u64) {
        self.verdicts.note_repeat(controls, frames);
    }

    /// Remembers that two workers did not give the same at node time `at`.
    pub(super) fn note_difference(&self, at: i64) {
        self.verdicts.note_difference(at);
    }
}

fn values_within(probe: &Probe) -> Vec<f64> {
    let values = probe.description.parameters.iter().zip(&probe.hosted.values);
    values.map(|(about, value)| about.nearest(*value)).collect()
}
