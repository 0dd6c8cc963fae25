//! Bouncing in place: a new track plays what was rendered of another, which is muted.

use wavemill_core::command::{AddClip, Batch, Command, EditError};
use wavemill_core::graph::{CompileError, TapPoint};
use wavemill_core::session::TrackId;
use wavemill_core::time::Samples;
use wavemill_media::folder::SessionEditor;

use super::audio::{Signal, render};
use super::{InPlaceError, InPlaceRequest, replacement};
use crate::stems::StemsError;

/// Where in a track its signal is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InPlaceTap {
    /// Before the fader: the new track gets volume, pan, sends and their automation, and the mix
    /// stays the same.
    PreFader,
    /// Behind the fader: volume, pan and their automation are in the file.
    PostFader,
}

/// A track that was bounced in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BouncedInPlace {
    /// The new track.
    pub track: TrackId,
    /// The file, as the session calls it.
    pub file: String,
    /// Frames in it.
    pub frames: u64,
    /// The revision of the session.
    pub revision: u64,
    /// What the listener should know of.
    pub warnings: Vec<String>,
}

/// Bounces `track` into a new track called `name`, or as the old one, right behind it: one entry
/// of the history.
///
/// # Errors
/// See [`InPlaceError`].
pub fn bounce_in_place(
    editor: &mut SessionEditor,
    track: &TrackId,
    (tap, name): (InPlaceTap, Option<&str>),
    request: &InPlaceRequest<'_>,
) -> Result<BouncedInPlace, InPlaceError> {
    let session = editor.session().clone();
    let old = session.tracks.iter().find(|found| found.id == *track).ok_or_else(|| {
        StemsError::Compile(CompileError::UnknownTrack { track: track.to_string() })
    })?;
    replacement::check(old, tap)?;
    let name = name.map_or_else(|| format!("{} bounced", old.name), str::to_owned);
    let add = replacement::track(&session, old, tap, &name);
    let preview = editor.dry_run(&Batch::of(vec![add.into()]))?;
    let add = preview.commands.into_iter().next();
    let Some(Command::AddTrack(add)) = add else { return Err(EditError::Empty.into()) };
    let Some(new) = add.id.clone() else { return Err(EditError::Empty.into()) };
    let batch = |file: &str, frames| {
        let length = Samples(i64::try_from(frames).unwrap_or(i64::MAX));
        let clip = AddClip::audio(new.clone(), file, request.from, length);
        let mut ops = vec![Command::from(add.clone())];
        ops.extend(replacement::commands(&session, (old, &new), tap, clip));
        Batch { name: Some("bounce in place".to_owned()), ..Batch::of(ops) }
    };
    // What cannot be is found before anything is rendered.
    editor.dry_run(&batch("audio/bounced.wav", 1))?;
    let point = match tap {
        InPlaceTap::PreFader => TapPoint::PreFader,
        InPlaceTap::PostFader => TapPoint::PostFader,
    };
    let signal = Signal { track, point, layout: tap.layout(old) };
    let audio = render(editor.folder(), &signal, new.as_str(), request.to, request)?;
    let revision = editor.execute_batch(&batch(&audio.file, audio.frames))?.revision;
    let (file, frames) = (audio.file.clone(), audio.frames);
    let warnings = audio.warnings.clone();
    audio.keep();
    Ok(BouncedInPlace { track: new, file, frames, revision, warnings })
}
