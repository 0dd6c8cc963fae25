//! Running a batch: workers that take jobs, each to its end and into the results.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use wavemill_core::dsp::BuiltIns;
use wavemill_core::graph::{CompileConfig, SignalKey, compile};
use wavemill_core::job::{CancelToken, Progress};
use wavemill_core::simd::SimdLevel;
use wavemill_media::audio::WriteError;

use super::copy::{self, Source};
use super::job_error::JobError;
use super::jobs::Job;
use super::memory::Memory;
use super::prepare::{self, Prepared};
use super::queue::{Claim, Ended, Queue, Task};
use super::results::{JobRecord, JobStatus, Made, MadeFile, Results, ResultsError};
use super::sessions::{OpenSession, Sessions};
use super::summary::BatchSummary;
use crate::bounce::bounce_unswept;
use crate::cpu_time::thread_cpu_seconds;
use crate::estimate::memory_bytes;
use crate::hash::hex;
use crate::remix::Origin;
use crate::request::{BounceError, Bounced};
use crate::scheduler::{RenderConfig, RenderError};
use crate::store::Store;

/// How a batch is run. Nothing here changes a sample.
#[derive(Clone, Copy, Debug)]
pub struct BatchConfig {
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
    config: BatchConfig,
    store: Option<&Store>,
    results: Results,
    progress: &dyn BatchProgress,
    cancel: &CancelToken,
) -> Result<BatchSummary, BatchError> {
    let start = Instant::now();
    results.claim(jobs)?;
    let threads = config.threads.max(1);
    let slots = config.concurrent.unwrap_or(threads).clamp(1, threads).min(jobs.len().max(1));
    let batch = Batch {
        jobs,
        config,
        store,
        progress,
        cancel,
        queue: Queue::new(groups(jobs), slots, threads, store.is_some()),
        sessions: Sessions::of(jobs, cancel),
        memory: Memory::new(config.memory_bytes),
        by_name: jobs.iter().map(|job| (job.name.as_str(), job)).collect(),
        results: Mutex::new(results),
        tally: Mutex::default(),
    };
    std::thread::scope(|scope| {
        for _ in 0..slots {
            scope.spawn(|| batch.work());
        }
    });
    let mut tally = batch.tally.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(error) = tally.error {
        return Err(error.into());
    }
    if !tally.unrecorded {
        batch.results.into_inner().unwrap_or_else(PoisonError::into_inner).release();
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

/// The places of the jobs of each session, in the order in which the sessions come first.
fn groups(jobs: &[Job]) -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut known: BTreeMap<&Path, usize> = BTreeMap::new();
    for (place, job) in jobs.iter().enumerate() {
        let group = *known.entry(&job.session_path).or_insert(groups.len());
        if group == groups.len() {
            groups.push(Vec::new());
        }
        groups[group].push(place);
    }
    groups
}

struct Batch<'a> {
    jobs: &'a [Job],
    config: BatchConfig,
    store: Option<&'a Store>,
    progress: &'a dyn BatchProgress,
    cancel: &'a CancelToken,
    queue: Queue,
    sessions: Sessions,
    memory: Memory,
    by_name: BTreeMap<&'a str, &'a Job>,
    results: Mutex<Results>,
    tally: Mutex<Tally>,
}

#[derive(Default)]
struct Tally {
    summary: BatchSummary,
    error: Option<ResultsError>,
    /// A file was finished whose line could not be written.
    unrecorded: bool,
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
    Failed(Option<SignalKey>, JobError),
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
            if self.cancel.is_cancelled() {
                self.queue.stop();
            }
        }
    }

    /// Brings a job as far as it can be brought now.
    fn outcome(&self, task: &Task, job: &Job) -> Outcome {
        let opened = match self.sessions.open(&job.session_path) {
            Ok(opened) => opened,
            Err(error) => return self.failed(None, error.into()),
        };
        let render =
            RenderConfig { jobs: task.threads, block: self.config.block, level: self.config.level };
        // What is not there yet is nobody's: a file that appears meanwhile is not replaced.
        let there = job.paths().iter().any(|path| path.symlink_metadata().is_ok());
        let own = there && lock(&self.results).is_own(job);
        let overwrite = self.config.overwrite || own;
        let prepared = prepare::prepare(job, &opened, overwrite, render, self.cancel);
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return self.failed(None, error),
        };
        let key = prepared.key;
        if self.is_done(job, &key) {
            return Outcome::Skipped;
        }
        let source = match self.queue.claim(key, task.job) {
            Claim::Wait => return Outcome::Waiting,
            Claim::Copy(source) => Some(source),
            Claim::Make => self.recorded_source(&key),
        };
        match self.make(job, &prepared, &opened, source) {
            Ok((status, source, cpu_seconds)) => Outcome::Made(status, key, source, cpu_seconds),
            Err(error) => self.failed(Some(key), error),
        }
    }

    fn failed(&self, key: Option<SignalKey>, error: JobError) -> Outcome {
        if self.cancel.is_cancelled() { Outcome::Stopped } else { Outcome::Failed(key, error) }
    }

    /// True where an earlier run made the very same, and it is still there.
    fn is_done(&self, job: &Job, key: &SignalKey) -> bool {
        let made = lock(&self.results).made(job, &key.to_string()).cloned();
        let folder = job.output.parent().unwrap_or(Path::new(""));
        made.is_some_and(|made| {
            !self.config.verify || copy::is_unchanged(folder, &made, self.cancel)
        })
    }

    /// What an earlier run made under another name, where that is still there.
    fn recorded_source(&self, key: &SignalKey) -> Option<Arc<Source>> {
        let digest = key.to_string();
        let results = lock(&self.results);
        let mut jobs =
            results.names_of(&digest).iter().filter_map(|name| self.by_name.get(name.as_str()));
        jobs.find_map(|job| {
            let made = results.made(job, &digest)?.clone();
            Some(Arc::new(Source { folder: job.output.parent()?.to_owned(), made }))
        })
    }

    /// Copies what is there, or renders.
    fn make(
        &self,
        job: &Job,
        prepared: &Prepared,
        opened: &OpenSession,
        source: Option<Arc<Source>>,
    ) -> Result<(JobStatus, Arc<Source>, f64), JobError> {
        prepare::make_folder(&job.output)?;
        let folder = job.output.parent().unwrap_or(Path::new("")).to_owned();
        let export = &prepared.request.export;
        if let Some(source) = source
            && copy::copy(&source, &export.paths(), export.overwrite, self.cancel)?
        {
            let made = renamed(&source.made, job);
            return Ok((JobStatus::Copied, Arc::new(Source { folder, made }), 0.0));
        }
        let needed = memory_bytes(&prepared.plan, prepared.request.render);
        let _memory = self.memory.reserve(needed).map_err(|limit| JobError::Memory {
            needed_mib: needed.div_ceil(1 << 20),
            limit_mib: limit >> 20,
        })?;
        let watched = JobProgress { progress: self.progress, job };
        let Prepared { session, plan, request, .. } = prepared;
        let config = CompileConfig { audio: &opened.audio, processors: &BuiltIns };
        let origin = Origin { session, compile: &|older| compile(older, &config) };
        let bounced =
            bounce_unswept(plan, request, Some(&origin), self.store, &watched, self.cancel)?;
        let status = if bounced.served { JobStatus::Served } else { JobStatus::Rendered };
        let made = self.made(job, &bounced, opened).inspect_err(|_| {
            lock(&self.tally).unrecorded = true;
        })?;
        Ok((status, Arc::new(Source { folder, made }), bounced.cpu_seconds))
    }

    fn made(&self, job: &Job, bounced: &Bounced, opened: &OpenSession) -> Result<Made, JobError> {
        let facts = bounced.exported.facts;
        let mut files = Vec::new();
        for file in &bounced.exported.files {
            let io = |error: std::io::Error| WriteError::Io {
                path: file.path.clone(),
                reason: error.to_string(),
            };
            let bytes = std::fs::metadata(&file.path).map_err(io)?.len();
            let digest = copy::blake3_of(&file.path, self.cancel).map_err(io)?;
            files.push(MadeFile {
                file: file_name(&file.path),
                bytes,
                pcm_sha256: hex(&file.pcm_sha256),
                blake3: digest.ok_or(BounceError::Render(RenderError::Cancelled))?,
            });
        }
        let mut warnings = bounced.sentences();
        warnings.extend(opened.audio.warnings());
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
                self.sessions.release(&job.session_path);
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
            Outcome::Failed(key, error) => {
                record.digest = key.map(|key| key.to_string());
                record.error = Some(error.to_string());
                key.map(|key| (key, None))
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
        self.sessions.release(&job.session_path);
        let appended = lock(&self.results).append(record);
        let mut tally = lock(&self.tally);
        tally.summary.add(record);
        if let Err(error) = appended {
            tally.error.get_or_insert(error);
            self.queue.stop();
        }
        drop(tally);
        if record.status == JobStatus::Failed && self.config.fail_fast {
            self.queue.stop();
        }
        self.progress.ended(job, JobEnd::Recorded(record));
    }
}

/// What was made, under the names of another job.
fn renamed(made: &Made, job: &Job) -> Made {
    let mut made = made.clone();
    made.output = job.output.display().to_string();
    for (file, path) in made.files.iter_mut().zip(job.paths()) {
        file.file = file_name(&path);
    }
    made
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
