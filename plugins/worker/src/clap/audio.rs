//! A CLAP plug-in that runs, for its audio thread.

use std::sync::atomic::Ordering;

use clack_host::events::event_types::{TransportEvent, TransportFlags};
use clack_host::events::io::EventBuffer;
use clack_host::events::{EventFlags, EventHeader};
use clack_host::prelude::*;
use clack_host::process::StartedPluginAudioProcessor;
use clack_host::utils::{BeatTime, SecondsTime};

use super::events::{EventWriter, MAX_EVENTS_A_BLOCK};
use super::host::{Host, Shared};
use crate::run::said::Said;
use crate::run::{AudioHalf, Block, Guarded, Setup};
use wavemill_plugins::run::Transport;

/// The plug-in.
pub struct AudioThread {
    processor: Processor,
    sample_rate_hz: u32,
    ports: [Vec<usize>; 2],
    audio: [AudioPorts; 2],
    events: EventWriter,
    events_in: EventBuffer,
    /// What gives a block its length where the plug-in has no audio at all.
    no_audio: Vec<f32>,
}

enum Processor {
    Stopped(StoppedPluginAudioProcessor<Host>),
    Started(StartedPluginAudioProcessor<Host>),
    /// It could not be started.
    Lost,
}

impl AudioThread {
    /// For what was activated with `setup`.
    pub fn new(
        processor: StoppedPluginAudioProcessor<Host>,
        setup: Setup,
        ports: [Vec<usize>; 2],
        events: EventWriter,
    ) -> Self {
        // The room never grows: what is handed to the plug-in would move.
        let room = |ports: &Vec<usize>| {
            let channels = ports.iter().sum::<usize>();
            AudioPorts::with_capacity(channels.max(1), ports.len().max(1))
        };
        Self {
            processor: Processor::Stopped(processor),
            sample_rate_hz: setup.sample_rate_hz,
            audio: [room(&ports[0]), room(&ports[1])],
            ports,
            events,
            events_in: EventBuffer::with_capacity(MAX_EVENTS_A_BLOCK),
            no_audio: vec![0.0; setup.block as usize],
        }
    }
}

impl AudioThread {
    fn asks(&self, what: impl Fn(&Shared) -> bool) -> bool {
        match &self.processor {
            Processor::Started(processor) => processor.access_shared_handler(what),
            _ => false,
        }
    }
}

impl AudioHalf for AudioThread {
    fn start(&mut self) -> Result<(), String> {
        let processor = std::mem::replace(&mut self.processor, Processor::Lost);
        let Processor::Stopped(processor) = processor else {
            return Err("it was started before".to_owned());
        };
        let started = processor.start_processing().map_err(|_| "it refuses to start processing")?;
        self.processor = Processor::Started(started);
        Ok(())
    }

    fn process(&mut self, block: &mut Block<'_>) -> Result<(), String> {
        let Processor::Started(processor) = &mut self.processor else {
            return Err("it was not started".to_owned());
        };
        let frames = u32::try_from(self.no_audio.len()).unwrap_or(u32::MAX);
        self.events.write(block.events, &mut self.events_in);
        let transport = transport(block, self.sample_rate_hz);
        let [input_room, output_room] = &mut self.audio;
        let [input_ports, output_ports] = &self.ports;
        let inputs = if input_ports.is_empty() && output_ports.is_empty() {
            let silence = InputChannel::variable(&mut self.no_audio[..]);
            input_room.with_input_buffers([port([silence].into_iter())])
        } else {
            let ports = by_port(block.inputs, input_ports);
            input_room.with_input_buffers(ports.map(|channels| {
                port(channels.iter_mut().map(|channel| InputChannel::variable(channel.samples())))
            }))
        };
        let ports = by_port(block.outputs, output_ports);
        let mut outputs = output_room.with_output_buffers(
            ports.map(|channels| output(channels.iter_mut().map(Guarded::samples))),
        );
        let steady_frames = |shared: &Shared| shared.steady_frames.load(Ordering::Relaxed);
        let steady_frames = processor.access_shared_handler(steady_frames);
        let mut said = Said::new(block.events_out, frames);
        let done = processor.process(
            &inputs,
            &mut outputs,
            &self.events_in.as_input(),
            &mut OutputEvents::from_buffer(&mut said),
            Some(steady_frames),
            Some(&transport),
        );
        done.map_err(|_| "its process function failed".to_owned())?;
        processor.access_shared_handler(|shared| {
            shared.steady_frames.fetch_add(u64::from(frames), Ordering::Relaxed);
            shared.clock.play(block.time, self.no_audio.len());
        });
        said.finish()
    }

    fn stop(&mut self) {
        let processor = std::mem::replace(&mut self.processor, Processor::Lost);
        if let Processor::Started(processor) = processor {
            self.processor = Processor::Stopped(processor.stop_processing());
        }
    }

    fn reset(&mut self) {
        if let Processor::Started(processor) = &mut self.processor {
            processor.reset();
        }
    }

    fn asks_for_main_thread(&self) -> bool {
        self.asks(|shared| shared.callback.load(Ordering::Relaxed) || shared.clock.is_due())
    }

    fn asks_for_restart(&self) -> bool {
        self.asks(|shared| shared.restart.load(Ordering::Relaxed))
    }
}

/// The channels of each of `ports`, of which each has so many.
fn by_port<'a>(
    channels: &'a mut [Guarded],
    ports: &'a [usize],
) -> impl ExactSizeIterator<Item = &'a mut [Guarded]> {
    let mut rest = channels;
    ports.iter().map(move |count| {
        let channels = std::mem::take(&mut rest);
        let (channels, others) = channels.split_at_mut((*count).min(channels.len()));
        rest = others;
        channels
    })
}

/// An input port of 32-bit samples.
fn port<'a, I: Iterator<Item = InputChannel<'a, f32>>>(
    channels: I,
) -> AudioPortBuffer<I, std::iter::Empty<InputChannel<'a, f64>>> {
    AudioPortBuffer { latency: 0, channels: AudioPortBufferType::F32(channels) }
}

/// An output port of 32-bit samples.
fn output<'a, I: Iterator<Item = &'a mut [f32]>>(
    channels: I,
) -> AudioPortBuffer<I, std::iter::Empty<&'a mut [f64]>> {
    AudioPortBuffer { latency: 0, channels: AudioPortBufferType::F32(channels) }
}

/// What the transport says at the start of a block: it plays from the start of the timeline on.
fn transport(block: &Block<'_>, sample_rate_hz: u32) -> TransportEvent {
    let seconds = block.time as f64 / f64::from(sample_rate_hz);
    let flags = TransportFlags::HAS_TEMPO
        | TransportFlags::HAS_BEATS_TIMELINE
        | TransportFlags::HAS_SECONDS_TIMELINE
        | TransportFlags::HAS_TIME_SIGNATURE
        | TransportFlags::IS_PLAYING;
    let Transport { quarters, tempo_bpm, bar_quarters, bar, numerator, denominator } =
        block.transport;
    let (no_beat, no_second) = (BeatTime::from_int(0), SecondsTime::from_int(0));
    TransportEvent {
        header: EventHeader::new_core(0, EventFlags::empty()),
        flags,
        song_pos_beats: BeatTime::from_float(quarters),
        song_pos_seconds: SecondsTime::from_float(seconds),
        tempo: tempo_bpm,
        tempo_inc: 0.0,
        loop_start_beats: no_beat,
        loop_end_beats: no_beat,
        loop_start_seconds: no_second,
        loop_end_seconds: no_second,
        bar_start: BeatTime::from_float(bar_quarters),
        bar_number: whole(bar),
        time_signature_numerator: u16::try_from(whole(numerator)).unwrap_or(4),
        time_signature_denominator: u16::try_from(whole(denominator)).unwrap_or(4),
    }
}

/// A number that has no fraction; what is out of range becomes the nearest that is not.
fn whole(value: f64) -> i32 {
    #[expect(clippy::cast_possible_truncation, reason = "what is out of range is clamped")]
    let value = value as i32;
    value
}
