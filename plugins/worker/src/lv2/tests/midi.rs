//! Notes to plug-ins and from them.

use wavemill_core::process::EventKind;
use wavemill_plugins::run::{Record, RecordKind};

use super::host::{BLOCK, Host, note, silence};
use crate::run::midi::by_key;

#[test]
fn an_instrument_sounds_from_the_sample_of_its_note_on() {
    let id = "http://drobilla.net/plugins/mda/EPiano";
    let heard = |at: u32| {
        let mut host = Host::lv2("lv2/mda.lv2", id)?;
        let (heard, _) = host.run(at + 40 * BLOCK, silence, &[note(at, true)]);
        let (before, note) = heard[0].split_at(at as usize);
        assert!(before.iter().all(|sample| *sample == 0.0), "{at}");
        Some(note[..4_000].to_vec())
    };
    let Some(at_once) = heard(0) else { return };
    let first = at_once.iter().position(|sample| *sample != 0.0);
    assert!(first < Some(4), "{first:?}");
    for at in [1, BLOCK - 1, BLOCK, 3 * BLOCK + 77] {
        assert_eq!(heard(at).as_ref(), Some(&at_once), "{at}");
    }
}

#[test]
fn notes_come_out_transposed_at_their_samples() {
    let id = "http://gareus.org/oss/lv2/midifilter#miditranspose";
    let Some(mut host) = Host::lv2("lv2/midifilter.lv2", id) else { return };
    let transpose = host.set(0, "transpose", 7.0);
    let (on, off) = (note(130, true), note(1_000, false));
    let (_, said) = host.run(2_000, silence, &[transpose, on, off]);
    let moved = |record: &Record| {
        let RecordKind::Event(mut kind) = record.kind else { panic!("{record:?}") };
        if let EventKind::NoteOn { note, channel, key, .. }
        | EventKind::NoteOff { note, channel, key, .. } = &mut kind
        {
            *key += 7;
            *note = by_key(*channel, *key);
        }
        Record { kind: RecordKind::Event(kind), ..*record }
    };
    assert_eq!(said, [moved(&on), moved(&off)]);
}

#[test]
fn more_notes_than_there_is_room_for_are_an_error_in_words() {
    // Covered where sequences are written; here only that as many as anyone plays fit.
    let id = "http://gareus.org/oss/lv2/midifilter#miditranspose";
    let Some(mut host) = Host::lv2("lv2/midifilter.lv2", id) else { return };
    let notes: Vec<Record> =
        (0..BLOCK).flat_map(|frame| [note(frame, true), note(frame, false)]).collect();
    let (_, said) = host.run(BLOCK, silence, &notes);
    assert_eq!(said.len(), notes.len());
}
