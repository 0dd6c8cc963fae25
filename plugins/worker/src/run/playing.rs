//! A plug-in that plays: takes batches out of shared memory, runs them block by block in memory of its
//! own, and puts the results back.

use std::sync::Arc;
use std::sync::mpsc::Sender;

use wavemill_plugins::run::message::Reply;
use wavemill_plugins::run::{Crowd, Record, Region, silence_non_finite};

use super::arithmetic::Arithmetic;
use super::guarded::Guarded;
use super::instance::{AudioHalf, Block};
use super::joint::Joints;
use super::mpe::Mpe;
use super::said::too_many;
use super::server::{Wake, ask_main_thread, ask_restart};
use crate::replies::SharedReplies;

/// Blocks in a row that ask for another activation, with which it is enough.
const MOST_RESTARTS: u32 = 16;

/// All that it needs on the thread that runs it.
pub struct Playing {
    pub instance: u32,
    /// `None` where it was lost when it was activated again.
    pub plugin: Option<Box<dyn AudioHalf>>,
    /// How late its output is.
    pub latency_frames: u32,
    /// Where notes are to reach it as MPE.
    pub mpe: Option<Mpe>,
    /// How often it was activated again.
    pub restarts: Restarts,
    pub region: Arc<Region>,
    pub joints: Joints,
    pub wake: Sender<Wake>,
    pub replies: SharedReplies,
    /// How the processor computes while it runs: as it left that.
    pub arithmetic: Arithmetic,
    /// `None` until it is ready, or why it will never be.
    pub room: Option<Result<Room, String>>,
}

/// How many blocks in a row asked for another activation.
#[derive(Default)]
pub struct Restarts {
    in_a_row: u32,
}

/// Memory that is used again in every block.
pub struct Room {
    inputs: Vec<Guarded>,
    outputs: Vec<Guarded>,
    batch: Vec<Record>,
    events: Vec<Record>,
    events_out: Vec<Record>,
    crowd: Crowd,
    /// Of the batch so far: events that it said, and samples that were no numbers.
    said: usize,
    silenced: u64,
}

/// Where a block's samples come from, and where they go.
#[derive(Clone, Copy, Default)]
pub struct Way {
    /// [`Playing::hear`] has put what the one before gave where it hears it.
    pub heard: bool,
    /// The next one hears it from there, and nobody in memory.
    pub handed_on: bool,
}

impl Playing {
    /// Makes it ready, where it is not yet.
    pub fn make_ready(&mut self) {
        if self.room.is_none() {
            self.arithmetic.enter();
            let room = Room::new(&self.region).map_err(|error| format!("no memory: {error}"));
            self.room = Some(room.and_then(|room| self.start().map(|()| room)));
            self.arithmetic = Arithmetic::now();
        }
    }

    fn start(&mut self) -> Result<(), String> {
        self.plugin.as_mut().map_or(Ok(()), |plugin| plugin.start())
    }

    /// Takes what reaches it in the batch.
    pub fn begin_batch(&mut self) {
        self.make_ready();
        if let Some(Ok(room)) = &mut self.room {
            room.batch.clear();
            room.batch.extend(self.region.events());
            (room.said, room.silenced) = (0, 0);
        }
    }

    /// Runs block `index` of the batch; false where it could not, of which the host is told.
    pub fn block(&mut self, index: u32, way: Way) -> bool {
        let done = match self.room.take() {
            Some(Ok(mut room)) => {
                // Another one may have run on this thread.
                self.arithmetic.enter();
                let done = self.run(index, way, &mut room);
                self.arithmetic = Arithmetic::now();
                self.room = Some(Ok(room));
                done
            }
            other => {
                let what = other.as_ref().and_then(|room| room.as_ref().err().cloned());
                self.room = other;
                Err(what.unwrap_or_default())
            }
        };
        let Err(what) = done else { return true };
        self.replies.say(&Reply::Failed { instance: self.instance, what });
        self.region.set_failed();
        false
    }

    /// Says what there is to say of the batch.
    pub fn end_batch(&mut self) {
        if let Some(Ok(room)) = &self.room {
            self.region.set_event_out_count(room.said);
            self.region.set_silenced(u32::try_from(room.silenced).unwrap_or(u32::MAX));
        }
    }

    /// Hears what `before` gave in its last block.
    pub fn hear(&mut self, before: &mut Self) {
        let (Some(Ok(room)), Some(Ok(before))) = (&mut self.room, &mut before.room) else { return };
        if let Some(leader) = self.joints.leader.get() {
            leader.hand_over(&mut before.outputs, &mut room.inputs);
        }
    }

    /// True where it is late: what it gives has to be put in its place before others hear it.
    pub fn is_late(&self) -> bool {
        self.latency_frames > 0
    }

    fn run(&mut self, index: u32, way: Way, room: &mut Room) -> Result<(), String> {
        let shape = self.region.layout().shape();
        let first = index * shape.block;
        self.take_inputs(first as usize, way, &mut room.inputs);
        self.process(index, room)?;
        if self.region.joint().leads {
            let all = room.outputs.iter_mut().map(|output| silence_non_finite(output.samples()));
            room.silenced += all.sum::<u64>();
        }
        if !way.handed_on {
            for (channel, output) in room.outputs.iter_mut().enumerate() {
                self.region.write_output(channel, first as usize, output.samples());
            }
        }
        for record in &room.events_out {
            let record = Record { frame: record.frame + first, ..*record };
            let at = self.region.time().saturating_add(i64::from(record.frame));
            if !room.crowd.admits(at) || !self.region.put_event_out(room.said, &record) {
                return Err(too_many(shape.events as usize));
            }
            room.said += 1;
        }
        self.see_to(index)
    }

    /// Takes what it hears in the block from frame `first` of the batch on.
    fn take_inputs(&self, first: usize, way: Way, inputs: &mut [Guarded]) {
        let leader = self.joints.leader.get().filter(|_| self.region.joint().follows);
        for (channel, input) in inputs.iter_mut().enumerate() {
            match leader
                .and_then(|leader| leader.output_for(channel).map(|output| (leader, output)))
            {
                Some(_) if way.heard => {}
                Some((leader, output)) => leader.gives.read(output, first, input.samples()),
                None => self.region.read_input(channel, first, input.samples()),
            }
        }
    }

    /// Has it process block `index`.
    fn process(&mut self, index: u32, room: &mut Room) -> Result<(), String> {
        let frames = self.region.layout().shape().block;
        let first = index * frames;
        let Room { inputs, outputs, batch, events, events_out, .. } = room;
        outputs.iter_mut().for_each(|output| output.samples().fill(0.0));
        of_block(batch, first, frames, events);
        events_out.clear();
        let plugin = self.plugin.as_mut().ok_or("it could not be activated again")?;
        plugin.process(&mut Block {
            time: self.region.time().saturating_add(i64::from(first)),
            transport: self.region.transport(index as usize),
            inputs,
            outputs,
            events: match &mut self.mpe {
                Some(mpe) => mpe.rewrite(events)?,
                None => events,
            },
            events_out,
        })?;
        match inputs.iter().chain(&*outputs).all(Guarded::is_whole) {
            true => Ok(()),
            false => Err("it wrote before or behind a buffer".to_owned()),
        }
    }

    /// Sees to what it asked for in block `index`.
    fn see_to(&mut self, index: u32) -> Result<(), String> {
        let plugin = self.plugin.as_mut().ok_or("it could not be activated again")?;
        self.latency_frames = plugin.latency_frames().unwrap_or(self.latency_frames);
        self.region.set_latency(index as usize, self.latency_frames);
        let (calls_back, restarts) = (plugin.asks_for_main_thread(), plugin.asks_for_restart());
        if calls_back {
            ask_main_thread(&self.wake, self.instance);
        }
        self.restarts.count(restarts)?;
        if restarts { self.restart() } else { Ok(()) }
    }

    /// Has it activated again between two blocks.
    fn restart(&mut self) -> Result<(), String> {
        if let Some(mut plugin) = self.plugin.take() {
            plugin.stop();
        }
        let told = |what| {
            format!("it asked to be activated again, as its latency changed, and then: {what}")
        };
        let active = ask_restart(&self.wake, self.instance).map_err(told)?;
        self.latency_frames = active.latency_frames;
        self.plugin = Some(active.audio);
        if let Some(mpe) = &mut self.mpe {
            mpe.forget_zone();
        }
        self.start().map_err(told)
    }
}

impl Restarts {
    /// Counts a block, which may have asked; fails where it would never end.
    fn count(&mut self, asks: bool) -> Result<(), String> {
        self.in_a_row = if asks { self.in_a_row + 1 } else { 0 };
        if self.in_a_row < MOST_RESTARTS {
            return Ok(());
        }
        Err(format!(
            "it asked to be activated again after each of {MOST_RESTARTS} blocks in a row: keep \
             what its latency follows as it is, or bypass it"
        ))
    }
}

impl Room {
    fn new(region: &Region) -> std::io::Result<Self> {
        let shape = region.layout().shape();
        let channels = |count: u32| {
            (0..count).map(|_| Guarded::new(shape.block as usize)).collect::<Result<Vec<_>, _>>()
        };
        let records = || Vec::with_capacity(region.layout().events());
        Ok(Self {
            inputs: channels(shape.inputs)?,
            outputs: channels(shape.outputs)?,
            batch: records(),
            events: records(),
            events_out: Vec::with_capacity(shape.events as usize),
            crowd: Crowd::new(shape.block, shape.events),
            said: 0,
            silenced: 0,
        })
    }
}

/// The events of a batch that lie in the block of `frames` frames that starts at `first`, counted
/// from there.
fn of_block(batch: &[Record], first: u32, frames: u32, events: &mut Vec<Record>) {
    events.clear();
    let from = batch.partition_point(|record| record.frame < first);
    let inside = batch[from..].iter().take_while(|record| record.frame < first + frames);
    events.extend(inside.map(|record| Record { frame: record.frame - first, ..*record }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavemill_plugins::run::RecordKind;

    #[test]
    fn what_asks_to_be_activated_again_after_every_block_is_refused() {
        let mut restarts = Restarts::default();
        for asks in [&[true; 15][..], &[false], &[true; 15]].concat() {
            restarts.count(asks).unwrap();
        }
        let refused = restarts.count(true).unwrap_err();
        assert!(refused.contains("16 blocks in a row"), "{refused}");
    }

    #[test]
    fn blocks_get_their_events_and_no_others() {
        let kind = RecordKind::Parameter { index: 0, value: 1.0 };
        let batch: Vec<Record> =
            [0, 15, 16, 16, 31, 32].map(|frame| Record { frame, kind }).to_vec();
        let mut events = Vec::new();
        let mut frames = |first| {
            of_block(&batch, first, 16, &mut events);
            events.iter().map(|record| record.frame).collect::<Vec<_>>()
        };
        assert_eq!((frames(0), frames(16)), (vec![0, 15], vec![0, 0, 15]));
        assert_eq!((frames(32), frames(48)), (vec![0], vec![]));
    }
}
