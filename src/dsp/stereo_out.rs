//! A stereo instrument's block, run by run: its two sums at its level, or their mean to a single
//! channel.

use super::lane_lines::slope;
use super::level::level_to_gain;
use super::runs::{CELL, Run, Runs};
use crate::process::{ControlSpan, Event, ProcessContext};

/// Where an instance's samples lie in a frame.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The first of its lanes.
    pub(super) lane: usize,
    /// How many it has.
    pub(super) channels: usize,
    /// How many a frame has.
    pub(super) lanes: usize,
}

/// Plays every instance over the block of `context`. `play` gets the number of the instance, its
/// events in the block, the node time of a run and the sums of left and right of its frames, which
/// are 0. `level_db` is the parameter of the level.
pub(super) fn play_block(
    runs: &mut Runs,
    context: &mut ProcessContext<'_>,
    channels: usize,
    level_db: usize,
    mut play: impl FnMut(usize, &[Event], i64, &mut [(f64, f64)]),
) {
    let (frames, lanes) = (context.frames(), context.audio.lanes());
    let mut at = 0;
    while let Some(Run { frames: range, time, .. }) = runs.next(context.time, frames, at) {
        at = range.end;
        let samples = context.audio.range(range.start, range.end);
        for (instance, span) in runs.spans().iter().enumerate() {
            let events = context.events.get(instance).copied().unwrap_or_default();
            let mut sums = [(0.0, 0.0); CELL];
            let sums = &mut sums[..range.len()];
            play(instance, events, time, sums);
            let place = Place { lane: instance * channels, channels, lanes };
            write(span, level_db, time, sums, samples, place);
        }
    }
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
