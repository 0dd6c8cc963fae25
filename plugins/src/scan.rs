//! Scanning: a worker for every bundle that is new or has changed, several at a time.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use wavemill_core::job::CancelToken;
use wavemill_core::session::PluginFormat;

use crate::bundle::Bundle;
use crate::catalogue::{BundleReport, Catalogue, CatalogueError, Refusal};
use crate::failure::{FailureKind, WorkerFailure};
use crate::format::format_word;
use crate::message::Describing;
use crate::stamp::{BundleStamp, StampError};
use crate::worker::{Heard, Worker, WorkerProgram};

/// Most plug-ins of a bundle.
const MAX_PLUGINS: u32 = 4_096;

/// How to scan.
#[derive(Clone, Debug)]
pub struct ScanOptions {
    /// How many workers run at a time, at least 1.
    pub jobs: usize,
    /// Look at everything again, whether it has changed or not.
    pub rescan: bool,
    /// How long a worker may take for one plug-in.
    pub time_limit: Duration,
}

/// Hears what becomes of each bundle, in the order in which they are finished. Called from several
/// threads.
pub trait ScanProgress: Sync {
    /// `report` is known; it was looked at if `fresh`. `done` of `total` bundles are finished.
    fn bundle(&self, report: &BundleReport, fresh: bool, done: usize, total: usize);
}

/// What a scan did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ScanSummary {
    /// Bundles there are.
    pub bundles: usize,
    /// Bundles that a worker looked at; the others were known.
    pub scanned: usize,
    /// Plug-ins there are, by format: CLAP, LV2, VST3.
    pub clap: usize,
    /// See [`Self::clap`].
    pub lv2: usize,
    /// See [`Self::clap`].
    pub vst3: usize,
    /// Bundles and plug-ins that could not be described.
    pub failed: usize,
    /// True where it was stopped before the end.
    #[serde(skip)]
    pub cancelled: bool,
}

/// Looks at `bundles`, and keeps what each worker said as soon as it has.
///
/// # Errors
/// Where the catalogue cannot be written; what was found before is kept.
pub fn scan(
    bundles: &[Bundle],
    catalogue: &Catalogue,
    program: &WorkerProgram,
    options: &ScanOptions,
    progress: &dyn ScanProgress,
    cancel: &CancelToken,
) -> Result<ScanSummary, CatalogueError> {
    let work = Work { catalogue, program, options, cancel };
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let summary = Mutex::new(ScanSummary { bundles: bundles.len(), ..ScanSummary::default() });
    let failed = Mutex::new(None);
    let threads = options.jobs.clamp(1, bundles.len().max(1));
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(bundle) = bundles.get(next.fetch_add(1, Ordering::Relaxed)) {
                    match work.bundle(bundle) {
                        Ok(Some((report, fresh))) => {
                            let done = done.fetch_add(1, Ordering::Relaxed) + 1;
                            progress.bundle(&report, fresh, done, bundles.len());
                            lock(&summary).count(&report, fresh);
                        }
                        Ok(None) => return,
                        Err(error) => {
                            lock(&failed).get_or_insert(error);
                            // The others have nothing to write to either.
                            next.store(bundles.len(), Ordering::Relaxed);
                        }
                    }
                }
            });
        }
    });
    if let Some(error) = lock(&failed).take() {
        return Err(error);
    }
    let mut summary = *lock(&summary);
    summary.cancelled = cancel.is_cancelled();
    Ok(summary)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What looking at one bundle needs.
struct Work<'a> {
    catalogue: &'a Catalogue,
    program: &'a WorkerProgram,
    options: &'a ScanOptions,
    cancel: &'a CancelToken,
}

impl Work<'_> {
    /// What is in `bundle`, and whether a worker was asked; `None` where the scan was stopped.
    fn bundle(&self, bundle: &Bundle) -> Result<Option<(BundleReport, bool)>, CatalogueError> {
        if self.cancel.is_cancelled() {
            return Ok(None);
        }
        let stamp = match BundleStamp::of(&bundle.path) {
            Ok(stamp) => stamp,
            Err(error) => return self.keep(unreadable(bundle, &error)),
        };
        let known = self.catalogue.report(&bundle.path).filter(|_| !self.options.rescan);
        if let Some(report) = known.as_ref().filter(|report| report.stamp == stamp.quick) {
            return Ok(Some((report.clone(), false)));
        }
        let content = match stamp.content_sha256() {
            Ok(content) => content,
            Err(error) => return self.keep(unreadable(bundle, &error)),
        };
        if let Some(mut report) = known.filter(|report| report.content_sha256 == content) {
            // Copied or touched, and the same: only its times are new.
            report.stamp = stamp.quick;
            self.catalogue.keep(&report)?;
            return Ok(Some((report, false)));
        }
        let Some(mut report) = self.describe(bundle) else { return Ok(None) };
        // What is the worker's fault says nothing of the bundle: the next scan asks again.
        if report.failure.as_ref().is_none_or(|failure| failure.kind != FailureKind::Worker) {
            (report.stamp, report.content_sha256) = (stamp.quick, content);
        }
        self.keep(report)
    }

    fn keep(&self, report: BundleReport) -> Result<Option<(BundleReport, bool)>, CatalogueError> {
        self.catalogue.keep(&report)?;
        Ok(Some((report, true)))
    }

    /// Asks workers until all plug-ins of `bundle` are described or refused: one worker, and one
    /// more for what follows each plug-in that ended its own. `None` where the scan was stopped.
    fn describe(&self, bundle: &Bundle) -> Option<BundleReport> {
        let mut report = BundleReport::new(bundle);
        if bundle.path.to_str().is_none() {
            report.failure = Some(refusal("its path is not UTF-8: rename it".to_owned()));
            return Some(report);
        }
        let mut next = 0;
        loop {
            let from = next;
            match self.describe_from(&mut next, bundle, &mut report) {
                Told::All => return Some(report),
                Told::Stopped => return None,
                Told::Lost(Some((index, id)), failure) => {
                    report.refused.push(Refusal { index, id, failure });
                }
                // Between two plug-ins: it is not known whose fault it was.
                Told::Lost(None, failure) => {
                    report.failure = Some(failure);
                    if next == from {
                        return Some(report);
                    }
                }
            }
        }
    }

    /// Asks one worker for what follows plug-in `next`, which moves on with each one it begins.
    fn describe_from(&self, next: &mut u32, bundle: &Bundle, report: &mut BundleReport) -> Told {
        let from = next.to_string();
        let arguments = ["describe", format_word(bundle.format), &from].map(OsStr::new);
        let arguments = arguments.into_iter().chain([Path::new(&bundle.path).as_os_str()]);
        let mut worker = match Worker::start(self.program, arguments) {
            Ok(worker) => worker,
            Err(failure) => return Told::Lost(None, failure),
        };
        let mut current = None;
        loop {
            let deadline = Instant::now() + self.options.time_limit;
            let line = match worker.line(deadline, self.cancel) {
                Heard::Line(line) => line,
                Heard::End => return Told::Lost(current, worker.end()),
                Heard::Cancelled => return Told::Stopped,
                Heard::TooLate => {
                    let what = format!("no answer within {} s", self.options.time_limit.as_secs());
                    return Told::Lost(current, WorkerFailure::new(FailureKind::Hang, what));
                }
            };
            match serde_json::from_str(&line) {
                Ok(Describing::Profile(profile)) => report.profile = Some(profile),
                Ok(Describing::NotLoaded { what }) => return Told::Lost(None, refusal(what)),
                Ok(Describing::Unable { what }) => {
                    return Told::Lost(None, WorkerFailure::new(FailureKind::Worker, what));
                }
                Ok(Describing::Loaded { plugins }) if plugins <= MAX_PLUGINS => {}
                Ok(Describing::Loaded { plugins }) => {
                    let what = format!("it has {plugins} plug-ins, more than {MAX_PLUGINS}");
                    return Told::Lost(None, refusal(what));
                }
                Ok(Describing::Begin { index, id }) => {
                    *next = index.saturating_add(1);
                    current = Some((index, id));
                }
                Ok(Describing::Plugin(plugin)) => {
                    current = None;
                    report.plugins.push(*plugin);
                }
                Ok(Describing::Refused { what }) => {
                    let (index, id) = current.take().unwrap_or_default();
                    report.refused.push(Refusal { index, id, failure: refusal(what) });
                }
                Ok(Describing::Crashed(crash)) => {
                    return Told::Lost(current, WorkerFailure::of_crash(&crash));
                }
                Ok(Describing::Done) => return Told::All,
                Err(error) => {
                    let what = format!("the worker said what makes no sense: {error}");
                    return Told::Lost(current, WorkerFailure::new(FailureKind::Worker, what));
                }
            }
        }
    }
}

/// What a worker told.
enum Told {
    /// All there is.
    All,
    /// It was lost on the way, at a plug-in or before the first.
    Lost(Option<(u32, String)>, WorkerFailure),
    /// The scan was stopped.
    Stopped,
}

/// The report of a bundle whose files cannot be read.
fn unreadable(bundle: &Bundle, error: &StampError) -> BundleReport {
    let mut report = BundleReport::new(bundle);
    report.failure = Some(refusal(error.to_string()));
    report
}

fn refusal(what: String) -> WorkerFailure {
    WorkerFailure::new(FailureKind::Refused, what)
}

impl ScanSummary {
    fn count(&mut self, report: &BundleReport, fresh: bool) {
        self.scanned += usize::from(fresh);
        self.failed += report.refused.len() + usize::from(report.failure.is_some());
        let of_format = match report.format {
            PluginFormat::Clap => &mut self.clap,
            PluginFormat::Lv2 => &mut self.lv2,
            PluginFormat::Vst3 => &mut self.vst3,
        };
        *of_format += report.plugins.len();
    }
}
