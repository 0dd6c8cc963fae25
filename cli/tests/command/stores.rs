//! The store as people meet it: cold, warm, damaged, killed, shared; never another sample.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::chance::{self, Chance};
use crate::support::{Place, audio_track, command, done, refused, tone_track, wav};

/// A session that sounds, and a store beside it.
pub struct Studio {
    pub place: Place,
    pub session: String,
    pub store: String,
}

impl Studio {
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// A studio with more tracks.
    pub fn with(more: &[String]) -> Self {
        let place = Place::new();
        let tracks = [
            audio_track("tape", "take.wav", 16 * 48_000),
            // Its echo is on a return, so that there are sends, delays and long states.
            tone_track("keys", 16).replace(
                "\"inserts\"",
                "\"sends\": [{\"id\": \"echo\", \"to\": \"echo\", \"tap\": \"post-fader\", \
                 \"level_db\": -6}], \"inserts\"",
            ),
            "{\"id\": \"echo\", \"name\": \"echo\", \"kind\": \"return\", \"inserts\": \
             [{\"id\": \"delay\", \"processor\": \"delay\", \"parameters\": {\"time_ms\": 430, \
             \"feedback\": 0.6}}, {\"id\": \"eq\", \"processor\": \"equaliser\", \"parameters\": \
             {\"band1.type\": \"bell\", \"band1.gain_db\": 5}}]}"
                .to_owned(),
        ];
        let master = "\"master\": {\"volume_db\": -6, \"inserts\": [{\"id\": \"limiter\", \
                      \"processor\": \"limiter\"}]}";
        let tracks = [&tracks[..], more].concat().join(", ");
        let members = format!("\"tracks\": [{tracks}], {master}");
        let session = place.session("song", &members);
        let noise = (0..16 * 48_000_u32).map(|n| {
            let hash = n.wrapping_mul(2_654_435_761) ^ (n << 7);
            f32::from((hash >> 20) as i16 - 2048) / 8192.0
        });
        fs::write(place.path("song/take.wav"), wav(&noise.collect::<Vec<_>>())).unwrap();
        let store = place.text("store");
        Self { place, session, store }
    }

    pub fn arguments<'a>(&'a self, out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let fixed = ["bounce", &self.session, "-o", out, "--force", "--json"];
        fixed.into_iter().chain(more.iter().copied()).collect()
    }

    pub fn with_store(&self, more: &[&str]) -> Value {
        let out = self.place.text("out.wav");
        let cache = ["--cache", &self.store];
        done(self.arguments(&out, &[&cache, more].concat())).json()
    }

    pub fn without_store(&self, more: &[&str]) -> Value {
        let out = self.place.text("plain.wav");
        done(self.arguments(&out, &[&["--no-cache"], more].concat())).json()
    }

    pub fn edit(&self, ops: &str) {
        let path = self.place.path("ops.json");
        fs::write(&path, ops).unwrap();
        done(["edit", &self.session, path.to_str().unwrap()]);
    }

    fn stats(&self) -> Value {
        done(["cache", "stats", "--cache", &self.store, "--json"]).json()
    }

    pub fn objects(&self, kind: &str) -> u64 {
        let stats = self.stats();
        let kinds = stats["kinds"].as_array().unwrap();
        kinds.iter().find(|k| k["kind"] == kind).unwrap()["objects"].as_u64().unwrap()
    }

    pub fn object_paths(&self) -> Vec<PathBuf> {
        let files = self.place.files();
        let objects = files.iter().filter(|file| file.starts_with("store/objects/"));
        objects.map(|file| self.place.path(file)).collect()
    }
}

pub fn assert_same(one: &Value, other: &Value, what: &str) {
    for field in ["mix_sha256", "pcm_sha256", "frames", "integrated_lufs", "true_peak_dbtp"] {
        assert_eq!(one[field], other[field], "{field}, {what}");
    }
}

#[test]
fn cold_warm_and_without_a_store_are_the_same() {
    let studio = Studio::new();
    let plain = studio.without_store(&[]);
    let cold = studio.with_store(&[]);
    assert_eq!(cold["served"], false);
    assert_same(&plain, &cold, "cold");
    let warm = studio.with_store(&[]);
    assert_eq!(warm["served"], true);
    assert_same(&plain, &warm, "warm");
    let files = ["out.wav", "plain.wav"].map(|name| fs::read(studio.place.path(name)).unwrap());
    assert!(files[0] == files[1], "the served file is another one");
    // Another export of the same mix renders only the master.
    let other = ["--bit-depth", "16", "--rate", "44100"];
    let warm = studio.with_store(&other);
    assert_same(&studio.without_store(&other), &warm, "another export");
}

#[test]
fn jobs_blocks_and_levels_use_each_others_objects() {
    let studio = Studio::new();
    let cold = studio.with_store(&["--jobs", "1", "--block", "100"]);
    for (more, range) in [
        (["--jobs", "2", "--block", "65536"], ["--from", "0s", "--to", "12s"]),
        (["--simd", "scalar", "--jobs", "7"], ["--from", "9.7s", "--to", "14s"]),
    ] {
        let arguments = [more, range].concat();
        assert_same(&studio.with_store(&arguments), &studio.without_store(&range), "another way");
    }
    assert_same(&studio.with_store(&[]), &cold, "served");
}

#[test]
fn a_region_is_the_same_from_checkpoints() {
    let studio = Studio::new();
    studio.with_store(&[]);
    for (from, to) in [("0s", "5s"), ("7s", "9.5s"), ("11.2s", "16s"), ("2|1|0", "5|3|0")] {
        let range = ["--from", from, "--to", to];
        assert_same(&studio.with_store(&range), &studio.without_store(&range), from);
    }
}

/// An edit at the end of the session leaves the sums before it.
#[test]
fn an_edit_late_in_the_session_renders_what_comes_after_it() {
    let studio = Studio::new();
    studio.with_store(&[]);
    let before = studio.objects("sums");
    let info = done(["info", &studio.session, "--json"]).json();
    let track = info["tracks"][0]["id"].as_str().unwrap().to_owned();
    // Automation that stays as it was until 9 s, and moves then.
    let position = 9 * info["sample_rate"].as_i64().unwrap();
    let points = format!(
        "[{{\"at\": {{\"samples\": {position}}}, \"value\": 0.0, \"shape\": \"hold\"}}, \
         {{\"at\": {{\"samples\": {}}}, \"value\": -20.0, \"shape\": \"hold\"}}]",
        position + 48_000
    );
    studio.edit(&format!(
        "[{{\"op\": \"add_lane\", \"track\": \"{track}\", \"target\": \"volume\"}}, \
         {{\"op\": \"add_points\", \"track\": \"{track}\", \"lane\": \"volume\", \"points\": {points}}}]"
    ));
    // The lane itself is news at sample 0; from then on only what lies after an edit is.
    studio.with_store(&[]);
    let with_lane = studio.objects("sums");
    studio.edit(&format!(
        "[{{\"op\": \"add_points\", \"track\": \"{track}\", \"lane\": \"volume\", \"points\": \
         [{{\"at\": {{\"samples\": {}}}, \"value\": -3.0, \"shape\": \"hold\"}}]}}]",
        position + 96_000
    ));
    let edited = studio.with_store(&[]);
    assert_same(&edited, &studio.without_store(&[]), "edited");
    let after = studio.objects("sums");
    assert!(with_lane > before, "the lane changed nothing");
    assert!(after > with_lane, "the edit changed nothing");
    assert!(after - with_lane < before, "{before}, {with_lane}, {after}: all was rendered again");
}

/// What is served could not warn again, so a bounce with warnings is not kept.
#[test]
fn warnings_are_told_every_time() {
    let studio = Studio::new();
    let mut samples = vec![0.1_f32; 8 * 48_000];
    samples[5 * 48_000] = f32::NAN;
    fs::write(studio.place.path("song/take.wav"), wav(&samples)).unwrap();
    for range in [&[][..], &[], &["--from", "4s", "--to", "7s"], &["--from", "4s", "--to", "7s"]] {
        let report = studio.with_store(range);
        assert_eq!(report["served"], false, "{range:?}");
        let warnings = report["warnings"].to_string();
        assert!(warnings.contains("not numbers"), "{range:?}: {warnings}");
        assert_same(&report, &studio.without_store(range), "with a sample that is no number");
    }
}

/// Every kind of object, damaged or gone: one warning, and the same samples.
#[test]
fn damaged_objects_are_rendered_again() {
    let studio = Studio::new();
    let range = ["--from", "9s", "--to", "13s"];
    let plain = studio.without_store(&range);
    studio.with_store(&[]);
    let damages: [fn(&mut Vec<u8>); 3] =
        [|bytes| bytes.truncate(30), |bytes| *bytes.last_mut().unwrap() ^= 4, Vec::clear];
    for kind in ["sums", "states"] {
        for damage in damages {
            for path in studio.object_paths() {
                if path.to_str().unwrap().contains(kind) {
                    let mut bytes = fs::read(&path).unwrap();
                    damage(&mut bytes);
                    fs::write(&path, bytes).unwrap();
                }
            }
            for path in studio.object_paths() {
                let name = path.to_str().unwrap();
                if name.contains("reports") || name.contains("files") {
                    fs::remove_file(path).unwrap();
                }
            }
            let again = studio.with_store(&range);
            assert_same(&again, &plain, kind);
            let warnings = again["warnings"].as_array().unwrap();
            assert!(
                warnings.iter().any(|w| w.as_str().unwrap().contains("damaged")),
                "{kind}: {warnings:?}"
            );
        }
    }
    let verified = done(["cache", "clear", "--cache", &studio.store, "--json"]).json();
    assert!(verified["freed_bytes"].as_u64().unwrap() > 0);
    assert_eq!(studio.stats()["objects"], 0);
}

#[test]
fn verify_finds_damage() {
    let studio = Studio::new();
    studio.with_store(&[]);
    let verify = ["cache", "verify", "--cache", &studio.store, "--json"];
    assert_eq!(done(verify).json()["damaged"], Value::Array(Vec::new()));
    fs::write(&studio.object_paths()[0], b"nonsense").unwrap();
    let found = crate::support::wavemill(verify);
    assert_eq!(found.code, Some(1), "{found:?}");
    assert_eq!(found.json()["damaged"].as_array().unwrap().len(), 1);
}

/// Killed at points uniform over the time a cold render takes, into an empty store and into what
/// earlier ones left: the store is whole each time, and the next render is the same.
#[test]
fn a_killed_render_harms_nothing_and_helps_the_next() {
    let mut chance = Chance::seeded();
    let studio = Studio::new();
    let plain = studio.without_store(&[]);
    let whole = fs::read(studio.place.path("plain.wav")).unwrap();
    let out = studio.place.text("killed.wav");
    let started = Instant::now();
    studio.with_store(&[]);
    let cold_us = u64::try_from(started.elapsed().as_micros()).unwrap();
    let mut killed = 0;
    // A kill and the look at what it left take seconds.
    for kill in 0..chance::kills().min(100) {
        if kill % 2 == 0 {
            done(["cache", "clear", "--cache", &studio.store]);
        }
        let mut child = command()
            .args(studio.arguments(&out, &["--cache", &studio.store]))
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(chance.below(cold_us)));
        // It may have come to its end already.
        let _ = child.kill();
        killed += u32::from(!child.wait().unwrap().success());
        let verified = done(["cache", "verify", "--cache", &studio.store, "--json"]).json();
        assert_eq!(verified["damaged"], Value::Array(Vec::new()), "kill {kill}");
        // Its file is there whole or not at all.
        assert!(
            fs::read(&out).is_ok_and(|file| file == whole)
                || !studio.place.path("killed.wav").exists()
        );
        if kill % 5 == 0 {
            assert_same(&studio.with_store(&[]), &plain, "after a kill");
        }
    }
    println!("{killed} were killed before their end");
    assert!(killed > 0);
    assert_same(&studio.with_store(&[]), &plain, "after kills");
}

#[test]
fn two_renders_share_a_store_at_once() {
    let studio = Studio::new();
    let plain = studio.without_store(&[]);
    let outs = ["one.wav", "two.wav"].map(|name| studio.place.text(name));
    let children: Vec<_> = outs
        .iter()
        .map(|out| {
            let mut command = command();
            command.args(studio.arguments(out, &["--cache", &studio.store]));
            command.stdout(std::process::Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for child in children {
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_same(&report, &plain, "at once");
        assert_eq!(report["warnings"], Value::Array(Vec::new()));
    }
}

/// A store that cannot be had: refused where it was asked for, a warning where it was not.
#[test]
fn a_store_that_cannot_be_used_is_said() {
    let studio = Studio::new();
    let in_the_way = studio.place.text("file");
    fs::write(&in_the_way, b"").unwrap();
    let out = studio.place.text("out.wav");
    refused(studio.arguments(&out, &["--cache", &in_the_way]), 4, &["--no-cache", "store"]);
    let nowhere = studio.place.text("nowhere");
    refused(["cache", "stats", "--cache", &nowhere], 4, &["no store"]);
    assert!(!studio.place.path("nowhere").exists());
    let output = command()
        .args(studio.arguments(&out, &[]))
        .env("WAVEMILL_CACHE", &in_the_way)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("warning: the store"), "{said}");
}

#[test]
fn the_quota_holds() {
    let studio = Studio::new();
    let out = studio.place.text("out.wav");
    let code_with = |quota: &str| {
        let mut command = command();
        command.args(studio.arguments(&out, &["--cache", &studio.store]));
        command.env("WAVEMILL_CACHE_QUOTA", quota).output().unwrap().status.code()
    };
    assert_eq!(code_with("4MB"), Some(0));
    let bytes = studio.stats()["bytes"].as_u64().unwrap();
    assert!(bytes > 0 && bytes <= 4_000_000, "{bytes}");
    assert_eq!(code_with("plenty"), Some(2));
}
