//! Progress of a batch: the whole of it, and every job that is being rendered.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};
use wavemill_render::batch::{BatchProgress, Job, JobEnd, JobStatus};

use crate::output;
use crate::progress::{LineClock, Show, speed, style, time_left};

const WHOLE: &str = "{msg} [{bar:32}] {pos} of {len} {prefix}";
const JOB: &str = "  {bar:24} {percent:>3} % {msg}";

/// Most jobs shown one by one.
const MAX_JOB_BARS: usize = 8;

/// Shows how far a batch is, and tells of jobs that fail as they do.
pub struct BatchBars {
    show: Show,
    bars: MultiProgress,
    whole: ProgressBar,
    clock: LineClock,
    start: Instant,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    jobs: usize,
    /// Came to an end, in this run or before.
    ended: usize,
    skipped: usize,
    failed: usize,
    audio_seconds: f64,
    running: BTreeMap<usize, ProgressBar>,
}

impl BatchBars {
    /// Bars for so many jobs.
    pub fn new(jobs: usize, quiet: bool) -> Self {
        let show = Show::fitting(quiet);
        let bars = MultiProgress::with_draw_target(match show {
            Show::Bars => ProgressDrawTarget::stderr_with_hz(10),
            Show::Lines | Show::Nothing => ProgressDrawTarget::hidden(),
        });
        let whole = bars.add(ProgressBar::new(jobs as u64).with_message("batch"));
        whole.set_style(style(WHOLE));
        let state = State { jobs, ..State::default() };
        let (clock, start) = (LineClock::new(), Instant::now());
        Self { show, bars, whole, clock, start, state: Mutex::new(state) }
    }

    /// Takes the bars away.
    pub fn finish(&self) {
        self.whole.finish_and_clear();
        // Where that fails there is nobody left to see it.
        let _ = self.bars.clear();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, line: &str) {
        match self.show {
            Show::Bars => self.bars.suspend(|| output::note(line)),
            Show::Lines | Show::Nothing => output::note(line),
        }
    }

    fn show_whole(&self, state: &State) {
        if self.show == Show::Nothing || (self.show == Show::Lines && !self.clock.is_due()) {
            return;
        }
        let seconds = self.start.elapsed().as_secs_f64();
        let (done, all) = (state.ended - state.skipped, state.jobs - state.skipped);
        let mut text = speed(state.audio_seconds, seconds);
        text.push_str(&time_left(seconds, done as f64, all as f64));
        if state.failed > 0 {
            text.push_str(&format!(", {} failed", state.failed));
        }
        if self.show == Show::Lines {
            output::note(&format!("batch: {} of {} jobs, {text}", state.ended, state.jobs));
        } else {
            self.whole.set_prefix(text);
            self.whole.set_position(state.ended as u64);
        }
    }
}

impl BatchProgress for BatchBars {
    fn frames(&self, job: &Job, done: u64, total: u64) {
        let mut state = self.state();
        if self.show == Show::Lines {
            // Long renders side by side end seldom.
            self.show_whole(&state);
        }
        if self.show != Show::Bars
            || (state.running.len() >= MAX_JOB_BARS && !state.running.contains_key(&job.index))
        {
            return;
        }
        let bar = state.running.entry(job.index).or_insert_with(|| {
            let bar = self.bars.add(ProgressBar::new(total).with_message(job.name.clone()));
            bar.set_style(style(JOB));
            bar
        });
        bar.set_length(total);
        bar.set_position(done);
    }

    fn ended(&self, job: &Job, end: JobEnd<'_>) {
        let mut state = self.state();
        if let Some(bar) = state.running.remove(&job.index) {
            bar.finish_and_clear();
            self.bars.remove(&bar);
        }
        match end {
            JobEnd::Open => return,
            JobEnd::Skipped => state.skipped += 1,
            JobEnd::Recorded(record) => {
                state.audio_seconds += record.made.as_ref().map_or(0.0, |made| made.seconds);
                if record.status == JobStatus::Failed {
                    state.failed += 1;
                    let error = record.error.as_deref().unwrap_or_default();
                    self.tell(&format!("failed: job {} ({}): {error}", job.index, job.name));
                }
                let warnings = record.made.iter().flat_map(|made| &made.warnings);
                for warning in warnings.filter(|_| self.show != Show::Nothing) {
                    self.tell(&format!("warning: job {} ({}): {warning}", job.index, job.name));
                }
            }
        }
        state.ended += 1;
        self.show_whole(&state);
    }
}
