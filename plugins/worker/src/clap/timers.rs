//! The timers of a plug-in. They follow the time of what it plays, not that of the clock on the wall:
//! one goes off at the end of the first block that reaches a multiple of its period on the timeline, at
//! most once a block, so that a render repeats.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};

use clack_extensions::timer::TimerId;

/// The time of what is played, in frames, as both threads of a plug-in see it.
pub struct Clock {
    sample_rate_hz: AtomicU32,
    /// Where it was activated last.
    start: AtomicI64,
    /// The end of the last block.
    now: AtomicI64,
    /// When the next timer is due; never where it is the greatest number.
    next: AtomicI64,
    /// It was activated, and has played nothing since.
    is_fresh: AtomicBool,
    /// Timers have to be set anew by where it started.
    has_started: AtomicBool,
}

/// The timers, of which the main thread alone knows.
#[derive(Default)]
pub struct Timers {
    list: RefCell<Vec<Timer>>,
    made: Cell<u32>,
}

struct Timer {
    id: TimerId,
    period_ms: u32,
    /// How many periods fit in the time that it has seen.
    seen: i64,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            sample_rate_hz: AtomicU32::new(1),
            start: AtomicI64::new(0),
            now: AtomicI64::new(0),
            next: AtomicI64::new(i64::MAX),
            is_fresh: AtomicBool::new(false),
            has_started: AtomicBool::new(false),
        }
    }
}

impl Clock {
    /// It is activated.
    pub fn activate(&self, sample_rate_hz: u32) {
        self.sample_rate_hz.store(sample_rate_hz.max(1), Ordering::Relaxed);
        self.is_fresh.store(true, Ordering::Relaxed);
    }

    /// A block of `frames` frames from `time` on was played.
    pub fn play(&self, time: i64, frames: usize) {
        if self.is_fresh.swap(false, Ordering::Relaxed) {
            self.start.store(time, Ordering::Relaxed);
            self.has_started.store(true, Ordering::Relaxed);
        }
        let frames = i64::try_from(frames).unwrap_or(0);
        self.now.store(time.saturating_add(frames), Ordering::Relaxed);
    }

    /// True where the main thread has a timer to see to.
    pub fn is_due(&self) -> bool {
        let next = self.next.load(Ordering::Relaxed);
        let is_late = self.now.load(Ordering::Relaxed) >= next;
        next < i64::MAX && (is_late || self.has_started.load(Ordering::Relaxed))
    }

    /// Periods up to `frame`.
    fn periods(&self, frame: i64, period_ms: u32) -> i64 {
        frame.saturating_mul(1_000).div_euclid(self.period(period_ms))
    }

    /// A period in thousandths of frames.
    fn period(&self, period_ms: u32) -> i64 {
        i64::from(period_ms) * i64::from(self.sample_rate_hz.load(Ordering::Relaxed))
    }
}

impl Timers {
    /// A new timer; a period of nothing counts as a millisecond.
    pub fn add(&self, period_ms: u32, clock: &Clock) -> TimerId {
        self.set_anew(clock);
        let (id, period_ms) = (TimerId(self.made.get()), period_ms.max(1));
        self.made.set(self.made.get().wrapping_add(1));
        let seen = clock.periods(clock.now.load(Ordering::Relaxed), period_ms);
        self.list.borrow_mut().push(Timer { id, period_ms, seen });
        self.wind(clock);
        id
    }

    /// Ends a timer; false where there is none.
    pub fn remove(&self, id: TimerId, clock: &Clock) -> bool {
        let mut list = self.list.borrow_mut();
        let count = list.len();
        list.retain(|timer| timer.id != id);
        let is_gone = list.len() < count;
        drop(list);
        self.wind(clock);
        is_gone
    }

    /// True where there is this one.
    pub fn has(&self, id: TimerId) -> bool {
        self.list.borrow().iter().any(|timer| timer.id == id)
    }

    /// Those that go off now: none while nothing was played since it was activated.
    pub fn due(&self, clock: &Clock) -> Vec<TimerId> {
        if clock.is_fresh.load(Ordering::Relaxed) {
            return Vec::new();
        }
        self.set_anew(clock);
        let now = clock.now.load(Ordering::Relaxed);
        let mut due = Vec::new();
        for timer in self.list.borrow_mut().iter_mut() {
            let periods = clock.periods(now, timer.period_ms);
            if periods > timer.seen {
                timer.seen = periods;
                due.push(timer.id);
            }
        }
        self.wind(clock);
        due
    }

    /// Sets them by where it started, if it did since the last time.
    fn set_anew(&self, clock: &Clock) {
        if clock.has_started.swap(false, Ordering::Relaxed) {
            let start = clock.start.load(Ordering::Relaxed);
            for timer in self.list.borrow_mut().iter_mut() {
                timer.seen = clock.periods(start, timer.period_ms);
            }
        }
    }

    /// Sets when the next one is due.
    fn wind(&self, clock: &Clock) {
        let list = self.list.borrow();
        let due = list.iter().map(|timer| {
            let at = (timer.seen + 1).saturating_mul(clock.period(timer.period_ms));
            at.div_euclid(1_000) + i64::from(at.rem_euclid(1_000) > 0)
        });
        clock.next.store(due.min().unwrap_or(i64::MAX), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many timers go off at the end of each of `blocks` blocks of 512 frames from `time` on.
    fn played(timers: &Timers, clock: &Clock, time: i64, blocks: i64) -> Vec<usize> {
        let block = |index: i64| {
            clock.play(time + index * 512, 512);
            if clock.is_due() { timers.due(clock).len() } else { 0 }
        };
        (0..blocks).map(block).collect()
    }

    #[test]
    fn timers_go_off_where_the_timeline_passes_their_periods() {
        let (timers, clock) = (Timers::default(), Clock::default());
        clock.activate(48_000);
        assert_eq!(played(&timers, &clock, 0, 4), [0; 4]);
        clock.activate(48_000);
        // 960 frames: blocks end at 512, 1,024, 1,536, 2,048, 2,560 and 3,072.
        let timer = timers.add(20, &clock);
        assert_eq!(played(&timers, &clock, 0, 6), [0, 1, 0, 1, 0, 1]);
        // 3,584, 4,096: 3,840 is the fourth.
        assert_eq!(played(&timers, &clock, 3_072, 2), [0, 1]);
        // Shorter than a block: once in each.
        let short = timers.add(0, &clock);
        assert_eq!(played(&timers, &clock, 4_096, 2), [1, 2]);
        assert!(timers.remove(short, &clock) && !timers.remove(short, &clock));
        // Again from the start, at another rate: 882 frames.
        clock.activate(44_100);
        assert_eq!(played(&timers, &clock, 0, 4), [0, 1, 0, 1]);
        assert!(timers.remove(timer, &clock) && !clock.is_due());
    }

    #[test]
    fn a_timer_that_is_made_while_it_plays_waits_for_a_period_to_end() {
        let (timers, clock) = (Timers::default(), Clock::default());
        clock.activate(48_000);
        assert_eq!(played(&timers, &clock, 0, 4), [0; 4]);
        let timer = timers.add(20, &clock);
        assert!(timers.has(timer) && !clock.is_due());
        // 2,048 frames were played: 2,880 are the third.
        assert_eq!(played(&timers, &clock, 2_048, 2), [0, 1]);
    }

    #[test]
    fn none_goes_off_between_an_activation_and_its_first_block() {
        let (timers, clock) = (Timers::default(), Clock::default());
        clock.activate(48_000);
        timers.add(20, &clock);
        assert_eq!(played(&timers, &clock, 0, 2), [0, 1]);
        // Half as many frames are a period, so there would have been more of them by now.
        clock.activate(24_000);
        assert!(timers.due(&clock).is_empty());
        assert_eq!(played(&timers, &clock, 0, 1), [1]);
    }
}
