//! Ctrl-C: the first asks the work to stop and tidy up, the second ends the process at once.

use std::process::exit;
use std::sync::Mutex;
use std::sync::PoisonError;

use wavemill_core::job::CancelToken;

use crate::exit::ExitStatus;
use crate::output::note;

/// What the first Ctrl-C asks to stop; none while there is nothing to tidy up.
static CURRENT: Mutex<Option<CancelToken>> = Mutex::new(None);

/// Routes Ctrl-C (and a request to terminate) to `token` from now on.
///
/// Where the system grants no handler, Ctrl-C ends the process as if there were none.
pub fn cancels(token: &CancelToken) {
    *CURRENT.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
    let _ = ctrlc::try_set_handler(|| {
        let asked = CURRENT.lock().unwrap_or_else(PoisonError::into_inner).take();
        match asked {
            Some(token) => token.cancel(),
            None => {
                note("error: stopped");
                exit(i32::from(ExitStatus::Interrupted.code()));
            }
        }
    });
}
