//! A plug-in as the compiler sees it: its ports and parameters, how late it is, and what its output
//! depends on.

use std::collections::BTreeSet;
use std::sync::Arc;

use wavemill_core::process::{
    AudioPort, Chain, ControlSet, ParameterKind, ParameterSpec, Prepare, PrepareError, Processor,
    ProcessorFactory, ProcessorSpec, ProcessorTraits, Stage, Unit,
};
use wavemill_core::time::{SampleRate, Samples, TempoMap};

use super::chain::chain_of;
use super::processor::HostedProcessor;
use super::setup::PluginSetup;
use crate::description::{AudioBus, PluginDescription, PluginKind, PluginParameter, Tail};
use crate::format::format_word;

/// Raised whenever hosting itself changes what plug-ins give: how blocks are cut, when parameters and
/// events are said, what the transport tells.
pub(super) const HOSTING_VERSION: u32 = 2;

/// How long a plug-in that does not say it is believed to sound, and one that never ends, or not in
/// that time.
const UNKNOWN_TAIL_SECONDS: i64 = 10;
const INFINITE_TAIL_SECONDS: i64 = 60;

/// Roughly how long a frame takes, against a gain.
const COST: u32 = 64;

/// The factory of a plug-in with its state.
pub(super) struct HostedFactory {
    setup: Arc<PluginSetup>,
    spec: ProcessorSpec,
    identity: [u8; 32],
    tail: Tail,
}

impl HostedFactory {
    /// For what `setup` makes.
    pub(super) fn new(setup: PluginSetup, identity: [u8; 32], tail: Tail, repeats: bool) -> Self {
        let spec = spec(setup.description(), setup.values(), repeats);
        Self { setup: Arc::new(setup), spec, identity, tail }
    }

    /// What its instances are made from.
    pub(super) fn setup(&self) -> &Arc<PluginSetup> {
        &self.setup
    }

    /// True where it may run together with others of its chain: what it hears passes through it, and
    /// nothing has to be found out about it.
    pub(super) fn may_be_in_chain(&self, prepare: &Prepare<'_>) -> bool {
        let buses = self.setup.buses();
        let instances = prepare.instances.iter();
        buses.main_input.is_some()
            && buses.main_output.is_some()
            && !instances.clone().any(|instance| self.setup.wants_witness(&instance.controls))
    }
}

fn spec(plugin: &PluginDescription, values: &[f64], repeats: bool) -> ProcessorSpec {
    let is_note_effect = plugin.kind == PluginKind::NoteEffect;
    let is_source = plugin.kind == PluginKind::Instrument
        && !plugin.audio_inputs.first().is_some_and(|bus| bus.main);
    let parameters = plugin.parameters.iter().zip(values);
    ProcessorSpec {
        name: format!("{}:{}", format_word(plugin.format), plugin.id).into(),
        summary: plugin.name.clone().into(),
        version: HOSTING_VERSION,
        parameters: parameters
            .map(|(parameter, value)| parameter_spec(parameter, *value))
            .collect(),
        inputs: if is_source { Vec::new() } else { ports(&plugin.audio_inputs, "input") },
        outputs: ports(&plugin.audio_outputs, "output"),
        event_inputs: usize::from(plugin.note_inputs > 0),
        event_outputs: usize::from(is_note_effect && plugin.note_outputs > 0),
        presets: &[],
        traits: ProcessorTraits { checkpointable: false, repeatable: repeats },
    }
}

/// What is not said is the plug-in's own value.
fn parameter_spec(parameter: &PluginParameter, value: f64) -> ParameterSpec {
    let (min, max, default) = (parameter.min, parameter.max.max(parameter.min), value);
    ParameterSpec {
        id: parameter.id.clone().into(),
        name: parameter.name.clone().into(),
        kind: ParameterKind::Number { unit: Unit::Ratio, min, max, default },
        automatable: parameter.automatable && !parameter.read_only,
    }
}

/// The main port, and the others by the names of their buses, of which no two are the same.
fn ports(buses: &[AudioBus], kind: &str) -> Vec<AudioPort> {
    let mut ports = vec![AudioPort { name: "main".into() }];
    let mut taken: BTreeSet<String> = BTreeSet::from(["main".to_owned()]);
    for (number, bus) in buses.iter().enumerate().skip(1) {
        let mut name = bus.name.clone();
        let mut suffix = number + 1;
        while name.is_empty() || !taken.insert(name.clone()) {
            name = format!("{kind} {suffix}");
            suffix += 1;
        }
        ports.push(AudioPort { name: name.into() });
    }
    ports
}

impl ProcessorFactory for HostedFactory {
    fn spec(&self) -> &ProcessorSpec {
        &self.spec
    }

    fn file_identity(&self) -> Option<[u8; 32]> {
        Some(self.identity)
    }

    fn latency(&self, values: &[f64], _: SampleRate) -> Samples {
        // What passes by a plug-in without an output is as late as its batch.
        let own = match self.setup.buses().main_output {
            Some(_) => self.setup.declared_latency_frames(values),
            None => 0,
        };
        let batch = i64::try_from(self.setup.batch_frames()).unwrap_or(i64::MAX);
        Samples(batch.saturating_add(i64::from(own)))
    }

    fn tail(&self, _: &[f64], rate: SampleRate) -> Samples {
        let seconds = |seconds: i64| seconds * i64::from(rate.hz());
        Samples(match self.tail {
            Tail::Frames(frames) => i64::from(frames).min(seconds(INFINITE_TAIL_SECONDS)),
            Tail::Unknown => seconds(UNKNOWN_TAIL_SECONDS),
            Tail::Infinite => seconds(INFINITE_TAIL_SECONDS),
        })
    }

    fn follows_tempo(&self, _: &ControlSet) -> bool {
        true
    }

    fn memory_bytes(&self, controls: &ControlSet, _: usize, _: &TempoMap) -> u64 {
        self.setup.memory_bytes(controls.constants())
    }

    fn cost(&self) -> u32 {
        COST
    }

    fn structure(&self, _: &ControlSet) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.identity;
        u64::from_le_bytes([a, b, c, d, e, f, g, h])
    }

    fn prepare(&self, prepare: &Prepare<'_>) -> Result<Box<dyn Processor>, PrepareError> {
        let Prepare { channels, instances, tempo, .. } = *prepare;
        let setup = Arc::clone(&self.setup);
        Ok(Box::new(HostedProcessor::new(setup, instances, channels, tempo)?))
    }

    fn prepare_chain(&self, stages: &[Stage<'_>]) -> Result<Option<Chain>, PrepareError> {
        chain_of(stages)
    }
}
