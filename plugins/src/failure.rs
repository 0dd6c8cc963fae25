//! How a worker ended that did not do what it was asked to.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::message::Crash;

/// Places of a plug-in that are told of a crash.
const TOLD_FRAMES: usize = 8;

/// A worker that ended too early, or had to be ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkerFailure {
    /// What happened.
    pub kind: FailureKind,
    /// The same in words.
    pub what: String,
    /// Where the plug-in was, innermost first, where that could be found out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub frames: Vec<String>,
}

/// What happened to a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FailureKind {
    /// It ended by a signal, or where it should have gone on.
    Crash,
    /// It did not answer in time.
    Hang,
    /// It asked for more memory than it may have.
    Memory,
    /// There is no plug-in, or the plug-in refused.
    Refused,
    /// The worker could not be started, cannot load the format, or spoke nonsense.
    Worker,
}

impl FailureKind {
    /// Its name for people.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Crash => "crash",
            Self::Hang => "hang",
            Self::Memory => "memory",
            Self::Refused => "refused",
            Self::Worker => "worker",
        }
    }
}

impl WorkerFailure {
    /// A failure without a place.
    pub fn new(kind: FailureKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), frames: Vec::new() }
    }

    /// What a worker told of its own end.
    pub fn of_crash(crash: &Crash) -> Self {
        let name = signal_name(crash.signal);
        let (kind, what) = match crash.out_of_memory {
            true => (FailureKind::Memory, format!("out of memory ({name})")),
            false => (FailureKind::Crash, format!("crashed with {name}")),
        };
        let place = match &crash.address {
            Some(address) => format!(" at address {address}"),
            None => String::new(),
        };
        Self { kind, what: format!("{what}{place}"), frames: crash.frames.clone() }
    }
}

impl WorkerFailure {
    /// All of it: what happened, and where the plug-in was, one place a line.
    pub fn told(&self) -> String {
        let frames = self.frames.iter().take(TOLD_FRAMES).map(|frame| format!("\n    in {frame}"));
        std::iter::once(self.what.clone()).chain(frames).collect()
    }
}

impl fmt::Display for WorkerFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        match self.frames.first() {
            Some(frame) => write!(f, " in {frame}"),
            None => Ok(()),
        }
    }
}

/// The name of a signal that ends processes, by its number on Linux.
pub fn signal_name(signal: i32) -> String {
    let name = match signal {
        4 => "SIGILL",
        5 => "SIGTRAP",
        6 => "SIGABRT",
        7 => "SIGBUS",
        8 => "SIGFPE",
        9 => "SIGKILL",
        11 => "SIGSEGV",
        15 => "SIGTERM",
        24 => "SIGXCPU",
        31 => "SIGSYS",
        other => return format!("signal {other}"),
    };
    name.to_owned()
}
