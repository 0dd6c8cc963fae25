//! A CLAP plug-in that runs, for its main thread.

use std::ffi::CString;
use std::io::Cursor;
use std::path::Path;
use std::sync::atomic::Ordering;

use clack_extensions::note_ports::{NotePortInfoBuffer, PluginNotePorts};
use clack_extensions::params::PluginParams;
use clack_extensions::render::{PluginRender, RenderMode};
use clack_extensions::state::PluginState;
use clack_host::events::io::EventBuffer;
use clack_host::plugin::PluginDescriptor;
use clack_host::prelude::*;
use clack_host::stream::{InputStream, OutputStream};
use clack_host::utils::ClapId;

use wavemill_plugins::run::{Record, RecordKind};

use super::audio::AudioThread;
use super::describe::{call_back, create, describe_instance, latency, load, tail, text};
use super::events::{Dialects, EventWriter};
use super::host::{Audio, Host};
use crate::bounded_state::BoundedState;
use crate::numbers::finite_or;
use crate::run::{Active, MainHalf, Opened, Setup};

/// A loaded plug-in.
pub struct Plugin {
    pub(super) instance: PluginInstance<Host>,
    /// Channels of its input and of its output ports.
    pub(super) ports: [Vec<usize>; 2],
    pub(super) parameters: Vec<ClapId>,
    defaults: Vec<f64>,
}

/// Loads the plug-in `id` of the bundle at `path`.
pub fn open(path: &Path, id: &str) -> Result<Opened, String> {
    let entry = load(path)?;
    let factory = entry.get_plugin_factory().ok_or("it has no plug-in factory")?;
    let is_meant =
        |found: &&PluginDescriptor| found.id().is_some_and(|found| text(Some(found)) == id);
    let descriptor = factory.plugin_descriptors().find(is_meant);
    let descriptor = descriptor.ok_or_else(|| format!("it has no plug-in '{id}'"))?;
    let raw = CString::from(descriptor.id().ok_or("it has no id")?);
    let mut instance = create(&entry, &raw)?;
    let description = describe_instance(&mut instance, descriptor, id.to_owned());
    let parameters = description.parameters.iter();
    let plugin = Plugin {
        ports: [&description.audio_inputs, &description.audio_outputs]
            .map(|buses| buses.iter().map(|bus| bus.channels as usize).collect()),
        parameters: parameters
            .clone()
            .filter_map(|p| ClapId::from_raw(p.id.parse().ok()?))
            .collect(),
        defaults: parameters.map(|parameter| parameter.default).collect(),
        instance,
    };
    Ok(Opened { description, plugin: Box::new(plugin) })
}

impl Plugin {
    /// How each note port of one direction wants to be told of notes.
    fn dialects(&mut self, input: bool) -> Option<Dialects> {
        let plugin = self.instance.plugin_handle();
        let ports = plugin.get_extension::<PluginNotePorts>()?;
        let mut buffer = NotePortInfoBuffer::new();
        let port = ports.get(&plugin, 0, input, &mut buffer)?;
        Some(Dialects::of(port.supported_dialects, port.preferred_dialect))
    }
}

impl MainHalf for Plugin {
    fn restore(&mut self, state: &[u8]) -> Result<(), String> {
        let plugin = self.instance.plugin_handle();
        let extension = plugin.get_extension::<PluginState>().ok_or("it has no state")?;
        let mut reader = Cursor::new(state);
        let loaded = extension.load(&plugin, &mut InputStream::from_reader(&mut reader));
        loaded.map_err(|_| "it refuses the state".to_owned())?;
        call_back(&mut self.instance);
        Ok(())
    }

    fn save(&mut self) -> Result<Vec<u8>, String> {
        let plugin = self.instance.plugin_handle();
        let extension = plugin.get_extension::<PluginState>().ok_or("it has no state")?;
        let mut state = BoundedState::default();
        let saved = extension.save(&plugin, &mut OutputStream::from_writer(&mut state));
        let state = state.bytes()?;
        saved.map_err(|_| "it cannot save its state".to_owned())?;
        Ok(state)
    }

    fn values(&mut self) -> Vec<f64> {
        let plugin = self.instance.plugin_handle();
        let extension = plugin.get_extension::<PluginParams>();
        let known = self.parameters.iter().zip(&self.defaults);
        let value = |(id, default): (&ClapId, &f64)| {
            let value = extension.as_ref().and_then(|params| params.get_value(&plugin, *id));
            finite_or(value.unwrap_or(*default), *default)
        };
        known.map(value).collect()
    }

    fn set(&mut self, values: &[(u32, f64)]) {
        let Some(mut plugin) = self.instance.inactive_plugin_handle() else { return };
        let Some(params) = plugin.get_extension::<PluginParams>() else { return };
        let record = |(index, value): &(u32, f64)| Record {
            frame: 0,
            kind: RecordKind::Parameter { index: *index, value: *value },
        };
        let records: Vec<Record> = values.iter().map(record).collect();
        let mut writer = EventWriter::new(self.parameters.clone(), None);
        let (mut said, mut heard) = (EventBuffer::new(), EventBuffer::new());
        writer.write(&records, &mut said);
        params.flush(&mut plugin, &said.as_input(), &mut heard.as_output());
    }

    fn activate(&mut self, setup: Setup) -> Result<Active, String> {
        let plugin = self.instance.plugin_handle();
        if let Some(render) = plugin.get_extension::<PluginRender>() {
            let mode = if setup.offline { RenderMode::Offline } else { RenderMode::Realtime };
            // What cannot render offline says so, and is run as it can.
            let _ = render.set(&plugin, mode);
        }
        let configuration = PluginAudioConfiguration {
            sample_rate: f64::from(setup.sample_rate_hz),
            min_frames_count: setup.block,
            max_frames_count: setup.block,
        };
        self.instance.access_shared_handler(|shared| shared.clock.activate(setup.sample_rate_hz));
        let activated = self.instance.activate(|_, _| Audio, configuration);
        let mut processor = activated.map_err(|error| error.to_string())?;
        call_back(&mut self.instance);
        // What it asked for before is done herewith, and what it asked for meanwhile is answered by
        // the latency that is read now.
        self.instance
            .access_shared_handler(|shared| shared.restart.store(false, Ordering::Relaxed));
        let dialects = self.dialects(true);
        let mpe = dialects.is_some_and(|dialects| dialects.mpe && !dialects.notes);
        let midi = dialects.is_some_and(|dialects| dialects.midi);
        let (latency_frames, tail) = (latency(&mut self.instance), tail(&mut processor));
        let events = EventWriter::new(self.parameters.clone(), dialects);
        let audio = AudioThread::new(processor, setup, self.ports.clone(), events);
        Ok(Active { latency_frames, tail, mpe, midi, audio: Box::new(audio) })
    }

    fn deactivate(&mut self) -> Result<(), String> {
        self.instance.try_deactivate().map_err(|error| error.to_string())
    }

    fn destroy(self: Box<Self>) {}

    fn call_back(&mut self) {
        call_back(&mut self.instance);
    }
}
