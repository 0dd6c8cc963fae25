//! Processor time of a thread: what a render costs, whatever else the process does meanwhile.

use rustix::time::{ClockId, clock_gettime};

/// Seconds of processor time of the calling thread so far. `rustix` asks the system, for the
/// standard library cannot.
pub(crate) fn thread_cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
