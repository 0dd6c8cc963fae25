//! `new`, `import`, `info` and `plan`.

use crate::support::{Place, done, ramp, refused, tone_track, wav};

#[test]
fn a_new_session_is_empty_and_named() {
    let place = Place::new();
    let outcome = done(["new", &place.text("song"), "--name", "First", "--rate", "44100"]);
    assert!(outcome.stdout.contains("session.json"), "{outcome:?}");
    let info = done(["info", &place.text("song"), "--json"]).json();
    assert_eq!((&info["name"], &info["sample_rate"]), (&"First".into(), &44_100.into()));
    assert_eq!((&info["tracks"], &info["length_samples"]), (&serde_json::json!([]), &0.into()));
    let before = std::fs::read(place.path("song/session.json")).unwrap();
    refused(["new", &place.text("song")], 4, &["a session", "already"]);
    refused(["new", &place.text("song"), "--demo"], 4, &["already"]);
    assert_eq!(std::fs::read(place.path("song/session.json")).unwrap(), before);
    assert_eq!(place.files(), ["song/session.json"]);
    refused(["new", &place.text("other"), "--rate", "1"], 2, &["8000 to 384000"]);
    assert!(!place.path("other").exists());
}

#[test]
fn files_and_folders_become_tracks() {
    let place = Place::new();
    std::fs::create_dir(place.path("takes")).unwrap();
    for name in ["takes/Bass Line.wav", "takes/drums.wav", "solo.wav"] {
        std::fs::write(place.path(name), wav(&ramp(4_800))).unwrap();
    }
    std::fs::write(place.path("takes/notes.txt"), "loud").unwrap();
    let (takes, solo, song) = (place.text("takes"), place.text("solo.wav"), place.text("song"));
    let outcome = done(["import", &takes, &solo, "-o", &song, "--tempo", "95", "--json"]);
    let report = outcome.json();
    assert_eq!(
        (&report["created"], &report["files"].as_array().unwrap().len()),
        (&true.into(), &3)
    );
    assert_eq!(report["files"][0]["track"], "bass-line");
    assert_eq!(report["files"][0]["length_samples"], 4_800);
    let info = done(["info", &song, "--json"]).json();
    assert_eq!((&info["tempo_bpm"], &info["sample_rate"]), (&95.0.into(), &48_000.into()));
    assert_eq!(info["missing_files"], serde_json::json!([]));
    done(["bounce", &song, "-o", &place.text("out.wav")]);
    done(["undo", &song]);
    assert_eq!(done(["info", &song, "--json"]).json()["tracks"], serde_json::json!([]));
}

#[test]
fn referenced_files_stay_where_they_are() {
    let place = Place::new();
    std::fs::write(place.path("solo.wav"), wav(&ramp(4_800))).unwrap();
    let (solo, song) = (place.text("solo.wav"), place.text("song"));
    let outcome = done(["import", &solo, "-o", &song, "--reference"]);
    assert!(outcome.stdout.contains("1 tracks"), "{outcome:?}");
    assert!(!place.path("song/audio/solo.wav").exists());
    std::fs::remove_file(&solo).unwrap();
    assert!(done(["info", &song]).stdout.contains("missing: "));
}

#[test]
fn info_shows_every_track() {
    let place = Place::new();
    let song = place.session("song", &format!("\"tracks\": [{}]", tone_track("keys", 90)));
    let document = place.text("song/session.json");
    for path in [&song, &document] {
        let text = done(["info", path]).stdout;
        for word in ["song\n", "48000 Hz, 1:30.000, 120 bpm", "keys", "instrument", "tone"] {
            assert!(text.contains(word), "{text}");
        }
    }
}

#[test]
fn plans_are_printed_with_and_without_keys() {
    let place = Place::new();
    let song = place.session("song", &format!("\"tracks\": [{}]", tone_track("keys", 1)));
    let with = done(["plan", &song]).stdout;
    let without = done(["plan", &song, "--no-keys"]).stdout;
    assert!(without.contains("tracks/keys") && without.contains("master"), "{without}");
    assert!(with.len() > without.len());
    assert_eq!(with.lines().count(), without.lines().count());
}

#[test]
fn a_demo_keeps_audio_that_is_there() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("song/audio")).unwrap();
    std::fs::write(place.path("song/audio/snare.wav"), "mine").unwrap();
    refused(["new", &place.text("song"), "--demo"], 4, &["snare.wav", "exists already"]);
    assert_eq!(place.files(), ["song/audio/snare.wav"]);
    assert_eq!(std::fs::read(place.path("song/audio/snare.wav")).unwrap(), b"mine");
}
