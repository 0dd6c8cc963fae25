//! VST3, through the `vst3` bindings: reference counts and casts are theirs, threads and order of
//! calls are ours.

mod activation;
#[cfg(test)]
mod against_clap;
mod attributes;
mod audio;
mod buses;
mod connection;
mod create;
mod describe;
mod event_list;
mod events;
mod examined;
mod host;
mod instance;
mod message;
mod midi_mapping;
mod module;
mod parameters;
mod places;
mod programs;
mod stream;
#[cfg(test)]
mod synthetic;

pub use describe::describe;
pub use instance::open;
