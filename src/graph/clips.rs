//! The audio clips of a track, resolved to samples and opened.

use std::sync::Arc;

use super::compile::CompileConfig;
use super::error::CompileError;
use super::player::PlannedClip;
use crate::audio::{AudioLibraryError, FrameSource};
use crate::dsp::level_to_gain;
use crate::session::{AudioContent, Clip, ClipContent, FadeCurve, Frozen, Session, Track};
use crate::time::{MAX_POSITION, TempoMap};

/// The clips that are heard, in order of (start, session order).
pub(super) fn plan(
    strip_path: &str,
    track: &Track,
    session: &Session,
    tempo: &TempoMap,
    config: &CompileConfig<'_>,
) -> Result<Vec<PlannedClip>, CompileError> {
    let mut planned = Vec::new();
    for clip in track.clips.iter().filter(|clip| track.is_heard(clip)) {
        if let ClipContent::Audio(content) = &clip.content {
            let path = format!("{strip_path}/clips/{}", clip.id);
            planned.push(plan_one(path, clip, content, session, tempo, config)?);
        }
    }
    planned.sort_by_key(|clip| clip.start);
    Ok(planned)
}

fn plan_one(
    path: String,
    clip: &Clip,
    content: &AudioContent,
    session: &Session,
    tempo: &TempoMap,
    config: &CompileConfig<'_>,
) -> Result<PlannedClip, CompileError> {
    refuse_stretch(&path, content)?;
    let (source, identity) = open(&path, &content.file, session, config)?;
    let (start, end) = tempo.length(clip.start, clip.length);
    Ok(PlannedClip {
        id: path,
        source,
        identity,
        start: start.0,
        end: end.0,
        offset: content.offset.0,
        loop_length: content.loop_length.map(|length| length.0),
        reverse: content.reverse,
        gain: level_to_gain(clip.gain_db),
        fade_in: (clip.fade_in.length.0, clip.fade_in.curve),
        fade_out: (clip.fade_out.length.0, clip.fade_out.curve),
    })
}

/// The file that a frozen track plays, as it is, from the start of the timeline on.
pub(super) fn frozen(
    strip_path: &str,
    frozen: &Frozen,
    session: &Session,
    config: &CompileConfig<'_>,
) -> Result<PlannedClip, CompileError> {
    let id = format!("{strip_path}/frozen");
    let (source, identity) = open(&id, &frozen.file, session, config)?;
    let end = i64::try_from(source.frames()).unwrap_or(i64::MAX).min(MAX_POSITION.0);
    let no_fade = (0, FadeCurve::Linear);
    Ok(PlannedClip {
        id,
        source,
        identity,
        start: 0,
        end,
        offset: 0,
        loop_length: None,
        reverse: false,
        gain: 1.0,
        fade_in: no_fade,
        fade_out: no_fade,
    })
}

/// Opens a file at the session's rate, and identifies it.
fn open(
    path: &str,
    file: &str,
    session: &Session,
    config: &CompileConfig<'_>,
) -> Result<(Arc<dyn FrameSource>, [u8; 32]), CompileError> {
    let unusable = |source| CompileError::Audio { path: path.to_owned(), source };
    let source = config.audio.open(file, session.sample_rate).map_err(unusable)?;
    if source.channels() > 2 {
        let (path, file, channels) = (path.to_owned(), file.to_owned(), source.channels());
        return Err(CompileError::Channels { path, file, channels });
    }
    let identity = source.identity().map_err(|error| {
        let (file, reason) = (file.to_owned(), error.to_string());
        unusable(AudioLibraryError::Unreadable { file, reason })
    })?;
    Ok((source, identity))
}

fn refuse_stretch(path: &str, content: &AudioContent) -> Result<(), CompileError> {
    if content.stretch == 1.0 && content.pitch_semitones == 0.0 {
        return Ok(());
    }
    Err(CompileError::Unsupported {
        path: path.to_owned(),
        what: "time stretch and pitch shift are kept in sessions but not rendered yet: \
               set stretch to 1 and pitch_semitones to 0"
            .to_owned(),
    })
}
