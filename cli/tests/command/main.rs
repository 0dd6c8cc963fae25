//! The command as people run it: the real binary, its exit codes, output and messages.

mod bad_audio;
mod bad_outputs;
mod bad_sessions;
mod bounces;
mod demo;
mod diffs;
mod edits;
mod interrupts;
mod sessions;
mod support;
mod surface;
