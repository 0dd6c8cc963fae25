//! Sessions that are not what they should be.

use std::fmt::Write;
use std::fs::File;

use crate::support::{Place, refused, tone_track};

/// `info` or `bounce` of a session with `members` is refused with `words`, and leaves nothing.
fn bounce_refused(members: &str, words: &[&str]) {
    let place = Place::new();
    let session = place.session("song", members);
    refused(["bounce", &session, "-o", &place.text("out.wav")], 3, words);
    place.assert_clean("out.wav");
}

/// A document of `bytes` is refused with `words`.
fn document_refused(bytes: &[u8], words: &[&str]) {
    let place = Place::new();
    let session = place.document("song", bytes);
    for command in ["info", "plan", "history"] {
        refused([command, &session], 3, words);
    }
    refused(["bounce", &session, "-o", &place.text("out.wav")], 3, words);
    place.assert_clean("out.wav");
}

#[test]
fn a_missing_session_says_how_to_make_one() {
    let place = Place::new();
    let words = ["there is no session", "wavemill new", "wavemill import"];
    refused(["info", &place.text("none")], 4, &words);
}

#[test]
fn unknown_fields_are_named() {
    bounce_refused("\"trakcs\": []", &["session.json", "trakcs"]);
    let track = tone_track("keys", 1).replace("\"kind\"", "\"colour\": 1, \"kind\"");
    bounce_refused(&format!("\"tracks\": [{track}]"), &["tracks/keys", "colour"]);
}

#[test]
fn a_newer_version_asks_for_a_newer_build() {
    document_refused(
        b"{\"format\": \"wavemill-session\", \"version\": 99, \"of\": \"the future\"}",
        &["version 99", "newer build"],
    );
}

#[test]
fn duplicate_ids_are_named() {
    let track = tone_track("keys", 1);
    bounce_refused(
        &format!("\"tracks\": [{track}, {track}]"),
        &["tracks/keys", "give each its own"],
    );
}

#[test]
fn a_circle_is_named() {
    let group = |id: &str, to: &str| {
        format!(
            "{{\"id\": \"{id}\", \"name\": \"{id}\", \"kind\": \"group\", \"output\": \"{to}\"}}"
        )
    };
    let groups = [group("a", "b"), group("b", "c"), group("c", "a")].join(", ");
    bounce_refused(&format!("\"tracks\": [{groups}]"), &["circle", "a", "b", "c", "remove"]);
}

#[test]
fn a_send_to_nowhere_is_refused_with_the_choices() {
    let send = "\"sends\": [{\"id\": \"s\", \"to\": \"hall\"}], \"kind\"";
    let track = tone_track("keys", 1).replace("\"kind\"", send);
    bounce_refused(&format!("\"tracks\": [{track}]"), &["tracks/keys/sends/s", "hall"]);
}

#[test]
fn an_unknown_processor_is_refused_with_the_choices() {
    let track = tone_track("keys", 1).replace("\"tone\"}]", "\"tonne\"}]");
    bounce_refused(
        &format!("\"tracks\": [{track}]"),
        &["tracks/keys/inserts/tone", "tonne", "gain"],
    );
}

#[test]
fn a_tempo_of_10000_is_refused() {
    bounce_refused("\"tempo\": [{\"at\": 0, \"bpm\": 10000}]", &["tempo", "10000", "5", "999"]);
}

#[test]
fn a_gain_of_400_db_is_refused() {
    let track = tone_track("keys", 1).replace("\"kind\"", "\"volume_db\": 400, \"kind\"");
    bounce_refused(&format!("\"tracks\": [{track}]"), &["tracks/keys/volume_db", "400", "36"]);
}

#[test]
fn a_negative_length_is_refused() {
    let track = tone_track("keys", 1).replace("{\"ticks\": 30720}", "{\"ticks\": -30720}");
    bounce_refused(&format!("\"tracks\": [{track}]"), &["tracks/keys/clips/keys-clip/length"]);
}

#[test]
fn a_sample_rate_of_a_billion_is_refused() {
    let json = "{\"format\": \"wavemill-session\", \"version\": 1, \"name\": \"x\", \
                \"sample_rate\": 1000000000}";
    document_refused(json.as_bytes(), &["sample_rate", "8000 to 384000"]);
}

#[test]
fn a_billion_tracks_are_refused() {
    bounce_refused("\"tracks\": 1000000000", &["tracks", "invalid type"]);
    let mut tracks = String::new();
    for n in 0..16_385 {
        let comma = if n == 0 { "" } else { "," };
        let name = format!("t{n}");
        write!(tracks, "{comma}{{\"id\":\"{name}\",\"name\":\"\",\"kind\":\"audio\"}}").unwrap();
    }
    bounce_refused(&format!("\"tracks\": [{tracks}]"), &["tracks", "16385", "16384"]);
}

#[test]
fn more_signals_than_can_be_summed_exactly_are_refused() {
    let tracks: Vec<String> = (0..2_049)
        .map(|n| format!("{{\"id\":\"t{n}\",\"name\":\"\",\"kind\":\"audio\"}}"))
        .collect();
    let tracks = tracks.join(",");
    bounce_refused(&format!("\"tracks\": [{tracks}]"), &["master", "2049", "2048", "groups"]);
}

#[test]
fn deep_nesting_is_refused() {
    let deep = "[".repeat(1_000_000);
    let start = "{\"format\": \"wavemill-session\", \"version\": 1, \"name\": \"x\", ";
    let json = format!("{start}\"sample_rate\": 48000, \"tracks\": {deep}");
    document_refused(json.as_bytes(), &["session.json"]);
    document_refused(deep.as_bytes(), &["session.json"]);
    let unknown = format!("{start}\"unknown\": {deep}");
    document_refused(unknown.as_bytes(), &["session.json"]);
}

#[test]
fn two_gigabytes_of_json_are_refused_by_their_length() {
    let place = Place::new();
    let session = place.document("song", b"{");
    // Sparse: it takes no room, and nobody reads it.
    let file = File::options().write(true).open(place.path("song/session.json")).unwrap();
    file.set_len(2 << 30).unwrap();
    refused(["info", &session], 3, &["session.json", "2147483648 bytes"]);
}

#[test]
fn cut_and_foreign_json_is_refused_with_its_place() {
    document_refused(b"{\"format\": \"wavemill-session\", \"ver", &["line 1, column"]);
    document_refused(b"", &["line 1, column 0"]);
    document_refused(b"\xFF\xFE\0\0", &["session.json"]);
    document_refused(b"[]", &["this is no session"]);
    document_refused(b"{\"hello\": 1}", &["this is no session"]);
}

#[test]
fn an_empty_session_has_nothing_to_bounce() {
    bounce_refused("", &["nothing to bounce"]);
}

/// It is shown all the same; the exit code is that of a bounce, whatever the problem.
#[test]
fn info_shows_a_session_that_cannot_be_rendered_and_fails() {
    let loud = tone_track("keys", 1).replace("\"kind\"", "\"volume_db\": 400, \"kind\"");
    let loud = format!("\"tracks\": [{loud}]");
    let fast = "\"tempo\": [{\"at\": 0, \"bpm\": 10000}]".to_owned();
    for (members, word) in [
        (loud.clone(), "volume_db"),
        (fast.clone(), "10000"),
        (format!("{loud}, {fast}"), "1 more"),
    ] {
        let place = Place::new();
        let session = place.session("song", &members);
        let text = refused(["info", &session], 3, &[word]);
        assert!(text.stdout.starts_with("song\n"), "{text:?}");
        assert!(text.stdout.contains("problem: "), "{text:?}");
        let json = refused(["info", &session, "--json"], 3, &[word]).json();
        assert_eq!((&json["name"], json["problems"].is_array()), (&"song".into(), true));
    }
}
