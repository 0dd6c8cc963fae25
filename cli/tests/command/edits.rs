//! `edit`, `undo`, `redo` and `history`.

use std::io::Write;
use std::process::Stdio;

use crate::support::{Place, command, done, refused, tone_track};

fn song(place: &Place) -> String {
    place.session("song", &format!("\"tracks\": [{}]", tone_track("keys", 1)))
}

fn ops(place: &Place, json: &str) -> String {
    std::fs::write(place.path("ops.json"), json).unwrap();
    place.text("ops.json")
}

fn document(place: &Place) -> Vec<u8> {
    std::fs::read(place.path("song/session.json")).unwrap()
}

const LOUDER: &str = "[{\"op\": \"set_volume\", \"track\": \"keys\", \"volume_db\": 3}]";

#[test]
fn an_edit_is_undone_and_done_again() {
    let place = Place::new();
    let session = song(&place);
    let batch = ops(&place, LOUDER);
    let outcome = done(["edit", &session, &batch, "--json"]).json();
    assert_eq!((&outcome["revision"], &outcome["dry_run"]), (&1.into(), &false.into()));
    assert!(outcome["touched"][0].as_str().unwrap().starts_with("tracks/keys"), "{outcome}");
    let edited = document(&place);
    assert_eq!(done(["undo", &session, "--json"]).json()["revision"], 2);
    let undone = document(&place);
    assert_ne!(undone, edited);
    let listing = done(["history", &session, "--json"]).json();
    assert_eq!((&listing["revision"], &listing["entries"][0]["undone"]), (&2.into(), &true.into()));
    done(["redo", &session]);
    assert_eq!(document(&place), edited);
    let text = done(["history", &session]).stdout;
    assert!(text.starts_with("revision 3\n") && text.contains("set_volume"), "{text}");
    refused(["undo", &session, "2"], 3, &["only 1 edits to undo"]);
    assert_eq!(document(&place), edited);
    refused(["redo", &session], 3, &["nothing to redo"]);
}

#[test]
fn a_dry_run_changes_nothing() {
    let place = Place::new();
    let session = song(&place);
    let before = document(&place);
    let outcome = done(["edit", &session, &ops(&place, LOUDER), "--dry-run", "--json"]).json();
    assert_eq!((&outcome["revision"], &outcome["dry_run"]), (&1.into(), &true.into()));
    assert_eq!(outcome["commands"][0]["op"], "set_volume");
    assert_eq!(document(&place), before);
    assert_eq!(done(["history", &session, "--json"]).json()["revision"], 0);
}

#[test]
fn commands_come_from_standard_input_too() {
    let place = Place::new();
    let session = song(&place);
    let mut child = command()
        .args(["edit", &session, "-", "--quiet"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(LOUDER.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(0), Vec::new()));
    assert!(String::from_utf8(document(&place)).unwrap().contains("\"volume_db\": 3"));
}

#[test]
fn a_batch_that_fails_names_the_command_and_changes_nothing() {
    let place = Place::new();
    let session = song(&place);
    let before = document(&place);
    let batch = ops(
        &place,
        "[{\"op\": \"set_mute\", \"track\": \"keys\", \"mute\": true},
          {\"op\": \"set_volume\", \"track\": \"bass\", \"volume_db\": 0}]",
    );
    let words = ["ops[1] (set_volume)", "'bass'", "keys", "nothing of the batch"];
    let outcome = refused(["edit", &session, &batch, "--json"], 3, &words);
    let error = &outcome.json()["error"];
    assert_eq!(error["kind"], "invalid");
    assert!(error["message"].as_str().unwrap().contains("ops[1]"), "{error}");
    assert_eq!(document(&place), before);
}

#[test]
fn bad_batches_are_refused() {
    let place = Place::new();
    let session = song(&place);
    for (json, words) in [
        ("", &["not valid JSON"][..]),
        ("[{\"op\": \"explode\"}]", &["ops[0] (explode)"]),
        ("[]", &["no commands"]),
        ("{\"opps\": []}", &["opps"]),
        ("7", &["neither an object nor an array"]),
    ] {
        refused(["edit", &session, &ops(&place, json)], 3, words);
    }
    refused(["edit", &session, &place.text("none.json")], 4, &["none.json", "cannot be read"]);
    std::fs::write(place.path("bytes.json"), [0xFF]).unwrap();
    refused(["edit", &session, &place.text("bytes.json")], 3, &["bytes.json", "UTF-8"]);
}

#[test]
fn an_edit_for_another_revision_is_refused() {
    let place = Place::new();
    let session = song(&place);
    let batch = ops(&place, LOUDER);
    let words = ["revision 0, not at 7", "edited since"];
    refused(["edit", &session, &batch, "--expect-revision", "7"], 3, &words);
    done(["edit", &session, &batch, "--expect-revision", "0"]);
    let stated = ops(&place, &format!("{{\"expected_revision\": 5, \"ops\": {LOUDER}}}"));
    refused(["edit", &session, &stated], 3, &["revision 1, not at 5"]);
    let words = ["--expect-revision says 1 and the batch says 5"];
    refused(["edit", &session, &stated, "--expect-revision", "1"], 2, &words);
}

/// Reading takes no lock and writes nothing.
#[test]
fn history_and_dry_runs_leave_no_trace_and_wait_for_no_one() {
    let place = Place::new();
    let session = song(&place);
    let batch = ops(&place, LOUDER);
    let before = place.files();
    assert_eq!(done(["history", &session, "--json"]).json()["revision"], 0);
    done(["edit", &session, &batch, "--dry-run"]);
    assert_eq!(place.files(), before);
    done(["edit", &session, &batch]);
    let lock = std::fs::File::open(place.path("song/.wavemill/lock")).unwrap();
    lock.lock().unwrap();
    refused(["edit", &session, &batch], 4, &["being edited by another process"]);
    assert_eq!(done(["history", &session, "--json"]).json()["revision"], 1);
    assert_eq!(done(["edit", &session, &batch, "--dry-run", "--json"]).json()["revision"], 2);
}

#[test]
fn a_history_that_an_edit_by_hand_ends_is_told_of() {
    let by_hand = |place: &Place| {
        let session = song(place);
        done(["edit", &session, &ops(place, LOUDER)]);
        let text = String::from_utf8(document(place)).unwrap();
        let text = text.replace("\"volume_db\": 3", "\"volume_db\": 4");
        std::fs::write(place.path("song/session.json"), text).unwrap();
        session
    };
    let words = "warning: session.json was changed by other means than wavemill";
    let place = Place::new();
    let session = by_hand(&place);
    let batch = ops(&place, LOUDER);
    // Told as often as it is looked at, until the next edit begins a new history.
    for _ in 0..2 {
        let listing = done(["history", &session, "--json"]);
        assert!(listing.stderr.starts_with(words), "{listing:?}");
        assert_eq!(listing.json()["entries"], serde_json::json!([]));
        let dry = done(["edit", &session, &batch, "--dry-run"]);
        assert!(dry.stderr.starts_with(words), "{dry:?}");
    }
    assert_eq!(done(["history", &session, "--quiet"]).stderr, "");
    let edited = done(["edit", &session, &batch]);
    assert!(edited.stderr.starts_with(words), "{edited:?}");
    assert!(edited.stderr.contains("set aside as"), "{edited:?}");
    assert_eq!(done(["history", &session]).stderr, "");
    for command in ["undo", "redo"] {
        let place = Place::new();
        let session = by_hand(&place);
        let outcome = crate::support::wavemill([command, &session]);
        assert_eq!(outcome.code, Some(3), "{outcome:?}");
        assert!(outcome.stderr.starts_with(words), "{outcome:?}");
        assert!(outcome.stderr.contains("\nerror: there is nothing to"), "{outcome:?}");
        let quiet = by_hand(&place);
        refused([command, &quiet, "--quiet"], 3, &["there is nothing to"]);
    }
}
