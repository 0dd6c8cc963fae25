//! Processor time of this process: user and system, all threads together.

use rustix::time::{ClockId, clock_gettime};

/// Seconds of processor time so far. `rustix` asks the system, for the standard library cannot.
pub fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}
