//! Lane blocks: the audio of several instances, interleaved sample by sample.

/// Lanes a block of `used` lanes has once padded so that whole SIMD registers fit: 1, 2, 4, or a
/// multiple of 8. The number never depends on the machine.
pub const fn padded_lanes(used: usize) -> usize {
    match used {
        0 | 1 => 1,
        2 => 2,
        3 | 4 => 4,
        _ => used.div_ceil(8) * 8,
    }
}

/// Samples of several lanes, `samples[frame * lanes + lane]`. Lane `instance * channels + channel`
/// belongs to that channel of that instance; padding lanes come last and may hold anything finite.
#[derive(Debug)]
pub struct LaneBlock<'a> {
    samples: &'a mut [f32],
    lanes: usize,
}

/// A lane block that is only read.
#[derive(Clone, Copy, Debug)]
pub struct LaneRef<'a> {
    samples: &'a [f32],
    lanes: usize,
}

impl<'a> LaneBlock<'a> {
    /// Wraps `samples`, whose length is a multiple of `lanes`.
    pub fn new(samples: &'a mut [f32], lanes: usize) -> Self {
        debug_assert!(lanes > 0 && samples.len().is_multiple_of(lanes));
        Self { samples, lanes }
    }

    /// Lanes, padding included.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// Frames.
    pub fn frames(&self) -> usize {
        self.samples.len() / self.lanes
    }

    /// All samples.
    pub fn samples(&mut self) -> &mut [f32] {
        self.samples
    }

    /// The samples of frames `start .. end`.
    pub fn range(&mut self, start: usize, end: usize) -> &mut [f32] {
        &mut self.samples[start * self.lanes..end * self.lanes]
    }
}

impl<'a> LaneRef<'a> {
    /// Wraps `samples`, whose length is a multiple of `lanes`.
    pub fn new(samples: &'a [f32], lanes: usize) -> Self {
        debug_assert!(lanes > 0 && samples.len().is_multiple_of(lanes));
        Self { samples, lanes }
    }

    /// Lanes, padding included.
    pub fn lanes(&self) -> usize {
        self.lanes
    }

    /// The samples of frames `start .. end`.
    pub fn range(&self, start: usize, end: usize) -> &'a [f32] {
        &self.samples[start * self.lanes..end * self.lanes]
    }
}
