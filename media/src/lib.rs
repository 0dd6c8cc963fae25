//! The disk side of Wavemill: session folders, import, audio files in and out, content hashes.

pub mod audio;
mod files;
pub mod folder;
pub mod import;
