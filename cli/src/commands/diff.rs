//! `wavemill diff`: a null test of two audio files.

use std::path::{Path, PathBuf};

use clap::Args;
use serde::Serialize;
use wavemill_golden::{Difference, DifferenceError, Shape, difference};
use wavemill_media::audio::CodecRegistry;

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::output;

const EXAMPLES: &str = "\
Examples:
  wavemill diff before.wav after.wav
  wavemill diff mix.wav mix.flac --max-null-db -90
  wavemill diff before.wav after.wav --json

Without --max-null-db the files are the same where every sample is. With it they are where rates
and channels are the same and no sample of A - B is above that level; the shorter file counts as
silence after its end.";

/// Arguments of `diff`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Diff {
    /// An audio file.
    a: PathBuf,
    /// The audio file it is compared with.
    b: PathBuf,
    /// Peak of the residual, in dBFS, up to which the files count as the same.
    #[arg(long, value_name = "X", allow_negative_numbers = true)]
    max_null_db: Option<f64>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    same: bool,
    #[serde(flatten)]
    difference: &'a Difference,
}

impl Diff {
    /// Compares.
    pub fn run(&self) -> Result<ExitStatus, Failure> {
        if self.max_null_db.is_some_and(|limit| !limit.is_finite()) {
            return Err(Failure::usage("--max-null-db takes a level in dBFS, such as -90"));
        }
        let codecs = CodecRegistry::builtin();
        let open = |path: &Path| codecs.open(path).map(|opened| opened.source);
        let (a, b) = (open(&self.a)?, open(&self.b)?);
        let found = difference(&*a, &*b).map_err(|error| match error {
            DifferenceError::First(error) => unreadable(&self.a, &error),
            DifferenceError::Second(error) => unreadable(&self.b, &error),
        })?;
        let same = match self.max_null_db {
            Some(limit) => found.is_within(limit),
            None => found.is_none(),
        };
        if self.json {
            output::json(&Report { same, difference: &found })?;
        } else {
            output::text(&describe(&found, same))?;
        }
        Ok(if same { ExitStatus::Done } else { ExitStatus::Different })
    }
}

fn unreadable(path: &Path, error: &wavemill_core::audio::FrameError) -> Failure {
    Failure::invalid(format!("'{}': {error}", path.display()))
}

fn describe(found: &Difference, same: bool) -> String {
    let mut lines = Vec::new();
    let mut compare = |what: &str, unit: &str, of: fn(&Shape) -> u64| {
        let (a, b) = (of(&found.a), of(&found.b));
        if a != b {
            lines.push(format!("{what}: {a} and {b}{unit}"));
        }
    };
    compare("rates", " Hz", |shape| u64::from(shape.sample_rate));
    compare("channels", "", |shape| shape.channels as u64);
    compare("lengths", " frames", |shape| shape.frames);
    if let Some(residual) = &found.residual {
        let level = |db: Option<f64>| db.map_or("silence".to_owned(), |db| format!("{db:.2} dBFS"));
        lines.push(format!("residual peak: {}", level(residual.peak_dbfs)));
        lines.push(format!("residual RMS: {}", level(residual.rms_dbfs)));
        if residual.not_comparable > 0 {
            let count = residual.not_comparable;
            lines.push(format!("{count} samples are NaN or infinite in one of the files"));
        }
        if let Some(first) = &residual.first {
            let (frame, channel) = (first.frame, first.channel);
            lines.push(format!(
                "first difference: frame {frame}, channel {channel} ({} and {}), {} samples differ",
                first.a, first.b, residual.differing_samples
            ));
        }
    } else {
        lines.push(
            "not compared sample by sample: convert one file to the form of the other".into(),
        );
    }
    lines.push(if same { "the same" } else { "different" }.to_owned());
    lines.join("\n") + "\n"
}
