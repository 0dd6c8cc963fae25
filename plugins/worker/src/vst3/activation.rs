//! Making a plug-in ready to process: the calls, in the order that the format asks for.

use vst3::ComWrapper;
use vst3::Steinberg::Vst::{
    IAudioProcessorTrait, IComponentTrait, IParameterChanges, ProcessData, ProcessModes_,
    ProcessSetup, SymbolicSampleSizes_, kInfiniteTail, kNoTail,
};
use vst3::Steinberg::{kNotImplemented, kResultOk};
use wavemill_plugins::Tail;

use super::audio::lent;
use super::buses::Buses;
use super::create::Instance;
use super::parameters::Changes;
use crate::run::Setup;

/// How a plug-in processes that is set up with `setup`.
pub fn process_mode(setup: Setup) -> i32 {
    let mode = if setup.offline { ProcessModes_::kOffline } else { ProcessModes_::kRealtime };
    mode.cast_signed()
}

/// Activates the plug-in with all buses it was described with, each with the speakers it has of
/// its own accord. Gives its latency in frames and its tail.
pub fn activate(
    instance: &Instance,
    [inputs, outputs]: &[Buses; 2],
    setup: Setup,
) -> Result<(u32, Tail), String> {
    arrange(instance, [inputs, outputs])?;
    let frames = i32::try_from(setup.block).map_err(|_| "blocks are too long for it")?;
    let mut process = ProcessSetup {
        processMode: process_mode(setup),
        symbolicSampleSize: SymbolicSampleSizes_::kSample32.cast_signed(),
        maxSamplesPerBlock: frames,
        sampleRate: f64::from(setup.sample_rate_hz),
    };
    // SAFETY: the processor is alive and reads the structure.
    let result = unsafe { instance.processor.setupProcessing(&raw mut process) };
    if result != kResultOk {
        let rate = setup.sample_rate_hz;
        return Err(format!("it takes no blocks of {frames} frames at {rate} Hz: result {result}"));
    }
    inputs.activate(&instance.component);
    outputs.activate(&instance.component);
    instance.handler.take_latency_changed();
    set_active_for_good(instance)?;
    Ok(latency_and_tail(instance))
}

/// Has the active plug-in take `changes` of parameters before it hears anything, and activates it once
/// more: what follows them, as a latency may, is then as they want it. Gives latency and tail again.
pub fn flush(
    instance: &Instance,
    changes: &ComWrapper<Changes>,
    setup: Setup,
) -> Result<(u32, Tail), String> {
    let answer = ComWrapper::new(Changes::new());
    // No frames and no buses: the format's own way to pass parameters alone.
    let mut data = ProcessData {
        processMode: process_mode(setup),
        symbolicSampleSize: SymbolicSampleSizes_::kSample32.cast_signed(),
        numSamples: 0,
        numInputs: 0,
        numOutputs: 0,
        inputs: std::ptr::null_mut(),
        outputs: std::ptr::null_mut(),
        inputParameterChanges: lent::<_, IParameterChanges>(changes),
        outputParameterChanges: lent::<_, IParameterChanges>(&answer),
        inputEvents: std::ptr::null_mut(),
        outputEvents: std::ptr::null_mut(),
        processContext: std::ptr::null_mut(),
    };
    // Those that take none this way hear of them with the first block, as of all others.
    // SAFETY: the processor is alive and active, no other thread has it yet, and all that the
    // structure leads to lives until the call is over.
    unsafe {
        instance.processor.setProcessing(1);
        instance.processor.process(&raw mut data);
        instance.processor.setProcessing(0);
    }
    instance.handler.take_latency_changed();
    set_active(instance, false)?;
    set_active_for_good(instance)?;
    Ok(latency_and_tail(instance))
}

/// Switches the plug-in on, and once more where it says meanwhile that its latency is another: what
/// says so while it becomes active means from the next time on. What it says the second time is
/// answered by the latency that is read after that.
fn set_active_for_good(instance: &Instance) -> Result<(), String> {
    set_active(instance, true)?;
    if instance.handler.take_latency_changed() {
        set_active(instance, false)?;
        set_active(instance, true)?;
        instance.handler.take_latency_changed();
    }
    Ok(())
}

/// Switches the plug-in on or off. Some do nothing for it, and say so.
pub fn set_active(instance: &Instance, active: bool) -> Result<(), String> {
    // SAFETY: the component is alive, and it was set up.
    match unsafe { instance.component.setActive(u8::from(active)) } {
        result if result == kResultOk || result == kNotImplemented => Ok(()),
        result if active => Err(format!("it cannot be activated: result {result}")),
        result => Err(format!("it cannot be deactivated: result {result}")),
    }
}

/// Confirms the speakers that each bus has; some wait for that. Buses stay what they were described
/// as.
fn arrange(instance: &Instance, [inputs, outputs]: [&Buses; 2]) -> Result<(), String> {
    let Instance { component, processor, .. } = instance;
    let arrangements = (inputs.arrangements(processor), outputs.arrangements(processor));
    if let (Some(mut input), Some(mut output)) = arrangements {
        let count = |speakers: &Vec<u64>| i32::try_from(speakers.len()).unwrap_or(0);
        let counts = (count(&input), count(&output));
        // What refuses its own arrangement keeps it.
        // SAFETY: the processor is alive and reads so many sets of speakers.
        unsafe {
            let (ins, outs) = (input.as_mut_ptr(), output.as_mut_ptr());
            processor.setBusArrangements(ins, counts.0, outs, counts.1);
        }
    }
    if [&inputs.again(component), &outputs.again(component)] != [inputs, outputs] {
        return Err("its buses are others than it was described with".to_owned());
    }
    Ok(())
}

fn latency_and_tail(instance: &Instance) -> (u32, Tail) {
    // SAFETY: the processor is alive and active.
    let (latency, tail) =
        unsafe { (instance.processor.getLatencySamples(), instance.processor.getTailSamples()) };
    let tail = match tail {
        tail if tail == kNoTail => Tail::Frames(0),
        tail if tail == kInfiniteTail => Tail::Infinite,
        tail => Tail::Frames(tail),
    };
    (latency, tail)
}
