//! A part of one of the engine's blocks that lies within one batch.

use wavemill_core::process::{LaneBlock, LaneRef};

/// A stretch of a block, and where one instance finds itself in it.
pub(super) struct Stretch<'a, 'b> {
    /// `[frame][lanes]`.
    pub(super) audio: &'a mut [f32],
    pub(super) lanes: usize,
    pub(super) lane: usize,
    pub(super) sidechains: &'a [Option<LaneRef<'b>>],
    pub(super) outputs: &'a mut [Option<LaneBlock<'b>>],
    pub(super) instance: usize,
    /// Its frames in the block.
    pub(super) range: std::ops::Range<usize>,
}
