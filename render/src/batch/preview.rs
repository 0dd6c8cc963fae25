//! What a batch would do, without doing any of it.

use std::collections::BTreeSet;

use serde::Serialize;
use wavemill_core::graph::SignalKey;
use wavemill_core::job::CancelToken;

use super::decide::{Decided, Decider, Decision, Way};
use super::jobs::Job;
use super::queue::{Claim, groups};
use super::results::Results;
use super::run::BatchConfig;
use crate::attempts::attempts;
use crate::store::Store;

/// What would become of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Forecast {
    /// It is rendered.
    Render,
    /// The store has it.
    Serve,
    /// Another job of the batch gives the same, in this run or an earlier one.
    Copy,
    /// An earlier run made it.
    Skip,
    /// It fails.
    Fail,
}

/// A job, and what would become of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preview {
    /// The job's number in the batch, from 1.
    pub job: usize,
    /// Its file's name.
    pub name: String,
    /// Where its file would be.
    pub output: String,
    /// What would become of it.
    pub forecast: Forecast,
    /// The memory it needs, by estimate, in MiB.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub memory_mib: Option<u64>,
    /// Why it would fail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Says what would become of each of `jobs` in a run with `config`; `None` where `cancel` asked to
/// stop.
pub fn preview(
    jobs: &[Job],
    config: BatchConfig<'_>,
    store: Option<&Store>,
    results: Results,
    cancel: &CancelToken,
) -> Option<Vec<Preview>> {
    let decider = Decider::new(jobs, config, store, results, cancel);
    let mut seen = BTreeSet::new();
    let mut claim = |key: SignalKey| if seen.insert(key) { Claim::Make } else { Claim::Wait };
    let mut previews = Vec::with_capacity(jobs.len());
    // In the order in which one thread would take them.
    for job in groups(jobs).into_iter().flatten().map(|place| &jobs[place]) {
        if cancel.is_cancelled() {
            return None;
        }
        let decided = decider.open(job).and_then(|(opened, processors)| {
            // What fails when it is made ready is known already.
            attempts(processors.as_ref(), &mut |_| {}, &mut || {
                let opened = (&opened, &processors);
                match decider.decide(job, opened, config.threads.max(1), &mut claim) {
                    Decided { prepared: None, decision: Decision::Fail(error) } => Err(error),
                    decided => Ok(decided),
                }
            })
        });
        let failed = |error| Decided { prepared: None, decision: Decision::Fail(error) };
        let Decided { prepared, decision } = decided.unwrap_or_else(failed);
        decider.sessions.release(&job.session_path);
        let (forecast, error) = match decision {
            Decision::Skip => (Forecast::Skip, None),
            Decision::Wait | Decision::Do(Way::Copy(_)) => (Forecast::Copy, None),
            Decision::Do(Way::Serve) => (Forecast::Serve, None),
            Decision::Do(Way::Render) => (Forecast::Render, None),
            Decision::Fail(error) => (Forecast::Fail, Some(error.to_string())),
        };
        let memory_mib = prepared.map(|prepared| prepared.memory_bytes.div_ceil(1 << 20));
        let (name, output) = (job.name.clone(), job.output.display().to_string());
        previews.push(Preview { job: job.index, name, output, forecast, memory_mib, error });
    }
    previews.sort_by_key(|preview| preview.job);
    (!cancel.is_cancelled()).then_some(previews)
}
