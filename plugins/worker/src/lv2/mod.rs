//! LV2, through `lilv`: what a bundle says in its Turtle files, and its plug-ins themselves.

mod atoms;
mod audio;
mod buses;
mod describe;
mod events;
mod examined;
mod features;
mod instance;
mod latency;
mod ports;
mod position;
mod programs;
mod running;
mod saved;
mod sequence;
mod state;
mod terms;
mod urid;
mod why_not_loaded;
mod worker;

#[cfg(test)]
mod tests;

pub use describe::describe;
pub use instance::open;
