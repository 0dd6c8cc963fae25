//! Why a command was refused: what was wrong, where in the session, and what to do.

use crate::process::ParameterError;

/// Most ids listed as choices in a message.
const MAX_CHOICES: usize = 20;

/// Why a command was refused. The session is as it was before.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CommandError {
    /// A command names something that is not there.
    #[error("{path}: no {kind} '{id}': {choices}")]
    NotFound {
        /// The list it was looked for in, such as `tracks/bass/inserts`.
        path: String,
        /// What was looked for, such as `track`.
        kind: &'static str,
        /// The id given.
        id: String,
        /// What there is.
        choices: String,
    },
    /// A command gives a new thing an id that is taken.
    #[error("{path}: there is a {kind} '{id}' already: choose another id, or leave it out")]
    Exists {
        /// The thing that has the id.
        path: String,
        /// What it is, such as `track`.
        kind: &'static str,
        /// The id given.
        id: String,
    },
    /// A command asks for what cannot be done here.
    #[error("{path}: {what}: {fix}")]
    Refused {
        /// The thing it was to be done to.
        path: String,
        /// What is wrong.
        what: String,
        /// What to do instead.
        fix: String,
    },
    /// A processor does not take the parameter or its value.
    #[error("{path}: {error}")]
    Parameter {
        /// The insert.
        path: String,
        /// What it says.
        error: ParameterError,
    },
    /// The command would make the session invalid.
    #[error("{path}: {what}")]
    Invalid {
        /// The part that would be.
        path: String,
        /// What would be wrong and what to do.
        what: String,
    },
    /// A recorded change does not fit the session: the record belongs to another state of it.
    #[error(
        "a recorded change does not fit this session ({what}): it was edited elsewhere since; \
         discard the history to go on"
    )]
    Mismatch {
        /// What does not fit.
        what: String,
    },
}

impl CommandError {
    pub(super) fn refused(
        path: impl Into<String>,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self::Refused { path: path.into(), what: what.into(), fix: fix.into() }
    }

    pub(super) fn not_found<'a>(
        path: impl Into<String>,
        kind: &'static str,
        id: impl ToString,
        there: impl IntoIterator<Item = &'a str>,
    ) -> Self {
        Self::NotFound { path: path.into(), kind, id: id.to_string(), choices: choices(there) }
    }

    pub(super) fn mismatch(what: impl Into<String>) -> Self {
        Self::Mismatch { what: what.into() }
    }
}

/// "there are a, b, c", shortened where there are many.
fn choices<'a>(there: impl IntoIterator<Item = &'a str>) -> String {
    let all: Vec<&str> = there.into_iter().collect();
    match all.len() {
        0 => "there are none".to_owned(),
        1 => format!("there is only {}", all[0]),
        n if n <= MAX_CHOICES => format!("there are {}", all.join(", ")),
        n => format!("there are {} and {} more", all[..MAX_CHOICES].join(", "), n - MAX_CHOICES),
    }
}
