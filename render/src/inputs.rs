//! What a session is made of: no render may be written over it.

use std::path::{Path, PathBuf};

use wavemill_core::audio::AudioLibrary;
use wavemill_core::session::{ClipContent, Insert, Session};
use wavemill_media::audio::AudioFiles;
use wavemill_media::folder::SessionFolder;

/// Why a file is no output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// It is part of the session.
    #[error("'{}' is {what}: choose another output", path.display())]
    IsInput {
        /// The file.
        path: PathBuf,
        /// What it is to the session.
        what: String,
    },
}

/// Every insert of `session` with the path of the chain it is in.
pub(crate) fn inserts_of(session: &Session) -> impl Iterator<Item = (String, &Insert)> {
    let tracks = session.tracks.iter().map(|t| (format!("tracks/{}", t.id), &t.inserts));
    let chains = tracks.chain([("master".to_owned(), &session.master.inserts)]);
    chains.flat_map(|(owner, inserts)| inserts.iter().map(move |insert| (owner.clone(), insert)))
}

/// Where the samples are that an insert's file names, if it can be played.
fn samples_of<'a>(
    insert: &Insert,
    file: &str,
    audio: &'a AudioFiles,
) -> impl Iterator<Item = PathBuf> + use<'a> {
    let sampled = (insert.processor == "sampler" && !insert.bypass)
        .then(|| audio.sampled_instrument(file).ok())
        .flatten();
    let files = sampled.map_or_else(Vec::new, |sampled| sampled.files().to_vec());
    files.into_iter().filter_map(|file| audio.path_of(&file).ok())
}

/// Every file that `session` is made of, and what each is to it.
pub fn inputs_of(
    folder: &SessionFolder,
    session: &Session,
    audio: &AudioFiles,
) -> Vec<(PathBuf, String)> {
    let mut inputs = vec![(folder.document_path(), "the session's own document".to_owned())];
    for (owner, insert) in inserts_of(session) {
        if let Some(file) = &insert.file
            && let Ok(path) = audio.path_of(file)
        {
            let what = format!("an input of the session ({owner}/inserts/{})", insert.id);
            inputs.extend(samples_of(insert, file, audio).map(|sample| (sample, what.clone())));
            inputs.push((path, what));
        }
    }
    for track in &session.tracks {
        if let Some(frozen) = &track.frozen
            && let Ok(path) = audio.path_of(&frozen.file)
        {
            let what = format!("an input of the session (tracks/{}/frozen)", track.id);
            inputs.push((path, what));
        }
        for clip in &track.clips {
            if let ClipContent::Audio(content) = &clip.content
                && let Ok(path) = audio.path_of(&content.file)
            {
                let what =
                    format!("an input of the session (tracks/{}/clips/{})", track.id, clip.id);
                inputs.push((path, what));
            }
        }
    }
    inputs
}

/// Refuses to replace what the session itself is made of, even where replacing was asked for.
///
/// # Errors
/// Where `output` is the session's document or a file it plays.
pub fn refuse_inputs(
    folder: &SessionFolder,
    session: &Session,
    audio: &AudioFiles,
    output: &Path,
) -> Result<(), InputError> {
    let Ok(target) = output.canonicalize() else { return Ok(()) };
    let mut inputs = inputs_of(folder, session, audio).into_iter();
    let found = inputs.find(|(path, _)| path.canonicalize().is_ok_and(|path| path == target));
    match found {
        Some((_, what)) => Err(InputError::IsInput { path: output.to_owned(), what }),
        None => Ok(()),
    }
}
