//! What becomes of a render that a plug-in ended: nothing more, or another one from the start, with
//! the plug-in, without it, or with what was found out of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Times a render is tried again with a plug-in that fails.
const RETRIES: usize = 2;

/// Times a render begins again because the latency of one plug-in rises.
const RISES: usize = 16;

/// What is done where a plug-in crashes, hangs or refuses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnFailure {
    /// The render ends.
    #[default]
    Stop,
    /// It begins again, up to twice.
    Retry,
    /// It begins again, and the plug-in is passed by.
    Skip,
}

/// What happened to the renders of one library so far.
#[derive(Debug, Default)]
pub(super) struct Failures {
    on_failure: OnFailure,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    skipped: BTreeSet<String>,
    retries: usize,
    /// Nodes whose latency rose, and to how many frames, of which nobody was told yet.
    risen: BTreeMap<String, u32>,
    /// How often that of each rose.
    rises: BTreeMap<String, usize>,
}

impl Failures {
    pub(super) fn new(on_failure: OnFailure) -> Self {
        Self { on_failure, state: Mutex::default() }
    }

    /// True where the plug-in at `node` is passed by.
    pub(super) fn skips(&self, node: &str) -> bool {
        self.state().skipped.contains(node)
    }

    /// Remembers that a render ends because the latency of the plug-in at `node` rose.
    pub(super) fn note_rise(&self, node: &str, frames: u32) {
        self.state().risen.insert(node.to_owned(), frames);
    }

    /// What is done about the plug-in at `node`, which ended a render, where anything is.
    pub(super) fn tries_again(&self, node: &str) -> Option<String> {
        let mut state = self.state();
        // Others that rose at the same time are waited for by the next render as well.
        let risen = std::mem::take(&mut state.risen);
        if let Some(frames) = risen.get(node) {
            let rises = state.rises.entry(node.to_owned()).or_insert(0);
            *rises += 1;
            let what = format!("rendered again with a latency of {frames} frames from the start");
            return (*rises <= RISES).then_some(what);
        }
        match self.on_failure {
            OnFailure::Stop => None,
            OnFailure::Retry => {
                state.retries += 1;
                let again = state.retries <= RETRIES;
                again.then(|| "rendered again from the start".to_owned())
            }
            OnFailure::Skip => {
                let is_new = state.skipped.insert(node.to_owned());
                is_new.then(|| "rendered again without it".to_owned())
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tries(failures: &Failures, nodes: &[&str]) -> Vec<bool> {
        nodes.iter().map(|node| failures.tries_again(node).is_some()).collect()
    }

    #[test]
    fn each_policy_ends() {
        assert_eq!(tries(&Failures::new(OnFailure::Stop), &["a"]), [false]);
        let retry = Failures::new(OnFailure::Retry);
        assert_eq!(tries(&retry, &["a", "b", "a"]), [true, true, false]);
        assert!(!retry.skips("a"));
        let skip = Failures::new(OnFailure::Skip);
        assert_eq!(tries(&skip, &["a", "b", "a"]), [true, true, false]);
        assert!(skip.skips("a") && skip.skips("b") && !skip.skips("c"));
    }

    #[test]
    fn a_latency_that_rises_begins_again_whatever_the_policy_but_not_for_ever() {
        let failures = Failures::new(OnFailure::Stop);
        for rise in 0..=RISES {
            failures.note_rise("a", 64);
            assert_eq!(failures.tries_again("a").is_some(), rise < RISES);
            assert_eq!(failures.tries_again("a"), None);
        }
        // One rise is answered, whatever else rose with it.
        failures.note_rise("b", 64);
        failures.note_rise("c", 64);
        assert!(failures.tries_again("b").is_some());
        assert_eq!(failures.tries_again("c"), None);
    }
}
