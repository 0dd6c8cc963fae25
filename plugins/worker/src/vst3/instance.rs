//! A VST3 plug-in that runs, for its main thread.

use std::mem::ManuallyDrop;
use std::path::Path;

use vst3::ComWrapper;
use vst3::Steinberg::Vst::{IComponentTrait, IEditControllerTrait, ParamID, kNoParamId};
use vst3::Steinberg::{
    IBStream, kInternalError, kNotImplemented, kOutOfMemory, kResultOk, tresult,
};

use super::activation::{activate, flush, set_active};
use super::audio::AudioThread;
use super::buses::Buses;
use super::create::{Instance, create};
use super::describe::{buses, describe_instance};
use super::events::EventWriter;
use super::midi_mapping::MidiMapping;
use super::module::{AudioClass, Module};
use super::parameters::{Changes, ParameterWriter};
use super::stream::Stream;
use crate::bounded_state::too_large;
use crate::numbers::finite_or;
use crate::run::exclusive::Exclusives;
use crate::run::{Active, MainHalf, Opened, Setup};
use wavemill_plugins::preset::Vst3State;

/// A loaded plug-in.
pub struct Plugin {
    /// Its end is that of the process, unless it is destroyed before.
    pub(super) instance: ManuallyDrop<Instance>,
    /// Its inputs and its outputs.
    pub(super) buses: [Buses; 2],
    pub(super) parameters: Vec<ParamID>,
    defaults: Vec<f64>,
    /// What to set once it is active, by places in the description.
    settings: Vec<(u32, f64)>,
}

/// Loads the plug-in `id` of the bundle at `path`.
pub fn open(path: &Path, id: &str) -> Result<Opened, String> {
    let module = Module::of_process(path)?;
    let class = module.classes.iter().find(|class| class.id == id);
    let class = class.ok_or_else(|| format!("it has no plug-in '{id}'"))?;
    Ok(opened(create(module, class)?, class))
}

/// An instance of `class` that is ready for a host.
pub fn opened(instance: Instance, class: &AudioClass) -> Opened {
    let description = describe_instance(&instance, class);
    let parameters = description.parameters.iter();
    let plugin = Plugin {
        buses: buses(&instance),
        parameters: parameters.clone().map(|p| p.id.parse().unwrap_or(kNoParamId)).collect(),
        defaults: parameters.map(|parameter| parameter.default).collect(),
        settings: Vec::new(),
        instance: ManuallyDrop::new(instance),
    };
    plugin.tell_controller();
    Opened { description, plugin: Box::new(plugin) }
}

impl Plugin {
    /// Tells a controller of its own what the component starts with.
    fn tell_controller(&self) {
        let Instance { component, controller, is_separate, .. } = &*self.instance;
        let Some(controller) = controller.as_ref().filter(|_| *is_separate) else { return };
        // SAFETY: both are alive, and so are the streams during the calls.
        unsafe {
            let state = written(|stream| component.getState(stream)).unwrap_or_default();
            if !state.is_empty() {
                // Those that keep nothing of it say so.
                read(&state, |stream| controller.setComponentState(stream));
            }
        }
    }
}

impl MainHalf for Plugin {
    fn restore(&mut self, state: &[u8]) -> Result<(), String> {
        let state = Vst3State::of_bytes(state)?;
        let Instance { component, controller, .. } = &*self.instance;
        if !state.component.is_empty() {
            // SAFETY: the component is alive, and so are the streams during the calls.
            let (result, now) = unsafe {
                let result = read(&state.component, |stream| component.setState(stream));
                (result, written(|stream| component.getState(stream)))
            };
            // Those with nothing to save may refuse that nothing, which they have anyway.
            if result != kResultOk && now.as_ref() != Ok(&state.component) {
                return Err(format!("it refuses the state: result {result}"));
            }
        }
        let Some(controller) = controller else { return Ok(()) };
        // What a controller answers is heard by no host, so many answer what they like.
        // SAFETY: the controller is alive, and so are the streams during the calls.
        unsafe {
            if !state.component.is_empty() {
                read(&state.component, |stream| controller.setComponentState(stream));
            }
            if !state.controller.is_empty() {
                read(&state.controller, |stream| controller.setState(stream));
            }
        }
        Ok(())
    }

    fn save(&mut self) -> Result<Vec<u8>, String> {
        let Instance { component, controller, .. } = &*self.instance;
        // SAFETY: the component is alive, and so is the stream during the call.
        let component = match written(|stream| unsafe { component.getState(stream) }) {
            Ok(state) => state,
            Err(result) if result == kOutOfMemory => return Err(too_large()),
            Err(result) if result == kNotImplemented => Vec::new(),
            Err(result) => return Err(format!("it cannot save its state: result {result}")),
        };
        let controller = controller.as_ref().and_then(|controller| {
            // SAFETY: as above, of the controller.
            written(|stream| unsafe { controller.getState(stream) }).ok()
        });
        Ok(Vst3State { component, controller: controller.unwrap_or_default() }.to_bytes())
    }

    fn values(&mut self) -> Vec<f64> {
        let known = self.parameters.iter().zip(&self.defaults);
        let value = |(id, default): (&ParamID, &f64)| {
            let controller = self.instance.controller.as_ref();
            // SAFETY: the controller is alive.
            let value = controller.map(|controller| unsafe { controller.getParamNormalized(*id) });
            finite_or(value.unwrap_or(*default), *default)
        };
        known.map(value).collect()
    }

    fn set(&mut self, values: &[(u32, f64)]) {
        let known = values.iter().filter(|(index, _)| (*index as usize) < self.parameters.len());
        self.settings = known.copied().collect();
        let Some(controller) = &self.instance.controller else { return };
        for (index, value) in &self.settings {
            // SAFETY: the controller is alive.
            unsafe { controller.setParamNormalized(self.parameters[*index as usize], *value) };
        }
    }

    fn activate(&mut self, setup: Setup) -> Result<Active, String> {
        let (mut latency_frames, mut tail) = activate(&self.instance, &self.buses, setup)?;
        // Once: where it is activated again, it has moved on.
        let settings = std::mem::take(&mut self.settings);
        if !settings.is_empty() {
            let changes = ComWrapper::new(Changes::new());
            let mut writer = ParameterWriter::new(self.parameters.clone());
            for (index, value) in &settings {
                writer.put(*index as usize, 0, *value, &changes);
            }
            (latency_frames, tail) = flush(&self.instance, &changes, setup)?;
        }
        let writer = EventWriter {
            parameters: ParameterWriter::new(self.parameters.clone()),
            mapping: MidiMapping::of(self.instance.controller.as_ref(), &self.parameters),
            takes_notes: self.buses[0].events() > 0,
            exclusives: Exclusives::new(),
        };
        let processor = self.instance.processor.clone();
        let handler = self.instance.handler.clone();
        let audio = AudioThread::new(processor, setup, &self.buses, (writer, handler));
        Ok(Active { latency_frames, tail, mpe: false, midi: true, audio: Box::new(audio) })
    }

    fn deactivate(&mut self) -> Result<(), String> {
        set_active(&self.instance, false)
    }

    fn destroy(self: Box<Self>) {
        let Self { instance, .. } = *self;
        ManuallyDrop::into_inner(instance).end();
    }

    // The format has no such thing.
    fn call_back(&mut self) {}
}

/// Has `with` read `bytes` from a stream, and gives its answer.
fn read(bytes: &[u8], with: impl FnOnce(*mut IBStream) -> tresult) -> tresult {
    let stream = ComWrapper::new(Stream::of(bytes));
    stream.as_com_ref::<IBStream>().map_or(kInternalError, |stream| with(stream.as_ptr()))
}

/// What `with` writes to a stream, or its answer where it does not.
fn written(with: impl FnOnce(*mut IBStream) -> tresult) -> Result<Vec<u8>, tresult> {
    let stream = ComWrapper::new(Stream::default());
    let result = stream.as_com_ref::<IBStream>().map(|stream| with(stream.as_ptr()));
    match result.unwrap_or(kInternalError) {
        _ if stream.is_full() => Err(kOutOfMemory),
        result if result == kResultOk => Ok(stream.bytes()),
        result => Err(result),
    }
}
