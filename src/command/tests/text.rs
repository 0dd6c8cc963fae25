//! The text form: batches, errors in them, the schema.

use super::*;
use crate::command::{BatchError, MAX_BATCH_OPS, ops_schema};

#[test]
fn a_batch_is_an_object_or_a_bare_array() {
    let op = r#"{"op":"set_seed","seed":1}"#;
    let bare = Batch::parse(&format!("[{op}]")).unwrap();
    assert_eq!((bare.ops.len(), bare.expected_revision), (1, None));
    let text = format!(r#"{{"expected_revision":3,"name":"Seed","ops":[{op}]}}"#);
    let batch = Batch::parse(&text).unwrap();
    assert_eq!((batch.expected_revision, batch.name.as_deref()), (Some(3), Some("Seed")));
    assert_eq!(serde_json::to_string(&batch).unwrap(), text);
}

#[test]
fn errors_name_the_place_and_the_choices() {
    let error = |text: &str| Batch::parse(text).unwrap_err().to_string();
    assert!(error("[").starts_with("not valid JSON"));
    assert!(error("3").contains("neither an object nor an array"));
    assert!(error(r#"{"ops":[],"opps":1}"#).contains("unknown field `opps`"));
    let unknown = error(r#"[{"op":"set_seed","seed":1},{"op":"set_sed"}]"#);
    assert!(unknown.starts_with("ops[1] (set_sed): unknown variant `set_sed`, expected one of"));
    assert!(unknown.contains("`set_session_name`"), "{unknown}");
    let field = error(r#"[{"op":"set_seed","seed":1,"sead":2}]"#);
    assert_eq!(field, "ops[0] (set_seed): unknown field `sead`, expected `seed`");
    let missing = error(r#"[{"op":"set_volume","track":"a"}]"#);
    assert_eq!(missing, "ops[0] (set_volume): missing field `volume_db`");
    let id = error(r#"[{"op":"delete_track","track":"A B"}]"#);
    assert!(id.contains("'A B' is no id"), "{id}");
    let many = format!("[{}1]", "1,".repeat(MAX_BATCH_OPS));
    assert_eq!(Batch::parse(&many).unwrap_err(), BatchError::TooMany(MAX_BATCH_OPS + 1));
}

#[test]
fn every_command_is_in_the_schema_under_its_name() {
    let schema = serde_json::to_value(ops_schema()).unwrap();
    let variants = schema["$defs"]["Command"]["oneOf"].as_array().unwrap();
    let name = |variant: &serde_json::Value| {
        variant["properties"]["op"]["const"].as_str().map(str::to_owned)
    };
    let names: Vec<String> = variants.iter().filter_map(name).collect();
    assert_eq!(names, Command::NAMES);
    for variant in variants {
        // Unknown fields are refused, and `op` is a known one.
        assert_eq!(variant["additionalProperties"], false, "{variant}");
    }
}

#[test]
fn a_command_in_memory_is_small() {
    assert!(size_of::<Command>() <= 512, "{}", size_of::<Command>());
    assert!(size_of::<Change>() <= 256, "{}", size_of::<Change>());
}
