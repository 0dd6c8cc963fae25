//! Freezing: a track's signal before its fader is rendered once and played from then on.

use wavemill_core::command::{Batch, FreezeTrack};
use wavemill_core::graph::{Plan, TapPoint};
use wavemill_core::session::{ChannelLayout, TrackId};
use wavemill_core::time::Samples;
use wavemill_media::folder::SessionEditor;

use super::audio::{Signal, render};
use super::{InPlaceError, InPlaceRequest};
use crate::request::{BounceError, Range, Tail};
use crate::stems::StemsError;

/// A track that was frozen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrozenTrack {
    /// The file, as the session calls it.
    pub file: String,
    /// Frames in it.
    pub frames: u64,
    /// The revision of the session.
    pub revision: u64,
    /// What the listener should know of.
    pub warnings: Vec<String>,
}

/// Freezes `track`: one entry of the history.
///
/// The file goes from the start of the timeline to the end of the content and all tails, 60 s at
/// most; what `request` asks for can only make it longer. Renders that go on beyond it hear
/// silence of the track there.
///
/// # Errors
/// See [`InPlaceError`].
pub fn freeze(
    editor: &mut SessionEditor,
    track: &TrackId,
    request: &InPlaceRequest<'_>,
) -> Result<FrozenTrack, InPlaceError> {
    let command =
        |file: &str, tail| FreezeTrack { track: track.clone(), file: file.to_owned(), tail };
    // What cannot be is found before anything is rendered.
    editor.dry_run(&Batch::of(vec![command("audio/frozen.wav", Samples::ZERO).into()]))?;
    let layout = layout_of(editor, track);
    let signal = Signal { track, point: TapPoint::PreFader, layout };
    let plan = (request.compile)(&signal.outputs()).map_err(StemsError::from)?;
    let tail = plan.graph.taps.first().map_or(Samples::ZERO, |tap| tap.tail);
    let end = end(&plan, tail, request).map_err(StemsError::from)?;
    let stem = format!("{track}-frozen");
    // A frozen file plays from the start.
    let request = &InPlaceRequest { from: Samples::ZERO, ..*request };
    let audio = render(editor.folder(), &signal, &stem, Some(end), request)?;
    let revision = editor.execute(&command(&audio.file, tail).into(), None)?.revision;
    let (file, frames) = (audio.file.clone(), audio.frames);
    let warnings = audio.warnings.clone();
    audio.keep();
    Ok(FrozenTrack { file, frames, revision, warnings })
}

pub(super) fn layout_of(editor: &SessionEditor, track: &TrackId) -> ChannelLayout {
    let found = editor.session().tracks.iter().find(|found| found.id == *track);
    found.map_or(ChannelLayout::default(), |track| track.layout)
}

/// One past the last sample of the file.
fn end(plan: &Plan, tail: Samples, request: &InPlaceRequest<'_>) -> Result<Samples, BounceError> {
    let end = |to, wanted| {
        let span = (Samples::ZERO, to, wanted);
        Range::of(plan, span, Samples::ZERO, tail.max(plan.tail)).map(|range| range.stream)
    };
    let asked = end(request.to, request.tail);
    let frames = match (end(None, Tail::Auto), asked) {
        (Ok(all), Ok(asked)) => all.max(asked),
        (Ok(frames), Err(_)) | (Err(_), Ok(frames)) => frames,
        (Err(error), Err(_)) => return Err(error),
    };
    Ok(Samples(i64::try_from(frames).unwrap_or(i64::MAX)))
}
