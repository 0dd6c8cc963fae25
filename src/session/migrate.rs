//! Migrations: older documents brought up to the present version, one version at a time.

use serde_json::Value;

use super::SESSION_VERSION;

/// Turns a document of one version into one of the next. It sees the document before its fields
/// are checked, and leaves what it does not know alone: the check of the newest version says what
/// is wrong with it.
pub(super) type Migration = fn(Value) -> Value;

/// From version 1 to 2, from 2 to 3, and so on up to [`SESSION_VERSION`].
pub(super) const MIGRATIONS: &[Migration] = &[];

// A version raised without its migration does not build.
const _: () = assert!(MIGRATIONS.len() + 1 == SESSION_VERSION as usize);

/// Brings `document` from version `from` (at least 1) through the rest of `chain`.
pub(super) fn migrate(document: Value, from: u32, chain: &[Migration]) -> Value {
    let done = usize::try_from(from.saturating_sub(1)).unwrap_or(usize::MAX);
    let mut document = chain.iter().skip(done).fold(document, |document, step| step(document));
    if let Some(version) = document.get_mut("version") {
        *version = Value::from(chain.len() + 1);
    }
    document
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn adds(mut document: Value, letter: &str) -> Value {
        document["trail"] = format!("{}{letter}", document["trail"].as_str().unwrap()).into();
        document
    }

    #[test]
    fn a_document_goes_through_the_steps_after_its_version_in_order() {
        let chain: &[Migration] =
            &[|doc| adds(doc, "a"), |doc| adds(doc, "b"), |doc| adds(doc, "c")];
        let trail = |version| migrate(json!({"version": version, "trail": ""}), version, chain);
        assert_eq!(trail(1), json!({"version": 4, "trail": "abc"}));
        assert_eq!(trail(3), json!({"version": 4, "trail": "c"}));
        assert_eq!(trail(4), json!({"version": 4, "trail": ""}));
    }
}
