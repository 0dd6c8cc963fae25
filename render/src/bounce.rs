//! Bounce: a plan becomes a finished file, whole or not at all.

use std::sync::Arc;

use wavemill_core::graph::{Plan, SignalKey};
use wavemill_core::job::{CancelToken, Progress};

use crate::export::Exporter;
use crate::finished;
use crate::hash::MixHasher;
use crate::request::{BounceError, BounceRequest, Bounced, Range};
use crate::reuse::{Reuse, Start, output_key};
use crate::scheduler::{RenderError, Rendered, Reused, Sinks, render_reusing};
use crate::store::Store;
use crate::trim::SilenceTrim;

/// Bounces `plan`. What `store` has is not rendered again, and what is rendered is kept there.
///
/// # Errors
/// See [`BounceError`]; no file is left behind and none is harmed.
pub fn bounce(
    plan: &Arc<Plan>,
    request: &BounceRequest,
    store: Option<&Store>,
    progress: &dyn Progress,
    cancel: &CancelToken,
) -> Result<Bounced, BounceError> {
    let bounced = bounce_unswept(plan, request, store, progress, cancel)?;
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
    store: Option<&Store>,
    progress: &dyn Progress,
    cancel: &CancelToken,
) -> Result<Bounced, BounceError> {
    let range = Range::new(plan, request)?;
    let watched = Watched { progress, cancel };
    let store = store.filter(|_| Reuse::may_name(range.stream));
    let Some(store) = store else { return run(plan, request, &range, None, None, watched) };
    let Some(reuse) = Reuse::new(plan, store, range.stream, cancel) else {
        return Err(RenderError::Cancelled.into());
    };
    let key = finished::key(plan, reuse.output_key(), request, &range);
    if let Some(bounced) = finished::serve(store, &key, request)? {
        return Ok(bounced);
    }
    let attempt =
        |start| run(plan, request, &range, Some((&reuse, start)), Some((store, &key)), watched);
    let stale =
        |bounced: &Result<_, _>| matches!(bounced, Err(BounceError::Render(RenderError::Stale)));
    let mut bounced = attempt(reuse.start(plan, range.skip));
    // An object was damaged, or another process swept it. It is gone now, so the next start is one
    // without it; after that nothing is counted on.
    if stale(&bounced) {
        bounced = attempt(reuse.start(plan, range.skip));
    }
    if stale(&bounced) {
        bounced = attempt(Start::beginning());
    }
    let bounced = bounced?;
    finished::keep_report(store, &key, &bounced);
    Ok(bounced)
}

/// The name of what [`bounce`] would give: where it is the same, so are file and report.
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
    Ok(finished::key(plan, output, request, &range))
}

#[derive(Clone, Copy)]
struct Watched<'a> {
    progress: &'a dyn Progress,
    cancel: &'a CancelToken,
}

fn run(
    plan: &Arc<Plan>,
    request: &BounceRequest,
    range: &Range,
    reused: Reused<'_>,
    keep: Option<(&Store, &SignalKey)>,
    watched: Watched<'_>,
) -> Result<Bounced, BounceError> {
    let mut export = Exporter::create(&request.export, plan.rate, plan.seed)?;
    let mut trim = SilenceTrim::new(range.keep);
    // Before the trim, which is part of the export: the identity of a mix does not depend on it.
    let mut mix = Mix::default();
    let first = reused.as_ref().map_or(0, |(_, start)| start.first_frame());
    // What precedes the range is rendered, for it rings on into it, and dropped.
    let mut skip = range.skip - first;
    let Watched { progress, cancel } = watched;
    let mut sink = |samples: &[f32]| {
        let frames = (samples.len() / 2) as u64;
        let dropped = skip.min(frames);
        skip -= dropped;
        let dropped = usize::try_from(dropped).unwrap_or(samples.len() / 2);
        let samples = &samples[2 * dropped..];
        mix.add(samples);
        trim.push(samples, &mut |samples| export.push(samples))
    };
    let sinks = Sinks { mix: Some(&mut sink), taps: Vec::new() };
    let Rendered { warnings, cpu_seconds } =
        render_reusing(plan, range.stream, request.render, reused, progress, cancel, sinks)?;
    // What was warned of is rendered again next time, in the hope of better.
    let keep = keep.filter(|_| warnings.is_empty());
    let exported = export.finish_showing(cancel, &mut |number, bytes, file| {
        if let Some((store, key)) = keep {
            finished::keep_file(store, key, number, bytes, file);
        }
    })?;
    Ok(Bounced {
        exported,
        mix_sha256: mix.hasher.finish(),
        mix_frames: mix.frames,
        warnings,
        cpu_seconds,
        served: false,
    })
}

/// The master's output in the range, as it was rendered.
#[derive(Default)]
struct Mix {
    hasher: MixHasher,
    frames: u64,
}

impl Mix {
    fn add(&mut self, samples: &[f32]) {
        self.hasher.update(samples);
        self.frames += (samples.len() / 2) as u64;
    }
}
