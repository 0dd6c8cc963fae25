//! MIDI files: read, or refused; what is read is a valid session, and is written and read as the same
//! notes. Raw MIDI: what is parsed is written and parsed as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wavemill_core::midi::parse_messages;
use wavemill_core::session::{Note, Session};
use wavemill_core::time::SampleRate;
use wavemill_media::midi::{Instruments, MidiSong, read_midi, song_commands, write_midi};

fuzz_target!(|bytes: &[u8]| {
    let messages = parse_messages(bytes);
    let mut raw = Vec::new();
    messages.iter().for_each(|message| message.write(&mut raw));
    assert_eq!(parse_messages(&raw), messages);

    let Ok(song) = read_midi(bytes) else { return };
    let empty = Session::new("song", SampleRate::new(48_000).expect("a rate"));
    // Positions beyond the longest timeline in samples are found here.
    let Ok(planned) = song_commands(empty, &song, &Instruments::default(), true) else { return };
    assert_eq!(planned.session.check(), []);
    if song.tracks.is_empty() {
        return;
    }
    let written = write_midi(&planned.session).expect("what was read can be written");
    let again = read_midi(&written.bytes).expect("what was written can be read");
    assert_eq!(again.notes(), song.notes());
    // Expression is written to the nearest step of MPE; notes without any are the same again.
    if song.tracks.iter().flat_map(|track| &track.content.notes).all(|n| n.expression.is_empty()) {
        assert_eq!(sounding(&again), sounding(&song));
    }
});

/// Place, length, channel, key and velocities of all notes, in order.
fn sounding(song: &MidiSong) -> Vec<(i64, i64, [u8; 4])> {
    let notes = song.tracks.iter().flat_map(|track| &track.content.notes);
    let of = |note: &Note| {
        let numbers = [note.channel, note.key, note.velocity, note.release_velocity];
        (note.at.0, note.length.0, numbers)
    };
    let mut sounding: Vec<_> = notes.map(of).collect();
    sounding.sort_unstable();
    sounding
}
