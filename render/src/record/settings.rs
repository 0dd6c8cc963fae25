//! The settings of a record: versions of the stages, the range, the export.

use serde::{Deserialize, Serialize};
use wavemill_core::graph::Plan;
use wavemill_core::session::FadeCurve;
use wavemill_core::stages;
use wavemill_core::time::SampleRate;
use wavemill_media::audio::flac::{ENCODER_VERSION, FlacEncoding};
use wavemill_media::audio::wav::WavEncoding;
use wavemill_media::audio::{noise_shaping, resample};

use crate::export::{
    EXPORT_VERSION, ExportChannels, ExportDither, ExportSpec, FileFormat, Normalise,
};
use crate::request::{BounceError, BounceRequest, Range};

/// Versions of all that handles signals outside of processors and decoders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Versions {
    clip_player: u32,
    fader: u32,
    join: u32,
    delay_compensation: u32,
    resampler: u32,
    export: u32,
    noise_shaping: u32,
    flac_encoder: u32,
}

impl Versions {
    pub(super) const NOW: Self = Self {
        clip_player: stages::CLIP_PLAYER_VERSION,
        fader: stages::FADER_VERSION,
        join: stages::JOIN_VERSION,
        delay_compensation: stages::DELAY_COMPENSATION_VERSION,
        resampler: resample::VERSION,
        export: EXPORT_VERSION,
        noise_shaping: noise_shaping::VERSION,
        flac_encoder: ENCODER_VERSION,
    };
}

/// The range in frames at the session's rate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RangeRecord {
    /// First sample of the timeline.
    pub(super) from: i64,
    /// Frames from there on, with the silence that is trimmed from an automatic tail.
    pub(super) frames: u64,
    /// Frames that stay even where they are silent.
    kept_frames: u64,
    /// Latency that is cut from the front.
    latency: i64,
}

impl RangeRecord {
    pub(super) fn new(plan: &Plan, request: &BounceRequest) -> Result<Self, BounceError> {
        let range = Range::new(plan, request)?;
        Ok(Self {
            from: request.from.0,
            frames: range.stream - range.skip,
            kept_frames: range.keep,
            latency: plan.latency.0,
        })
    }
}

/// What is done to the mix on its way into its files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExportRecord {
    format: String,
    bit_depth: String,
    sample_rate: u32,
    channels: String,
    dither: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    trim: Option<TrimRecord>,
    fade_in_seconds: f64,
    fade_out_seconds: f64,
    fade_curve: FadeCurve,
    #[serde(skip_serializing_if = "Option::is_none")]
    normalise: Option<NormaliseRecord>,
    measure: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TrimRecord {
    start: bool,
    end: bool,
    threshold_dbfs: f64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum NormaliseRecord {
    PeakDbfs(f64),
    TruePeakDbtp(f64),
    Loudness { lufs: f64, ceiling_dbtp: f64 },
}

impl ExportRecord {
    pub(super) fn new(spec: &ExportSpec, stream_rate: SampleRate) -> Self {
        let (format, bit_depth) = format_names(spec.format);
        let channels = match spec.channels {
            ExportChannels::Stereo => "stereo",
            ExportChannels::Mono => "mono",
            ExportChannels::Split => "split",
        };
        let dither = match spec.dither {
            ExportDither::None => "none",
            ExportDither::Triangular => "tpdf",
            ExportDither::Shaped => "shaped",
        };
        let trim = spec.trim.map(|trim| TrimRecord {
            start: trim.start,
            end: trim.end,
            threshold_dbfs: trim.threshold_db,
        });
        Self {
            format: format.to_owned(),
            bit_depth: bit_depth.to_owned(),
            sample_rate: spec.file_rate(stream_rate).hz(),
            channels: channels.to_owned(),
            dither: dither.to_owned(),
            trim,
            fade_in_seconds: spec.fades.in_seconds,
            fade_out_seconds: spec.fades.out_seconds,
            fade_curve: spec.fades.curve,
            normalise: spec.normalise.map(|normalise| match normalise {
                Normalise::Peak(dbfs) => NormaliseRecord::PeakDbfs(dbfs),
                Normalise::TruePeak(dbtp) => NormaliseRecord::TruePeakDbtp(dbtp),
                Normalise::Loudness { lufs, ceiling_dbtp } => {
                    NormaliseRecord::Loudness { lufs, ceiling_dbtp }
                }
            }),
            measure: spec.measure,
        }
    }
}

fn format_names(format: FileFormat) -> (&'static str, &'static str) {
    match format {
        FileFormat::Wav(WavEncoding::Signed16) => ("wav", "16"),
        FileFormat::Wav(WavEncoding::Signed24) => ("wav", "24"),
        FileFormat::Wav(WavEncoding::Signed32) => ("wav", "32"),
        FileFormat::Wav(WavEncoding::Float32) => ("wav", "32f"),
        FileFormat::Flac(FlacEncoding::Signed16) => ("flac", "16"),
        FileFormat::Flac(FlacEncoding::Signed24) => ("flac", "24"),
    }
}
