//! Running plug-ins: what host and worker share, and the host's half of it.

mod layout;
pub mod message;
mod record;
mod region;

pub use layout::{Layout, LayoutError, MAX_EVENTS, Shape};
pub use record::{Record, RecordKind};
pub use region::{Region, RegionError, Transport, Waited};
