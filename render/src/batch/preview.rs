//! What a batch would do, without doing any of it.

use std::collections::BTreeMap;

use serde::Serialize;
use wavemill_core::graph::SignalKey;
use wavemill_core::job::CancelToken;
use wavemill_core::simd::SimdLevel;

use super::jobs::Job;
use super::prepare::{self, Prepared};
use super::results::Results;
use super::sessions::Sessions;
use crate::estimate::memory_bytes;
use crate::finished;
use crate::scheduler::RenderConfig;
use crate::store::Store;

/// What would become of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Forecast {
    /// It is rendered.
    Render,
    /// The store has it.
    Serve,
    /// An earlier job of the batch gives the same.
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

/// Says what would become of each of `jobs`, with `threads` threads a render; `None` where `cancel`
/// asked to stop.
pub fn preview(
    jobs: &[Job],
    threads: usize,
    store: Option<&Store>,
    results: &Results,
    cancel: &CancelToken,
) -> Option<Vec<Preview>> {
    let sessions = Sessions::of(jobs, cancel);
    let render = RenderConfig { jobs: threads, block: 256, level: SimdLevel::detect() };
    let mut seen: BTreeMap<SignalKey, usize> = BTreeMap::new();
    let mut previews = Vec::with_capacity(jobs.len());
    for job in jobs {
        if cancel.is_cancelled() {
            return None;
        }
        let prepared = sessions.open(&job.session_path).map_err(Into::into);
        let prepared =
            prepared.and_then(|opened| prepare::prepare(job, &opened, false, render, cancel));
        let (forecast, memory_mib, error) = match prepared {
            Ok(prepared) => {
                let forecast = forecast(job, &prepared, store, results, &mut seen);
                let bytes = memory_bytes(&prepared.plan, render);
                (forecast, Some(bytes.div_ceil(1 << 20)), None)
            }
            Err(error) => (Forecast::Fail, None, Some(error.to_string())),
        };
        sessions.release(&job.session_path);
        let (name, output) = (job.name.clone(), job.output.display().to_string());
        previews.push(Preview { job: job.index, name, output, forecast, memory_mib, error });
    }
    (!cancel.is_cancelled()).then_some(previews)
}

fn forecast(
    job: &Job,
    prepared: &Prepared,
    store: Option<&Store>,
    results: &Results,
    seen: &mut BTreeMap<SignalKey, usize>,
) -> Forecast {
    let files = prepared.request.export.paths().len();
    if results.made(job, &prepared.key.to_string()).is_some() {
        Forecast::Skip
    } else if seen.insert(prepared.key, job.index).is_some() {
        Forecast::Copy
    } else if store.is_some_and(|store| finished::is_kept(store, &prepared.key, files)) {
        Forecast::Serve
    } else {
        Forecast::Render
    }
}
