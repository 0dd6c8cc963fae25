//! A plug-in as the engine runs it: blocks of any size are gathered into batches of whole blocks of
//! the plug-in's own, which lie on the same samples of the timeline whatever the engine's are.
//!
//! What a batch gives is put out while the next one is gathered, so the output is a batch later than
//! the plug-in's own; that is part of the latency that is compensated, and changes no sample. A
//! plug-in hears the timeline from its start on: what the latency of processors before it puts
//! before that is not heard.

use std::sync::Arc;

use wavemill_core::process::{
    Event, InstanceSetup, PrepareError, ProcessContext, ProcessFault, Processor, StateError,
    StateReader, StateWriter,
};
use wavemill_core::time::{Samples, TempoMap, frame_count};

use super::beside::Stay;
use super::instance::Instance;
use super::setup::PluginSetup;
use super::stretch::Stretch;
use super::transports::Transports;

/// Instances of one plug-in side by side.
pub(super) struct HostedProcessor {
    setup: Arc<PluginSetup>,
    setups: Vec<InstanceSetup>,
    tempo: Arc<TempoMap>,
    transports: Transports,
    channels: usize,
    instances: Vec<Instance>,
    /// Node time of the batch's first frame, and the frames of it that are there.
    zero: i64,
    position: usize,
    started: bool,
    /// It was reset, and is made anew before it goes on.
    is_stale: bool,
}

impl HostedProcessor {
    /// Makes all instances.
    pub(super) fn new(
        setup: Arc<PluginSetup>,
        setups: &[InstanceSetup],
        channels: usize,
        tempo: &Arc<TempoMap>,
    ) -> Result<Self, PrepareError> {
        let instances = open_all(&setup, setups, (channels, setup.batch_frames()))?;
        Ok(Self {
            transports: Transports::new(&setup, setup.batch_frames()),
            setup,
            setups: setups.to_vec(),
            tempo: Arc::clone(tempo),
            channels,
            instances,
            zero: 0,
            position: 0,
            started: false,
            is_stale: false,
        })
    }

    /// Begins with the batch that node time `time` is in.
    fn start(&mut self, time: i64) {
        let frames = frame_count(self.setup.batch_frames());
        self.zero = time.div_euclid(frames) * frames;
        self.position = usize::try_from(time - self.zero).unwrap_or(0);
        self.started = true;
        self.begin_batch();
    }

    fn begin_batch(&mut self) {
        let batch = (self.zero, self.setup.batch_blocks());
        let transports = self.transports.at(batch, &self.setup, &self.tempo);
        for instance in &mut self.instances {
            instance.begin_batch(self.zero, transports);
        }
    }

    /// Gathers frames `done .. done + frames` of a block and puts out as many; where too much happens
    /// for an instance, the first of those, and what.
    fn pass(
        &mut self,
        context: &mut ProcessContext<'_>,
        done: usize,
        frames: usize,
    ) -> Result<(), (usize, String)> {
        let lanes = context.audio.lanes();
        let time = context.time + frame_count(done);
        let mut fits = Ok(());
        for (index, instance) in self.instances.iter_mut().enumerate() {
            let mut stretch = Stretch {
                audio: context.audio.range(done, done + frames),
                lanes,
                lane: index * self.channels,
                sidechains: context.sidechains,
                outputs: context.outputs,
                instance: index,
                range: done..done + frames,
            };
            let heard = context.events.get(index).copied().unwrap_or_default();
            let inside = within(heard, time, time + frame_count(frames));
            if !instance.hear(inside, (time, self.zero), frames) {
                fits = fits.and_then(|()| Err((index, self.setup.too_many_events())));
            }
            instance.pass(&mut stretch, (self.position, self.zero));
            if let Some(out) = context.event_outputs.get_mut(index) {
                instance.put_out_events(out, (time, self.zero), frames);
                if let Some(refusal) = out.refusal() {
                    let what = format!("{}: {refusal}", self.setup.name());
                    fits = fits.and(Err((index, what)));
                }
            }
        }
        fits
    }

    /// Has all instances run the batch, at the same time, and takes what they give.
    fn exchange(&mut self) -> Result<(), ProcessFault> {
        // Workers that work at the same time are better off on several processors.
        let alone = matches!(&*self.instances, [instance] if instance.is_alone());
        let stay = alone.then(Stay::here).flatten();
        let processor = stay.as_ref().map(Stay::processor);
        let blocks = self.setup.batch_blocks();
        self.instances.iter_mut().for_each(|instance| instance.post(blocks, processor));
        let batch = (self.zero, blocks);
        for instance in &mut self.instances {
            instance.wait(batch)?;
        }
        self.zero += frame_count(self.setup.batch_frames());
        self.position = 0;
        self.begin_batch();
        Ok(())
    }
}

/// What cannot be made anew, at node time `time`.
pub(super) fn fault_of(PrepareError { node, what, .. }: PrepareError, time: i64) -> ProcessFault {
    ProcessFault { node, time, what, is_of_plugin: true }
}

fn within(events: &[Event], from: i64, to: i64) -> &[Event] {
    let start = events.partition_point(|event| event.at < Samples(from));
    let end = events.partition_point(|event| event.at < Samples(to));
    &events[start..end.max(start)]
}

/// Opens instances for tracks with so many channels, and batches of so many frames at most.
pub(super) fn open_all(
    setup: &Arc<PluginSetup>,
    setups: &[InstanceSetup],
    size: (usize, usize),
) -> Result<Vec<Instance>, PrepareError> {
    let open = |instance: &InstanceSetup| {
        Instance::open(setup, instance, size).map_err(|failure| PrepareError {
            node: instance.node.clone(),
            what: format!("{}: {}", setup.name(), failure.told()),
            is_of_plugin: true,
        })
    };
    setups.iter().map(open).collect()
}

impl Processor for HostedProcessor {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        if std::mem::take(&mut self.is_stale) {
            self.instances.clear();
            let size = (self.channels, self.setup.batch_frames());
            let opened = open_all(&self.setup, &self.setups, size);
            self.instances = opened.map_err(|error| fault_of(error, context.time))?;
        }
        let frames = context.audio.frames();
        // Before the start of the timeline.
        let mut done = usize::try_from(-context.time).unwrap_or(0).min(frames);
        context.audio.range(0, done).fill(0.0);
        while done < frames {
            if !self.started {
                self.start(context.time + frame_count(done));
            }
            let run = (self.setup.batch_frames() - self.position).min(frames - done);
            self.pass(context, done, run)
                .map_err(|(index, what)| self.fault(index, context.time, what))?;
            done += run;
            self.position += run;
            if self.position == self.setup.batch_frames() {
                self.exchange()?;
            }
        }
        Ok(())
    }

    fn reset(&mut self) {
        self.is_stale |= self.started;
        self.started = false;
    }

    fn save(&self, _: usize, _: &mut StateWriter) {}

    fn restore(&mut self, _: usize, _: &mut StateReader<'_>) -> Result<(), StateError> {
        self.reset();
        Err(StateError)
    }

    fn warning(&self, instance: usize) -> Option<String> {
        self.instances.get(instance).and_then(Instance::warning)
    }
}

impl HostedProcessor {
    fn fault(&self, index: usize, time: i64, what: String) -> ProcessFault {
        let node = self.setups.get(index).map(|setup| setup.node.clone()).unwrap_or_default();
        ProcessFault { node, time, what, is_of_plugin: true }
    }
}
