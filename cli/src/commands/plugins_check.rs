//! `wavemill plugins check`: the report on a plug-in that a vendor wants to see in CI.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use wavemill_media::audio::write_whole;
use wavemill_plugins::check::{CHECKS, CheckReport, CheckResult, Outcome, Subject, check};
use wavemill_plugins::{Catalogue, WorkerProgram};

use crate::exit::ExitStatus;
use crate::failure::Failure;
use crate::plugin_choice::PluginChooser;
use crate::{interrupt, output};

/// Arguments of `plugins check`.
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub struct Check {
    /// Its id or name, the path of its bundle, or PATH#ID.
    plugin: String,
    /// How much to check: 1 loads, processes and ends, 2 repeats, 3 state, parameters and their text, 4
    /// latency, tail, silence, buses, activation again and threads, 5 leaks, random parameters and time.
    #[arg(long, value_name = "1..5", default_value_t = 5,
          value_parser = clap::value_parser!(u8).range(1..=5))]
    level: u8,
    /// Do only this check.
    #[arg(long, value_name = "NAME")]
    only: Option<String>,
    /// Write the report as JUnit, too.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Replace the JUnit file where it is there already.
    #[arg(long, requires = "junit")]
    force: bool,
    /// Seed of what is random.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Seconds that the plug-in may take for anything it is asked.
    #[arg(long, value_name = "SECONDS", default_value_t = 30,
          value_parser = clap::value_parser!(u16).range(1..=3600))]
    time_limit: u16,
}

fn after_help() -> String {
    let mut text =
        "Every check runs in processes of its own. The exit code is 1 where one failed.\n\n\
                    Checks, with their level:\n"
            .to_owned();
    for check in CHECKS {
        text.push_str(&format!("  {} {:<24} {}\n", check.level, check.name, check.about));
    }
    text
}

impl Check {
    /// Checks.
    pub fn run(
        &self,
        catalogue: &Catalogue,
        json: bool,
        quiet: bool,
    ) -> Result<ExitStatus, Failure> {
        interrupt::ends(json);
        if let Some(only) =
            self.only.as_deref().filter(|only| CHECKS.iter().all(|c| c.name != *only))
        {
            let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
            return Err(Failure::usage(format!(
                "--only '{only}': there is no such check; there are {}",
                names.join(", ")
            )));
        }
        if let Some(junit) = self.junit.as_ref().filter(|junit| !self.force && junit.exists()) {
            return Err(Failure::exists(junit, "choose another name, or replace it with --force"));
        }
        let place = tempfile::tempdir().map_err(|error| {
            Failure::file_system(format!("no folder can be made to work in: {error}"))
        })?;
        let (report, plugin) = PluginChooser::new(catalogue, place.path()).choose(&self.plugin)?;
        let limit = Duration::from_secs(self.time_limit.into());
        let program = WorkerProgram::find()?;
        let subject = Subject::new(program, &report.path, &plugin, limit, self.seed);
        let mut lines = Ok(());
        let report = check(&subject, self.level, self.only.as_deref(), &mut |result| {
            if !json && !quiet && lines.is_ok() {
                lines = output::text(&self.line(result));
            }
        });
        lines?;
        if let Some(junit) = &self.junit {
            let text = report.junit();
            write_whole(junit, self.force, |write| write(text.as_bytes()).map(|()| true))?;
        }
        match json {
            true => output::json(&report)?,
            false => output::text(&summary(&report))?,
        }
        let has_failed = report.count(Outcome::Failed) > 0;
        Ok(if has_failed { ExitStatus::SomeFailed } else { ExitStatus::Done })
    }

    /// A result in words; of a failure also how to see it again.
    fn line(&self, result: &CheckResult) -> String {
        let verdict = match result.verdict {
            Outcome::Passed => "passed ",
            Outcome::Failed => "FAILED ",
            Outcome::Skipped => "skipped",
        };
        let mut text = format!("{verdict} {:<24} {}\n", result.name, result.what);
        if result.verdict == Outcome::Failed {
            text.push_str(&format!(
                "        again: wavemill plugins check '{}' --only {} --seed {}\n",
                self.plugin, result.name, self.seed
            ));
        }
        text
    }
}

fn summary(report: &CheckReport) -> String {
    let count = |verdict| report.count(verdict);
    format!(
        "{}: {} passed, {} failed, {} skipped\n",
        report.id,
        count(Outcome::Passed),
        count(Outcome::Failed),
        count(Outcome::Skipped)
    )
}
