//! Where everything lies in the memory that a host and a worker share.
//!
//! Both sides compute it from the same few numbers and check that the memory is as large as that:
//! nothing read from the memory itself is ever used as a place in it.

use serde::{Deserialize, Serialize};

use super::crowd::stretch_blocks;

/// Most blocks of a batch.
const MAX_BLOCKS: u32 = 4_096;
/// Most frames of a batch.
const MAX_FRAMES: u32 = 1 << 16;
/// Most channels of all inputs, and of all outputs.
const MAX_CHANNELS: u32 = 256;
/// Most events of a stretch, in each direction.
pub const MAX_EVENTS: u32 = 1 << 16;

/// Bytes before the audio: a cache line for each of the two words that are waited for, and one for
/// the numbers of a batch.
const HEAD_BYTES: usize = 256;

/// Bytes of an event.
const RECORD_BYTES: usize = 32;

/// Bytes of what the transport says of a block.
const TRANSPORT_BYTES: usize = 48;

/// The numbers that say how large everything is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Frames of a block, as the plug-in sees it.
    pub block: u32,
    /// Blocks of a batch.
    pub blocks: u32,
    /// Channels of all input buses.
    pub inputs: u32,
    /// Channels of all output buses.
    pub outputs: u32,
    /// Most events of each stretch of about 4,096 frames, in each direction.
    pub events: u32,
}

/// Where everything lies, in bytes from the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    shape: Shape,
    frames: u32,
    /// Events that there is room for, in each direction.
    events: usize,
    outputs: usize,
    transport: usize,
    events_in: usize,
    events_out: usize,
    latencies: usize,
    bytes: usize,
}

/// A shape that makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a batch of {} blocks of {} frames, {} inputs, {} outputs and {} events is out of range",
    .0.blocks, .0.block, .0.inputs, .0.outputs, .0.events
)]
pub struct LayoutError(pub Shape);

impl Layout {
    /// The layout for `shape`.
    ///
    /// # Errors
    /// Where a number of it is out of range.
    pub fn new(shape: Shape) -> Result<Self, LayoutError> {
        let Shape { block, blocks, inputs, outputs, events } = shape;
        let frames = block.checked_mul(blocks).filter(|frames| (1..=MAX_FRAMES).contains(frames));
        let fits = blocks <= MAX_BLOCKS
            && inputs <= MAX_CHANNELS
            && outputs <= MAX_CHANNELS
            && events <= MAX_EVENTS;
        let Some(frames) = frames.filter(|_| fits) else { return Err(LayoutError(shape)) };
        // A batch longer than a stretch may begin and end inside of one.
        let stretch = stretch_blocks(block);
        let stretches = if blocks <= stretch { 1 } else { blocks.div_ceil(stretch) + 1 };
        let room = events as usize * stretches as usize;
        let line = |bytes: usize| bytes.next_multiple_of(64);
        let channel = line(frames as usize * size_of::<f32>());
        let outputs_at = HEAD_BYTES + channel * inputs as usize;
        let transport = outputs_at + channel * outputs as usize;
        let events_in = transport + line(TRANSPORT_BYTES * blocks as usize);
        let events_out = events_in + line(RECORD_BYTES * room);
        let latencies = events_out + line(RECORD_BYTES * room);
        let bytes = latencies + line(size_of::<u32>() * blocks as usize);
        let outputs = outputs_at;
        let events = room;
        Ok(Self {
            shape,
            frames,
            events,
            outputs,
            transport,
            events_in,
            events_out,
            latencies,
            bytes,
        })
    }

    /// Its shape.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Frames of a batch.
    pub fn frames(&self) -> usize {
        self.frames as usize
    }

    /// Events that there is room for, in each direction.
    pub fn events(&self) -> usize {
        self.events
    }

    /// Bytes of all.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// What the transport says of `blocks` blocks, and `events` events for the plug-in, so far as there is
    /// room for either.
    pub(super) fn said_ranges(&self, blocks: usize, events: usize) -> [std::ops::Range<usize>; 2] {
        let blocks = blocks.min(self.shape.blocks as usize);
        let events = events.min(self.events);
        [
            self.transport..self.transport + TRANSPORT_BYTES * blocks,
            self.events_in..self.events_in + RECORD_BYTES * events,
        ]
    }

    /// The bytes of a channel's samples, whole cache lines.
    fn channel_bytes(&self) -> usize {
        (self.frames() * size_of::<f32>()).next_multiple_of(64)
    }

    /// Where input channel `channel` begins, if there is one.
    pub(super) fn input(&self, channel: usize) -> Option<usize> {
        let at = || HEAD_BYTES + self.channel_bytes() * channel;
        (channel < self.shape.inputs as usize).then(at)
    }

    /// Where output channel `channel` begins, if there is one.
    pub(super) fn output(&self, channel: usize) -> Option<usize> {
        let at = || self.outputs + self.channel_bytes() * channel;
        (channel < self.shape.outputs as usize).then(at)
    }

    /// Where what the transport says of block `block` is, if there is one.
    pub(super) fn transport(&self, block: usize) -> Option<usize> {
        let at = || self.transport + TRANSPORT_BYTES * block;
        (block < self.shape.blocks as usize).then(at)
    }

    /// Where event `index` for the plug-in is, if there is room for it.
    pub(super) fn event_in(&self, index: usize) -> Option<usize> {
        let at = || self.events_in + RECORD_BYTES * index;
        (index < self.events).then(at)
    }

    /// Where event `index` of the plug-in is, if there is room for it.
    pub(super) fn event_out(&self, index: usize) -> Option<usize> {
        let at = || self.events_out + RECORD_BYTES * index;
        (index < self.events).then(at)
    }

    /// Where it says how late the plug-in was in block `block`, if there is one.
    pub(super) fn latency(&self, block: usize) -> Option<usize> {
        let at = || self.latencies + size_of::<u32>() * block;
        (block < self.shape.blocks as usize).then(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_overlaps_and_all_is_inside() {
        for shape in [
            Shape { block: 1, blocks: 1, inputs: 1, outputs: 1, events: 0 },
            Shape { block: 100, blocks: 10, inputs: 3, outputs: 26, events: 7 },
            Shape { block: 16, blocks: 4_096, inputs: 0, outputs: 256, events: MAX_EVENTS },
        ] {
            let layout = Layout::new(shape).unwrap();
            let samples = layout.frames() * size_of::<f32>();
            let inputs = (0..shape.inputs as usize).map(|c| (layout.input(c).unwrap(), samples));
            let outputs = (0..shape.outputs as usize).map(|c| (layout.output(c).unwrap(), samples));
            let transport =
                (0..shape.blocks as usize).map(|b| (layout.transport(b).unwrap(), TRANSPORT_BYTES));
            let events = layout.events();
            assert!(events >= shape.events as usize);
            let heard = (0..events).map(|e| (layout.event_in(e).unwrap(), RECORD_BYTES));
            let said = (0..events).map(|e| (layout.event_out(e).unwrap(), RECORD_BYTES));
            let latencies = (0..shape.blocks as usize).map(|b| (layout.latency(b).unwrap(), 4));
            let mut end = HEAD_BYTES;
            let audio = inputs.chain(outputs);
            for (at, bytes) in audio.chain(transport).chain(heard).chain(said).chain(latencies) {
                assert!(at >= end && at.is_multiple_of(bytes.min(8)), "{shape:?} {at} {end}");
                end = at + bytes;
            }
            assert!(end <= layout.bytes());
            assert_eq!(layout.input(shape.inputs as usize), None);
            assert_eq!(layout.output(shape.outputs as usize), None);
            assert_eq!(layout.transport(shape.blocks as usize), None);
            assert_eq!((layout.event_in(events), layout.event_out(events)), (None, None));
            assert_eq!(layout.latency(shape.blocks as usize), None);
        }
    }

    #[test]
    fn what_is_out_of_range_is_refused() {
        let good = Shape { block: 16, blocks: 4, inputs: 2, outputs: 2, events: 8 };
        assert!(Layout::new(good).is_ok());
        for bad in [
            Shape { block: 0, ..good },
            Shape { blocks: 0, ..good },
            Shape { block: u32::MAX, blocks: 2, ..good },
            Shape { block: MAX_FRAMES, blocks: 2, ..good },
            Shape { inputs: MAX_CHANNELS + 1, ..good },
            Shape { outputs: MAX_CHANNELS + 1, ..good },
            Shape { events: MAX_EVENTS + 1, ..good },
        ] {
            assert_eq!(Layout::new(bad), Err(LayoutError(bad)));
        }
    }
}
