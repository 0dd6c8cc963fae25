//! How what was rendered goes into a file: the options of every command that writes one.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use wavemill_core::session::FadeCurve;
use wavemill_core::time::SampleRate;
use wavemill_render::export::{
    BitDepth, ChannelCount, ExportDither, ExportSettings, ExportSpec, Limit, Normalise, Normalised,
    TrimSides,
};

use crate::failure::Failure;

/// Options of an export.
#[derive(Debug, Args)]
pub struct ExportArguments {
    /// Rate of the file in hertz; the session's where left out.
    #[arg(long, value_name = "R")]
    rate: Option<u32>,
    /// Bits of a sample; FLAC has 16 or 24.
    #[arg(long, value_enum, default_value_t = BitDepthArgument::Signed24)]
    bit_depth: BitDepthArgument,
    /// What is added before rounding to 16 or 24 bits, so that the error is noise; tpdf where left
    /// out. shaped moves that noise to where it is heard less.
    #[arg(long, value_enum)]
    dither: Option<DitherArgument>,
    /// Bring the file to a level: peak:DBFS, true-peak:DBTP, loudness:LUFS or
    /// loudness:LUFS:CEILING_DBTP, which keep the true peak under a ceiling (-1 where left out).
    #[arg(long, value_name = "TO:LEVEL")]
    normalise: Option<Normalise>,
    /// Fade in over as many seconds.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    fade_in: Option<f64>,
    /// Fade out over as many seconds up to the file's end.
    #[arg(long, value_name = "SECONDS", allow_negative_numbers = true)]
    fade_out: Option<f64>,
    /// The course of both fades; linear where left out.
    #[arg(long, value_enum, value_name = "CURVE")]
    fade_curve: Option<CurveArgument>,
    /// Leave out silence at the file's start, its end, or both.
    #[arg(long, value_enum)]
    trim: Option<TrimArgument>,
    /// What is silence to --trim: no sample above as many decibels; -60 where left out.
    #[arg(long, value_name = "DBFS", allow_negative_numbers = true)]
    trim_threshold: Option<f64>,
    /// Channels of the file; mono is the mean of both, stereo where left out.
    #[arg(long, value_enum)]
    channels: Option<ChannelsArgument>,
    /// Write each channel into a file of its own: NAME.L.wav and NAME.R.wav.
    #[arg(long)]
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
enum BitDepthArgument {
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
    /// Refuses what cannot be, before anything else is looked at.
    pub fn check(&self, path: &Path) -> Result<(), Failure> {
        let settings = self.settings()?;
        settings.check().and_then(|()| settings.check_name(path)).map_err(Failure::usage)
    }

    /// True where files are to start with their first sound.
    pub fn shifts(&self) -> bool {
        matches!(self.trim, Some(TrimArgument::Start | TrimArgument::Both))
    }

    /// The first of the files of an export to `path` that exists and may not be replaced.
    pub fn in_the_way(&self, path: &Path) -> Result<Option<PathBuf>, Failure> {
        let paths = if self.force { Vec::new() } else { self.settings()?.paths(path) };
        Ok(paths.into_iter().find(|path| path.exists()))
    }

    /// The export of a stream at `stream_rate` to the file at `path`, whose extension says the
    /// format.
    pub fn spec(&self, path: &Path, stream_rate: SampleRate) -> Result<ExportSpec, Failure> {
        self.settings()?.spec(path, self.force, stream_rate).map_err(Failure::usage)
    }

    fn settings(&self) -> Result<ExportSettings, Failure> {
        Ok(ExportSettings {
            rate: self.rate.map(SampleRate::new).transpose().map_err(Failure::usage)?,
            bit_depth: Some(self.bit_depth.of_export()),
            dither: self.dither.map(DitherArgument::of_export),
            normalise: self.normalise,
            fade_in: self.fade_in,
            fade_out: self.fade_out,
            fade_curve: self.fade_curve.map(CurveArgument::of_export),
            trim: self.trim.map(TrimArgument::of_export),
            trim_threshold: self.trim_threshold,
            channels: self.channels.map(ChannelsArgument::of_export),
            split: Some(self.split),
            measure: Some(!self.no_measure),
        })
    }
}

impl BitDepthArgument {
    const fn of_export(self) -> BitDepth {
        match self {
            Self::Signed16 => BitDepth::Signed16,
            Self::Signed24 => BitDepth::Signed24,
            Self::Float32 => BitDepth::Float32,
        }
    }
}

impl TrimArgument {
    const fn of_export(self) -> TrimSides {
        match self {
            Self::Start => TrimSides::Start,
            Self::End => TrimSides::End,
            Self::Both => TrimSides::Both,
        }
    }
}

impl ChannelsArgument {
    const fn of_export(self) -> ChannelCount {
        match self {
            Self::Mono => ChannelCount::Mono,
            Self::Stereo => ChannelCount::Stereo,
        }
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
