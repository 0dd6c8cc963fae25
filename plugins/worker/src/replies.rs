//! Replies: lines to the host over a descriptor that plug-ins do not know of.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use wavemill_plugins::PluginDescription;
use wavemill_plugins::message::Describing;

/// Where replies go.
pub struct Replies(File);

/// Replies that several threads give, line by line.
#[derive(Clone)]
pub struct SharedReplies(Arc<Mutex<Replies>>);

impl Replies {
    /// Takes what was standard output for replies; what is printed from now on goes to standard
    /// error, whose end the host keeps.
    pub fn take_standard_output() -> std::io::Result<Self> {
        let kept: OwnedFd = std::io::stdout().as_fd().try_clone_to_owned()?;
        rustix::stdio::dup2_stdout(std::io::stderr())?;
        Ok(Self(File::from(kept)))
    }

    /// Says `what`. Where nobody hears it the host is gone, and so is the need to go on.
    pub fn say(&mut self, what: &impl Serialize) {
        let mut line = serde_json::to_vec(what).unwrap_or_default();
        line.push(b'\n');
        if self.0.write_all(&line).is_err() {
            // SAFETY: nothing of this process is used any more; an orderly end would run what
            // plug-ins have left for it.
            unsafe { libc::_exit(1) }
        }
    }

    /// Says what the plug-in is that was begun last, or why that cannot be told.
    pub fn say_described(&mut self, described: Result<PluginDescription, String>) {
        self.say(&match described {
            Ok(plugin) => Describing::Plugin(Box::new(plugin)),
            Err(what) => Describing::Refused { what },
        });
    }

    /// The descriptor, for the last words of a process that is ending.
    pub fn descriptor(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl SharedReplies {
    /// For several threads.
    pub fn new(replies: Replies) -> Self {
        Self(Arc::new(Mutex::new(replies)))
    }

    /// See [`Replies::say`].
    pub fn say(&self, what: &impl Serialize) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).say(what);
    }
}
