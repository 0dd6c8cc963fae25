//! Tests of reading: good documents, and each kind of bad one with its message.

use proptest::prelude::*;

use super::*;
use crate::session::limits::MAX_TRACKS;
use crate::session::{TrackKind, arbitrary};

/// A document whose one audio track has `track` among its fields.
fn document(track: &str) -> String {
    format!(
        r#"{{"format": "wavemill-session", "version": 1, "name": "x", "sample_rate": 48000,
"tracks": [
{{"name": "Kick", "id": "kick", "kind": "audio"}},
{{"name": "Bass", "kind": "audio", {track}, "id": "bass"}}
]}}"#
    )
}

fn error(json: &str) -> String {
    Session::from_json(json.as_bytes()).unwrap_err().to_string()
}

#[test]
fn a_session_written_by_hand_needs_little() {
    let json = r#"{"format": "wavemill-session", "version": 1, "name": "x", "sample_rate": 48000,
        "tracks": [{"id": "keys", "name": "Keys", "kind": "instrument"}]}"#;
    let session = Session::from_json(json.as_bytes()).unwrap();
    assert_eq!(session.tracks[0].kind, TrackKind::Instrument);
    assert_eq!(session.check(), []);
}

#[test]
fn unknown_fields_are_named_with_their_path_and_the_valid_ones() {
    let message = error(&document(r#""colour": "red""#));
    assert!(
        message.starts_with(
            "tracks/bass/colour: unknown field `colour`, expected one of `id`, `name`, `kind`"
        ),
        "{message}"
    );
    assert!(message.ends_with("(line 4, column 42); correct it there"), "{message}");
}

#[test]
fn wrong_types_are_named_with_the_ids_on_the_way() {
    let clip = |field: &str| {
        document(&format!(
            r#""clips": [{{"id": "intro", "content": {{"audio": {{"file": "a.wav"}}}}, "start": {{"ticks": 0}}, "length": {{"ticks": 1}}}},
            {{{field}, "id": "verse"}}]"#
        ))
    };
    let message = error(&clip(r#""length": "long""#));
    assert!(message.starts_with("tracks/bass/clips/verse/length: "), "{message}");
    assert!(message.contains("`ticks` or `samples`"), "{message}");
    let message = error(&clip(r#""length": {"ticks": 1.5}"#));
    assert!(
        message.starts_with("tracks/bass/clips/verse/length/ticks: invalid type: floating point"),
        "{message}"
    );
    let message = error(&clip(r#""content": {"notes": [{"at": 0, "length": 1, "key": 300}]}"#));
    assert!(
        message.starts_with(
            "tracks/bass/clips/verse/content/notes/0/key: invalid value: integer `300`"
        ),
        "{message}"
    );
    let message = error(&document(
        r#""inserts": [{"id": "eq", "processor": "equaliser", "parameters": {"gain_db": []}}]"#,
    ));
    assert!(message.starts_with("tracks/bass/inserts/eq"), "{message}");
    assert!(message.contains("expected a number, or the name of a choice as text"), "{message}");
    let message = error(&document(r#""pan": null"#));
    assert!(message.starts_with("tracks/bass/pan: invalid type: null, expected f64"), "{message}");
}

#[test]
fn wrong_choices_are_answered_with_the_valid_ones() {
    let message = error(&document(r#""layout": "quad""#));
    assert!(
        message
            .starts_with("tracks/bass/layout: unknown variant `quad`, expected `mono` or `stereo`"),
        "{message}"
    );
    let message = error(&document(r#""lanes": [{"id": "a", "target": "loudness"}]"#));
    assert!(
        message
            .starts_with("tracks/bass/lanes/a/target: 'loudness' names no parameter: use volume"),
        "{message}"
    );
    let message =
        error(r#"{"format": "wavemill-session", "version": 1, "name": "x", "sample_rate": 5}"#);
    assert!(
        message.starts_with("sample_rate: sample rate 5 Hz is outside 8000 to 384000 Hz"),
        "{message}"
    );
}

#[test]
fn a_bad_id_leaves_the_index_in_the_path() {
    let message = error(
        r#"{"format": "wavemill-session", "version": 1, "name": "x", "sample_rate": 48000,
        "tracks": [{"id": "The Bass", "name": "Bass", "kind": "audio"}]}"#,
    );
    assert!(message.starts_with("tracks/0/id: 'The Bass' is no id"), "{message}");
}

#[test]
fn missing_fields_are_named() {
    let message = error(r#"{"format": "wavemill-session", "version": 1, "name": "x"}"#);
    assert!(message.starts_with("session: missing field `sample_rate`"), "{message}");
}

#[test]
fn a_newer_version_names_both_versions_and_what_to_do() {
    for version in [2_u64, 70_000, u64::MAX] {
        // Whatever a newer version holds, it is the version that is reported.
        let json =
            format!(r#"{{"future": [1], "format": "wavemill-session", "version": {version}}}"#);
        let expected = SessionParseError::Newer { version, newest: 1 };
        assert_eq!(Session::from_json(json.as_bytes()), Err(expected));
    }
    let message = error(r#"{"format": "wavemill-session", "version": 2}"#);
    assert_eq!(
        message,
        "the session has version 2 and this build reads versions up to 1: open it with a newer build of wavemill"
    );
}

#[test]
fn what_is_no_session_is_told_apart() {
    let no_session = |json: &str| {
        let error = Session::from_json(json.as_bytes()).unwrap_err();
        assert!(matches!(error, SessionParseError::NotASession { .. }), "{json}: {error}");
        error.to_string()
    };
    assert!(no_session("[1, 2]").contains("its JSON is not an object"));
    assert!(no_session(r#"["wavemill-session", 1]"#).contains("its JSON is not an object"));
    assert!(no_session("  17").contains("its JSON is not an object"));
    assert!(no_session("{}").contains("it has no \"format\""));
    assert!(
        no_session(r#"{"format": "other", "version": 1}"#).contains("its \"format\" is \"other\"")
    );
    assert!(no_session(r#"{"format": "wavemill-session"}"#).contains("it has no \"version\""));
    assert!(no_session(r#"{"format": "wavemill-session", "version": 0}"#).contains("count from 1"));
    let message = error(r#"{"format": 5}"#);
    assert!(
        message.starts_with("format: invalid type: integer `5`, expected a string"),
        "{message}"
    );
    let message = error(r#"{"format": "wavemill-session", "version": -1}"#);
    assert!(message.starts_with("version: invalid value: integer `-1`"), "{message}");
}

#[test]
fn broken_json_is_reported_with_its_place() {
    for json in ["", "   ", "{", "{\"format\": \"wavemill-session\"", "nonsense", "\u{feff}{}"] {
        let error = Session::from_json(json.as_bytes()).unwrap_err();
        assert!(matches!(error, SessionParseError::Syntax { .. }), "{json}: {error}");
    }
    let message = error("{\n\"format\": oops}");
    assert_eq!(
        message,
        "the session is not valid JSON at line 2, column 11: expected value; correct it there"
    );
    let twice = document(r#""pan": 0"#).repeat(2);
    assert!(error(&twice).contains("trailing characters"), "{}", error(&twice));
    assert!(Session::from_json(b"{\"name\": \"\xff\"}").is_err());
    assert!(error(&document(r#""pan": 1e999"#)).contains("number out of range"));
}

#[test]
fn deep_nesting_is_refused_without_a_deep_stack() {
    let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = "{\"a\":".repeat(1_000_000);
    assert!(error(&deep(1_000_000)).contains("not an object"));
    assert!(error(&objects).contains("line 1"));
    let parameter = |json: &str| {
        document(&format!(
            r#""inserts": [{{"id": "eq", "processor": "x", "parameters": {{"a": {json}}}}}]"#
        ))
    };
    assert!(error(&parameter(&deep(1_000_000))).contains("recursion limit exceeded"));
    assert!(
        error(&document(&format!("\"colour\": {}", deep(1_000_000)))).contains("unknown field")
    );
    assert!(error(&document(&format!("\"pan\": {}", deep(1_000_000)))).contains("invalid type"));
}

#[test]
fn oversized_json_is_refused_by_its_length() {
    let limit = MAX_SESSION_BYTES;
    assert_eq!(Session::check_json_size(limit), Ok(()));
    let two_gigabytes = 2 << 30;
    let error = Session::check_json_size(two_gigabytes).unwrap_err();
    assert_eq!(error, SessionParseError::TooLarge { bytes: two_gigabytes });
    assert_eq!(
        error.to_string(),
        "the session is 2147483648 bytes long, more than the 268435456 a session may have: check that this is a session.json, or split it"
    );
}

#[test]
fn more_tracks_than_allowed_are_counted() {
    let track = |index: usize| format!(r#"{{"id":"t{index}","name":"","kind":"audio"}}"#);
    let json = |count: usize| {
        let tracks: Vec<String> = (0..count).map(track).collect();
        let tracks = tracks.join(",");
        format!(
            r#"{{"format":"wavemill-session","version":1,"name":"x","sample_rate":48000,"tracks":[{tracks}]}}"#
        )
    };
    let problems = Session::from_json(json(MAX_TRACKS + 1).as_bytes()).unwrap().check();
    let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(texts, ["tracks: there are 16385 of them and at most 16384 are allowed"]);
    assert_eq!(Session::from_json(json(MAX_TRACKS).as_bytes()).unwrap().check(), []);
}

#[test]
fn older_versions_are_migrated_before_they_are_read() {
    // As if versions 1 and 2 had called the name otherwise, and this build wrote version 3.
    fn rename(mut document: serde_json::Value, from: &str, to: &str) -> serde_json::Value {
        let value = document[from].take();
        document[to] = value;
        let fields = document.as_object_mut().unwrap();
        fields.remove(from);
        document
    }
    let chain: &[Migration] = &[
        |document| rename(document, "title", "label"),
        |document| rename(document, "label", "name"),
    ];
    let json = |version: u32, field: &str| {
        format!(
            r#"{{"format": "wavemill-session", "version": {version}, "{field}": "Song", "sample_rate": 48000}}"#
        )
    };
    for (version, field) in [(1, "title"), (2, "label"), (3, "name")] {
        let session = read(json(version, field).as_bytes(), chain).unwrap();
        assert_eq!((session.name.as_str(), session.version), ("Song", 3));
    }
    let error = read(json(4, "name").as_bytes(), chain).unwrap_err();
    assert_eq!(error, SessionParseError::Newer { version: 4, newest: 3 });
    // What is wrong with the migrated document still has a path.
    let error = read(json(2, "name").as_bytes(), chain).unwrap_err().to_string();
    let expected = "name: invalid type: null, expected a string (after reading it as version 2); correct it there";
    assert_eq!(error, expected);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Session::from_json(&bytes);
    }

    #[test]
    fn changed_documents_never_panic(
        session in arbitrary::session(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), edit()), 1..8),
    ) {
        let mut bytes = session.to_canonical_json().unwrap();
        for (at, edit) in edits {
            let at = at.index(bytes.len().max(1)).min(bytes.len());
            match edit {
                Edit::Replace(byte) => if let Some(place) = bytes.get_mut(at) { *place = byte },
                Edit::Insert(text) => drop(bytes.splice(at..at, text.into_bytes())),
                Edit::Cut(length) => drop(bytes.drain(at..bytes.len().min(at + length))),
            }
        }
        if let Ok(session) = Session::from_json(&bytes) {
            // A changed number can make any value absurd: none may overflow or panic either.
            let _ = session.check();
            let _ = session.to_canonical_json().unwrap();
        }
    }

    #[test]
    fn absurd_values_never_panic(
        session in arbitrary::session(),
        at in any::<prop::sample::Index>(),
        value in prop_oneof![
            any::<i64>().prop_map(serde_json::Value::from),
            any::<f64>().prop_map(serde_json::Value::from),
            Just(serde_json::Value::Null),
            Just(serde_json::json!([])),
            Just(serde_json::json!({"id": []})),
        ],
    ) {
        let mut document = serde_json::to_value(&session).unwrap();
        let count = leaves(&mut document, &mut |_| {});
        let chosen = at.index(count);
        let mut index = 0;
        leaves(&mut document, &mut |leaf| {
            if index == chosen { *leaf = value.clone(); }
            index += 1;
        });
        match Session::from_json(document.to_string().as_bytes()) {
            Ok(session) => drop(session.check()),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }
}

#[derive(Clone, Debug)]
enum Edit {
    Replace(u8),
    Insert(String),
    Cut(usize),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        any::<u8>().prop_map(Edit::Replace),
        "[0-9eE.+-]{1,20}|[\\[\\]{},:\"]|null|true".prop_map(Edit::Insert),
        (0_usize..50).prop_map(Edit::Cut),
    ]
}

/// Visits every value that is no object or array; how many there are.
fn leaves(value: &mut serde_json::Value, visit: &mut dyn FnMut(&mut serde_json::Value)) -> usize {
    match value {
        serde_json::Value::Array(items) => items.iter_mut().map(|item| leaves(item, visit)).sum(),
        serde_json::Value::Object(fields) => {
            fields.values_mut().map(|field| leaves(field, visit)).sum()
        }
        leaf => {
            visit(leaf);
            1
        }
    }
}
