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
mod pattern;
pub mod record;
mod recording;
mod remix;
mod report;
mod request;
mod reuse;
mod scheduler;
pub mod stems;
pub mod store;
mod trim;
pub mod watch;

pub use bounce::{bounce, bounce_key};
pub use estimate::memory_bytes;
pub use hash::MixHasher;
pub use inputs::{InputError, inputs_of, refuse_inputs};
pub use measure::{Loudness, Meter};
pub use remix::Origin;
pub use report::{BounceReport, FileReport};
pub use request::{BounceError, BounceRequest, Bounced, MAX_TAIL_SECONDS, Tail};
pub use scheduler::{RenderConfig, RenderError, RenderWarning, render};
