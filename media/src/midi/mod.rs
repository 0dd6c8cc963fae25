//! Standard MIDI files: read into what a session holds, and written from a session.
//!
//! A file becomes a [`MidiSong`]: an instrument track for each channel of each of its tracks, tempo,
//! signatures and markers, all in the session's ticks. What a session has no place for of its own is
//! a marker with a prefix (`Lyric: `, ...) that is written as what it was; what it has no place for
//! at all is counted in a warning. What [`write_midi`] writes is read as the same again.

mod chunks;
mod clock;
mod commands;
mod error;
mod export;
mod instruments;
mod read;
mod signatures;
mod song;
mod tempo;
#[cfg(test)]
mod tests;
mod text;
mod track_reader;
mod write;

pub use commands::{SongCommands, keeps_timeline, song_commands};
pub use error::{ReadMidiError, WriteMidiError};
pub use export::{ExportMidiError, ExportedMidi, export_midi};
pub use instruments::{Instruments, SoundFontRefusal};
pub use read::{MAX_MIDI_EVENTS, MAX_MIDI_FILE_BYTES, MAX_MIDI_TRACKS, is_midi, read_midi};
pub use song::{MidiSong, MidiTrack};
pub use text::MAX_MIDI_MARKERS;
pub use write::{WrittenMidi, write_midi};
