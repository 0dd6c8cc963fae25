//! The memory that renders side by side may take together, by estimate, in the order they ask.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Hands out memory up to a limit. Who asks first gets first, so that a large render is not kept
/// waiting by ever more small ones.
pub(super) struct Memory {
    limit_bytes: Option<u64>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    used_bytes: u64,
    /// Numbers those who ask.
    next: u64,
    serving: u64,
}

/// Memory in use until it is dropped.
pub(super) struct Reserved<'a> {
    memory: &'a Memory,
    bytes: u64,
}

impl Memory {
    pub(super) fn new(limit_bytes: Option<u64>) -> Self {
        Self { limit_bytes, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits until `bytes` are free. Where they never will be, the limit is the error.
    pub(super) fn reserve(&self, bytes: u64) -> Result<Reserved<'_>, u64> {
        let limit = self.limit_bytes.unwrap_or(u64::MAX);
        if bytes > limit {
            return Err(limit);
        }
        let mut state = self.lock();
        let mine = state.next;
        state.next += 1;
        while state.serving != mine || state.used_bytes > limit - bytes {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.serving += 1;
        state.used_bytes = state.used_bytes.saturating_add(bytes);
        drop(state);
        self.changed.notify_all();
        Ok(Reserved { memory: self, bytes })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Whole after every step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Reserved<'_> {
    fn drop(&mut self) {
        let mut state = self.memory.lock();
        state.used_bytes = state.used_bytes.saturating_sub(self.bytes);
        drop(state);
        self.memory.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn what_can_never_fit_is_refused_and_the_limit_told() {
        let memory = Memory::new(Some(100));
        assert_eq!(memory.reserve(101).err(), Some(100));
        let all = memory.reserve(100).ok();
        assert!(all.is_some());
        drop(all);
        assert!(memory.reserve(100).is_ok());
        assert!(Memory::new(None).reserve(u64::MAX).is_ok());
    }

    #[test]
    fn no_more_than_the_limit_is_in_use_at_once() {
        let memory = Memory::new(Some(100));
        let (used, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for worker in 0..4_u64 {
                let (memory, used, most) = (&memory, &used, &most);
                scope.spawn(move || {
                    for turn in 0..200 {
                        let bytes = 20 + (worker * 37 + turn * 11) % 81;
                        let reserved = memory.reserve(bytes);
                        let now = used.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        most.fetch_max(now, Ordering::SeqCst);
                        std::thread::yield_now();
                        used.fetch_sub(bytes, Ordering::SeqCst);
                        drop(reserved);
                    }
                });
            }
        });
        let most = most.load(Ordering::SeqCst);
        assert!((50..=100).contains(&most), "{most}");
    }
}
