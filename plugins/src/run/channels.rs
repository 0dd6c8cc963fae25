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

use super::finite::silence_non_finite;
use super::passage::{Planes, PlanesMut};
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

/// Frames that are moved at a time: what is between the two forms stays in the nearest cache.
const STEP: usize = 256;

/// Puts a track's frames into a bus, from frame `first` of the batch on.
pub(super) fn write(region: &Region, bus: Bus, first: usize, frames: &[f32], place: Place) {
    let Place { lane, lanes, channels } = place;
    let lanes = lanes.max(1);
    let (mut left, mut right) = ([0.0; STEP], [0.0; STEP]);
    for (frames, at) in frames.chunks(STEP * lanes).zip((first..).step_by(STEP)) {
        let count = frames.len() / lanes;
        let (left, right) = (&mut left[..count], &mut right[..count]);
        if channels > 1 {
            gather_pair(frames, lanes, lane, (left, right));
        } else {
            gather(frames, lanes, lane, left);
        }
        match (channels, bus.channels) {
            (_, 0) => {}
            (1, 1) => region.put_input(bus.first, at, left),
            (1, _) => {
                region.put_input(bus.first, at, left);
                region.put_input(bus.first + 1, at, left);
            }
            (_, 1) => {
                to_mean(left, right);
                region.put_input(bus.first, at, left);
            }
            _ => {
                region.put_input(bus.first, at, left);
                region.put_input(bus.first + 1, at, right);
            }
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
    let lanes = lanes.max(1);
    let (mut left, mut right) = ([0.0; STEP], [0.0; STEP]);
    let mut not_finite = 0;
    if bus.channels == 0 {
        return 0;
    }
    for (frames, at) in frames.chunks_mut(STEP * lanes).zip((first..).step_by(STEP)) {
        let count = frames.len() / lanes;
        let (left, right) = (&mut left[..count], &mut right[..count]);
        region.get_output(bus.first, at, left);
        not_finite += silence_non_finite(left);
        if bus.channels > 1 {
            region.get_output(bus.first + 1, at, right);
            not_finite += silence_non_finite(right);
        }
        match (channels, bus.channels) {
            (1, 1) => scatter(left, frames, lanes, lane),
            (1, _) => {
                to_mean(left, right);
                scatter(left, frames, lanes, lane);
            }
            (_, 1) => {
                scatter(left, frames, lanes, lane);
                scatter(left, frames, lanes, lane + 1);
            }
            _ => scatter_pair((left, right), frames, lanes, lane),
        }
    }
    not_finite
}

/// Puts a track's channels into a bus, from the first frame of the batch on.
pub(super) fn write_planes(region: &Region, bus: Bus, from: Planes<'_>) {
    match (from, bus.channels) {
        (_, 0) => {}
        (Planes::Mono(only), 1) => region.put_input(bus.first, 0, only),
        (Planes::Mono(only), _) => {
            region.put_input(bus.first, 0, only);
            region.put_input(bus.first + 1, 0, only);
        }
        (Planes::Stereo(left, right), 1) => {
            let mut mean = [0.0; STEP];
            for ((left, right), at) in left.chunks(STEP).zip(right.chunks(STEP)).zip(steps()) {
                let mean = &mut mean[..left.len()];
                mean.copy_from_slice(left);
                to_mean(mean, right);
                region.put_input(bus.first, at, mean);
            }
        }
        (Planes::Stereo(left, right), _) => {
            region.put_input(bus.first, 0, left);
            region.put_input(bus.first + 1, 0, right);
        }
    }
}

/// Puts what a bus gives from the first frame of the batch on into a track's channels, silence in place
/// of what is no number; how many samples were none.
pub(super) fn read_planes(region: &Region, bus: Bus, to: PlanesMut<'_>) -> u64 {
    let one = |channel: usize, to: &mut [f32]| -> u64 {
        let parts = to.chunks_mut(STEP).zip(steps());
        let read = parts.map(|(to, at)| {
            region.get_output(bus.first + channel, at, to);
            silence_non_finite(to)
        });
        read.sum()
    };
    match (to, bus.channels) {
        (_, 0) => 0,
        (PlanesMut::Mono(only), 1) => one(0, only),
        (PlanesMut::Mono(only), _) => {
            let mut not_finite = one(0, only);
            let mut right = [0.0; STEP];
            for (only, at) in only.chunks_mut(STEP).zip(steps()) {
                let right = &mut right[..only.len()];
                region.get_output(bus.first + 1, at, right);
                not_finite += silence_non_finite(right);
                to_mean(only, right);
            }
            not_finite
        }
        (PlanesMut::Stereo(left, right), 1) => {
            let not_finite = one(0, left);
            right.copy_from_slice(left);
            not_finite
        }
        (PlanesMut::Stereo(left, right), _) => one(0, left) + one(1, right),
    }
}

/// Puts a track's channels into its frames.
pub(super) fn interleave(from: Planes<'_>, frames: &mut [f32], place: Place) {
    let Place { lane, lanes, .. } = place;
    match from {
        Planes::Mono(only) => scatter(only, frames, lanes.max(1), lane),
        Planes::Stereo(left, right) => scatter_pair((left, right), frames, lanes.max(1), lane),
    }
}

/// The first frame of each step.
fn steps() -> impl Iterator<Item = usize> {
    (0..).step_by(STEP)
}

/// Takes one lane out of `frames`. The usual numbers of lanes have code of their own.
fn gather(frames: &[f32], lanes: usize, lane: usize, to: &mut [f32]) {
    fn of<const LANES: usize>(frames: &[f32], lane: usize, to: &mut [f32]) {
        let lane = lane.min(LANES - 1);
        for (to, frame) in to.iter_mut().zip(frames.as_chunks::<LANES>().0) {
            *to = frame[lane];
        }
    }
    match lanes {
        1 => of::<1>(frames, lane, to),
        2 => of::<2>(frames, lane, to),
        4 => of::<4>(frames, lane, to),
        8 => of::<8>(frames, lane, to),
        _ => {
            for (to, frame) in to.iter_mut().zip(frames.chunks_exact(lanes)) {
                *to = frame.get(lane).copied().unwrap_or(0.0);
            }
        }
    }
}

/// Takes lane `lane` and the next one out of `frames`; where those are all, in one go.
fn gather_pair(frames: &[f32], lanes: usize, lane: usize, (left, right): (&mut [f32], &mut [f32])) {
    if lanes != 2 {
        gather(frames, lanes, lane, left);
        gather(frames, lanes, lane + 1, right);
        return;
    }
    let sides = left.iter_mut().zip(right);
    for ((left, right), frame) in sides.zip(frames.as_chunks::<2>().0) {
        [*left, *right] = *frame;
    }
}

/// Puts lane `lane` and the next one into `frames`; where those are all, in one go.
fn scatter_pair((left, right): (&[f32], &[f32]), frames: &mut [f32], lanes: usize, lane: usize) {
    if lanes != 2 {
        scatter(left, frames, lanes, lane);
        scatter(right, frames, lanes, lane + 1);
        return;
    }
    let sides = left.iter().zip(right);
    for ((left, right), frame) in sides.zip(frames.as_chunks_mut::<2>().0) {
        *frame = [*left, *right];
    }
}

/// Puts one lane into `frames`.
fn scatter(from: &[f32], frames: &mut [f32], lanes: usize, lane: usize) {
    fn of<const LANES: usize>(from: &[f32], frames: &mut [f32], lane: usize) {
        let lane = lane.min(LANES - 1);
        for (from, frame) in from.iter().zip(frames.as_chunks_mut::<LANES>().0) {
            frame[lane] = *from;
        }
    }
    match lanes {
        1 => of::<1>(from, frames, lane),
        2 => of::<2>(from, frames, lane),
        4 => of::<4>(from, frames, lane),
        8 => of::<8>(from, frames, lane),
        _ => {
            for (from, frame) in from.iter().zip(frames.chunks_exact_mut(lanes)) {
                frame[lane] = *from;
            }
        }
    }
}

/// Replaces `left` by the mean of both.
fn to_mean(left: &mut [f32], right: &[f32]) {
    for (left, right) in left.iter_mut().zip(right) {
        *left = (*left + right) * 0.5;
    }
}

#[cfg(test)]
mod tests {
    use super::super::layout::{Layout, Shape};
    use super::*;

    /// More than a step, and no multiple of one.
    const FRAMES: usize = 700;

    fn region(channels: u32) -> Region {
        let shape = Shape { block: 500, blocks: 2, inputs: channels, outputs: channels, events: 0 };
        Region::create(Layout::new(shape).unwrap()).unwrap().1
    }

    /// What the bus hears of a track, by channel, and what the track hears of it, by frame.
    fn through(channels: usize, bus: u32, lanes: usize) -> (Vec<Vec<f32>>, Vec<f32>) {
        let region = region(bus);
        let place = Place { lane: lanes - channels, lanes, channels };
        let whole = Bus { first: 0, channels: bus as usize };
        let frames: Vec<f32> = (0..FRAMES * lanes).map(|at| at as f32).collect();
        write(&region, whole, 100, &frames, place);
        let mut heard = Vec::new();
        for channel in 0..bus as usize {
            let mut samples = vec![0.0; FRAMES];
            region.read_input(channel, 100, &mut samples);
            let turned: Vec<f32> = samples.iter().map(|sample| -sample).collect();
            region.write_output(channel, 100, &turned);
            heard.push(samples);
        }
        let mut back = frames;
        assert_eq!(read(&region, whole, 100, &mut back, place), 0);
        (heard, back)
    }

    #[test]
    fn channels_go_together_as_the_table_says_with_any_number_of_lanes() {
        for lanes in [1, 2, 3, 4, 8, 16] {
            let sample = |frame: usize, lane: usize| (frame * lanes + lane) as f32;
            for (channels, bus) in [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)] {
                if channels > lanes {
                    continue;
                }
                let (heard, back) = through(channels, bus, lanes);
                let lane = lanes - channels;
                for frame in 0..FRAMES {
                    let (left, right) = (sample(frame, lane), sample(frame, lanes - 1));
                    let mean = (left + right) * 0.5;
                    let (ins, outs) = match (channels, bus) {
                        (1, _) => (vec![left; (bus as usize).min(2)], vec![-left]),
                        (_, 1) => (vec![mean], vec![-mean, -mean]),
                        _ => (vec![left, right], vec![-left, -right]),
                    };
                    for (channel, sample) in ins.iter().enumerate() {
                        assert_eq!(heard[channel][frame], *sample, "{lanes} {channels} {bus}");
                    }
                    let of_frame = &back[frame * lanes..(frame + 1) * lanes];
                    assert_eq!(of_frame[lane..], outs, "{lanes} {channels} {bus} {frame}");
                    let others = (0..lane).map(|lane| sample(frame, lane));
                    assert!(of_frame[..lane].iter().copied().eq(others));
                }
            }
        }
    }

    #[test]
    fn what_is_no_number_is_silent_and_counted() {
        let region = region(2);
        let samples = [1.0, f32::NAN, 2.0, f32::INFINITY, f32::NEG_INFINITY];
        region.write_output(0, 300, &samples);
        region.write_output(1, 300, &[5.0; 5]);
        let place = Place { lane: 0, lanes: 2, channels: 2 };
        let mut frames = [9.0; 10];
        let bus = Bus { first: 0, channels: 2 };
        assert_eq!(read(&region, bus, 300, &mut frames, place), 3);
        assert_eq!(frames, [1.0, 5.0, 0.0, 5.0, 2.0, 5.0, 0.0, 5.0, 0.0, 5.0]);
    }
}
