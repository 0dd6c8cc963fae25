//! A plug-in's audio thread: waits for batches, runs them and answers.

use std::sync::{Arc, Mutex, PoisonError};

use wavemill_plugins::run::{Follower, Region};

use super::joint::Joints;
use super::playing::Playing;
use crate::conduct::{self, Role};
use crate::crash;

/// All that an audio thread works with.
pub struct AudioThread {
    pub instance: u32,
    pub playing: Arc<Mutex<Playing>>,
    pub region: Arc<Region>,
    pub joints: Joints,
}

impl AudioThread {
    /// Runs for as long as the process.
    pub fn run(self) {
        crash::give_stack();
        crash::runs(self.instance);
        conduct::enter(Role::Audio);
        flush_denormals();
        let mut follower = Follower::new();
        let mut last = 0;
        self.playing.lock().unwrap_or_else(PoisonError::into_inner).make_ready();
        loop {
            last = self.region.wait_for_request(last);
            follower.follow(self.region.processor());
            self.joints.run(&self.playing, &self.region);
            self.region.answer(last);
        }
    }
}

/// Lets what is too small for a normal number be zero on this thread, as the hosts do that plug-ins
/// are written for: without it, some get a hundred times slower as they fade out.
pub fn flush_denormals() {
    #[cfg(target_arch = "x86_64")]
    {
        /// Results, and inputs, that are denormal become zero.
        const FLUSH: u32 = 1 << 15 | 1 << 6;
        let mut control = 0_u32;
        // SAFETY: reads and writes the register that says so for this thread; all code on it is
        // the plug-in's, or moves samples without computing.
        unsafe {
            std::arch::asm!("stmxcsr [{}]", in(reg) &raw mut control, options(nostack));
            control |= FLUSH;
            std::arch::asm!("ldmxcsr [{}]", in(reg) &raw const control, options(nostack));
        }
    }
    #[cfg(target_arch = "aarch64")]
    {
        /// Inputs and results that are denormal become zero.
        const FLUSH: u64 = 1 << 24;
        let mut control: u64;
        // SAFETY: as above.
        unsafe {
            std::arch::asm!("mrs {}, fpcr", out(reg) control, options(nomem, nostack));
            control |= FLUSH;
            std::arch::asm!("msr fpcr, {}", in(reg) control, options(nomem, nostack));
        }
    }
}
