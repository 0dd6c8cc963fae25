//! Faults for tests: the Nth step on a store's disk fails, alone or as the first of all that follow.

use std::io::{Error, ErrorKind, Result};
use std::sync::{Mutex, PoisonError};

use super::Disk;

/// What happens at the chosen step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) enum Fault {
    /// It fails as on a full disk; a write got half of its bytes out.
    Full,
    /// It fails as on a disk that is broken.
    Broken,
    /// It fails as on a disk that may not be written.
    Refused,
    /// It and all that follow fail: the disk was taken away. A write got half of its bytes out,
    /// and what is left on the disk is what a process leaves that is killed there.
    Gone,
}

/// What fails, and what has.
#[derive(Default)]
pub(super) struct Faults(Mutex<Plan>);

#[derive(Default)]
struct Plan {
    fault: Option<Fault>,
    steps_left: usize,
    struck: Option<&'static str>,
    first: bool,
}

impl Faults {
    fn plan(&self) -> std::sync::MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What still reaches the disk of a write whose step just failed.
    pub(super) fn torn<'b>(&self, bytes: &'b [u8]) -> &'b [u8] {
        match *self.plan() {
            Plan { fault: Some(Fault::Full | Fault::Gone), first: true, .. } => {
                &bytes[..bytes.len() / 2]
            }
            _ => &[],
        }
    }
}

impl Disk {
    /// A disk on which `fault` happens at step `at`, from 0.
    pub(in crate::store) fn failing(fault: Fault, at: usize) -> Self {
        let plan = Plan { fault: Some(fault), steps_left: at, ..Plan::default() };
        Self { faults: Faults(Mutex::new(plan)) }
    }

    /// The step that failed first.
    pub(in crate::store) fn struck(&self) -> Option<&'static str> {
        self.faults.plan().struck
    }

    /// Counts a step, which fails where it is its turn.
    pub(super) fn step(&self, what: &'static str) -> Result<()> {
        let mut plan = self.faults.plan();
        let Some(fault) = plan.fault else { return Ok(()) };
        plan.first = plan.struck.is_none() && plan.steps_left == 0;
        plan.steps_left = plan.steps_left.saturating_sub(1);
        if plan.first {
            plan.struck = Some(what);
        }
        if !plan.first && (plan.struck.is_none() || fault != Fault::Gone) {
            return Ok(());
        }
        Err(match fault {
            Fault::Full => ErrorKind::StorageFull.into(),
            Fault::Refused => ErrorKind::PermissionDenied.into(),
            Fault::Broken | Fault::Gone => Error::other("input/output error"),
        })
    }
}
