//! The progress bar: on standard error, and only where that is a terminal.

use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use wavemill_core::job::Progress;

const TEMPLATE: &str = "{msg} [{bar:32}] {percent:>3} % {eta:>4} left";

/// Shows how far a job is.
pub struct Bar(ProgressBar);

impl Bar {
    /// A bar called `what`; it stays hidden where `quiet`, or where nobody would see it.
    pub fn new(what: &'static str, quiet: bool) -> Self {
        let visible = !quiet && stderr().is_terminal();
        let target = if visible {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(1), target).with_message(what);
        // The template is the constant above; without it the bar has the default look.
        if let Ok(style) = ProgressStyle::with_template(TEMPLATE) {
            bar.set_style(style.progress_chars("=> "));
        }
        Self(bar)
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.0.finish_and_clear();
    }
}

impl Progress for Bar {
    fn frames(&self, done: u64, total: u64) {
        self.0.set_length(total);
        self.0.set_position(done);
    }
}
