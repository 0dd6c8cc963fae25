//! What a stereo instrument writes: its two sums at its level, or their mean to a single channel.

use super::lane_lines::slope;
use super::level::level_to_gain;
use crate::process::ControlSpan;

/// Where an instance's samples lie in a frame.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub(super) lane: usize,
    pub(super) channels: usize,
    pub(super) lanes: usize,
}

/// Writes `sums`, left and right of each frame from node time `time` on, times the level in dB that
/// parameter `level_db` has over `span`.
pub(super) fn write(
    span: &ControlSpan,
    level_db: usize,
    time: i64,
    sums: &[(f64, f64)],
    samples: &mut [f32],
    place: Place,
) {
    let (from, to) = (level_to_gain(span.from[level_db]), level_to_gain(span.to[level_db]));
    let (slope, start) = slope(span, from, to);
    for ((frame, (left, right)), n) in samples.chunks_exact_mut(place.lanes).zip(sums).zip(time..) {
        let gain = from + slope * (n as f64 - start);
        #[allow(clippy::cast_possible_truncation)] // Signals are f32.
        match &mut frame[place.lane..place.lane + place.channels] {
            [mono] => *mono = (0.5 * (left + right) * gain) as f32,
            [first, second, ..] => {
                *first = (left * gain) as f32;
                *second = (right * gain) as f32;
            }
            [] => {}
        }
    }
}
