//! The deterministic scheduler: a wavefront over (segment, chunk) on a rayon pool.
//!
//! Threads decide when a task runs, never what it computes: segments keep their own state, and
//! sums at joins are exact, so the order in which signals arrive changes no bit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wavemill_core::execute::{JoinBuffer, JoinIo, RunError, SegmentConfig, SegmentRunner};
use wavemill_core::graph::{JoinIndex, LinkIndex, Plan, STORE_CHUNK_FRAMES, TapIndex, cut};
use wavemill_core::job::{CancelToken, Progress};
use wavemill_core::process::padded_lanes;
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::frame_count;

use crate::cpu_time::thread_cpu_seconds;
use crate::ledger::{Ledger, WINDOW};
use crate::reuse::{Reuse, Start};
use crate::warnings;

/// Frames of a task, unless the block is larger: big enough that scheduling costs nothing, small
/// enough that what is passed on is still in the cache.
const CHUNK_FRAMES: usize = 4_096;

/// Samples that a link passes on at a time: they should still be in a core's cache.
const LINK_SAMPLES: usize = 65_536;

/// Most frames of a task of a cut chain.
const MAX_LINKED_FRAMES: usize = 16_384;

/// How to render. Nothing here changes a sample.
#[derive(Clone, Copy, Debug)]
pub struct RenderConfig {
    /// Threads, at least 1.
    pub jobs: usize,
    /// Largest block a processor sees, 1 to 65,536 frames.
    pub block: usize,
    /// SIMD level.
    pub level: SimdLevel,
}

/// Something the listener should know of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenderWarning {
    /// Where, in the session.
    pub path: String,
    /// What happened.
    pub what: String,
}

/// Why a render stopped. `E` is the sink's error.
#[derive(Debug, thiserror::Error)]
pub enum RenderError<E> {
    /// A segment failed.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The sink refused what it got.
    #[error("{0}")]
    Sink(E),
    /// The threads could not be had.
    #[error("{jobs} threads could not be started ({reason}): use fewer --jobs")]
    Threads {
        /// How many were asked for.
        jobs: usize,
        /// The system's reason.
        reason: String,
    },
    /// Someone asked to stop.
    #[error("stopped")]
    Cancelled,
    /// Something that was in the store when the render started is not there any more.
    #[error("the store lost what this render started from: run it again")]
    Stale,
}

/// What a render leaves beside its samples.
pub(crate) struct Rendered {
    pub(crate) warnings: Vec<RenderWarning>,
    /// Processor seconds of its threads.
    pub(crate) cpu_seconds: f64,
}

/// What a render takes from a store, and where it starts because of that.
pub(crate) type Reused<'a> = Option<(&'a Reuse<'a>, Start)>;

/// Renders stream frames `0 .. frames` of `plan` and hands the master's output (`[frame][2]`) to
/// `sink`, in order. The stream is [`Plan::latency`] samples behind the timeline.
///
/// # Errors
/// The first failure of a segment or of the sink, or [`RenderError::Cancelled`].
pub fn render<E: Send>(
    plan: &Arc<Plan>,
    frames: u64,
    config: RenderConfig,
    progress: &dyn Progress,
    cancel: &CancelToken,
    sink: &mut (dyn FnMut(&[f32]) -> Result<(), E> + Send),
) -> Result<Vec<RenderWarning>, RenderError<E>> {
    let sinks = Sinks { mix: Some(Box::new(sink)), ..Sinks::default() };
    let plan = &cut(plan, config.jobs);
    let rendered = render_reusing(plan, frames, config, None, progress, cancel, sinks)?;
    Ok(rendered.warnings)
}

/// Takes what is put out (`[frame][2]`), in order.
pub(crate) type Sink<'a, E> = Box<dyn FnMut(&[f32]) -> Result<(), E> + Send + 'a>;

/// Hears what a tap hands out (`[frame][2]`), in order, from within the segment that makes it: for
/// what is done sooner than a chunk is passed on, and needs no memory for one.
pub(crate) type Listener<'a> = Box<dyn FnMut(&[f32]) + Send + 'a>;

/// Where what a plan puts out goes.
pub(crate) struct Sinks<'a, E> {
    /// The master's output, where the plan has it.
    pub(crate) mix: Option<Sink<'a, E>>,
    /// What the first of the plan's taps hand out.
    pub(crate) taps: Vec<Sink<'a, E>>,
    /// What the taps behind those hand out.
    pub(crate) listeners: Vec<Listener<'a>>,
}

impl<E> Default for Sinks<'_, E> {
    fn default() -> Self {
        Self { mix: None, taps: Vec::new(), listeners: Vec::new() }
    }
}

/// Like [`render`], from where `reused` says on: each sink gets what follows the start of what it
/// hears.
pub(crate) fn render_reusing<'a, E: Send>(
    plan: &'a Arc<Plan>,
    frames: u64,
    config: RenderConfig,
    reused: Reused<'a>,
    progress: &'a dyn Progress,
    cancel: &'a CancelToken,
    sinks: Sinks<'a, E>,
) -> Result<Rendered, RenderError<E>> {
    let wavefront = Wavefront::new(plan, frames, config, reused, progress, cancel, sinks)?;
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.jobs.max(1)).build();
    let pool = pool
        .map_err(|error| RenderError::Threads { jobs: config.jobs, reason: error.to_string() })?;
    let ready = lock(&wavefront.ledger).start_all();
    pool.scope(|scope| wavefront.spawn(scope, ready));
    // The threads did nothing else.
    let cpu_seconds = pool.broadcast(|_| thread_cpu_seconds()).into_iter().sum();
    Ok(Rendered { warnings: wavefront.outcome()?, cpu_seconds })
}

/// A lock is only poisoned where a thread panicked; rayon passes that panic on, so whatever the
/// data is then, nobody uses it.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Something that is put out.
struct Output<'a, E> {
    /// `[frame][2]` of the chunks in flight.
    ring: Vec<Mutex<Vec<f32>>>,
    sink: Mutex<Sink<'a, E>>,
}

struct Wavefront<'a, E> {
    plan: &'a Plan,
    /// The segment that hears the master's input, where it runs.
    master: Option<usize>,
    reuse: Option<&'a Reuse<'a>>,
    /// Sums of the store's chunk that the master is in, to be kept.
    kept_sums: Mutex<Vec<f64>>,
    ledger: Mutex<Ledger>,
    /// `None` where a segment does not run.
    runners: Vec<Option<Mutex<SegmentRunner>>>,
    /// For each join that is read, its sums of the chunks in flight.
    joins: Vec<Vec<Mutex<JoinBuffer>>>,
    /// For each link what is passed on of the chunks in flight, and its lanes.
    links: Vec<(Vec<Mutex<Vec<f32>>>, usize)>,
    /// Number of taps that are handed out.
    taps: usize,
    /// The taps' outputs, then that of the master, where the plan has it.
    outputs: Vec<Output<'a, E>>,
    listeners: Vec<Mutex<Listener<'a>>>,
    failure: Mutex<Option<RenderError<E>>>,
    /// The first of the store's chunks that is mixed here; sums before it come from the store.
    others_start: Option<u64>,
    chunk_frames: usize,
    frames: u64,
    block: usize,
    progress: &'a dyn Progress,
    cancel: &'a CancelToken,
}

impl<'a, E: Send> Wavefront<'a, E> {
    fn new(
        plan: &'a Plan,
        frames: u64,
        config: RenderConfig,
        reused: Reused<'a>,
        progress: &'a dyn Progress,
        cancel: &'a CancelToken,
        sinks: Sinks<'a, E>,
    ) -> Result<Self, RenderError<E>> {
        let chunk_frames = chunk_frames(plan, config.block);
        let chunks = frames.div_ceil(chunk_frames as u64);
        let (reuse, start) =
            reused.map_or((None, None), |(reuse, start)| (Some(reuse), Some(start)));
        let segment_config =
            SegmentConfig { max_frames: config.block, level: config.level, chains: true };
        let mut heard: Vec<_> = (0..sinks.taps.len()).map(|tap| plan.tap_segment(tap)).collect();
        heard.extend(sinks.mix.iter().map(|_| plan.master_segment()));
        let mut runners = Vec::with_capacity(plan.segments.len());
        let mut starts = Vec::with_capacity(plan.segments.len());
        for segment in &plan.segments {
            let is_master = segment.strips.contains(&plan.master());
            let first = start.as_ref().map_or(Some(0), |start| start.of(is_master));
            let Some(first) = first else {
                starts.push(chunks);
                runners.push(None);
                continue;
            };
            let mut runner = SegmentRunner::new(plan, segment, segment_config)?;
            if let (Some(reuse), Some(start)) = (reuse, &start)
                && let Err(key) = start.restore(plan, &mut runner)
            {
                reuse.reject_state(&key);
                return Err(RenderError::Stale);
            }
            starts.push(first * u64::from(STORE_CHUNK_FRAMES) / chunk_frames as u64);
            runners.push(Some(Mutex::new(runner)));
        }
        let ring = || (0..WINDOW).map(|_| Mutex::new(JoinBuffer::new(chunk_frames))).collect();
        let joins = plan.join_slots.iter();
        let output = |sink| Output {
            ring: (0..WINDOW).map(|_| Mutex::new(vec![0.0; 2 * chunk_frames])).collect(),
            sink: Mutex::new(sink),
        };
        Ok(Self {
            plan,
            master: plan.segment_of(plan.master(), 0),
            reuse,
            kept_sums: Mutex::default(),
            ledger: Mutex::new(Ledger::new(plan, chunks, starts, &heard)),
            runners,
            joins: joins.map(|slot| if slot.is_some() { ring() } else { Vec::new() }).collect(),
            links: links(plan, chunk_frames),
            taps: sinks.taps.len(),
            listeners: sinks.listeners.into_iter().map(Mutex::new).collect(),
            outputs: sinks.taps.into_iter().chain(sinks.mix).map(output).collect(),
            failure: Mutex::new(None),
            others_start: start.as_ref().and_then(|start| start.others),
            chunk_frames,
            frames,
            block: config.block,
            progress,
            cancel,
        })
    }

    fn spawn<'s>(&'s self, scope: &rayon::Scope<'s>, ready: Vec<(usize, u64)>) {
        for (task, chunk) in ready {
            scope.spawn(move |scope| self.task(scope, task, chunk));
        }
    }

    fn task<'s>(&'s self, scope: &rayon::Scope<'s>, task: usize, chunk: u64) {
        if self.cancel.is_cancelled() {
            lock(&self.failure).get_or_insert(RenderError::Cancelled);
        }
        if lock(&self.failure).is_some() {
            return;
        }
        let done = match self.outputs.get(task.wrapping_sub(self.runners.len())) {
            Some(output) => self.drain(task, output, chunk),
            None => self.run(task, chunk),
        };
        match done {
            Ok(()) => {
                let ready = lock(&self.ledger).finish(task);
                self.spawn(scope, ready);
            }
            Err(error) => {
                // What fails once it is to stop may have been given up for that.
                let is_cancelled = self.cancel.is_cancelled();
                let error = if is_cancelled { RenderError::Cancelled } else { error };
                lock(&self.failure).get_or_insert(error);
            }
        }
    }

    /// Frames of `chunk`; only the last one may be short.
    fn frames_of(&self, chunk: u64) -> usize {
        let left = self.frames - chunk * self.chunk_frames as u64;
        usize::try_from(left).map_or(self.chunk_frames, |left| left.min(self.chunk_frames))
    }

    fn run(&self, task: usize, chunk: u64) -> Result<(), RenderError<E>> {
        let Some(runner) = &self.runners[task] else { return Ok(()) };
        let mut runner = lock(runner);
        let slot = slot(chunk);
        let frames = self.frames_of(chunk);
        let start = chunk * self.chunk_frames as u64;
        if self.master == Some(task)
            && let Some(reuse) = self.reuse
        {
            self.sums_of_master(task, reuse, slot, start, frames)?;
        }
        let store_chunk = self.fill_link(task, slot, start, frames)?;
        let mut frame = 0;
        while frame < frames {
            let step = self.block.min(frames - frame);
            let mut io = ChunkIo { wavefront: self, slot, frame };
            // Streams are far shorter than 2^63 frames.
            let position =
                i64::try_from(start).unwrap_or(i64::MAX).saturating_add(frame_count(frame));
            runner.run(position, step, &mut io)?;
            frame += step;
        }
        let end = start + frames as u64;
        let chunk_ends = end.is_multiple_of(u64::from(STORE_CHUNK_FRAMES));
        if chunk_ends || end == self.frames {
            // What was heard of a file that changed meanwhile is not what the session says, and
            // nothing is kept under its name.
            runner.check_sources()?;
            if let Some(reuse) = self.reuse {
                reuse.note_warnings(&runner);
            }
        }
        self.keep_link(task, slot, store_chunk, frames);
        if let Some(reuse) = self.reuse.filter(|_| chunk_ends) {
            reuse.keep_states(self.plan, &runner, end / u64::from(STORE_CHUNK_FRAMES));
        }
        Ok(())
    }

    /// Puts what is given to a segment in place of its chain into its link. Returns where `start` lies
    /// in the store's chunks: which one, and the frame in it.
    fn fill_link(
        &self,
        task: usize,
        slot: usize,
        start: u64,
        frames: usize,
    ) -> Result<(u64, usize), RenderError<E>> {
        let chunk_frames = u64::from(STORE_CHUNK_FRAMES);
        // A remainder of a chunk's frames.
        let first = usize::try_from(start % chunk_frames).unwrap_or(usize::MAX);
        let chunk = start / chunk_frames;
        let signals = self.reuse.and_then(Reuse::signals);
        if let (Some(signals), Some(link)) = (signals, self.plan.segments[task].link_in) {
            let (ring, lanes) = &self.links[link];
            let out = &mut lock(&ring[slot])[..frames * lanes];
            if signals.fill(link, chunk, first..first + frames, (out, *lanes)) == Some(false) {
                return Err(RenderError::Stale);
            }
        }
        Ok((chunk, first))
    }

    /// Keeps what a segment passed on to its faders, where that is wanted.
    fn keep_link(&self, task: usize, slot: usize, at: (u64, usize), frames: usize) {
        let signals = self.reuse.and_then(|reuse| Some((reuse, reuse.signals()?)));
        if let (Some((reuse, signals)), Some(link)) = (signals, self.plan.segments[task].link_out) {
            let (ring, lanes) = &self.links[link];
            let passed = &lock(&ring[slot])[..frames * lanes];
            let end = at.0 * u64::from(STORE_CHUNK_FRAMES) + (at.1 + frames) as u64;
            let ends = end.is_multiple_of(u64::from(STORE_CHUNK_FRAMES)) || end == self.frames;
            signals.keep(link, at, (passed, *lanes), ends, reuse.may_keep());
        }
    }

    /// Before the master hears a chunk: puts the stored sums into its join where its inputs do not
    /// run, and gathers the sums to be kept where they do.
    fn sums_of_master(
        &self,
        master: usize,
        reuse: &Reuse<'_>,
        slot: usize,
        start: u64,
        frames: usize,
    ) -> Result<(), RenderError<E>> {
        let Some(join) = self.plan.segments[master].reads.first().copied() else {
            return Ok(());
        };
        let chunk_frames = u64::from(STORE_CHUNK_FRAMES);
        let (chunk, offset) = (start / chunk_frames, start % chunk_frames);
        let Some(buffer) = self.joins[join].get(slot) else { return Ok(()) };
        if !reuse.keeps_sum(join) {
            return Ok(());
        }
        // The offset is below a chunk's frames.
        let at = usize::try_from(offset).unwrap_or(usize::MAX);
        let part = at..at + frames;
        let mut add = |sums: &[f64]| lock(buffer).add(0, sums);
        if self.others_start.is_none_or(|first| chunk < first) {
            let added = reuse.add_base(chunk, part, &mut add);
            return if added { Ok(()) } else { Err(RenderError::Stale) };
        }
        if !reuse.add_older_base(chunk, part, &mut add) {
            return Err(RenderError::Stale);
        }
        if !reuse.keeps_sums() {
            return Ok(());
        }
        let mut kept = lock(&self.kept_sums);
        kept.extend_from_slice(&lock(buffer).sums()[..2 * frames]);
        let end = start + frames as u64;
        if end.is_multiple_of(chunk_frames) || end == self.frames {
            reuse.keep_sum(chunk, &kept);
            kept.clear();
        }
        Ok(())
    }

    /// Hands a finished chunk of what is put out to its sink.
    fn drain(&self, task: usize, output: &Output<'_, E>, chunk: u64) -> Result<(), RenderError<E>> {
        let frames = self.frames_of(chunk);
        let samples = lock(&output.ring[slot(chunk)]);
        (lock(&output.sink))(&samples[..2 * frames]).map_err(RenderError::Sink)?;
        // All outputs are about equally far; the last one is the mix, where there is one.
        if task + 1 == self.runners.len() + self.outputs.len() {
            let done = (chunk * self.chunk_frames as u64 + frames as u64).min(self.frames);
            self.progress.frames(done, self.frames);
        }
        Ok(())
    }

    fn outcome(self) -> Result<Vec<RenderWarning>, RenderError<E>> {
        if let Some(error) = lock(&self.failure).take() {
            return Err(error);
        }
        let mut warnings: Vec<RenderWarning> = warnings::of_plan(self.plan).into_iter().collect();
        for runner in self.runners.iter().flatten() {
            warnings.extend(warnings::of_segment(self.plan, &lock(runner)));
        }
        warnings.sort_by(|a, b| (&a.path, &a.what).cmp(&(&b.path, &b.what)));
        Ok(warnings)
    }
}

/// The buffers of all links, and their lanes.
fn links(plan: &Plan, chunk_frames: usize) -> Vec<(Vec<Mutex<Vec<f32>>>, usize)> {
    let ring =
        |lanes: usize| (0..WINDOW).map(|_| Mutex::new(vec![0.0; lanes * chunk_frames])).collect();
    link_lanes(plan).into_iter().map(|lanes| (ring(lanes), lanes)).collect()
}

/// The lanes of all links.
pub(crate) fn link_lanes(plan: &Plan) -> Vec<usize> {
    let mut links = vec![0; plan.link_count()];
    for segment in &plan.segments {
        if let Some(link) = segment.link_in {
            links[link] = padded_lanes(segment.strips.len() * segment.channels);
        }
    }
    links
}

/// Frames of a task: blocks fit in, and tasks into the store's chunks. Where few lanes are passed
/// on between parts of a chain, tasks are longer: waking a thread should cost little beside them.
pub(crate) fn chunk_frames(plan: &Plan, block: usize) -> usize {
    let lanes = link_lanes(plan).into_iter().max();
    let linked = lanes.map_or(CHUNK_FRAMES, |lanes| LINK_SAMPLES / lanes.next_power_of_two());
    linked.clamp(CHUNK_FRAMES, MAX_LINKED_FRAMES).max(block.next_power_of_two())
}

/// Where a chunk lies in a ring.
#[allow(clippy::cast_possible_truncation)] // A remainder of 4.
fn slot(chunk: u64) -> usize {
    (chunk % WINDOW as u64) as usize
}

/// Joins as a segment sees them during one block of a chunk.
struct ChunkIo<'a, 'w, E> {
    wavefront: &'a Wavefront<'w, E>,
    slot: usize,
    frame: usize,
}

impl<E> ChunkIo<'_, '_, E> {
    fn put_out(&self, output: usize, samples: &[f32]) {
        if let Some(output) = self.wavefront.outputs.get(output) {
            let mut ring = lock(&output.ring[self.slot]);
            ring[2 * self.frame..2 * self.frame + samples.len()].copy_from_slice(samples);
        }
    }
}

impl<E> JoinIo for ChunkIo<'_, '_, E> {
    fn take(&mut self, join: JoinIndex, out: &mut [f32]) {
        if let Some(buffer) = self.wavefront.joins[join].get(self.slot) {
            lock(buffer).take(self.frame, out);
        }
    }

    fn add(&mut self, join: JoinIndex, sums: &[f64]) {
        if let Some(buffer) = self.wavefront.joins[join].get(self.slot) {
            lock(buffer).add(self.frame, sums);
        }
    }

    fn output(&mut self, samples: &[f32]) {
        self.put_out(self.wavefront.taps, samples);
    }

    fn take_link(&mut self, link: LinkIndex, out: &mut [f32]) {
        let (ring, lanes) = &self.wavefront.links[link];
        let passed = lock(&ring[self.slot]);
        out.copy_from_slice(&passed[self.frame * lanes..][..out.len()]);
    }

    fn put_link(&mut self, link: LinkIndex, samples: &[f32]) {
        let (ring, lanes) = &self.wavefront.links[link];
        lock(&ring[self.slot])[self.frame * lanes..][..samples.len()].copy_from_slice(samples);
    }

    fn tap(&mut self, tap: TapIndex, samples: &[f32]) {
        let sinks = self.wavefront.taps;
        if tap < sinks {
            self.put_out(tap, samples);
        } else if let Some(listener) = self.wavefront.listeners.get(tap - sinks) {
            (lock(listener))(samples);
        }
        // Taps that nobody asked for are not handed out.
    }
}
