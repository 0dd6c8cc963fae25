//! The offline driver: the deterministic scheduler, bounces and measurements.

mod bounce;
mod finished;
mod hash;
mod ledger;
mod measure;
mod report;
mod reuse;
mod scheduler;
pub mod store;
mod trim;

pub use bounce::{BounceError, BounceRequest, Bounced, Tail, bounce};
pub use hash::MixHasher;
pub use measure::{Loudness, Meter};
pub use report::BounceReport;
pub use scheduler::{RenderConfig, RenderError, RenderWarning, render};
