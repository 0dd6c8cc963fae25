//! Progress of a batch: the whole of it, and every job that is being rendered.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget};
use wavemill_render::batch::{BatchProgress, Job, JobEnd, JobStatus};

use crate::output;
use crate::progress::{LineClock, Pace, Show, speed, style, time_left};

const WHOLE: &str = "batch [{bar:24}] {pos} of {len} {wide_msg}";
const JOB: &str = "  [{bar:16}] {percent:>3} % {wide_msg}";

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
    /// The part that is done of each job that is being rendered.
    parts: BTreeMap<usize, f64>,
    bars: BTreeMap<usize, JobBar>,
}

/// A job that is shown.
struct JobBar {
    bar: ProgressBar,
    pace: Pace,
}

impl BatchBars {
    /// Bars for so many jobs.
    pub fn new(jobs: usize, quiet: bool) -> Self {
        let show = Show::fitting(quiet);
        let bars = MultiProgress::with_draw_target(match show {
            Show::Bars => ProgressDrawTarget::stderr_with_hz(10),
            Show::Lines | Show::Nothing => ProgressDrawTarget::hidden(),
        });
        let whole = bars.add(ProgressBar::new(jobs as u64).with_style(style(WHOLE)));
        whole.tick();
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
        let done = done as f64 + state.parts.values().sum::<f64>();
        let mut text = speed(state.audio_seconds, seconds);
        text.push_str(&time_left(seconds, done, all as f64));
        if state.failed > 0 {
            let gap = if text.is_empty() { "" } else { ", " };
            text.push_str(&format!("{gap}{} failed", state.failed));
        }
        if self.show == Show::Lines {
            let gap = if text.is_empty() { "" } else { ", " };
            output::note(&format!("batch: {} of {} jobs{gap}{text}", state.ended, state.jobs));
        } else {
            self.whole.set_message(text);
            self.whole.set_position(state.ended as u64);
        }
    }
}

impl BatchProgress for BatchBars {
    fn frames(&self, job: &Job, done: u64, total: u64) {
        let mut state = self.state();
        state.parts.insert(job.index, done as f64 / total.max(1) as f64);
        // Long renders side by side end seldom.
        self.show_whole(&state);
        if self.show != Show::Bars
            || (state.bars.len() >= MAX_JOB_BARS && !state.bars.contains_key(&job.index))
        {
            return;
        }
        let JobBar { bar, pace } = state.bars.entry(job.index).or_insert_with(|| JobBar {
            bar: self.bars.add(ProgressBar::new(total).with_style(style(JOB))),
            pace: Pace::new(None),
        });
        bar.set_length(total);
        // The name is as long as it is: what is cut off is its end.
        let left = pace.text(done, total);
        let gap = if left.is_empty() { "" } else { ", " };
        bar.set_message(format!("{left}{gap}{}", job.name));
        bar.set_position(done);
    }

    fn ended(&self, job: &Job, end: JobEnd<'_>) {
        let mut state = self.state();
        state.parts.remove(&job.index);
        if let Some(JobBar { bar, .. }) = state.bars.remove(&job.index) {
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
