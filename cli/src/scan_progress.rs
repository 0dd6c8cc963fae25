//! Progress of a scan for plug-ins, and a line for each that fails.

use indicatif::{ProgressBar, ProgressDrawTarget};
use wavemill_plugins::{BundleReport, ScanProgress};

use crate::output;
use crate::progress::{LineClock, Show, style};

const TEMPLATE: &str = "scan [{bar:24}] {pos} of {len} {wide_msg}";

/// Shows how far a scan is.
pub struct ScanBar {
    show: Show,
    bar: ProgressBar,
    clock: LineClock,
}

impl ScanBar {
    /// A bar for so many bundles.
    pub fn new(bundles: usize, quiet: bool) -> Self {
        let show = Show::fitting(quiet);
        let target = match show {
            Show::Bars => ProgressDrawTarget::stderr_with_hz(10),
            Show::Lines | Show::Nothing => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(bundles as u64), target);
        Self { show, bar: bar.with_style(style(TEMPLATE)), clock: LineClock::new() }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn tell(&self, line: &str) {
        match self.show {
            Show::Nothing => {}
            Show::Lines => output::note(line),
            Show::Bars => self.bar.suspend(|| output::note(line)),
        }
    }
}

impl ScanProgress for ScanBar {
    fn bundle(&self, report: &BundleReport, fresh: bool, done: usize, total: usize) {
        self.bar.set_position(done as u64);
        if fresh {
            self.bar.set_message(report.path.clone());
            if let Some(failure) = &report.failure {
                self.tell(&format!("failed: {}: {failure}", report.path));
            }
            for refused in &report.refused {
                self.tell(&format!("failed: {} {}: {}", report.path, refused.id, refused.failure));
            }
        }
        if self.show == Show::Lines && self.clock.is_due() {
            output::note(&format!("scan: {done} of {total}"));
        }
    }
}
