//! A driver whose clock is whoever calls it: device buffers of any size, no sound card.

use std::sync::Arc;

use wavemill_core::execute::{Executor, RunError, SegmentConfig};
use wavemill_core::graph::Plan;
use wavemill_core::midi::Chase;
use wavemill_core::time::Samples;

use crate::script::{Action, Script};

/// Delivers a plan's output buffer by buffer.
pub struct VirtualDriver {
    executor: Executor,
    config: SegmentConfig,
    /// Asked for since the last buffer; done at the start of the next.
    waiting: Vec<Waiting>,
    script: Script,
    delivered: u64,
}

/// What the next buffer starts with; a swap comes with its executor, prepared by whoever asked.
enum Waiting {
    Swap(Arc<Plan>, Executor),
    Locate(Samples, Chase),
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
    ///
    /// # Errors
    /// Where a file cannot be opened or a processor cannot be prepared; the old plan plays on.
    pub fn swap(&mut self, plan: Arc<Plan>) -> Result<(), RunError> {
        let next = Executor::new(Arc::clone(&plan), self.config)?;
        self.waiting.push(Waiting::Swap(plan, next));
        Ok(())
    }

    /// Jumps to `position` at the start of the next buffer; instruments are told what `chase` says.
    pub fn locate(&mut self, position: Samples, chase: Chase) {
        self.waiting.push(Waiting::Locate(position, chase));
    }

    /// The device asks for the next frames (`[frame][2]`).
    ///
    /// # Errors
    /// Where audio cannot be read or a processor fails.
    pub fn callback(&mut self, out: &mut [f32]) -> Result<(), RunError> {
        for waiting in self.waiting.drain(..) {
            let action = match waiting {
                Waiting::Swap(plan, mut next) => {
                    next.take_over(&self.executor);
                    self.executor = next;
                    Action::Swap(plan)
                }
                Waiting::Locate(position, chase) => {
                    self.executor.locate(position.0, chase);
                    Action::Locate(position, chase)
                }
            };
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
