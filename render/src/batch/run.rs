//! Running a batch: workers that take jobs, each to its end and into the results.

use std::cell::Cell;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use wavemill_core::graph::{CompileConfig, SignalKey, compile};
use wavemill_core::job::{CancelToken, Progress};
use wavemill_core::simd::SimdLevel;
use wavemill_media::audio::{FileStamp, WriteError};

use super::copy::{self, Source};
use super::decide::{Decided, Decider, Decision, Way};
use super::job_error::JobError;
use super::job_record::{JobRecord, JobStatus, Made, MadeFile};
use super::jobs::Job;
use super::memory::Memory;
use super::prepare::{self, Prepared};
use super::queue::{Claim, Ended, Queue, Task, groups};
use super::results::{Results, ResultsError};
use super::sessions::OpenSession;
use super::summary::BatchSummary;
use crate::attempts::{OfPlugin, attempts};
use crate::bounce::bounce_unswept;
use crate::cpu_time::thread_cpu_seconds;
use crate::finished;
use crate::hash::hex;
use crate::processors::{MakeProcessors, Processors};
use crate::remix::Origin;
use crate::request::{BounceError, Bounced};
use crate::scheduler::RenderError;
use crate::store::Store;

/// Files up to this length are read in no time.
const QUICK_BYTES: u64 = 64 << 20;

/// How a batch is run. Nothing here changes a sample.
#[derive(Clone, Copy)]
pub struct BatchConfig<'a> {
    /// Threads of all renders together, at least 1.
    pub threads: usize,
    /// Renders side by side; as many as there are threads where `None`.
    pub concurrent: Option<usize>,
    /// Memory of all renders together, by estimate; no limit where `None`.
    pub memory_bytes: Option<u64>,
    /// Largest block a processor sees.
    pub block: usize,
    /// SIMD level.
    pub level: SimdLevel,
    /// The processors of each job.
    pub processors: MakeProcessors<'a>,
    /// Files that this batch has not made may be replaced.
    pub overwrite: bool,
    /// Nothing more is begun once a job has failed.
    pub fail_fast: bool,
    /// Files of earlier runs are read, to be sure that they are what was made.
    pub verify: bool,
}

/// Hears how far a batch is, from the threads that do the work: keep it short.
pub trait BatchProgress: Sync {
    /// `done` of `total` frames of a job are finished.
    fn frames(&self, job: &Job, done: u64, total: u64);
    /// A job is no longer being worked at.
    fn ended(&self, job: &Job, end: JobEnd<'_>);
}

/// How a job ended.
#[derive(Clone, Copy, Debug)]
pub enum JobEnd<'a> {
    /// With a line in the results.
    Recorded(&'a JobRecord),
    /// It was done by an earlier run.
    Skipped,
    /// Not yet: it comes again, or the batch was stopped.
    Open,
}

/// Why a batch could not go on. What it had finished is recorded.
#[derive(Debug, thiserror::Error)]
pub enum BatchError {
    /// The results cannot be written.
    #[error(transparent)]
    Results(#[from] ResultsError),
}

/// Renders what of `jobs` is not done. One that fails is recorded and the others go on; when
/// `cancel` asks for it, all stop and the summary says how many were not run.
///
/// # Errors
/// Where the results cannot be written.
pub fn run(
    jobs: &[Job],
    config: BatchConfig<'_>,
    store: Option<&Store>,
    mut results: Results,
    progress: &dyn BatchProgress,
    cancel: &CancelToken,
) -> Result<BatchSummary, BatchError> {
    let start = Instant::now();
    results.start(jobs)?;
    let threads = config.threads.max(1);
    let slots = config.concurrent.unwrap_or(threads).clamp(1, threads).min(jobs.len().max(1));
    let batch = Batch {
        jobs,
        progress,
        queue: Queue::new(groups(jobs), slots, threads, store.is_some()),
        decider: Decider::new(jobs, config, store, results, cancel),
        memory: Memory::new(config.memory_bytes),
        tally: Mutex::default(),
    };
    std::thread::scope(|scope| {
        for _ in 0..slots {
            scope.spawn(|| batch.work());
        }
    });
    let mut tally = std::mem::take(&mut *lock(&batch.tally));
    batch.decider.results().release();
    if let Some(error) = tally.error {
        return Err(error.into());
    }
    if let Some(store) = store {
        store.sweep_if_written();
        tally.summary.warnings.extend(store.take_complaints());
    }
    let mut summary = tally.summary;
    summary.jobs = jobs.len();
    summary.not_run = jobs.len() - summary.ended();
    summary.wall_seconds = start.elapsed().as_secs_f64();
    summary.times_realtime = summary.audio_seconds / summary.wall_seconds.max(1e-9);
    Ok(summary)
}

struct Batch<'a> {
    jobs: &'a [Job],
    progress: &'a dyn BatchProgress,
    queue: Queue,
    decider: Decider<'a>,
    memory: Memory,
    tally: Mutex<Tally>,
}

#[derive(Default)]
struct Tally {
    summary: BatchSummary,
    error: Option<ResultsError>,
}

/// How far a job came.
enum Outcome {
    /// Another one is making the same.
    Waiting,
    /// The batch was stopped.
    Stopped,
    /// An earlier run made it.
    Skipped,
    /// It gave a file.
    Made(JobStatus, SignalKey, Arc<Source>, f64),
    /// It gave none.
    Failed(Unmade),
}

/// A job that gave no file.
struct Unmade {
    key: Option<SignalKey>,
    /// It was to make what has its key.
    made_by_it: bool,
    error: JobError,
}

impl Unmade {
    /// The key that others may wait for.
    fn claimed(&self) -> Option<SignalKey> {
        self.key.filter(|_| self.made_by_it)
    }
}

impl std::fmt::Display for Unmade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

impl OfPlugin for Unmade {
    fn plugin(&self) -> Option<&str> {
        self.error.plugin()
    }
}

/// Stops the others where a worker is lost, who would wait for it for ever.
struct LostWorker<'a>(&'a Queue);

impl Drop for LostWorker<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop();
        }
    }
}

impl Batch<'_> {
    fn work(&self) {
        let _lost = LostWorker(&self.queue);
        while let Some(task) = self.queue.take() {
            let job = &self.jobs[task.job];
            let start = (Instant::now(), thread_cpu_seconds());
            let outcome = self.outcome(&task, job);
            let seconds = (start.0.elapsed().as_secs_f64(), thread_cpu_seconds() - start.1);
            let ended = self.end(job, outcome, seconds);
            self.queue.finish(&task, ended);
            if self.decider.cancel.is_cancelled() {
                self.queue.stop();
            }
        }
    }

    /// Brings a job as far as it can be brought now, as often as its processors are worth it.
    fn outcome(&self, task: &Task, job: &Job) -> Outcome {
        let opened = match self.decider.open(job) {
            Ok(opened) => opened,
            Err(error) => return self.failed(Unmade { key: None, made_by_it: false, error }),
        };
        // What an attempt claimed stays claimed for the next one, so that no other job comes between.
        let held = Cell::new(None);
        let give_up = |key: Option<SignalKey>| {
            key.into_iter().for_each(|key| self.queue.settle(key, None));
        };
        let mut failures = Vec::new();
        let made = attempts(opened.1.as_ref(), &mut |what| failures.push(what), &mut || {
            let mut claim = |key| match held.get() == Some(key) {
                true => {
                    held.take();
                    Claim::Make
                }
                false => self.queue.claim(key, task.job),
            };
            let tried = self.attempt(task, job, (&opened.0, &opened.1), &mut claim);
            tried.inspect_err(|unmade| give_up(held.replace(unmade.claimed())))
        });
        if made.is_ok() {
            give_up(held.take());
        }
        match made {
            Ok(Outcome::Made(status, key, source, cpu_seconds)) => {
                let mut source = Arc::unwrap_or_clone(source);
                // What is copied has been told of the same.
                failures.retain(|what| !source.made.warnings.contains(what));
                source.made.warnings.append(&mut failures);
                Outcome::Made(status, key, Arc::new(source), cpu_seconds)
            }
            Ok(outcome) => outcome,
            Err(unmade) => self.failed(unmade),
        }
    }

    fn attempt(
        &self,
        task: &Task,
        job: &Job,
        opened: (&Arc<OpenSession>, &Processors),
        claim: &mut dyn FnMut(SignalKey) -> Claim,
    ) -> Result<Outcome, Unmade> {
        let Decided { prepared, decision } = self.decider.decide(job, opened, task.threads, claim);
        let key = prepared.as_ref().map(|prepared| prepared.key);
        match (decision, prepared) {
            (Decision::Skip, _) => Ok(Outcome::Skipped),
            (Decision::Wait, _) => Ok(Outcome::Waiting),
            (Decision::Fail(error), _) => Err(Unmade { key, made_by_it: false, error }),
            (Decision::Do(way), Some(prepared)) => match self.make(job, &prepared, way) {
                Ok((status, source, cpu_seconds)) => {
                    Ok(Outcome::Made(status, prepared.key, source, cpu_seconds))
                }
                Err(error) => Err(Unmade { key, made_by_it: true, error }),
            },
            // Nothing is done that is not prepared.
            (Decision::Do(_), None) => Ok(Outcome::Stopped),
        }
    }

    fn failed(&self, unmade: Unmade) -> Outcome {
        match self.decider.cancel.is_cancelled() {
            true => Outcome::Stopped,
            false => Outcome::Failed(unmade),
        }
    }

    /// Copies what is there, has the store serve it, or renders.
    fn make(
        &self,
        job: &Job,
        prepared: &Prepared,
        way: Way,
    ) -> Result<(JobStatus, Arc<Source>, f64), JobError> {
        let Decider { store, cancel, config, .. } = &self.decider;
        prepare::make_folder(&job.output)?;
        self.decider.claim(job)?;
        let source = |made| {
            let folder = job.output.parent().unwrap_or(Path::new("")).to_owned();
            Arc::new(Source { folder, made })
        };
        let export = &prepared.request.export;
        if let Way::Copy(from) = way
            && copy::copy(&from, &export.paths(), export.overwrite, cancel)?
        {
            let made = self.noted(job, || placed(&from.made, job))?;
            return Ok((JobStatus::Copied, source(made), 0.0));
        }
        let served = match store.filter(|_| prepared.plan.repeats()) {
            Some(store) => finished::serve(store, &prepared.key, export, cancel)?,
            None => None,
        };
        let bounced = match served {
            Some(served) => served,
            None => {
                let needed = prepared.memory_bytes;
                let _memory =
                    self.memory.reserve(needed).map_err(|limit| JobError::memory(needed, limit))?;
                let budget = config.memory_bytes.map(|_| needed);
                self.render(job, prepared, budget)?
            }
        };
        let status = if bounced.served { JobStatus::Served } else { JobStatus::Rendered };
        let made = self.noted(job, || self.made(job, &bounced, prepared))?;
        Ok((status, source(made), bounced.cpu_seconds))
    }

    fn render(
        &self,
        job: &Job,
        prepared: &Prepared,
        budget_bytes: Option<u64>,
    ) -> Result<Bounced, JobError> {
        let Decider { store, cancel, .. } = self.decider;
        let Prepared { opened, processors, session, plan, request, .. } = prepared;
        let config = CompileConfig { audio: &opened.audio, processors: processors.as_ref() };
        let origin = Origin { session, compile: &|older| compile(older, &config), budget_bytes };
        let watched = JobProgress { progress: self.progress, job };
        Ok(bounce_unswept(plan, request, Some(&origin), store, &watched, cancel)?)
    }

    /// What `note` notes of files that are there now. Where it fails, they stay claimed.
    fn noted(
        &self,
        job: &Job,
        note: impl FnOnce() -> Result<Made, JobError>,
    ) -> Result<Made, JobError> {
        note().inspect_err(|_| self.decider.results().keep_claim(job))
    }

    fn made(&self, job: &Job, bounced: &Bounced, prepared: &Prepared) -> Result<Made, JobError> {
        let facts = bounced.exported.facts;
        let mut files = Vec::new();
        for file in &bounced.exported.files {
            let FileStamp { size, mtime_ns, .. } = stamp_of(&file.path)?;
            // A line that is soon made is not given up: its file is there.
            let never = CancelToken::default();
            let cancel = if size > QUICK_BYTES { self.decider.cancel } else { &never };
            let digest = copy::blake3_of(&file.path, cancel);
            let digest = digest.map_err(|error| unreadable(&file.path, &error))?;
            files.push(MadeFile {
                file: file_name(&file.path),
                bytes: size,
                pcm_sha256: hex(&file.pcm_sha256),
                blake3: digest.ok_or(BounceError::Render(RenderError::Cancelled))?,
                modified_ns: Some(mtime_ns),
            });
        }
        let mut warnings = bounced.sentences();
        warnings.extend(prepared.audio_warnings.iter().cloned());
        Ok(Made {
            output: job.output.display().to_string(),
            files,
            frames: facts.frames,
            channels: facts.channels,
            sample_rate: facts.sample_rate_hz,
            seconds: facts.frames as f64 / f64::from(facts.sample_rate_hz.max(1)),
            mix_sha256: hex(&bounced.mix_sha256),
            integrated_lufs: facts.loudness.and_then(|loudness| loudness.integrated_lufs),
            true_peak_dbtp: facts.loudness.and_then(|loudness| loudness.true_peak_dbtp),
            warnings,
        })
    }

    /// Writes down what came of a job, and lets those go on that wait for it.
    fn end(&self, job: &Job, outcome: Outcome, (wall, cpu): (f64, f64)) -> Ended {
        let mut record = JobRecord {
            job: job.index,
            name: job.name.clone(),
            session: job.session.clone(),
            variant: job.variant.as_ref().map(|variant| variant.name.clone()),
            status: JobStatus::Failed,
            digest: None,
            made: None,
            wall_seconds: wall,
            cpu_seconds: cpu,
            error: None,
        };
        let settled = match outcome {
            Outcome::Waiting | Outcome::Stopped => {
                self.progress.ended(job, JobEnd::Open);
                return Ended::Without;
            }
            Outcome::Skipped => {
                lock(&self.tally).summary.skipped += 1;
                self.decider.results().settle(job);
                self.decider.sessions.release(&job.session_path);
                self.progress.ended(job, JobEnd::Skipped);
                return Ended::Without;
            }
            Outcome::Made(status, key, source, cpu_seconds) => {
                record.status = status;
                record.digest = Some(key.to_string());
                record.made = Some(source.made.clone());
                record.cpu_seconds += cpu_seconds;
                Some((key, Some(source)))
            }
            Outcome::Failed(unmade) => {
                record.digest = unmade.key.map(|key| key.to_string());
                record.error = Some(unmade.error.to_string());
                unmade.claimed().map(|key| (key, None))
            }
        };
        self.record(job, &record);
        let made = record.made.is_some();
        if let Some((key, source)) = settled {
            self.queue.settle(key, source);
        }
        if made { Ended::Kept } else { Ended::Without }
    }

    fn record(&self, job: &Job, record: &JobRecord) {
        self.decider.sessions.release(&job.session_path);
        let appended = self.append(job, record);
        let mut tally = lock(&self.tally);
        tally.summary.add(record);
        if let Err(error) = appended {
            tally.error.get_or_insert(error);
            self.queue.stop();
        }
        drop(tally);
        if record.status == JobStatus::Failed && self.decider.config.fail_fast {
            self.queue.stop();
        }
        self.progress.ended(job, JobEnd::Recorded(record));
    }

    /// Appends a line, with which the job's files need no claim any more, and without which they do.
    fn append(&self, job: &Job, record: &JobRecord) -> Result<(), ResultsError> {
        let mut results = self.decider.results();
        let appended = results.append(record);
        match (&appended, &record.made) {
            (Ok(()), Some(_)) => results.settle(job),
            (Err(_), Some(_)) => results.keep_claim(job),
            // What was there before is as it was.
            (_, None) => {}
        }
        appended
    }
}

/// What was made, as the files of another job, which are copies.
fn placed(made: &Made, job: &Job) -> Result<Made, JobError> {
    let mut made = made.clone();
    made.output = job.output.display().to_string();
    for (file, path) in made.files.iter_mut().zip(job.paths()) {
        file.file = file_name(&path);
        file.modified_ns = Some(stamp_of(&path)?.mtime_ns);
    }
    Ok(made)
}

/// The stamp of a file that has just been written.
fn stamp_of(path: &Path) -> Result<FileStamp, WriteError> {
    let found = std::fs::metadata(path).map_err(|error| unreadable(path, &error))?;
    Ok(FileStamp::of(&found))
}

fn unreadable(path: &Path, error: &std::io::Error) -> WriteError {
    let reason = format!(
        "it was written and then could not be read ({error}); keep others from it, and run the \
         batch again"
    );
    WriteError::Io { path: path.to_owned(), reason }
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whole after every step.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct JobProgress<'a> {
    progress: &'a dyn BatchProgress,
    job: &'a Job,
}

impl Progress for JobProgress<'_> {
    fn frames(&self, done: u64, total: u64) {
        self.progress.frames(self.job, done, total);
    }
}

#[cfg(test)]
mod tests;
