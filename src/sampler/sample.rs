//! A sample: all frames of a piece of audio in memory, at their own rate.

use crate::audio::{FrameError, FrameSource, SampleMarks};
use crate::simd::SimdLevel;
use crate::time::SampleRate;

/// Silent frames before the first and after the last of each channel, so that an interpolation
/// may look that far around any frame.
pub const SAMPLE_PADDING: usize = 8;

/// Most values (frames times channels) of all samples of an instrument: 1 GiB.
pub const MAX_SAMPLE_VALUES: u64 = 1 << 28;

/// Frames read at a time.
const PIECE_FRAMES: usize = 4_096;

/// Why a sample cannot be played.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// It could not be read.
    #[error(transparent)]
    Read(#[from] FrameError),
    /// More channels than an output has.
    #[error("has {0} channels: give it one or two")]
    Channels(usize),
    /// Nothing to play.
    #[error("has no frames: leave the region out")]
    Empty,
    /// More than memory should have to hold.
    #[error(
        "has {frames} frames, too many beside the others: all samples of an instrument have at most {MAX_SAMPLE_VALUES} values"
    )]
    TooLong {
        /// Its length.
        frames: u64,
    },
}

/// A sample of one or two channels.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// Padded by [`SAMPLE_PADDING`].
    channels: Vec<Vec<f32>>,
    frames: usize,
    rate: SampleRate,
    identity: [u8; 32],
    marks: SampleMarks,
}

impl Sample {
    /// Reads all of `source`, of which at most `max_values` values. What is no number is silence.
    ///
    /// # Errors
    /// Where it cannot be read or played.
    pub fn read(source: &dyn FrameSource, max_values: u64) -> Result<Self, SampleError> {
        let count = source.channels();
        if !(1..=2).contains(&count) {
            return Err(SampleError::Channels(count));
        }
        let too_long = || SampleError::TooLong { frames: source.frames() };
        let values = source.frames().checked_mul(count as u64).ok_or_else(too_long)?;
        if values > max_values {
            return Err(too_long());
        }
        let frames = usize::try_from(source.frames()).map_err(|_| too_long())?;
        if frames == 0 {
            return Err(SampleError::Empty);
        }
        let mut channels = vec![vec![0.0; frames + 2 * SAMPLE_PADDING]; count];
        let mut reader = source.reader(SimdLevel::detect())?;
        let mut piece = vec![0.0; PIECE_FRAMES * count];
        for (at, position) in (0..frames).step_by(PIECE_FRAMES).zip((0..).step_by(PIECE_FRAMES)) {
            let piece = &mut piece[..(frames - at).min(PIECE_FRAMES) * count];
            reader.read(position, piece)?;
            for (channel, values) in channels.iter_mut().enumerate() {
                let into = &mut values[SAMPLE_PADDING + at..];
                for (into, frame) in into.iter_mut().zip(piece.chunks_exact(count)) {
                    let value = frame[channel];
                    *into = if value.is_finite() { value } else { 0.0 };
                }
            }
        }
        reader.check_unchanged()?;
        let identity = source.identity()?;
        let (rate, marks) = (source.sample_rate(), source.marks());
        Ok(Self { channels, frames, rate, identity, marks })
    }

    /// Its channels, one or two, each with [`SAMPLE_PADDING`] silent frames before and after.
    pub fn channels(&self) -> &[Vec<f32>] {
        &self.channels
    }

    /// Length in frames, at least 1.
    pub fn frames(&self) -> usize {
        self.frames
    }

    /// The rate its frames are at.
    pub fn rate(&self) -> SampleRate {
        self.rate
    }

    /// The identity of the audio ([`FrameSource::identity`]).
    pub fn identity(&self) -> [u8; 32] {
        self.identity
    }

    /// What its file says of how it is played.
    pub fn marks(&self) -> SampleMarks {
        self.marks
    }

    /// Frames times channels.
    pub fn values(&self) -> u64 {
        (self.frames * self.channels.len()) as u64
    }
}
