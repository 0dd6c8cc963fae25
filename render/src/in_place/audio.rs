//! A track's signal in a new file of its session.

use std::path::Path;

use wavemill_core::graph::{PlanOutputs, TapPoint, TapRequest, TapSource};
use wavemill_core::session::{ChannelLayout, TrackId};
use wavemill_core::time::Samples;
use wavemill_media::audio::WriteError;
use wavemill_media::audio::wav::WavEncoding;
use wavemill_media::folder::{NewFiles, SessionFolder};

use super::{InPlaceError, InPlaceRequest};
use crate::export::{ExportChannels, ExportDither, ExportSpec, FileFormat};
use crate::request::BounceError;
use crate::stems::{Stem, Stemmed, StemsError, StemsRequest, stems};

/// What is rendered of a track.
pub(super) struct Signal<'a> {
    pub(super) track: &'a TrackId,
    pub(super) point: TapPoint,
    pub(super) layout: ChannelLayout,
}

impl Signal<'_> {
    fn tap(&self) -> TapRequest {
        TapRequest { source: TapSource::Track(self.track.clone()), point: self.point.clone() }
    }

    /// What a plan has to put out for it.
    pub(super) fn outputs(&self) -> PlanOutputs {
        PlanOutputs { mix: false, taps: vec![self.tap()] }
    }
}

/// A file in the session's audio folder; dropped, it is removed, unless it is kept.
pub(super) struct NewAudio {
    /// What the session calls it.
    pub(super) file: String,
    pub(super) frames: u64,
    pub(super) warnings: Vec<String>,
    made: NewFiles,
}

impl NewAudio {
    /// The session names it now.
    pub(super) fn keep(mut self) {
        self.made.keep();
    }
}

/// Renders `signal` up to `to` into a new file called after `stem`, as 32-bit floats.
///
/// # Errors
/// See [`InPlaceError`]; no file is left then.
pub(super) fn render(
    folder: &SessionFolder,
    signal: &Signal<'_>,
    stem: &str,
    to: Option<Samples>,
    request: &InPlaceRequest<'_>,
) -> Result<NewAudio, InPlaceError> {
    let mut made = NewFiles::default();
    let mut make = |path: &Path| Ok(render_to(path, signal, to, request)?);
    let is_taken = |error: &InPlaceError| {
        use BounceError::Write;
        let InPlaceError::Stems(StemsError::Bounce(Write(error))) = error else { return false };
        matches!(error, WriteError::Exists { .. })
    };
    let (file, stemmed) = made.make_audio(folder, (stem, ".wav"), &mut make, &is_taken)?;
    let warnings = stemmed.warnings.iter();
    let warnings = warnings.map(|w| format!("{}: {}", w.path, w.what)).collect();
    let Some(bounced) = stemmed.stems.into_iter().flatten().next() else {
        return Err(InPlaceError::Silent { track: signal.track.to_string() });
    };
    let frames = bounced.exported.facts.frames;
    Ok(NewAudio { file, frames, warnings, made })
}

fn render_to(
    path: &Path,
    signal: &Signal<'_>,
    to: Option<Samples>,
    request: &InPlaceRequest<'_>,
) -> Result<Stemmed, StemsError> {
    let export = ExportSpec {
        dither: ExportDither::None,
        channels: match signal.layout {
            // Both channels of its tap are the same, and so is their mean.
            ChannelLayout::Mono => ExportChannels::Mono,
            ChannelLayout::Stereo => ExportChannels::Stereo,
        },
        ..ExportSpec::plain(path, FileFormat::Wav(WavEncoding::Float32))
    };
    let &InPlaceRequest { from, tail, render, store, progress, cancel, .. } = request;
    let stems_request = StemsRequest {
        stems: vec![Stem { tap: signal.tap(), export }],
        mix: None,
        from,
        to,
        tail,
        render,
    };
    stems(request.compile, &stems_request, store, progress, cancel)
}
