//! Finding the audio files that were given, and looking at each before anything is changed.

use std::path::{Path, PathBuf};

use wavemill_core::session::limits::MAX_TRACKS;

use super::{ImportError, SkippedFile};
use crate::audio::{CodecRegistry, OpenError, OpenedAudio};

/// An audio file to import.
pub(super) struct Candidate {
    pub path: PathBuf,
    pub opened: OpenedAudio,
}

/// The audio files among `inputs`, in order; of a folder those directly in it, by name.
pub(super) fn gather(
    inputs: &[PathBuf],
    codecs: &CodecRegistry,
) -> Result<(Vec<Candidate>, Vec<SkippedFile>), ImportError> {
    let (mut found, mut skipped) = (Vec::new(), Vec::new());
    for input in inputs {
        if input.is_dir() {
            let before = found.len();
            folder(input, codecs, &mut found, &mut skipped)?;
            if found.len() == before {
                return Err(ImportError::NoAudio { path: input.clone() });
            }
        } else {
            found.push(usable(input, codecs.open(input)?)?);
        }
    }
    if found.len() > MAX_TRACKS {
        return Err(ImportError::TooMany { count: found.len() });
    }
    if found.is_empty() { Err(ImportError::NothingGiven) } else { Ok((found, skipped)) }
}

fn folder(
    folder: &Path,
    codecs: &CodecRegistry,
    found: &mut Vec<Candidate>,
    skipped: &mut Vec<SkippedFile>,
) -> Result<(), ImportError> {
    let unreadable = |error: std::io::Error| ImportError::Folder {
        path: folder.to_owned(),
        reason: error.to_string(),
    };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    paths.sort();
    for path in paths {
        let mut skip =
            |path, reason: &str| skipped.push(SkippedFile { path, reason: reason.to_owned() });
        if path.is_dir() {
            skip(path, "a folder; import it by itself");
            continue;
        }
        match codecs.open(&path) {
            Ok(opened) => found.push(usable(&path, opened)?),
            Err(OpenError::UnknownFormat { .. }) => skip(path, "not audio of a known format"),
            Err(OpenError::NotAFile { .. }) => skip(path, "not a regular file"),
            Err(OpenError::Empty { .. }) if !has_audio_extension(&path) => skip(path, "empty"),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Whether the name promises audio, so that a file without any is worth an error.
fn has_audio_extension(path: &Path) -> bool {
    let extension = path.extension().map(|text| text.to_string_lossy().to_ascii_lowercase());
    matches!(extension.as_deref(), Some("wav" | "wave" | "bwf" | "rf64" | "bw64" | "flac"))
}

fn usable(path: &Path, opened: OpenedAudio) -> Result<Candidate, ImportError> {
    let path = path.to_owned();
    match (opened.source.channels(), opened.source.frames()) {
        (1 | 2, 1..) => Ok(Candidate { path, opened }),
        (1 | 2, 0) => Err(ImportError::NoFrames { path }),
        (channels, _) => Err(ImportError::Channels { path, channels }),
    }
}
