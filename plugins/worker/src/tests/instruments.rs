//! Instruments: what their notes are told.

use wavemill_core::process::EventKind;
use wavemill_core::session::{ControllerTarget, ExpressionKind};
use wavemill_plugins::PluginKind;
use wavemill_plugins::run::{Record, RecordKind};

use super::fixtures::Bundles;
use super::host::{BLOCK, Host, SETUP, silence};
use crate::run::mpe::Mpe;

const NOTE: u64 = 7;
const CHANNEL: u8 = 2;
const KEY: u8 = 60;

fn event(frame: u32, kind: EventKind) -> Record {
    Record { frame, kind: RecordKind::Event(kind) }
}

fn on(frame: u32, velocity: f64) -> Record {
    event(frame, EventKind::NoteOn { note: NOTE, channel: CHANNEL, key: KEY, velocity })
}

fn off(frame: u32) -> Record {
    event(frame, EventKind::NoteOff { note: NOTE, channel: CHANNEL, key: KEY, velocity: 0.0 })
}

fn express(frame: u32, kind: ExpressionKind, value: f64) -> Record {
    let (note, channel, key) = (NOTE, CHANNEL, KEY);
    event(frame, EventKind::Expression { note, channel, key, kind, value })
}

/// The level of each channel at a frame.
fn levels(heard: &[Vec<f32>], frame: usize) -> Vec<f32> {
    heard.iter().map(|channel| channel[frame]).collect()
}

#[test]
fn notes_of_vst3_are_expressed_one_by_one() {
    let bundles = Bundles::new();
    let opened = bundles.vst3("Tone");
    assert_eq!(opened.description.kind, PluginKind::Instrument);
    let mut host = Host::new(opened);
    let told = [
        on(10, 0.5),
        express(20, ExpressionKind::Tuning, 12.0),
        express(30, ExpressionKind::Volume, 2.0),
        express(40, ExpressionKind::Pressure, 0.25),
        express(50, ExpressionKind::Timbre, 0.75),
        off(BLOCK + 5),
    ];
    let (heard, _) = host.run(2 * BLOCK, silence, &told);
    let wanted = [
        (9, [0.0, 0.0, 0.0, 0.0]),
        (10, [0.5, 0.0, 0.0, 0.0]),
        (20, [0.5, 0.25, 0.0, 0.0]),
        (30, [1.0, 0.25, 0.0, 0.0]),
        (40, [1.0, 0.25, 0.25, 0.0]),
        (50, [1.0, 0.25, 0.25, 0.75]),
        (BLOCK as usize + 4, [1.0, 0.25, 0.25, 0.75]),
        (BLOCK as usize + 5, [0.0; 4]),
    ];
    for (frame, wanted) in wanted {
        assert_eq!(levels(&heard, frame), wanted, "{frame}");
    }
}

#[test]
fn notes_of_lv2_are_midi() {
    let bundles = Bundles::new();
    let opened = bundles.lv2("levels");
    assert_eq!(opened.description.kind, PluginKind::Instrument);
    let mut host = Host::new(opened);
    let move_to = |frame, target, value| {
        event(frame, EventKind::Controller { channel: CHANNEL, target, value })
    };
    let told = [
        on(10, 1.0),
        move_to(20, ControllerTarget::PitchBend, 0.5),
        move_to(30, ControllerTarget::Pressure, 127.0),
        move_to(40, ControllerTarget::Controller(74), 127.0),
        off(BLOCK + 5),
    ];
    let (heard, _) = host.run(2 * BLOCK, silence, &told);
    let bend = 1.0 / 48.0;
    let wanted = [
        (9, [0.0, 0.0, 0.0, 0.0]),
        (10, [1.0, 0.0, 0.0, 0.0]),
        (20, [1.0, bend, 0.0, 0.0]),
        (30, [1.0, bend, 1.0, 0.0]),
        (40, [1.0, bend, 1.0, 1.0]),
        (BLOCK as usize + 5, [0.0; 4]),
    ];
    for (frame, wanted) in wanted {
        assert_eq!(levels(&heard, frame), wanted, "{frame}");
    }
}

/// CLAPs that say so get MPE of their own accord, others where the session says it.
#[test]
fn single_notes_are_expressed_as_mpe() {
    let bundles = Bundles::new();
    let said = Host::new(bundles.clap("mpe"));
    assert!(said.mpe.is_some());
    let mut asked = Host::new(bundles.lv2("levels"));
    assert!(asked.mpe.is_none());
    asked.mpe = Some(Mpe::new());
    let other = |frame, kind| {
        let mut record = express(frame, kind, 1.0);
        if let RecordKind::Event(EventKind::Expression { note, key, .. }) = &mut record.kind {
            (*note, *key) = (NOTE + 1, KEY + 1);
        }
        record
    };
    let second =
        EventKind::NoteOn { note: NOTE + 1, channel: CHANNEL, key: KEY + 1, velocity: 1.0 };
    let told = [
        on(10, 1.0),
        express(20, ExpressionKind::Tuning, 12.0),
        express(30, ExpressionKind::Pressure, 1.0),
        express(40, ExpressionKind::Timbre, 1.0),
        event(50, second),
        other(60, ExpressionKind::Tuning),
        off(BLOCK + 5),
    ];
    let wanted = [
        (10, [1.0, 0.0, 0.0, 0.0]),
        (20, [1.0, 0.25, 0.0, 0.0]),
        (30, [1.0, 0.25, 1.0, 0.0]),
        (40, [1.0, 0.25, 1.0, 1.0]),
        (50, [2.0, 0.25, 1.0, 1.0]),
        // A bend of one semitone, of 8,192 steps for 48.
        (60, [2.0, 0.25 + 171.0 / 8_192.0, 1.0, 1.0]),
        (BLOCK as usize + 5, [1.0, 171.0 / 8_192.0, 0.0, 0.0]),
    ];
    for mut host in [said, asked] {
        let (heard, _) = host.run(2 * BLOCK, silence, &told);
        for (frame, wanted) in wanted {
            assert_eq!(levels(&heard, frame), wanted, "{frame}");
        }
    }
}

/// What takes no MIDI is not told of it, whatever a session asks for.
#[test]
fn mpe_is_for_what_takes_midi() {
    let bundles = Bundles::new();
    for (name, unasked, asked) in
        [("flood", false, false), ("echo", false, true), ("mpe", true, true)]
    {
        let active = bundles.clap(name).plugin.activate(SETUP).unwrap();
        assert_eq!((active.as_mpe(false), active.as_mpe(true)), (unasked, asked), "{name}");
    }
}
