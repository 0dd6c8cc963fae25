//! Bounce: a plan becomes a finished file, whole or not at all.

use std::sync::Arc;

use wavemill_core::graph::{Plan, SignalKey, cut};
use wavemill_core::job::{CancelToken, Progress};

use crate::finished;
use crate::recording::Recording;
use crate::remix::{self, Found, Origin};
use crate::request::{BounceError, BounceRequest, Bounced, Range};
use crate::reuse::{Lengths, Reuse, Start, output_key};
use crate::scheduler::{RenderError, Rendered, Reused, Sinks, render_reusing};
use crate::store::Store;
use crate::tap_digest::{TapDigest, frames_to_render, tap_digests};

/// Bounces `plan`. What `store` has is not rendered again, and what is rendered is kept there.
/// Where `origin` is known and few signals of the mix have changed since the store kept it, only
/// those are rendered. A plan that does not repeat itself has nothing to do with the store.
///
/// # Errors
/// See [`BounceError`]; no file is left behind and none is harmed.
pub fn bounce(
    plan: &Arc<Plan>,
    request: &BounceRequest,
    origin: Option<&Origin<'_>>,
    store: Option<&Store>,
    progress: &dyn Progress,
    cancel: &CancelToken,
) -> Result<Bounced, BounceError> {
    let bounced = bounce_unswept(plan, request, origin, store, progress, cancel)?;
    if let Some(store) = store {
        store.sweep_if_written();
    }
    Ok(bounced)
}

/// Like [`bounce`], and leaves the store's quota to the caller: looking the store over takes longer
/// than a small render.
pub(crate) fn bounce_unswept(
    plan: &Arc<Plan>,
    request: &BounceRequest,
    origin: Option<&Origin<'_>>,
    store: Option<&Store>,
    progress: &dyn Progress,
    cancel: &CancelToken,
) -> Result<Bounced, BounceError> {
    let plan = &cut(plan, request.render.jobs);
    let range = Range::new(plan, request)?;
    let stream = frames_to_render(plan, request, &range)?;
    let watched = Watched { progress, cancel };
    let store = store.filter(|_| Reuse::may_name(stream) && plan.repeats());
    let Some(store) = store else { return run(plan, request, &range, None, None, watched) };
    let lengths = Lengths { stream, mix: range.stream, taps: &[] };
    let Some(reuse) = Reuse::new(plan, store, lengths, cancel) else {
        return Err(RenderError::Cancelled.into());
    };
    let key = finished::key(plan, reuse.output_key(), &request.export, &range);
    if !request.digest_chunks
        && let Some(bounced) = finished::serve(store, &key, &request.export, cancel)?
    {
        return Ok(bounced);
    }
    let keep = Some((store, &key));
    let may_start_later = !request.digest_chunks;
    let remixed = origin.filter(|_| may_start_later).and_then(|origin| {
        let lengths = (lengths, range.skip);
        let found = remix::find((plan, &reuse), origin, store, lengths, request.render, cancel)?;
        remixed(&found, request, &range, keep, watched)
    });
    let bounced = match remixed {
        Some(bounced) => bounced?,
        None if may_start_later => with_retries(&|| reuse.start(plan, range.skip), &|start| {
            run(plan, request, &range, Some((&reuse, start)), keep, watched)
        })?,
        None => {
            let start = Start::beginning();
            run(plan, request, &range, Some((&reuse, start)), keep, watched)?
        }
    };
    if let Some(origin) = origin.filter(|_| bounced.warnings.is_empty()) {
        remix::remember(store, origin.session, &reuse);
    }
    finished::keep_report(store, &key, &bounced);
    Ok(bounced)
}

/// The name of what [`bounce`] would give: where it is the same, so are file and report, of plans
/// that repeat themselves.
///
/// # Errors
/// Where there is nothing to bounce, or `cancel` asked to stop.
pub fn bounce_key(
    plan: &Plan,
    request: &BounceRequest,
    cancel: &CancelToken,
) -> Result<SignalKey, BounceError> {
    let range = Range::new(plan, request)?;
    let output = output_key(plan, range.stream, cancel).ok_or(RenderError::Cancelled)?;
    Ok(finished::key(plan, output, &request.export, &range))
}

/// Bounces by a remix; `None` where the sums it would start from are not there.
fn remixed(
    found: &Found<'_>,
    request: &BounceRequest,
    range: &Range,
    keep: Option<(&Store, &SignalKey)>,
    watched: Watched<'_>,
) -> Option<Result<Bounced, BounceError>> {
    let start = found.reuse.start(&found.plan, range.skip);
    if !start.others.is_none_or(|chunk| found.reuse.has_older_sums(chunk)) {
        return None;
    }
    let reused = Some((&found.reuse, start));
    match run(&found.plan, request, range, reused, keep, watched) {
        // Something was lost meanwhile.
        Err(BounceError::Render(RenderError::Stale)) => None,
        done => Some(done),
    }
}

/// Renders from `start`. Where an object was damaged, or another process swept it, it is gone then,
/// so the next start is one without it; after that nothing is counted on.
pub(crate) fn with_retries<T>(
    start: &dyn Fn() -> Start,
    attempt: &dyn Fn(Start) -> Result<T, BounceError>,
) -> Result<T, BounceError> {
    let stale = |done: &Result<T, _>| matches!(done, Err(BounceError::Render(RenderError::Stale)));
    let mut done = attempt(start());
    if stale(&done) {
        done = attempt(start());
    }
    if stale(&done) {
        done = attempt(Start::beginning());
    }
    done
}

#[derive(Clone, Copy)]
pub(crate) struct Watched<'a> {
    pub(crate) progress: &'a dyn Progress,
    pub(crate) cancel: &'a CancelToken,
}

fn run(
    plan: &Arc<Plan>,
    request: &BounceRequest,
    range: &Range,
    reused: Reused<'_>,
    keep: Option<(&Store, &SignalKey)>,
    watched: Watched<'_>,
) -> Result<Bounced, BounceError> {
    let first = reused.as_ref().map_or(0, |(_, start)| start.first_frame());
    let mut recording = Recording::create(&request.export, plan, range, first)?;
    let mut digests = tap_digests(plan, request)?;
    let frames = frames_to_render(plan, request, range)?;
    let Watched { progress, cancel } = watched;
    let sink = Box::new(|samples: &[f32]| recording.push(samples));
    let listeners = digests.iter_mut().map(TapDigest::listener).collect();
    let sinks = Sinks { mix: Some(sink), listeners, ..Sinks::default() };
    let Rendered { warnings, cpu_seconds } =
        render_reusing(plan, frames, request.render, reused, progress, cancel, sinks)?;
    // What was warned of is rendered again next time, in the hope of better.
    let bounced = recording.finish(cancel, keep.filter(|_| warnings.is_empty()))?;
    let taps_sha256 = digests.into_iter().map(TapDigest::finish).collect();
    Ok(Bounced { warnings, cpu_seconds, taps_sha256, ..bounced })
}
