//! The settings of an export as people write them: the options of a command, the fields of a
//! manifest. What they may be is checked here.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;
use wavemill_core::session::FadeCurve;
use wavemill_core::time::SampleRate;
use wavemill_media::audio::flac::FlacEncoding;
use wavemill_media::audio::wav::WavEncoding;

use super::spec::{
    ExportChannels, ExportDither, ExportSpec, Fades, FileFormat, Normalise, TrimSilence,
};

/// Longest fade in seconds: a day, far beyond any.
const MAX_FADE_SECONDS: f64 = 86_400.0;
/// The levels that may be normalised to.
const LEVELS_DB: (f64, f64) = (-60.0, 0.0);
/// What a threshold of silence may be.
const THRESHOLDS_DBFS: (f64, f64) = (-144.0, -6.0);
/// What is below it is silence where nothing else is said.
const DEFAULT_THRESHOLD_DBFS: f64 = -60.0;
/// The ceiling of a loudness where nothing else is said.
const DEFAULT_CEILING_DBTP: f64 = -1.0;

/// The settings of an export; what is left out is as in the command.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportSettings {
    /// Rate of the file; the stream's where left out.
    pub rate: Option<SampleRate>,
    /// Bits of a sample: 16, 24 or `32f`; 24 where left out. FLAC has 16 or 24.
    pub bit_depth: Option<BitDepth>,
    /// Dither below 32 bits; `tpdf` where left out.
    pub dither: Option<ExportDither>,
    /// The level to bring the file to, such as `loudness:-14:-1`.
    pub normalise: Option<Normalise>,
    /// Seconds of the fade in.
    pub fade_in: Option<f64>,
    /// Seconds of the fade out, up to the file's end.
    pub fade_out: Option<f64>,
    /// The course of both fades; linear where left out.
    pub fade_curve: Option<FadeCurve>,
    /// Where silence is left out; nowhere where left out.
    pub trim: Option<TrimSides>,
    /// What is silence, in dBFS; -60 where left out.
    pub trim_threshold: Option<f64>,
    /// Channels of the file; stereo where left out.
    pub channels: Option<ChannelCount>,
    /// Whether each channel gets a file of its own.
    pub split: Option<bool>,
    /// Loudness and true peak are measured; true where left out.
    pub measure: Option<bool>,
}

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub enum BitDepth {
    /// 16-bit signed integer.
    Signed16,
    /// 24-bit signed integer.
    Signed24,
    /// 32-bit float.
    Float32,
}

/// Where silence is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TrimSides {
    /// Before the first sound.
    Start,
    /// After the last sound.
    End,
    /// On both sides.
    Both,
}

/// Channels of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelCount {
    /// One: the mean of left and right.
    Mono,
    /// Left and right.
    Stereo,
}

/// Why settings cannot be.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ExportSettingsError {
    /// A name that promises a format that is not written.
    #[error(
        "'{}': files are written as WAV or FLAC: give a name that ends in .wav or .flac",
        path.display()
    )]
    OtherFormat {
        /// The name.
        path: PathBuf,
    },
    /// FLAC has no floats.
    #[error(
        "'{}': FLAC stores whole numbers: choose a bit depth of 24 or 16, or give a name that ends \
         in .wav for 32f",
        path.display()
    )]
    FloatFlac {
        /// The name.
        path: PathBuf,
    },
    /// Dither where nothing is rounded.
    #[error(
        "dither: 32f is not rounded, so there is nothing to dither: leave dither out, or choose a \
         bit depth of 16 or 24"
    )]
    FloatDither,
    /// A curve and no fade.
    #[error("fade curve: there is no fade: give a fade in or a fade out, too")]
    CurveWithoutFade,
    /// A threshold and nothing to trim.
    #[error("trim threshold: nothing is trimmed: give trim start, end or both, too")]
    ThresholdWithoutTrim,
    /// One channel that is split.
    #[error("split: a mono file has one channel only: leave out either of split and channels mono")]
    SplitMono,
    /// A number that may not be.
    #[error("{field}: {value} is not in the range of {low} to {high} {unit}")]
    OutOfRange {
        /// The setting.
        field: &'static str,
        /// Its value.
        value: f64,
        /// The least.
        low: f64,
        /// The most.
        high: f64,
        /// What it is a number of.
        unit: &'static str,
    },
}

impl TryFrom<serde_json::Value> for BitDepth {
    type Error = String;

    fn try_from(value: serde_json::Value) -> Result<Self, String> {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match text.as_str() {
            "16" => Ok(Self::Signed16),
            "24" => Ok(Self::Signed24),
            "32f" => Ok(Self::Float32),
            _ => Err(format!("bit_depth {value} is none of 16, 24 and \"32f\"")),
        }
    }
}

impl FromStr for Normalise {
    type Err = String;

    /// `peak:DBFS`, `true-peak:DBTP` or `loudness:LUFS[:CEILING_DBTP]`.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let to = parts.next().unwrap_or_default();
        let numbers: Result<Vec<f64>, _> = parts.map(str::parse).collect();
        match (to, numbers.as_deref()) {
            ("peak", Ok(&[dbfs])) => Ok(Self::Peak(dbfs)),
            ("true-peak", Ok(&[dbtp])) => Ok(Self::TruePeak(dbtp)),
            ("loudness", Ok(&[lufs])) => {
                Ok(Self::Loudness { lufs, ceiling_dbtp: DEFAULT_CEILING_DBTP })
            }
            ("loudness", Ok(&[lufs, ceiling_dbtp])) => Ok(Self::Loudness { lufs, ceiling_dbtp }),
            _ => Err(format!(
                "normalise '{text}' is none of peak:DBFS, true-peak:DBTP and \
                 loudness:LUFS[:CEILING_DBTP], such as loudness:-14:-1"
            )),
        }
    }
}

impl TryFrom<String> for Normalise {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

fn in_range(
    field: &'static str,
    value: f64,
    (low, high): (f64, f64),
    unit: &'static str,
) -> Result<(), ExportSettingsError> {
    if (low..=high).contains(&value) {
        Ok(())
    } else {
        Err(ExportSettingsError::OutOfRange { field, value, low, high, unit })
    }
}

impl ExportSettings {
    /// The export of a stream at `stream_rate` to the file at `path`, whose extension says the
    /// format.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn spec(
        &self,
        path: &Path,
        overwrite: bool,
        stream_rate: SampleRate,
    ) -> Result<ExportSpec, ExportSettingsError> {
        self.check()?;
        Ok(ExportSpec {
            path: path.to_owned(),
            overwrite,
            format: self.format(path)?,
            rate: self.rate.filter(|rate| *rate != stream_rate),
            dither: self.dither.unwrap_or(ExportDither::Triangular),
            channels: self.export_channels(),
            trim: self.trim.map(|sides| TrimSilence {
                start: sides != TrimSides::End,
                end: sides != TrimSides::Start,
                threshold_db: self.trim_threshold.unwrap_or(DEFAULT_THRESHOLD_DBFS),
            }),
            fades: Fades {
                in_seconds: self.fade_in.unwrap_or(0.0),
                out_seconds: self.fade_out.unwrap_or(0.0),
                curve: self.fade_curve.unwrap_or_default(),
            },
            normalise: self.normalise,
            measure: self.measure.unwrap_or(true),
        })
    }

    /// The files that an export to `path` gives.
    pub fn paths(&self, path: &Path) -> Vec<PathBuf> {
        self.export_channels().paths(path)
    }

    /// Refuses a file name that promises another format than those written. A name without an
    /// extension promises none.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn check_name(&self, path: &Path) -> Result<(), ExportSettingsError> {
        self.format(path).map(drop)
    }

    /// Refuses what no file can be made by, whatever its name.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn check(&self) -> Result<(), ExportSettingsError> {
        let dithered = self.dither.is_some_and(|dither| dither != ExportDither::None);
        if dithered && self.bit_depth == Some(BitDepth::Float32) {
            return Err(ExportSettingsError::FloatDither);
        }
        if self.fade_curve.is_some() && self.fade_in.is_none() && self.fade_out.is_none() {
            return Err(ExportSettingsError::CurveWithoutFade);
        }
        if self.trim_threshold.is_some() && self.trim.is_none() {
            return Err(ExportSettingsError::ThresholdWithoutTrim);
        }
        if self.split == Some(true) && self.channels == Some(ChannelCount::Mono) {
            return Err(ExportSettingsError::SplitMono);
        }
        for (field, seconds) in [("fade in", self.fade_in), ("fade out", self.fade_out)] {
            in_range(field, seconds.unwrap_or(0.0), (0.0, MAX_FADE_SECONDS), "seconds")?;
        }
        let threshold = self.trim_threshold.unwrap_or(DEFAULT_THRESHOLD_DBFS);
        in_range("trim threshold", threshold, THRESHOLDS_DBFS, "dBFS")?;
        match self.normalise {
            None => Ok(()),
            Some(Normalise::Peak(dbfs)) => in_range("normalise peak", dbfs, LEVELS_DB, "dBFS"),
            Some(Normalise::TruePeak(dbtp)) => {
                in_range("normalise true peak", dbtp, LEVELS_DB, "dBTP")
            }
            Some(Normalise::Loudness { lufs, ceiling_dbtp }) => {
                in_range("normalise loudness", lufs, LEVELS_DB, "LUFS")?;
                in_range("normalise ceiling", ceiling_dbtp, LEVELS_DB, "dBTP")
            }
        }
    }

    fn export_channels(&self) -> ExportChannels {
        match (self.split, self.channels) {
            (Some(true), _) => ExportChannels::Split,
            (_, Some(ChannelCount::Mono)) => ExportChannels::Mono,
            (_, Some(ChannelCount::Stereo) | None) => ExportChannels::Stereo,
        }
    }

    /// The format that the extension of `path` names; WAV where there is none.
    fn format(&self, path: &Path) -> Result<FileFormat, ExportSettingsError> {
        let extension = path.extension();
        let is = |wanted: &str| extension.is_some_and(|is| is.eq_ignore_ascii_case(wanted));
        let depth = self.bit_depth.unwrap_or(BitDepth::Signed24);
        if extension.is_none() || is("wav") {
            return Ok(FileFormat::Wav(match depth {
                BitDepth::Signed16 => WavEncoding::Signed16,
                BitDepth::Signed24 => WavEncoding::Signed24,
                BitDepth::Float32 => WavEncoding::Float32,
            }));
        }
        if !is("flac") {
            return Err(ExportSettingsError::OtherFormat { path: path.to_owned() });
        }
        match depth {
            BitDepth::Signed16 => Ok(FileFormat::Flac(FlacEncoding::Signed16)),
            BitDepth::Signed24 => Ok(FileFormat::Flac(FlacEncoding::Signed24)),
            BitDepth::Float32 => Err(ExportSettingsError::FloatFlac { path: path.to_owned() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manifest_says_everything_by_name() {
        let json = r#"{"rate": 44100, "bit_depth": "16", "dither": "shaped",
            "normalise": "loudness:-14:-2", "fade_in": 1, "fade_out": 2.5,
            "fade_curve": "equal-power", "trim": "both", "trim_threshold": -70, "channels": "mono",
            "measure": false}"#;
        let settings: ExportSettings = serde_json::from_str(json).unwrap();
        let rate = SampleRate::new(48_000).unwrap();
        let spec = settings.spec(Path::new("a.flac"), true, rate).unwrap();
        let wanted = ExportSpec {
            path: "a.flac".into(),
            overwrite: true,
            format: FileFormat::Flac(FlacEncoding::Signed16),
            rate: SampleRate::new(44_100).ok(),
            dither: ExportDither::Shaped,
            channels: ExportChannels::Mono,
            trim: Some(TrimSilence { start: true, end: true, threshold_db: -70.0 }),
            fades: Fades { in_seconds: 1.0, out_seconds: 2.5, curve: FadeCurve::EqualPower },
            normalise: Some(Normalise::Loudness { lufs: -14.0, ceiling_dbtp: -2.0 }),
            measure: false,
        };
        assert_eq!(spec, wanted);
        let wav = FileFormat::Wav(WavEncoding::Signed24);
        let plain = ExportSettings::default().spec(Path::new("a.wav"), false, rate).unwrap();
        let wanted = ExportSpec { measure: true, ..ExportSpec::plain(Path::new("a.wav"), wav) };
        assert_eq!(plain, wanted);
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let refused = |json: &str, name: &str, words: &str| {
            let settings: Result<ExportSettings, _> = serde_json::from_str(json);
            let message = match settings {
                Err(error) => error.to_string(),
                Ok(settings) => {
                    let checked =
                        settings.check().and_then(|()| settings.check_name(Path::new(name)));
                    checked.unwrap_err().to_string()
                }
            };
            assert!(message.contains(words), "'{words}' not in: {message}");
        };
        for (json, words) in [
            (r#"{"bit_depth": "32f", "dither": "tpdf"}"#, "nothing to dither"),
            (r#"{"dither": "pink"}"#, "pink"),
            (r#"{"fade_curve": "slow"}"#, "there is no fade"),
            (r#"{"trim_threshold": -50}"#, "nothing is trimmed"),
            (r#"{"split": true, "channels": "mono"}"#, "one channel only"),
            (r#"{"fade_in": -1}"#, "fade in: -1 is not in the range of 0 to 86400 seconds"),
            (r#"{"fade_out": 1e9}"#, "fade out"),
            (r#"{"trim": "end", "trim_threshold": 0}"#, "-144 to -6 dBFS"),
            (r#"{"normalise": "peak:1"}"#, "normalise peak: 1 is not in"),
            (r#"{"normalise": "peak:NaN"}"#, "normalise peak: NaN is not in"),
            (r#"{"normalise": "true-peak:-61"}"#, "-60 to 0 dBTP"),
            (r#"{"normalise": "loudness:-14:3"}"#, "normalise ceiling: 3"),
            (r#"{"normalise": "loudness"}"#, "such as loudness:-14:-1"),
            (r#"{"normalise": "rms:-14"}"#, "none of peak:DBFS"),
            (r#"{"normalise": "peak:-1:-1"}"#, "none of peak:DBFS"),
        ] {
            refused(json, "a.wav", words);
        }
        refused("{}", "a.mp3", "ends in .wav or .flac");
        refused(r#"{"bit_depth": "32f"}"#, "a.flac", "whole numbers");
    }
}
