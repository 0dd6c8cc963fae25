//! Ctrl-C: the first asks the work to stop and tidy up, the second ends the process at once.

use std::process::exit;
use std::sync::{Mutex, MutexGuard, PoisonError};

use wavemill_core::job::CancelToken;

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;

/// What Ctrl-C does next.
enum Next {
    /// Nothing is half done: tell and end.
    End {
        /// Tell in JSON too.
        json: bool,
    },
    /// Ask for an orderly end.
    Cancel(CancelToken),
    /// It was asked for: end without a word, whatever is half done.
    Kill,
}

static NEXT: Mutex<Next> = Mutex::new(Next::Kill);

fn next() -> MutexGuard<'static, Next> {
    NEXT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on Ctrl-C ends the process with its exit code; nothing that would be left half done
/// may be under way.
///
/// Where the system grants no handler, Ctrl-C ends the process as if there were none.
pub fn ends(json: bool) {
    *next() = Next::End { json };
    let _ = ctrlc::try_set_handler(|| {
        let asked = std::mem::replace(&mut *next(), Next::Kill);
        match asked {
            Next::Cancel(token) => return token.cancel(),
            Next::End { json } => output::failure(&Failure::interrupted(), json),
            Next::Kill => {}
        }
        exit(i32::from(ExitStatus::Interrupted.code()));
    });
}

/// From now on Ctrl-C cancels `token`, and a second one ends the process at once.
pub fn cancels(token: &CancelToken) {
    *next() = Next::Cancel(token.clone());
}
