//! What the worker does to itself before it loads anything, so that plug-ins repeat and harm
//! nothing: fixed addresses, limited memory, no network, and no life after the host.

use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Resource, Rlimit, Signal, set_parent_process_death_signal, setrlimit};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};
use wavemill_plugins::message::AchievedProfile;

/// Bytes of private memory a worker may have. Sample players take hundreds of megabytes; what takes
/// more than this is out of hand.
const MEMORY_LIMIT_BYTES: u64 = 4 << 30;

/// Does all of it, and says what could be had.
pub fn enter() -> AchievedProfile {
    let fixed_addresses = fix_addresses();
    // A core file of every crash would fill disks.
    let _ = limit(Resource::Core, 0);
    AchievedProfile {
        fixed_addresses,
        memory_limit_bytes: limit(Resource::Data, MEMORY_LIMIT_BYTES).then_some(MEMORY_LIMIT_BYTES),
        ends_with_host: set_parent_process_death_signal(Some(Signal::KILL)).is_ok(),
        no_network: refuse_network().is_some(),
    }
}

fn limit(what: Resource, value: u64) -> bool {
    setrlimit(what, Rlimit { current: Some(value), maximum: Some(value) }).is_ok()
}

/// Switches the randomisation of addresses off: a plug-in whose sound depends on where its memory
/// lies then repeats. It takes effect when a program starts, so the worker starts itself again.
fn fix_addresses() -> bool {
    const ASK: libc::c_ulong = 0xffff_ffff;
    // SAFETY: `personality` takes a number and changes nothing when asked with this one.
    let now = unsafe { libc::personality(ASK) };
    if now < 0 {
        return false;
    }
    if now & libc::ADDR_NO_RANDOMIZE != 0 {
        return true;
    }
    let Ok(wanted) = libc::c_ulong::try_from(now | libc::ADDR_NO_RANDOMIZE) else { return false };
    // SAFETY: as above; the flag concerns programs started from here on.
    if unsafe { libc::personality(wanted) } < 0 {
        return false;
    }
    let Ok(program) = std::env::current_exe() else { return false };
    // Returns only where it failed.
    let _ = Command::new(program).args(std::env::args_os().skip(1)).exec();
    false
}

/// Refuses sockets of any kind but those within this machine that have a name in its file system.
/// A filter of system calls needs no privilege, unlike a network namespace.
fn refuse_network() -> Option<()> {
    let family = u64::try_from(libc::AF_UNIX).ok()?;
    let other = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, family).ok()?;
    let rule = SeccompRule::new(vec![other]).ok()?;
    let denied = SeccompAction::Errno(u32::try_from(libc::EACCES).ok()?);
    let architecture = std::env::consts::ARCH.try_into().ok()?;
    let rules = [(libc::SYS_socket, vec![rule])].into_iter().collect();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, denied, architecture).ok()?;
    let program: BpfProgram = filter.try_into().ok()?;
    seccompiler::apply_filter(&program).ok()
}
