//! Renders that begin again because of a plug-in: one whose latency rises, and those that fail, in
//! every command that renders.

use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::hosting::{Studio, insert, ramp_track, samples};
use crate::support::{done_by, refused_by, run};

/// A track through a plug-in that asks for a restart in its third block and is late from then on.
fn through(name: &str) -> Value {
    json!([
        ramp_track("a", &json!([insert("gain", &json!({"7": 0.5})), insert(name, &json!({}))])),
        ramp_track("b", &json!([])),
    ])
}

/// The same without that plug-in.
fn without() -> Value {
    json!([
        ramp_track("a", &json!([insert("gain", &json!({"7": 0.5}))])),
        ramp_track("b", &json!([])),
    ])
}

#[test]
fn a_latency_that_rises_is_compensated_and_known_from_then_on() {
    let studio = Studio::new(&["changes-latency", "gain"]);
    let (plain, _) = studio.bounce(&studio.session("plain", &without()), &["--no-cache"]);
    let song = studio.session("song", &through("changes-latency"));
    let (first, _) = studio.bounce(&song, &["--no-cache"]);
    let warnings = first.json()["warnings"].to_string();
    for word in ["from 0 to 64 frames at sample 1536", "rendered again with a latency of 64"] {
        assert!(warnings.contains(word), "no '{word}' in {warnings}");
    }
    assert_eq!(first.json()["mix_sha256"], plain.json()["mix_sha256"]);
    for arguments in
        [&["--no-cache"][..], &["--jobs", "1", "--block", "64"], &["--block", "4097"], &[]]
    {
        let (again, _) = studio.bounce(&song, arguments);
        let report = again.json();
        assert_eq!(report["mix_sha256"], plain.json()["mix_sha256"], "{arguments:?}");
        assert!(!report["warnings"].to_string().contains("rendered again"), "{again:?}");
    }
    // Its own catalogue remembers it; another one finds it out.
    std::fs::remove_dir_all(studio.path("catalogue").join("latencies")).unwrap();
    let (again, _) = studio.bounce(&song, &["--no-cache"]);
    assert!(again.json()["warnings"].to_string().contains("rendered again"), "{again:?}");
}

#[test]
fn freezing_does_without_what_fails_where_it_is_told_to() {
    let studio = Studio::new(&["crash-at-process", "gain"]);
    let song = studio.session("song", &through("crash-at-process"));
    refused_by(studio.command().args(["freeze", &song, "a"]), 5, &["crash-at-process"]);
    let mut freeze = studio.command();
    freeze.args(["freeze", &song, "a", "--plugin-failure", "skip", "--json"]);
    let report = done_by(&mut freeze).json();
    assert!(report["warnings"].to_string().contains("without it"), "{report}");
    let (_, plain) = studio.bounce(&studio.session("plain", &without()), &["--no-cache"]);
    let (_, frozen) = studio.bounce(&song, &["--no-cache"]);
    assert_eq!(frozen, plain);
}

#[test]
fn a_job_of_a_batch_does_without_what_fails_and_is_done_again_the_next_time() {
    let studio = Studio::new(&["crash-at-process", "changes-latency", "gain"]);
    let crashes = studio.session("crashes", &through("crash-at-process"));
    let changes = studio.session("changes", &through("changes-latency"));
    let (plain, _) = studio.bounce(&studio.session("plain", &without()), &["--no-cache"]);
    let job = |session: &str, output: &str| json!({"session": session, "output": output, "tail": "none", "bit_depth": "32f"});
    let jobs = json!({"jobs": [job(&crashes, "a.wav"), job(&crashes, "b.wav"),
        job(&changes, "c.wav")]});
    std::fs::write(studio.path("jobs.json"), jobs.to_string()).unwrap();
    let batch = |arguments: &[&str]| {
        let mut batch: Command = studio.command();
        batch.args(["batch", &studio.text("jobs.json"), "--json", "--quiet"]).args(arguments);
        run(&mut batch)
    };
    let stopped = batch(&[]);
    assert_eq!(stopped.code, Some(1), "{stopped:?}");
    let counts = |report: &Value| {
        ["rendered", "copied", "served", "skipped", "failed"]
            .map(|what| report[what].as_u64().unwrap())
    };
    assert_eq!(counts(&stopped.json()), [1, 0, 0, 0, 2], "{stopped:?}");
    let skipped = batch(&["--plugin-failure", "skip"]);
    assert_eq!(skipped.code, Some(0), "{skipped:?}");
    assert_eq!(counts(&skipped.json())[3..], [1, 0], "{skipped:?}");
    let results = std::fs::read_to_string(studio.path("jobs.results.jsonl")).unwrap();
    assert_eq!(results.matches("rendered again without it").count(), 2, "{results}");
    assert_eq!(results.matches("with a latency of 64 frames").count(), 1, "{results}");
    for output in ["a.wav", "b.wav", "c.wav"] {
        let hash = plain.json()["mix_sha256"].as_str().unwrap().to_owned();
        let line = results.lines().rfind(|line| line.contains(output)).unwrap();
        assert!(line.contains(&hash), "{output}: {line}");
    }
    // What was made without a plug-in is not what was asked for.
    let again = batch(&[]);
    assert_eq!(counts(&again.json())[3..], [1, 2], "{again:?}");
}

/// What the store gave of them before the latency rose is in nobody's way.
#[test]
fn stems_begin_again_where_a_latency_rises() {
    let studio = Studio::new(&["changes-latency", "gain"]);
    let song = studio.session("song", &through("changes-latency"));
    let stems = |out: &str| {
        let mut stems: Command = studio.command();
        stems.args([
            "stems",
            &song,
            "-o",
            &studio.text(out),
            "--tail",
            "none",
            "--json",
            "--quiet",
        ]);
        done_by(stems.args(["--bit-depth", "32f", "--cache", &studio.text("store")])).json()
    };
    let track = json!([ramp_track("b", &json!([]))]);
    // One of the two is in the store when the other one is rendered for the first time.
    let alone = studio.session("song", &track);
    stems("first");
    assert_eq!(alone, studio.session("song", &through("changes-latency")));
    let told = stems("second");
    assert!(told["warnings"].to_string().contains("rendered again"), "{told}");
    let half = samples(&studio.path("second").join("01-a.wav"));
    let full = samples(&studio.path("second").join("02-b.wav"));
    assert_eq!(full, samples(&studio.path("first").join("01-b.wav")));
    assert!(half.iter().zip(&full).all(|(half, full)| half[0] == full[0] * 0.5));
}

#[test]
fn a_watch_does_without_what_fails() {
    let studio = Studio::new(&["crash-at-process", "gain"]);
    let song = studio.session("song", &through("crash-at-process"));
    let output = studio.text("watched.wav");
    let mut watch = studio.command();
    watch.args(["watch", &song, "-o", &output, "--json", "--plugin-failure", "skip"]);
    watch.args(["--tail", "none", "--bit-depth", "32f", "--no-cache"]);
    let mut watch = watch.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !studio.path("watched.wav").exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(50));
    }
    let stopped = Command::new("kill").args(["-INT", &watch.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    watch.wait().unwrap();
    let (_, plain) = studio.bounce(&studio.session("plain", &without()), &["--no-cache"]);
    assert_eq!(samples(&studio.path("watched.wav")), plain);
}
