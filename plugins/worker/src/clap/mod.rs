//! CLAP, through `clack-host`: which calls are allowed on which thread is told by its types.

mod audio;
mod describe;
mod events;
mod examined;
mod host;
mod instance;
mod timers;

pub use describe::describe;
pub use instance::open;
