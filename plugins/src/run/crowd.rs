//! How many events are too many: counted by stretches of the timeline, so that it does not depend on
//! how long batches are.

/// Frames of a stretch, as nearly as whole blocks allow, and of a batch of one plug-in by itself: many
/// blocks are run for one wake-up of a worker, and what they need still fits a core's cache.
const STRETCH_FRAMES: u32 = 4_096;

/// Blocks of `block` frames in a stretch.
pub(super) fn stretch_blocks(block: u32) -> u32 {
    (STRETCH_FRAMES / block.max(1)).max(1)
}

/// Counts the events of one direction.
pub struct Crowd {
    most: u32,
    frames: i64,
    /// The stretch that the last event was in, which begins at a multiple of its frames, and its events
    /// so far.
    stretch: i64,
    events: u32,
}

impl Crowd {
    /// For blocks of `block` frames, and at most `most` events a stretch.
    pub fn new(block: u32, most: u32) -> Self {
        let frames = i64::from(block.max(1)) * i64::from(stretch_blocks(block));
        Self { most, frames, stretch: i64::MIN, events: 0 }
    }

    /// Counts an event at node time `at`, none of which come before those of earlier stretches; false
    /// where its stretch has too many.
    pub fn admits(&mut self, at: i64) -> bool {
        let stretch = at.div_euclid(self.frames);
        if stretch != self.stretch {
            (self.stretch, self.events) = (stretch, 0);
        }
        self.events = self.events.saturating_add(1);
        self.events <= self.most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_are_counted_wherever_batches_begin() {
        let mut crowd = Crowd::new(500, 2);
        for (at, admitted) in
            [(0, true), (3_999, true), (4_000, true), (7_999, true), (7_999, false), (8_000, true)]
        {
            assert_eq!(crowd.admits(at), admitted, "{at}");
        }
        assert_eq!((stretch_blocks(512), stretch_blocks(8_192)), (8, 1));
    }
}
