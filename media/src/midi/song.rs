//! What a MIDI file holds, as a session says it.

use std::collections::BTreeMap;

use wavemill_core::session::{ControllerLane, MidiContent, SignaturePoint, TempoPoint};
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

    /// The song with all its channels on one track, for an instrument that plays all of them, as a
    /// General MIDI module does. What happens on one tick keeps the order of the tracks.
    #[must_use]
    pub fn on_one_track(self) -> Self {
        let name = self.name.clone().unwrap_or_else(|| "All channels".to_owned());
        let mut all = MidiTrack { name, content: MidiContent::default(), length: Ticks(0) };
        let mut lanes = BTreeMap::new();
        for MidiTrack { content, length, .. } in self.tracks {
            all.length = all.length.max(length);
            all.content.notes.extend(content.notes);
            all.content.system_exclusive.extend(content.system_exclusive);
            for ControllerLane { channel, target, points } in content.controllers {
                lanes.entry((channel, target)).or_insert_with(Vec::new).extend(points);
            }
        }
        all.content.notes.sort_by_key(|note| (note.at, note.key));
        all.content.system_exclusive.sort_by_key(|message| message.at);
        let lanes = lanes.into_iter().map(|((channel, target), mut points)| {
            points.sort_by_key(|point| point.at);
            ControllerLane { channel, target, points }
        });
        all.content.controllers = lanes.collect();
        Self { tracks: vec![all], ..self }
    }
}
