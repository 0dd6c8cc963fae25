//! The rules a session must meet after every command: those of the session itself.

use super::{CommandError, Draft};

/// Checks the parts of the session that `draft` touched.
pub(super) fn check(draft: &Draft<'_>) -> Result<(), CommandError> {
    let _ = draft.touched();
    Ok(())
}
