//! `bounce --manifest`: all that went into the bits, in the same bytes however it was rendered.

use std::fs;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::stores::Studio;
use crate::support::{done, refused};

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Bounces as 32-bit float, so that the file holds the mix; the manifest's bytes, and the report.
fn manifest(studio: &Studio, more: &[&str]) -> (Vec<u8>, Value) {
    let file = studio.place.text("made.json");
    let fixed = ["--manifest", &file, "--bit-depth", "32f", "--tail", "none"];
    let out = studio.place.text("out.wav");
    let report = done(studio.arguments(&out, &[&fixed, more].concat())).json();
    (fs::read(file).unwrap(), report)
}

fn parsed(bytes: &[u8]) -> Value {
    serde_json::from_slice(bytes).unwrap()
}

#[test]
fn a_manifest_does_not_depend_on_how_it_was_rendered() {
    let studio = Studio::new();
    let (plain, _) = manifest(&studio, &["--no-cache"]);
    let store = ["--cache", &studio.store];
    for more in [
        &["--no-cache"][..],
        &["--no-cache", "--jobs", "1", "--block", "100"],
        &["--no-cache", "--jobs", "3", "--block", "65536", "--simd", "scalar"],
        &store,
        &store,
    ] {
        assert!(manifest(&studio, more).0 == plain, "{more:?}: another manifest");
    }
    let text = String::from_utf8(plain).unwrap();
    assert!(!text.contains(studio.place.path("").to_str().unwrap()), "{text}");
}

/// A frozen track plays its file, not its clips.
#[test]
fn a_frozen_track_is_an_input() {
    let studio = Studio::new();
    done(["freeze", &studio.session, "tape", "--no-cache"]);
    fs::remove_file(studio.place.path("song/take.wav")).unwrap();
    let (bytes, _) = manifest(&studio, &["--no-cache"]);
    let made = parsed(&bytes);
    let inputs = made["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), 1, "{inputs:?}");
    assert_eq!(inputs[0]["clips"], serde_json::json!(["tracks/tape/frozen"]));
}

/// The digests of the mix, chunk by chunk.
fn mix_chunks(made: &Value) -> Vec<Value> {
    let mix = made["signals"].as_array().unwrap().last().unwrap();
    assert_eq!(mix["id"], "master/post-fader");
    mix["chunks"].as_array().unwrap().iter().map(|chunk| chunk["sha256"].clone()).collect()
}

/// Every digest is that of what it says.
#[test]
fn a_manifest_says_what_is_there() {
    let studio = Studio::new();
    let (bytes, report) = manifest(&studio, &["--no-cache"]);
    let made = parsed(&bytes);
    let outcome = &made["outcome"];
    assert_eq!(outcome["mix_sha256"], report["mix_sha256"]);
    for field in ["integrated_lufs", "true_peak_dbtp"] {
        assert_eq!(outcome["loudness"][field], report[field], "{field}");
    }
    assert_eq!(outcome["pcm_sha256"][0], report["pcm_sha256"]);
    assert_eq!(made["session"]["sha256"], sha256(&canonical(&studio)));
    let wav = fs::read(studio.place.path("out.wav")).unwrap();
    let samples = &wav[wav.len() - 8 * 16 * 48_000..];
    assert_eq!(outcome["mix_sha256"], sha256(samples));
    let chunks: Vec<Value> = samples.chunks(8 * 65_536).map(|c| sha256(c).into()).collect();
    assert_eq!(mix_chunks(&made), chunks);
    let input = &made["inputs"][0];
    assert_eq!(input["file"], "take.wav");
    assert_eq!(input["clips"], serde_json::json!(["tracks/tape/clips/tape-clip"]));
    assert_eq!((&input["frames"], &input["sample_rate"]), (&768_000.into(), &48_000.into()));
    let strips = made["keys"]["strips"].as_array().unwrap();
    let nodes = strips.iter().flat_map(|strip| strip["nodes"].as_array().unwrap());
    let processors = nodes.filter_map(|node| node["processor"].as_str());
    assert_eq!(processors.collect::<Vec<_>>(), ["tone", "delay", "equaliser", "limiter"]);
    // The latency of the limiter reaches into no further chunk.
    assert_eq!(made["keys"]["master_chunks"].as_array().unwrap().len(), 12);
    assert_eq!(made["export"]["bit_depth"], "32f");
}

/// The session's document, which a command has written in canonical form.
fn canonical(studio: &Studio) -> Vec<u8> {
    studio.edit("[{\"op\": \"set_session_name\", \"name\": \"song\"}]");
    fs::read(studio.place.path("song/session.json")).unwrap()
}

/// A change shows where it matters, and nowhere before it.
#[test]
fn manifests_of_two_versions_tell_what_changed() {
    let studio = Studio::new();
    let (before, _) = manifest(&studio, &["--no-cache"]);
    studio.edit("[{\"op\": \"set_volume\", \"track\": \"keys\", \"volume_db\": -3}]");
    let (after, _) = manifest(&studio, &["--no-cache"]);
    let (before, after) = (parsed(&before), parsed(&after));
    assert_eq!(before["inputs"], after["inputs"]);
    assert_eq!(before["versions"], after["versions"]);
    assert_ne!(before["session"]["sha256"], after["session"]["sha256"]);
    let changed = |name: &str| {
        let strips = |made: &Value| {
            let strips = made["keys"]["strips"].as_array().unwrap().clone();
            strips.into_iter().find(|strip| strip["id"] == name).unwrap()
        };
        strips(&before) != strips(&after)
    };
    assert!(!changed("tracks/tape"));
    assert!(changed("tracks/keys") && changed("tracks/echo") && changed("master"));
    assert_ne!(before["keys"]["bounce_key"], after["keys"]["bounce_key"]);
    assert_ne!(mix_chunks(&before)[0], mix_chunks(&after)[0]);
}

#[test]
fn a_manifest_replaces_nothing_unasked() {
    let studio = Studio::new();
    let (mine, out) = (studio.place.text("mine.json"), studio.place.text("new.wav"));
    fs::write(&mine, "mine").unwrap();
    let bounce = ["bounce", &studio.session, "-o", &out, "--no-cache", "--manifest"];
    let with = |file: &str| bounce.into_iter().chain([file]).map(str::to_owned).collect::<Vec<_>>();
    refused(with(&mine), 4, &["mine.json", "exists already", "--force"]);
    refused(with(&out), 2, &["new.wav", "is the output"]);
    // However it is written, and even where replacing was asked for.
    let folder = studio.place.path("");
    let same = folder.join("song/../new.wav");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&folder, studio.place.path("link")).unwrap();
    let same = [same.to_str().unwrap().to_owned(), studio.place.text("link/new.wav")];
    for same in &same[..if cfg!(unix) { 2 } else { 1 }] {
        let forced = with(same).into_iter().chain(["--force".to_owned()]);
        refused(forced, 2, &["new.wav", "is the output"]);
    }
    let document = studio.place.text("song/session.json");
    refused(with(&document), 4, &["own document"]);
    refused(with(&studio.place.text("none/made.json")), 4, &["no such folder"]);
    assert_eq!(fs::read(&mine).unwrap(), b"mine");
    assert!(!studio.place.path("new.wav").exists(), "refused before anything was rendered");
}
