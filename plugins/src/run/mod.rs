//! Running plug-ins: what host and worker share, and the host's half of it.

pub(crate) mod alignment;
mod automation;
mod beside;
mod chain;
mod channels;
mod crowd;
mod factory;
mod failures;
pub(crate) mod hosted;
mod identity;
mod instance;
mod layout;
mod library;
pub(crate) mod link;
pub mod message;
mod passage;
mod processor;
mod raised_latency;
mod record;
mod region;
mod setup;
mod sharing;
mod stretch;
mod transports;
mod used;
mod verdict;

pub use beside::{Follower, Stay};
pub use crowd::Crowd;
pub use failures::OnFailure;
pub use layout::{Layout, LayoutError, MAX_EVENTS, Shape};
pub use library::{HostOptions, MissingPlugins, PluginLibrary};
pub use record::{Record, RecordKind};
pub use region::{Region, RegionError, Transport, Waited};
pub use sharing::Isolation;
pub use used::UsedPlugin;
pub use verdict::{KnownVerdict, Verdict};
