//! How much of the system this process has.

/// What it has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// Bytes of memory that were asked for and not given back.
    pub heap_bytes: f64,
    /// Files and the like that are open.
    pub descriptors: f64,
    /// Threads.
    pub threads: f64,
    /// Pieces of memory that were mapped, and libraries.
    pub mappings: f64,
}

impl Usage {
    /// What it has now.
    pub fn now() -> Self {
        let count = |folder: &str| std::fs::read_dir(folder).map_or(0, Iterator::count) as f64;
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        Self {
            descriptors: count("/proc/self/fd"),
            threads: count("/proc/self/task"),
            mappings: maps.lines().count() as f64,
            heap_bytes: heap_bytes(),
        }
    }
}

#[cfg(all(target_os = "linux", target_env = "gnu"))]
fn heap_bytes() -> f64 {
    // SAFETY: it only fills the structure that it gives.
    let about = unsafe { libc::mallinfo2() };
    (about.uordblks + about.hblkhd) as f64
}

/// Only that library tells.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
fn heap_bytes() -> f64 {
    0.0
}
