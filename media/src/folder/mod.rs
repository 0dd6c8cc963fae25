//! Session folders: a session as a folder of files, changed without ever being half-written.
//!
//! | Path | What it is |
//! |---|---|
//! | `session.json` | the document, canonical JSON; the truth |
//! | `audio/`, `midi/` | files the session uses |
//! | `state/` | opaque plug-in states by SHA-256 |
//! | `.wavemill/journal.jsonl` | revision and history (see [`SessionEditor`]) |
//! | `.wavemill/audio-index.json` | identities of audio files; a cache |
//! | `.wavemill/lock` | held by the process that edits |
//!
//! All but the document are made when first needed. Deleting `.wavemill` loses the history and
//! nothing else.

mod create;
mod document;
mod editor;
mod error;
mod journal;
mod layout;
mod lock;
mod new_files;
mod reconcile;
mod state;

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod kill_tests;
#[cfg(test)]
mod replay_tests;

pub use editor::{JOURNAL_LIMIT_BYTES, SessionEditor};
pub use error::{ApplyError, BeginError, CreateError, FolderError, StateError};
pub use layout::SessionFolder;
pub use new_files::NewFiles;
#[cfg(test)]
pub(crate) use new_files::numbered;
pub use reconcile::{SessionHistory, SessionView};
