//! What becomes of a job, by what is there: asked before a job is run, and by those who only want
//! to know. There is no other place in which it is decided.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use wavemill_core::graph::SignalKey;
use wavemill_core::job::CancelToken;
use wavemill_media::audio::WriteError;

use super::copy::Source;
use super::job_error::JobError;
use super::jobs::Job;
use super::prepare::{self, Prepared};
use super::queue::Claim;
use super::results::Results;
use super::run::BatchConfig;
use super::sessions::{OpenSession, Sessions};
use super::standing::{Known, Look, Standing};
use crate::finished;
use crate::processors::Processors;
use crate::scheduler::RenderConfig;
use crate::store::Store;

/// A job that was looked at.
pub(super) struct Decided {
    /// What it needs, as far as it came.
    pub(super) prepared: Option<Prepared>,
    pub(super) decision: Decision,
}

/// What becomes of a job.
pub(super) enum Decision {
    /// An earlier run made it.
    Skip,
    /// It cannot be done.
    Fail(JobError),
    /// Another job is giving the same.
    Wait,
    /// It is to be done.
    Do(Way),
}

/// Where a job's files come from.
pub(super) enum Way {
    /// From those of another job.
    Copy(Arc<Source>),
    /// From the store.
    Serve,
    /// They are rendered.
    Render,
}

/// All that decides.
pub(super) struct Decider<'a> {
    pub(super) config: BatchConfig<'a>,
    pub(super) store: Option<&'a Store>,
    pub(super) cancel: &'a CancelToken,
    pub(super) sessions: Sessions,
    pub(super) results: Mutex<Results>,
    by_name: BTreeMap<&'a str, &'a Job>,
    /// Jobs whose files are being replaced, or are going to be: nothing is copied from them.
    replaced: Mutex<BTreeSet<usize>>,
}

impl<'a> Decider<'a> {
    pub(super) fn new(
        jobs: &'a [Job],
        config: BatchConfig<'a>,
        store: Option<&'a Store>,
        results: Results,
        cancel: &'a CancelToken,
    ) -> Self {
        Self {
            config,
            store,
            cancel,
            sessions: Sessions::of(jobs, cancel),
            results: Mutex::new(results),
            by_name: jobs.iter().map(|job| (job.name.as_str(), job)).collect(),
            replaced: Mutex::default(),
        }
    }

    /// Puts down that the outputs of `job` are going to be written.
    ///
    /// # Errors
    /// Where that cannot be written.
    pub(super) fn claim(&self, job: &Job) -> Result<(), WriteError> {
        let (_, standing) = self.look(job);
        self.results().claim(job, &standing)
    }

    /// The session of `job`, and processors of its own.
    pub(super) fn open(&self, job: &Job) -> Result<(Arc<OpenSession>, Processors), JobError> {
        let opened = self.sessions.open(&job.session_path)?;
        let processors = (self.config.processors)(&opened.folder, self.cancel);
        Ok((opened, processors))
    }

    /// Decides about `job`, which is `opened` and would have `threads` threads. `claim` says who else
    /// gives what has a key; it is asked once all else is well.
    pub(super) fn decide(
        &self,
        job: &Job,
        (opened, processors): (&Arc<OpenSession>, &Processors),
        threads: usize,
        claim: &mut dyn FnMut(SignalKey) -> Claim,
    ) -> Decided {
        let BatchConfig { block, level, threads: most_threads, .. } = self.config;
        let render = RenderConfig { jobs: threads, block, level };
        let opened = (Arc::clone(opened), processors);
        match prepare::prepare(job, opened, render, most_threads, self.cancel) {
            Err(error) => Decided { prepared: None, decision: Decision::Fail(error) },
            Ok(mut prepared) => {
                let decision = self.decide_prepared(job, &mut prepared, claim);
                Decided { prepared: Some(prepared), decision }
            }
        }
    }

    /// Decides about `job`, as far as it is `prepared`.
    pub(super) fn decide_prepared(
        &self,
        job: &Job,
        prepared: &mut Prepared,
        claim: &mut dyn FnMut(SignalKey) -> Claim,
    ) -> Decision {
        let (known, standing) = self.look(job);
        let digest = prepared.key.to_string();
        let own = match standing {
            Standing::AsMade if known.digest.as_ref() == Some(&digest) => return Decision::Skip,
            Standing::NotAFile(path) => {
                return Decision::Fail(WriteError::NotAFile { path }.into());
            }
            Standing::Foreign(path) if !self.config.overwrite => {
                return Decision::Fail(WriteError::Exists { path }.into());
            }
            // What is not there yet is nobody's: a file that appears meanwhile is not replaced.
            Standing::Free | Standing::Foreign(_) => false,
            Standing::Own | Standing::AsMade => true,
        };
        prepared.request.export.overwrite = self.config.overwrite || own;
        let way = match self.way(prepared, &digest) {
            Ok(way) => way,
            Err(error) => return Decision::Fail(error),
        };
        // What does not repeat itself is of that job alone.
        let claimed = if prepared.plan.repeats() { claim(prepared.key) } else { Claim::Make };
        self.replaced.lock().unwrap_or_else(PoisonError::into_inner).insert(job.index);
        match claimed {
            Claim::Wait => Decision::Wait,
            Claim::Copy(source) => Decision::Do(Way::Copy(source)),
            Claim::Make => Decision::Do(way),
        }
    }

    /// How the files are come by, unless another job of this run has them.
    fn way(&self, prepared: &Prepared, digest: &str) -> Result<Way, JobError> {
        if prepared.plan.repeats() {
            if let Some(source) = self.recorded_source(digest) {
                return Ok(Way::Copy(source));
            }
            let files = prepared.request.export.paths().len();
            if self.store.is_some_and(|store| finished::is_kept(store, &prepared.key, files)) {
                return Ok(Way::Serve);
            }
        }
        let limit = self.config.memory_bytes.unwrap_or(u64::MAX);
        if prepared.memory_bytes > limit {
            return Err(JobError::memory(prepared.memory_bytes, limit));
        }
        Ok(Way::Render)
    }

    /// What an earlier run made under another name, where that is still there.
    fn recorded_source(&self, digest: &str) -> Option<Arc<Source>> {
        let names = self.results().names_of(digest).to_vec();
        let mut jobs = names.iter().filter_map(|name| self.by_name.get(name.as_str()).copied());
        jobs.find_map(|job| {
            if self.replaced.lock().unwrap_or_else(PoisonError::into_inner).contains(&job.index) {
                return None;
            }
            let (known, standing) = self.look(job);
            let folder = job.output.parent().unwrap_or(Path::new("")).to_owned();
            let made = known.made.filter(|_| standing == Standing::AsMade)?;
            Some(Arc::new(Source { folder, made }))
        })
    }

    /// What lies at the job's outputs. Files are read without keeping the results from others.
    fn look(&self, job: &Job) -> (Known, Standing) {
        let (known, digests) = {
            let results = self.results();
            (results.known(job), results.digests())
        };
        let look = Look { verify: self.config.verify, digests: &digests, cancel: self.cancel };
        let standing = known.standing(look);
        (known, standing)
    }

    /// The results, whole after every step.
    pub(super) fn results(&self) -> MutexGuard<'_, Results> {
        self.results.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
