//! The audio clips of a track, resolved to samples and opened.

use super::compile::CompileConfig;
use super::error::CompileError;
use super::player::PlannedClip;
use crate::audio::AudioLibraryError;
use crate::dsp::level_to_gain;
use crate::session::{AudioContent, Clip, ClipContent, Session, Track};
use crate::time::TempoMap;

/// True where a clip sounds: not muted, and on no take lane or the active one.
pub(super) fn is_heard(track: &Track, clip: &Clip) -> bool {
    !clip.mute && (clip.take_lane.is_none() || clip.take_lane == track.active_take_lane)
}

/// The clips that are heard, in order of (start, session order).
pub(super) fn plan(
    strip_path: &str,
    track: &Track,
    session: &Session,
    tempo: &TempoMap,
    config: &CompileConfig<'_>,
) -> Result<Vec<PlannedClip>, CompileError> {
    let mut planned = Vec::new();
    for clip in track.clips.iter().filter(|clip| is_heard(track, clip)) {
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
    let source = config
        .audio
        .open(&content.file, session.sample_rate)
        .map_err(|source| CompileError::Audio { path: path.clone(), source })?;
    if source.channels() > 2 {
        let channels = source.channels();
        return Err(CompileError::Channels { path, file: content.file.clone(), channels });
    }
    let identity = source.identity().map_err(|error| CompileError::Audio {
        path: path.clone(),
        source: AudioLibraryError::Unreadable {
            file: content.file.clone(),
            reason: error.to_string(),
        },
    })?;
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
