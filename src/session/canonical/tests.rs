//! Tests of the canonical form: how it looks, and that it comes back.

use proptest::prelude::*;

use crate::session::{Session, arbitrary};

const TEXT: &str = r#"{
  "format": "wavemill-session",
  "version": 1,
  "name": "two \"bars\" [{\"id\":",
  "sample_rate": 48000,
  "plugin_block": 512,
  "pan_law": "-3dB",
  "seed": 0,
  "tempo": [
    {"at": 0, "bpm": 120.0, "shape": "ramp"},
    {"at": 61440, "bpm": 90.5, "shape": "step"}
  ],
  "tracks": [
    {
      "id": "bass",
      "name": "Bass",
      "kind": "instrument",
      "layout": "stereo",
      "volume_db": -6.0,
      "inserts": [
        {
          "id": "tone",
          "processor": "tone",
          "parameters": {"attack_ms": 0.1, "wave": "square"}
        }
      ],
      "lanes": [
        {
          "id": "swell",
          "target": "volume",
          "mode": "read",
          "points": [
            {"at": {"ticks": 0}, "value": -12.0, "shape": "hold"},
            {"at": {"samples": 48000}, "value": 0.30000000000000004, "shape": "linear"}
          ]
        }
      ],
      "clips": [
        {
          "id": "verse",
          "content": {
            "midi": {
              "notes": [
                {"at": 0, "length": 15360, "key": 36, "velocity": 100}
              ]
            }
          },
          "start": {"ticks": 0},
          "length": {"ticks": 61440},
          "fade_in": {"length": 480, "curve": "equal-power"}
        }
      ]
    }
  ],
  "master": {"volume_db": 0.0},
  "vcas": [
    {
      "id": "low",
      "name": "Low",
      "volume_db": 0.0,
      "members": ["bass"]
    }
  ],
  "click": {"enabled": false, "level_db": -12.0, "accent": true, "count_in_bars": 1}
}
"#;

#[test]
fn leaves_stay_on_a_line_and_things_with_ids_do_not() {
    let session = Session::from_json(TEXT.as_bytes()).unwrap();
    assert_eq!(session.check(), []);
    let written = String::from_utf8(session.to_canonical_json().unwrap()).unwrap();
    assert_eq!(written, TEXT);
}

#[test]
fn long_leaves_are_broken() {
    let mut session = Session::from_json(TEXT.as_bytes()).unwrap();
    let parameters = &mut session.tracks[0].inserts[0].parameters;
    for letter in 'a'..='j' {
        let value = crate::session::ParameterValue::Choice("x".repeat(5));
        parameters.insert(letter.to_string(), value);
    }
    let written = String::from_utf8(session.to_canonical_json().unwrap()).unwrap();
    let expected = "          \"parameters\": {\n            \"a\": \"xxxxx\",\n            \"attack_ms\": 0.1,\n";
    assert!(written.contains(expected), "{written}");
    assert_eq!(Session::from_json(written.as_bytes()).unwrap(), session);
}

#[test]
fn numbers_json_cannot_hold_are_refused() {
    let mut session = Session::from_json(TEXT.as_bytes()).unwrap();
    session.master.volume_db = f64::NAN;
    assert!(session.to_canonical_json().is_err());
    session.master.volume_db = 0.0;
    session.tracks[0].volume_db = f64::INFINITY;
    assert!(session.to_canonical_json().is_err());
    session.tracks[0].volume_db = 0.0;
    session.name = "null".to_owned();
    assert!(session.to_canonical_json().is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..Default::default() })]

    #[test]
    fn saving_loading_and_saving_gives_the_same_bytes(session in arbitrary::session()) {
        let first = session.to_canonical_json().unwrap();
        let loaded = Session::from_json(&first).unwrap();
        prop_assert_eq!(&loaded, &session);
        prop_assert_eq!(loaded.to_canonical_json().unwrap(), first);
    }

    #[test]
    fn the_canonical_form_is_the_same_json_as_any_other(session in arbitrary::session()) {
        let canonical = session.to_canonical_json().unwrap();
        let read: serde_json::Value = serde_json::from_slice(&canonical).unwrap();
        prop_assert_eq!(read, serde_json::to_value(&session).unwrap());
        let text = String::from_utf8(canonical).unwrap();
        let tidy = text.ends_with("}\n") && !text.contains(" \n");
        prop_assert!(tidy, "{}", text);
    }

    #[test]
    fn random_sessions_are_free_of_problems(session in arbitrary::session()) {
        prop_assert_eq!(session.check(), []);
    }
}
