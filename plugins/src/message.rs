//! What a worker and its host say to each other: one JSON value a line.

use serde::{Deserialize, Serialize};

use crate::description::PluginDescription;

/// Longest line either side reads, in bytes.
pub const MAX_LINE_BYTES: u64 = 64 << 20;

/// What a worker says while it describes a bundle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Describing {
    /// First of all: under what conditions the plug-in runs.
    Profile(AchievedProfile),
    /// The file is no plug-in that can be loaded here; nothing follows.
    NotLoaded {
        /// Why.
        what: String,
    },
    /// This worker can load nothing of the kind, whatever the file is; nothing follows.
    Unable {
        /// Why.
        what: String,
    },
    /// The bundle is loaded and has so many plug-ins.
    Loaded {
        /// How many.
        plugins: u32,
    },
    /// The next one is looked at; where nothing follows, it ended the worker.
    Begin {
        /// Its place in the bundle.
        index: u32,
        /// Its id.
        id: String,
    },
    /// What the last one is.
    Plugin(Box<PluginDescription>),
    /// The last one cannot be described.
    Refused {
        /// Why.
        what: String,
    },
    /// The worker got a signal that ends it.
    Crashed(Crash),
    /// All were looked at.
    Done,
}

/// How a worker ended by a signal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Crash {
    /// The signal's number.
    pub signal: i32,
    /// The address that could not be had, where the signal has one.
    pub address: Option<String>,
    /// True where nearly all memory that it may have was in use.
    pub out_of_memory: bool,
    /// The instance that was at work, where plug-ins run.
    pub instance: Option<u32>,
    /// Where it was, innermost first: `library!symbol+offset`.
    pub frames: Vec<String>,
}

/// Under what conditions a worker runs. What could not be had is false.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AchievedProfile {
    /// Addresses are the same in every run.
    pub fixed_addresses: bool,
    /// It can open no connection to other machines.
    pub no_network: bool,
    /// Its memory is limited to so many bytes.
    pub memory_limit_bytes: Option<u64>,
    /// It ends with the program that started it.
    pub ends_with_host: bool,
}
