//! A VST3 plug-in that says in its output what it is told, and tests that it is told all of it.

use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, Ordering};
use std::sync::{Mutex, PoisonError};

use vst3::Steinberg::Vst::{ControllerNumbers_::kPitchBend, *};
use vst3::Steinberg::{
    FIDString, FUnknown, IBStream, IBStreamTrait, IPlugView, IPluginBaseTrait, TBool, TUID, int16,
    int32, kInvalidArgument, kNotImplemented, kResultFalse, kResultOk, tresult, uint32,
};
use vst3::{Class, ComRef, ComWrapper};
use wavemill_core::process::EventKind;
use wavemill_core::session::ControllerTarget;
use wavemill_plugins::run::{Record, RecordKind, Transport};

use super::create::assemble;
use super::instance::opened;
use super::module::AudioClass;
use crate::run::{Active, Block, Guarded, Opened, Setup};

/// Parameters by id; the second is where the pitch bend goes.
const PARAMETERS: [ParamID; 2] = [900, 12];

/// Component, processor and controller in one. In each direction, its buses are a mono one that is
/// no main bus and a stereo one that is.
#[derive(Default)]
struct Synthetic {
    handler: AtomicPtr<IComponentHandler>,
    activations: AtomicI32,
    values: Mutex<[f64; 2]>,
    calls: Mutex<Vec<String>>,
    /// Whether it refuses all state.
    refuses: AtomicBool,
    /// Whether it says that its latency changed whenever it becomes active, not the first time only.
    never_settles: AtomicBool,
}

impl Synthetic {
    fn note(&self, call: impl Into<String>) {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner).push(call.into());
    }
}

impl Class for Synthetic {
    type Interfaces = (IComponent, IAudioProcessor, IEditController, IMidiMapping);
}

impl IPluginBaseTrait for Synthetic {
    unsafe fn initialize(&self, _: *mut FUnknown) -> tresult {
        kResultOk
    }

    unsafe fn terminate(&self) -> tresult {
        self.note("terminate");
        kResultOk
    }
}

impl IComponentTrait for Synthetic {
    unsafe fn getControllerClassId(&self, _: *mut TUID) -> tresult {
        kNotImplemented
    }

    unsafe fn setIoMode(&self, _: IoMode) -> tresult {
        kNotImplemented
    }

    unsafe fn getBusCount(&self, media: MediaType, _: BusDirection) -> int32 {
        if media == MediaTypes_::kAudio.cast_signed() { 2 } else { 1 }
    }

    unsafe fn getBusInfo(
        &self,
        _: MediaType,
        _: BusDirection,
        index: int32,
        info: *mut BusInfo,
    ) -> tresult {
        let kind = if index == 1 { BusTypes_::kMain } else { BusTypes_::kAux };
        // SAFETY: the host passes a structure to fill.
        unsafe {
            (*info).channelCount = index + 1;
            (*info).busType = kind.cast_signed();
        }
        kResultOk
    }

    unsafe fn getRoutingInfo(&self, _: *mut RoutingInfo, _: *mut RoutingInfo) -> tresult {
        kNotImplemented
    }

    unsafe fn activateBus(
        &self,
        media: MediaType,
        direction: BusDirection,
        index: int32,
        state: TBool,
    ) -> tresult {
        self.note(format!("bus {media} {direction} {index} {state}"));
        kResultOk
    }

    unsafe fn setActive(&self, state: TBool) -> tresult {
        self.note(format!("active {state}"));
        let never_settles = self.never_settles.load(Ordering::Relaxed);
        let says = |before| before == 0 || never_settles;
        if state == 1 && says(self.activations.fetch_add(1, Ordering::Relaxed)) {
            // SAFETY: the host's handler is alive.
            if let Some(handler) = unsafe { ComRef::from_raw(self.handler.load(Ordering::Relaxed)) }
            {
                // SAFETY: as above.
                unsafe { handler.restartComponent(RestartFlags_::kLatencyChanged) };
            }
        }
        kNotImplemented
    }

    unsafe fn setState(&self, state: *mut IBStream) -> tresult {
        let mut bytes = [0_u8; 16];
        let mut read = 0;
        // SAFETY: the host passes a stream, and there is room for 16 bytes.
        unsafe {
            let Some(stream) = ComRef::from_raw(state) else { return kInvalidArgument };
            stream.read(bytes.as_mut_ptr().cast(), 16, &raw mut read);
        }
        if read != 16 || self.refuses.load(Ordering::Relaxed) {
            return kResultFalse;
        }
        let half = |from: usize| bytes[from..from + 8].try_into().map_or(0.0, f64::from_le_bytes);
        *self.values.lock().unwrap_or_else(PoisonError::into_inner) = [half(0), half(8)];
        kResultOk
    }

    unsafe fn getState(&self, state: *mut IBStream) -> tresult {
        let values = *self.values.lock().unwrap_or_else(PoisonError::into_inner);
        let mut bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        // SAFETY: the host passes a stream, and there are 16 bytes.
        unsafe {
            let Some(stream) = ComRef::from_raw(state) else { return kInvalidArgument };
            stream.write(bytes.as_mut_ptr().cast(), 16, std::ptr::null_mut())
        }
    }
}

impl IAudioProcessorTrait for Synthetic {
    unsafe fn setBusArrangements(
        &self,
        inputs: *mut SpeakerArrangement,
        ins: int32,
        outputs: *mut SpeakerArrangement,
        outs: int32,
    ) -> tresult {
        let [inputs, outputs] = [(inputs, ins), (outputs, outs)].map(|(speakers, count)| {
            // SAFETY: the host passes so many sets of speakers.
            unsafe { std::slice::from_raw_parts(speakers, count.unsigned_abs() as usize) }
        });
        self.note(format!("arrange {inputs:?} {outputs:?}"));
        kResultOk
    }

    unsafe fn getBusArrangement(
        &self,
        _: BusDirection,
        index: int32,
        speakers: *mut SpeakerArrangement,
    ) -> tresult {
        // SAFETY: the host passes a place for a set of speakers.
        unsafe { *speakers = if index == 1 { 3 } else { 1 << 19 } };
        kResultOk
    }

    unsafe fn canProcessSampleSize(&self, _: int32) -> tresult {
        kResultOk
    }

    unsafe fn getLatencySamples(&self) -> uint32 {
        if self.activations.load(Ordering::Relaxed) == 2 { 77 } else { 5 }
    }

    unsafe fn setupProcessing(&self, setup: *mut ProcessSetup) -> tresult {
        // SAFETY: the host passes a structure.
        let setup = unsafe { &*setup };
        let ProcessSetup { processMode, maxSamplesPerBlock, sampleRate, .. } = setup;
        self.note(format!("setup {processMode} {maxSamplesPerBlock} {sampleRate}"));
        kResultOk
    }

    unsafe fn setProcessing(&self, state: TBool) -> tresult {
        self.note(format!("processing {state}"));
        kNotImplemented
    }

    unsafe fn process(&self, data: *mut ProcessData) -> tresult {
        // SAFETY: the host passes a structure all of which is as the format has it.
        unsafe { process(&*data) }
    }

    unsafe fn getTailSamples(&self) -> uint32 {
        kInfiniteTail
    }
}

/// Writes the velocity of notes to the first channel of the main bus, points of parameters to the
/// second, and the transport to the other bus; says notes back a frame later, and a parameter. The
/// last frame passes through.
///
/// # Safety
///
/// All of `data` is as the format has it, for buses of one and two channels.
#[allow(clippy::cast_sign_loss, clippy::cast_possible_truncation)]
unsafe fn process(data: &ProcessData) -> tresult {
    // SAFETY: told by the caller.
    unsafe {
        let buses = std::slice::from_raw_parts(data.outputs, data.numOutputs as usize);
        let [other, main] = buses else { return kInvalidArgument };
        let channel = |bus: &AudioBusBuffers, index| {
            let channel = *bus.__field0.channelBuffers32.add(index);
            std::slice::from_raw_parts_mut(channel, data.numSamples as usize)
        };
        let (other, notes, points) = (channel(other, 0), channel(main, 0), channel(main, 1));
        let inputs = std::slice::from_raw_parts(data.inputs, data.numInputs as usize);
        let [other_in, main_in] = inputs else { return kInvalidArgument };
        other[15] = channel(other_in, 0)[15];
        notes[15] = channel(main_in, 0)[15];
        points[15] = channel(main_in, 1)[15];
        let context = &*data.processContext;
        other[0] = context.projectTimeMusic as f32;
        other[1] = context.tempo as f32;
        other[2] = context.projectTimeSamples as f32;
        other[3] = context.state as f32;
        let events = ComRef::from_raw(data.inputEvents);
        let back = ComRef::from_raw(data.outputEvents);
        let (Some(events), Some(back)) = (events, back) else { return kInvalidArgument };
        for index in 0..events.getEventCount() {
            let mut event: Event = std::mem::zeroed();
            events.getEvent(index, &raw mut event);
            notes[event.sampleOffset as usize] = event.__field0.noteOn.velocity;
            event.sampleOffset += 1;
            back.addEvent(&raw mut event);
        }
        let changes = ComRef::from_raw(data.inputParameterChanges);
        let said = ComRef::from_raw(data.outputParameterChanges);
        let (Some(changes), Some(said)) = (changes, said) else { return kInvalidArgument };
        for index in 0..changes.getParameterCount() {
            let Some(queue) = ComRef::from_raw(changes.getParameterData(index)) else { break };
            for point in 0..queue.getPointCount() {
                let (mut frame, mut value) = (0, 0.0);
                queue.getPoint(point, &raw mut frame, &raw mut value);
                points[frame as usize] = queue.getParameterId() as f32 + value as f32;
            }
            let id = queue.getParameterId();
            let meter = ComRef::from_raw(said.addParameterData(&raw const id, &mut 0));
            meter.map(|meter| meter.addPoint(0, 1.0, &mut 0));
        }
    }
    kResultOk
}

impl IEditControllerTrait for Synthetic {
    unsafe fn setComponentState(&self, _: *mut IBStream) -> tresult {
        self.note("component state");
        kResultOk
    }

    unsafe fn setState(&self, _: *mut IBStream) -> tresult {
        self.note("controller state");
        kResultOk
    }

    unsafe fn getState(&self, state: *mut IBStream) -> tresult {
        let mut byte = 1_u8;
        // SAFETY: the host passes a stream.
        unsafe {
            let Some(stream) = ComRef::from_raw(state) else { return kInvalidArgument };
            stream.write((&raw mut byte).cast(), 1, std::ptr::null_mut())
        }
    }

    unsafe fn getParameterCount(&self) -> int32 {
        2
    }

    unsafe fn getParameterInfo(&self, index: int32, info: *mut ParameterInfo) -> tresult {
        let id = usize::try_from(index).ok().and_then(|index| PARAMETERS.get(index));
        let Some(id) = id else { return kInvalidArgument };
        // SAFETY: the host passes a structure to fill.
        unsafe { (*info).id = *id };
        kResultOk
    }

    unsafe fn getParamStringByValue(
        &self,
        _: ParamID,
        _: ParamValue,
        _: *mut String128,
    ) -> tresult {
        kNotImplemented
    }

    unsafe fn getParamValueByString(
        &self,
        _: ParamID,
        _: *mut TChar,
        _: *mut ParamValue,
    ) -> tresult {
        kNotImplemented
    }

    unsafe fn normalizedParamToPlain(&self, _: ParamID, value: ParamValue) -> ParamValue {
        value
    }

    unsafe fn plainParamToNormalized(&self, _: ParamID, value: ParamValue) -> ParamValue {
        value
    }

    unsafe fn getParamNormalized(&self, id: ParamID) -> ParamValue {
        let values = self.values.lock().unwrap_or_else(PoisonError::into_inner);
        if id == PARAMETERS[0] { values[0] } else { values[1] }
    }

    unsafe fn setParamNormalized(&self, _: ParamID, _: ParamValue) -> tresult {
        kNotImplemented
    }

    unsafe fn setComponentHandler(&self, handler: *mut IComponentHandler) -> tresult {
        self.handler.store(handler, Ordering::Relaxed);
        kResultOk
    }

    unsafe fn createView(&self, _: FIDString) -> *mut IPlugView {
        std::ptr::null_mut()
    }
}

impl IMidiMappingTrait for Synthetic {
    unsafe fn getMidiControllerAssignment(
        &self,
        bus: int32,
        channel: int16,
        number: CtrlNumber,
        id: *mut ParamID,
    ) -> tresult {
        if (bus, channel, u32::try_from(number)) != (0, 3, Ok(kPitchBend)) {
            return kResultFalse;
        }
        // SAFETY: the host passes a place for an id.
        unsafe { *id = PARAMETERS[1] };
        kResultOk
    }
}

fn open() -> (ComWrapper<Synthetic>, Opened) {
    let plugin = ComWrapper::new(Synthetic::default());
    let component = plugin.to_com_ptr::<IComponent>().unwrap();
    let controller = plugin.to_com_ptr::<IEditController>();
    let instance = assemble(component, controller, false).unwrap();
    (plugin, opened(instance, &AudioClass::of_test()))
}

fn calls(plugin: &Synthetic) -> Vec<String> {
    std::mem::take(&mut plugin.calls.lock().unwrap())
}

const SETUP: Setup = Setup { sample_rate_hz: 48_000, block: 16, offline: true };

#[test]
fn activation_calls_what_the_format_asks_for_in_its_order() {
    let (plugin, mut opened) = open();
    let [inputs, outputs] = [&opened.description.audio_inputs, &opened.description.audio_outputs]
        .map(|buses| buses.iter().map(|bus| bus.channels).collect::<Vec<_>>());
    assert_eq!((inputs, outputs), (vec![2, 1], vec![2, 1]), "the main bus comes first");
    let Active { latency_frames, tail, mut audio, .. } = opened.plugin.activate(SETUP).unwrap();
    audio.start().unwrap();
    // It said while it became active that its latency changed, which counts from the next time on.
    assert_eq!((latency_frames, tail), (77, wavemill_plugins::Tail::Infinite));
    let expected = [
        "arrange [524288, 3] [524288, 3]",
        "setup 2 16 48000",
        "bus 0 0 1 1",
        "bus 0 0 0 1",
        "bus 1 0 0 1",
        "bus 0 1 1 1",
        "bus 0 1 0 1",
        "bus 1 1 0 1",
        "active 1",
        "active 0",
        "active 1",
        "processing 1",
    ];
    assert_eq!(calls(&plugin), expected);
}

#[test]
fn what_says_whenever_it_becomes_active_that_its_latency_changed_is_not_activated_for_ever() {
    let (plugin, mut opened) = open();
    plugin.never_settles.store(true, Ordering::Relaxed);
    let Active { latency_frames, audio, .. } = opened.plugin.activate(SETUP).unwrap();
    assert_eq!((latency_frames, plugin.activations.load(Ordering::Relaxed)), (77, 2));
    assert!(!audio.asks_for_restart());
}

#[test]
fn checks_arrange_it_leave_a_bus_out_and_end_it_in_order() {
    let (plugin, mut opened) = open();
    let mono = opened.plugin.arrangements().remove(0);
    assert_eq!(mono.channels, [const { [Some(1), Some(1)] }; 2].map(Vec::from));
    // It agrees to everything, and stays what it is.
    assert!(opened.plugin.arrange(&mono) && !mono.is_met_by(&opened.plugin.channels()));
    assert_eq!(calls(&plugin), ["arrange [524288, 524288] [524288, 524288]"]);
    assert_eq!(opened.plugin.channels(), [const { [2, 1] }; 2].map(Vec::from));
    assert!(opened.plugin.leave_out(1));
    let mut audio = opened.plugin.activate(SETUP).unwrap().audio;
    audio.start().unwrap();
    audio.stop();
    drop(audio);
    opened.plugin.deactivate().unwrap();
    opened.plugin.destroy();
    assert!(plugin.handler.load(Ordering::Relaxed).is_null());
    let calls = calls(&plugin);
    let switched: Vec<_> = calls.iter().filter(|call| call.ends_with(" 0 0")).collect();
    assert_eq!(switched, ["bus 0 0 0 0"], "{calls:?}");
    assert_eq!(calls[calls.len() - 4..], ["processing 1", "processing 0", "active 0", "terminate"]);
}

#[test]
fn a_block_says_all_that_happens_and_hears_what_is_said_back() {
    let (_plugin, mut opened) = open();
    let mut audio = opened.plugin.activate(SETUP).unwrap().audio;
    audio.start().unwrap();
    let [mut inputs, mut outputs] =
        [0, 1].map(|_| (0..3).map(|_| Guarded::new(16).unwrap()).collect::<Vec<_>>());
    for (input, value) in inputs.iter_mut().zip([0.1, 0.2, 0.3]) {
        input.samples().fill(value);
    }
    let (note, channel, key) = (9, 2, 64);
    let on = EventKind::NoteOn { note, channel, key, velocity: 0.5 };
    let bend =
        EventKind::Controller { channel: 3, target: ControllerTarget::PitchBend, value: -0.5 };
    let event = |frame, kind| Record { frame, kind: RecordKind::Event(kind) };
    let set = Record { frame: 4, kind: RecordKind::Parameter { index: 0, value: 0.75 } };
    let mut events_out = Vec::with_capacity(4);
    let mut block = Block {
        time: -8,
        transport: Transport { quarters: 1.5, tempo_bpm: 90.0, ..Transport::default() },
        inputs: &mut inputs,
        outputs: &mut outputs,
        events: &[set, event(7, on), event(9, bend)],
        events_out: &mut events_out,
    };
    audio.process(&mut block).unwrap();
    assert_eq!(*block.events_out, [event(8, on)]);
    let [notes, points, other] = &mut *block.outputs else { unreachable!() };
    let heard = |channel: &mut Guarded| -> Vec<(usize, f32)> {
        let all = channel.samples().iter().copied().enumerate();
        all.filter(|(_, sample)| *sample != 0.0).collect()
    };
    assert_eq!(heard(notes), [(7, 0.5), (15, 0.1)]);
    assert_eq!(heard(points), [(4, 900.75), (9, 12.25), (15, 0.2)]);
    let state = 1 << 1 | 1 << 9 | 1 << 10 | 1 << 11 | 1 << 13 | 1 << 17;
    let told = [(0, 1.5), (1, 90.0), (2, -8.0), (3, state as f32), (15, 0.3)];
    assert_eq!(heard(other), told);
    let mut few = [Guarded::new(16).unwrap(), Guarded::new(16).unwrap()];
    block.outputs = &mut few;
    let refused = audio.process(&mut block).unwrap_err();
    assert!(refused.contains("3 channels, and the host gives it 2"), "{refused}");
}

#[test]
fn state_goes_to_both_halves_in_order() {
    let (first, mut saved) = open();
    *first.values.lock().unwrap() = [0.25, 1.0];
    let state = saved.plugin.save().unwrap();
    let (second, mut restored) = open();
    assert_eq!(restored.plugin.values(), [0.0, 0.0]);
    restored.plugin.restore(&state).unwrap();
    assert_eq!(restored.plugin.values(), [0.25, 1.0]);
    assert_eq!(calls(&second), ["component state", "controller state"]);
    // What refuses the state it has, has it all the same.
    second.refuses.store(true, Ordering::Relaxed);
    restored.plugin.restore(&state).unwrap();
    let short = wavemill_plugins::preset::Vst3State { component: vec![1], controller: Vec::new() }
        .to_bytes();
    let refused = restored.plugin.restore(&short).unwrap_err();
    assert!(refused.contains("refuses the state: result 1"), "{refused}");
    *second.values.lock().unwrap() = [0.5, 1.0];
    restored.plugin.restore(&state).unwrap_err();
}
