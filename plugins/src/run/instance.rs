//! One instance of a plug-in as the engine sees it: its workers, what is gathered for them, and what
//! they gave.

use std::ops::Range;
use std::sync::Arc;

use wavemill_core::process::{
    ControlSet, Event, EventKind, EventOutput, InstanceSetup, ProcessFault,
};
use wavemill_core::time::{Samples, frame_count};

use super::alignment::{Alignment, TooLate};
use super::automation::Automation;
use super::channels::{self, Place};
use super::crowd::Crowd;
use super::hosted::Hosted;
use super::passage::{Planes, PlanesMut};
use super::record::{Record, RecordKind};
use super::region::{Joint, Region, Transport};
use super::setup::{Buses, EVENTS_A_BATCH, PluginSetup};
use super::stretch::Stretch;
use crate::failure::WorkerFailure;

/// An instance.
pub(super) struct Instance {
    node: String,
    setup: Arc<PluginSetup>,
    buses: Buses,
    /// One, or one for each side of a stereo track.
    sides: Vec<Side>,
    channels: usize,
    controls: ControlSet,
    automation: Automation,
    /// What passes by a plug-in without an output, `[frame][channels]` of the batch before.
    dry: Vec<f32>,
    /// Events in the batch that is gathered.
    gathered: usize,
    /// Whether they are too many.
    crowd: Crowd,
    /// Events of the batch that is put out.
    events_out: Vec<Record>,
    /// Samples that were no numbers, and the stretch of node time with the first.
    not_finite: u64,
    first_not_finite: Range<i64>,
    /// Frames that were compared with those of a second worker, and where they were not the same.
    compared: u64,
    difference: Option<i64>,
}

/// A worker, and a second one that is to give the same.
struct Side {
    hosted: Hosted,
    witness: Option<Hosted>,
    /// Keeps its output in place; there is none where nobody waits for it.
    alignment: Option<Alignment>,
}

impl Instance {
    /// Opens what a node of a track with `channels` channels needs, for batches of `frames` frames at
    /// most.
    pub(super) fn open(
        setup: &Arc<PluginSetup>,
        instance: &InstanceSetup,
        (channels, frames): (usize, usize),
    ) -> Result<Self, WorkerFailure> {
        let buses = setup.buses().clone();
        let sides = if channels == 2 && buses.is_mono_effect() { 2 } else { 1 };
        let side = |_| {
            let (hosted, witness) = setup.open(&instance.node, &instance.controls)?;
            let declared = setup.declared_latency_frames(instance.controls.constants());
            let alignment = buses.main_output.map(|_| Alignment::new(hosted.region(), declared));
            Ok(Side { hosted, witness, alignment })
        };
        let sides: Vec<Side> = (0..sides).map(side).collect::<Result<_, WorkerFailure>>()?;
        let automation = Automation::new(&instance.controls, setup.values(), frames);
        let dry = if buses.main_output.is_none() { frames * channels } else { 0 };
        Ok(Self {
            node: instance.node.clone(),
            setup: Arc::clone(setup),
            buses,
            sides,
            channels,
            controls: instance.controls.clone(),
            automation,
            dry: vec![0.0; dry],
            gathered: 0,
            crowd: Crowd::new(setup.block_frames(), EVENTS_A_BATCH),
            events_out: Vec::with_capacity(EVENTS_A_BATCH as usize),
            not_finite: 0,
            first_not_finite: 0..0,
            compared: 0,
            difference: None,
        })
    }

    /// Begins a batch whose first frame is at node time `zero`, with a block for each of `transports`.
    pub(super) fn begin_batch(&mut self, zero: i64, transports: &[Transport]) {
        self.gathered = 0;
        for side in &self.sides {
            let region = side.hosted.region();
            region.set_time(zero);
            region.set_blocks(u32::try_from(transports.len()).unwrap_or(u32::MAX));
            for (block, transport) in transports.iter().enumerate() {
                region.set_transport(block, *transport);
            }
        }
    }

    /// Gathers the events of the `frames` frames from node time `time` on; of one frame parameters
    /// come first. False where there are too many.
    pub(super) fn hear(
        &mut self,
        heard: &[Event],
        (time, zero): (i64, i64),
        frames: usize,
    ) -> bool {
        let moved = self.automation.between(time, time + frame_count(frames), zero);
        let frame = |event: &Event| u32::try_from(event.at.0 - zero).unwrap_or(0);
        let mut heard = heard
            .iter()
            .map(|event| Record { frame: frame(event), kind: RecordKind::Event(event.kind) });
        let mut next_heard = heard.next();
        let mut moved = moved.iter().copied().peekable();
        loop {
            let record = match (moved.peek(), next_heard) {
                (Some(parameter), Some(event)) if event.frame < parameter.frame => {
                    next_heard = heard.next();
                    event
                }
                (Some(_), _) => match moved.next() {
                    Some(parameter) => parameter,
                    None => return true,
                },
                (None, Some(event)) => {
                    next_heard = heard.next();
                    event
                }
                (None, None) => return true,
            };
            for side in &self.sides {
                if !side.hosted.region().put_event(self.gathered, &record) {
                    return false;
                }
            }
            self.gathered += 1;
            if !self.crowd.admits(zero + i64::from(record.frame)) {
                return false;
            }
        }
    }

    /// Gathers the audio of a stretch, from frame `first` of the batch at node time `zero` on, and puts out that of the
    /// batch before.
    pub(super) fn pass(&mut self, stretch: &mut Stretch<'_, '_>, (first, zero): (usize, i64)) {
        let Stretch { lanes, lane, instance, .. } = *stretch;
        let (range, channels) = (stretch.range.clone(), self.channels);
        let mut not_finite = 0;
        for (region, place) in self.places(Place { lane, lanes, channels }) {
            if let Some(bus) = self.buses.main_input {
                channels::write(region, bus, first, stretch.audio, place);
            }
            for (bus, heard) in self.buses.sidechains.iter().zip(stretch.sidechains) {
                if let Some(heard) = heard {
                    let place = Place { lane: 2 * instance, lanes: heard.lanes(), channels: 2 };
                    channels::write(
                        region,
                        *bus,
                        first,
                        heard.range(range.start, range.end),
                        place,
                    );
                }
            }
            if let Some(bus) = self.buses.main_output {
                not_finite += channels::read(region, bus, first, stretch.audio, place);
            }
            for (bus, out) in self.buses.further_outputs.iter().zip(&mut *stretch.outputs) {
                if let Some(out) = out {
                    let place = Place { lane: 2 * instance, lanes: out.lanes(), channels: 2 };
                    let frames = out.range(range.start, range.end);
                    not_finite += channels::read(region, *bus, first, frames, place);
                }
            }
        }
        let batch = frame_count(self.setup.batch_frames());
        self.count(not_finite, zero - batch..zero);
        if self.buses.main_output.is_none() {
            let dry = self.dry[first * channels..].chunks_exact_mut(channels);
            for (frame, dry) in stretch.audio.chunks_exact_mut(lanes).zip(dry) {
                frame[lane..lane + channels].swap_with_slice(dry);
            }
        }
    }

    /// Gathers audio alone, from frame `first` of the batch on.
    pub(super) fn put_in(&self, first: usize, frames: &[f32], place: Place) {
        let Some(bus) = self.buses.main_input else { return };
        for (region, place) in self.places(place) {
            channels::write(region, bus, first, frames, place);
        }
    }

    /// The same by channel, from the first frame on.
    pub(super) fn put_in_planes(&self, from: Planes<'_>) {
        let Some(bus) = self.buses.main_input else { return };
        match (&*self.sides, from) {
            ([left, right], Planes::Stereo(of_left, of_right)) => {
                channels::write_planes(left.hosted.region(), bus, Planes::Mono(of_left));
                channels::write_planes(right.hosted.region(), bus, Planes::Mono(of_right));
            }
            ([only, ..], _) => channels::write_planes(only.hosted.region(), bus, from),
            ([], _) => {}
        }
    }

    /// Puts out by channel what `frames` frames from node time `from` on gave.
    pub(super) fn put_out_planes(&mut self, to: PlanesMut<'_>, (from, frames): (i64, usize)) {
        let Some(bus) = self.buses.main_output else { return };
        let not_finite = match (&*self.sides, to) {
            ([left, right], PlanesMut::Stereo(of_left, of_right)) => {
                channels::read_planes(left.hosted.region(), bus, PlanesMut::Mono(of_left))
                    + channels::read_planes(right.hosted.region(), bus, PlanesMut::Mono(of_right))
            }
            ([only, ..], to) => channels::read_planes(only.hosted.region(), bus, to),
            ([], _) => 0,
        };
        self.count(not_finite, from..from + frame_count(frames));
    }

    /// Has it hear in memory what `before` gives, wherever a batch says so; false where that is not
    /// all, and nothing else, of what it hears, or its worker cannot.
    pub(super) fn follow(&self, before: &Self) -> bool {
        let (Some(here), Some(there)) = (self.only(), before.only()) else { return false };
        let (Some(to), Some(from)) = (self.buses.main_input, before.buses.main_output) else {
            return false;
        };
        let channels = self.channels;
        let all = there.region().layout().shape().outputs as usize;
        if [to.channels, from.channels, all] != [channels; 3] {
            return false;
        }
        let number = |channel: usize| u32::try_from(channel).unwrap_or(u32::MAX);
        let pair = |channel| (number(to.first + channel), number(from.first + channel));
        here.follow(there, (0..channels).map(pair).collect()).is_ok()
    }

    /// Its worker's half, where it has but one.
    pub(super) fn only(&self) -> Option<&Hosted> {
        match &*self.sides {
            [Side { hosted, witness: None, .. }] => Some(hosted),
            _ => None,
        }
    }

    /// Says how many events there are in the batch, once all are gathered.
    pub(super) fn say_events(&self) {
        for side in &self.sides {
            side.hosted.region().set_event_count(self.gathered);
        }
    }

    /// Says how the next batch goes together with those of others.
    pub(super) fn set_joint(&self, joint: Joint) {
        for side in &self.sides {
            side.hosted.region().set_joint(joint);
            side.hosted.region().set_at_work(0, 0);
        }
    }

    /// Counts what its worker silenced in the `frames` frames from node time `from` on.
    pub(super) fn note_silenced(&mut self, (from, frames): (i64, usize)) {
        let silenced = self.sides.iter().map(|side| u64::from(side.hosted.region().silenced()));
        self.count(silenced.sum(), from..from + frame_count(frames));
    }

    /// Its sides, and where those find themselves on its track.
    fn places(&self, place: Place) -> impl Iterator<Item = (&Region, Place)> {
        let is_dual = self.sides.len() > 1;
        self.sides.iter().enumerate().map(move |(index, side)| {
            let of_side = Place { lane: place.lane + index, channels: 1, ..place };
            (side.hosted.region(), if is_dual { of_side } else { place })
        })
    }

    fn count(&mut self, not_finite: u64, within: Range<i64>) {
        if not_finite > 0 && self.not_finite == 0 {
            self.first_not_finite = within;
        }
        self.not_finite += not_finite;
    }

    /// Puts out the events of the batch before that belong to the `frames` frames from node time
    /// `time` on.
    pub(super) fn put_out_events(
        &self,
        out: &mut EventOutput,
        (time, zero): (i64, i64),
        frames: usize,
    ) {
        let end = time + frame_count(frames);
        let at = |record: &Record| zero + i64::from(record.frame);
        let start = self.events_out.partition_point(|record| at(record) < time);
        let inside = self.events_out[start..].iter().take_while(|record| at(record) < end);
        for record in inside {
            if let RecordKind::Event(kind) = record.kind {
                out.push(Event { at: Samples(at(record)), kind: self.of_node(kind) });
            }
        }
    }

    /// Nothing of an event depends on where it was made; its channel is one that there is.
    fn of_node(&self, kind: EventKind) -> EventKind {
        kind.on_channel(kind.channel().min(15))
    }

    /// True where one worker at most is at work while it waits.
    pub(super) fn is_alone(&self) -> bool {
        self.only().is_some()
    }

    /// Has the workers run the batch of `blocks` blocks, on a certain processor or on any.
    pub(super) fn post(&mut self, blocks: u32, processor: Option<usize>) {
        self.say_events();
        for Side { hosted, witness, .. } in &mut self.sides {
            hosted.region().set_processor(processor);
            if let Some(witness) = witness {
                witness.region().copy_request(hosted.region());
                witness.post(blocks);
            }
            hosted.post(blocks);
        }
    }

    /// Waits until they have run `blocks` blocks from node time `zero` on.
    pub(super) fn wait(&mut self, (zero, blocks): (i64, u32)) -> Result<(), ProcessFault> {
        let wait = |side: &Side| {
            let witness = side.witness.as_ref();
            side.hosted.wait().and_then(|()| witness.map_or(Ok(()), Hosted::wait))
        };
        self.sides.iter().try_for_each(wait).map_err(|failure| self.fault(&failure, zero))?;
        self.settle((zero, blocks))
    }

    /// What is told where its worker failed in the batch at node time `zero`.
    pub(super) fn fault(&self, failure: &WorkerFailure, zero: i64) -> ProcessFault {
        // One that shares its process with another may only have lost it.
        let culprit = self.sides.iter().find_map(|side| side.hosted.culprit());
        ProcessFault {
            node: culprit.unwrap_or_else(|| self.node.clone()),
            time: zero,
            what: format!("{}: {}", self.setup.name(), failure.told()),
            is_of_plugin: true,
        }
    }

    /// Sees to what they gave in `blocks` blocks from node time `zero` on.
    pub(super) fn settle(&mut self, (zero, blocks): (i64, u32)) -> Result<(), ProcessFault> {
        let mut compared = 0;
        for Side { hosted, witness, alignment } in &mut self.sides {
            if let Some(second) = witness {
                match hosted.region().first_difference(second.region(), blocks) {
                    None => compared = u64::from(blocks) * self.setup.block() as u64,
                    Some(frame) => {
                        self.difference = Some(zero + frame_count(frame));
                        self.setup.note_difference(zero + frame_count(frame));
                        *witness = None;
                    }
                }
            }
            let aligned = alignment.as_mut().map(|it| it.apply(hosted.region(), (zero, blocks)));
            if let Some(Err(late)) = aligned {
                return Err(self.too_late(late));
            }
        }
        self.compared += compared;
        self.events_out.clear();
        if let Some(side) = self.sides.first() {
            let room = self.events_out.capacity();
            self.events_out.extend(side.hosted.region().events_out().take(room));
        }
        Ok(())
    }

    /// It is later than its render waits for: the next one waits for as much, where that makes sense.
    fn too_late(&self, TooLate { frames, at }: TooLate) -> ProcessFault {
        let (name, most) = (self.setup.name(), self.setup.most_latency_frames());
        let what = if frames <= most {
            self.setup.note_rise(&self.node, frames);
            format!(
                "{name}: its latency rises to {frames} frames: render again, which waits for it"
            )
        } else {
            format!(
                "{name}: it says that its latency is {frames} frames, and a render waits for {most} \
                 at most: bypass it"
            )
        };
        ProcessFault { node: self.node.clone(), time: at, what, is_of_plugin: true }
    }

    /// What the listener should know of it.
    pub(super) fn warning(&self) -> Option<String> {
        let mut said = Vec::new();
        let name = self.setup.name();
        if self.not_finite > 0 {
            let Range { start, end } = self.first_not_finite;
            said.push(format!(
                "{name} gave {} samples that are no numbers, the first within {} frames from sample \
                 {} of its time on; they are silence",
                self.not_finite,
                end - start,
                start
            ));
        }
        if let Some(at) = self.difference {
            said.push(match self.setup.shares() {
                true => format!(
                    "{name} does not give the same beside another instance in its process, from \
                     sample {at} of its time on; from now on it has a process of its own"
                ),
                false => format!(
                    "{name} does not give the same output twice: a second run of it differed from \
                     sample {at} of its time on; nothing of it is served again, and the next render \
                     will not be the same: freeze the track to keep one"
                ),
            });
        }
        let mut alignments = self.sides.iter().filter_map(|side| side.alignment.as_ref());
        if let Some((at, from, to)) = alignments.find_map(Alignment::change) {
            said.push(format!(
                "{name} changes its latency from {from} to {to} frames at sample {at} of its time; \
                 its output is kept in place"
            ));
        }
        (!said.is_empty()).then(|| said.join("; "))
    }
}

impl Drop for Instance {
    /// What was compared and was the same is known to repeat so far.
    fn drop(&mut self) {
        if self.compared > 0 && self.difference.is_none() {
            self.setup.note_repeat(&self.controls, self.compared);
        }
    }
}
