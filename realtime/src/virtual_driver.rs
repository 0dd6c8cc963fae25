//! A driver whose clock is whoever calls it: device buffers of any size, no sound card.

use std::sync::Arc;

use wavemill_core::execute::{Executor, RunError, SegmentConfig};
use wavemill_core::graph::Plan;
use wavemill_core::time::Samples;

use crate::script::{Action, Script, apply};

/// Delivers a plan's output buffer by buffer.
pub struct VirtualDriver {
    executor: Executor,
    config: SegmentConfig,
    /// Asked for since the last buffer; done at the start of the next.
    waiting: Vec<Action>,
    script: Script,
    delivered: u64,
}

impl VirtualDriver {
    /// A driver at the start of `plan`'s timeline.
    ///
    /// # Errors
    /// Where a file cannot be opened or a processor cannot be prepared.
    pub fn new(plan: Arc<Plan>, config: SegmentConfig) -> Result<Self, RunError> {
        Ok(Self {
            executor: Executor::new(plan, config)?,
            config,
            waiting: Vec::new(),
            script: Script::default(),
            delivered: 0,
        })
    }

    /// Plays `plan` from the next buffer on; what both plans have keeps its running state.
    pub fn swap(&mut self, plan: Arc<Plan>) {
        self.waiting.push(Action::Swap(plan));
    }

    /// Jumps to `position` at the start of the next buffer.
    pub fn locate(&mut self, position: Samples) {
        self.waiting.push(Action::Locate(position));
    }

    /// The device asks for the next frames (`[frame][2]`).
    ///
    /// # Errors
    /// Where audio cannot be read or a processor fails.
    pub fn callback(&mut self, out: &mut [f32]) -> Result<(), RunError> {
        for action in self.waiting.drain(..) {
            apply(&mut self.executor, &action, self.config)?;
            self.script.actions.push((self.delivered, action));
        }
        self.executor.run_block(out)?;
        self.delivered += (out.len() / 2) as u64;
        Ok(())
    }

    /// What was done so far.
    pub fn script(&self) -> &Script {
        &self.script
    }
}
