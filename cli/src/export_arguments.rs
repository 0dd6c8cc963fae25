//! How what was rendered goes into a file: the options of every command that writes one.

use std::path::Path;

use clap::{Args, ValueEnum};
use wavemill_core::session::FadeCurve;
use wavemill_core::time::SampleRate;
use wavemill_media::audio::flac::FlacEncoding;
use wavemill_media::audio::wav::WavEncoding;
use wavemill_render::export::{
    ExportChannels, ExportDither, ExportFacts, ExportSpec, Fades, FileFormat, Limit, Normalise,
    Normalised, TrimSilence,
};

use crate::failure::Failure;

/// A day is far beyond any fade.
const MAX_FADE_SECONDS: f64 = 86_400.0;
/// The levels that may be normalised to.
const LEVELS_DB: (f64, f64) = (-60.0, 0.0);
/// What a threshold of silence may be.
const THRESHOLDS_DB: (f64, f64) = (-144.0, -6.0);
/// What is below it is silence where nothing else is said.
const DEFAULT_THRESHOLD_DB: f64 = -60.0;
/// The ceiling of a loudness where nothing else is said.
const DEFAULT_CEILING_DBTP: f64 = -1.0;

/// Options of an export.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Rate of the file in hertz; the session's where left out.
    #[arg(long, value_name = "R")]
    rate: Option<u32>,
    /// Bits of a sample; FLAC has 16 or 24.
    #[arg(long, value_enum, default_value_t = BitDepth::Signed24)]
    bit_depth: BitDepth,
    /// What is added before rounding to 16 or 24 bits, so that the error is noise; tpdf where left
    /// out. shaped moves that noise to where it is heard less.
    #[arg(long, value_enum)]
    dither: Option<DitherArgument>,
    /// Bring the file to a level: peak:DBFS, true-peak:DBTP, or loudness:LUFS[:CEILING_DBTP], which
    /// keeps the true peak under a ceiling (-1 where left out).
    #[arg(long, value_name = "TO:LEVEL", value_parser = normalise)]
    normalise: Option<Normalise>,
    /// Fade in over as many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = fade_seconds, allow_negative_numbers = true)]
    fade_in: Option<f64>,
    /// Fade out over as many seconds up to the file's end.
    #[arg(long, value_name = "SECONDS", value_parser = fade_seconds, allow_negative_numbers = true)]
    fade_out: Option<f64>,
    /// The course of both fades; linear where left out.
    #[arg(long, value_enum, value_name = "CURVE")]
    fade_curve: Option<CurveArgument>,
    /// Leave out silence at the file's start, its end, or both.
    #[arg(long, value_enum)]
    trim: Option<TrimArgument>,
    /// What is silence to --trim: no sample above as many decibels; -60 where left out.
    #[arg(long, value_name = "DBFS", requires = "trim", value_parser = threshold,
          allow_negative_numbers = true)]
    trim_threshold: Option<f64>,
    /// Channels of the file; mono is the mean of both.
    #[arg(long, value_enum, default_value_t = ChannelsArgument::Stereo)]
    channels: ChannelsArgument,
    /// Write each channel into a file of its own: NAME.L.wav and NAME.R.wav.
    #[arg(long, conflicts_with = "channels")]
    split: bool,
    /// Do not measure loudness and true peak.
    #[arg(long)]
    no_measure: bool,
    /// Replace the file where it exists.
    #[arg(long)]
    force: bool,
}

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum BitDepth {
    /// 16-bit signed integer.
    #[value(name = "16")]
    Signed16,
    /// 24-bit signed integer.
    #[value(name = "24")]
    Signed24,
    /// 32-bit float.
    #[value(name = "32f")]
    Float32,
}

/// What is added before rounding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DitherArgument {
    /// Nothing.
    None,
    /// Triangular noise of one step.
    Tpdf,
    /// The same, moved to where it is heard less.
    Shaped,
}

/// The course of a fade, as that of a clip's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum CurveArgument {
    /// x.
    Linear,
    /// sin(pi x / 2).
    EqualPower,
    /// x^2.
    Slow,
    /// 1 - (1 - x)^2.
    Fast,
    /// x^2 (3 - 2 x).
    Smooth,
}

/// Where silence is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum TrimArgument {
    /// Before the first sound.
    Start,
    /// After the last sound.
    End,
    /// On both sides.
    Both,
}

/// Channels of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ChannelsArgument {
    /// The mean of left and right.
    Mono,
    /// Left and right.
    Stereo,
}

impl ExportArguments {
    /// The export of a stream at `stream_rate` to the file at `path`, whose extension says the
    /// format.
    pub fn spec(&self, path: &Path, stream_rate: SampleRate) -> Result<ExportSpec, Failure> {
        let rate = self.rate.map(SampleRate::new).transpose().map_err(Failure::usage)?;
        if self.bit_depth == BitDepth::Float32
            && matches!(self.dither, Some(DitherArgument::Tpdf | DitherArgument::Shaped))
        {
            return Err(Failure::usage(
                "--dither: 32f is not rounded, so there is nothing to dither: leave --dither out, \
                 or choose --bit-depth 16 or 24",
            ));
        }
        if self.fade_curve.is_some() && self.fade_in.is_none() && self.fade_out.is_none() {
            return Err(Failure::usage(
                "--fade-curve: there is no fade: give --fade-in or --fade-out, too",
            ));
        }
        Ok(ExportSpec {
            path: path.to_owned(),
            overwrite: self.force,
            format: format(path, self.bit_depth)?,
            rate: rate.filter(|rate| *rate != stream_rate),
            dither: self.dither.unwrap_or(DitherArgument::Tpdf).of_export(),
            channels: match (self.split, self.channels) {
                (true, _) => ExportChannels::Split,
                (false, ChannelsArgument::Mono) => ExportChannels::Mono,
                (false, ChannelsArgument::Stereo) => ExportChannels::Stereo,
            },
            trim: self.trim.map(|trim| TrimSilence {
                start: trim != TrimArgument::End,
                end: trim != TrimArgument::Start,
                threshold_db: self.trim_threshold.unwrap_or(DEFAULT_THRESHOLD_DB),
            }),
            fades: Fades {
                in_seconds: self.fade_in.unwrap_or(0.0),
                out_seconds: self.fade_out.unwrap_or(0.0),
                curve: self.fade_curve.unwrap_or(CurveArgument::Linear).of_export(),
            },
            normalise: self.normalise,
            measure: !self.no_measure,
        })
    }
}

impl DitherArgument {
    const fn of_export(self) -> ExportDither {
        match self {
            Self::None => ExportDither::None,
            Self::Tpdf => ExportDither::Triangular,
            Self::Shaped => ExportDither::Shaped,
        }
    }
}

impl CurveArgument {
    const fn of_export(self) -> FadeCurve {
        match self {
            Self::Linear => FadeCurve::Linear,
            Self::EqualPower => FadeCurve::EqualPower,
            Self::Slow => FadeCurve::Slow,
            Self::Fast => FadeCurve::Fast,
            Self::Smooth => FadeCurve::Smooth,
        }
    }
}

/// The format that the extension of `path` names. A name without one promises none and gets WAV.
fn format(path: &Path, depth: BitDepth) -> Result<FileFormat, Failure> {
    let is = |wanted: &str| path.extension().is_some_and(|ext| ext.eq_ignore_ascii_case(wanted));
    let shown = path.display();
    if path.extension().is_none() || is("wav") {
        return Ok(FileFormat::Wav(match depth {
            BitDepth::Signed16 => WavEncoding::Signed16,
            BitDepth::Signed24 => WavEncoding::Signed24,
            BitDepth::Float32 => WavEncoding::Float32,
        }));
    }
    if !is("flac") {
        return Err(Failure::usage(format!(
            "'{shown}': files are written as WAV or FLAC: give a name that ends in .wav or .flac"
        )));
    }
    match depth {
        BitDepth::Signed16 => Ok(FileFormat::Flac(FlacEncoding::Signed16)),
        BitDepth::Signed24 => Ok(FileFormat::Flac(FlacEncoding::Signed24)),
        BitDepth::Float32 => Err(Failure::usage(format!(
            "'{shown}': FLAC stores whole numbers: choose --bit-depth 24 or 16, or give a name \
             that ends in .wav for 32f"
        ))),
    }
}

fn number(text: &str, (low, high): (f64, f64), unit: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (low..=high).contains(&number) => Ok(number),
        _ => Err(format!("'{text}' is no number of {unit} from {low} to {high}")),
    }
}

fn fade_seconds(text: &str) -> Result<f64, String> {
    number(text, (0.0, MAX_FADE_SECONDS), "seconds")
}

fn threshold(text: &str) -> Result<f64, String> {
    number(text, THRESHOLDS_DB, "dBFS")
}

fn normalise(text: &str) -> Result<Normalise, String> {
    let mut parts = text.split(':');
    let (to, level, ceiling, more) = (parts.next(), parts.next(), parts.next(), parts.next());
    match (to, level, ceiling, more) {
        (Some("peak"), Some(level), None, None) => {
            Ok(Normalise::Peak(number(level, LEVELS_DB, "dBFS")?))
        }
        (Some("true-peak"), Some(level), None, None) => {
            Ok(Normalise::TruePeak(number(level, LEVELS_DB, "dBTP")?))
        }
        (Some("loudness"), Some(level), ceiling, None) => Ok(Normalise::Loudness {
            lufs: number(level, LEVELS_DB, "LUFS")?,
            ceiling_dbtp: ceiling
                .map_or(Ok(DEFAULT_CEILING_DBTP), |level| number(level, LEVELS_DB, "dBTP"))?,
        }),
        _ => Err("give peak:DBFS, true-peak:DBTP or loudness:LUFS[:CEILING_DBTP], such as \
                  loudness:-14:-1"
            .to_owned()),
    }
}

/// What a listener should know of an export.
pub fn export_warnings(facts: &ExportFacts) -> Vec<String> {
    let mut warnings = Vec::new();
    if facts.clipped_samples > 0 {
        warnings.push(format!(
            "{} samples of the mix are beyond full scale and were clipped: lower master/volume_db, \
             or use --bit-depth 32f",
            facts.clipped_samples
        ));
    }
    if facts.normalised.is_some_and(|normalised| normalised.limited_by == Limit::Nothing) {
        warnings.push(
            "there is nothing to normalise: the file is silent, or for a loudness shorter than \
             0.4 s; its level is as it was"
                .to_owned(),
        );
    }
    warnings
}

/// What was done to an export's level, a line for people.
pub fn describe_level(normalised: &Normalised) -> String {
    let figure = |value: Option<f64>, unit: &str| {
        value.map_or("silent".to_owned(), |value| format!("{value:.1} {unit}"))
    };
    let by = match normalised.limited_by {
        Limit::Target => "",
        Limit::Ceiling => ", limited by the ceiling",
        Limit::Nothing => ", nothing to measure",
    };
    format!(
        "  normalised by {:+.2} dB{by}: peak {}, true peak {}, loudness {}\n",
        normalised.gain_db,
        figure(normalised.peak_dbfs, "dBFS"),
        figure(normalised.true_peak_dbtp, "dBTP"),
        figure(normalised.integrated_lufs, "LUFS")
    )
}
