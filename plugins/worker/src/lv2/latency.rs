//! How late a plug-in's output is, which LV2 plug-ins say on a port while they run.

use super::running::Running;

/// The latency that `running` says with what is set now, in frames.
///
/// It is run for no frames, which the format has for exactly this: what belongs to a point in time,
/// such as the latency, is told, and no time goes by.
pub fn latency_frames(running: &mut Running, meter: Option<usize>) -> u32 {
    let Some(meter) = meter else { return 0 };
    running.run(0);
    let said = running.parts.meters.get(meter).map_or(0.0, std::cell::Cell::get);
    if !said.is_finite() {
        return 0;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is below zero or too large becomes the nearest number"
    )]
    let frames = said.round() as u32;
    frames
}
