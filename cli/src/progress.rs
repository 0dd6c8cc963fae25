//! Progress on standard error: a bar where that is a terminal, else a plain line now and then.

use std::io::{IsTerminal, stderr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use wavemill_core::job::Progress;
use wavemill_core::time::SampleRate;

use crate::output;

/// What is wider than the terminal is cut, for a line that wraps cannot be drawn again.
const TEMPLATE: &str = "{prefix} [{bar:24}] {percent:>3} % {wide_msg}";

/// Seconds between two plain lines, and before the first: short work says nothing.
const LINE_SECONDS: u64 = 10;

/// How progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// Not at all.
    Nothing,
    /// As lines without any control character.
    Lines,
    /// As bars that are drawn again and again.
    Bars,
}

impl Show {
    /// What fits standard error, and `quiet`.
    pub fn fitting(quiet: bool) -> Self {
        match (quiet, stderr().is_terminal()) {
            (true, _) => Self::Nothing,
            (false, true) => Self::Bars,
            (false, false) => Self::Lines,
        }
    }
}

/// Says when the next plain line is due.
pub struct LineClock(Mutex<Instant>);

impl LineClock {
    pub fn new() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    /// True every ten seconds.
    pub fn is_due(&self) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let due = last.elapsed() >= Duration::from_secs(LINE_SECONDS);
        if due {
            *last = Instant::now();
        }
        due
    }
}

/// Shows how far one job is.
pub struct Bar {
    bar: ProgressBar,
    show: Show,
    what: &'static str,
    clock: LineClock,
    pace: Pace,
}

/// How fast frames come.
pub struct Pace {
    start: Instant,
    /// The first count heard of: what was done before it took no time.
    first: Mutex<Option<u64>>,
    rate: Option<SampleRate>,
}

impl Bar {
    /// A bar called `what`. Where `rate` is given, frames are samples at that rate and shown as
    /// times real time.
    pub fn new(what: &'static str, quiet: bool, rate: Option<SampleRate>) -> Self {
        let show = Show::fitting(quiet);
        let target = match show {
            Show::Bars => ProgressDrawTarget::stderr_with_hz(10),
            Show::Lines | Show::Nothing => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(1), target).with_prefix(what);
        bar.set_style(style(TEMPLATE));
        let pace = Pace::new(rate);
        Self { bar, show, what, clock: LineClock::new(), pace }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Progress for Bar {
    fn frames(&self, done: u64, total: u64) {
        let text = || self.pace.text(done, total);
        match self.show {
            Show::Nothing => {}
            Show::Lines if self.clock.is_due() => {
                let percent = 100 * done / total.max(1);
                output::note(&format!("{}: {percent} % {}", self.what, text()));
            }
            Show::Lines => {}
            Show::Bars => {
                self.bar.set_length(total);
                self.bar.set_message(text());
                self.bar.set_position(done);
            }
        }
    }
}

impl Pace {
    /// From now on. Where `rate` is given, frames are samples at that rate.
    pub fn new(rate: Option<SampleRate>) -> Self {
        Self { start: Instant::now(), first: Mutex::default(), rate }
    }

    /// How fast it goes, where the rate is known, and how long is left.
    pub fn text(&self, done: u64, total: u64) -> String {
        let first = *self.first.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(done);
        let (seconds, done) = (self.start.elapsed().as_secs_f64(), done - first.min(done));
        let left = time_left(seconds, done as f64, total.saturating_sub(first) as f64);
        match self.rate {
            Some(rate) => format!("{}{left}", speed(done as f64 / rate.hz_f64(), seconds)),
            None => left,
        }
    }
}

/// The look of bars; `template` is a constant of ours, without which it is the default one.
pub fn style(template: &str) -> ProgressStyle {
    let style = ProgressStyle::with_template(template);
    style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> ")
}

/// `120 times real time, `; nothing while there is no telling.
pub fn speed(audio_seconds: f64, seconds: f64) -> String {
    let times = audio_seconds / seconds.max(1e-9);
    match times {
        times if times <= 0.0 => String::new(),
        times if times < 10.0 => format!("{times:.1} times real time, "),
        times => format!("{times:.0} times real time, "),
    }
}

/// `1:05 left`, where so much of `total` took so long; nothing while there is no telling.
pub fn time_left(seconds: f64, done: f64, total: f64) -> String {
    if done <= 0.0 || seconds <= 0.0 {
        return String::new();
    }
    let left = (seconds * (total - done).max(0.0) / done).ceil();
    let (hours, rest) = ((left / 3600.0).floor(), left % 3600.0);
    let (minutes, seconds) = ((rest / 60.0).floor(), rest % 60.0);
    if hours > 0.0 {
        format!("{hours}:{minutes:02}:{seconds:02} left")
    } else {
        format!("{minutes}:{seconds:02} left")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_in_proportion_and_reads_like_a_clock() {
        for (seconds, done, total, text) in [
            (10.0, 1.0, 2.0, "0:10 left"),
            (10.0, 1.0, 7.5, "1:05 left"),
            (3600.0, 1.0, 2.5, "1:30:00 left"),
            (5.0, 3.0, 3.0, "0:00 left"),
            (5.0, 0.0, 3.0, ""),
        ] {
            assert_eq!(time_left(seconds, done, total), text);
        }
    }

    #[test]
    fn speed_is_audio_over_time() {
        assert_eq!(speed(30.0, 2.0), "15 times real time, ");
        assert_eq!(speed(3.0, 2.0), "1.5 times real time, ");
        assert_eq!(speed(0.0, 2.0), "");
    }
}
