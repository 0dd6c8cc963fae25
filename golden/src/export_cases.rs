//! Goldens of exports: shaped dither, the level that a file is brought to, and the FLAC encoder.

use std::path::Path;

use wavemill_core::audio::FrameSource;
use wavemill_core::job::CancelToken;
use wavemill_core::math::random::Random;
use wavemill_core::math::{TAU, sin};
use wavemill_core::session::{FadeCurve, Session};
use wavemill_core::simd::SimdLevel;
use wavemill_core::time::SampleRate;
use wavemill_media::audio::flac::{ENCODER_VERSION, FlacEncoding};
use wavemill_media::audio::noise_shaping;
use wavemill_media::audio::wav::{WavEncoding, WavSource};
use wavemill_render::export::{
    EXPORT_VERSION, ExportDither, ExportError, ExportSpec, Exporter, Fades, FileFormat, Normalise,
    TrimSilence,
};

use crate::case::Case;
use crate::repository::{Golden, RepositoryError};

/// Frames of the stream.
const FRAMES: u32 = 24_000;
/// Samples that are kept, and bytes of a FLAC file.
const KEPT_SAMPLES: usize = 2 * 1_500;

/// The exports of one stream, with `scratch` for their files.
///
/// # Errors
/// Where one cannot be written or read again.
pub fn export_goldens(scratch: &Path) -> Result<Vec<Golden>, RepositoryError> {
    let shaped = |rate_hz| {
        golden("export-shaped-dither", rate_hz, noise_shaping::VERSION, scratch, &|path| {
            let format = FileFormat::Wav(WavEncoding::Signed16);
            ExportSpec { dither: ExportDither::Shaped, ..ExportSpec::plain(path, format) }
        })
    };
    let level = golden("export-level", 48_000, EXPORT_VERSION, scratch, &|path| {
        let format = FileFormat::Wav(WavEncoding::Float32);
        ExportSpec {
            trim: Some(TrimSilence { start: true, end: true, threshold_db: -30.0 }),
            fades: Fades { in_seconds: 0.005, out_seconds: 0.44, curve: FadeCurve::EqualPower },
            normalise: Some(Normalise::Loudness { lufs: -16.0, ceiling_dbtp: -1.0 }),
            ..ExportSpec::plain(path, format)
        }
    });
    let flac = |name: &str, encoding| {
        golden(name, 48_000, ENCODER_VERSION, scratch, &|path| {
            let format = FileFormat::Flac(encoding);
            ExportSpec { dither: ExportDither::None, ..ExportSpec::plain(path, format) }
        })
    };
    Ok(vec![
        shaped(44_100)?,
        shaped(96_000)?,
        level?,
        flac("export-flac-16", FlacEncoding::Signed16)?,
        flac("export-flac-24", FlacEncoding::Signed24)?,
    ])
}

fn golden(
    name: &str,
    rate_hz: u32,
    version: u32,
    scratch: &Path,
    spec: &dyn Fn(&Path) -> ExportSpec,
) -> Result<Golden, RepositoryError> {
    let name = if rate_hz == 48_000 { name.to_owned() } else { format!("{name}-{rate_hz}") };
    let rate = SampleRate::new(rate_hz).map_err(crate::CaseDefinitionError::from)?;
    let spec = spec(&scratch.join(&name));
    std::fs::create_dir_all(scratch)
        .map_err(|error| RepositoryError::Scratch { reason: error.to_string() })?;
    let mut exporter = Exporter::create(&spec, rate, 1).map_err(ExportError::from)?;
    exporter.push(&stream(rate)).map_err(ExportError::from)?;
    exporter.finish(&CancelToken::default())?;
    let mut samples = match spec.format {
        FileFormat::Wav(_) => samples_of(&spec.path)?,
        FileFormat::Flac(_) => bytes_of(&spec.path)?,
    };
    samples.truncate(KEPT_SAMPLES);
    let session = Session::new(&name, rate);
    let case = Case { name, session, files: Vec::new(), frames: samples.len() as u64 / 2 };
    Ok(Golden { case, samples, version })
}

/// Two sines, the right one with noise, silent at both ends.
fn stream(rate: SampleRate) -> Vec<f32> {
    let random = Random::new(5, 2);
    let mut samples = Vec::new();
    for n in 0..FRAMES {
        let level = if (1_000..23_000).contains(&n) { 0.1 } else { 0.0 };
        let at = |hz: f64| sin(TAU * (f64::from(n) * hz / rate.hz_f64()).fract());
        let noise = random.bipolar(u64::from(n));
        #[allow(clippy::cast_possible_truncation)] // Samples are f32.
        samples.extend([
            (level * at(440.0)) as f32,
            (level * (0.7 * at(1_250.0) + 0.1 * noise)) as f32,
        ]);
    }
    samples
}

fn samples_of(path: &Path) -> Result<Vec<f32>, RepositoryError> {
    let source = WavSource::open(path)?;
    let unreadable = |reason: String| RepositoryError::Scratch { reason };
    let mut samples = vec![0.0; KEPT_SAMPLES];
    let mut reader = source.reader(SimdLevel::detect()).map_err(|e| unreadable(e.to_string()))?;
    reader.read(0, &mut samples).map_err(|error| unreadable(error.to_string()))?;
    Ok(samples)
}

/// The bytes of a file as samples, so that a golden holds every one of them.
fn bytes_of(path: &Path) -> Result<Vec<f32>, RepositoryError> {
    let bytes = std::fs::read(path)
        .map_err(|error| RepositoryError::Scratch { reason: error.to_string() })?;
    Ok(bytes.iter().map(|byte| (f32::from(*byte) - 128.0) / 128.0).collect())
}
