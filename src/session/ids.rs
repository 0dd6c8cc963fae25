//! Stable readable ids: short strings chosen once, kept through renames and reordering.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Longest id, in bytes.
const MAX_ID_BYTES: usize = 64;

/// A string that cannot be an id.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no id: use 1 to 64 of the characters a-z, 0-9, '-', '_' and '.', starting with a letter or digit"
)]
pub struct IdError(pub String);

fn check(text: &str) -> Result<(), IdError> {
    let starts_well =
        text.bytes().next().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_.".contains(&b);
    if starts_well && text.len() <= MAX_ID_BYTES && text.bytes().all(plain) {
        Ok(())
    } else {
        Err(IdError(text.chars().take(MAX_ID_BYTES).collect()))
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(
            Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
        )]
        #[serde(try_from = "String", into = "String")]
        #[schemars(with = "String", extend("pattern" = "^[a-z0-9][a-z0-9._-]{0,63}$"))]
        pub struct $name(String);

        impl $name {
            /// Checks and wraps `text`.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                check(&text)?;
                Ok(Self(text))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

id! {
    /// Names a track of any kind; unique in the session. `master` and `none` are reserved.
    TrackId
}
id! {
    /// Names a clip; unique in the session.
    ClipId
}
id! {
    /// Names an insert; unique on its track.
    InsertId
}
id! {
    /// Names a send; unique on its track.
    SendId
}
id! {
    /// Names an automation lane; unique on its track.
    LaneId
}
id! {
    /// Names a take lane; unique on its track.
    TakeLaneId
}
id! {
    /// Names a marker; unique in the session.
    MarkerId
}
id! {
    /// Names a section; unique in the session.
    SectionId
}
id! {
    /// Names a VCA; unique in the session.
    VcaId
}
id! {
    /// Names an edit or mix group; unique in the session.
    GroupId
}
