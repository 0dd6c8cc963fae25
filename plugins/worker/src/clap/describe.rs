//! What the plug-ins of a CLAP bundle say of themselves.

use std::ffi::CStr;
use std::path::Path;
use std::sync::atomic::Ordering;

use clack_extensions::audio_ports::{AudioPortFlags, AudioPortInfoBuffer, PluginAudioPorts};
use clack_extensions::latency::PluginLatency;
use clack_extensions::note_ports::PluginNotePorts;
use clack_extensions::params::{ParamInfoBuffer, ParamInfoFlags, PluginParams};
use clack_extensions::state::PluginState;
use clack_extensions::tail::{PluginTail, TailLength};
use clack_extensions::timer::PluginTimer;
use clack_host::plugin::PluginDescriptor;
use clack_host::prelude::*;
use wavemill_core::session::PluginFormat;
use wavemill_plugins::message::Describing;
use wavemill_plugins::{AudioBus, PluginDescription, PluginKind, PluginParameter, Tail};

use super::host::{Audio, Host, MainThread, Shared};
use crate::library;
use crate::numbers::finite_or;
use crate::replies::Replies;
use crate::text::clean;

/// Most ports and parameters that are listed; what has more says nonsense.
const MAX_PORTS: u32 = 1_024;
const MAX_PARAMETERS: u32 = 65_536;

/// Most times in a row that a plug-in is called back.
const MAX_CALLBACKS: usize = 16;

/// What latency and tail are asked at.
const SAMPLE_RATE_HZ: f64 = 48_000.0;
const MAX_FRAMES: u32 = 512;

/// Says what is in the bundle at `path`, from plug-in `from` on.
pub fn describe(from: u32, path: &Path, replies: &mut Replies) -> Result<(), String> {
    let entry = load(path)?;
    let factory = entry.get_plugin_factory().ok_or("it has no plug-in factory")?;
    let plugins = factory.plugin_count();
    replies.say(&Describing::Loaded { plugins });
    for index in from..plugins {
        let descriptor = factory.plugin_descriptor(index);
        let id = descriptor.and_then(PluginDescriptor::id);
        let said = text(id);
        replies.say(&Describing::Begin { index, id: said.clone() });
        let described = match (descriptor, id) {
            (Some(descriptor), Some(id)) => describe_one(&entry, descriptor, id, said),
            _ => Err("it has no id".to_owned()),
        };
        replies.say_described(described);
    }
    replies.say(&Describing::Done);
    Ok(())
}

/// Loads the bundle at `path`.
pub fn load(path: &Path) -> Result<PluginEntry, String> {
    library::check(path)?;
    // SAFETY: whatever the library does, it does it in this process, which is there for it.
    unsafe { PluginEntry::load(path) }.map_err(|error| error.to_string())
}

fn describe_one(
    entry: &PluginEntry,
    descriptor: &PluginDescriptor,
    id: &CStr,
    said: String,
) -> Result<PluginDescription, String> {
    let mut instance = create(entry, id)?;
    let mut description = describe_instance(&mut instance, descriptor, said);
    (description.latency_frames, description.tail) = latency_and_tail(&mut instance);
    // Its end is the end of the process: plug-ins that crash when destroyed are described before.
    std::mem::forget(instance);
    Ok(description)
}

/// Makes an instance of the plug-in `id`.
pub fn create(entry: &PluginEntry, id: &CStr) -> Result<PluginInstance<Host>, String> {
    let version = env!("CARGO_PKG_VERSION");
    let host = HostInfo::new("Wavemill", "Wavemill", env!("CARGO_PKG_REPOSITORY"), version)
        .map_err(|error| error.to_string())?;
    let instance = PluginInstance::<Host>::new(
        |()| Shared::new(),
        |shared| MainThread::new(shared),
        entry,
        id,
        &host,
    );
    let mut instance = instance.map_err(|error| error.to_string())?;
    call_back(&mut instance);
    Ok(instance)
}

/// What an instance that was not activated yet says of itself.
pub fn describe_instance(
    instance: &mut PluginInstance<Host>,
    descriptor: &PluginDescriptor,
    id: String,
) -> PluginDescription {
    let mut plugin = instance.plugin_handle();
    let audio_inputs = buses(&mut plugin, true);
    let audio_outputs = buses(&mut plugin, false);
    let notes = [true, false].map(|input| note_ports(&mut plugin, input));
    let features: Vec<String> =
        descriptor.features().map(|feature| text(Some(feature))).take(64).collect();
    PluginDescription {
        format: PluginFormat::Clap,
        id,
        name: text(descriptor.name()),
        vendor: text(descriptor.vendor()),
        version: text(descriptor.version()),
        summary: text(descriptor.description()),
        kind: kind(&features, [&audio_inputs, &audio_outputs], notes),
        features,
        audio_inputs,
        audio_outputs,
        note_inputs: notes[0],
        note_outputs: notes[1],
        parameters: parameters(&mut plugin),
        latency_frames: None,
        tail: Tail::Unknown,
        saves_state: plugin.get_extension::<PluginState>().is_some(),
        // They are files that a plug-in finds for itself.
        programs: Vec::new(),
    }
}

/// Has the timers go off that are due, and calls the plug-in back on its main thread where it asked
/// for that, as often as is reasonable.
pub fn call_back(instance: &mut PluginInstance<Host>) {
    let due = instance.access_handler(|main_thread| main_thread.due_timers());
    if let Some(timer) = instance.plugin_handle().get_extension::<PluginTimer>() {
        for id in due {
            // One that went off before may have ended this one.
            if instance.access_handler(|main_thread| main_thread.has_timer(id)) {
                timer.on_timer(&instance.plugin_handle(), id);
            }
        }
    }
    for _ in 0..MAX_CALLBACKS {
        let asked = |shared: &Shared| shared.callback.swap(false, Ordering::Relaxed);
        if !instance.access_shared_handler(asked) {
            return;
        }
        instance.call_on_main_thread_callback();
    }
}

fn kind(features: &[String], audio: [&Vec<AudioBus>; 2], notes: [u32; 2]) -> PluginKind {
    let has = |name: &str| features.iter().any(|feature| feature == name);
    if has("instrument") {
        PluginKind::Instrument
    } else if has("note-effect") {
        PluginKind::NoteEffect
    } else if has("audio-effect") || has("analyzer") {
        PluginKind::Effect
    } else {
        let [inputs, outputs] = audio.map(|buses| !buses.is_empty());
        PluginKind::of_ports(inputs, outputs, notes.map(|count| count > 0))
    }
}

/// Its audio ports; the format wants the main one first. One without the extension has none.
pub fn buses(plugin: &mut PluginMainThreadHandle<'_>, input: bool) -> Vec<AudioBus> {
    let Some(ports) = plugin.get_extension::<PluginAudioPorts>() else { return Vec::new() };
    let mut buffer = AudioPortInfoBuffer::new();
    let mut buses = Vec::new();
    for index in 0..ports.count(plugin, input).min(MAX_PORTS) {
        if let Some(port) = ports.get(plugin, index, input, &mut buffer) {
            buses.push(AudioBus {
                name: clean(port.name),
                channels: port.channel_count,
                main: port.flags.contains(AudioPortFlags::IS_MAIN),
            });
        }
    }
    buses
}

fn note_ports(plugin: &mut PluginMainThreadHandle<'_>, input: bool) -> u32 {
    plugin.get_extension::<PluginNotePorts>().map_or(0, |ports| ports.count(plugin, input))
}

fn parameters(plugin: &mut PluginMainThreadHandle<'_>) -> Vec<PluginParameter> {
    let Some(params) = plugin.get_extension::<PluginParams>() else { return Vec::new() };
    let mut buffer = ParamInfoBuffer::new();
    let mut parameters = Vec::new();
    for index in 0..params.count(plugin).min(MAX_PARAMETERS) {
        let Some(info) = params.get_info(plugin, index, &mut buffer) else { continue };
        let (min, max) = (finite_or(info.min_value, 0.0), finite_or(info.max_value, 1.0));
        let values = [min, finite_or(info.default_value, min), max];
        let texts = values.map(|value| {
            let mut text = [0; 256];
            let text = params.value_to_text(plugin, info.id, value, &mut text);
            text.map(|text| clean(text)).unwrap_or_default()
        });
        let has = |flag| info.flags.contains(flag);
        parameters.push(PluginParameter {
            id: info.id.get().to_string(),
            name: clean(info.name),
            group: clean(info.module),
            min,
            max,
            default: values[1],
            texts,
            stepped: has(ParamInfoFlags::IS_STEPPED),
            automatable: has(ParamInfoFlags::IS_AUTOMATABLE),
            read_only: has(ParamInfoFlags::IS_READONLY),
            hidden: has(ParamInfoFlags::IS_HIDDEN),
            bypass: has(ParamInfoFlags::IS_BYPASS),
        });
    }
    parameters
}

/// How late it is and how long it rings, which it knows once it is active.
fn latency_and_tail(instance: &mut PluginInstance<Host>) -> (Option<u32>, Tail) {
    let configuration = PluginAudioConfiguration {
        sample_rate: SAMPLE_RATE_HZ,
        min_frames_count: 1,
        max_frames_count: MAX_FRAMES,
    };
    let Ok(mut processor) = instance.activate(|_, _| Audio, configuration) else {
        return (None, Tail::Unknown);
    };
    call_back(instance);
    let (latency, tail) = (latency(instance), tail(&mut processor));
    instance.deactivate(processor);
    (Some(latency), tail)
}

/// How late an active plug-in is, in frames.
pub fn latency(instance: &mut PluginInstance<Host>) -> u32 {
    let plugin = instance.plugin_handle();
    let latency = plugin.get_extension::<PluginLatency>();
    latency.map_or(0, |extension| extension.get(&plugin))
}

/// How long an active plug-in rings.
pub fn tail(processor: &mut StoppedPluginAudioProcessor<Host>) -> Tail {
    let plugin = processor.plugin_handle();
    match plugin.get_extension::<PluginTail>().map(|extension| extension.get(&plugin)) {
        None => Tail::Unknown,
        Some(TailLength::Finite(frames)) => Tail::Frames(frames),
        Some(TailLength::Infinite) => Tail::Infinite,
    }
}

/// Text of a plug-in, cleaned.
pub fn text(text: Option<&CStr>) -> String {
    text.map(|text| clean(text.to_bytes())).unwrap_or_default()
}
