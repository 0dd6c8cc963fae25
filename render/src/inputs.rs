//! What a session is made of: no render may be written over it.

use std::path::{Path, PathBuf};

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

/// The samples that an insert's file names, as the session would call them. They are known from the
/// text of that file alone: also where one is missing, or nothing plays them now. Where the text is
/// none, whoever plays it is told so.
pub fn samples_of(insert: &Insert, audio: &AudioFiles) -> Vec<String> {
    let file = insert.file.as_deref().filter(|_| insert.processor == "sampler");
    file.and_then(|file| audio.samples_named_by(file).ok()).unwrap_or_default()
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
            let samples = samples_of(insert, audio);
            let samples = samples.iter().filter_map(|sample| audio.path_of(sample).ok());
            inputs.extend(samples.map(|sample| (sample, what.clone())));
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
