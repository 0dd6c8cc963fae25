//! The audio thread of the plug-ins that are looked at: one for all, so that what is counted is
//! theirs.

use std::sync::mpsc::{Sender, channel};

use crate::conduct::{self, Role};
use crate::crash;
use crate::run::Arithmetic;

/// Bytes of its stack, as in a render.
const STACK_BYTES: usize = 8 << 20;

type Job = Box<dyn FnOnce() + Send>;

/// The thread.
pub struct AudioThread(Sender<Job>);

impl AudioThread {
    /// Starts it.
    pub fn start() -> Result<Self, String> {
        let (jobs, all) = channel::<Job>();
        let thread = std::thread::Builder::new().name("audio".to_owned()).stack_size(STACK_BYTES);
        let started = thread.spawn(move || {
            crash::give_stack();
            conduct::enter(Role::Audio);
            Arithmetic::flushing().enter();
            all.into_iter().for_each(|job| job());
        });
        started.map(|_| Self(jobs)).map_err(|error| error.to_string())
    }

    /// Does `job` there, and waits for it.
    pub fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, String> {
        let gone = "the audio thread is gone";
        let (done, wait) = channel();
        let job = Box::new(move || drop(done.send(job())));
        self.0.send(job).map_err(|_| gone)?;
        wait.recv().map_err(|_| gone.to_owned())
    }
}
