//! Several plug-ins of one chain as one processor: they run one after the other on batches as long as
//! the sum of theirs, which is as late, and wakes each worker fewer times.
//!
//! What one gives is heard by the next where it belongs: the blocks of each lie at multiples of their
//! length in its own time, which is that of the one before less what that is late by. So each runs the
//! blocks that it would run by itself.

use std::any::Any;
use std::sync::Arc;

use wavemill_core::process::{
    Chain, InstanceSetup, PrepareError, ProcessContext, ProcessFault, Processor, Stage, StateError,
    StateReader, StateWriter,
};
use wavemill_core::time::{TempoMap, frame_count};

use super::beside::Stay;
use super::channels::{Place, interleave};
use super::factory::HostedFactory;
use super::hosted::Hosted;
use super::instance::Instance;
use super::passage::Passage;
use super::processor::{fault_of, open_all};
use super::region::{Joint, Transport};
use super::setup::{MOST_TOGETHER, PluginSetup};
use super::transports::Transports;

/// Plug-ins that run together, each as instances of it side by side.
struct HostedChain {
    tempo: Arc<TempoMap>,
    transports: Transports,
    channels: usize,
    stages: Vec<HostedStage>,
    /// Frames of a batch, whole blocks.
    batch: usize,
    /// Node time of the first plug-in at the batch's first frame, and the frames of it that are there.
    zero: i64,
    position: usize,
    started: bool,
    /// It was reset, and is made anew before it goes on.
    is_stale: bool,
}

/// One of the plug-ins.
struct HostedStage {
    setup: Arc<PluginSetup>,
    setups: Vec<InstanceSetup>,
    instances: Vec<Instance>,
    /// How much earlier its batches begin than those of the first one.
    offset: i64,
    /// Frames that it is late by.
    late: usize,
    /// How it goes together with the others.
    joint: Joint,
    /// How many behind it run in its worker before that answers.
    then: usize,
    /// What it gives, by instance, on its way to the next one, or back to the track.
    gives: Vec<Passage>,
}

/// Blocks of a batch that a plug-in runs: all but those before its time begins.
#[derive(Clone, Copy)]
struct Share {
    /// Node time of the first of them.
    from: i64,
    blocks: u32,
    /// Frames of the batch before them.
    skipped: usize,
}

/// The first few of `stages` as one, where those are plug-ins that gain by it.
pub(super) fn chain_of(stages: &[Stage<'_>]) -> Result<Option<Chain>, PrepareError> {
    let is_hosted = |stage: &Stage<'_>| {
        let factory: &dyn Any = stage.factory;
        let factory = factory.downcast_ref::<HostedFactory>()?;
        factory.may_be_in_chain(&stage.prepare).then(|| Arc::clone(factory.setup()))
    };
    let most = stages.iter().take(MOST_TOGETHER as usize);
    let setups: Vec<_> = most.map_while(is_hosted).collect();
    let (Some(first), Some(stage)) = (setups.first(), stages.first()) else { return Ok(None) };
    let sum = setups.len() * first.batch_frames();
    // Each but the first may begin up to a block earlier than it would have to.
    let batch = sum - (setups.len() - 1) * first.block();
    if batch <= first.batch_frames() {
        return Ok(None);
    }
    let instances = stages.iter().map(|stage| stage.prepare.instances);
    let size = (stage.prepare.channels, batch);
    let chain = HostedChain {
        tempo: Arc::clone(stage.prepare.tempo),
        transports: Transports::new(first, batch),
        channels: stage.prepare.channels,
        stages: join(open_stages(setups.iter().zip(instances), size, sum)?),
        batch,
        zero: 0,
        position: 0,
        started: false,
        is_stale: false,
    };
    let stages = chain.stages.len();
    Ok(Some(Chain { processor: Box::new(chain), stages }))
}

/// Makes all instances, for tracks with so many channels and batches of so many frames. What the last
/// one gives is put out as late as batches are that are `sum` frames long together.
fn open_stages<'a>(
    plugins: impl ExactSizeIterator<Item = (&'a Arc<PluginSetup>, &'a [InstanceSetup])>,
    (channels, batch): (usize, usize),
    sum: usize,
) -> Result<Vec<HostedStage>, PrepareError> {
    let mut stages = Vec::with_capacity(plugins.len());
    let last = plugins.len().saturating_sub(1);
    // What the plug-ins before one are late by, and how much earlier its batches begin.
    let (mut late, mut offset) = (0, 0);
    for (index, (setup, instances)) in plugins.enumerate() {
        let own = instances.first().map_or(0, |instance| {
            setup.declared_latency_frames(instance.controls.constants()) as usize
        });
        let earlier = own.next_multiple_of(setup.block());
        let kept = if index < last { earlier - own } else { sum - batch - (offset - late) };
        stages.push(HostedStage {
            setup: Arc::clone(setup),
            setups: instances.to_vec(),
            instances: open_all(setup, instances, (channels, batch))?,
            offset: frame_count(offset),
            late: own,
            joint: Joint::default(),
            then: 0,
            gives: instances.iter().map(|_| Passage::new(channels, kept, batch)).collect(),
        });
        late += own;
        offset += earlier;
    }
    Ok(stages)
}

/// Has workers hand on what they give where they can: those behind a plug-in that is not late hear in
/// memory what it gave, and those in one process run one after the other.
fn join(mut stages: Vec<HostedStage>) -> Vec<HostedStage> {
    for index in 1..stages.len() {
        let [before, stage] = [&stages[index - 1], &stages[index]];
        let mut pairs = stage.instances.iter().zip(&before.instances);
        let follows = before.late == 0 && pairs.all(|(after, before)| after.follow(before));
        stages[index - 1].joint.leads = follows;
        stages[index].joint = Joint { follows, ..Joint::default() };
        stages[index].then = 0;
    }
    let mut first = 0;
    while let Some(stage) = stages.get(first) {
        let behind = stages[first + 1..].iter();
        let then = behind.take_while(|next| next.joint.follows && next.is_beside(stage)).count();
        let runs_all = then > 0 && stage.run_all(&stages[first + 1..=first + then]);
        stages[first].joint.runs_all = runs_all;
        stages[first].then = if runs_all { then } else { 0 };
        first += 1 + stages[first].then;
    }
    stages
}

impl HostedStage {
    /// True where each instance is in one process with that of `other`.
    fn is_beside(&self, other: &Self) -> bool {
        self.instances.iter().zip(&other.instances).all(|(instance, other)| {
            matches!((instance.only(), other.only()), (Some(a), Some(b)) if a.is_beside(b))
        })
    }

    /// Has each instance run those of `then` after it; false where that cannot be.
    fn run_all(&self, then: &[Self]) -> bool {
        self.instances.iter().enumerate().all(|(index, first)| {
            let then = then.iter().map(|stage| stage.instances.get(index)?.only());
            let then: Option<Vec<&Hosted>> = then.collect();
            matches!((first.only(), then), (Some(first), Some(then)) if first.run_all(&then).is_ok())
        })
    }

    /// What it runs of the batch of `frames` frames that begins when the first plug-in's time is `zero`.
    fn share(&self, zero: i64, frames: usize) -> Share {
        let begin = zero - self.offset;
        let skipped = usize::try_from(-begin).unwrap_or(0).min(frames);
        let blocks = (frames - skipped) / self.setup.block();
        Share {
            from: begin + frame_count(skipped),
            blocks: u32::try_from(blocks).unwrap_or(0),
            skipped,
        }
    }

    /// Says to all instances what is to be known of their blocks but the audio.
    fn begin(&mut self, share: Share, transports: &[Transport]) -> Result<(), ProcessFault> {
        let Share { from, blocks, .. } = share;
        let frames = blocks as usize * self.setup.block();
        for (instance, setup) in self.instances.iter_mut().zip(&self.setups) {
            instance.begin_batch(from, transports);
            instance.set_joint(self.joint);
            if !instance.hear(&[], (from, from), frames) {
                let (node, what) = (setup.node.clone(), self.setup.too_many_events());
                return Err(ProcessFault { node, time: from, what, is_of_plugin: true });
            }
            // Those that run on the thread of another one are not asked one by one.
            instance.say_events();
        }
        Ok(())
    }

    /// Takes what they gave, where the next one does not itself.
    fn take(&mut self, share: Share) {
        let gave = (share.from, share.blocks as usize * self.setup.block());
        for (instance, gives) in self.instances.iter_mut().zip(&mut self.gives) {
            match self.joint.leads {
                true => instance.note_silenced(gave),
                false => instance.put_out_planes(gives.next_batch(share.skipped), gave),
            }
        }
    }
}

/// Has all instances of `stages` run their blocks: those of each track one after the other in one worker,
/// those of all tracks at the same time.
fn run(
    stages: &mut [HostedStage],
    share: Share,
    processor: Option<usize>,
) -> Result<(), ProcessFault> {
    let Share { from, blocks, .. } = share;
    let Some(first) = stages.first_mut() else { return Ok(()) };
    first.instances.iter_mut().for_each(|instance| instance.post(blocks, processor));
    if stages.len() == 1 {
        let mut instances = stages.iter_mut().flat_map(|stage| &mut stage.instances);
        return instances.try_for_each(|instance| instance.wait((from, blocks)));
    }
    let count = stages.first().map_or(0, |stage| stage.instances.len());
    for index in 0..count {
        let hosted = |stage: usize| stages.get(stage)?.instances.get(index)?.only();
        let all: [Option<&Hosted>; MOST_TOGETHER as usize] = std::array::from_fn(hosted);
        if let [Some(first), then @ ..] = &all
            && let Err((stage, failure)) = first.wait_for_all(then)
        {
            let failed = stages.get(stage).or(stages.first());
            let failed = failed.and_then(|stage| stage.instances.get(index));
            return failed.map_or(Ok(()), |failed| Err(failed.fault(&failure, from)));
        }
        let mut all = stages.iter_mut().filter_map(|stage| stage.instances.get_mut(index));
        all.try_for_each(|instance| instance.settle((from, blocks)))?;
    }
    Ok(())
}

impl HostedChain {
    /// Begins with the block that node time `time` is in.
    fn start(&mut self, time: i64) {
        let block = self.stages.first().map_or(1, |stage| frame_count(stage.setup.block()));
        self.zero = time.div_euclid(block) * block;
        self.position = usize::try_from(time - self.zero).unwrap_or(0);
        self.started = true;
    }

    /// Gathers a stretch of a block, and puts out as much.
    fn pass(&mut self, audio: &mut [f32], lanes: usize) {
        let channels = self.channels;
        let place = |index| Place { lane: index * channels, lanes, channels };
        let position = self.position;
        if let Some(first) = self.stages.first() {
            for (index, instance) in first.instances.iter().enumerate() {
                instance.put_in(position, audio, place(index));
            }
        }
        if let Some(last) = self.stages.last() {
            let frames = position..position + audio.len() / lanes;
            for (index, gives) in last.gives.iter().enumerate() {
                interleave(gives.planes(frames.clone()), audio, place(index));
            }
        }
    }

    /// Has all plug-ins run the batch, one after the other.
    fn exchange(&mut self) -> Result<(), ProcessFault> {
        // As in `HostedProcessor::exchange`.
        let alone = self
            .stages
            .iter()
            .all(|stage| matches!(&*stage.instances, [instance] if instance.is_alone()));
        let stay = alone.then(Stay::here).flatten();
        let processor = stay.as_ref().map(Stay::processor);
        let mut at = 0;
        while let Some(stage) = self.stages.get(at) {
            let share = stage.share(self.zero, self.batch);
            let end = at + 1 + stage.then;
            let (before, stages) = self.stages[..end].split_at_mut(at);
            if share.blocks > 0 {
                for stage in &mut *stages {
                    let blocks = (share.from, share.blocks);
                    stage.begin(share, self.transports.at(blocks, &stage.setup, &self.tempo))?;
                }
                if let (Some(before), [stage, ..]) = (before.last(), &*stages)
                    && !stage.joint.follows
                {
                    let given = before.gives.iter().map(|it| it.planes(share.skipped..self.batch));
                    let instances = stage.instances.iter().zip(given);
                    instances.for_each(|(instance, given)| instance.put_in_planes(given));
                }
                run(stages, share, processor)?;
            }
            stages.iter_mut().for_each(|stage| stage.take(share));
            at = end;
        }
        self.zero += frame_count(self.batch);
        self.position = 0;
        Ok(())
    }

    /// Makes all instances anew.
    fn reopen(&mut self, time: i64) -> Result<(), ProcessFault> {
        for stage in &mut self.stages {
            stage.instances.clear();
            let opened = open_all(&stage.setup, &stage.setups, (self.channels, self.batch));
            stage.instances = opened.map_err(|error| fault_of(error, time))?;
            stage.gives.iter_mut().for_each(Passage::clear);
        }
        self.stages = join(std::mem::take(&mut self.stages));
        Ok(())
    }
}

impl Processor for HostedChain {
    fn process(&mut self, context: &mut ProcessContext<'_>) -> Result<(), ProcessFault> {
        if std::mem::take(&mut self.is_stale) {
            self.reopen(context.time)?;
        }
        let (frames, lanes) = (context.audio.frames(), context.audio.lanes());
        // Before the start of the timeline.
        let mut done = usize::try_from(-context.time).unwrap_or(0).min(frames);
        context.audio.range(0, done).fill(0.0);
        while done < frames {
            if !self.started {
                self.start(context.time + frame_count(done));
            }
            let run = (self.batch - self.position).min(frames - done);
            self.pass(context.audio.range(done, done + run), lanes);
            done += run;
            self.position += run;
            if self.position == self.batch {
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
        self.stages.iter().flat_map(|stage| &stage.instances).nth(instance)?.warning()
    }
}
