//! `wavemill export`: a session's notes and controllers as a MIDI file.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use wavemill_media::midi::export_midi;

use crate::failure::Failure;
use crate::output;
use crate::sessions::Opened;
use wavemill_plugins::run::HostOptions;

const EXAMPLES: &str = "\
Examples:
  wavemill export song song.mid
  wavemill export song song.mid --force --json

A standard MIDI file of format 1: tempo, signatures and markers in its first track, then a track for
each instrument track that has notes or controllers. What is muted in a track is left out, loops are
written as often as they sound; mute and solo of whole tracks change nothing.

Exit codes: 0 done; 2 no sense in the command line; 3 the session is not valid, or has no MIDI;
4 the file exists already, or cannot be written.";

/// What to do where a file is there already.
const INSTEAD: &str = "choose another name, or replace it with --force";

/// Arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Export {
    /// The session.
    session: PathBuf,
    /// The MIDI file to write.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Replace a file that is there.
    #[arg(long)]
    force: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report {
    file: String,
    tracks: usize,
    notes: usize,
    warnings: Vec<String>,
}

impl Export {
    /// Exports.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        let session = Opened::open(&self.session, HostOptions::default())?.session;
        if let Some(problem) = session.check().first() {
            return Err(Failure::invalid(problem));
        }
        let exported = export_midi(&session, &self.file, self.force)
            .map_err(|error| Failure::of_export(error, INSTEAD))?;
        let report = Report {
            file: exported.path.display().to_string(),
            tracks: exported.tracks,
            notes: exported.notes,
            warnings: exported.warnings,
        };
        if !quiet {
            output::warnings(&report.warnings);
        }
        if self.json {
            return output::json(&report);
        }
        if quiet {
            return Ok(());
        }
        let Report { file, tracks, notes, .. } = report;
        output::text(&format!("wrote {file}: {tracks} tracks, {notes} notes\n"))
    }
}
