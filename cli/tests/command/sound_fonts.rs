//! SoundFonts: an insert that plays a file of the session, and a real one.

use std::path::Path;
use std::sync::Arc;

use serde_json::json;
use wavemill_core::dsp::SoundFontFactory;
use wavemill_core::process::{
    ControlSet, Event, EventKind, InstanceSetup, LaneBlock, Prepare, ProcessContext,
    ProcessorFactory,
};
use wavemill_core::session::ControllerTarget;
use wavemill_core::simd::SimdLevel;
use wavemill_core::soundfont::{FontSource, PresetSource, SampleSource, SoundFont, ZoneSource};
use wavemill_core::time::{SampleRate, Samples, TempoMap};

use super::support::{Place, done, refused, skip};

/// General MIDI, of the package `timgm6mb-soundfont`.
const REAL: &str = "/usr/share/sounds/sf2/TimGM6mb.sf2";

/// A file of one preset that plays `sample` and loops it.
pub fn font_of(sample: SampleSource) -> Vec<u8> {
    let zone = |generators| ZoneSource { generators, modulators: Vec::new(), target: Some(0) };
    let preset = PresetSource { zones: vec![zone(Vec::new())], ..PresetSource::default() };
    FontSource {
        samples: vec![sample],
        instruments: vec![vec![zone(vec![(54, 1)])]],
        presets: vec![preset],
    }
    .to_bytes(false)
}

/// A session of one track whose instrument plays `key` for a quarter of `font`, which is in it as
/// `file`.
pub fn session_playing(place: &Place, file: &str, font: &[u8], key: u8) -> String {
    let session = place.text("song");
    done(["new", &session, "--quiet"]);
    std::fs::write(place.path("song").join(file), font).unwrap();
    let ops = place.text("ops.json");
    let insert =
        json!({"op": "add_insert", "track": "keys", "processor": "soundfont", "file": file});
    let notes = json!({"notes": [{"at": 0, "length": 15360, "key": key}]});
    let batch = json!([
        {"op": "add_track", "name": "Keys", "kind": "instrument"},
        insert,
        {"op": "add_clip", "track": "keys", "content": notes,
         "start": {"ticks": 0}, "length": {"ticks": 15360}}
    ]);
    std::fs::write(&ops, batch.to_string()).unwrap();
    done(["edit", &session, &ops, "--quiet"]);
    session
}

/// A preset of one square wave, as loud as `level`.
fn square(level: i32) -> Vec<u8> {
    font_of(SampleSource {
        frames: (0..400).map(|n| if n % 100 < 50 { level } else { -level }).collect(),
        loop_frames: (100, 300),
        rate_hz: 44_100,
        root_key: 69,
        correction_cents: 0,
        kind: 1,
    })
}

/// A session of one track whose instrument plays `square.sf2`.
fn session(place: &Place) -> String {
    session_playing(place, "square.sf2", &square(1 << 29), 69)
}

fn bounce(place: &Place, session: &str, out: &str) -> serde_json::Value {
    let manifest = place.text(&format!("{out}.json"));
    let out = place.text(out);
    done(["bounce", session, "-o", &out, "--to", "1s", "--manifest", &manifest, "--quiet"]);
    serde_json::from_slice(&std::fs::read(manifest).unwrap()).unwrap()
}

#[test]
fn an_insert_plays_a_file_that_manifests_and_keys_know() {
    let place = Place::new();
    let session = session(&place);
    let first = bounce(&place, &session, "first.wav");
    let input = &first["inputs"][0];
    assert_eq!(input["file"], "square.sf2");
    assert_eq!(input["clips"], serde_json::json!(["tracks/keys/inserts/soundfont"]));
    assert_eq!(input["sha256"].as_str().unwrap().len(), 64);
    // Another file in its place is another signal, though the session says the same.
    std::fs::write(place.path("song/square.sf2"), square(1 << 28)).unwrap();
    let second = bounce(&place, &session, "second.wav");
    assert_eq!(first["session"], second["session"]);
    assert_ne!(first["inputs"], second["inputs"]);
    assert_ne!(first["keys"]["bounce_key"], second["keys"]["bounce_key"]);
    assert_ne!(first["outcome"]["mix_sha256"], second["outcome"]["mix_sha256"]);
}

#[test]
fn what_has_no_file_or_a_bad_one_is_refused_with_its_path() {
    let place = Place::new();
    let session = session(&place);
    let out = place.text("out.wav");
    let path = "tracks/keys/inserts/soundfont";
    let edit = |op: &str| {
        let ops = place.text("bad.json");
        std::fs::write(&ops, format!("[{op}]")).unwrap();
        ops
    };
    let none = edit(r#"{"op": "add_insert", "track": "keys", "processor": "soundfont"}"#);
    refused(["edit", &session, &none], 3, &["soundfont-2/file", "give its path as 'file'"]);
    let any = edit(r#"{"op": "add_insert", "track": "keys", "processor": "gain", "file": "a"}"#);
    refused(["edit", &session, &any], 3, &["inserts/gain/file", "gain plays from no file"]);
    std::fs::write(place.path("song/square.sf2"), b"RIFF").unwrap();
    refused(["bounce", &session, "-o", &out], 3, &[path, "square.sf2", "no SoundFont 2 file"]);
    std::fs::remove_file(place.path("song/square.sf2")).unwrap();
    refused(["bounce", &session, "-o", &out], 3, &[path, "square.sf2", "missing"]);
}

/// A second of `key` on a channel of a processor, and the two seconds after it.
fn play(font: &Arc<SoundFont>, (bank, program): (u16, u16), key: u8) -> Vec<f32> {
    let factory = SoundFontFactory::of(Arc::clone(font));
    let parameters = &factory.spec().parameters;
    let setup = InstanceSetup {
        node: "played".to_owned(),
        controls: ControlSet::new(parameters.iter().map(|p| p.default_value()).collect(), vec![]),
        seed: 0,
        sidechained: false,
    };
    let rate = SampleRate::new(44_100).unwrap();
    let tempo = Arc::new(TempoMap::new(&[], rate).unwrap());
    let frames = 3 * 44_100;
    let prepare =
        Prepare { rate, max_frames: frames, channels: 2, tempo: &tempo, instances: &[setup] };
    let mut processor = factory.prepare(&prepare).unwrap();
    let channel = if bank == 128 { 9 } else { 0 };
    let event = |at, kind| Event { at: Samples(at), kind };
    let control = |target, value: u16| {
        event(0, EventKind::Controller { channel, target, value: f64::from(value) })
    };
    let events = [
        control(ControllerTarget::Bank, bank),
        control(ControllerTarget::Program, program),
        event(0, EventKind::NoteOn { note: 1, channel, key, velocity: 0.8 }),
        event(44_100, EventKind::NoteOff { note: 1, channel, key, velocity: 0.5 }),
    ];
    let mut samples = vec![0.0; 2 * frames];
    let mut context = ProcessContext {
        time: 0,
        audio: LaneBlock::new(&mut samples, 2),
        sidechains: &[],
        outputs: &mut [],
        events: &[&events],
        event_outputs: &mut [],
        level: SimdLevel::detect(),
    };
    processor.process(&mut context).unwrap();
    samples
}

#[test]
fn every_preset_of_a_real_file_sounds() {
    if !Path::new(REAL).is_file() {
        return skip("the package timgm6mb-soundfont is not installed; ci/setup does that");
    }
    let font = Arc::new(SoundFont::parse(&std::fs::read(REAL).unwrap()).unwrap());
    assert!(font.presets().len() >= 128, "{} presets", font.presets().len());
    for preset in font.presets() {
        let key = if preset.bank == 128 { 38 } else { 60 };
        let samples = play(&font, (preset.bank, preset.program), key);
        let peak = samples.iter().fold(0.0_f32, |peak, x| peak.max(x.abs()));
        let name = &preset.name;
        assert!(samples.iter().all(|x| x.is_finite()), "{name}");
        assert!(peak > 1e-3 && peak < 1.0, "{name}: {peak}");
    }
}

/// One player for all channels sounds like one for each, as long as there are voices for all.
#[test]
fn one_track_sounds_like_a_track_for_each_channel() {
    let place = Place::new();
    std::fs::write(place.path("square.sf2"), square(1 << 27)).unwrap();
    // Four channels with pans of their own.
    let mut track = Vec::new();
    for channel in 0..4 {
        track.extend([0, 0xb0 | channel, 10, 40 * channel]);
        track.extend([30, 0x90 | channel, 60 + 5 * channel, 90]);
    }
    for channel in 0..4 {
        track.extend([60, 0x80 | channel, 60 + 5 * channel, 64]);
    }
    track.extend([0, 0xff, 0x2f, 0]);
    let length = u8::try_from(track.len()).unwrap();
    let head = b"MThd\0\0\0\x06\0\x01\0\x01\0\x60MTrk\0\0\0";
    std::fs::write(place.path("song.mid"), [&head[..], &[length], &track].concat()).unwrap();
    let (file, font) = (place.text("song.mid"), place.text("square.sf2"));
    let import = |out: &str, more: &[&str]| {
        let session = place.text(out);
        let base = ["import", &file, "-o", &session, "--soundfont", &font, "--quiet"];
        done(base.iter().chain(more).copied());
        let wav = place.text(&format!("{out}.wav"));
        done(["bounce", &session, "-o", &wav, "--bit-depth", "32f", "--no-measure", "--quiet"]);
        (session, wav)
    };
    let (many, many_wav) = import("many", &[]);
    let (one, one_wav) = import("one", &["--one-track"]);
    let tracks = |session: &str| {
        let text = std::fs::read_to_string(format!("{session}/session.json")).unwrap();
        let session: serde_json::Value = serde_json::from_str(&text).unwrap();
        session["tracks"].as_array().unwrap().len()
    };
    assert_eq!((tracks(&many), tracks(&one)), (4, 1));
    let silent = std::fs::read(&one_wav).unwrap()[100..].iter().all(|byte| *byte == 0);
    assert!(!silent);
    // What is left is rounding: of four signals to f32 here, of one there.
    done(["diff", &many_wav, &one_wav, "--max-null-db", "-130", "--quiet"]);
    refused(["import", &file, "-o", &place.text("none"), "--one-track"], 2, &["--soundfont"]);
}
