//! The traits by which a clip asks for frames at a position; the media crate implements them.

use std::sync::Arc;

use super::SampleMarks;
use crate::sampler::SampledInstrument;
use crate::simd::SimdLevel;
use crate::soundfont::SoundFont;
use crate::time::SampleRate;

/// Why frames could not be read while rendering.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct FrameError {
    /// What went wrong, with the file and what to do.
    pub what: String,
}

/// Why an audio file of the session could not be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AudioLibraryError {
    /// No such file.
    #[error("audio file '{file}' is missing: put it back or import it again")]
    Missing {
        /// The name used in the session.
        file: String,
    },
    /// The file is there and cannot be used.
    #[error("audio file '{file}' cannot be read: {reason}")]
    Unreadable {
        /// The name used in the session.
        file: String,
        /// What is wrong with it and what to do.
        reason: String,
    },
}

/// A piece of audio, at one rate, whose frames can be had from any position.
pub trait FrameSource: Send + Sync {
    /// Channels, at least 1.
    fn channels(&self) -> usize;

    /// Length in frames.
    fn frames(&self) -> u64;

    /// The rate the frames are at.
    fn sample_rate(&self) -> SampleRate;

    /// SHA-256 of the decoded samples with their rate and channel count: the identity that enters
    /// signal keys.
    ///
    /// A source that does not know it yet decodes itself once to compute it, which may fail as
    /// any reading may; afterwards it answers from memory.
    fn identity(&self) -> Result<[u8; 32], FrameError>;

    /// False where a sample may be NaN or infinite, as float files allow.
    fn is_finite(&self) -> bool;

    /// What the file says of how an instrument plays it.
    fn marks(&self) -> SampleMarks {
        SampleMarks::default()
    }

    /// A reader with its own position and buffers; readers of one source do not disturb each other.
    /// The SIMD level changes no sample.
    fn reader(&self, level: SimdLevel) -> Result<Box<dyn FrameReader>, FrameError>;
}

/// Reads frames of one source. Reading forward is cheap; any position gives the same samples.
pub trait FrameReader: Send {
    /// Fills `out` with interleaved frames from `position` on; frames outside the source
    /// (negative positions too) are silence. `out.len()` is a multiple of the channel count.
    /// Non-finite samples come as they are in the file.
    fn read(&mut self, position: i64, out: &mut [f32]) -> Result<(), FrameError>;

    /// Like [`Self::read`] for two channels, but writes each frame to the lanes `first` and
    /// `first + 1` of its row of `block` (`[frame][lanes]`) and leaves the other lanes alone.
    /// `false`, and nothing was done, where the reader has no quicker way to do this.
    fn read_pairs(
        &mut self,
        position: i64,
        block: &mut [f32],
        lanes: usize,
        first: usize,
    ) -> Result<bool, FrameError> {
        let _ = (position, block, lanes, first);
        Ok(false)
    }

    /// Fails where the audio is no longer what [`FrameSource::identity`] speaks of.
    fn check_unchanged(&self) -> Result<(), FrameError>;
}

/// Opens the audio files a session names, converted to the session's rate.
pub trait AudioLibrary {
    /// The file called `file` in the session (a path relative to the session's folder, or an
    /// absolute one), as frames at `rate`.
    fn open(&self, file: &str, rate: SampleRate)
    -> Result<Arc<dyn FrameSource>, AudioLibraryError>;

    /// The SoundFont in the file called `file`, read once however often it is asked for. A library
    /// that keeps none says that it is missing.
    fn sound_font(&self, file: &str) -> Result<Arc<SoundFont>, AudioLibraryError> {
        Err(AudioLibraryError::Missing { file: file.to_owned() })
    }

    /// The instrument in the SFZ file called `file` with its samples, read once however often it is
    /// asked for. A library that keeps none says that it is missing.
    fn sampled_instrument(&self, file: &str) -> Result<Arc<SampledInstrument>, AudioLibraryError> {
        Err(AudioLibraryError::Missing { file: file.to_owned() })
    }
}
