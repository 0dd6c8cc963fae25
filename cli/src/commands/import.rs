//! `wavemill import`: audio files become tracks of a session.

use std::ops::ControlFlow;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use wavemill_core::job::{CancelToken, Progress};
use wavemill_media::import::{ImportOptions, ImportProgress, ImportReport, import};

use crate::failure::Failure;
use crate::{interrupt, output, progress};

const EXAMPLES: &str = "\
Examples:
  wavemill import drums.wav bass.flac -o song
  wavemill import loops/ -o beat --tempo 95
  wavemill import /mnt/takes -o song --reference

Each file becomes a track with one clip, at its BWF time stamp where it has one, else at the start.
A session that exists gets the tracks added; else one is made at the first file's rate.";

/// Arguments of `import`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Import {
    /// Audio files, and folders of them.
    #[arg(required = true, value_name = "FILE|DIR")]
    inputs: Vec<PathBuf>,
    /// The session.
    #[arg(long, short, value_name = "SESSION")]
    output: PathBuf,
    /// Tempo at the session's start, in quarter notes a minute.
    #[arg(long, value_name = "T")]
    tempo: Option<f64>,
    /// Leave the files where they are instead of copying them into the session.
    #[arg(long)]
    reference: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    session: String,
    created: bool,
    revision: u64,
    files: Vec<File>,
    skipped: Vec<Skipped>,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct File {
    source: String,
    file: String,
    track: String,
    clip: String,
    start_samples: i64,
    length_samples: i64,
    sample_rate: u32,
    channels: usize,
}

#[derive(Serialize)]
struct Skipped {
    path: String,
    reason: String,
}

impl From<ImportReport> for Report {
    fn from(report: ImportReport) -> Self {
        let files = report.files.into_iter().map(|file| File {
            source: file.source.display().to_string(),
            file: file.file,
            track: file.track.to_string(),
            clip: file.clip.to_string(),
            start_samples: file.start.0,
            length_samples: file.length.0,
            sample_rate: file.sample_rate.hz(),
            channels: file.channels,
        });
        let skipped = report.skipped.into_iter().map(|skipped| Skipped {
            path: skipped.path.display().to_string(),
            reason: skipped.reason,
        });
        Self {
            session: report.folder.root().display().to_string(),
            created: report.created,
            revision: report.revision,
            files: files.collect(),
            skipped: skipped.collect(),
            warnings: report.warnings,
        }
    }
}

impl Import {
    /// Imports.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        let cancel = CancelToken::default();
        interrupt::ends(self.json);
        interrupt::cancels(&cancel);
        let bar = progress::Bar::new("importing", quiet || self.json, None);
        let options = ImportOptions { copy: !self.reference, tempo_bpm: self.tempo };
        let imported = import(&self.output, &self.inputs, &options, &mut |at: ImportProgress| {
            bar.frames(at.done_bytes, at.total_bytes);
            if cancel.is_cancelled() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        bar.finish();
        let report = Report::from(imported?);
        if !quiet {
            output::warnings(&report.warnings);
            for Skipped { path, reason } in &report.skipped {
                output::note(&format!("skipped: {path}: {reason}"));
            }
        }
        if self.json {
            return output::json(&report);
        }
        if quiet {
            return Ok(());
        }
        let made = if report.created { "made" } else { "added to" };
        let mut text = format!("{made} {}: {} tracks\n", report.session, report.files.len());
        for file in &report.files {
            text.push_str(&format!("  {}  {}\n", file.track, file.file));
        }
        output::text(&text)
    }
}
