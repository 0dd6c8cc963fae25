//! Golden cases: small sessions with generated audio, written to a folder and rendered whole.

use std::path::Path;
use std::sync::Arc;

use wavemill_core::audio::FrameError;
use wavemill_core::dsp::BuiltIns;
use wavemill_core::graph::{CompileConfig, CompileError, Plan, compile};
use wavemill_core::job::{CancelToken, NoProgress};
use wavemill_core::process::ProcessorLibrary;
use wavemill_core::session::{CanonicalJsonError, Session};
use wavemill_core::time::SampleRate;
use wavemill_media::audio::wav::{WavEncoding, WavSpec, WavWriter, WriteOptions};
use wavemill_media::audio::{AudioFiles, AudioIndex, WriteError};
use wavemill_render::{RenderConfig, RenderError, render};

/// A session and the audio it plays.
#[derive(Clone)]
pub struct Case {
    /// Name of its snapshot.
    pub name: String,
    /// The session.
    pub session: Session,
    /// Its audio files.
    pub files: Vec<CaseFile>,
    /// Frames to render from the start of the timeline.
    pub frames: u64,
}

/// An audio file of a case.
#[derive(Clone)]
pub struct CaseFile {
    /// Path relative to the session's folder.
    pub name: String,
    /// What is in it.
    pub content: CaseContent,
}

/// What an audio file of a case holds.
#[derive(Clone)]
pub enum CaseContent {
    /// A WAV file of 16-bit integers, without dither.
    Signed16(CaseAudio),
    /// A WAV file of 32-bit floats.
    Float32(CaseAudio),
    /// These bytes.
    Bytes(Vec<u8>),
}

/// Audio of a case.
#[derive(Clone)]
pub struct CaseAudio {
    /// Channels.
    pub channels: u16,
    /// Rate.
    pub rate: SampleRate,
    /// Interleaved samples.
    pub samples: Vec<f32>,
}

impl CaseFile {
    fn write(&self, path: &Path) -> Result<(), CaseError> {
        let (audio, encoding) = match &self.content {
            CaseContent::Signed16(audio) => (audio, WavEncoding::Signed16),
            CaseContent::Float32(audio) => (audio, WavEncoding::Float32),
            CaseContent::Bytes(bytes) => {
                let at = |source| CaseError::Folder { path: path.display().to_string(), source };
                return std::fs::write(path, bytes).map_err(at);
            }
        };
        let spec = WavSpec { channels: audio.channels, sample_rate: audio.rate, encoding };
        let mut writer = WavWriter::create(path, spec, WriteOptions::default())?;
        writer.write(&audio.samples)?;
        writer.finish()?;
        Ok(())
    }
}

/// Why a case could not be rendered.
#[derive(Debug, thiserror::Error)]
pub enum CaseError {
    /// The session could not be written as JSON.
    #[error(transparent)]
    Canonical(#[from] CanonicalJsonError),
    /// A file or folder could not be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// A folder could not be made or a document written.
    #[error("'{path}': {source}")]
    Folder {
        /// Which.
        path: String,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The session does not compile.
    #[error(transparent)]
    Compile(#[from] CompileError),
    /// Rendering failed.
    #[error(transparent)]
    Render(#[from] RenderError<FrameError>),
}

impl Case {
    /// Writes the session and its audio to `folder`, as a session folder.
    ///
    /// # Errors
    /// Where something cannot be written; files that exist are refused.
    pub fn write(&self, folder: &Path) -> Result<(), CaseError> {
        let at = |source| CaseError::Folder { path: folder.display().to_string(), source };
        std::fs::create_dir_all(folder).map_err(at)?;
        for file in &self.files {
            let path = folder.join(&file.name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).map_err(at)?;
            }
            file.write(&path)?;
        }
        std::fs::write(folder.join("session.json"), self.session.to_canonical_json()?).map_err(at)
    }

    /// Compiles the case as it was written to `folder`.
    ///
    /// # Errors
    /// Where the session does not compile.
    pub fn plan(
        &self,
        folder: &Path,
        processors: &dyn ProcessorLibrary,
    ) -> Result<Arc<Plan>, CaseError> {
        let audio = AudioFiles::new(folder, AudioIndex::in_memory());
        let config = CompileConfig { audio: &audio, processors };
        Ok(Arc::new(compile(&self.session, &config)?))
    }

    /// Writes the case to `folder` and renders it: interleaved stereo, latency cut off.
    ///
    /// # Errors
    /// See [`CaseError`].
    pub fn render(&self, folder: &Path, config: RenderConfig) -> Result<Vec<f32>, CaseError> {
        self.write(folder)?;
        render_plan(&self.plan(folder, &BuiltIns)?, self.frames, config)
    }
}

/// Renders the first `frames` frames of the timeline: interleaved stereo, latency cut off.
///
/// # Errors
/// Where rendering fails.
pub fn render_plan(
    plan: &Arc<Plan>,
    frames: u64,
    config: RenderConfig,
) -> Result<Vec<f32>, CaseError> {
    let latency = u64::try_from(plan.latency.0).unwrap_or(0);
    let mut out = Vec::new();
    let mut sink = |samples: &[f32]| {
        out.extend_from_slice(samples);
        Ok::<(), FrameError>(())
    };
    render(plan, frames + latency, config, &NoProgress, &CancelToken::default(), &mut sink)?;
    let skip = usize::try_from(2 * latency).unwrap_or(usize::MAX).min(out.len());
    Ok(out.split_off(skip))
}
