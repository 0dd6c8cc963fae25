//! The stretch of a signal that is wanted, cut out of what comes.

use crate::request::Range;

/// Cuts a stretch out of a signal that comes bit by bit.
#[derive(Clone, Debug)]
pub(crate) struct Stretch {
    /// Frames still to be dropped: they were rendered because they ring on into what is wanted.
    skip: u64,
    /// Frames still to come after those.
    left: u64,
}

impl Stretch {
    /// The frames of `range` in a signal whose first frame to come is stream frame `first`.
    pub(crate) fn new(range: &Range, first: u64) -> Self {
        Self { skip: range.skip - first, left: range.stream - range.skip }
    }

    /// What is wanted of the next frames, `[frame][2]`.
    pub(crate) fn cut<'s>(&mut self, samples: &'s [f32]) -> &'s [f32] {
        let frames = (samples.len() / 2) as u64;
        let dropped = self.skip.min(frames);
        self.skip -= dropped;
        let taken = self.left.min(frames - dropped);
        self.left -= taken;
        // Both are at most the length of the slice.
        let frames = |count: u64| usize::try_from(count).unwrap_or(samples.len() / 2);
        &samples[2 * frames(dropped)..2 * frames(dropped + taken)]
    }
}
