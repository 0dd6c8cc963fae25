//! The command as people run it: the real binary, its exit codes, output and messages.
#![allow(clippy::unwrap_used, clippy::panic)] // Helpers of tests fail as tests do.

mod bad_audio;
mod bad_outputs;
#[cfg(unix)]
mod bad_plugins;
mod bad_sessions;
#[cfg(unix)]
mod batch_interrupts;
mod batch_kills;
mod batches;
mod bounces;
mod bundles;
mod chance;
mod compressed_sound_fonts;
mod demo;
mod diffs;
#[cfg(unix)]
mod disks;
mod edits;
mod exports;
mod freezes;
mod hosting;
#[cfg(unix)]
mod interrupts;
mod manifests;
mod midi;
mod midi_files;
mod notes;
mod packaged_plugins;
mod pieces;
mod plugin_chains;
mod plugin_checks;
mod plugin_faults;
mod plugin_formats;
mod plugin_interrupts;
mod plugin_manifests;
mod plugin_presets;
mod plugin_retries;
mod plugin_session;
mod plugins;
mod real_loops;
mod remixes;
mod samplers;
mod sessions;
mod sound_font_peers;
mod sound_fonts;
mod stems;
#[cfg(unix)]
mod store_faults;
mod stores;
mod support;
mod surface;
mod traces;
#[cfg(unix)]
mod watches;
