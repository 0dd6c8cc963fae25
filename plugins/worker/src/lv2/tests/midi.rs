//! Notes to plug-ins and from them.

use wavemill_core::process::EventKind;
use wavemill_plugins::run::{Record, RecordKind};

use crate::run::note_number;
use crate::tests::host::{BLOCK, Host, note, silence};

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

/// Its samples are loaded beside the audio, when it runs for the first time.
#[test]
fn a_sampler_has_its_samples_from_the_first_sample_on() {
    let id = "http://gareus.org/oss/lv2/avldrums#BlackPearl";
    let loudest = |at: u32| {
        let mut host = Host::lv2("lv2/avldrums.lv2", id)?;
        let drum = EventKind::NoteOn { note: 1, channel: 9, key: 36, velocity: 1.0 };
        let drum = Record { frame: at, kind: RecordKind::Event(drum) };
        let (heard, _) = host.run(at + 40 * BLOCK, silence, &[drum]);
        Some(heard[0].iter().fold(0.0_f32, |most, sample| most.max(sample.abs())))
    };
    let (Some(at_once), Some(later)) = (loudest(0), loudest(20 * BLOCK)) else { return };
    assert!(at_once > 0.01 && (at_once / later - 1.0).abs() < 0.1, "{at_once} {later}");
}

#[test]
fn the_drums_of_a_kit_have_outputs_of_their_own() {
    let id = "http://gareus.org/oss/lv2/avldrums#BlackPearlMulti";
    let Some(mut host) = Host::lv2("lv2/avldrums.lv2", id) else { return };
    let buses = host.description.audio_outputs.iter();
    let buses: Vec<(&str, u32)> = buses.map(|bus| (bus.name.as_str(), bus.channels)).collect();
    let wanted = [
        ("main", 2),
        ("HiHat", 1),
        ("Tom", 1),
        ("Floor Tom", 1),
        ("Cymbals", 2),
        ("Percussions", 2),
    ];
    assert_eq!(buses, wanted);
    let hat = EventKind::NoteOn { note: 1, channel: 9, key: 42, velocity: 1.0 };
    let hat = Record { frame: 0, kind: RecordKind::Event(hat) };
    let (heard, _) = host.run(40 * BLOCK, silence, &[hat]);
    let loudest = |channel: &Vec<f32>| channel.iter().fold(0.0_f32, |most, s| most.max(s.abs()));
    let loudest: Vec<f32> = heard.iter().map(loudest).collect();
    assert!(loudest[2] > 0.01 && loudest[0] == 0.0, "{loudest:?}");
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
            *note = note_number::of_key(*channel, *key);
        }
        Record { kind: RecordKind::Event(kind), ..*record }
    };
    assert_eq!(said, [moved(&on), moved(&off)]);
}

#[test]
fn as_many_notes_fit_into_a_block_as_there_are_frames() {
    let id = "http://gareus.org/oss/lv2/midifilter#miditranspose";
    let Some(mut host) = Host::lv2("lv2/midifilter.lv2", id) else { return };
    let notes: Vec<Record> =
        (0..BLOCK).flat_map(|frame| [note(frame, true), note(frame, false)]).collect();
    let (_, said) = host.run(BLOCK, silence, &notes);
    assert_eq!(said.len(), notes.len());
}
