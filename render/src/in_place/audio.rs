//! A track's signal in a new file of its session.

use std::path::{Path, PathBuf};

use wavemill_core::graph::{PlanOutputs, TapPoint, TapRequest, TapSource};
use wavemill_core::session::{ChannelLayout, TrackId};
use wavemill_core::time::Samples;
use wavemill_media::audio::WriteError;
use wavemill_media::audio::wav::WavEncoding;
use wavemill_media::folder::SessionFolder;

use super::{InPlaceError, InPlaceRequest};
use crate::export::{ExportChannels, ExportDither, ExportSpec, FileFormat};
use crate::request::BounceError;
use crate::stems::{Stem, Stemmed, StemsError, StemsRequest, stems};

/// Names tried for a file.
const NAMES_TRIED: u32 = 100_000;

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
    place: Place,
}

impl NewAudio {
    /// The session names it now.
    pub(super) fn keep(mut self) {
        self.place.kept = true;
    }
}

/// Where the file is, and whether its folder was made for it.
struct Place {
    path: PathBuf,
    new_folder: Option<PathBuf>,
    kept: bool,
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        // The error that led here is the one to tell of; an unused file does no harm.
        let _ = std::fs::remove_file(&self.path);
        if let Some(folder) = &self.new_folder {
            let _ = std::fs::remove_dir(folder);
        }
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
    let mut place = Place::make(&folder.audio_folder())?;
    for number in 1..=NAMES_TRIED {
        let name = if number == 1 { format!("{stem}.wav") } else { format!("{stem}-{number}.wav") };
        let path = folder.audio_folder().join(&name);
        if path.symlink_metadata().is_ok() {
            continue;
        }
        match render_to(&path, signal, to, request) {
            // Another process was faster.
            Err(StemsError::Bounce(BounceError::Write(WriteError::Exists { .. }))) => continue,
            Err(error) => return Err(error.into()),
            Ok(stemmed) => {
                let warnings = stemmed.warnings.iter();
                let warnings = warnings.map(|w| format!("{}: {}", w.path, w.what)).collect();
                let Some(bounced) = stemmed.stems.into_iter().flatten().next() else {
                    return Err(InPlaceError::Silent { track: signal.track.to_string() });
                };
                place.path = path;
                let frames = bounced.exported.facts.frames;
                return Ok(NewAudio { file: format!("audio/{name}"), frames, warnings, place });
            }
        }
    }
    let reason = format!("{NAMES_TRIED} files of that name are there: remove some");
    Err(WriteError::Io { path: folder.audio_folder().join(stem), reason }.into())
}

impl Place {
    /// The audio folder, which need not be there yet.
    fn make(folder: &Path) -> Result<Self, InPlaceError> {
        let new_folder = (!folder.exists()).then(|| folder.to_owned());
        std::fs::create_dir_all(folder).map_err(|error| WriteError::Io {
            path: folder.to_owned(),
            reason: error.to_string(),
        })?;
        // No file yet: nothing is removed but the folder.
        Ok(Self { path: PathBuf::new(), new_folder, kept: false })
    }
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
