//! The transport script: what a live run did, each action with its stream sample.

use std::sync::Arc;

use wavemill_core::execute::{Executor, RunError, SegmentConfig};
use wavemill_core::graph::Plan;
use wavemill_core::midi::Chase;
use wavemill_core::time::Samples;

/// Something that happens between two blocks.
#[derive(Clone)]
pub enum Action {
    /// Another plan goes on where the last one stands.
    Swap(Arc<Plan>),
    /// Playback jumps to a timeline position and starts from silence, with what instruments are
    /// told of what came before.
    Locate(Samples, Chase),
}

/// What happened, in order, each with the number of frames that had been delivered before.
#[derive(Clone, Default)]
pub struct Script {
    /// Frames delivered before the action, and the action.
    pub actions: Vec<(u64, Action)>,
}

/// Applies `action` to a running executor.
fn apply(executor: &mut Executor, action: &Action, config: SegmentConfig) -> Result<(), RunError> {
    match action {
        Action::Swap(plan) => {
            let mut next = Executor::new(Arc::clone(plan), config)?;
            next.take_over(executor);
            *executor = next;
        }
        Action::Locate(position, chase) => executor.locate(position.0, *chase),
    }
    Ok(())
}

/// Runs `script` offline, in blocks as large as they can be: `frames` frames of the stream that a
/// live run with the same script delivers (`[frame][2]`).
///
/// # Errors
/// Where audio cannot be read or a processor fails.
pub fn replay(
    plan: Arc<Plan>,
    script: &Script,
    frames: usize,
    config: SegmentConfig,
) -> Result<Vec<f32>, RunError> {
    let mut executor = Executor::new(plan, config)?;
    let mut out = vec![0.0; 2 * frames];
    let mut done = 0;
    for (at, action) in &script.actions {
        let at = usize::try_from(*at).unwrap_or(frames).clamp(done, frames);
        executor.run_block(&mut out[2 * done..2 * at])?;
        apply(&mut executor, action, config)?;
        done = at;
    }
    executor.run_block(&mut out[2 * done..])?;
    Ok(out)
}
