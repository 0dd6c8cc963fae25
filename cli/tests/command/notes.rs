//! `notes`, and notes from text.

use crate::support::{Place, done, refused};

const KEYS: &str = r#""tracks": [
    {"id": "keys", "name": "Keys", "kind": "instrument", "clips": [
        {"id": "verse", "content": {"notes": []},
         "start": {"ticks": 61440}, "length": {"ticks": 245760}}]},
    {"id": "drums", "name": "Drums", "kind": "instrument", "clips": [
        {"id": "beat", "content": {"notes": []},
         "start": {"ticks": 0}, "length": {"ticks": 61440}}]}]"#;

/// A session into whose clips chords and drums were written.
fn song(place: &Place) -> String {
    let song = place.session("song", KEYS);
    let ops = place.text("ops.json");
    let text = r#"{"ops": [
        {"op": "add_notes_from_text", "clip": "verse", "kind": "chords",
         "text": "C:1/1 Am7:1/1 | F:1/1 G7:1/1"},
        {"op": "add_notes_from_text", "clip": "beat", "kind": "drums", "channel": 9,
         "text": "kick x...x...x...x...\nsnare ....X.......X..."}]}"#;
    std::fs::write(&ops, text).unwrap();
    done(["edit", &song, &ops]);
    song
}

#[test]
fn notes_tell_statistics_key_and_chords_of_each_clip() {
    let place = Place::new();
    let song = song(&place);
    let text = done(["notes", &song]).stdout;
    for words in ["track  clip", "verse", "C4 to G5", "C major", "2:C 3:Am7 4:F 5:G7", "beat"] {
        assert!(text.contains(words), "no '{words}' in {text}");
    }
    let report = done(["notes", &song, "--json"]).json();
    let clip = &report["clips"][0];
    assert_eq!((&clip["track"], &clip["clip"]), (&"keys".into(), &"verse".into()));
    assert_eq!((&clip["notes"], &clip["polyphony"]), (&14.into(), &4.into()));
    assert_eq!((&clip["lowest_key"], &clip["mean_velocity"]), (&60.into(), &100.0.into()));
    assert_eq!(clip["keys"][0]["name"], "C major");
    assert_eq!(clip["chords"][3], serde_json::json!({"bar": 5, "chord": "G7"}));
    assert_eq!(report["clips"][1]["notes_a_bar"], 6.0);
}

#[test]
fn one_track_alone_is_told_and_a_missing_one_refused() {
    let place = Place::new();
    let song = song(&place);
    let report = done(["notes", &song, "--track", "drums", "--json"]).json();
    assert_eq!(report["clips"].as_array().unwrap().len(), 1);
    refused(["notes", &song, "--track", "bass"], 2, &["no track 'bass'", "keys, drums"]);
    let empty = place.session("empty", "");
    assert_eq!(done(["notes", &empty]).stdout, "no note clips\n");
}

#[test]
fn a_text_that_makes_no_notes_is_refused_with_its_place() {
    let place = Place::new();
    let song = place.session("song", KEYS);
    let ops = place.text("ops.json");
    let text = r#"{"ops": [{"op": "add_notes_from_text", "clip": "verse", "kind": "melody",
        "text": "C4:1/4\nE4 H4"}]}"#;
    std::fs::write(&ops, text).unwrap();
    let before = std::fs::read(place.path("song/session.json")).unwrap();
    refused(
        ["edit", &song, &ops],
        3,
        &["keys/clips/verse", "line 2, column 4", "'H4' names no note"],
    );
    assert_eq!(std::fs::read(place.path("song/session.json")).unwrap(), before);
}
