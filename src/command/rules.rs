//! The rules a session must meet after every command: those of the session itself.

use super::{CommandError, Draft};

/// Checks the parts of the session that `draft` touched; the first problem is the error.
pub(super) fn check(draft: &Draft<'_>) -> Result<(), CommandError> {
    match draft.session().check_touched(draft.touched()).into_iter().next() {
        Some(problem) => Err(CommandError::Invalid { path: problem.path, what: problem.what }),
        None => Ok(()),
    }
}
