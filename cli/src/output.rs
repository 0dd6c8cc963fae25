//! Standard output and standard error: written without ever panicking.
//!
//! A reader that goes away (`wavemill plan SESSION | head`) ends the output quietly; any other
//! failure to write standard output is an error like that of a file.

use std::io::{ErrorKind, Write};

use serde::Serialize;

use crate::failure::Failure;

/// Writes `text` to standard output.
pub fn text(text: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        Err(error) => {
            Err(Failure::file_system(format!("standard output cannot be written: {error}")))
        }
    }
}

/// Writes `value` to standard output as one JSON value, indented, and a line end.
pub fn json(value: &impl Serialize) -> Result<(), Failure> {
    let mut json = serde_json::to_string_pretty(value).map_err(|error| {
        Failure::internal(format!("the result cannot be said in JSON: {error}"))
    })?;
    json.push('\n');
    text(&json)
}

/// Writes `value` to standard output as one JSON value on one line.
pub fn json_line(value: &impl Serialize) -> Result<(), Failure> {
    let mut json = serde_json::to_string(value).map_err(|error| {
        Failure::internal(format!("the result cannot be said in JSON: {error}"))
    })?;
    json.push('\n');
    text(&json)
}

/// Writes a line to standard error. Where that fails there is nobody left to tell.
pub fn note(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Writes the warnings of what was done to standard error, a line each.
pub fn warnings<'a>(warnings: impl IntoIterator<Item = &'a String>) {
    for warning in warnings {
        note(&format!("warning: {warning}"));
    }
}

/// Tells a failure: on standard error, and for `json` on standard output too.
pub fn failure(failure: &Failure, as_json: bool) {
    note(&format!("error: {}", failure.message));
    if as_json {
        // The exit code tells of this one where nobody reads.
        let _ = json(&object(failure));
    }
}

/// Tells a failure that is not the end, as [`failure`] does, and in JSON on one line.
pub fn failure_line(failure: &Failure, as_json: bool) -> Result<(), Failure> {
    note(&format!("error: {}", failure.message));
    if as_json { json_line(&object(failure)) } else { Ok(()) }
}

fn object(failure: &Failure) -> serde_json::Value {
    let kind = failure.status.kind();
    serde_json::json!({ "error": { "kind": kind, "message": failure.message } })
}
