//! Prepare and run: what a processor is made from, and what it does block after block.

use std::any::Any;
use std::sync::Arc;

use super::{
    ControlSet, Event, Meter, ProcessContext, ProcessorSpec, StateError, StateReader, StateWriter,
};
use crate::audio::{AudioLibrary, AudioLibraryError};
use crate::session::{Insert, PluginSlot};
use crate::time::{SampleRate, Samples, SignatureMap, TempoMap};

/// What processors of one kind are prepared with, for several instances side by side.
#[derive(Clone, Debug)]
pub struct Prepare<'a> {
    /// The session's rate.
    pub rate: SampleRate,
    /// Largest number of frames of a block.
    pub max_frames: usize,
    /// Channels of each instance: 1 or 2.
    pub channels: usize,
    /// The session's tempo, for what follows it; asked at node time.
    pub tempo: &'a Arc<TempoMap>,
    /// The instances; lane `instance * channels + channel` is theirs.
    pub instances: &'a [InstanceSetup],
}

/// What one instance is prepared with.
#[derive(Clone, Debug)]
pub struct InstanceSetup {
    /// Stable id of the node, such as `tracks/bass/inserts/eq`.
    pub node: String,
    /// Its parameters.
    pub controls: ControlSet,
    /// The session's seed; what is random is a function of it, the node's id and node time.
    pub seed: u64,
    /// True where its first sidechain is connected.
    pub sidechained: bool,
}

/// A processor of several that stand behind each other: each hears nothing but the one before it, and
/// nobody else hears that.
#[derive(Clone)]
pub struct Stage<'a> {
    /// What makes it.
    pub factory: &'a dyn ProcessorFactory,
    /// What it is prepared with; the same for all stages but for its instances.
    pub prepare: Prepare<'a>,
}

/// Several stages as one processor, which gives the samples that they give one after the other, as late
/// as all of them together.
pub struct Chain {
    /// It. Its instances are those of the first stage, then those of the second, and so on.
    pub processor: Box<dyn Processor>,
    /// How many stages it is.
    pub stages: usize,
}

/// Why a processor cannot be prepared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{node}: {what}")]
pub struct PrepareError {
    /// The node's id.
    pub node: String,
    /// What was wrong, and what to do.
    pub what: String,
    /// True where it is a plug-in that refuses.
    pub is_of_plugin: bool,
}

/// A fault while running. Built-in processors have none; hosted ones may.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{node} failed at sample {time} of its time: {what}")]
pub struct ProcessFault {
    /// The node's id.
    pub node: String,
    /// Node time of the fault.
    pub time: i64,
    /// What happened.
    pub what: String,
    /// True where it is a plug-in that failed.
    pub is_of_plugin: bool,
}

/// Makes processors of one kind: what is known before any runs.
pub trait ProcessorFactory: Any + Send + Sync {
    /// What they are.
    fn spec(&self) -> &ProcessorSpec;

    /// True where it plays from a file, as samplers do: [`Self::playing`] then makes the factory
    /// of what can be prepared, and this one only says what there is.
    fn plays_from_file(&self) -> bool {
        false
    }

    /// The factory of processors that play from `file`, opened through `audio`; `None` where it
    /// plays from none.
    fn playing(
        &self,
        _file: &str,
        _audio: &dyn AudioLibrary,
    ) -> Option<Result<Arc<dyn ProcessorFactory>, AudioLibraryError>> {
        None
    }

    /// SHA-256 of the content of the file it plays from: part of the key of its output.
    fn file_identity(&self) -> Option<[u8; 32]> {
        None
    }

    /// Name and version of what decoded that content, where its samples depend on it: part of the
    /// key as well.
    fn file_decoder(&self) -> Option<&'static str> {
        None
    }

    /// How late the output is, given the parameter values at the start.
    fn latency(&self, values: &[f64], rate: SampleRate) -> Samples;

    /// How long the output goes on above -120 dB of its peak after the input has ended, latency
    /// not counted.
    fn tail(&self, values: &[f64], rate: SampleRate) -> Samples;

    /// Like [`Self::tail`], for what follows the tempo: the longest it gets anywhere in `tempo`.
    fn tail_at_tempo(&self, values: &[f64], tempo: &TempoMap) -> Samples {
        self.tail(values, tempo.sample_rate())
    }

    /// Like [`Self::tail_at_tempo`], for what its events make longer: the longest it gets after
    /// `events`, those of its whole track, of which its note effects may make others.
    fn tail_after(&self, values: &[f64], tempo: &TempoMap, _events: &[Event]) -> Samples {
        self.tail_at_tempo(values, tempo)
    }

    /// True where its samples follow the tempo: the tempo map then enters the key of its output.
    fn follows_tempo(&self, _controls: &ControlSet) -> bool {
        false
    }

    /// True where what is prepared depends on the whole course of its parameters, such as a delay
    /// line as long as its time ever gets: a change at the end then changes the state at the start.
    fn needs_whole_course(&self, _controls: &ControlSet) -> bool {
        false
    }

    /// Bytes of running state of one instance that grow with its parameters, the rate or the
    /// tempo, such as delay lines; 0 where the state is small whatever they are. The compiler adds
    /// them up before anything is allocated.
    fn memory_bytes(&self, _controls: &ControlSet, _channels: usize, _tempo: &TempoMap) -> u64 {
        0
    }

    /// Roughly how long a frame takes, against a gain, which takes 1. It decides where long chains
    /// are cut for several threads, and changes no sample.
    fn cost(&self) -> u32 {
        4
    }

    /// Two instances may run side by side where this is equal: it tells apart what changes the
    /// operations themselves (such as how many filter sections there are), not mere numbers.
    fn structure(&self, controls: &ControlSet) -> u64;

    /// Allocates everything that running needs.
    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError>;

    /// Makes one processor of the first few of `stages`, of which it is the first itself, where that is
    /// better than one after the other; `None` where it is not.
    fn prepare_chain(&self, _stages: &[Stage<'_>]) -> Result<Option<Chain>, PrepareError> {
        Ok(None)
    }
}

/// Makes the processors that inserts name.
pub trait ProcessorLibrary {
    /// The factory for an insert, or `None` where there is no such processor.
    fn factory(&self, insert: &Insert) -> Option<Arc<dyn ProcessorFactory>>;

    /// Names of the processors there are.
    fn names(&self) -> Vec<String>;

    /// The plug-in that an insert names, or why it cannot be had and what to do.
    fn plugin(&self, _request: &PluginRequest<'_>) -> Result<PluginChoice, String> {
        Err("plug-ins are not hosted here: bypass it or remove it".to_owned())
    }

    /// Asked where the plug-in at `node` ended a render: whether another one, compiled anew, is worth
    /// it, and the words for that. The answer may be another one each time.
    fn tries_again(&self, _node: &str) -> Option<String> {
        None
    }
}

/// A plug-in that an insert names, and what it is to run with.
#[derive(Clone, Copy, Debug)]
pub struct PluginRequest<'a> {
    /// The plug-in and its state.
    pub slot: &'a PluginSlot,
    /// Stable id of the node, such as `tracks/bass/inserts/amp`.
    pub node: &'a str,
    /// The session's rate.
    pub rate: SampleRate,
    /// Frames of the blocks that the plug-in sees.
    pub block: u32,
    /// The session's bars.
    pub signatures: &'a SignatureMap,
    /// Where the session's last clip ends.
    pub content_end: Samples,
}

/// What stands where an insert names a plug-in.
pub enum PluginChoice {
    /// The plug-in.
    Runs(Arc<dyn ProcessorFactory>),
    /// Nothing: its input passes by.
    Bypassed,
    /// Silence.
    Silent,
}

/// A prepared processor: one or more instances that run side by side.
pub trait Processor: Send {
    /// Processes one block. Blocks follow each other in node time; their sizes may vary from 1 to
    /// the prepared maximum, and built-in processors give the same samples for any of them.
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault>;

    /// True where silence (+0 everywhere, no events) gives silence and leaves the state as it is, so
    /// that blocks of it need not be processed. Asked before each of them.
    fn rests(&self) -> bool {
        false
    }

    /// Back to the state right after preparation.
    fn reset(&mut self);

    /// Appends the running state of `instance`.
    fn save(&self, instance: usize, state: &mut StateWriter);

    /// Restores what [`Self::save`] wrote; on failure the instance is reset.
    fn restore(&mut self, instance: usize, state: &mut StateReader<'_>) -> Result<(), StateError>;

    /// What a listener should know of what `instance` did since the last reset, in a few words that
    /// follow the path of its node; nothing of what was told is kept for later renders. Asked between
    /// blocks, and may allocate.
    fn warning(&self, _instance: usize) -> Option<String> {
        None
    }

    /// What has been measured since the last reset, by lane in use (`instance * channels +
    /// channel`); empty for processors that measure nothing.
    fn meters(&self) -> &[Meter] {
        &[]
    }
}
