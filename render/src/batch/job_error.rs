//! Why one job of a batch gave no file.

use std::path::PathBuf;
use std::sync::Arc;

use wavemill_core::command::EditError;
use wavemill_core::graph::CompileError;
use wavemill_core::session::NamedPositionError;
use wavemill_media::audio::WriteError;
use wavemill_media::folder::FolderError;

use crate::attempts::OfPlugin;
use crate::export::ExportSettingsError;
use crate::inputs::InputError;
use crate::request::BounceError;

/// Why one job gave no file. Nothing of it is left behind.
#[derive(Debug, thiserror::Error)]
pub enum JobError {
    /// The session could not be read.
    #[error(transparent)]
    Session(#[from] Arc<FolderError>),
    /// The variant's edits do not fit the session.
    #[error("variant '{variant}': {error}")]
    Variant {
        /// Its name.
        variant: String,
        /// Which command, and why.
        error: Box<EditError>,
    },
    /// A position that the session does not have.
    #[error("{field}: {error}")]
    Position {
        /// `from` or `to`.
        field: &'static str,
        /// What is wrong with it.
        error: Box<NamedPositionError>,
    },
    /// No file can be made by the settings.
    #[error(transparent)]
    Export(#[from] ExportSettingsError),
    /// The session cannot be rendered.
    #[error(transparent)]
    Compile(#[from] Box<CompileError>),
    /// The output is part of the session.
    #[error(transparent)]
    Input(#[from] InputError),
    /// It needs more memory than the batch may take.
    #[error(
        "it needs about {needed_mib} MiB of memory and the batch may take {limit_mib} MiB: raise \
         --memory, or shorten the session's delays"
    )]
    Memory {
        /// What it needs.
        needed_mib: u64,
        /// What there may be.
        limit_mib: u64,
    },
    /// The folder of the output cannot be made.
    #[error(
        "the folder '{}' cannot be made ({reason}): let it be written where it is to lie, or choose \
         another output or --output-dir",
        folder.display()
    )]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// The system's words.
        reason: String,
    },
    /// Rendering or writing failed.
    #[error(transparent)]
    Bounce(#[from] BounceError),
}

impl JobError {
    pub(super) fn memory(needed_bytes: u64, limit_bytes: u64) -> Self {
        Self::Memory { needed_mib: needed_bytes.div_ceil(1 << 20), limit_mib: limit_bytes >> 20 }
    }
}

impl OfPlugin for JobError {
    fn plugin(&self) -> Option<&str> {
        match self {
            Self::Compile(error) => error.plugin(),
            Self::Bounce(error) => error.plugin(),
            _ => None,
        }
    }
}

impl From<WriteError> for JobError {
    fn from(error: WriteError) -> Self {
        Self::Bounce(error.into())
    }
}
