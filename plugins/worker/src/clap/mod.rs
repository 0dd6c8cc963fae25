//! CLAP, through `clack-host`: which calls are allowed on which thread is told by its types.

mod audio;
mod describe;
mod events;
mod host;
mod instance;

pub use describe::describe;
pub use instance::open;
