//! What the worker does to itself before it loads anything, so that plug-ins repeat and harm
//! nothing: fixed addresses, limited memory, no network, and no life after the host.

#[cfg(target_os = "linux")]
mod linux;

use rustix::process::{Resource, Rlimit, setrlimit};
use wavemill_plugins::message::AchievedProfile;

/// Bytes of private memory a worker may have. Sample players take hundreds of megabytes; what takes
/// more than this is out of hand.
const MEMORY_LIMIT_BYTES: u64 = 4 << 30;

/// Does all of it, and says what could be had. The process ends when the thread of the host that has
/// started it does, where `dies_with_thread`; else it has to see for itself that the host is gone.
pub fn enter(dies_with_thread: bool) -> AchievedProfile {
    // First, for it starts the program again.
    let fixed_addresses = fix_addresses();
    // A core file of every crash would fill disks.
    let _ = limit(Resource::Core, 0);
    AchievedProfile {
        fixed_addresses,
        memory_limit_bytes: limit(Resource::Data, MEMORY_LIMIT_BYTES).then_some(MEMORY_LIMIT_BYTES),
        ends_with_host: !dies_with_thread || end_with_host(),
        no_network: refuse_network(),
    }
}

fn limit(what: Resource, value: u64) -> bool {
    setrlimit(what, Rlimit { current: Some(value), maximum: Some(value) }).is_ok()
}

#[cfg(target_os = "linux")]
use linux::{end_with_host, fix_addresses, refuse_network};

/// Not to be had here.
#[cfg(not(target_os = "linux"))]
fn fix_addresses() -> bool {
    false
}

/// Not to be had here.
#[cfg(not(target_os = "linux"))]
fn end_with_host() -> bool {
    false
}

/// Not to be had here.
#[cfg(not(target_os = "linux"))]
fn refuse_network() -> bool {
    false
}
