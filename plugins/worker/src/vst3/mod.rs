//! VST3, through the `vst3` bindings: reference counts and casts are theirs, threads and order of
//! calls are ours.

mod describe;
mod module;

pub use describe::describe;
