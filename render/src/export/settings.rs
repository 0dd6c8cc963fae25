//! The settings of an export as a manifest writes them: the options of the command, by name.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use wavemill_core::time::SampleRate;
use wavemill_media::audio::wav::WavEncoding;

use super::spec::{ExportSpec, FileFormat};

/// The settings of an export; what is left out is as in the command.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExportSettings {
    /// Rate of the file; the stream's where left out.
    pub rate: Option<SampleRate>,
    /// Bits of a sample: 16, 24 or `32f`; 24 where left out.
    pub bit_depth: Option<BitDepth>,
    /// Loudness and true peak are measured; true where left out.
    pub measure: Option<bool>,
}

/// How samples are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "serde_json::Value")]
pub struct BitDepth(WavEncoding);

impl TryFrom<serde_json::Value> for BitDepth {
    type Error = String;

    fn try_from(value: serde_json::Value) -> Result<Self, String> {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match text.as_str() {
            "16" => Ok(Self(WavEncoding::Signed16)),
            "24" => Ok(Self(WavEncoding::Signed24)),
            "32f" => Ok(Self(WavEncoding::Float32)),
            _ => Err(format!("bit_depth {value} is none of 16, 24 and \"32f\"")),
        }
    }
}

impl ExportSettings {
    /// The export of a stream at `stream_rate` to the file at `path`.
    pub fn spec(&self, path: &Path, overwrite: bool, stream_rate: SampleRate) -> ExportSpec {
        let encoding = self.bit_depth.map_or(WavEncoding::Signed24, |depth| depth.0);
        ExportSpec {
            path: path.to_owned(),
            overwrite,
            format: FileFormat::Wav(encoding),
            rate: self.rate.filter(|rate| *rate != stream_rate),
            measure: self.measure.unwrap_or(true),
        }
    }

    /// The files that an export to `path` gives.
    pub fn paths(&self, path: &Path) -> Vec<PathBuf> {
        // They do not depend on the rate, so any will do.
        let spec = SampleRate::new(SampleRate::MIN_HZ).map(|rate| self.spec(path, false, rate));
        spec.map_or_else(|_| vec![path.to_owned()], |spec| spec.paths())
    }

    /// Refuses a file name that promises another format than the one written. A name without an
    /// extension promises none.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub fn check_name(&self, path: &Path) -> Result<(), String> {
        match path.extension() {
            Some(extension) if !extension.eq_ignore_ascii_case("wav") => Err(format!(
                "'{}' is written as WAV only: give a name that ends in .wav",
                path.display()
            )),
            _ => Ok(()),
        }
    }
}
