//! The audio files of a record, by content.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wavemill_core::audio::AudioLibraryError;
use wavemill_core::session::{ClipContent, Session};
use wavemill_media::audio::AudioFiles;

use crate::hash::hex;

/// An audio file that clips play.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputRecord {
    /// Its name in the session.
    file: String,
    /// The clips that play it.
    clips: Vec<String>,
    /// SHA-256 of its decoded samples with their rate and channel count.
    sha256: String,
    frames: u64,
    channels: usize,
    sample_rate: u32,
    /// Name and version of what decoded it.
    decoder: String,
}

/// The files of `session`, by name.
pub(super) fn of(
    session: &Session,
    audio: &AudioFiles,
) -> Result<Vec<InputRecord>, AudioLibraryError> {
    let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for track in &session.tracks {
        if let Some(frozen) = &track.frozen {
            // Its clips are not played.
            files.entry(&frozen.file).or_default().push(format!("tracks/{}/frozen", track.id));
            continue;
        }
        for clip in &track.clips {
            if let ClipContent::Audio(content) = &clip.content {
                let id = format!("tracks/{}/clips/{}", track.id, clip.id);
                files.entry(&content.file).or_default().push(id);
            }
        }
    }
    let record = |(file, clips): (&str, Vec<String>)| {
        let record = audio.info(file)?.record;
        Ok(InputRecord {
            file: file.to_owned(),
            clips,
            sha256: hex(&record.sha256),
            frames: record.frames,
            channels: record.channels,
            sample_rate: record.sample_rate,
            decoder: record.codec,
        })
    };
    files.into_iter().map(record).collect()
}
