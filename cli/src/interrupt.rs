//! Ctrl-C, SIGTERM and SIGHUP: the first asks the work to stop and tidy up, the second ends the
//! process at once.

use std::process::exit;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use wavemill_core::job::CancelToken;

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;

/// What the next of these signals does.
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

/// True once an orderly end was asked for.
static ASKED: AtomicBool = AtomicBool::new(false);

fn next() -> MutexGuard<'static, Next> {
    NEXT.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on Ctrl-C, SIGTERM and SIGHUP end the process with their exit code; nothing that would
/// be left half done may be under way.
///
/// Where the system grants no handler, or who started this had one of them ignored (`nohup`), they
/// do what they would without; what a bounce leaves then goes with the next one to the same file.
pub fn ends(json: bool) {
    *next() = Next::End { json };
    let _ = ctrlc::try_set_handler(|| {
        let asked = std::mem::replace(&mut *next(), Next::Kill);
        match asked {
            Next::Cancel(token) => {
                ASKED.store(true, Ordering::Relaxed);
                return token.cancel();
            }
            Next::End { json } => output::failure(&Failure::interrupted(), json),
            Next::Kill => {}
        }
        exit(i32::from(ExitStatus::Interrupted.code()));
    });
}

/// True once an orderly end was asked for: what fails after that may have been given up for it.
pub fn was_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// From now on the first signal cancels `token`, and a second one ends the process at once.
pub fn cancels(token: &CancelToken) {
    *next() = Next::Cancel(token.clone());
}
