//! Faults for tests: the Nth step on the disk fails, alone or as the last thing that happens.

use std::cell::Cell;
use std::io::{Error, ErrorKind, Result};

/// What happens at the chosen step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It fails as on a full disk, and what follows works.
    Full,
    /// It fails as on a disk that may not be written, and what follows works.
    Refused,
    /// The process is gone before it: nothing from there on has an effect.
    Death,
    /// The process is gone in the middle of it: a write got half of its bytes out.
    TornDeath,
}

impl Fault {
    pub(crate) const ALL: [Self; 4] = [Self::Full, Self::Refused, Self::Death, Self::TornDeath];

    const fn is_death(self) -> bool {
        matches!(self, Self::Death | Self::TornDeath)
    }
}

#[derive(Clone, Copy)]
struct Plan {
    fault: Fault,
    steps_left: usize,
    struck: bool,
    first: bool,
}

thread_local! {
    static PLAN: Cell<Option<Plan>> = const { Cell::new(None) };
}

/// Runs `act` with `fault` at step `at`, from 0; tells besides its result whether it came so far.
pub(crate) fn with<T>(fault: Fault, at: usize, act: impl FnOnce() -> T) -> (T, bool) {
    PLAN.set(Some(Plan { fault, steps_left: at, struck: false, first: false }));
    let result = act();
    let struck = PLAN.take().is_some_and(|plan| plan.struck);
    (result, struck)
}

/// Counts a step, which fails where it is its turn.
pub(super) fn step() -> Result<()> {
    let Some(mut plan) = PLAN.get() else { return Ok(()) };
    plan.first = !plan.struck && plan.steps_left == 0;
    let fails = plan.first || (plan.struck && plan.fault.is_death());
    plan.struck |= plan.first;
    plan.steps_left = plan.steps_left.saturating_sub(1);
    PLAN.set(Some(plan));
    if !fails {
        return Ok(());
    }
    Err(match plan.fault {
        Fault::Full => ErrorKind::StorageFull.into(),
        Fault::Refused => ErrorKind::PermissionDenied.into(),
        Fault::Death | Fault::TornDeath => Error::other("the process is gone"),
    })
}

/// What still reaches the disk of a write whose step just failed.
pub(super) fn torn(bytes: &[u8]) -> &[u8] {
    match PLAN.get() {
        Some(Plan { fault: Fault::TornDeath | Fault::Full, first: true, .. }) => {
            &bytes[..bytes.len() / 2]
        }
        _ => &[],
    }
}
