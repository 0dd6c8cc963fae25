//! Reading a session document: bytes to values, or one error that says where it is wrong.

use serde::Deserialize;
use serde_json::error::Category;
use serde_path_to_error::Path;

use super::limits::MAX_SESSION_BYTES;
use super::locate::readable_path;
use super::migrate::{MIGRATIONS, Migration, migrate};
use super::{SESSION_FORMAT, Session};

/// Why bytes are no session.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SessionParseError {
    /// More bytes than any real session has.
    #[error(
        "the session is {bytes} bytes long, more than the {MAX_SESSION_BYTES} a session may have: check that this is a session.json, or split it"
    )]
    TooLarge {
        /// Its length.
        bytes: u64,
    },
    /// Not JSON at all.
    #[error(
        "the session is not valid JSON at line {line}, column {column}: {what}; correct it there"
    )]
    Syntax {
        /// The line, counted from 1.
        line: usize,
        /// The column, counted from 1.
        column: usize,
        /// What is wrong.
        what: String,
    },
    /// JSON of something else.
    #[error(
        "this is no session: {what}; a session is one JSON object with \"format\": \"{SESSION_FORMAT}\" and \"version\""
    )]
    NotASession {
        /// What gives it away.
        what: String,
    },
    /// Written by a later build.
    #[error(
        "the session has version {version} and this build reads versions up to {newest}: open it with a newer build of wavemill"
    )]
    Newer {
        /// Its version.
        version: u64,
        /// The newest one read.
        newest: u32,
    },
    /// A field that is unknown, missing, or has a value of the wrong kind.
    #[error("{path}: {what}; correct it there")]
    Field {
        /// The path inside the session, such as `tracks/bass/clips/verse/length`.
        path: String,
        /// What is wrong, with the valid choices where there are some, and the line and column.
        what: String,
    },
}

impl Session {
    /// Reads a session document of this version or an older one.
    ///
    /// It is of the right form then, and may still hold values out of range or references to
    /// nothing: [`Session::check`] tells. Fails on the first thing wrong.
    pub fn from_json(bytes: &[u8]) -> Result<Self, SessionParseError> {
        read(bytes, MIGRATIONS)
    }

    /// Refuses a document over [`MAX_SESSION_BYTES`] by its length alone, so that a file can be
    /// refused before it is read.
    pub const fn check_json_size(bytes: u64) -> Result<(), SessionParseError> {
        if bytes > MAX_SESSION_BYTES { Err(SessionParseError::TooLarge { bytes }) } else { Ok(()) }
    }
}

/// What says which version the rest is of; everything else is skipped without being kept.
#[derive(Deserialize)]
struct Header {
    format: Option<String>,
    version: Option<u64>,
}

fn read(bytes: &[u8], chain: &[Migration]) -> Result<Session, SessionParseError> {
    Session::check_json_size(bytes.len() as u64)?;
    let version = version(bytes)?;
    let newest = u32::try_from(chain.len() + 1).unwrap_or(u32::MAX);
    match u32::try_from(version) {
        Ok(version) if version == newest => typed(bytes),
        Ok(0) => Err(not_a_session("its version is 0, and versions count from 1")),
        Ok(version) if version < newest => {
            let document = serde_json::from_slice(bytes).map_err(|error| syntax(&error))?;
            // As text again, so that the newest version has one reader.
            let migrated = migrate(document, version, chain).to_string();
            typed(migrated.as_bytes()).map_err(|error| in_migrated(error, version))
        }
        _ => Err(SessionParseError::Newer { version, newest }),
    }
}

fn version(bytes: &[u8]) -> Result<u64, SessionParseError> {
    // serde reads a structure from an array too, which no session is.
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first.is_some_and(|&byte| matches!(byte, b'[' | b'"' | b'-' | b'0'..=b'9')) {
        return Err(not_a_session("its JSON is not an object"));
    }
    let header: Header = with_path(bytes)?;
    match header.format.as_deref() {
        Some(SESSION_FORMAT) => {}
        Some(other) => {
            let start: String = other.chars().take(40).collect();
            return Err(not_a_session(&format!("its \"format\" is \"{start}\"")));
        }
        None => return Err(not_a_session("it has no \"format\"")),
    }
    header.version.ok_or_else(|| not_a_session("it has no \"version\""))
}

fn typed(bytes: &[u8]) -> Result<Session, SessionParseError> {
    with_path(bytes)
}

fn with_path<'de, T: Deserialize<'de>>(bytes: &'de [u8]) -> Result<T, SessionParseError> {
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| located(bytes, error.path(), error.inner()))?;
    deserializer.end().map_err(|error| syntax(&error))?;
    Ok(value)
}

fn located(bytes: &[u8], path: &Path, error: &serde_json::Error) -> SessionParseError {
    match error.classify() {
        Category::Data => field(readable_path(bytes, path), error),
        Category::Io | Category::Syntax | Category::Eof => syntax(error),
    }
}

fn not_a_session(what: &str) -> SessionParseError {
    SessionParseError::NotASession { what: what.to_owned() }
}

fn syntax(error: &serde_json::Error) -> SessionParseError {
    let (line, column) = (error.line(), error.column());
    SessionParseError::Syntax { line, column, what: message(error) }
}

fn field(path: String, error: &serde_json::Error) -> SessionParseError {
    let path = if path.is_empty() { "session".to_owned() } else { path };
    let (line, column) = (error.line(), error.column());
    let what = format!("{} (line {line}, column {column})", message(error));
    SessionParseError::Field { path, what }
}

/// Lines and columns of a migrated document are not those of the one that was written.
fn in_migrated(error: SessionParseError, version: u32) -> SessionParseError {
    match error {
        SessionParseError::Field { path, what } => {
            let what = what.rsplit_once(" (line ").map_or(what.as_str(), |(what, _)| what);
            let what = format!("{what} (after reading it as version {version})");
            SessionParseError::Field { path, what }
        }
        other => other,
    }
}

/// The error's own words, without the place serde_json appends to them.
fn message(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    text.strip_suffix(&place).unwrap_or(&text).to_owned()
}

#[cfg(test)]
mod tests;
