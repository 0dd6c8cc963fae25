//! An instance of a plug-in that runs in a worker: opened, restored, activated, and given batches.

use std::io::{Read, Seek, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use wavemill_core::session::PluginFormat;

use super::crowd::stretch_blocks;
use super::layout::{Layout, Shape};
use super::link::Link;
use super::message::{Command, MAX_STATE_BYTES, Reply};
use super::region::{Region, Waited};
use crate::description::{AudioBus, PluginDescription, Tail};
use crate::failure::{FailureKind, WorkerFailure};

/// How often a host that waits looks whether the worker is still there.
const GLANCE: Duration = Duration::from_millis(20);

/// What is opened.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its format.
    pub format: PluginFormat,
    /// Its bundle.
    pub path: String,
    /// Its id.
    pub id: String,
}

/// What it is activated with.
#[derive(Clone, Copy, Debug)]
pub struct Activation {
    /// The rate.
    pub sample_rate_hz: u32,
    /// True where nobody waits for its output.
    pub offline: bool,
    /// Frames of a block.
    pub block: u32,
    /// Blocks of a batch.
    pub blocks: u32,
    /// Events that a batch has room for.
    pub events: u32,
    /// Notes reach it as MPE, whether it says that it knows that or not.
    pub mpe: bool,
}

/// An instance that was opened.
pub struct Opened {
    link: Arc<Link>,
    instance: u32,
    limit: Duration,
    /// What it is.
    pub description: PluginDescription,
}

/// An instance that processes.
pub struct Hosted {
    link: Arc<Link>,
    instance: u32,
    limit: Duration,
    region: Region,
    /// The worker's descriptor of that.
    memory: i32,
    request: u32,
    /// How long it may take for the batch: the limit is for as much as a plug-in by itself runs at a time.
    patience: Duration,
    /// How late its output is, in frames.
    pub latency_frames: u32,
    /// How long it sounds after its input has ended, at its rate.
    pub tail: Tail,
    /// The values of its parameters, in its order.
    pub values: Vec<f64>,
}

impl Opened {
    /// Opens a plug-in in the worker `link`, which may take `limit` for each thing it is asked.
    pub(crate) fn new(
        link: Arc<Link>,
        source: &Source,
        node: &str,
        limit: Duration,
    ) -> Result<Self, WorkerFailure> {
        let instance = link.new_instance(node);
        let Source { format, path, id } = source.clone();
        let command = Command::Open { instance, format, path, id };
        match link.ask(instance, &command, limit)? {
            Reply::Opened { description, .. } => {
                Ok(Self { link, instance, limit, description: *description })
            }
            _ => Err(nonsense()),
        }
    }

    /// Restores the state in the file `state`.
    pub(crate) fn restore(&self, state: &Path) -> Result<(), WorkerFailure> {
        let Some(path) = state.to_str().map(str::to_owned) else {
            let what = format!("the path of its state, '{}', is not UTF-8", state.display());
            return Err(WorkerFailure::new(FailureKind::Refused, what));
        };
        let command = Command::Restore { instance: self.instance, path };
        match self.link.ask(self.instance, &command, self.limit)? {
            Reply::Restored { .. } => Ok(()),
            _ => Err(nonsense()),
        }
    }

    /// Restores the state `state`.
    pub(crate) fn restore_bytes(&self, state: &[u8]) -> Result<(), WorkerFailure> {
        let failed = |error: std::io::Error| {
            let what = format!("the state cannot be handed over: {error}");
            WorkerFailure::new(FailureKind::Worker, what)
        };
        let mut file = tempfile::NamedTempFile::new().map_err(failed)?;
        file.write_all(state).map_err(failed)?;
        self.restore(file.path())
    }

    /// Sets what its program `id` has.
    pub(crate) fn load_program(&self, id: &str) -> Result<(), WorkerFailure> {
        let command = Command::LoadProgram { instance: self.instance, id: id.to_owned() };
        match self.link.ask(self.instance, &command, self.limit)? {
            Reply::Restored { .. } => Ok(()),
            _ => Err(nonsense()),
        }
    }

    /// Sets `values`, by the places of parameters in its list, and makes it ready to process.
    pub(crate) fn activate(
        &self,
        activation: Activation,
        values: &[(u32, f64)],
    ) -> Result<Hosted, WorkerFailure> {
        let Activation { sample_rate_hz, offline, block, blocks, events, mpe } = activation;
        let refused = |what: String| WorkerFailure::new(FailureKind::Refused, what);
        let too_many = || refused("it has more channels than there are numbers for".to_owned());
        let inputs = channels(&self.description.audio_inputs).ok_or_else(too_many)?;
        let outputs = channels(&self.description.audio_outputs).ok_or_else(too_many)?;
        let shape = Shape { block, blocks, inputs, outputs, events };
        let layout = Layout::new(shape).map_err(|error| refused(error.to_string()))?;
        let instance = self.instance;
        let values = values.to_vec();
        let command = Command::Activate { instance, sample_rate_hz, offline, mpe, values, shape };
        match self.link.ask(instance, &command, self.limit)? {
            Reply::Active { memory, latency_frames, tail, values, .. }
                if values.len() == self.description.parameters.len() =>
            {
                let file = self.link.open(memory).map_err(|error| refused(error.to_string()))?;
                let region =
                    Region::map(&file, layout).map_err(|error| refused(error.to_string()))?;
                let (link, limit) = (Arc::clone(&self.link), self.limit);
                Ok(Hosted {
                    link,
                    instance,
                    limit,
                    region,
                    memory,
                    request: 0,
                    patience: limit,
                    latency_frames,
                    tail,
                    values,
                })
            }
            _ => Err(nonsense()),
        }
    }
}

impl Hosted {
    /// It stands at `node` from now on.
    pub(crate) fn stand_at(&self, node: &str) {
        self.link.rename(self.instance, node);
    }

    /// What it has set, as bytes that only it understands.
    pub(crate) fn save(&self) -> Result<Vec<u8>, WorkerFailure> {
        let command = Command::Save { instance: self.instance };
        let Reply::Saved { memory, bytes, .. } =
            self.link.ask(self.instance, &command, self.limit)?
        else {
            return Err(nonsense());
        };
        let mut state = Vec::new();
        let read = self.link.open(memory).and_then(|mut file| {
            file.rewind()?;
            file.take(bytes.min(MAX_STATE_BYTES)).read_to_end(&mut state)
        });
        let what = |error| format!("its state cannot be taken: {error}");
        read.map_err(|error| WorkerFailure::new(FailureKind::Worker, what(error)))?;
        Ok(state)
    }

    /// The memory of its batches, which it does not touch between [`Self::wait`] and [`Self::post`].
    pub(crate) fn region(&self) -> &Region {
        &self.region
    }

    /// Has it run the batch of `blocks` blocks that is in its memory.
    pub(crate) fn post(&mut self, blocks: u32) {
        let stretches = blocks.div_ceil(stretch_blocks(self.region.layout().shape().block));
        self.patience = self.limit * stretches.max(1);
        self.request = self.request.wrapping_add(1);
        self.region.ask(self.request);
    }

    /// The node of the instance that was at work when its worker ended, where that is known.
    pub(crate) fn culprit(&self) -> Option<String> {
        self.link.culprit()
    }

    /// Has it hear, wherever a batch says so, channels of what `before` gives: each of its inputs with
    /// the output that it hears.
    pub(crate) fn follow(
        &self,
        before: &Self,
        channels: Vec<(u32, u32)>,
    ) -> Result<(), WorkerFailure> {
        let (instance, process, memory) = (self.instance, before.link.process(), before.memory);
        let shape = before.region.layout().shape();
        self.join(&Command::Follow { instance, process, memory, shape, channels })
    }

    /// Has those of `then`, in its process, run after it wherever a batch says so.
    pub(crate) fn run_all(&self, then: &[&Self]) -> Result<(), WorkerFailure> {
        let then = then.iter().map(|hosted| hosted.instance).collect();
        self.join(&Command::RunAll { instance: self.instance, then })
    }

    fn join(&self, command: &Command) -> Result<(), WorkerFailure> {
        match self.link.ask(self.instance, command, self.limit)? {
            Reply::Joined { .. } => Ok(()),
            _ => Err(nonsense()),
        }
    }

    /// True where both are in one process.
    pub(crate) fn is_beside(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.link, &other.link)
    }

    /// Waits until it has.
    pub(crate) fn wait(&self) -> Result<(), WorkerFailure> {
        self.wait_for_all(&[]).map_err(|(_, failure)| failure)
    }

    /// Waits until it has, and after it those of `then`, which run in its process; where one of them
    /// fails, which one, counted from this one on.
    pub(crate) fn wait_for_all(
        &self,
        then: &[Option<&Self>],
    ) -> Result<(), (usize, WorkerFailure)> {
        let before = self.request.wrapping_sub(1);
        let others = || std::iter::once(self).chain(then.iter().copied().flatten());
        // Each may take as long as one alone, and none as long for a single block.
        let plugins = u32::try_from(others().count()).unwrap_or(1);
        let last = Instant::now() + self.patience * plugins;
        let mut seen = (self.region.at_work().0, Instant::now());
        let at_work = || self.region.at_work().1.min(plugins as usize - 1);
        loop {
            match self.region.wait_for_reply(before, GLANCE) {
                Waited::Changed(reply) if reply == self.request => break,
                Waited::Changed(_) => return Err((at_work(), nonsense())),
                Waited::TooLate => {}
            }
            let now = self.region.at_work().0;
            if now != seen.0 {
                seen = (now, Instant::now());
            }
            let at_work = at_work();
            let instance = others().nth(at_work).map_or(self.instance, |hosted| hosted.instance);
            let gone = self.link.cancelled().or_else(|| self.link.ending(instance));
            if let Some(failure) = gone {
                return Err((at_work, failure));
            }
            let deadline = last.min(seen.1 + self.limit);
            if Instant::now() >= deadline && self.region.reply() == before {
                return Err((at_work, self.link.end_hanging(instance, self.limit)));
            }
        }
        let failed = others().enumerate().find(|(_, hosted)| hosted.region.has_failed());
        failed.map_or(Ok(()), |(index, hosted)| Err((index, self.link.failure(hosted.instance))))
    }
}

/// Channels of all `buses`; `None` where they are beyond counting.
pub(crate) fn channels(buses: &[AudioBus]) -> Option<u32> {
    buses.iter().try_fold(0_u32, |sum, bus| sum.checked_add(bus.channels))
}

fn nonsense() -> WorkerFailure {
    WorkerFailure::new(FailureKind::Worker, "the worker answered what it was not asked")
}
