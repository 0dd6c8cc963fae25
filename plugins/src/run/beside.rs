//! Keeping a worker on the processor of the thread that waits for it: while one of the two works the
//! other waits, and a switch between them costs less than waking another processor does.

use rustix::thread::{CpuSet, sched_getaffinity, sched_getcpu, sched_setaffinity};

/// The processors that this thread may run on, while it stays on one of them; given back when dropped.
pub struct Stay {
    allowed: CpuSet,
    processor: usize,
}

impl Stay {
    /// Keeps this thread where it is; `None` where the system does not say where that is, or refuses.
    pub fn here() -> Option<Self> {
        let allowed = sched_getaffinity(None).ok()?;
        let processor = sched_getcpu();
        only(processor)?;
        Some(Self { allowed, processor })
    }

    /// The processor, counted from 0.
    pub fn processor(&self) -> usize {
        self.processor
    }
}

impl Drop for Stay {
    fn drop(&mut self) {
        // What was allowed before is so now, unless it is no longer there: then one of it is left.
        let _ = sched_setaffinity(None, &self.allowed);
    }
}

/// Where a worker's thread runs, as its host wants it.
pub struct Follower {
    allowed: Option<CpuSet>,
    now: Option<usize>,
}

impl Follower {
    /// This thread, which may run wherever it may now.
    pub fn new() -> Self {
        Self { allowed: sched_getaffinity(None).ok(), now: None }
    }

    /// Runs on `processor` from now on, or wherever it may where there is none, or not that one.
    pub fn follow(&mut self, processor: Option<usize>) {
        if processor == self.now {
            return;
        }
        self.now = processor;
        let stays = processor.and_then(only).is_some();
        if !stays && let Some(allowed) = &self.allowed {
            let _ = sched_setaffinity(None, allowed);
        }
    }
}

impl Default for Follower {
    fn default() -> Self {
        Self::new()
    }
}

/// Keeps this thread on `processor`; `None` where that cannot be.
fn only(processor: usize) -> Option<()> {
    if processor >= CpuSet::MAX_CPU {
        return None;
    }
    let mut set = CpuSet::new();
    set.set(processor);
    sched_setaffinity(None, &set).ok()
}

#[cfg(test)]
mod tests {
    use super::super::{Layout, Region, Shape};
    use super::*;

    /// What this thread may run on.
    fn allowed() -> CpuSet {
        sched_getaffinity(None).unwrap()
    }

    #[test]
    fn a_thread_stays_for_as_long_as_it_is_told_and_no_longer() {
        let before = allowed();
        let stay = Stay::here().unwrap();
        let during = allowed();
        assert_eq!(during.count(), 1);
        assert!(during.is_set(stay.processor()));
        drop(stay);
        assert_eq!(allowed(), before);
    }

    #[test]
    fn a_worker_hears_where_its_host_is() {
        let shape = Shape { block: 16, blocks: 1, inputs: 1, outputs: 1, events: 0 };
        let (file, host) = Region::create(Layout::new(shape).unwrap()).unwrap();
        let worker = Region::map(&file, Layout::new(shape).unwrap()).unwrap();
        assert_eq!(worker.processor(), None);
        for processor in [Some(0), Some(7), None, Some(usize::from(u16::MAX))] {
            host.set_processor(processor);
            assert_eq!(worker.processor(), processor);
        }
    }

    #[test]
    fn a_follower_goes_where_it_can_and_anywhere_else_is_free() {
        let before = allowed();
        let last = (0..CpuSet::MAX_CPU).rfind(|cpu| before.is_set(*cpu)).unwrap();
        let mut follower = Follower::new();
        follower.follow(Some(last));
        assert_eq!((allowed().count(), allowed().is_set(last)), (1, true));
        for nowhere in [Some(CpuSet::MAX_CPU - 1), Some(usize::MAX), None] {
            follower.follow(Some(last));
            follower.follow(nowhere);
            assert_eq!(allowed(), before, "{nowhere:?}");
        }
    }
}
