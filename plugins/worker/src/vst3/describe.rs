//! What the plug-ins of a VST3 bundle say of themselves.

use std::path::Path;

use vst3::ComPtr;
use vst3::Steinberg::Vst::{
    IEditController, IEditControllerTrait, ParameterInfo, ParameterInfo_::ParameterFlags_,
    String128,
};
use vst3::Steinberg::kResultOk;
use wavemill_core::session::PluginFormat;
use wavemill_plugins::message::Describing;
use wavemill_plugins::{PluginDescription, PluginKind, PluginParameter, Tail};

use super::activation::{activate, set_active};
use super::buses::{Buses, INPUT, OUTPUT};
use super::create::{Instance, create};
use super::module::{AudioClass, Module, wide};
use super::programs::programs;
use crate::numbers::finite_or;
use crate::replies::Replies;
use crate::run::Setup;

/// Most parameters that are listed; what has more says nonsense.
const MAX_PARAMETERS: i32 = 65_536;

/// What latency and tail are asked at.
const SETUP: Setup = Setup { sample_rate_hz: 48_000, block: 512, offline: true };

/// Says what is in the bundle at `path`, from plug-in `from` on.
pub fn describe(from: u32, path: &Path, replies: &mut Replies) -> Result<(), String> {
    let module = Module::of_process(path)?;
    let count = u32::try_from(module.classes.len()).unwrap_or(u32::MAX);
    replies.say(&Describing::Loaded { plugins: count });
    for (index, class) in (0..count).zip(&module.classes) {
        if index < from {
            continue;
        }
        replies.say(&Describing::Begin { index, id: class.id.clone() });
        replies.say_described(describe_one(module, class));
    }
    replies.say(&Describing::Done);
    Ok(())
}

fn describe_one(module: &Module, class: &AudioClass) -> Result<PluginDescription, String> {
    let instance = create(module, class)?;
    let mut description = describe_instance(&instance, class);
    (description.latency_frames, description.tail) = latency_and_tail(&instance);
    // What crashes at its end is described before, and its end is that of the process.
    std::mem::forget(instance);
    Ok(description)
}

/// What an instance that was not activated yet says of itself.
pub fn describe_instance(instance: &Instance, class: &AudioClass) -> PluginDescription {
    let [inputs, outputs] = buses(instance);
    let is = |name: &str| class.categories.iter().any(|category| category == name);
    let (audio_inputs, audio_outputs) = (inputs.list(), outputs.list());
    let (note_inputs, note_outputs) = (inputs.events(), outputs.events());
    let kind = if is("Instrument") {
        PluginKind::Instrument
    } else if is("Fx") {
        PluginKind::Effect
    } else {
        let [inputs, outputs] = [&audio_inputs, &audio_outputs].map(|buses| !buses.is_empty());
        PluginKind::of_ports(inputs, outputs, [note_inputs, note_outputs].map(|count| count > 0))
    };
    PluginDescription {
        format: PluginFormat::Vst3,
        id: class.id.clone(),
        name: class.name.clone(),
        vendor: class.vendor.clone(),
        version: class.version.clone(),
        summary: String::new(),
        features: class.categories.iter().filter(|c| !c.is_empty()).cloned().collect(),
        kind,
        audio_inputs,
        audio_outputs,
        note_inputs,
        note_outputs,
        parameters: instance.controller.as_ref().map(parameters).unwrap_or_default(),
        latency_frames: None,
        tail: Tail::Unknown,
        // The format has no plug-in without it.
        saves_state: true,
        programs: instance.controller.as_ref().map(programs).unwrap_or_default(),
    }
}

/// Its inputs and its outputs.
pub fn buses(instance: &Instance) -> [Buses; 2] {
    [INPUT, OUTPUT].map(|direction| Buses::of(&instance.component, direction))
}

/// Its parameters; their values go from 0 to 1 as the format has it.
fn parameters(controller: &ComPtr<IEditController>) -> Vec<PluginParameter> {
    let mut parameters = Vec::new();
    // SAFETY: the controller is alive and fills the structures.
    unsafe {
        for index in 0..controller.getParameterCount().clamp(0, MAX_PARAMETERS) {
            let mut info: ParameterInfo = std::mem::zeroed();
            if controller.getParameterInfo(index, &raw mut info) != kResultOk {
                continue;
            }
            let units = wide(&info.units);
            let texts = [0.0, info.defaultNormalizedValue, 1.0].map(|value| {
                let mut text: String128 = [0; 128];
                match controller.getParamStringByValue(info.id, value, &raw mut text) {
                    result if result == kResultOk => match wide(&text) {
                        text if units.is_empty() || text.is_empty() => text,
                        text => format!("{text} {units}"),
                    },
                    _ => String::new(),
                }
            });
            let has = |flag: i32| info.flags & flag != 0;
            parameters.push(PluginParameter {
                id: info.id.to_string(),
                name: wide(&info.title),
                group: String::new(),
                min: 0.0,
                max: 1.0,
                default: finite_or(info.defaultNormalizedValue, 0.0),
                texts,
                stepped: info.stepCount > 0,
                automatable: has(ParameterFlags_::kCanAutomate),
                read_only: has(ParameterFlags_::kIsReadOnly),
                hidden: has(ParameterFlags_::kIsHidden),
                bypass: has(ParameterFlags_::kIsBypass),
            });
        }
    }
    parameters
}

/// How late it is and how long it rings, which it knows once it is active.
fn latency_and_tail(instance: &Instance) -> (Option<u32>, Tail) {
    let Ok((latency, tail)) = activate(instance, &buses(instance), SETUP) else {
        return (None, Tail::Unknown);
    };
    // It is not used again, whatever it says.
    let _ = set_active(instance, false);
    (Some(latency), tail)
}
