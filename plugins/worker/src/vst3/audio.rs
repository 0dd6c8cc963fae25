//! A VST3 plug-in that runs, for its audio thread.

use std::ops::Range;

use vst3::Steinberg::Vst::{
    AudioBusBuffers, AudioBusBuffers__type0, IAudioProcessor, IAudioProcessorTrait, IEventList,
    IParameterChanges, ProcessContext,
    ProcessContext_::StatesAndFlags_::{
        kBarPositionValid, kContTimeValid, kPlaying, kProjectTimeMusicValid, kTempoValid,
        kTimeSigValid,
    },
    ProcessData, SymbolicSampleSizes_,
};
use vst3::Steinberg::{kNotImplemented, kResultOk};
use vst3::{Class, ComPtr, ComWrapper, Interface};

use super::activation::process_mode;
use super::buses::Buses;
use super::event_list::EventList;
use super::events::{EventWriter, read_events};
use super::host::Handler;
use super::parameters::Changes;
use crate::run::said::Said;
use crate::run::{AudioHalf, Block, Guarded, Setup};

/// The plug-in. What goes in comes first, what comes out second.
pub struct AudioThread {
    processor: ComPtr<IAudioProcessor>,
    handler: ComWrapper<Handler>,
    setup: Setup,
    writer: EventWriter,
    buffers: [Buffers; 2],
    changes: [ComWrapper<Changes>; 2],
    events: [ComWrapper<EventList>; 2],
}

/// The audio buses of one direction, as the format wants them.
struct Buffers {
    /// Where the channels of each bus lie in `channels`.
    buses: Vec<Range<usize>>,
    channels: Vec<*mut f32>,
    bus_buffers: Vec<AudioBusBuffers>,
}

// SAFETY: addresses are set anew in every block and used in that block alone; all calls of the
// processor come from the thread that has this, which the format wants to be one, not a certain one.
unsafe impl Send for AudioThread {}

impl AudioThread {
    /// For what was activated with `setup` and `buses`, and says to the handler what becomes different.
    pub fn new(
        processor: ComPtr<IAudioProcessor>,
        setup: Setup,
        buses: &[Buses; 2],
        (writer, handler): (EventWriter, ComWrapper<Handler>),
    ) -> Self {
        Self {
            processor,
            handler,
            setup,
            writer,
            buffers: [Buffers::new(&buses[0]), Buffers::new(&buses[1])],
            changes: [ComWrapper::new(Changes::new()), ComWrapper::new(Changes::new())],
            events: [ComWrapper::new(EventList::new()), ComWrapper::new(EventList::new())],
        }
    }
}

impl AudioHalf for AudioThread {
    fn start(&mut self) -> Result<(), String> {
        // SAFETY: the processor is alive and active.
        match unsafe { self.processor.setProcessing(1) } {
            result if result == kResultOk || result == kNotImplemented => Ok(()),
            result => Err(format!("it refuses to start processing: result {result}")),
        }
    }

    fn stop(&mut self) {
        // What does nothing for it says so.
        // SAFETY: the processor is alive and was started.
        unsafe { self.processor.setProcessing(0) };
    }

    fn process(&mut self, block: &mut Block<'_>) -> Result<(), String> {
        self.writer.write(block.events, &self.changes[0], &self.events[0]);
        self.changes[1].clear();
        self.events[1].events().clear();
        let [inputs, outputs] = &mut self.buffers;
        inputs.set(block.inputs)?;
        outputs.set(block.outputs)?;
        let mut context = context(block, self.setup.sample_rate_hz);
        let mut data = ProcessData {
            processMode: process_mode(self.setup),
            symbolicSampleSize: SymbolicSampleSizes_::kSample32.cast_signed(),
            // It was activated with so many.
            numSamples: i32::try_from(self.setup.block).unwrap_or(0),
            numInputs: inputs.count(),
            numOutputs: outputs.count(),
            inputs: inputs.bus_buffers.as_mut_ptr(),
            outputs: outputs.bus_buffers.as_mut_ptr(),
            inputParameterChanges: lent::<_, IParameterChanges>(&self.changes[0]),
            outputParameterChanges: lent::<_, IParameterChanges>(&self.changes[1]),
            inputEvents: lent::<_, IEventList>(&self.events[0]),
            outputEvents: lent::<_, IEventList>(&self.events[1]),
            processContext: &raw mut context,
        };
        // SAFETY: the processor is alive and was started on this thread; all that the structure
        // leads to lives until the call is over, with as many channels and frames as it says.
        match unsafe { self.processor.process(&raw mut data) } {
            result if result == kResultOk => {}
            result => return Err(format!("its process function failed: result {result}")),
        }
        let mut said = Said::new(block.events_out, self.setup.block);
        // SAFETY: the block has just ended.
        unsafe { read_events(&self.events[1], &mut said) };
        said.finish()
    }

    fn asks_for_restart(&self) -> bool {
        self.handler.has_latency_changed()
    }
}

impl Buffers {
    fn new(buses: &Buses) -> Self {
        let buses = buses.channels();
        let channels = buses.iter().map(Range::len).sum();
        let no_channels = AudioBusBuffers__type0 { channelBuffers32: std::ptr::null_mut() };
        let bus = |range: &Range<usize>| AudioBusBuffers {
            numChannels: i32::try_from(range.len()).unwrap_or(0),
            silenceFlags: 0,
            __field0: no_channels,
        };
        Self {
            bus_buffers: buses.iter().map(bus).collect(),
            channels: vec![std::ptr::null_mut(); channels],
            buses,
        }
    }

    /// Leads the buses to the samples of a block.
    fn set(&mut self, samples: &mut [Guarded]) -> Result<(), String> {
        if samples.len() != self.channels.len() {
            let (has, gets) = (self.channels.len(), samples.len());
            return Err(format!("its buses have {has} channels, and the host gives it {gets}"));
        }
        for (channel, samples) in self.channels.iter_mut().zip(samples) {
            *channel = samples.as_mut_ptr();
        }
        for (bus, range) in self.bus_buffers.iter_mut().zip(&self.buses) {
            bus.silenceFlags = 0;
            if let Some(channels) = self.channels.get_mut(range.clone()) {
                bus.__field0 = AudioBusBuffers__type0 { channelBuffers32: channels.as_mut_ptr() };
            }
        }
        Ok(())
    }

    fn count(&self) -> i32 {
        i32::try_from(self.bus_buffers.len()).unwrap_or(0)
    }
}

/// An object of the host as the format lends it: it lives as long as `object`.
pub fn lent<C: Class, I: Interface>(object: &ComWrapper<C>) -> *mut I {
    object.as_com_ref::<I>().map_or(std::ptr::null_mut(), |object| object.as_ptr())
}

/// What the transport says at the start of a block: it plays from the start of the timeline on.
fn context(block: &Block<'_>, sample_rate_hz: u32) -> ProcessContext {
    // SAFETY: all zeros are a value of this structure, which holds numbers alone.
    let nothing: ProcessContext = unsafe { std::mem::zeroed() };
    ProcessContext {
        state: kPlaying
            | kTempoValid
            | kProjectTimeMusicValid
            | kContTimeValid
            | kBarPositionValid
            | kTimeSigValid,
        sampleRate: f64::from(sample_rate_hz),
        projectTimeSamples: block.time,
        continousTimeSamples: block.time,
        projectTimeMusic: block.transport.quarters,
        barPositionMusic: block.transport.bar_quarters,
        timeSigNumerator: whole(block.transport.numerator),
        timeSigDenominator: whole(block.transport.denominator),
        tempo: block.transport.tempo_bpm,
        ..nothing
    }
}

/// A number that has no fraction; what is out of range becomes the nearest that is not.
fn whole(value: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "what is out of range is clamped")]
    let value = value as i32;
    value
}
