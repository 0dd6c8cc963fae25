//! Run: all that a processor gets for one block.

use super::{Event, EventOutput, LaneBlock, LaneRef};
use crate::simd::SimdLevel;

/// One block of work for all instances of a processor. There is nothing here to allocate with
/// and nothing to lock.
#[derive(Debug)]
pub struct ProcessContext<'a> {
    /// Node time of the first frame: the timeline less the latency accumulated at the input.
    /// May be negative.
    pub time: i64,
    /// The main signal, processed in place, [`super::Prepare::channels`] lanes an instance. For
    /// sources it holds silence.
    pub audio: LaneBlock<'a>,
    /// Sidechain inputs in the order of the spec: two lanes an instance, padded by
    /// [`super::padded_lanes`]; `None` where the session connects nothing.
    pub sidechains: &'a [Option<LaneRef<'a>>],
    /// Outputs after the main one in the order of the spec: two lanes an instance, padded as
    /// sidechains are, silent until written to; `None` where the session routes the port of no
    /// instance. What is routed changes nothing about the main signal.
    pub outputs: &'a mut [Option<LaneBlock<'a>>],
    /// Events of each instance inside this block, in order of node time.
    pub events: &'a [&'a [Event]],
    /// Where each instance puts out events; empty for processors without an event output.
    pub event_outputs: &'a mut [EventOutput],
    /// The SIMD level to run at.
    pub level: SimdLevel,
}

impl ProcessContext<'_> {
    /// Frames in the block.
    pub fn frames(&self) -> usize {
        self.audio.frames()
    }
}
