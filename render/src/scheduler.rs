//! The deterministic scheduler: a wavefront over (segment, chunk) on a rayon pool.
//!
//! Threads decide when a task runs, never what it computes: segments keep their own state, and
//! sums at joins are exact, so the order in which signals arrive changes no bit.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wavemill_core::execute::{JoinBuffer, JoinIo, RunError, SegmentConfig, SegmentRunner};
use wavemill_core::graph::{JoinIndex, Plan};
use wavemill_core::job::{CancelToken, Progress};
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::frame_count;

use crate::ledger::{Ledger, WINDOW};

/// Frames of a task, unless the block is larger: big enough that scheduling costs nothing, small
/// enough that what is passed on is still in the cache.
const CHUNK_FRAMES: usize = 4_096;

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
}

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
    let chunk_frames = CHUNK_FRAMES.max(config.block);
    let chunks = frames.div_ceil(chunk_frames as u64);
    let segment_config = SegmentConfig { max_frames: config.block, level: config.level };
    let mut runners = Vec::with_capacity(plan.segments.len());
    for segment in &plan.segments {
        runners.push(Mutex::new(SegmentRunner::new(plan, segment, segment_config)?));
    }
    let ring = || (0..WINDOW).map(|_| Mutex::new(JoinBuffer::new(chunk_frames))).collect();
    let wavefront = Wavefront {
        ledger: Mutex::new(Ledger::new(plan, chunks)),
        runners,
        joins: plan
            .join_slots
            .iter()
            .map(|slot| if slot.is_some() { ring() } else { Vec::new() })
            .collect(),
        output: (0..WINDOW).map(|_| Mutex::new(vec![0.0; 2 * chunk_frames])).collect(),
        sink: Mutex::new(sink),
        failure: Mutex::new(None),
        chunk_frames,
        frames,
        block: config.block,
        progress,
        cancel,
    };
    let pool = rayon::ThreadPoolBuilder::new().num_threads(config.jobs.max(1)).build();
    let pool = pool
        .map_err(|error| RenderError::Threads { jobs: config.jobs, reason: error.to_string() })?;
    let ready = lock(&wavefront.ledger).start_all();
    pool.scope(|scope| wavefront.spawn(scope, ready));
    wavefront.outcome(plan)
}

/// A lock is only poisoned where a thread panicked; rayon passes that panic on, so whatever the
/// data is then, nobody uses it.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

type Sink<'a, E> = &'a mut (dyn FnMut(&[f32]) -> Result<(), E> + Send);

struct Wavefront<'a, E> {
    ledger: Mutex<Ledger>,
    runners: Vec<Mutex<SegmentRunner>>,
    /// For each join that is read, its sums of the chunks in flight.
    joins: Vec<Vec<Mutex<JoinBuffer>>>,
    /// The master's output of the chunks in flight.
    output: Vec<Mutex<Vec<f32>>>,
    sink: Mutex<Sink<'a, E>>,
    failure: Mutex<Option<RenderError<E>>>,
    chunk_frames: usize,
    frames: u64,
    block: usize,
    progress: &'a dyn Progress,
    cancel: &'a CancelToken,
}

impl<'a, E: Send> Wavefront<'a, E> {
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
        let done = if task == self.runners.len() {
            self.drain(chunk)
        } else {
            self.run(task, chunk).map_err(RenderError::Run)
        };
        match done {
            Ok(()) => {
                let ready = lock(&self.ledger).finish(task);
                self.spawn(scope, ready);
            }
            Err(error) => {
                lock(&self.failure).get_or_insert(error);
            }
        }
    }

    /// Frames of `chunk`; only the last one may be short.
    fn frames_of(&self, chunk: u64) -> usize {
        let left = self.frames - chunk * self.chunk_frames as u64;
        usize::try_from(left).map_or(self.chunk_frames, |left| left.min(self.chunk_frames))
    }

    fn run(&self, task: usize, chunk: u64) -> Result<(), RunError> {
        let mut runner = lock(&self.runners[task]);
        let slot = slot(chunk);
        let frames = self.frames_of(chunk);
        let start = chunk * self.chunk_frames as u64;
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
        Ok(())
    }

    /// Hands a finished chunk of the master's output to the sink.
    fn drain(&self, chunk: u64) -> Result<(), RenderError<E>> {
        let frames = self.frames_of(chunk);
        let output = lock(&self.output[slot(chunk)]);
        (lock(&self.sink))(&output[..2 * frames]).map_err(RenderError::Sink)?;
        let done = (chunk * self.chunk_frames as u64 + frames as u64).min(self.frames);
        self.progress.frames(done, self.frames);
        Ok(())
    }

    fn outcome(self, plan: &Plan) -> Result<Vec<RenderWarning>, RenderError<E>> {
        if let Some(error) = lock(&self.failure).take() {
            return Err(error);
        }
        let mut warnings = Vec::new();
        for runner in &self.runners {
            let runner = lock(runner);
            for (strip, count) in runner.not_finite_in_clips().filter(|(_, count)| *count > 0) {
                warnings.push(RenderWarning {
                    path: plan.graph.strips[strip].id.clone(),
                    what: format!("{count} samples of its clips are not numbers: heard as silence"),
                });
            }
            for warning in runner.warnings() {
                let counts = [
                    (warning.not_finite, "are not numbers: heard as silence"),
                    (warning.clamped, "are above +36 dBFS: clamped"),
                ];
                for (count, what) in counts.into_iter().filter(|(count, _)| *count > 0) {
                    warnings.push(RenderWarning {
                        path: plan.graph.edges[warning.edge].id.clone(),
                        what: format!("{count} samples {what}"),
                    });
                }
            }
        }
        warnings.sort_by(|a, b| (&a.path, &a.what).cmp(&(&b.path, &b.what)));
        Ok(warnings)
    }
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
        let mut output = lock(&self.wavefront.output[self.slot]);
        output[2 * self.frame..2 * self.frame + samples.len()].copy_from_slice(samples);
    }
}
