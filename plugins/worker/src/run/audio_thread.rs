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
