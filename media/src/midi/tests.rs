//! Files to sessions and back: closed cases, what is refused, and that nothing changes on the way.

mod files;
mod refusals;
mod songs;

use wavemill_core::command::{Batch, Editor};
use wavemill_core::session::Session;
use wavemill_core::time::SampleRate;

use super::*;

/// A file of `format` and `division` whose tracks have `events`, each with its end.
fn file(format: u8, division: [u8; 2], tracks: &[&[u8]]) -> Vec<u8> {
    let whole: Vec<Vec<u8>> =
        tracks.iter().map(|events| [events, &[0, 0xFF, 0x2F, 0][..]].concat()).collect();
    raw_file(format, division, &whole.iter().map(Vec::as_slice).collect::<Vec<_>>())
}

/// The same without ends.
fn raw_file(format: u8, division: [u8; 2], tracks: &[&[u8]]) -> Vec<u8> {
    let count = u8::try_from(tracks.len()).unwrap();
    let mut bytes = Vec::new();
    let header = [0, format, 0, count, division[0], division[1]];
    assert!(chunks::put_chunk(&mut bytes, b"MThd", &header));
    for track in tracks {
        assert!(chunks::put_chunk(&mut bytes, b"MTrk", track));
    }
    bytes
}

/// A quarter note of 96 ticks.
const DIVISION: [u8; 2] = [0, 96];

/// What a new session becomes with `song`.
fn session_of(song: &MidiSong) -> Session {
    let empty = Session::new("song", SampleRate::new(48_000).unwrap());
    let planned = song_commands(empty.clone(), song, &Instruments::default(), true).unwrap();
    // The commands say all of it.
    let mut editor = Editor::new(empty, 0);
    editor.execute_batch(&Batch::of(planned.commands)).unwrap();
    assert_eq!(editor.session(), &planned.session);
    assert_eq!(planned.session.check(), []);
    planned.session
}

/// Imports, exports and imports again: both sessions are the same.
fn round_trip(bytes: &[u8]) -> (Session, WrittenMidi) {
    let session = session_of(&read_midi(bytes).unwrap());
    let written = write_midi(&session).unwrap();
    let again = read_midi(&written.bytes).unwrap();
    assert_eq!(again.warnings, [""; 0]);
    assert_eq!(session_of(&again), session);
    (session, written)
}
