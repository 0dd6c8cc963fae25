//! The runs of a block: where control spans and the flush grid cut it.

use std::ops::Range;

use crate::process::{CONTROL_GRID_FRAMES, ControlCursor, ControlSet, ControlSpan, Event, Prepare};

/// Frames of a cell of the control grid: no run is longer.
#[allow(clippy::cast_possible_truncation)] // It is 64.
pub(super) const CELL: usize = CONTROL_GRID_FRAMES.unsigned_abs() as usize;

/// Those of `events`, which are in order, that lie in the `frames` frames from node time `time` on.
pub(super) fn events_of(events: &[Event], time: i64, frames: usize) -> &[Event] {
    let end = time.saturating_add_unsigned(frames as u64);
    let first = events.partition_point(|event| event.at.0 < time);
    let after = events.partition_point(|event| event.at.0 < end);
    &events[first..after]
}

/// The controls of all instances, and where they stand.
#[derive(Debug)]
pub(super) struct Runs {
    controls: Vec<ControlSet>,
    cursor: ControlCursor,
    /// Some parameter moves at some time.
    automated: bool,
}

/// A stretch of a block in which every parameter moves in a straight line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// Frames of the block.
    pub(super) frames: Range<usize>,
    /// Node time of the first of them.
    pub(super) time: i64,
    /// The spans have changed: take the new lines.
    pub(super) moved: bool,
    /// Flush running state after the last frame.
    pub(super) flush: bool,
}

impl Runs {
    /// Takes the controls of the instances of `prepare`.
    pub(super) fn new(prepare: &Prepare<'_>) -> Self {
        let controls: Vec<ControlSet> =
            prepare.instances.iter().map(|setup| setup.controls.clone()).collect();
        let automated = controls.iter().any(ControlSet::is_automated);
        Self { cursor: ControlCursor::new(controls.len()), controls, automated }
    }

    /// The run that starts at frame `from` of a block of `frames` frames at node time `block`;
    /// `None` at the block's end.
    pub(super) fn next(&mut self, block: i64, frames: usize, from: usize) -> Option<Run> {
        if from >= frames {
            return None;
        }
        let time = block.saturating_add_unsigned(from as u64);
        let limit = block.saturating_add_unsigned(frames as u64);
        let run = self.cursor.run(self.controls.iter(), time, limit);
        let length = usize::try_from(run.end - time).unwrap_or(frames - from);
        Some(Run { frames: from..from + length, time, moved: run.moved, flush: run.flush })
    }

    /// Like [`Self::next`], but all the rest of the block where nothing ever moves: whoever takes that
    /// flushes at every point of the grid itself.
    pub(super) fn next_long(&mut self, block: i64, frames: usize, from: usize) -> Option<Run> {
        let run = self.next(block, frames, from)?;
        if self.automated {
            return Some(run);
        }
        Some(Run { frames: from..frames, ..run })
    }

    /// True where some parameter moves at some time.
    pub(super) fn automated(&self) -> bool {
        self.automated
    }

    /// The spans of the last run, by instance.
    pub(super) fn spans(&self) -> &[ControlSpan] {
        self.cursor.spans()
    }

    /// Forgets where it was: the next run has moved.
    pub(super) fn reset(&mut self) {
        self.cursor.reset();
    }
}
