//! What a check found, for people and for machines.

use std::time::Duration;

use serde::Serialize;

use super::Check;
use crate::failure::WorkerFailure;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// As it should be.
    Passed,
    /// Not so.
    Failed,
    /// Not done, or nothing could be shown.
    Skipped,
}

/// What a check found.
pub(super) struct Finding {
    verdict: Outcome,
    what: String,
}

/// A check's result.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckResult {
    /// The check's name.
    pub name: &'static str,
    /// Its level.
    pub level: u8,
    /// What it shows.
    pub about: &'static str,
    /// How it ended.
    pub verdict: Outcome,
    /// What was expected and what came, or what was measured.
    pub what: String,
    /// How long it took, in seconds.
    pub seconds: f64,
}

/// All results for a plug-in.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckReport {
    /// The plug-in's id.
    pub id: String,
    /// The seed of what was random.
    pub seed: u64,
    /// In the order in which they were done.
    pub results: Vec<CheckResult>,
}

impl Finding {
    /// As it should be; `what` was measured.
    pub(super) fn passed(what: impl Into<String>) -> Self {
        Self { verdict: Outcome::Passed, what: what.into() }
    }

    /// Something else was expected than what came.
    pub(super) fn failed(expected: &str, came: impl std::fmt::Display) -> Self {
        Self { verdict: Outcome::Failed, what: format!("expected {expected}; {came}") }
    }

    /// Nothing is shown, and why.
    pub(super) fn skipped(why: impl Into<String>) -> Self {
        Self { verdict: Outcome::Skipped, what: why.into() }
    }

    /// The worker was lost where it should have gone on.
    pub(super) fn lost(failure: &WorkerFailure) -> Self {
        Self::failed("it to go on", failure.told())
    }
}

impl CheckResult {
    pub(super) fn new(check: &Check, finding: Finding, took: Duration) -> Self {
        let Finding { verdict, what } = finding;
        let seconds = took.as_secs_f64();
        Self { name: check.name, level: check.level, about: check.about, verdict, what, seconds }
    }
}

impl CheckReport {
    /// How many ended so.
    pub fn count(&self, verdict: Outcome) -> usize {
        self.results.iter().filter(|result| result.verdict == verdict).count()
    }

    /// The report in the form of JUnit, which most servers read.
    pub fn junit(&self) -> String {
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{}\" tests=\"{}\" \
             failures=\"{}\" skipped=\"{}\">\n",
            escaped(&self.id),
            self.results.len(),
            self.count(Outcome::Failed),
            self.count(Outcome::Skipped)
        );
        for result in &self.results {
            text.push_str(&format!(
                "  <testcase classname=\"{}\" name=\"{}\" time=\"{:.3}\">",
                escaped(&self.id),
                result.name,
                result.seconds
            ));
            let what = escaped(&result.what);
            text.push_str(&match result.verdict {
                Outcome::Passed => format!("<system-out>{what}</system-out>"),
                Outcome::Failed => format!("<failure message=\"{what}\"/>"),
                Outcome::Skipped => format!("<skipped message=\"{what}\"/>"),
            });
            text.push_str("</testcase>\n");
        }
        text.push_str("</testsuite>\n");
        text
    }
}

/// Text inside of XML; what XML cannot say becomes a space.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push_str("&#10;"),
            character if character.is_control() => escaped.push(' '),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_well_formed_whatever_they_say() {
        let result = |verdict| CheckResult {
            name: "latency",
            level: 4,
            about: "",
            verdict,
            what: "a < b & \"c\"\n\u{1}".to_owned(),
            seconds: 0.25,
        };
        let results = [Outcome::Passed, Outcome::Failed, Outcome::Skipped].map(result).to_vec();
        let report = CheckReport { id: "x&y".to_owned(), seed: 1, results };
        let text = report.junit();
        assert!(
            text.contains("name=\"x&amp;y\" tests=\"3\" failures=\"1\" skipped=\"1\""),
            "{text}"
        );
        assert!(
            text.contains("<failure message=\"a &lt; b &amp; &quot;c&quot;&#10; \"/>"),
            "{text}"
        );
        assert_eq!(text.matches("<testcase").count(), text.matches("</testcase>").count());
    }
}
