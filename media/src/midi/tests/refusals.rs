//! What cannot be read, and that messages say where.

use super::*;
use crate::midi::ReadMidiError as E;
use wavemill_core::midi::ContentLimitError;

fn error(bytes: &[u8]) -> E {
    read_midi(bytes).unwrap_err()
}

#[test]
fn other_files_are_named_so() {
    for bytes in [&b""[..], b"RIFF", b"RIFF\0\0\0\0WAVEdataMThd", b"MTrk\0\0\0\0", b"MThx"] {
        assert_eq!(error(bytes), E::NotMidi, "{bytes:?}");
    }
    let header = |bytes: &[u8]| error(bytes).to_string();
    assert!(header(b"MThd\0\0").contains("cut short"));
    assert!(header(&file(3, DIVISION, &[])).contains("format 3"));
    assert!(header(&file(1, [0, 0], &[])).contains("have no ticks"));
    assert!(header(&file(1, [0x80, 0], &[])).contains("128 frames a second"));
    assert_eq!(error(&file(1, DIVISION, &[])), E::NoTracks);
    assert_eq!(error(&[&b"MThd"[..], &vec![0; MAX_MIDI_FILE_BYTES]].concat()), E::TooLarge);
}

#[test]
fn damage_is_found_where_it_is() {
    let good = file(1, DIVISION, &[&[0, 0x90, 60, 1], &[5, 0x90, 60, 1, 96, 0x80, 60, 1]]);
    assert_eq!(error(&good[..good.len() - 3]), E::Truncated { track: 2, missing: 3 });
    let damaged = [
        // A data byte that is none, a status that no file has, data without a status.
        &[5, 0x90, 60, 1, 7, 0x80, 60, 200][..],
        &[5, 0x90, 60, 1, 7, 0xF8],
        &[5, 0x90, 60, 1, 7, 0xF1, 3],
        // A text longer than the track, a time of more than four bytes, half a note.
        &[5, 0x90, 60, 1, 7, 0xFF, 1, 90, 3],
        &[5, 0x90, 60, 1, 0x81, 0x81, 0x81, 0x81, 1, 0x80, 60, 1],
        &[5, 0x90, 60, 1, 7, 0x80, 60],
    ];
    for track in damaged {
        let wanted = E::Event { track: 2, byte: 4, tick: 5 };
        assert_eq!(error(&raw_file(1, DIVISION, &[&[], track])), wanted, "{track:?}");
    }
    let first = raw_file(1, DIVISION, &[&[3, 60, 1]]);
    let message = error(&first).to_string();
    assert!(message.contains("byte 0 of track 1, behind tick 0"), "{message}");
}

#[test]
fn times_beyond_every_timeline_are_refused() {
    let long = [0xFF, 0xFF, 0xFF, 0x7F, 0x90, 60, 1].repeat(300);
    let E::TooLong { track: 1, tick } = error(&file(1, [0, 1], &[&long])) else { panic!() };
    assert!(tick * 15_360 > 1 << 40);
    // With finer ticks the same file is no longer than a session may be.
    assert!(read_midi(&file(1, [0x7F, 0xFF], &[&long])).is_ok());
}

#[test]
fn more_than_a_session_holds_is_refused() {
    // Running status: three bytes each.
    let mut notes = vec![0, 0x90, 60, 1];
    notes.extend([0, 60, 1].repeat(1_000_000));
    let message = error(&file(1, DIVISION, &[&notes])).to_string();
    assert!(message.contains("tick 0 of track 1 there are more than 1000000 notes"), "{message}");
    let wanted = E::Content { track: 1, tick: 0, limit: ContentLimitError::Notes };
    assert_eq!(error(&file(1, DIVISION, &[&notes])), wanted);
    let mut offs = vec![0, 0x80, 60, 1];
    offs.extend([0, 60, 1].repeat(10_000_000));
    assert_eq!(error(&file(1, DIVISION, &[&offs])), E::TooManyEvents { track: 1, tick: 0 });
    let tracks = vec![&[0, 0x90, 60, 1, 0, 0x91, 60, 1, 0, 0x92, 60, 1, 0, 0x93, 60, 1][..]; 255];
    assert!(read_midi(&file(1, DIVISION, &tracks)).is_ok());
    let many = [0_u8, 1, 2, 3, 4, 5].map(|c| [0, 0x90 | c, 60, 1]).concat();
    assert_eq!(error(&file(1, DIVISION, &vec![&many[..]; 255])), E::TooManyTracks);
}

#[test]
fn markers_have_a_limit() {
    let mut lyrics = [1, 0xFF, 5, 2, b'l', b'a'].repeat(MAX_MIDI_MARKERS + 3);
    lyrics.extend([0, 0x90, 60, 1, 0, 0x80, 60, 1]);
    let song = read_midi(&file(0, DIVISION, &[&lyrics])).unwrap();
    assert_eq!(song.markers.len(), MAX_MIDI_MARKERS);
    assert!(song.warnings[0].starts_with("3 markers, texts and lyrics"), "{:?}", song.warnings);
}
