//! What a host asks of a worker that runs plug-ins, and what that answers: one JSON value a line.

use serde::{Deserialize, Serialize};
use wavemill_core::session::PluginFormat;

use super::layout::Shape;
use crate::description::{PluginDescription, Tail};
use crate::message::{AchievedProfile, Crash};

/// The most bytes of a plug-in's state.
pub const MAX_STATE_BYTES: u64 = 256 << 20;

/// What is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Command {
    /// Load a plug-in; the answer is [`Reply::Opened`].
    Open {
        /// The number that this instance goes by from now on, a new one.
        instance: u32,
        /// Its format.
        format: PluginFormat,
        /// Its bundle.
        path: String,
        /// Its id in that format.
        id: String,
    },
    /// Restore what it saved, before it is activated; the answer is [`Reply::Restored`].
    Restore {
        /// The instance.
        instance: u32,
        /// The file with its state.
        path: String,
    },
    /// Set what one of its programs has, before it is activated; the answer is [`Reply::Restored`].
    LoadProgram {
        /// The instance.
        instance: u32,
        /// The program's id in the description.
        id: String,
    },
    /// Make it ready to process; the answer is [`Reply::Active`].
    Activate {
        /// The instance.
        instance: u32,
        /// The rate.
        sample_rate_hz: u32,
        /// True where nobody waits for its output, and quality counts.
        offline: bool,
        /// True where notes are to reach it as MPE, whether it says that it knows that or not.
        mpe: bool,
        /// Parameters to set before, by their places in the description.
        values: Vec<(u32, f64)>,
        /// The memory to share.
        shape: Shape,
    },
    /// Hear what the plug-in before it gives wherever a batch says so; the answer is [`Reply::Joined`].
    Follow {
        /// The instance, which has run nothing yet.
        instance: u32,
        /// The process of the one before it.
        process: u32,
        /// The descriptor of the memory that the one before it shares.
        memory: i32,
        /// That memory.
        shape: Shape,
        /// Its input channels, each with the output channel of the one before that it hears.
        channels: Vec<(u32, u32)>,
    },
    /// Have the instances of `then` run after it wherever a batch says so; the answer is
    /// [`Reply::Joined`].
    RunAll {
        /// The first one, which has run nothing yet.
        instance: u32,
        /// Those behind it, each of which follows the one before it, at no latency.
        then: Vec<u32>,
    },
    /// Save what is set; the answer is [`Reply::Saved`].
    Save {
        /// The instance.
        instance: u32,
    },
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Reply {
    /// First of all: under what conditions plug-ins run.
    Profile(AchievedProfile),
    /// It is loaded.
    Opened {
        /// The instance.
        instance: u32,
        /// What it is.
        description: Box<PluginDescription>,
    },
    /// Its state is restored.
    Restored {
        /// The instance.
        instance: u32,
    },
    /// It is ready to process.
    Active {
        /// The instance.
        instance: u32,
        /// The worker's descriptor of the memory to share.
        memory: i32,
        /// How late its output is.
        latency_frames: u32,
        /// How long it sounds after its input has ended, at the rate it runs at.
        tail: Tail,
        /// The values of its parameters, in its order.
        values: Vec<f64>,
    },
    /// It goes together with others.
    Joined {
        /// The instance.
        instance: u32,
    },
    /// Its state.
    Saved {
        /// The instance.
        instance: u32,
        /// The worker's descriptor of memory that holds it.
        memory: i32,
        /// How many bytes it has.
        bytes: u64,
    },
    /// It cannot do what was asked.
    Refused {
        /// The instance.
        instance: u32,
        /// Why.
        what: String,
    },
    /// It could not process, and is of no more use.
    Failed {
        /// The instance.
        instance: u32,
        /// Why.
        what: String,
    },
    /// The worker got a signal that ends it.
    Crashed(Crash),
}
