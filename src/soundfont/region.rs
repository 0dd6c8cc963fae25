//! Regions: a zone of a preset and one of its instrument, as one.

use std::ops::Range;

use super::generator::{Generators, number as generator};
use super::sample::Sample;

/// What sounds for some keys and velocities of a preset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    /// Lowest and highest key.
    pub keys: (u8, u8),
    /// Lowest and highest velocity.
    pub velocities: (u8, u8),
    /// The sample, its range and loop already moved by the generators that move them.
    pub sample: Sample,
    /// Its generators: the instrument's, and what the preset adds.
    pub generators: Generators,
    /// Its modulators in [`super::SoundFont::modulators`].
    pub modulators: Range<usize>,
}

/// How a sample loops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopMode {
    /// Not at all.
    None,
    /// As long as it sounds.
    Always,
    /// Until the note ends.
    UntilRelease,
}

impl Region {
    /// True where it plays `key` at `velocity`.
    pub fn plays(&self, key: u8, velocity: u8) -> bool {
        (self.keys.0..=self.keys.1).contains(&key)
            && (self.velocities.0..=self.velocities.1).contains(&velocity)
    }

    /// How its sample loops; a loop of nothing is none.
    pub fn loop_mode(&self) -> LoopMode {
        if self.sample.loop_end <= self.sample.loop_start {
            return LoopMode::None;
        }
        match self.generators.get(generator::SAMPLE_MODES) & 3 {
            1 => LoopMode::Always,
            3 => LoopMode::UntilRelease,
            _ => LoopMode::None,
        }
    }
}

/// `sample`, which lies between `first` and `last`, with its ends moved by generators.
pub(super) fn moved(
    sample: Sample,
    generators: &Generators,
    (first, last): (usize, usize),
) -> Sample {
    let by = |fine: usize, coarse: usize| {
        i64::from(generators.get(fine)) + 32_768 * i64::from(generators.get(coarse))
    };
    let at = |frame: usize, by: i64| {
        let frame = i64::try_from(frame).unwrap_or(i64::MAX).saturating_add(by);
        usize::try_from(frame).unwrap_or(0).clamp(first, last)
    };
    use generator as g;
    let start = at(sample.start, by(g::START_OFFSET, g::START_COARSE_OFFSET));
    let end = at(sample.end, by(g::END_OFFSET, g::END_COARSE_OFFSET)).max(start);
    let loop_start = at(sample.loop_start, by(g::LOOP_START_OFFSET, g::LOOP_START_COARSE_OFFSET));
    let loop_end = at(sample.loop_end, by(g::LOOP_END_OFFSET, g::LOOP_END_COARSE_OFFSET));
    let (loop_start, loop_end) = (loop_start.clamp(start, end), loop_end.clamp(start, end));
    Sample { start, end, loop_start, loop_end, ..sample }
}
