//! Processor time: what work costs, whatever else the machine does meanwhile.

use rustix::time::{ClockId, clock_gettime};

/// Seconds of processor time of this process so far: user and system, all threads together.
pub fn cpu_seconds() -> f64 {
    seconds(ClockId::ProcessCPUTime)
}

/// Seconds of processor time of the calling thread so far.
pub(crate) fn thread_cpu_seconds() -> f64 {
    seconds(ClockId::ThreadCPUTime)
}

/// `rustix` asks the system, for the standard library cannot.
fn seconds(clock: ClockId) -> f64 {
    let time = clock_gettime(clock);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
