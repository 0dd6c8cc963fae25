//! What plug-ins call on their host: on which thread, where their format forbids that, and whether they
//! asked to be activated again.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// What a thread is to a plug-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The main thread of all plug-ins.
    Main,
    /// A plug-in's audio thread.
    Audio,
    /// None of the host's: the plug-in has started it.
    Own,
}

thread_local! {
    static ROLE: Cell<Role> = const { Cell::new(Role::Own) };
}

/// How often something was called on a thread of a role that it may not be called on.
static BREACHES: Mutex<BTreeMap<(&'static str, Role), u32>> = Mutex::new(BTreeMap::new());

/// True once a plug-in asked to be activated again.
static ASKED_FOR_RESTART: AtomicBool = AtomicBool::new(false);

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::Main => "the main thread",
            Self::Audio => "the audio thread",
            Self::Own => "a thread of its own",
        }
    }
}

/// From now on this thread has this role.
pub fn enter(role: Role) {
    ROLE.set(role);
}

/// True where this thread has this role.
pub fn is(role: Role) -> bool {
    ROLE.get() == role
}

/// Notes a call of `what` where this thread is none of `role`.
pub fn wants(what: &'static str, role: Role) {
    if !is(role) {
        note(what);
    }
}

/// Notes a call of `what` where this thread is one of `role`.
pub fn forbids(what: &'static str, role: Role) {
    if is(role) {
        note(what);
    }
}

fn note(what: &'static str) {
    let mut breaches = BREACHES.lock().unwrap_or_else(PoisonError::into_inner);
    let times = breaches.entry((what, ROLE.get())).or_insert(0);
    *times = times.saturating_add(1);
}

/// A plug-in asks to be activated again: its latency may be another one then.
pub fn asks_for_restart() {
    ASKED_FOR_RESTART.store(true, Ordering::Relaxed);
}

/// True where one of this process has.
pub fn has_asked_for_restart() -> bool {
    ASKED_FOR_RESTART.load(Ordering::Relaxed)
}

/// What was noted so far, in words.
pub fn breaches() -> Vec<String> {
    let breaches = BREACHES.lock().unwrap_or_else(PoisonError::into_inner);
    let told = |((call, role), times): (&(&'static str, Role), &u32)| {
        format!("{call} was called {times} times on {}", role.name())
    };
    breaches.iter().map(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_on_the_wrong_thread_are_noted_and_others_are_not() {
        std::thread::spawn(|| {
            enter(Role::Main);
            wants("here", Role::Main);
            forbids("here", Role::Audio);
            enter(Role::Audio);
            forbids("there", Role::Audio);
            wants("there", Role::Main);
            enter(Role::Own);
            wants("there", Role::Main);
        })
        .join()
        .unwrap();
        let found = breaches();
        assert!(found.iter().all(|breach| !breach.starts_with("here ")), "{found:?}");
        let there = |thread: &str| found.contains(&format!("there was called {thread}"));
        assert!(there("2 times on the audio thread"), "{found:?}");
        assert!(there("1 times on a thread of its own"), "{found:?}");
    }
}
