//! `wavemill manifest diff`: why two bounces differ, by their manifests.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use wavemill_render::record::{
    BounceRecord, Cause, MAX_RECORD_BYTES, RecordDifference, SignalDifference, compare,
};

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::{output, text_input};

/// Signals and keys that are named one by one before they are only counted.
const NAMED: usize = 8;

const EXAMPLES: &str = "\
Examples:
  wavemill bounce song -o monday.wav --manifest monday.json --trace
  wavemill bounce song -o tuesday.wav --manifest tuesday.json --trace
  wavemill manifest diff monday.json tuesday.json

What differs is told in this order: settings, versions, inputs and results; keys; then the signals
whose samples differ, the most upstream first, from which chunk of 65,536 samples on, and which
others differ only because of those. With --trace in both, the signals inside of chains are
compared, too. A signal is unexplained where nothing that the manifests name is another: two builds
or machines do not compute the same.";

/// Arguments of `manifest`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Manifest {
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say why two bounces differ.
    Diff(Diff),
}

/// Arguments of `manifest diff`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
struct Diff {
    /// The manifest of a bounce.
    a: PathBuf,
    /// The manifest it is compared with.
    b: PathBuf,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Report<'a> {
    same: bool,
    #[serde(flatten)]
    difference: &'a RecordDifference,
}

impl Manifest {
    /// Does it.
    pub fn run(&self) -> Result<ExitStatus, Failure> {
        match &self.action {
            Action::Diff(diff) => diff.run(),
        }
    }
}

impl Diff {
    fn run(&self) -> Result<ExitStatus, Failure> {
        let (a, b) = (read(&self.a)?, read(&self.b)?);
        let found = compare(&a, &b).map_err(Failure::internal)?;
        let same = found.is_none();
        if self.json {
            output::json(&Report { same, difference: &found })?;
        } else {
            output::text(&describe(&found, same))?;
        }
        Ok(if same { ExitStatus::Done } else { ExitStatus::Different })
    }
}

fn read(path: &Path) -> Result<BounceRecord, Failure> {
    let text = text_input::read(path, "the contents", MAX_RECORD_BYTES)?;
    BounceRecord::from_json(&text)
        .map_err(|error| Failure::invalid(format!("'{}': {error}", path.display())))
}

fn describe(found: &RecordDifference, same: bool) -> String {
    let facts = found.facts.iter();
    let mut lines: Vec<String> =
        facts.map(|fact| format!("{}: {} and {}", fact.path, fact.a, fact.b)).collect();
    if !found.keys.is_empty() {
        lines.push(format!("keys of {}", named(&found.keys)));
    }
    match &found.signals {
        Some(signals) => describe_signals(signals, &mut lines),
        None => lines.push(
            "signals: not compared, for the two start at other samples or have other rates".into(),
        ),
    }
    lines.push(if same { "the same" } else { "different" }.to_owned());
    lines.join("\n") + "\n"
}

fn describe_signals(signals: &[SignalDifference], lines: &mut Vec<String>) {
    let starts = signals.iter().filter(|signal| signal.cause != Cause::Heard);
    for (number, start) in starts.enumerate() {
        let which = if number == 0 { "first difference" } else { "then" };
        let place = match &start.first {
            Some(first) => format!(", from sample {} ({:.3} s) on", first.sample, first.seconds),
            None => String::new(),
        };
        lines.push(format!("{which}: {}{place}: {}", start.id, why(start)));
        let only = [start.id.clone()];
        let follows =
            |signal: &&SignalDifference| signal.cause == Cause::Heard && signal.because_of == only;
        let follow: Vec<String> = signals.iter().filter(follows).map(|s| s.id.clone()).collect();
        if !follow.is_empty() {
            lines.push(format!("  only because of it: {}", named(&follow)));
        }
    }
    let several =
        |signal: &&SignalDifference| signal.cause == Cause::Heard && signal.because_of.len() > 1;
    let several: Vec<String> = signals.iter().filter(several).map(|s| s.id.clone()).collect();
    if !several.is_empty() {
        lines.push(format!("  because of several of these: {}", named(&several)));
    }
}

fn why(signal: &SignalDifference) -> &'static str {
    let heard = !signal.because_of.is_empty();
    match signal.cause {
        Cause::Own if heard => "its own settings or inputs differ, and what it hears does",
        Cause::Own => "its own settings or inputs differ",
        Cause::Heard => "what it hears differs",
        Cause::Unexplained => {
            "unexplained: the same settings and inputs, computed by another build or machine"
        }
        Cause::Untraced => "only one manifest is traced: bounce both with --trace to tell why",
        Cause::OnlyA => "only the first has it",
        Cause::OnlyB => "only the second has it",
    }
}

/// Some of `ids`, and how many more there are.
fn named(ids: &[String]) -> String {
    let some = ids[..ids.len().min(NAMED)].join(", ");
    match ids.len().saturating_sub(NAMED) {
        0 => some,
        more => format!("{some} and {more} more"),
    }
}
