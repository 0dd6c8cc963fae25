//! A plug-in's audio thread: takes batches out of shared memory, runs them block by block in memory
//! of its own, and puts the results back.

use std::sync::mpsc::Sender;

use wavemill_plugins::run::message::Reply;
use wavemill_plugins::run::{Crowd, Follower, Record, Region};

use super::guarded::Guarded;
use super::instance::{AudioHalf, Block};
use super::mpe::Mpe;
use super::said::too_many;
use super::server::{Wake, ask_main_thread, ask_restart};
use crate::conduct::{self, Role};
use crate::crash;
use crate::replies::SharedReplies;

/// Blocks in a row that ask for another activation, with which it is enough.
const MOST_RESTARTS: u32 = 16;

/// All that an audio thread works with.
pub struct AudioThread {
    pub instance: u32,
    /// `None` where it was lost when it was activated again.
    pub plugin: Option<Box<dyn AudioHalf>>,
    /// How late its output is.
    pub latency_frames: u32,
    /// Where notes are to reach it as MPE.
    pub mpe: Option<Mpe>,
    /// How often it was activated again.
    pub restarts: Restarts,
    pub region: Region,
    pub wake: Sender<Wake>,
    pub replies: SharedReplies,
}

/// How many blocks in a row asked for another activation.
#[derive(Default)]
pub struct Restarts {
    in_a_row: u32,
}

/// Memory that is used again in every block.
struct Room {
    inputs: Vec<Guarded>,
    outputs: Vec<Guarded>,
    batch: Vec<Record>,
    events: Vec<Record>,
    events_out: Vec<Record>,
    crowd: Crowd,
}

impl AudioThread {
    /// Runs for as long as the process.
    pub fn run(mut self) {
        crash::give_stack();
        crash::runs(self.instance);
        conduct::enter(Role::Audio);
        flush_denormals();
        let mut follower = Follower::new();
        let mut last = 0;
        let mut room = Room::new(&self.region).map_err(|error| format!("no memory: {error}"));
        if let (Ok(_), Err(what)) = (&room, self.start()) {
            room = Err(what);
        }
        loop {
            last = self.region.wait_for_request(last);
            follower.follow(self.region.processor());
            let done = match &mut room {
                Ok(room) => self.batch(room),
                Err(what) => Err(what.clone()),
            };
            if let Err(what) = done {
                self.replies.say(&Reply::Failed { instance: self.instance, what });
                self.region.set_failed();
            }
            self.region.answer(last);
        }
    }

    fn start(&mut self) -> Result<(), String> {
        self.plugin.as_mut().map_or(Ok(()), |plugin| plugin.start())
    }

    fn batch(&mut self, room: &mut Room) -> Result<(), String> {
        room.batch.clear();
        room.batch.extend(self.region.events());
        let shape = self.region.layout().shape();
        let mut said = 0;
        for index in 0..self.region.blocks() {
            self.block(index, shape.block, room)?;
            for record in &room.events_out {
                let record = Record { frame: record.frame + index * shape.block, ..*record };
                let at = self.region.time().saturating_add(i64::from(record.frame));
                if !room.crowd.admits(at) || !self.region.put_event_out(said, &record) {
                    return Err(too_many(shape.events as usize));
                }
                said += 1;
            }
        }
        self.region.set_event_out_count(said);
        Ok(())
    }

    fn block(&mut self, index: u32, frames: u32, room: &mut Room) -> Result<(), String> {
        let first = index * frames;
        let Room { inputs, outputs, batch, events, events_out, .. } = room;
        for (channel, input) in inputs.iter_mut().enumerate() {
            self.region.read_input(channel, first as usize, input.samples());
        }
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
        if !inputs.iter().chain(&*outputs).all(Guarded::is_whole) {
            return Err("it wrote before or behind a buffer".to_owned());
        }
        for (channel, output) in outputs.iter_mut().enumerate() {
            self.region.write_output(channel, first as usize, output.samples());
        }
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

/// Lets what is too small for a normal number be zero on this thread, as the hosts do that plug-ins
/// are written for: without it, some get a hundred times slower as they fade out.
pub fn flush_denormals() {
    #[cfg(target_arch = "x86_64")]
    {
        /// Results, and inputs, that are denormal become zero.
        const FLUSH: u32 = 1 << 15 | 1 << 6;
        let mut control = 0_u32;
        // SAFETY: reads and writes the register that says so for this thread; all code on it is
        // the plug-in's, or moves samples without computing.
        unsafe {
            std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut control, options(nostack));
            control |= FLUSH;
            std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const control, options(nostack));
        }
    }
    #[cfg(target_arch = "aarch64")]
    {
        /// Inputs and results that are denormal become zero.
        const FLUSH: u64 = 1 << 24;
        let mut control: u64;
        // SAFETY: as above.
        unsafe {
            std::arch::asm!("mrs {}, fpcr", out(reg) control, options(nomem, nostack));
            control |= FLUSH;
            std::arch::asm!("msr fpcr, {}", in(reg) control, options(nomem, nostack));
        }
    }
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
