//! What the plug-ins of a VST3 bundle say of themselves.

use std::path::Path;

use vst3::ComPtr;
use vst3::Steinberg::Vst::{
    BusDirection, BusDirections_, BusInfo, BusTypes_, IAudioProcessor, IAudioProcessorTrait,
    IComponent, IComponentTrait, IConnectionPoint, IConnectionPointTrait, IEditController,
    IEditControllerTrait, MediaType, MediaTypes_, ParameterInfo, ParameterInfo_::ParameterFlags_,
    ProcessModes_, ProcessSetup, String128, SymbolicSampleSizes_, kInfiniteTail, kNoTail,
};
use vst3::Steinberg::{TUID, kNotImplemented, kResultOk};
use wavemill_core::session::PluginFormat;
use wavemill_plugins::message::Describing;
use wavemill_plugins::{AudioBus, PluginDescription, PluginKind, PluginParameter, Tail};

use super::module::{AudioClass, Module, wide};
use crate::numbers::finite_or;
use crate::replies::Replies;

/// Most parameters that are listed; what has more says nonsense.
const MAX_PARAMETERS: i32 = 65_536;
const MAX_BUSES: i32 = 1_024;

/// What latency and tail are asked at.
const SAMPLE_RATE_HZ: f64 = 48_000.0;
const MAX_FRAMES: i32 = 512;

const INPUT: BusDirection = BusDirections_::kInput.cast_signed();
const OUTPUT: BusDirection = BusDirections_::kOutput.cast_signed();
const AUDIO: MediaType = MediaTypes_::kAudio.cast_signed();
const EVENT: MediaType = MediaTypes_::kEvent.cast_signed();

/// Says what is in the bundle at `path`, from plug-in `from` on.
pub fn describe(from: u32, path: &Path, replies: &mut Replies) -> Result<(), String> {
    let module = Module::load(path)?;
    let count = u32::try_from(module.classes.len()).unwrap_or(u32::MAX);
    replies.say(&Describing::Loaded { plugins: count });
    for (index, class) in (0..count).zip(&module.classes) {
        if index < from {
            continue;
        }
        replies.say(&Describing::Begin { index, id: class.id.clone() });
        replies.say_described(describe_one(&module, class));
    }
    replies.say(&Describing::Done);
    // Nothing is unloaded: the process ends anyway.
    std::mem::forget(module);
    Ok(())
}

fn describe_one(module: &Module, class: &AudioClass) -> Result<PluginDescription, String> {
    let component = module.instance(class)?;
    let processor: ComPtr<IAudioProcessor> = component.cast().ok_or("it does not process audio")?;
    let audio_inputs = buses(&component, INPUT);
    let audio_outputs = buses(&component, OUTPUT);
    // SAFETY: the component is alive and initialised.
    let notes = [INPUT, OUTPUT].map(|direction| unsafe {
        u32::try_from(component.getBusCount(EVENT, direction)).unwrap_or(0)
    });
    let controller = controller(module, &component);
    let parameters = controller.as_ref().map(parameters).unwrap_or_default();
    let is = |name: &str| class.categories.iter().any(|category| category == name);
    let kind = if is("Instrument") {
        PluginKind::Instrument
    } else if is("Fx") {
        PluginKind::Effect
    } else {
        let [inputs, outputs] = [&audio_inputs, &audio_outputs].map(|buses| !buses.is_empty());
        PluginKind::of_ports(inputs, outputs, notes.map(|count| count > 0))
    };
    let (latency_frames, tail) = latency_and_tail(&component, &processor);
    let described = PluginDescription {
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
        note_inputs: notes[0],
        note_outputs: notes[1],
        parameters,
        latency_frames,
        tail,
        // The format has no plug-in without it.
        saves_state: true,
    };
    // What crashes at its end is described before, and its end is that of the process.
    std::mem::forget((component, processor, controller));
    Ok(described)
}

/// Its controller: the component itself, or an object of its own.
fn controller(module: &Module, component: &ComPtr<IComponent>) -> Option<ComPtr<IEditController>> {
    if let Some(controller) = component.cast() {
        return Some(controller);
    }
    let mut cid: TUID = [0; 16];
    // SAFETY: the component is alive and fills the id.
    let known = unsafe { component.getControllerClassId(&raw mut cid) } == kResultOk;
    let controller: ComPtr<IEditController> = known.then(|| module.create(&cid)).flatten()?;
    module.initialise(&controller).ok()?;
    connect(component, &controller);
    Some(controller)
}

/// Lets both halves of a plug-in know each other: some controllers have no parameters before.
fn connect(component: &ComPtr<IComponent>, controller: &ComPtr<IEditController>) {
    let halves = (component.cast::<IConnectionPoint>(), controller.cast::<IConnectionPoint>());
    if let (Some(component), Some(controller)) = halves {
        // SAFETY: both are alive for as long as the process, for they are never released.
        unsafe {
            component.connect(controller.as_ptr());
            controller.connect(component.as_ptr());
        }
    }
}

/// Its audio buses in one direction, the main one first.
fn buses(component: &ComPtr<IComponent>, direction: BusDirection) -> Vec<AudioBus> {
    let mut buses = Vec::new();
    // SAFETY: the component is alive and fills the structure.
    unsafe {
        for index in 0..component.getBusCount(AUDIO, direction).clamp(0, MAX_BUSES) {
            let mut info: BusInfo = std::mem::zeroed();
            if component.getBusInfo(AUDIO, direction, index, &raw mut info) == kResultOk {
                buses.push(AudioBus {
                    name: wide(&info.name),
                    channels: u32::try_from(info.channelCount).unwrap_or(0),
                    main: info.busType == BusTypes_::kMain.cast_signed(),
                });
            }
        }
    }
    buses.sort_by_key(|bus| !bus.main);
    buses
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
fn latency_and_tail(
    component: &ComPtr<IComponent>,
    processor: &ComPtr<IAudioProcessor>,
) -> (Option<u32>, Tail) {
    let mut setup = ProcessSetup {
        processMode: ProcessModes_::kOffline.cast_signed(),
        symbolicSampleSize: SymbolicSampleSizes_::kSample32.cast_signed(),
        maxSamplesPerBlock: MAX_FRAMES,
        sampleRate: SAMPLE_RATE_HZ,
    };
    // SAFETY: both are alive; the calls come in the order that the format asks for.
    unsafe {
        let set = processor.setupProcessing(&raw mut setup);
        for direction in [INPUT, OUTPUT] {
            // Only the main buses are used; a bus that there is not is refused without harm.
            component.activateBus(AUDIO, direction, 0, 1);
        }
        // Some do nothing to become active, and say so.
        let active = component.setActive(1);
        if set != kResultOk || (active != kResultOk && active != kNotImplemented) {
            return (None, Tail::Unknown);
        }
        let latency = processor.getLatencySamples();
        let tail = match processor.getTailSamples() {
            tail if tail == kNoTail => Tail::Frames(0),
            tail if tail == kInfiniteTail => Tail::Infinite,
            tail => Tail::Frames(tail),
        };
        component.setActive(0);
        (Some(latency), tail)
    }
}
