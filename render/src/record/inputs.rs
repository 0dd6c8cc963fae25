//! The files of a record that clips and inserts play, by content.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use wavemill_core::audio::AudioLibraryError;
use wavemill_core::dsp::built_in;
use wavemill_core::session::{ClipContent, Session};
use wavemill_media::audio::AudioFiles;

use crate::hash::hex;
use crate::inputs::inserts_of;

/// A file that clips or inserts play.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InputRecord {
    /// Its name in the session.
    file: String,
    /// The clips, or the inserts, that play it.
    clips: Vec<String>,
    /// SHA-256 of its decoded samples with their rate and channel count; of the bytes of a file
    /// that inserts play, and of the samples it names.
    sha256: String,
    /// Where it is audio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    frames: Option<u64>,
    /// Where it is audio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    channels: Option<usize>,
    /// Where it is audio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sample_rate: Option<u32>,
    /// Name and version of what decoded it, where it is audio.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    decoder: Option<String>,
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
            frames: Some(record.frames),
            channels: Some(record.channels),
            sample_rate: Some(record.sample_rate),
            decoder: Some(record.codec),
        })
    };
    let clips = files.into_iter().map(record);
    clips.chain(instruments(session, audio)).collect()
}

/// The files that inserts of `session` play from, by name; what is bypassed reads none.
fn instruments(
    session: &Session,
    audio: &AudioFiles,
) -> Vec<Result<InputRecord, AudioLibraryError>> {
    let mut files: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for (owner, insert) in inserts_of(session).filter(|(_, insert)| !insert.bypass) {
        if let Some(file) = &insert.file {
            let played = files.entry((file, &insert.processor)).or_default();
            played.push(format!("{owner}/inserts/{}", insert.id));
        }
    }
    let record = |((file, processor), clips): ((&str, &str), Vec<String>)| {
        let playing = match built_in(processor)?.playing(file, audio)? {
            Ok(playing) => playing,
            Err(error) => return Some(Err(error)),
        };
        Some(Ok(InputRecord {
            file: file.to_owned(),
            clips,
            sha256: hex(&playing.file_identity()?),
            frames: None,
            channels: None,
            sample_rate: None,
            decoder: playing.file_decoder().map(str::to_owned),
        }))
    };
    files.into_iter().filter_map(record).collect()
}
