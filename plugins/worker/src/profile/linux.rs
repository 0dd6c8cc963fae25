//! What Linux offers to a process that limits itself.

use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Signal, set_parent_process_death_signal};
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

/// Switches the randomisation of addresses off: a plug-in whose sound depends on where its memory
/// lies then repeats. It takes effect when a program starts, so the worker starts itself again.
pub fn fix_addresses() -> bool {
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

/// Refuses sockets of any kind but local ones. A filter of system calls needs no privilege, unlike a
/// network namespace.
pub fn refuse_network() -> bool {
    filter().is_some()
}

fn filter() -> Option<()> {
    let family = u64::try_from(libc::AF_UNIX).ok()?;
    let other = SeccompCondition::new(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, family).ok()?;
    let rule = SeccompRule::new(vec![other]).ok()?;
    let denied = SeccompAction::Errno(u32::try_from(libc::EACCES).ok()?);
    let architecture = std::env::consts::ARCH.try_into().ok()?;
    // Without a rule a call is refused whatever its arguments are.
    let ring = vec![];
    let rules = [(libc::SYS_socket, vec![rule]), (libc::SYS_io_uring_setup, ring)];
    let rules = rules.into_iter().collect();
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, denied, architecture).ok()?;
    let program: BpfProgram = filter.try_into().ok()?;
    seccompiler::apply_filter(&program).ok()
}

/// Ends this process when the thread that started it does.
pub fn end_with_host() -> bool {
    set_parent_process_death_signal(Some(Signal::KILL)).is_ok()
}
