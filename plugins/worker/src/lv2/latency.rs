//! How late a plug-in's output is, which LV2 plug-ins say on a port while they run.
//!
//! A plug-in is run for no frames, which the format has for exactly this: what belongs to a point in
//! time, such as the latency, is told, and no time goes by. Some say 0 then whatever it is (those of
//! LSP). Where one says 0, a second instance, made like the first one and after it, is run for a
//! block of silence and dropped; so the one that is heard has neither heard anything nor come second.

use std::cell::Cell;

use super::running::Running;

/// The latency that a plug-in says on its meter `meter`, in frames: `running`, or else one that
/// `again` makes like it.
pub fn latency_frames(
    running: &mut Running,
    meter: Option<usize>,
    block: u32,
    again: impl FnOnce() -> Result<Running, String>,
) -> Result<u32, String> {
    let Some(meter) = meter else { return Ok(0) };
    match said_in(running, meter, 0) {
        0 => Ok(said_in(&mut again()?, meter, block)),
        said => Ok(said),
    }
}

/// What it says when it is run for `frames` frames.
fn said_in(running: &mut Running, meter: usize, frames: u32) -> u32 {
    running.run(frames);
    said(running, meter)
}

/// What it said when it ran last; what is no number is 0.
pub fn said(running: &Running, meter: usize) -> u32 {
    let said = running.parts.meters.get(meter).map_or(0.0, Cell::get);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is below zero or too large becomes the nearest number"
    )]
    let frames = said.round() as u32;
    frames
}
