//! How a job is rendered and exported: the settings of the manifest.

use std::path::Path;

use serde::Deserialize;
use wavemill_core::session::{RangeEdge, Session};
use wavemill_core::time::{SampleRate, Samples};

use super::job_error::JobError;
use crate::export::ExportSettings;
use crate::request::{BounceRequest, MAX_TAIL_SECONDS, Tail};
use crate::scheduler::RenderConfig;

/// The settings of one job, the same as the options of `wavemill bounce`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JobSettings {
    /// What is rendered.
    pub range: RangeSettings,
    /// What happens to it on its way into a file.
    pub export: ExportSettings,
}

/// The range of a job.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RangeSettings {
    /// Where to start, as a person writes it; the session's start where left out.
    pub from: Option<String>,
    /// Where to end; the end of the content and the tail where left out.
    pub to: Option<String>,
    /// The tail: `auto`, `none` or seconds; `auto` where left out.
    pub tail: Option<TailSetting>,
}

/// A tail as the manifest says it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(untagged, expecting = "tail is \"auto\", \"none\" or a number of seconds")]
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

impl JobSettings {
    /// Checks what can be checked without the session.
    pub(super) fn check(&self) -> Result<(), String> {
        self.export.check().map_err(|error| error.to_string())?;
        match self.range.tail {
            Some(TailSetting::Seconds(seconds)) if !(0.0..=MAX_TAIL_SECONDS).contains(&seconds) => {
                Err(format!(
                    "tail {seconds} is not in the range of 0 to {MAX_TAIL_SECONDS} seconds"
                ))
            }
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
            position.map_err(|error| JobError::Position { field, error: Box::new(error) })
        };
        let from = position("from", &self.range.from, RangeEdge::Start)?;
        let rate = session.sample_rate;
        Ok(BounceRequest {
            export: self.export.spec(output, overwrite, rate)?,
            from: from.unwrap_or(Samples::ZERO),
            to: position("to", &self.range.to, RangeEdge::End)?,
            tail: self.tail(rate),
            render,
            digest_chunks: false,
        })
    }

    fn tail(&self, rate: SampleRate) -> Tail {
        match self.range.tail {
            Some(TailSetting::Words(TailWord::None)) => Tail::None,
            // Checked when the manifest was read.
            Some(TailSetting::Seconds(seconds)) => {
                Tail::of_seconds(seconds, rate).unwrap_or(Tail::Auto)
            }
            None | Some(TailSetting::Words(TailWord::Auto)) => Tail::Auto,
        }
    }
}
