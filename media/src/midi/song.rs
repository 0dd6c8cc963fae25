//! What a MIDI file holds, as a session says it.

use wavemill_core::session::{MidiContent, SignaturePoint, TempoPoint};
use wavemill_core::time::Ticks;

/// What a MIDI file holds, in the session's ticks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MidiSong {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// Tempo changes; none where the file states no tempo, which is 120 bpm.
    pub tempo: Vec<TempoPoint>,
    /// Signature changes; none where the file states none, which is 4/4.
    pub signatures: Vec<SignaturePoint>,
    /// Markers, and texts, lyrics, cue points and keys as markers with a prefix, in order.
    pub markers: Vec<(Ticks, String)>,
    /// One for each channel of each track that has something on it.
    pub tracks: Vec<MidiTrack>,
    /// What was left out or is not as the file has it, in sentences.
    pub warnings: Vec<String>,
}

/// One channel of a track of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct MidiTrack {
    /// Its name.
    pub name: String,
    /// What it plays, from the start of the timeline on.
    pub content: MidiContent,
    /// Where the file's track ends, and more than all that it holds.
    pub length: Ticks,
}

impl MidiSong {
    /// The notes of all tracks.
    pub fn notes(&self) -> usize {
        self.tracks.iter().map(|track| track.content.notes.len()).sum()
    }
}
