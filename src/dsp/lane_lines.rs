//! Straight lines by lane: what control spans become for a kernel that runs lanes side by side.

use crate::process::ControlSpan;
use crate::simd::Lanes;

/// One value a lane that moves in straight lines: `from + slope * (n - start)` at node time `n`.
/// The line is never summed up step by step, so that no cut of a block can change it.
#[derive(Clone, Debug)]
pub(super) struct LaneLines {
    from: Vec<f64>,
    slope: Vec<f64>,
    start: Vec<f64>,
    moving: bool,
}

/// The lines of one group of lanes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line<L> {
    from: L,
    slope: L,
    start: L,
}

impl LaneLines {
    /// `lanes` lanes, padding included, all at `value`.
    pub(super) fn new(lanes: usize, value: f64) -> Self {
        Self {
            from: vec![value; lanes],
            slope: vec![0.0; lanes],
            start: vec![0.0; lanes],
            moving: false,
        }
    }

    /// Sets the line of `lane` to go from `from` to `to` over `span`.
    pub(super) fn set(&mut self, lane: usize, span: &ControlSpan, from: f64, to: f64) {
        let (slope, start) = slope(span, from, to);
        self.from[lane] = from;
        self.slope[lane] = slope;
        self.start[lane] = start;
    }

    /// To be called after [`Self::set`]: notes whether anything moves.
    pub(super) fn settle(&mut self) {
        self.moving = self.slope.iter().any(|slope| *slope != 0.0);
    }

    /// False where every lane stays at its value.
    pub(super) fn moving(&self) -> bool {
        self.moving
    }

    /// The lines of the lanes from `first` on.
    #[inline(always)]
    pub(super) fn load<L: Lanes>(&self, first: usize) -> Line<L> {
        Line {
            from: L::load_f64(&self.from[first..]),
            slope: L::load_f64(&self.slope[first..]),
            start: L::load_f64(&self.start[first..]),
        }
    }
}

impl<L: Lanes> Line<L> {
    /// The values at node time `n`, the same in every lane.
    #[inline(always)]
    pub(super) fn at(&self, n: L) -> L {
        self.from + self.slope * (n - self.start)
    }

    /// The values where nothing moves.
    #[inline(always)]
    pub(super) fn still(&self) -> L {
        self.from
    }
}

/// The slope a frame and the start, as f64, of a line over `span`. What does not move has slope 0
/// and start 0: its span may reach to the ends of time, where differences overflow.
pub(super) fn slope(span: &ControlSpan, from: f64, to: f64) -> (f64, f64) {
    if from == to || span.start == i64::MIN || span.end == i64::MAX {
        return (0.0, 0.0);
    }
    ((to - from) / (span.end - span.start) as f64, span.start as f64)
}
