//! How audio files are written, and what their writers say of them.

use std::path::PathBuf;

use super::pending_file::{PendingFile, WriteError};
use super::quantise::Dither;

/// A finished audio file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenAudio {
    /// The file.
    pub path: PathBuf,
    /// Frames in it.
    pub frames: u64,
    /// SHA-256 of the interleaved samples as little-endian numbers, before any compression, if
    /// asked for.
    pub pcm_sha256: Option<[u8; 32]>,
    /// Samples that were beyond full scale of an integer encoding and clipped.
    pub clipped_samples: u64,
    /// Samples that were NaN or infinite and became 0 in an integer encoding.
    pub non_finite_samples: u64,
}

/// How to write a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// Whether an existing file may be replaced.
    pub overwrite: bool,
    /// Dither; without effect on floats.
    pub dither: Dither,
    /// Whether to compute [`WrittenAudio::pcm_sha256`].
    pub hash: bool,
}

/// An audio file that is whole and on the disk and has no name yet. Dropped, it leaves nothing
/// behind. Several files become all or none by being all complete before the first is committed.
#[derive(Debug)]
pub struct CompleteAudio {
    file: PendingFile,
    audio: WrittenAudio,
}

impl CompleteAudio {
    /// What was written to `file`, described by `describe` for the path it will have.
    pub(super) fn new(
        mut file: PendingFile,
        describe: impl FnOnce(PathBuf) -> WrittenAudio,
    ) -> Result<Self, WriteError> {
        file.make_durable()?;
        let audio = describe(file.target().to_owned());
        Ok(Self { file, audio })
    }

    /// Whether the name is still to be had: asked of all before the first of several is committed.
    ///
    /// # Errors
    /// Where something else has the name by now.
    pub fn check(&self) -> Result<(), WriteError> {
        self.file.check()
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// Where something else has the name by now.
    pub fn commit(self) -> Result<WrittenAudio, WriteError> {
        self.file.commit()?;
        Ok(self.audio)
    }
}
