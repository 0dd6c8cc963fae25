//! The JSON Schema of a session document, for editors and other programs.

use serde_json::Value;

use super::{SESSION_VERSION, Session};

/// The JSON Schema (2020-12) of a `session.json` of version [`SESSION_VERSION`].
///
/// It covers the form; ranges, references and limits are [`Session::check`]'s.
pub fn session_schema() -> Value {
    let mut schema = schemars::schema_for!(Session);
    schema.insert("title".to_owned(), "Wavemill session".into());
    let description = format!(
        "A session.json of format version {SESSION_VERSION}: tracks, clips, routing, automation and tempo; audio and plug-in states lie beside it."
    );
    schema.insert("description".to_owned(), description.into());
    schema.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schema_names_every_field_of_a_session() {
        let schema = session_schema();
        assert_eq!(schema["title"], "Wavemill session");
        let rate = crate::time::SampleRate::new(48_000).unwrap();
        let session = serde_json::to_value(Session::new("x", rate)).unwrap();
        for field in session.as_object().unwrap().keys() {
            assert!(schema["properties"][field].is_object(), "{field}");
        }
        assert_eq!(schema["additionalProperties"], false);
        assert_eq!(
            schema["required"],
            serde_json::json!(["format", "version", "name", "sample_rate"])
        );
        assert!(schema["$defs"]["TrackKind"].to_string().contains("instrument"));
    }
}
