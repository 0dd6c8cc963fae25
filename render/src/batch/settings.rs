//! How a job is rendered and exported: the settings of the manifest.

use std::path::Path;

use serde::Deserialize;
use wavemill_core::session::{NamedPositionError, RangeEdge, Session};
use wavemill_core::time::{SampleRate, Samples};
use wavemill_media::audio::wav::WavEncoding;

use super::job_error::JobError;
use crate::request::{BounceRequest, Tail};
use crate::scheduler::RenderConfig;

/// Longest tail in seconds: a day, far beyond any and far below any overflow.
const MAX_TAIL_SECONDS: f64 = 86_400.0;

/// The settings of one job, the same as the options of `wavemill bounce`.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobSettings {
    /// Where to start, as a person writes it; the session's start where left out.
    pub from: Option<String>,
    /// Where to end; the end of the content and the tail where left out.
    pub to: Option<String>,
    /// The tail: `auto`, `none` or seconds; `auto` where left out.
    pub tail: Option<TailSetting>,
    /// Rate of the file; the session's where left out.
    pub rate: Option<SampleRate>,
    /// Bits of a sample: 16, 24 or `32f`; 24 where left out.
    pub bit_depth: Option<BitDepth>,
    /// Loudness and true peak are measured; true where left out.
    pub measure: Option<bool>,
}

/// A tail as the manifest says it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "tail is auto, none or seconds")]
pub enum TailSetting {
    /// Seconds.
    Seconds(f64),
    /// In words.
    Words(TailWord),
}

/// A tail in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TailWord {
    /// As long as it rings.
    Auto,
    /// Not at all.
    None,
}

/// How samples are stored, as the manifest says it.
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

impl JobSettings {
    /// Checks what can be checked without the session.
    pub(super) fn check(&self) -> Result<(), String> {
        match self.tail {
            Some(TailSetting::Seconds(seconds)) if !(0.0..=MAX_TAIL_SECONDS).contains(&seconds) => {
                Err(format!("tail {seconds} is not in the range of 0 to {MAX_TAIL_SECONDS} seconds"))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a file name that promises another format than the one written. A name without an
    /// extension promises none.
    pub(super) fn check_name(&self, output: &Path) -> Result<(), String> {
        match output.extension() {
            Some(extension) if !extension.eq_ignore_ascii_case("wav") => Err(format!(
                "'{}' is written as WAV only: give a name that ends in .wav",
                output.display()
            )),
            _ => Ok(()),
        }
    }

    /// The bounce that these settings ask for of `session`.
    pub(super) fn request(
        &self,
        session: &Session,
        output: &Path,
        overwrite: bool,
        render: RenderConfig,
    ) -> Result<BounceRequest, JobError> {
        let position = |field: &'static str, text: &Option<String>, edge| {
            let position = text.as_ref().map(|text| session.position(text, edge)).transpose();
            position.map_err(|error: NamedPositionError| JobError::Position { field, error })
        };
        let from = position("from", &self.from, RangeEdge::Start)?.unwrap_or(Samples::ZERO);
        let to = position("to", &self.to, RangeEdge::End)?;
        let encoding = self.bit_depth.map_or(WavEncoding::Signed24, |depth| depth.0);
        Ok(BounceRequest {
            output: output.to_owned(),
            overwrite,
            from,
            to,
            tail: self.tail(session.sample_rate),
            rate: self.rate.filter(|rate| *rate != session.sample_rate),
            encoding,
            measure: self.measure.unwrap_or(true),
            render,
        })
    }

    fn tail(&self, rate: SampleRate) -> Tail {
        match self.tail {
            None | Some(TailSetting::Words(TailWord::Auto)) => Tail::Auto,
            Some(TailSetting::Words(TailWord::None)) => Tail::None,
            Some(TailSetting::Seconds(seconds)) => {
                #[allow(clippy::cast_possible_truncation)] // At most a day of samples.
                let samples = (seconds * rate.hz_f64()).round() as i64;
                Tail::Samples(Samples(samples))
            }
        }
    }
}
