//! How much memory a render takes, before it takes any.

use std::sync::Arc;

use wavemill_core::graph::{Plan, cut, state_bytes};
use wavemill_core::process::padded_lanes;

use crate::ledger::WINDOW;
use crate::scheduler::{RenderConfig, chunk_frames, link_lanes};

/// What every render takes: the file's buffers, measurement, a stored sum, threads.
const BASE_BYTES: u64 = 24 << 20;

/// Blocks of all its lanes that a segment works with: its own, its controls, its sidechains.
const BLOCKS: u64 = 8;

/// An estimate, meant to be rather too high, of the bytes that a render of `plan` takes: delay
/// lines and other running state twice (the store gets a copy), the sums in flight, the segments'
/// blocks, and what parts of long chains pass on where they are cut for several threads. The plan
/// of a remix has the strips of the older version, so they count. Audio files are mapped and count
/// for nothing.
pub fn memory_bytes(plan: &Arc<Plan>, config: RenderConfig) -> u64 {
    // By the whole plan: every part of a chain has but its own nodes' state.
    let state = state_bytes(plan).saturating_mul(2);
    let plan = &cut(plan, config.jobs);
    let chunk = chunk_frames(plan, config.block) as u64;
    let joins = plan.join_slots.iter().flatten().count() as u64;
    let links = link_lanes(plan).into_iter().sum::<usize>() as u64;
    let frame_in_flight = joins * size_of::<[f64; 2]>() as u64
        + size_of::<[f32; 2]>() as u64
        + links * size_of::<f32>() as u64;
    let in_flight = frame_in_flight.saturating_mul(WINDOW as u64 * chunk);
    let lanes = |strips: usize, channels: usize| padded_lanes(strips * channels) as u64;
    let lanes = plan.segments.iter().map(|segment| lanes(segment.strips.len(), segment.channels));
    let blocks = lanes.sum::<u64>() * config.block as u64 * size_of::<f32>() as u64 * BLOCKS;
    state.saturating_add(in_flight + blocks + BASE_BYTES)
}
