//! Stems are rendered: what the store has is served, the rest comes out of one pass.

use std::sync::Arc;

use wavemill_core::graph::{CompileError, Plan, PlanOutputs, SignalKey, TapRequest, cut};
use wavemill_core::job::{CancelToken, Progress};
use wavemill_core::time::Samples;
use wavemill_media::audio::WriteError;

use crate::bounce::with_retries;
use crate::export::ExportSpec;
use crate::finished;
use crate::recording::Recording;
use crate::request::{BounceError, Bounced, Range, Tail};
use crate::reuse::{Lengths, Reuse, Start};
use crate::scheduler::{
    RenderConfig, RenderError, RenderWarning, Rendered, Sink, Sinks, render_reusing,
};
use crate::store::Store;

/// A signal that becomes files of its own.
#[derive(Clone, Debug)]
pub struct Stem {
    /// Which signal.
    pub tap: TapRequest,
    /// What happens to it on its way into its files.
    pub export: ExportSpec,
}

/// Which stems to render, and how.
#[derive(Clone, Debug)]
pub struct StemsRequest {
    /// The stems.
    pub stems: Vec<Stem>,
    /// The mix, where it is wanted.
    pub mix: Option<ExportSpec>,
    /// First sample of the timeline.
    pub from: Samples,
    /// One past the last sample; `None` for the end of the content and the tail.
    pub to: Option<Samples>,
    /// The tail, where `to` is `None`. All stems of a session get the same, silent or not: `auto`
    /// is as long as the mix may ring on, 60 s at most.
    pub tail: Tail,
    /// How to render.
    pub render: RenderConfig,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Stemmed {
    /// For each stem its files; `None` where it is muted or another track is soloed.
    pub stems: Vec<Option<Bounced>>,
    /// The files of the mix, where it was wanted.
    pub mix: Option<Bounced>,
    /// What the listener should know of.
    pub warnings: Vec<RenderWarning>,
}

/// Why there are no stems.
#[derive(Debug, thiserror::Error)]
pub enum StemsError {
    /// The session cannot be compiled.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// Rendering or writing failed.
    #[error(transparent)]
    Bounce(#[from] BounceError),
}

impl From<WriteError> for StemsError {
    fn from(error: WriteError) -> Self {
        BounceError::from(error).into()
    }
}

/// Compiles the session for what is to be put out.
pub type Compile<'a> = &'a dyn Fn(&PlanOutputs) -> Result<Plan, CompileError>;

/// Renders stems in one pass. What `store` has is not rendered again, and what is rendered is kept
/// there, unless a processor of theirs does not repeat itself.
///
/// # Errors
/// See [`StemsError`]; every file is whole or not there, and none that was there is harmed.
pub fn stems(
    compile: Compile<'_>,
    request: &StemsRequest,
    store: Option<&Store>,
    progress: &dyn Progress,
    cancel: &CancelToken,
) -> Result<Stemmed, StemsError> {
    let plan = compile(&outputs(request, |_| true))?;
    let mut slots: Vec<Slot<'_>> = slots(&plan, request)?;
    let mut wanted: Vec<bool> = slots.iter().map(|slot| !slot.silenced).collect();
    let store = store.filter(|_| Reuse::may_name(longest(&slots)) && plan.repeats());
    if let Some(store) = store {
        let reuse = reuse(&plan, store, &slots, cancel)?;
        keep_few(store, &mut slots);
        for (index, slot) in slots.iter_mut().enumerate().filter(|(_, slot)| !slot.silenced) {
            let key = finished::key(&plan, slot.signal(&reuse), slot.export, &slot.range);
            slot.done = finished::serve(store, &key, slot.export, cancel)?;
            slot.key = Some(key);
            wanted[index] = slot.done.is_none();
        }
    }
    let mut warnings = Vec::new();
    if wanted.contains(&true) {
        let plan = if wanted.contains(&false) {
            compile(&outputs(request, |index| wanted[index]))?
        } else {
            plan
        };
        let missing = slots.iter_mut().zip(&wanted).filter(|(_, wanted)| **wanted);
        let mut missing: Vec<&mut Slot<'_>> = missing.map(|(slot, _)| slot).collect();
        for (tap, slot) in missing.iter_mut().filter(|slot| slot.tap.is_some()).enumerate() {
            slot.tap = Some(tap);
        }
        let plan = cut(&Arc::new(plan), request.render.jobs);
        let pass = Pass { plan: &plan, config: request.render, store, progress, cancel };
        let run = pass.run(&mut missing);
        drop(missing);
        warnings = run.inspect_err(|_| slots.iter().for_each(take_back))?;
    }
    if let Some(store) = store {
        store.sweep_if_written();
    }
    let mix = request.mix.as_ref().and_then(|_| slots.pop()).and_then(|slot| slot.done);
    Ok(Stemmed { stems: slots.into_iter().map(|slot| slot.done).collect(), mix, warnings })
}

/// Removes the files that the store gave of a stem whose others failed: the next attempt, or the next
/// command, finds what there was before.
fn take_back(slot: &Slot<'_>) {
    let served = slot.done.iter().filter(|done| done.served && !slot.export.overwrite);
    for file in served.flat_map(|done| &done.exported.files) {
        // What cannot be removed is whole, and is refused by its name.
        let _ = std::fs::remove_file(&file.path);
    }
}

/// What a plan has to put out for the stems, and the mix behind them, that `wanted` takes.
fn outputs(request: &StemsRequest, wanted: impl Fn(usize) -> bool) -> PlanOutputs {
    let stems = request.stems.iter().enumerate().filter(|(index, _)| wanted(*index));
    PlanOutputs {
        mix: request.mix.is_some() && wanted(request.stems.len()),
        taps: stems.map(|(_, stem)| stem.tap.clone()).collect(),
    }
}

/// A stem, or the mix, on its way.
struct Slot<'a> {
    /// The tap of the plan; none for the mix.
    tap: Option<usize>,
    export: &'a ExportSpec,
    range: Range,
    silenced: bool,
    /// Its name in the store, where it is to be kept there.
    key: Option<SignalKey>,
    kept: bool,
    done: Option<Bounced>,
}

impl Slot<'_> {
    fn signal(&self, reuse: &Reuse<'_>) -> SignalKey {
        self.tap.map_or_else(|| reuse.output_key(), |tap| reuse.tap_key(tap))
    }
}

fn slots<'a>(plan: &Plan, request: &'a StemsRequest) -> Result<Vec<Slot<'a>>, BounceError> {
    let span = (request.from, request.to, request.tail);
    let slot = |tap, export, range, silenced| Slot {
        tap,
        export,
        range,
        silenced,
        key: None,
        kept: true,
        done: None,
    };
    let mut slots = Vec::with_capacity(request.stems.len() + 1);
    for (index, stem) in request.stems.iter().enumerate() {
        let tap = &plan.graph.taps[index];
        let mut range = Range::of(plan, span, tap.latency, tap.tail.max(plan.tail))?;
        // All stems of a session are equally long.
        range.keep = range.stream - range.skip;
        slots.push(slot(Some(index), &stem.export, range, tap.silenced));
    }
    if let Some(export) = &request.mix {
        slots.push(slot(None, export, Range::of(plan, span, plan.latency, plan.tail)?, false));
    }
    Ok(slots)
}

/// Stream frames of the longest of them.
fn longest(slots: &[Slot<'_>]) -> u64 {
    slots.iter().map(|slot| slot.range.stream).max().unwrap_or(0)
}

fn reuse<'s>(
    plan: &Plan,
    store: &'s Store,
    slots: &[Slot<'_>],
    cancel: &CancelToken,
) -> Result<Reuse<'s>, BounceError> {
    let taps: Vec<&Slot<'_>> = slots.iter().filter(|slot| slot.tap.is_some()).collect();
    let taps: Vec<u64> = taps.into_iter().map(|slot| slot.range.stream).collect();
    let mix = slots.iter().find(|slot| slot.tap.is_none()).map_or(0, |slot| slot.range.stream);
    let lengths = Lengths { stream: longest(slots), mix, taps: &taps };
    Reuse::new(plan, store, lengths, cancel).ok_or_else(|| RenderError::Cancelled.into())
}

/// Files that together would fill a quarter of the store are not kept in it.
fn keep_few(store: &Store, slots: &mut [Slot<'_>]) {
    let frames: u64 = slots.iter().map(|slot| slot.range.keep).sum();
    let fits = 8 * frames <= store.quota_bytes() / 4;
    slots.iter_mut().for_each(|slot| slot.kept = fits);
}

/// One pass over a plan that puts out nothing but what is missing.
struct Pass<'a> {
    plan: &'a Arc<Plan>,
    config: RenderConfig,
    store: Option<&'a Store>,
    progress: &'a dyn Progress,
    cancel: &'a CancelToken,
}

impl Pass<'_> {
    /// Renders and finishes what is missing.
    fn run(&self, missing: &mut [&mut Slot<'_>]) -> Result<Vec<RenderWarning>, BounceError> {
        let frames = missing.iter().map(|slot| slot.range.stream).max().unwrap_or(0);
        let first = missing.iter().map(|slot| slot.range.skip).min().unwrap_or(0);
        let reuse = self.store.map(|store| {
            let lengths = Lengths { stream: frames, mix: frames, taps: &[] };
            Reuse::new(self.plan, store, lengths, self.cancel).ok_or(RenderError::Cancelled)
        });
        let reuse = reuse.transpose()?;
        let attempt = |start| self.record(missing, frames, reuse.as_ref(), start);
        let (recordings, rendered) = with_retries(
            &|| match &reuse {
                Some(reuse) => reuse.start_together(first),
                None => Start::beginning(),
            },
            &attempt,
        )?;
        for (slot, recording) in missing.iter_mut().zip(recordings) {
            // What was warned of is rendered again next time, in the hope of better.
            let keep = self.store.zip(slot.key.as_ref());
            let keep = keep.filter(|_| slot.kept && rendered.warnings.is_empty());
            let bounced = recording.finish(self.cancel, keep)?;
            if let Some((store, key)) = keep {
                finished::keep_report(store, key, &bounced);
            }
            slot.done = Some(bounced);
        }
        Ok(rendered.warnings)
    }

    fn record(
        &self,
        missing: &[&mut Slot<'_>],
        frames: u64,
        reuse: Option<&Reuse<'_>>,
        start: Start,
    ) -> Result<(Vec<Recording>, Rendered), BounceError> {
        let first = start.first_frame();
        let create =
            |slot: &&mut Slot<'_>| Recording::create(slot.export, self.plan, &slot.range, first);
        let mut recordings: Vec<Recording> =
            missing.iter().map(create).collect::<Result<_, _>>()?;
        let sink = |recording| -> Sink<'_, WriteError> {
            let recording: &mut Recording = recording;
            Box::new(|samples: &[f32]| recording.push(samples))
        };
        let mut taps: Vec<Sink<'_, WriteError>> = recordings.iter_mut().map(sink).collect();
        let has_mix = missing.last().is_some_and(|slot| slot.tap.is_none());
        let mix = if has_mix { taps.pop() } else { None };
        let reused = reuse.map(|reuse| (reuse, start));
        let Self { plan, config, progress, cancel, .. } = *self;
        let sinks = Sinks { mix, taps, ..Sinks::default() };
        let rendered = render_reusing(plan, frames, config, reused, progress, cancel, sinks)?;
        Ok((recordings, rendered))
    }
}
