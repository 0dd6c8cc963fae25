//! Batches: manifests, variants, what is shared, what goes on after a failure.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    Outcome, Place, audio_track, command, done, ramp, refused, run, tone_track, wav,
};

/// A folder with sessions `song` and `beat`, and a manifest to be written.
pub struct Workshop {
    pub place: Place,
}

impl Workshop {
    pub fn new() -> Self {
        let place = Place::new();
        for name in ["song", "beat"] {
            let tracks = [tone_track("keys", 1), audio_track("tape", "take.wav", 4_800)].join(", ");
            place.session(name, &format!("\"tracks\": [{tracks}]"));
            fs::write(place.path(name).join("take.wav"), wav(&ramp(4_800))).unwrap();
        }
        Self { place }
    }

    pub fn manifest(&self, manifest: &Value) -> String {
        fs::write(self.place.path("jobs.json"), manifest.to_string()).unwrap();
        self.place.text("jobs.json")
    }

    /// Runs the batch; standard output is the summary.
    pub fn batch(&self, manifest: &Value, more: &[&str]) -> Outcome {
        let jobs = self.manifest(manifest);
        run(command().args(["batch", &jobs, "--json"]).args(more))
    }

    pub fn done(&self, manifest: &Value, more: &[&str]) -> Value {
        let outcome = self.batch(manifest, more);
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome.json()
    }

    pub fn records(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.place.path("jobs.results.jsonl")).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What is there beside sessions, manifest and results.
    pub fn outputs(&self) -> Vec<String> {
        let inputs = ["song/", "beat/", "store/", "jobs.json", "jobs.results.jsonl"];
        let mut files = self.place.files();
        files.retain(|file| !inputs.iter().any(|input| file.starts_with(input)));
        files
    }

    fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.place.path(name)).unwrap()
    }
}

fn volume(name: &str, volume_db: f64) -> Value {
    let ops = json!([{ "op": "set_volume", "track": "keys", "volume_db": volume_db }]);
    json!({ "name": name, "ops": ops })
}

#[test]
fn every_variant_of_every_session_is_made_and_recorded() {
    let shop = Workshop::new();
    let before = ["song", "beat"].map(|name| shop.bytes(&format!("{name}/session.json")));
    let summary = shop.done(
        &json!({
            "defaults": { "tail": "none", "output": "out/{session}/{index:02}-{variant}.wav" },
            "jobs": [
                { "session": "song", "variants": [volume("quiet", -20.0), volume("loud", 3.0)] },
                { "session": "beat", "to": "0.5s", "output": "beat.wav", "bit_depth": 16, "rate": 44100 },
            ]
        }),
        &[],
    );
    assert_eq!(summary["jobs"], 3);
    assert_eq!(summary["rendered"], 3);
    assert!((summary["audio_seconds"].as_f64().unwrap() - 2.5).abs() < 1e-9, "{summary}");
    assert_eq!(shop.outputs(), ["beat.wav", "out/song/01-quiet.wav", "out/song/02-loud.wav"]);
    let mut records = shop.records();
    records.sort_by_key(|record| record["job"].as_u64());
    assert_eq!(records.len(), 3);
    assert_eq!(records[1]["name"], "out/song/02-loud.wav");
    assert_eq!((&records[1]["session"], &records[1]["variant"]), (&json!("song"), &json!("loud")));
    assert_eq!(
        (&records[2]["frames"], &records[2]["sample_rate"]),
        (&json!(22_050), &json!(44_100))
    );
    for record in &records {
        assert_eq!(record["status"], "rendered");
        assert!(record["cpu_seconds"].as_f64().unwrap() > 0.0, "{record}");
        assert!(
            record["integrated_lufs"].is_f64() && record["true_peak_dbtp"].is_f64(),
            "{record}"
        );
    }
    let after = ["song", "beat"].map(|name| shop.bytes(&format!("{name}/session.json")));
    assert!(before == after, "a session was changed");
    assert!(!shop.place.path("song/.wavemill/journal.jsonl").exists());
}

#[test]
fn a_variant_is_what_the_same_edits_by_hand_give() {
    let shop = Workshop::new();
    let ops = json!([
        { "op": "set_volume", "track": "keys", "volume_db": -7.5 },
        { "op": "add_insert", "track": "tape", "processor": "delay", "parameters": { "time_ms": 20 } },
        { "op": "set_pan", "track": "tape", "pan": -0.5 },
    ]);
    let manifest =
        json!({ "jobs": [{ "session": "song", "variants": [{ "name": "v", "ops": ops }] }] });
    shop.done(&manifest, &[]);
    let variant = shop.records().remove(0);
    let plain = |out: &str| {
        done(["bounce", &shop.place.text("song"), "-o", &shop.place.text(out), "--json"]).json()
    };
    assert_ne!(plain("before.wav")["mix_sha256"], variant["mix_sha256"]);
    fs::write(shop.place.path("ops.json"), ops.to_string()).unwrap();
    done(["edit", &shop.place.text("song"), &shop.place.text("ops.json")]);
    let by_hand = plain("after.wav");
    assert_eq!(by_hand["mix_sha256"], variant["mix_sha256"]);
    assert_eq!(by_hand["pcm_sha256"], variant["files"][0]["pcm_sha256"]);
    assert_eq!(by_hand["integrated_lufs"], variant["integrated_lufs"]);
    assert!(shop.bytes("after.wav") == shop.bytes("song-v.wav"));
}

#[test]
fn equal_jobs_are_rendered_once_with_and_without_a_store() {
    let shop = Workshop::new();
    // Two variants that come to the same, and a session that is a copy of the other.
    let twice = json!([
        { "op": "set_volume", "track": "keys", "volume_db": -1 },
        { "op": "set_volume", "track": "keys", "volume_db": -9 },
    ]);
    let manifest = json!({ "jobs": [
        { "session": "song", "variants": [volume("a", -9.0), { "name": "b", "ops": twice }, volume("c", 0.0)] },
        { "session": "beat", "variants": [volume("a", -9.0)] },
    ] });
    let summary = shop.done(&manifest, &["--no-cache"]);
    assert_eq!((&summary["rendered"], &summary["copied"]), (&json!(2), &json!(2)));
    assert!(shop.bytes("song-a.wav") == shop.bytes("song-b.wav"));
    assert!(shop.bytes("song-a.wav") == shop.bytes("beat-a.wav"));
    assert!(shop.bytes("song-a.wav") != shop.bytes("song-c.wav"));
    let copied = shop.records().into_iter().find(|record| record["status"] == "copied").unwrap();
    assert!(copied["files"][0]["file"] != "song-a.wav" || copied["name"] == "song-a.wav");
    // Elsewhere, with a store that is filled by a bounce.
    let cache = shop.place.text("store");
    let again =
        ["--output-dir", &shop.place.text("two"), "--results", &shop.place.text("two.jsonl")];
    let with_store = [&again[..], &["--cache", &cache]].concat();
    assert_eq!(shop.done(&manifest, &with_store)["rendered"], 2);
    let third =
        ["--output-dir", &shop.place.text("three"), "--results", &shop.place.text("three.jsonl")];
    let summary = shop.done(&manifest, &[&third[..], &["--cache", &cache]].concat());
    assert_eq!((&summary["served"], &summary["copied"]), (&json!(2), &json!(2)));
    assert!(shop.bytes("three/song-c.wav") == shop.bytes("song-c.wav"));
}

#[test]
fn limits_change_no_sample() {
    let shop = Workshop::new();
    let manifest = json!({ "jobs": [
        { "session": "song", "variants": (0..5).map(|n| volume(&n.to_string(), -f64::from(n))).collect::<Vec<_>>() },
        { "session": "beat", "variants": (0..3).map(|n| volume(&n.to_string(), -f64::from(n) - 0.5)).collect::<Vec<_>>() },
    ] });
    shop.done(&manifest, &["--jobs", "1"]);
    for (at, more) in [
        ("a", &["--jobs", "7"][..]),
        ("b", &["--jobs", "3", "--concurrent", "2", "--memory", "100"]),
        ("c", &["--jobs", "4", "--concurrent", "1"]),
    ] {
        let folder = shop.place.text(at);
        let results = shop.place.text(&format!("{at}.jsonl"));
        let fixed = ["--output-dir", &folder, "--results", &results];
        shop.done(&manifest, &[&fixed[..], more].concat());
        for name in ["song-0", "song-4", "beat-0", "beat-2"] {
            let (one, other) = (format!("{name}.wav"), format!("{at}/{name}.wav"));
            assert!(shop.bytes(&one) == shop.bytes(&other), "{other}");
        }
    }
}

#[test]
fn a_job_that_needs_more_memory_than_there_may_be_is_refused_and_the_others_go_on() {
    let shop = Workshop::new();
    let long = json!([{ "op": "add_insert", "track": "tape", "processor": "delay",
        "parameters": { "time_ms": 2000 } }]);
    let manifest = json!({ "jobs": [
        { "session": "song", "variants": [volume("a", 0.0), { "name": "long", "ops": long }] },
    ] });
    let forecast = shop.done(&manifest, &["--dry-run"]);
    let needs = |n: usize| forecast["jobs"][n]["memory_mib"].as_u64().unwrap();
    assert!(needs(1) > needs(0), "{forecast}");
    let outcome = shop.batch(&manifest, &["--memory", &needs(0).to_string()]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let error = outcome.json()["failures"][0]["error"].as_str().unwrap().to_owned();
    assert!(error.contains("MiB") && error.contains("--memory"), "{error}");
    assert_eq!(shop.outputs(), ["song-a.wav"]);
}

#[test]
fn a_broken_session_fails_alone_and_is_tried_again() {
    let shop = Workshop::new();
    shop.place.document("broken", b"{\"format\": ");
    let manifest = json!({ "jobs": [
        { "session": "broken" },
        { "session": "nowhere", "variants": [volume("a", 0.0)] },
        { "session": "song", "variants": [
            volume("a", 0.0),
            { "name": "bad", "ops": [
                { "op": "set_mute", "track": "keys", "mute": true },
                { "op": "set_mute", "track": "drums", "mute": true },
            ] },
        ] },
        { "session": "beat", "from": "the bridge" },
    ] });
    let outcome = shop.batch(&manifest, &[]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let summary = outcome.json();
    assert_eq!((&summary["rendered"], &summary["failed"]), (&json!(1), &json!(4)));
    let mut failures = summary["failures"].as_array().unwrap().clone();
    failures.sort_by_key(|failure| failure["job"].as_u64());
    for (failure, words) in failures.iter().zip([
        &["broken", "session.json"][..],
        &["nowhere", "no session"],
        &["variant 'bad'", "ops[1] (set_mute)", "drums"],
        &["from: ", "the bridge"],
    ]) {
        let error = failure["error"].as_str().unwrap();
        assert!(words.iter().all(|word| error.contains(word)), "{words:?} in {error}");
    }
    assert_eq!(shop.outputs().iter().filter(|file| file.ends_with(".wav")).count(), 1);
    // What failed is tried again, what was done is not.
    shop.place.session("broken", &format!("\"tracks\": [{}]", tone_track("keys", 1)));
    let outcome = shop.batch(&manifest, &[]);
    let summary = outcome.json();
    assert_eq!((&summary["rendered"], &summary["skipped"]), (&json!(1), &json!(1)), "{summary}");
}

#[test]
fn fail_fast_begins_nothing_more() {
    let shop = Workshop::new();
    let manifest = json!({ "jobs": [
        { "session": "nowhere" },
        { "session": "song", "variants": [volume("a", 0.0), volume("b", 1.0)] },
    ] });
    let outcome = shop.batch(&manifest, &["--fail-fast", "--jobs", "1"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let summary = outcome.json();
    assert_eq!((&summary["failed"], &summary["not_run"]), (&json!(1), &json!(2)));
    assert!(shop.outputs().is_empty(), "{:?}", shop.outputs());
    assert_eq!(shop.batch(&manifest, &["--jobs", "1"]).json()["rendered"], 2);
}

/// Every slip in the manifest is refused before the first file is made, in one message.
#[test]
fn a_manifest_with_a_slip_renders_nothing() {
    let shop = Workshop::new();
    let good = json!({ "session": "song", "output": "a.wav" });
    for (job, code, words) in [
        (
            json!({ "session": "song", "bitdepth": 16 }),
            3,
            &["jobs[1]", "bitdepth", "bit_depth"][..],
        ),
        (json!({ "session": "beat", "output": "a.wav" }), 3, &["jobs[0]", "jobs[1]", "a.wav"]),
        (json!({ "session": "beat", "output": "A.Wav" }), 3, &["jobs[1]", "upper and lower case"]),
        (json!({ "session": "beat", "output": "x/../a.wav" }), 3, &["jobs[1]"]),
        (
            json!({ "session": "beat", "output": "{name}.wav" }),
            3,
            &["jobs[1]", "{name}", "{session}"],
        ),
        (json!({ "session": "beat", "output": "b.mp3" }), 3, &["jobs[1]", "b.mp3", "WAV"]),
        (json!({ "session": "beat", "tail": -1 }), 3, &["jobs[1]", "tail"]),
        (json!({ "session": "beat", "rate": 12 }), 3, &["jobs[1]", "12"]),
        (json!({ "session": "beat", "bit_depth": 20 }), 3, &["jobs[1]", "20"]),
        (
            json!({ "session": "beat", "variants": [{ "name": "a", "ops": [{ "op": "set_volum" }] }] }),
            3,
            &["jobs[1].variants[0]", "ops[0] (set_volum)"],
        ),
        (json!({ "session": "beat", "output": "jobs.json" }), 3, &["jobs[1]", "jobs.json"]),
        (
            json!({ "session": "beat", "output": "there.wav" }),
            4,
            &["there.wav", "exists already", "--force"],
        ),
        (
            json!({ "session": "beat", "output": "folder.wav" }),
            4,
            &["folder.wav", "not a regular file"],
        ),
    ] {
        fs::write(shop.place.path("there.wav"), "mine").unwrap();
        fs::create_dir_all(shop.place.path("folder.wav")).unwrap();
        let jobs = shop.manifest(&json!({ "jobs": [good, job] }));
        let outcome = refused(["batch", &jobs], code, words);
        let left = shop.outputs();
        assert_eq!(left, ["there.wav"], "{outcome:?}");
        assert!(!shop.place.path("jobs.results.jsonl").exists());
        assert_eq!(shop.bytes("there.wav"), b"mine");
    }
}

#[test]
fn an_input_of_any_session_is_never_replaced() {
    let shop = Workshop::new();
    let take = shop.bytes("beat/take.wav");
    let manifest = json!({ "jobs": [
        { "session": "song", "output": "beat/take.wav" }, { "session": "beat" },
    ] });
    let outcome = shop.batch(&manifest, &["--force"]);
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
    for word in ["jobs[0]", "take.wav", "an input of the session", "tracks/tape"] {
        assert!(outcome.stderr.contains(word), "{outcome:?}");
    }
    assert!(shop.bytes("beat/take.wav") == take);
    assert!(shop.outputs().is_empty());
}

#[test]
fn what_is_done_is_skipped_until_it_is_not_that_any_more() {
    let shop = Workshop::new();
    let manifest = json!({ "jobs": [
        { "session": "song", "variants": [volume("a", -1.0), volume("b", -3.0)] }, { "session": "beat" },
    ] });
    shop.done(&manifest, &[]);
    let first = shop.bytes("song-a.wav");
    let counts = |summary: &Value| (summary["skipped"].clone(), summary["rendered"].clone());
    assert_eq!(counts(&shop.done(&manifest, &[])), (json!(3), json!(0)));
    assert_eq!(shop.records().len(), 3);
    // A file that is gone, one that was cut short, and one that differs at the same length.
    fs::remove_file(shop.place.path("song-a.wav")).unwrap();
    assert_eq!(counts(&shop.done(&manifest, &[])), (json!(2), json!(1)));
    assert!(shop.bytes("song-a.wav") == first);
    fs::write(shop.place.path("song-a.wav"), &first[..100]).unwrap();
    let outcome = shop.batch(&manifest, &[]);
    assert_eq!(outcome.code, Some(4), "{outcome:?}");
    assert!(outcome.stderr.contains("song-a.wav"), "{outcome:?}");
    assert_eq!(counts(&shop.done(&manifest, &["--force"])), (json!(2), json!(1)));
    // Whoever changed it owns it, and is not written over; with its time of change put back, only
    // reading it tells.
    let path = shop.place.path("song-a.wav");
    let modified = fs::metadata(&path).unwrap().modified().unwrap();
    let mut other = first.clone();
    *other.last_mut().unwrap() ^= 1;
    fs::write(&path, &other).unwrap();
    let set_modified = |time| {
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
    };
    set_modified(modified + std::time::Duration::from_secs(1));
    let foreign = |more: &[&str]| {
        let outcome = shop.batch(&manifest, more);
        assert_eq!(outcome.code, Some(4), "{outcome:?}");
        assert!(outcome.stderr.contains("not any more, what this batch made"), "{outcome:?}");
        assert!(shop.bytes("song-a.wav") == other);
    };
    foreign(&[]);
    foreign(&["--dry-run"]);
    set_modified(modified);
    assert_eq!(counts(&shop.done(&manifest, &[])), (json!(3), json!(0)));
    foreign(&["--verify"]);
    foreign(&["--verify", "--dry-run"]);
    assert_eq!(counts(&shop.done(&manifest, &["--verify", "--force"])), (json!(2), json!(1)));
    assert!(shop.bytes("song-a.wav") == first);
    // A copy of what was made, with a time of its own, is what was made.
    set_modified(modified + std::time::Duration::from_secs(9));
    assert_eq!(counts(&shop.done(&manifest, &[])), (json!(3), json!(0)));
    // An edit of the session makes its own jobs anew, and no others.
    let ops = shop.place.text("ops.json");
    fs::write(&ops, "[{\"op\": \"set_mute\", \"track\": \"tape\", \"mute\": true}]").unwrap();
    done(["edit", &shop.place.text("song"), &ops]);
    assert_eq!(counts(&shop.done(&manifest, &[])), (json!(1), json!(2)));
    assert!(shop.bytes("song-a.wav") != first);
}

#[test]
fn a_dry_run_says_what_would_be_made_and_makes_nothing() {
    let shop = Workshop::new();
    let cache = shop.place.text("store");
    let (song, out) = (shop.place.text("song"), shop.place.text("song/served.wav"));
    done(["bounce", &song, "-o", &out, "--cache", &cache]);
    fs::remove_file(out).unwrap();
    let manifest = json!({ "jobs": [
        { "session": "song", "variants": [volume("a", 0.0), volume("b", -3.0)] },
        { "session": "beat", "output": "c.wav", "variants": [volume("b", -3.0)] },
        { "session": "nowhere" },
    ] });
    let outcome = shop.batch(&manifest, &["--dry-run", "--cache", &cache]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let report = outcome.json();
    let forecasts: Vec<&str> = report["jobs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|job| job["forecast"].as_str().unwrap())
        .collect();
    assert_eq!(forecasts, ["serve", "render", "copy", "fail"]);
    assert!(shop.outputs().is_empty(), "{:?}", shop.outputs());
    assert!(!shop.place.path("jobs.results.jsonl").exists());
    let jobs = shop.place.text("jobs.json");
    let told = run(command().args(["batch", &jobs, "--dry-run"])).stdout;
    for word in ["song-a.wav", "render", "copy of another job", "fails: there is no session"] {
        assert!(told.contains(word), "{told}");
    }
}

#[test]
fn a_manifest_comes_from_standard_input_too_one_job_a_line() {
    let shop = Workshop::new();
    let results = shop.place.text("r.jsonl");
    refused(["batch", "-"], 2, &["--results"]);
    let lines = "{\"session\": \"song\", \"output\": \"{index}.wav\"}\n{\"session\": \"beat\"}\n";
    fs::write(shop.place.path("lines"), lines).unwrap();
    let outcome = run(command()
        .args(["batch", "-", "--results", &results, "--output-dir", "out"])
        .current_dir(shop.place.path("."))
        .stdin(fs::File::open(shop.place.path("lines")).unwrap()));
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    assert!(shop.place.path("out/1.wav").exists() && shop.place.path("out/beat.wav").exists());
}

#[test]
fn results_of_something_else_are_not_touched() {
    let shop = Workshop::new();
    let jobs = shop.manifest(&json!({ "jobs": [{ "session": "song" }] }));
    let notes = shop.place.text("notes.txt");
    fs::write(&notes, "remember the milk").unwrap();
    refused(["batch", &jobs, "--results", &notes], 4, &["notes.txt", "line 1", "--results"]);
    assert_eq!(fs::read_to_string(&notes).unwrap(), "remember the milk");
    assert!(!shop.place.path("song.wav").exists());
}

#[test]
fn people_get_a_summary_and_failures_as_plain_lines_and_quiet_gives_failures_only() {
    let shop = Workshop::new();
    let manifest = json!({ "jobs": [{ "session": "song" }, { "session": "nowhere" }] });
    let jobs = shop.manifest(&manifest);
    let spoken = run(command().args(["batch", &jobs]));
    assert_eq!(spoken.code, Some(1));
    for word in ["1 of 2 jobs done", "1 rendered", "1 failed", "times real time"] {
        assert!(spoken.stdout.contains(word), "{spoken:?}");
    }
    assert!(
        spoken.stderr.starts_with("failed: job 2 (nowhere.wav): there is no session"),
        "{spoken:?}"
    );
    let plain = |text: &str| text.chars().all(|c| c == '\n' || !c.is_control());
    assert!(plain(&spoken.stdout) && plain(&spoken.stderr), "{spoken:?}");
    let quiet = run(command().args(["batch", &jobs, "--quiet"]));
    assert_eq!((quiet.stdout.as_str(), quiet.stderr), ("", spoken.stderr));
}

/// Exports of several files are one job: recorded, copied, skipped and kept apart as one.
#[test]
fn split_files_and_other_formats_are_jobs_like_any_other() {
    let shop = Workshop::new();
    let manifest = json!({ "defaults": { "tail": "none" }, "jobs": [
        { "session": "song", "output": "a.wav", "split": true },
        { "session": "beat", "output": "b.wav", "split": true },
        { "session": "song", "output": "c.flac", "bit_depth": 16, "normalise": "peak:-3" },
    ] });
    let summary = shop.done(&manifest, &[]);
    assert_eq!((&summary["rendered"], &summary["copied"]), (&json!(2), &json!(1)), "{summary}");
    let sides = ["a.L.wav", "a.R.wav", "b.L.wav", "b.R.wav"];
    assert_eq!(shop.outputs(), [&sides[..], &["c.flac"]].concat());
    assert!(shop.bytes("a.L.wav") == shop.bytes("b.L.wav"));
    let split = shop.records().into_iter().find(|record| record["name"] == "b.wav").unwrap();
    assert_eq!(split["files"][1]["file"], "b.R.wav");
    assert_eq!(shop.done(&manifest, &["--verify"])["skipped"], 3);
    fs::remove_file(shop.place.path("a.R.wav")).unwrap();
    let summary = shop.done(&manifest, &[]);
    assert_eq!((&summary["skipped"], &summary["copied"]), (&json!(2), &json!(1)), "{summary}");
    let clash = json!({ "jobs": [
        { "session": "song", "output": "x.wav", "split": true }, { "session": "beat", "output": "x.l.wav" },
    ] });
    let jobs = shop.manifest(&clash);
    refused(["batch", &jobs, "--results", &shop.place.text("x.jsonl")], 3, &["jobs[0]", "jobs[1]"]);
}

/// The last line of a name says what became of it; the one before it, whose file lies there.
#[test]
fn a_failure_takes_no_file_from_its_batch() {
    let shop = Workshop::new();
    let manifest = json!({ "jobs": [{ "session": "song" }, { "session": "beat" }] });
    shop.done(&manifest, &[]);
    let made = shop.bytes("song.wav");
    let document = shop.bytes("song/session.json");
    fs::write(shop.place.path("song/session.json"), "{").unwrap();
    assert_eq!(shop.batch(&manifest, &[]).code, Some(1));
    assert!(shop.bytes("song.wav") == made);
    fs::write(shop.place.path("song/session.json"), document).unwrap();
    let summary = shop.done(&manifest, &[]);
    // Both sessions give the same.
    assert_eq!((&summary["skipped"], &summary["copied"]), (&json!(1), &json!(1)), "{summary}");
    assert!(shop.bytes("song.wav") == made);
}

/// A WAV file with a chunk that is cut short behind its samples, which is told and ignored.
fn odd(samples: &[f32]) -> Vec<u8> {
    let mut bytes = wav(samples);
    bytes.extend(b"junk\xFF\xFF\x00\x00");
    bytes
}

/// Variants share the session's files; a warning is of those that a variant plays.
#[test]
fn warnings_are_of_the_files_that_a_job_plays() {
    let shop = Workshop::new();
    fs::write(shop.place.path("song/take.wav"), odd(&ramp(4_800))).unwrap();
    let without = json!([{ "op": "delete_track", "track": "tape" }]);
    let unheard = json!([{ "op": "set_clip", "clip": "tape-clip", "mute": true }]);
    let manifest = json!({ "jobs": [{ "session": "song", "variants": [
        volume("with", -1.0),
        { "name": "without", "ops": without },
        { "name": "unheard", "ops": unheard },
        volume("again", -2.0),
    ] }] });
    let cache = shop.place.text("store");
    shop.done(&manifest, &["--jobs", "1", "--cache", &cache]);
    for record in shop.records() {
        let told: Vec<&str> =
            record["warnings"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        let plays = ["with", "again"].contains(&record["variant"].as_str().unwrap());
        assert_eq!(told.iter().any(|told| told.contains("take.wav")), plays, "{record}");
    }
}
