//! A worker that runs plug-ins, as its host has it: commands and their answers, and how it ended.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use wavemill_core::job::CancelToken;

use super::message::{Command, Reply};
use crate::failure::{FailureKind, WorkerFailure};
use crate::message::AchievedProfile;
use crate::worker::{Heard, Worker, WorkerProgram};

/// How long a worker may take to start.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How long the last words of one that is gone are waited for.
const LAST_WORDS_LIMIT: Duration = Duration::from_secs(2);

/// A worker that several instances may share.
pub(crate) struct Link {
    inner: Mutex<Inner>,
    profile: AchievedProfile,
    process: u32,
    cancel: CancelToken,
}

struct Inner {
    worker: Worker,
    cancel: CancelToken,
    /// The nodes of its instances, by their numbers.
    nodes: Vec<String>,
    /// Instances that could not process, and why.
    failed: BTreeMap<u32, String>,
    /// How it ended, and which instance was at work then, once that is known.
    ended: Option<(WorkerFailure, Option<u32>)>,
}

impl Link {
    /// Starts a worker that has no plug-in yet; nobody waits for it any more once `cancel` asks to
    /// stop.
    pub(crate) fn start(
        program: &WorkerProgram,
        cancel: &CancelToken,
    ) -> Result<Self, WorkerFailure> {
        let mut worker = Worker::start(program, [OsStr::new("run")])?;
        let process = worker.id();
        let heard = worker.line(Instant::now() + START_LIMIT, cancel);
        let said = match &heard {
            Heard::Line(line) => serde_json::from_str(line).ok(),
            _ => None,
        };
        let Some(Reply::Profile(profile)) = said else {
            let failure = match heard {
                Heard::Cancelled => stopped(),
                Heard::TooLate => {
                    let what = format!("it was not there within {} s", START_LIMIT.as_secs());
                    WorkerFailure::new(FailureKind::Worker, what)
                }
                _ => WorkerFailure { kind: FailureKind::Worker, ..worker.end() },
            };
            return Err(failure);
        };
        let (nodes, failed, ended) = (Vec::new(), BTreeMap::new(), None);
        let inner = Mutex::new(Inner { worker, cancel: cancel.clone(), nodes, failed, ended });
        Ok(Self { inner, profile, process, cancel: cancel.clone() })
    }

    /// Under what conditions its plug-ins run.
    pub(crate) fn profile(&self) -> &AchievedProfile {
        &self.profile
    }

    /// A number for a new instance, which stands at `node`.
    pub(crate) fn new_instance(&self, node: &str) -> u32 {
        let mut inner = self.lock();
        let number = u32::try_from(inner.nodes.len()).unwrap_or(u32::MAX);
        inner.nodes.push(node.to_owned());
        number
    }

    /// The instance `number` stands at `node` from now on.
    pub(crate) fn rename(&self, number: u32, node: &str) {
        if let Some(known) = self.lock().nodes.get_mut(number as usize) {
            node.clone_into(known);
        }
    }

    /// Asks for `command`, of `instance`, and waits for its answer, for `limit` at most.
    pub(crate) fn ask(
        &self,
        instance: u32,
        command: &Command,
        limit: Duration,
    ) -> Result<Reply, WorkerFailure> {
        let mut inner = self.lock();
        if let Some(failure) = inner.failure_of(instance) {
            return Err(failure);
        }
        let mut line = serde_json::to_vec(command).unwrap_or_default();
        line.push(b'\n');
        inner.worker.say(&line);
        let deadline = Instant::now() + limit;
        loop {
            match inner.hear(deadline, limit) {
                Ok(Some(Reply::Refused { what, .. })) => {
                    return Err(WorkerFailure::new(FailureKind::Refused, what));
                }
                Ok(Some(reply)) => return Ok(reply),
                Ok(None) => {}
                Err(()) => return Err(inner.failure_of(instance).unwrap_or_else(nonsense)),
            }
        }
    }

    /// What went wrong for `instance`, of which it is known that something did.
    pub(crate) fn failure(&self, instance: u32) -> WorkerFailure {
        let mut inner = self.lock();
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if let Some(failure) = inner.failure_of(instance) {
                return failure;
            }
            match inner.hear(deadline, START_LIMIT) {
                Ok(None) => {}
                Ok(Some(_)) => return nonsense(),
                Err(()) => return inner.failure_of(instance).unwrap_or_else(nonsense),
            }
        }
    }

    /// How the worker ended where it did, as `instance` is told.
    pub(crate) fn ending(&self, instance: u32) -> Option<WorkerFailure> {
        let mut inner = self.lock();
        if inner.ended.is_none() && inner.worker.is_gone() {
            // Its last words, and after those the end; what it has started may hold that back.
            let deadline = Instant::now() + LAST_WORDS_LIMIT;
            while inner.hear(deadline, LAST_WORDS_LIMIT).is_ok() {}
        }
        inner.failure_of(instance)
    }

    /// The node of the instance that was at work when the worker ended, where that is known.
    pub(crate) fn culprit(&self) -> Option<String> {
        let inner = self.lock();
        let (_, at_work) = inner.ended.as_ref()?;
        inner.nodes.get((*at_work)? as usize).cloned()
    }

    /// True where it is known that the worker ended.
    pub(crate) fn has_ended(&self) -> bool {
        self.lock().ended.is_some()
    }

    /// Ends it, for `instance` did not answer within `limit`.
    pub(crate) fn end_hanging(&self, instance: u32, limit: Duration) -> WorkerFailure {
        let mut inner = self.lock();
        let what = format!("no answer within {} s", limit.as_secs());
        let failure = WorkerFailure::new(FailureKind::Hang, what);
        inner.worker.kill();
        inner.ended.get_or_insert((failure, Some(instance)));
        inner.failure_of(instance).unwrap_or_else(nonsense)
    }

    /// Ends it where nobody waits any more, and says so.
    pub(crate) fn cancelled(&self) -> Option<WorkerFailure> {
        self.cancel.is_cancelled().then(|| {
            let mut inner = self.lock();
            inner.worker.kill();
            inner.ended.get_or_insert((stopped(), None));
            stopped()
        })
    }

    /// Opens what the worker has open as `descriptor`.
    pub(crate) fn open(&self, descriptor: i32) -> std::io::Result<File> {
        let path = PathBuf::from(format!("/proc/{}/fd/{descriptor}", self.process));
        File::options().read(true).write(true).open(path)
    }

    /// Its number among the processes of the system.
    pub(crate) fn process(&self) -> u32 {
        self.process
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    /// Hears one thing of the worker until `deadline`, which is `limit` after the question: an
    /// answer, or nothing where it was something to remember. Fails where the worker ended, of which
    /// is known then.
    fn hear(&mut self, deadline: Instant, limit: Duration) -> Result<Option<Reply>, ()> {
        let failure = match self.worker.line(deadline, &self.cancel) {
            Heard::Line(line) => match serde_json::from_str(&line) {
                Ok(Reply::Crashed(crash)) => {
                    let failure = WorkerFailure::of_crash(&crash);
                    self.ended.get_or_insert((failure, crash.instance));
                    return Err(());
                }
                Ok(Reply::Failed { instance, what }) => {
                    self.failed.insert(instance, what);
                    return Ok(None);
                }
                Ok(reply) => return Ok(Some(reply)),
                Err(_) => nonsense(),
            },
            Heard::End => self.worker.end(),
            // Of what is there no more, nothing is expected.
            Heard::TooLate if self.worker.is_gone() => self.worker.end(),
            Heard::Cancelled => stopped(),
            Heard::TooLate => {
                let what = format!("no answer within {} s", limit.as_secs());
                WorkerFailure::new(FailureKind::Hang, what)
            }
        };
        self.worker.kill();
        self.ended.get_or_insert((failure, None));
        Err(())
    }

    /// How it ended, as `instance` is told: one that was not at work has lost its process only.
    fn failure_of(&self, instance: u32) -> Option<WorkerFailure> {
        if let Some(what) = self.failed.get(&instance) {
            return Some(WorkerFailure::new(FailureKind::Refused, what.clone()));
        }
        let (failure, at_work) = self.ended.as_ref()?;
        if at_work.is_none_or(|at_work| at_work == instance) {
            return Some(failure.clone());
        }
        let what = format!("another plug-in of the same process was lost: {failure}");
        Some(WorkerFailure::new(FailureKind::Worker, what))
    }
}

/// Nobody waits for it any more.
fn stopped() -> WorkerFailure {
    WorkerFailure::new(FailureKind::Worker, "stopped, as was asked for")
}

fn nonsense() -> WorkerFailure {
    WorkerFailure::new(FailureKind::Worker, "the worker said what makes no sense")
}
