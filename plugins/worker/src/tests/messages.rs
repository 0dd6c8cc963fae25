//! System exclusive messages, and more notes than there is room for.

use wavemill_core::process::{EventKind, ExclusivePart};
use wavemill_core::session::ControllerTarget;
use wavemill_plugins::run::{Record, RecordKind};

use super::fixtures::Bundles;
use super::host::{BLOCK, Host, note, silence};
use crate::run::Opened;

/// The parts of a message at a frame.
fn message(frame: u32, bytes: &[u8]) -> Vec<Record> {
    let parts = ExclusivePart::parts(bytes).map(EventKind::Exclusive);
    parts.map(|part| Record { frame, kind: RecordKind::Event(part) }).collect()
}

/// The plug-in of these names in every format.
fn all(bundles: &Bundles, clap: &str, vst3: &str, lv2: &str) -> [Opened; 3] {
    [bundles.clap(clap), bundles.vst3(vst3), bundles.lv2(lv2)]
}

#[test]
fn messages_of_every_length_come_whole_to_every_format_and_back() {
    let bundles = Bundles::new();
    let long: Vec<u8> = (0..3_000_u32).map(|byte| u8::try_from(byte % 128).unwrap()).collect();
    let target = ControllerTarget::Controller(7);
    let controller = EventKind::Controller { channel: 3, target, value: 5.0 };
    let controller = Record { frame: 30, kind: RecordKind::Event(controller) };
    let told = [
        message(10, &[1, 2, 3]),
        message(30, &long),
        message(30, &[9]),
        message(BLOCK + 5, &[]),
        vec![controller],
    ];
    let mut told = told.concat();
    told.sort_by_key(|record| record.frame);
    // What is added: the bytes, and those before and behind them.
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>() + 0xf0 + 0xf7;
    let wanted = [(10, sum(&[1, 2, 3])), (30, sum(&long) + sum(&[9])), (BLOCK + 5, sum(&[]))];
    for (opened, has_controllers) in
        all(&bundles, "echo", "Echo", "echo").into_iter().zip([true, false, true])
    {
        let mut host = Host::new(opened);
        let (heard, said) = host.run(2 * BLOCK, silence, &told);
        for channel in heard {
            let sums = (0..).zip(channel).filter(|(_, sample)| *sample != 0.0);
            let sums: Vec<(u32, f32)> = sums.map(|(at, sample)| (at, sample * 4_096.0)).collect();
            assert_eq!(sums, wanted.map(|(at, sum)| (at, sum as f32)));
        }
        // VST3 has controllers as parameters only.
        let back = told.iter().filter(|record| has_controllers || **record != controller);
        assert_eq!(said, back.copied().collect::<Vec<_>>());
    }
}

#[test]
fn more_notes_than_there_is_room_for_are_told_of() {
    let bundles = Bundles::new();
    for opened in all(&bundles, "flood", "Many", "flood") {
        let mut host = Host::new(opened);
        assert_eq!(host.run(BLOCK, silence, &[]).1, []);
        let failed = host.try_run(BLOCK, silence, &[note(BLOCK + 5, true)]).unwrap_err();
        assert!(failed.contains("more than 256 notes"), "{failed}");
    }
}
