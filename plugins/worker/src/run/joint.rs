//! How a plug-in goes together with others of its chain: where it hears what the one before it gives, and
//! which ones run after it, block by block, on its thread.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use wavemill_plugins::run::{Gives, MOST_TOGETHER, Region};

use super::guarded::Guarded;
use super::playing::{Playing, Way};
use crate::crash;

/// The plug-in before.
pub struct Leader {
    /// What it gives.
    pub gives: Gives,
    /// Input channels, each with the output channel of it that is heard there.
    pub channels: Vec<(u32, u32)>,
}

impl Leader {
    /// The output that is heard at input `channel`.
    pub fn output_for(&self, channel: usize) -> Option<usize> {
        let pair = self.channels.iter().find(|(input, _)| *input as usize == channel);
        pair.map(|(_, output)| *output as usize)
    }

    /// Copies a block of its `outputs` to `inputs`.
    pub fn hand_over(&self, outputs: &mut [Guarded], inputs: &mut [Guarded]) {
        for (input, output) in &self.channels {
            let to = inputs.get_mut(*input as usize);
            if let (Some(to), Some(from)) = (to, outputs.get_mut(*output as usize)) {
                to.samples().copy_from_slice(from.samples());
            }
        }
    }
}

/// What is known of others once all are active.
#[derive(Clone, Default)]
pub struct Joints {
    /// Whom it hears.
    pub leader: Arc<OnceLock<Leader>>,
    /// Who runs after it, on its thread.
    pub then: Arc<OnceLock<Vec<Arc<Mutex<Playing>>>>>,
}

impl Joints {
    /// Runs the batch of `first`, and where its host asks for that, those of all others: until one cannot
    /// go on, or is late, so that what it gave has to be put in its place before others hear it.
    pub fn run(&self, first: &Mutex<Playing>, region: &Region) {
        let others = self.then.get().filter(|_| region.joint().runs_all);
        let others = others.map_or(&[][..], Vec::as_slice);
        let mut first = lock(first);
        let mut then: [Option<MutexGuard<'_, Playing>>; MOST_TOGETHER as usize - 1] =
            [const { None }; MOST_TOGETHER as usize - 1];
        first.begin_batch();
        for ((at, other), next) in (1..).zip(others).zip(&mut then) {
            // It may be getting ready on its own thread, or do so now.
            region.set_at_work(0, at);
            let other = next.insert(lock(other));
            crash::runs(other.instance);
            other.begin_batch();
        }
        let mut blocks = 0..region.blocks();
        blocks.all(|index| block(index, &mut first, &mut then, region));
        crash::runs(first.instance);
        first.end_batch();
        then.iter_mut().flatten().for_each(|next| next.end_batch());
    }
}

/// Runs a block of all; false where that is the last one.
fn block(
    index: u32,
    first: &mut Playing,
    then: &mut [Option<MutexGuard<'_, Playing>>],
    region: &Region,
) -> bool {
    let count = then.iter().flatten().count();
    region.set_at_work(index, 0);
    crash::runs(first.instance);
    if !first.block(index, Way { heard: false, handed_on: count > 0 }) {
        return false;
    }
    let mut before = first;
    for (at, next) in (1..).zip(then.iter_mut().flatten()) {
        if before.is_late() {
            return false;
        }
        region.set_at_work(index, at);
        crash::runs(next.instance);
        next.hear(before);
        if !next.block(index, Way { heard: true, handed_on: (at as usize) < count }) {
            return false;
        }
        before = next;
    }
    true
}

fn lock(playing: &Mutex<Playing>) -> MutexGuard<'_, Playing> {
    playing.lock().unwrap_or_else(PoisonError::into_inner)
}
