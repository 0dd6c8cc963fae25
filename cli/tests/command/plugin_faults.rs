//! Plug-ins that fail: the host lives, everything else is the same bits, and the message says what,
//! where and when.

use serde_json::{Value, json};

use crate::bundles::{lv2_id, vst3_id};
use crate::hosting::{Studio, insert, midi_track, notes_track, onsets, ramp_track};
use crate::plugin_formats::studio;
use crate::support::{refused_by, run};

/// The fixtures that fail while they process, the seconds they are given, and what the message has.
/// Taking all the memory there is takes a while.
const FATAL: [(&str, &str, &[&str]); 4] = [
    ("crash-at-process", "20", &["SIGSEGV", "wavemill_test_crash"]),
    ("hang-at-process", "1", &["no answer within 1 s"]),
    ("memory-at-process", "120", &["out of memory"]),
    ("overrun", "20", &["SIGSEGV"]),
];

/// A session of a track with the failing plug-in, and one with a good one beside it.
fn song(name: &str) -> Value {
    json!([
        ramp_track("bad", &json!([insert("gain", &json!({"7": 0.5})), insert(name, &json!({}))])),
        ramp_track("good", &json!([insert("gain", &json!({"7": 0.25}))])),
    ])
}

#[test]
fn every_fault_under_every_policy_leaves_the_host_and_the_other_signals_alone() {
    let names: Vec<&str> = FATAL.iter().map(|(name, ..)| *name).chain(["gain"]).collect();
    let studio = Studio::new(&names);
    let without = json!([
        ramp_track("bad", &json!([insert("gain", &json!({"7": 0.5}))])),
        ramp_track("good", &json!([insert("gain", &json!({"7": 0.25}))])),
    ]);
    let without = studio.session("without", &without);
    let (without, _) = studio.bounce(&without, &["--no-cache"]);
    let without = without.json()["mix_sha256"].clone();
    for (name, limit, words) in FATAL {
        let song = studio.session(name, &song(name));
        let place = format!("tracks/bad/inserts/{name}");
        let words = [words, &[place.as_str(), "at sample"]].concat();
        let policy = ["--no-cache", "--plugin-time-limit", limit, "--plugin-isolation"];
        let mut stops = studio.bounce_command(&song, &[&policy[..], &["instance"]].concat());
        std::fs::remove_file(studio.path("out.wav")).unwrap();
        refused_by(&mut stops, 5, &words);
        assert!(!studio.path("out.wav").exists(), "{name}");
        for isolation in ["instance", "chain", "vendor"] {
            let skips = [&policy[..], &[isolation, "--plugin-failure", "skip"]].concat();
            let (outcome, _) = studio.bounce(&song, &skips);
            let report = outcome.json();
            assert_eq!(report["mix_sha256"], without, "{name} {isolation}");
            let warnings = report["warnings"].to_string();
            for word in words.iter().chain(&["without it"]) {
                assert!(warnings.contains(word), "no '{word}' in {warnings}");
            }
        }
    }
}

/// With something set, it was opened before anybody knew where it stands.
#[test]
fn what_fails_with_parameters_set_is_skipped_where_it_stands() {
    let studio = Studio::new(&["crash-at-process", "gain"]);
    let song = json!([ramp_track("bad", &json!([insert("crash-at-process", &json!({"7": 0.5}))]))]);
    let song = studio.session("song", &song);
    let (outcome, heard) = studio.bounce(&song, &["--no-cache", "--plugin-failure", "skip"]);
    let warnings = outcome.json()["warnings"].to_string();
    assert!(warnings.contains("tracks/bad/inserts/crash-at-process"), "{warnings}");
    let dry = studio.session("dry", &json!([ramp_track("bad", &json!([]))]));
    assert_eq!(heard, studio.bounce(&dry, &["--no-cache"]).1);
}

#[test]
fn what_fails_every_time_is_tried_thrice() {
    let studio = Studio::new(&["crash-at-process", "gain"]);
    let song = studio.session("song", &song("crash-at-process"));
    let mut command = studio.bounce_command(&song, &["--no-cache", "--plugin-failure", "retry"]);
    let json = refused_by(&mut command, 5, &["crash-at-process"]).stdout;
    assert!(json.contains("plug-in-failed"), "{json}");
    let mut loud = studio.command();
    loud.args(["bounce", &song, "-o", &studio.text("x.wav"), "--plugin-failure", "retry"]);
    let outcome = run(&mut loud);
    assert_eq!(outcome.code, Some(5), "{outcome:?}");
    assert_eq!(outcome.stderr.matches("rendered again from the start").count(), 2, "{outcome:?}");
}

#[test]
fn what_fails_before_it_runs_is_told_and_can_be_skipped() {
    let faults = ["crash-at-activate", "refuse-at-activate"];
    let studio = Studio::new(&[&faults[..], &["gain"]].concat());
    for name in faults {
        let song = studio.session(name, &song(name));
        let place = format!("tracks/bad/inserts/{name}");
        refused_by(&mut studio.bounce_command(&song, &["--no-cache"]), 5, &[&place]);
        let (outcome, _) = studio.bounce(&song, &["--no-cache", "--plugin-failure", "skip"]);
        assert!(outcome.json()["warnings"].to_string().contains(&place), "{outcome:?}");
    }
}

/// A note effect that makes more notes than there is room for, in every format.
#[test]
fn too_many_notes_are_a_fault_of_the_plug_in() {
    let studio = studio(&["flood", "impulses"]);
    for (format, id) in [
        ("clap", "org.wavemill.test.flood".to_owned()),
        ("vst3", vst3_id("Many")),
        ("lv2", lv2_id("flood")),
    ] {
        let flood = json!({
            "id": "flood", "processor": "plugin",
            "plugin": {"format": format, "id": id, "name": "flood"},
        });
        let chain = json!([flood, insert("impulses", &json!({}))]);
        let song = studio.session("song", &json!([notes_track("a", &[(475, 60)], &chain)]));
        let words = ["tracks/a/inserts/flood", "more than 16384 notes", "at sample"];
        refused_by(&mut studio.bounce_command(&song, &["--no-cache"]), 5, &words);
        let skip = ["--no-cache", "--plugin-failure", "skip"];
        let (outcome, heard) = studio.bounce(&song, &skip);
        assert!(outcome.json()["warnings"].to_string().contains("without it"), "{outcome:?}");
        assert_eq!(onsets(&heard), [475], "{id}");
    }
}

/// Five messages at once are more parts than a batch has room for.
#[test]
fn more_than_a_plug_in_can_be_told_is_named() {
    let studio = studio(&["echo"]);
    let message = json!({"at": 0, "bytes": vec![1; 65_536]});
    let content = json!({"system_exclusive": vec![message; 5]});
    let track = midi_track("a", &content, &json!([insert("echo", &json!({}))]));
    let song = studio.session("song", &json!([track]));
    let words = ["tracks/a/inserts/echo", "Test echo", "more than 16384", "thin them out"];
    refused_by(&mut studio.bounce_command(&song, &["--no-cache"]), 5, &words);
    let skip = ["--no-cache", "--plugin-failure", "skip"];
    let (outcome, _) = studio.bounce(&song, &skip);
    assert!(outcome.json()["warnings"].to_string().contains("without it"), "{outcome:?}");
}

#[test]
fn what_is_no_number_is_silence_and_told() {
    let studio = Studio::new(&["not-a-number", "gain"]);
    let song = studio.session("song", &song("not-a-number"));
    let plain = json!([
        ramp_track("bad", &json!([insert("gain", &json!({"7": 0.5}))])),
        ramp_track("good", &json!([insert("gain", &json!({"7": 0.25}))])),
    ]);
    let (_, plain) = studio.bounce(&studio.session("plain", &plain), &["--no-cache"]);
    let (outcome, heard) = studio.bounce(&song, &["--no-cache"]);
    let warnings = outcome.json()["warnings"].to_string();
    assert!(
        warnings.contains("tracks/bad/inserts/not-a-number") && warnings.contains("no numbers"),
        "{warnings}"
    );
    // The third block of 512 frames starts with one, on both sides.
    let differing: Vec<usize> =
        (0..plain.len()).filter(|frame| plain[*frame] != heard[*frame]).collect();
    assert_eq!(differing, [1_024]);
    // Only the other track is left of that frame: a third of both.
    let [left, _] = heard[1_024];
    assert!((left - plain[1_024][0] / 3.0).abs() < 1e-6, "{left} {}", plain[1_024][0]);
}

/// A filter that ever heard one would give none any more.
#[test]
fn nothing_after_it_hears_what_is_no_number() {
    let studio = Studio::new(&["not-a-number", "gain"]);
    let filter = json!({"id": "filter", "processor": "dc-block"});
    let through = |name| json!([ramp_track("a", &json!([insert(name, &json!({})), filter]))]);
    let (_, plain) = studio.bounce(&studio.session("plain", &through("gain")), &["--no-cache"]);
    let song = studio.session("song", &through("not-a-number"));
    let (_, heard) = studio.bounce(&song, &["--no-cache"]);
    assert_eq!(heard[..1_024], plain[..1_024]);
    // One frame of silence in a ramp from -0.5 to 0.5 moves a slow filter by no more than it is.
    for (frame, (heard, plain)) in heard.iter().zip(&plain).enumerate().skip(1_025) {
        assert!((heard[0] - plain[0]).abs() < 0.01, "{frame}: {} {}", heard[0], plain[0]);
        assert!(heard[0] != 0.0, "{frame}");
    }
}

#[test]
fn a_worker_that_is_killed_by_hand_is_a_plug_in_that_failed() {
    let studio = Studio::new(&["hang-at-process", "gain"]);
    let song = studio.session("song", &song("hang-at-process"));
    let mut command = studio.bounce_command(&song, &["--no-cache"]);
    let host = command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let host = host.spawn().unwrap();
    let children = format!("/proc/{}/task/{}/children", host.id(), host.id());
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    // The host has a worker for each plug-in, once those are gone that were only asked; they belong
    // to the thread that started them.
    let children = || {
        let found = std::fs::read_to_string(&children).unwrap_or_default();
        found.split_whitespace().map(str::to_owned).collect::<Vec<String>>()
    };
    let workers = loop {
        let found = children();
        std::thread::sleep(std::time::Duration::from_millis(700));
        if (found.len() == 3 && children() == found) || std::time::Instant::now() > deadline {
            break found;
        }
    };
    assert_eq!(workers.len(), 3);
    let killed = std::process::Command::new("kill").arg("-9").args(&workers).status().unwrap();
    assert!(killed.success());
    let output = host.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{stderr}");
    assert!(stderr.contains("SIGKILL") && stderr.contains("tracks/"), "{stderr}");
}
