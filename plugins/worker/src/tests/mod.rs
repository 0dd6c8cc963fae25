//! The test plug-ins in every format, run here as a worker runs them.

mod effects;
pub mod fixtures;
pub mod host;
mod instruments;
mod messages;
