//! CLAP, through `clack-host`: which calls are allowed on which thread is told by its types.

mod describe;
mod host;

pub use describe::describe;
