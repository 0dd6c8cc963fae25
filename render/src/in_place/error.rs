//! Why a track was not frozen or bounced in place.

use wavemill_core::command::EditError;
use wavemill_media::audio::WriteError;
use wavemill_media::folder::ApplyError;

use crate::stems::StemsError;

/// Why a track was not frozen or bounced in place: the session is as it was.
#[derive(Debug, thiserror::Error)]
pub enum InPlaceError {
    /// The session cannot take it.
    #[error(transparent)]
    Refused(#[from] EditError),
    /// The track cannot be rendered.
    #[error(transparent)]
    Stems(#[from] StemsError),
    /// The track is not heard.
    #[error(
        "tracks/{track}: is muted, or another track is soloed: unmute it, or bounce it with --tap pre-fader"
    )]
    Silent {
        /// The track.
        track: String,
    },
    /// A replacement would not sound as the track does.
    #[error("tracks/{track}/{part}: {what}")]
    Part {
        /// The track.
        track: String,
        /// The part of it.
        part: String,
        /// What is wrong and what to do.
        what: &'static str,
    },
    /// The file cannot be where it should.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The edit failed.
    #[error(transparent)]
    Apply(#[from] ApplyError),
}
