//! `wavemill undo`, `redo` and `history`: what was done, taken back and done again.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use wavemill_media::folder::SessionFolder;

use crate::failure::Failure;
use crate::output;

/// Arguments of `undo`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  wavemill undo song\n  wavemill undo song 3")]
pub struct Undo {
    #[command(flatten)]
    steps: Steps,
}

/// Arguments of `redo`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  wavemill redo song\n  wavemill redo song 3")]
pub struct Redo {
    #[command(flatten)]
    steps: Steps,
}

#[derive(Debug, Args)]
struct Steps {
    /// The session.
    session: PathBuf,
    /// How many edits.
    #[arg(value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What was undone or redone.
#[derive(Serialize)]
struct Report {
    revision: u64,
    edits: Vec<String>,
    touched: Vec<String>,
}

#[derive(Clone, Copy)]
enum Direction {
    Back,
    Forward,
}

impl Undo {
    /// Takes back edits.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        self.steps.run(Direction::Back, quiet)
    }
}

impl Redo {
    /// Does edits again.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        self.steps.run(Direction::Forward, quiet)
    }
}

impl Steps {
    fn run(&self, direction: Direction, quiet: bool) -> Result<(), Failure> {
        let mut editor = SessionFolder::open(&self.session)?.edit()?;
        output::warnings(editor.warnings().iter().filter(|_| !quiet));
        let there = editor.history();
        let undone = matches!(direction, Direction::Forward);
        let available = there.iter().filter(|entry| entry.undone == undone).count();
        let verb = if undone { "redo" } else { "undo" };
        // All or nothing: what goes further than the history takes nothing back.
        if usize::try_from(self.count).is_ok_and(|count| count > available) {
            let what = match available {
                0 => format!("there is nothing to {verb}"),
                n => format!("there are only {n} edits to {verb}: ask for {n} or fewer"),
            };
            return Err(Failure::invalid(what));
        }
        let mut report = Report { revision: 0, edits: Vec::new(), touched: Vec::new() };
        for _ in 0..self.count {
            let done = if undone { editor.redo(None) } else { editor.undo(None) }?;
            report.revision = done.revision;
            report.edits.push(done.record.name);
            report.touched.extend(done.touched);
        }
        report.touched.sort_unstable();
        report.touched.dedup();
        if self.json {
            return output::json(&report);
        }
        if quiet {
            return Ok(());
        }
        let done = if undone { "redone" } else { "undone" };
        let lines = report.edits.iter().map(|name| format!("{done}: {name}\n"));
        output::text(&format!("{}revision {}\n", lines.collect::<String>(), report.revision))
    }
}

/// Arguments of `history`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  wavemill history song\n  wavemill history song --json")]
pub struct History {
    /// The session.
    session: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// The history, oldest edit first.
#[derive(Serialize)]
struct Listing {
    revision: u64,
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    revision: u64,
    name: String,
    commands: usize,
    undone: bool,
}

impl History {
    /// Lists it, without a lock: it may be read while another process edits.
    pub fn run(&self, quiet: bool) -> Result<(), Failure> {
        let history = SessionFolder::open(&self.session)?.history()?;
        output::warnings(history.warning.iter().filter(|_| !quiet));
        let entries = history.entries.into_iter().map(|entry| Entry {
            revision: entry.revision,
            name: entry.name,
            commands: entry.count,
            undone: entry.undone,
        });
        let listing = Listing { revision: history.revision, entries: entries.collect() };
        if self.json {
            return output::json(&listing);
        }
        let mut text = format!("revision {}\n", listing.revision);
        for entry in &listing.entries {
            let undone = if entry.undone { "  (undone)" } else { "" };
            let Entry { revision, name, commands, .. } = entry;
            text.push_str(&format!("{revision:>6}  {name}, {commands} commands{undone}\n"));
        }
        output::text(&text)
    }
}
