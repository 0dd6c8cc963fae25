//! Plug-ins in a render: what they give, where it lands, and that nothing depends on how it is
//! rendered.

use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::bundles::Bundles;
use crate::support::{Outcome, command, done_by, ramp, refused_by, run, wav};

/// Frames of the test signal: some batches of a plug-in, and a part of one.
const FRAMES: u16 = 15_000;

/// A place with test plug-ins that were scanned, and sessions that use them.
pub struct Studio(pub Bundles);

impl Studio {
    pub fn new(plugins: &[&str]) -> Self {
        let bundles = Bundles::new(plugins);
        bundles.scan(&[]);
        Self(bundles)
    }

    pub fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.0.path(name)
    }

    pub fn text(&self, name: &str) -> String {
        self.0.0.text(name)
    }

    /// The command, which knows the plug-ins.
    pub fn command(&self) -> Command {
        let mut command = command();
        command.env("WAVEMILL_PLUGINS", self.text("catalogue"));
        command
    }

    /// True where a file is being written.
    pub fn has_parts(&self) -> bool {
        self.0.0.files().iter().any(|file| file.ends_with(".part"))
    }

    /// A session of `tracks`, whose audio is a rising ramp.
    pub fn session(&self, name: &str, tracks: &Value) -> String {
        let session = self.0.0.session(name, &format!("\"tracks\": {tracks}"));
        std::fs::write(self.path(name).join("ramp.wav"), wav(&ramp(FRAMES))).unwrap();
        session
    }

    /// Bounces `session` to 32-bit floats with `arguments`; what came of it, and the samples.
    pub fn bounce(&self, session: &str, arguments: &[&str]) -> (Outcome, Vec<[f32; 2]>) {
        let outcome = run(&mut self.bounce_command(session, arguments));
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        (outcome, samples(&self.path("out.wav")))
    }

    pub fn bounce_command(&self, session: &str, arguments: &[&str]) -> Command {
        let mut command = self.command();
        let output = self.text("out.wav");
        command.args(["bounce", session, "-o", &output, "--bit-depth", "32f", "--force"]);
        command.args(["--json", "--quiet"]).args(arguments);
        if !arguments.contains(&"--to") {
            command.args(["--tail", "none"]);
        }
        command
    }
}

/// The frames of a stereo file of 32-bit floats.
pub fn samples(path: &Path) -> Vec<[f32; 2]> {
    let bytes = std::fs::read(path).unwrap();
    let data = bytes.windows(4).position(|word| word == b"data").unwrap() + 8;
    let (frames, _) = bytes[data..].as_chunks::<8>();
    let sample = |bytes: &[u8]| f32::from_le_bytes(bytes.try_into().unwrap());
    frames.iter().map(|frame| [sample(&frame[..4]), sample(&frame[4..])]).collect()
}

/// A track that plays the ramp through `inserts`.
pub fn ramp_track(id: &str, inserts: &Value) -> Value {
    json!({
        "id": id, "name": id, "kind": "audio", "inserts": inserts,
        "clips": [{
            "id": format!("{id}-clip"), "content": {"audio": {"file": "ramp.wav"}},
            "start": {"samples": 0}, "length": {"samples": FRAMES},
        }],
    })
}

/// An insert of the test plug-in `name`.
pub fn insert(name: &str, parameters: &Value) -> Value {
    json!({
        "id": name.replace('#', "-"), "processor": "plugin", "parameters": parameters,
        "plugin": {"format": "clap", "id": format!("org.wavemill.test.{name}"), "name": name},
    })
}

/// Quarter notes are 24,000 frames long and 15,360 ticks.
pub fn ticks(frames: u32) -> u32 {
    assert!(frames.is_multiple_of(25));
    frames / 25 * 16
}

#[test]
fn a_gain_gives_what_it_says_however_it_is_rendered() {
    let studio = Studio::new(&["gain"]);
    let through =
        |value: f64| json!([ramp_track("a", &json!([insert("gain", &json!({"7": value}))]))]);
    let dry = studio.session("dry", &json!([ramp_track("a", &json!([]))]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    assert_eq!(dry.len(), usize::from(FRAMES));
    let song = studio.session("song", &through(0.5));
    let (outcome, wet) = studio.bounce(&song, &["--no-cache"]);
    for (frame, (dry, wet)) in dry.iter().zip(&wet).enumerate() {
        assert_eq!(*wet, dry.map(|sample| sample * 0.5), "{frame}");
    }
    let hash = outcome.json()["mix_sha256"].clone();
    for arguments in [
        &["--no-cache", "--jobs", "1", "--block", "1"][..],
        &["--no-cache", "--jobs", "2", "--block", "64"],
        &["--no-cache", "--block", "1000"],
        &["--no-cache", "--block", "4097", "--simd", "sse2"],
        &["--no-cache", "--plugin-isolation", "chain"],
        &["--no-cache", "--plugin-isolation", "vendor"],
    ] {
        let (outcome, _) = studio.bounce(&song, arguments);
        assert_eq!(outcome.json()["mix_sha256"], hash, "{arguments:?}");
    }
    // A part of it is the same part of the whole.
    let (_, part) = studio.bounce(&song, &["--no-cache", "--from", "5001smp", "--to", "9000smp"]);
    assert_eq!(part, wet[5_001..9_000]);
}

#[test]
fn latency_that_is_told_is_compensated() {
    let studio = Studio::new(&["delay", "liar"]);
    let through = |name| json!([ramp_track("a", &json!([insert(name, &json!({}))]))]);
    let dry = studio.session("dry", &json!([ramp_track("a", &json!([]))]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    let (_, delayed) = studio.bounce(&studio.session("song", &through("delay")), &["--no-cache"]);
    assert_eq!(delayed, dry);
    // What is told and not true is taken back all the same.
    let (_, lied) = studio.bounce(&studio.session("lie", &through("liar")), &["--no-cache"]);
    assert_eq!(lied[..lied.len() - 64], dry[64..]);
}

/// What is set before a plug-in is made ready counts for its latency, too.
#[test]
fn latency_that_follows_a_parameter_is_the_one_of_its_value() {
    let studio = Studio::new(&["look-ahead"]);
    let dry = studio.session("dry", &json!([ramp_track("a", &json!([]))]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    for (gain, jobs) in [(0.5, "1"), (1.0, "2"), (2.0, "1"), (0.015625, "2")] {
        let chain = json!([insert("look-ahead", &json!({"7": gain}))]);
        let song = studio.session("song", &json!([ramp_track("a", &chain)]));
        let (_, wet) = studio.bounce(&song, &["--no-cache", "--jobs", jobs]);
        for (frame, (dry, wet)) in dry.iter().zip(&wet).enumerate() {
            assert_eq!(*wet, dry.map(|sample| sample * gain), "{gain} {frame}");
        }
    }
}

/// A timer goes off at the end of a block that reaches a multiple of its period, of 960 frames, on
/// the timeline: the clock on the wall is not asked.
#[test]
fn timers_follow_the_timeline() {
    let studio = Studio::new(&["ticks"]);
    let dry = studio.session("dry", &json!([ramp_track("a", &json!([]))]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    let inserts = json!([insert("ticks", &json!({}))]);
    let song = studio.session("song", &json!([ramp_track("a", &inserts)]));
    for arguments in [&["--block", "1"][..], &["--block", "4097", "--jobs", "1"]] {
        let (_, wet) = studio.bounce(&song, &[&["--no-cache"], arguments].concat());
        for (frame, (dry, wet)) in dry.iter().zip(&wet).enumerate() {
            let block_start = frame / 512 * 512;
            let level = (block_start / 960) as f32 / 64.0;
            assert_eq!(*wet, dry.map(|sample| sample * level), "{frame}");
        }
    }
}

#[test]
fn automation_steps_on_its_sample() {
    let studio = Studio::new(&["gain"]);
    let mut track = ramp_track("a", &json!([insert("gain", &json!({}))]));
    track["lanes"] = json!([{
        "id": "lane", "target": "inserts/gain/7",
        "points": [
            {"at": {"samples": 0}, "value": 1.0, "shape": "hold"},
            {"at": {"samples": 4_725}, "value": 0.25, "shape": "hold"},
            {"at": {"samples": 10_000}, "value": 2.0, "shape": "hold"},
        ],
    }]);
    let dry = studio.session("dry", &json!([ramp_track("a", &json!([]))]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    let song = studio.session("song", &json!([track]));
    for block in ["1", "333", "8192"] {
        let (_, wet) = studio.bounce(&song, &["--no-cache", "--block", block]);
        for (frame, (dry, wet)) in dry.iter().zip(&wet).enumerate() {
            let gain = match frame {
                0..4_725 => 1.0,
                4_725..10_000 => 0.25,
                _ => 2.0,
            };
            assert_eq!(*wet, dry.map(|sample| sample * gain), "{frame}");
        }
    }
}

/// An instrument track with notes at frames and keys.
pub fn notes_track(id: &str, notes: &[(u32, u8)], inserts: &Value) -> Value {
    let notes: Vec<Value> = notes
        .iter()
        .map(|(at, key)| json!({"at": ticks(*at), "length": ticks(500), "key": key, "velocity": 127}))
        .collect();
    json!({
        "id": id, "name": id, "kind": "instrument", "inserts": inserts,
        "clips": [{
            "id": "clip", "content": {"notes": notes}, "start": {"ticks": 0},
            "length": {"ticks": ticks(15_000)},
        }],
    })
}

/// An instrument track with MIDI `content`.
pub fn midi_track(id: &str, content: &Value, inserts: &Value) -> Value {
    let mut track = notes_track(id, &[], inserts);
    track["clips"][0]["content"] = json!({"midi": content});
    track
}

/// The frames at which something sounds.
pub fn onsets(samples: &[[f32; 2]]) -> Vec<usize> {
    samples.iter().enumerate().filter(|(_, s)| **s != [0.0; 2]).map(|(at, _)| at).collect()
}

#[test]
fn notes_sound_on_their_sample_at_the_output_of_their_own() {
    let studio = Studio::new(&["impulses"]);
    let mut instrument = insert("impulses", &json!({}));
    let song = |instrument: &Value| {
        let notes = [(0, 60), (475, 61), (8_200, 62), (8_225, 60)];
        json!([
            notes_track("a", &notes, &json!([instrument])),
            {"id": "second", "name": "second", "kind": "group"},
        ])
    };
    let plain = studio.session("plain", &song(&instrument));
    let (_, plain) = studio.bounce(&plain, &["--no-cache"]);
    assert_eq!(onsets(&plain), [0, 8_225]);
    assert_eq!(plain[8_225], [1.0; 2]);
    let ports = studio.0.json(&["info", "org.wavemill.test.impulses"]);
    let second = ports["audio_outputs"][1]["name"].as_str().unwrap().to_owned();
    instrument["outputs"] = json!({second: "second"});
    let routed = studio.session("routed", &song(&instrument));
    for arguments in [&["--block", "1"][..], &["--block", "999"], &["--jobs", "2"]] {
        let all = [&["--no-cache"], arguments].concat();
        let (_, routed) = studio.bounce(&routed, &all);
        assert_eq!(onsets(&routed), [0, 475, 8_225], "{arguments:?}");
    }
}

#[test]
fn note_effects_pass_notes_on_and_sidechains_open_gates() {
    let studio = Studio::new(&["octave", "impulses", "gate"]);
    // 60 sounds at the main output, and so does 72; 61 an octave higher does not.
    let chain = json!([insert("octave", &json!({})), insert("impulses", &json!({}))]);
    let song = json!([notes_track("a", &[(25, 48), (4_100, 49), (9_000, 60)], &chain)]);
    let (_, heard) = studio.bounce(&studio.session("octave", &song), &["--no-cache"]);
    assert_eq!(onsets(&heard), [25, 9_000]);

    let mut gate = insert("gate", &json!({}));
    gate["sidechain"] = json!({"from": "key", "tap": "post-fader"});
    let mut key = ramp_track("key", &json!([]));
    key["output"] = json!("nowhere");
    let nowhere = json!({"id": "nowhere", "name": "nowhere", "kind": "group", "mute": true});
    let song = json!([ramp_track("a", &json!([gate])), key, nowhere]);
    let (_, gated) = studio.bounce(&studio.session("gate", &song), &["--no-cache"]);
    let dry = studio.session("dry", &json!([ramp_track("a", &json!([]))]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    for (frame, (dry, gated)) in dry.iter().zip(&gated).enumerate() {
        let wanted = if dry[0].abs() > 0.1 { *dry } else { [0.0; 2] };
        assert_eq!(*gated, wanted, "{frame}");
    }
}

#[test]
fn what_repeats_is_kept_and_what_does_not_is_not() {
    let studio = Studio::new(&["gain", "clock"]);
    let cache = studio.text("cache");
    let through = |name| json!([ramp_track("a", &json!([insert(name, &json!({}))]))]);
    let song = studio.session("song", &through("gain"));
    let (first, _) = studio.bounce(&song, &["--cache", &cache]);
    let (second, _) = studio.bounce(&song, &["--cache", &cache]);
    let (first, second) = (first.json(), second.json());
    assert_eq!((&first["served"], &second["served"]), (&json!(false), &json!(true)));
    assert_eq!(first["mix_sha256"], second["mix_sha256"]);
    assert_eq!(first["warnings"], json!([]));

    let song = studio.session("clock", &through("clock"));
    let mut hashes = Vec::new();
    for _ in 0..3 {
        let (outcome, _) = studio.bounce(&song, &["--cache", &cache]);
        let report = outcome.json();
        assert_eq!(report["served"], json!(false));
        let warnings = report["warnings"].as_array().unwrap();
        let told = warnings.iter().any(|warning| {
            let text = warning.as_str().unwrap();
            text.contains("tracks/a/inserts/clock") && text.contains("same output twice")
        });
        assert!(told, "{warnings:?}");
        hashes.push(report["mix_sha256"].clone());
    }
    assert!(hashes.iter().any(|hash| *hash != hashes[0]), "{hashes:?}");
    for (name, verdict) in [("gain", "repeats"), ("clock", "does-not-repeat")] {
        let info = studio.0.json(&["info", &format!("org.wavemill.test.{name}")]);
        assert!(info["verdicts"][0]["verdict"][verdict].is_object(), "{}", info["verdicts"]);
    }
}

#[test]
fn a_state_is_restored_before_anything_is_set() {
    let studio = Studio::new(&["stateful"]);
    let mut stateful = insert("stateful", &json!({}));
    let mut state = b"WMSTATE1".to_vec();
    state.extend(0.25_f64.to_le_bytes());
    state.extend(1_u32.to_le_bytes());
    let name: String = {
        use sha2::Digest;
        sha2::Sha256::digest(&state).iter().map(|byte| format!("{byte:02x}")).collect()
    };
    stateful["plugin"]["state_sha256"] = json!(name);
    let song = studio.session("song", &json!([ramp_track("a", &json!([stateful]))]));
    let states = studio.path("song").join("state");
    std::fs::create_dir_all(&states).unwrap();
    std::fs::write(states.join(&name), &state).unwrap();
    let (_, wet) = studio.bounce(&song, &["--no-cache"]);
    let dry = studio.session("dry", &json!([ramp_track("a", &json!([]))]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    let expected: Vec<[f32; 2]> = dry.iter().map(|frame| frame.map(|s| s * -0.25)).collect();
    assert_eq!(wet, expected);
    // What is set in the session counts more, and the rest is as it was saved.
    stateful["parameters"] = json!({"7": 2.0});
    studio.session("song", &json!([ramp_track("a", &json!([stateful]))]));
    let (_, wet) = studio.bounce(&song, &["--no-cache"]);
    let expected: Vec<[f32; 2]> = dry.iter().map(|frame| frame.map(|s| s * -2.0)).collect();
    assert_eq!(wet, expected);

    let damaged = &mut studio.bounce_command(&song, &["--no-cache"]);
    std::fs::write(states.join(&name), b"something else").unwrap();
    refused_by(damaged, 5, &["tracks/a/inserts/stateful", "damaged"]);
    std::fs::remove_file(states.join(&name)).unwrap();
    refused_by(&mut studio.bounce_command(&song, &["--no-cache"]), 5, &["state", "stateful"]);
}

#[test]
fn what_is_missing_is_refused_passed_by_or_silent_by_choice() {
    let studio = Studio::new(&["gain"]);
    let song = json!([
        ramp_track("a", &json!([insert("gone", &json!({"some": 0.5}))])),
        ramp_track("b", &json!([])),
    ]);
    let song = studio.session("song", &song);
    let words = ["tracks/a/inserts/gone", "org.wavemill.test.gone", "plugins scan"];
    refused_by(&mut studio.bounce_command(&song, &["--no-cache"]), 5, &words);
    let dry = studio.session("dry", &json!([ramp_track("b", &json!([]))]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    let (_, silent) = studio.bounce(&song, &["--no-cache", "--missing-plugins", "silence"]);
    assert_eq!(silent, dry);
    let (_, passed) = studio.bounce(&song, &["--no-cache", "--missing-plugins", "bypass"]);
    let twice: Vec<[f32; 2]> = dry.iter().map(|frame| frame.map(|sample| sample * 2.0)).collect();
    assert_eq!(passed, twice);
    // The session is as it was, and takes edits.
    let kept = done_by(studio.command().args(["info", &song]));
    assert!(kept.stdout.contains("gone"), "{kept:?}");
}
