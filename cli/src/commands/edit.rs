//! `wavemill edit`: a batch of commands applied to a session, all of them or none.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use wavemill_core::command::{Batch, Command};
use wavemill_media::folder::{SessionFolder, SessionView};

use crate::failure::Failure;
use crate::{output, text_input};

/// Longest batch read, in bytes.
const MAX_BATCH_BYTES: u64 = 256 << 20;

const EXAMPLES: &str = "\
Examples:
  wavemill edit song ops.json
  echo '[{\"op\": \"set_volume\", \"track\": \"bass\", \"volume_db\": -3}]' | wavemill edit song -
  wavemill edit song ops.json --dry-run --json

OPS is a JSON array of commands, or an object {\"ops\": [...], \"name\": TEXT,
\"expected_revision\": N}; 'wavemill schema ops' prints its schema.";

/// Arguments of `edit`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Edit {
    /// The session.
    session: PathBuf,
    /// The file with the commands; - for standard input.
    ops: PathBuf,
    /// Say what would be done, and do nothing.
    #[arg(long)]
    dry_run: bool,
    /// Do nothing unless the session is at this revision.
    #[arg(long, value_name = "N")]
    expect_revision: Option<u64>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What an edit did, or would do.
#[derive(Serialize)]
struct Report {
    revision: u64,
    dry_run: bool,
    touched: Vec<String>,
    created: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    commands: Option<Vec<Command>>,
}

impl Edit {
    /// Applies the batch.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        let mut batch =
            Batch::parse(&text_input::read(&self.ops, "the commands", MAX_BATCH_BYTES)?)?;
        batch.expected_revision = match (self.expect_revision, batch.expected_revision) {
            (Some(asked), Some(stated)) if asked != stated => {
                return Err(Failure::usage(format!(
                    "--expect-revision says {asked} and the batch says {stated}: leave one out"
                )));
            }
            (asked, stated) => asked.or(stated),
        };
        let folder = SessionFolder::open(&self.session)?;
        let report = if self.dry_run {
            let view = folder.view()?;
            output::warnings(view.warning().filter(|_| !quiet));
            dry_run(&view, &batch)?
        } else {
            let mut editor = folder.edit()?;
            output::warnings(editor.warnings().iter().filter(|_| !quiet));
            let done = editor.execute_batch(&batch)?;
            let (touched, created) = (done.touched, done.created);
            Report { revision: done.revision, dry_run: false, touched, created, commands: None }
        };
        self.print(&report, quiet)
    }

    fn print(&self, report: &Report, quiet: bool) -> Result<(), Failure> {
        if self.json {
            return output::json(report);
        }
        if quiet {
            return Ok(());
        }
        let head = if report.dry_run { "would become revision" } else { "revision" };
        let mut text = format!("{head} {}\n", report.revision);
        let list = |text: &mut String, what: &str, paths: &[String]| {
            for path in paths {
                text.push_str(&format!("  {what} {path}\n"));
            }
        };
        list(&mut text, "made   ", &report.created);
        list(&mut text, "changed", &report.touched);
        output::text(&text)
    }
}

fn dry_run(view: &SessionView, batch: &Batch) -> Result<Report, Failure> {
    let preview = view.dry_run(batch)?;
    Ok(Report {
        revision: preview.revision,
        dry_run: true,
        touched: preview.touched,
        created: preview.created,
        commands: Some(preview.commands),
    })
}
