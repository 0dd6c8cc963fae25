//! A mix of which few signals changed since it was last kept: found, and started from there.
//!
//! Beside the sums of a session's mix the store keeps the session itself, under a name that its next
//! version shares. Sums are exact, so what changed is taken out of them and put in anew. A remix of
//! little work keeps no sums of its own: the ones it came from serve the next edit as well.

use std::sync::Arc;

use sha2::{Digest, Sha256};
use wavemill_core::graph::{CompileError, Plan, Remix, SignalKey, cut};
use wavemill_core::job::CancelToken;
use wavemill_core::session::Session;

use crate::estimate::memory_bytes;
use crate::reuse::{Lengths, Reuse};
use crate::scheduler::RenderConfig;
use crate::signals::Signals;
use crate::store::{Kind, Store};

/// Where a plan comes from, by which an older version of the session can be compiled.
pub struct Origin<'a> {
    /// The session.
    pub session: &'a Session,
    /// Compiles another version of it.
    pub compile: &'a dyn Fn(&Session) -> Result<Plan, CompileError>,
    /// The memory that the render may take, by estimate; no limit where `None`. A remix has strips
    /// of both versions: one that would need more than this is left be.
    pub budget_bytes: Option<u64>,
}

/// Names what is kept here; raised where its bytes change.
const DOMAIN: &[u8] = b"wavemill remixed session 1\0";

/// A remix has to be less work than this share of a whole mix, as a fraction.
const WORTH_IT: (usize, usize) = (3, 4);

/// One that is more work than this share keeps its sums.
const WORTH_KEEPING: (usize, usize) = (1, 8);

/// A plan to run in place of another, and what it starts from.
pub(crate) struct Found<'s> {
    pub(crate) plan: Arc<Plan>,
    pub(crate) reuse: Reuse<'s>,
}

/// The remix that gives the mix of `plan` from stream frame `first` on, whose keys are `reuse`, where
/// the store has an older version of the session that few changes lead from.
pub(crate) fn find<'s>(
    (plan, reuse): (&Plan, &Reuse<'s>),
    origin: &Origin<'_>,
    store: &'s Store,
    (lengths, first): (Lengths<'_>, u64),
    render: RenderConfig,
    cancel: &CancelToken,
) -> Option<Found<'s>> {
    let older = store.get(Kind::Session, &name(origin.session))?;
    let older = Session::from_json(&older).ok()?;
    if older == *origin.session {
        return None;
    }
    // What does not repeat itself cannot be taken out of a sum again.
    let older = (origin.compile)(&older).ok().filter(Plan::repeats)?;
    let older_reuse = Reuse::new(&older, store, lengths, cancel)?;
    let inputs = (plan, reuse.master_inputs()?);
    let mut remix = Remix::new(inputs, (&older, older_reuse.master_inputs()?))?;
    let (work, whole) = remix.work(plan);
    if work * WORTH_IT.1 > whole * WORTH_IT.0 {
        return None;
    }
    let keeps = work * WORTH_KEEPING.1 > whole * WORTH_KEEPING.0;
    let assemble = |whole: &Arc<Plan>, remix: &Remix, signals| {
        let plan = cut(whole, render.jobs);
        let reuse = Reuse::of_remix((&plan, remix), reuse, &older_reuse, keeps, signals);
        Found { plan, reuse }
    };
    let whole = Arc::new(remix.plan.clone());
    let too_large = |plan: &Arc<Plan>, more: u64| {
        origin.budget_bytes.is_some_and(|budget| memory_bytes(plan, render) + more > budget)
    };
    if too_large(&whole, 0) {
        return None;
    }
    let found = assemble(&whole, &remix, None);
    // Where states or sums let it start later, that is worth more.
    if found.reuse.start(&found.plan, first).others != Some(0) {
        return Some(found);
    }
    let Some(signals) = Signals::cut(&mut remix, store, lengths.stream, cancel) else {
        return Some(found);
    };
    let linked = Arc::new(remix.plan.clone());
    if too_large(&linked, signals.memory_bytes()) {
        return Some(found);
    }
    Some(assemble(&linked, &remix, Some(signals)))
}

/// Remembers the session whose sums are all in the store.
pub(crate) fn remember(store: &Store, session: &Session, reuse: &Reuse<'_>) {
    if !reuse.has_all_sums() {
        return;
    }
    if let Ok(json) = session.to_canonical_json() {
        store.put(Kind::Session, &name(session), &json);
    }
}

/// What all versions of a session are called. Others may be called the same; then the last one is
/// found, and does not fit.
fn name(session: &Session) -> SignalKey {
    let mut digest = Sha256::new();
    digest.update(DOMAIN);
    digest.update(session.sample_rate.hz().to_le_bytes());
    digest.update(session.name.as_bytes());
    SignalKey(digest.finalize().into())
}
