//! The offline driver: the deterministic scheduler, bounces and measurements.

pub mod batch;
mod bounce;
mod cpu_time;
mod estimate;
pub mod export;
mod finished;
mod hash;
pub mod in_place;
mod inputs;
mod ledger;
mod measure;
mod paths;
mod pattern;
mod processors;
pub mod record;
mod recording;
mod remix;
mod report;
mod request;
mod reuse;
mod scheduler;
mod session_name;
mod signals;
pub mod stems;
pub mod store;
mod stretch;
mod sums;
mod tap_digest;
#[cfg(test)]
mod testing;
mod trim;
mod warnings;
pub mod watch;

pub use bounce::{bounce, bounce_key};
pub use cpu_time::cpu_seconds;
pub use estimate::memory_bytes;
pub use hash::{MixHasher, hex};
pub use inputs::{InputError, inputs_of, refuse_inputs, samples_of};
pub use measure::{Loudness, Meter};
pub use paths::same_file;
pub use processors::{MakeProcessors, Processors, built_in_processors};
pub use remix::Origin;
pub use report::{BounceReport, FileReport};
pub use request::{BounceError, BounceRequest, Bounced, MAX_TAIL_SECONDS, Tail};
pub use scheduler::{RenderConfig, RenderError, RenderWarning, render};
pub use session_name::session_name;
