//! The disk side of Wavemill: session folders, import, audio and MIDI files in and out, content
//! hashes.

pub mod audio;
mod files;
pub mod folder;
pub mod import;
pub mod midi;
