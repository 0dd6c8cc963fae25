//! How the channels of a track and those of a plug-in's bus go together, where their numbers differ.
//!
//! | track | bus | in | out |
//! |---|---|---|---|
//! | mono | mono | as it is | as it is |
//! | mono | two or more | the same into the first two | the mean of the first two |
//! | stereo | mono | the mean | the same to both sides |
//! | stereo | two or more | left and right into the first two | the first two |
//!
//! What a bus has beyond two channels hears silence and is not heard. An effect with one channel in
//! and one out is run twice on a stereo track, once for each side.

use super::region::Region;
use crate::description::AudioBus;

/// A track's frames among those of several lanes, `[frame][lanes]`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    /// The track's first lane.
    pub(super) lane: usize,
    /// Lanes in all.
    pub(super) lanes: usize,
    /// Channels of the track: 1 or 2.
    pub(super) channels: usize,
}

/// A bus of a plug-in: its first channel among those of all buses, and how many it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bus {
    pub(super) first: usize,
    pub(super) channels: usize,
}

impl Bus {
    /// The buses of one direction.
    pub(super) fn all(buses: &[AudioBus]) -> Vec<Self> {
        let mut first = 0;
        let mut place = |bus: &AudioBus| {
            let channels = bus.channels as usize;
            first += channels;
            Self { first: first - channels, channels }
        };
        buses.iter().map(&mut place).collect()
    }
}

/// Puts a track's frames into a bus, from frame `first` of the batch on.
pub(super) fn write(region: &Region, bus: Bus, first: usize, frames: &[f32], place: Place) {
    let Place { lane, lanes, channels } = place;
    let one = |lane: usize| {
        let frames = frames.chunks_exact(lanes.max(1));
        frames.map(move |frame| frame.get(lane).copied().unwrap_or(0.0))
    };
    match (channels, bus.channels) {
        (_, 0) => {}
        (1, 1) => region.write_input(bus.first, first, one(lane)),
        (1, _) => {
            region.write_input(bus.first, first, one(lane));
            region.write_input(bus.first + 1, first, one(lane));
        }
        (_, 1) => {
            let both = one(lane).zip(one(lane + 1));
            region.write_input(bus.first, first, both.map(|(left, right)| mean(left, right)));
        }
        _ => {
            region.write_input(bus.first, first, one(lane));
            region.write_input(bus.first + 1, first, one(lane + 1));
        }
    }
}

/// Puts what a bus gives from frame `first` of the batch on into a track's frames, silence in place
/// of what is no number; how many samples were none.
pub(super) fn read(
    region: &Region,
    bus: Bus,
    first: usize,
    frames: &mut [f32],
    place: Place,
) -> u64 {
    let Place { lane, lanes, channels } = place;
    let count = frames.len() / lanes.max(1);
    let frames = frames.chunks_exact_mut(lanes.max(1));
    let mut not_finite = 0;
    let mut finite = |sample: f32| {
        let is_finite = sample.is_finite();
        not_finite += u64::from(!is_finite);
        if is_finite { sample } else { 0.0 }
    };
    let channel = |offset: usize| region.output(bus.first + offset, first, count);
    match (channels, bus.channels) {
        (_, 0) => {}
        (_, 1) => {
            for (frame, sample) in frames.zip(channel(0)) {
                frame[lane..lane + channels].fill(finite(sample));
            }
        }
        (1, _) => {
            for (frame, (left, right)) in frames.zip(channel(0).zip(channel(1))) {
                frame[lane] = mean(finite(left), finite(right));
            }
        }
        _ => {
            for (frame, (left, right)) in frames.zip(channel(0).zip(channel(1))) {
                (frame[lane], frame[lane + 1]) = (finite(left), finite(right));
            }
        }
    }
    not_finite
}

fn mean(left: f32, right: f32) -> f32 {
    (left + right) * 0.5
}
