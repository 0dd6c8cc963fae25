//! The offline driver: the deterministic scheduler, bounces and measurements.

mod bounce;
pub mod export;
mod finished;
mod hash;
mod ledger;
mod measure;
mod report;
mod request;
mod reuse;
mod scheduler;
pub mod store;
mod trim;

pub use bounce::bounce;
pub use hash::MixHasher;
pub use measure::{Loudness, Meter};
pub use report::{BounceReport, FileReport};
pub use request::{BounceError, BounceRequest, Bounced, Tail};
pub use scheduler::{RenderConfig, RenderError, RenderWarning, render};
