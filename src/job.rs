//! Long work: how it tells how far it is and how it is told to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Hears how far a job is. Called from the thread that does the work, often: keep it short.
pub trait Progress: Sync {
    /// `done` of `total` frames are finished.
    fn frames(&self, done: u64, total: u64);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoProgress;

impl Progress for NoProgress {
    fn frames(&self, _done: u64, _total: u64) {}
}

/// Asks a job to stop; clones ask for the same.
#[derive(Clone, Debug, Default)]
pub struct CancelToken(Arc<AtomicBool>);

impl CancelToken {
    /// Asks the job to stop at the next block.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True once asked to stop.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
