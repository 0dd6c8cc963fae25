//! Control signals: automation as a function of absolute node time.
//!
//! A curve is evaluated exactly at its points and at multiples of [`CONTROL_GRID_FRAMES`];
//! between those it moves in straight lines. A step lands on its sample. Nothing here knows
//! where a block starts.

use crate::time::Samples;

/// Frames between grid points, in node time; running filter state is flushed on the same grid.
pub const CONTROL_GRID_FRAMES: i64 = 64;

/// A point of a curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ControlPoint {
    /// Where, in node time.
    pub at: Samples,
    /// The value reached there.
    pub value: f64,
    /// The course to the next point: `None` holds, `Some(curvature)` moves to the next value,
    /// in a line where the curvature is 0 and bent within -1 to +1 otherwise.
    pub bend: Option<f64>,
}

/// The course of one parameter: before the first point its value, after the last its value.
#[derive(Clone, Debug, PartialEq)]
pub struct ControlCurve {
    points: Vec<ControlPoint>,
}

/// A stretch in which several parameters move in straight lines: `from` at `start`, `to` at `end`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ControlSpan {
    /// First frame, in node time.
    pub start: i64,
    /// One past the last frame, in node time; `i64::MAX` where nothing moves any more.
    pub end: i64,
    /// Values at `start`, by parameter index.
    pub from: Vec<f64>,
    /// Values at `end` coming from the left, by parameter index.
    pub to: Vec<f64>,
}

/// All parameters of one instance: constants, and curves for the automated ones.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ControlSet {
    constants: Vec<f64>,
    curves: Vec<(usize, ControlCurve)>,
}

impl ControlCurve {
    /// A curve through `points`, in order of position; of points at the same sample the last
    /// counts. Returns `None` where there are none.
    pub fn new(points: impl IntoIterator<Item = ControlPoint>) -> Option<Self> {
        let mut kept: Vec<ControlPoint> = Vec::new();
        for point in points {
            match kept.last_mut() {
                Some(last) if last.at >= point.at => *last = ControlPoint { at: last.at, ..point },
                _ => kept.push(point),
            }
        }
        if kept.is_empty() { None } else { Some(Self { points: kept }) }
    }

    /// The points.
    pub fn points(&self) -> &[ControlPoint] {
        &self.points
    }

    /// The exact value at `time`.
    pub fn value(&self, time: i64) -> f64 {
        let next = self.points.partition_point(|point| point.at.0 <= time);
        match (next.checked_sub(1).map(|i| self.points[i]), self.points.get(next)) {
            (None, Some(first)) => first.value,
            (Some(point), Some(following)) => between(point, *following, time),
            (Some(last), None) => last.value,
            (None, None) => 0.0,
        }
    }

    /// The stretch around `time` in which the control signal is one straight line:
    /// (start, end, value at start, value at end from the left).
    fn stretch(&self, time: i64) -> (i64, i64, f64, f64) {
        let next = self.points.partition_point(|point| point.at.0 <= time);
        let Some(point) = next.checked_sub(1).map(|i| self.points[i]) else {
            let first = self.points[0];
            return (i64::MIN, first.at.0, first.value, first.value);
        };
        let Some(following) = self.points.get(next).copied() else {
            return (point.at.0, i64::MAX, point.value, point.value);
        };
        if point.bend.is_none() || point.value == following.value {
            return (point.at.0, following.at.0, point.value, point.value);
        }
        let cell = time.div_euclid(CONTROL_GRID_FRAMES) * CONTROL_GRID_FRAMES;
        let start = cell.max(point.at.0);
        let end = (cell + CONTROL_GRID_FRAMES).min(following.at.0);
        let to = if end == following.at.0 { following.value } else { self.value(end) };
        (start, end, self.value(start), to)
    }
}

/// The value at `time` on the way from `point` to `following`.
fn between(point: ControlPoint, following: ControlPoint, time: i64) -> f64 {
    let Some(curvature) = point.bend else { return point.value };
    let length = (following.at.0 - point.at.0) as f64;
    let x = (time - point.at.0) as f64 / length;
    // A rational bend: 0 at 0, 1 at 1, monotonic for |curvature| < 1, and needs no power
    // function. Positive curvature starts slowly.
    let k = curvature.clamp(-0.99, 0.99);
    let bent = x * (1.0 - k) / (1.0 + k - 2.0 * k * x);
    point.value + (following.value - point.value) * bent
}

impl ControlSet {
    /// Parameters that stay at `constants`, except those `curves` drive, by parameter index.
    pub fn new(constants: Vec<f64>, curves: Vec<(usize, ControlCurve)>) -> Self {
        Self { constants, curves }
    }

    /// True where something is automated.
    pub fn is_automated(&self) -> bool {
        !self.curves.is_empty()
    }

    /// The values that hold where nothing is automated.
    pub fn constants(&self) -> &[f64] {
        &self.constants
    }

    /// The curves, by parameter index.
    pub fn curves(&self) -> &[(usize, ControlCurve)] {
        &self.curves
    }

    /// The exact value of a parameter at `time`.
    pub fn value_at(&self, parameter: usize, time: i64) -> f64 {
        let curve = self.curves.iter().find(|(index, _)| *index == parameter);
        curve.map_or(self.constants[parameter], |(_, curve)| curve.value(time))
    }

    /// Fills `span` with the stretch around `time` in which all parameters move in straight lines.
    /// It depends on `time` alone; it reuses the memory in `span`.
    pub fn span_at(&self, time: i64, span: &mut ControlSpan) {
        span.start = i64::MIN;
        span.end = i64::MAX;
        for (_, curve) in &self.curves {
            let (start, end, ..) = curve.stretch(time);
            span.start = span.start.max(start);
            span.end = span.end.min(end);
        }
        span.from.clear();
        span.from.extend_from_slice(&self.constants);
        span.to.clear();
        span.to.extend_from_slice(&self.constants);
        for (index, curve) in &self.curves {
            let (start, end, from, to) = curve.stretch(time);
            span.from[*index] = along(start, end, from, to, span.start);
            span.to[*index] = along(start, end, from, to, span.end);
        }
    }
}

/// The line through (start, from) and (end, to), at `time` in start..=end.
fn along(start: i64, end: i64, from: f64, to: f64, time: i64) -> f64 {
    if from == to || time == start {
        return from;
    }
    if time == end {
        return to;
    }
    from + (to - from) * ((time - start) as f64 / (end - start) as f64)
}

/// Where a kernel has to stop: cuts blocks into runs inside which every parameter of every
/// instance moves in a straight line and no flush point lies. The cuts are a function of node
/// time alone.
#[derive(Clone, Debug, Default)]
pub struct ControlCursor {
    spans: Vec<ControlSpan>,
}

/// One run of frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ControlRun {
    /// One past the run's last frame, in node time.
    pub end: i64,
    /// True where the spans changed since the last run: take the new slopes.
    pub moved: bool,
    /// True where the run ends on the grid: flush running state after it.
    pub flush: bool,
}

impl ControlCursor {
    /// A cursor over the controls of `instances` instances.
    pub fn new(instances: usize) -> Self {
        let span = ControlSpan { end: i64::MIN, ..ControlSpan::default() };
        Self { spans: vec![span; instances] }
    }

    /// Forgets where it was.
    pub fn reset(&mut self) {
        for span in &mut self.spans {
            span.end = i64::MIN;
        }
    }

    /// The run that starts at `time` and ends at `limit` at the latest. `controls` are those of
    /// the instances, the same ones at every call.
    pub fn run<'s>(
        &mut self,
        controls: impl Iterator<Item = &'s ControlSet>,
        time: i64,
        limit: i64,
    ) -> ControlRun {
        let grid = (time.div_euclid(CONTROL_GRID_FRAMES) + 1) * CONTROL_GRID_FRAMES;
        let mut end = limit.min(grid);
        let mut moved = false;
        for (span, controls) in self.spans.iter_mut().zip(controls) {
            if time >= span.end || time < span.start {
                controls.span_at(time, span);
                moved = true;
            }
            end = end.min(span.end);
        }
        ControlRun { end, moved, flush: end == grid }
    }

    /// The spans found by the last [`Self::run`], by instance.
    pub fn spans(&self) -> &[ControlSpan] {
        &self.spans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at: i64, value: f64, bend: Option<f64>) -> ControlPoint {
        ControlPoint { at: Samples(at), value, bend }
    }

    fn curve(points: &[ControlPoint]) -> ControlCurve {
        ControlCurve::new(points.iter().copied()).unwrap()
    }

    /// The control signal as a processor moves along it, frame by frame.
    fn signal(curve: &ControlCurve, frames: std::ops::Range<i64>) -> Vec<f64> {
        let set = ControlSet::new(vec![0.0], vec![(0, curve.clone())]);
        let mut span = ControlSpan::default();
        frames
            .map(|n| {
                set.span_at(n, &mut span);
                assert!((span.start..span.end).contains(&n));
                along(span.start, span.end, span.from[0], span.to[0], n)
            })
            .collect()
    }

    #[test]
    fn a_line_is_straight_and_flat_outside_its_points() {
        let line = curve(&[point(100, 2.0, Some(0.0)), point(500, -6.0, Some(0.0))]);
        for (n, value) in (-100..900).zip(signal(&line, -100..900)) {
            let wanted = 2.0 - 8.0 * ((n - 100) as f64 / 400.0).clamp(0.0, 1.0);
            assert!((value - wanted).abs() < 1e-13, "{n}: {value} is not {wanted}");
            assert!((line.value(n) - wanted).abs() < 1e-13, "{n}");
        }
    }

    #[test]
    fn a_hold_steps_on_the_sample_of_the_next_point() {
        for at in [1, 63, 64, 65, 777] {
            let held = curve(&[point(0, 1.0, None), point(at, 5.0, None)]);
            let values = signal(&held, 0..1_000);
            let step = values.iter().position(|value| *value != 1.0);
            assert_eq!(step, usize::try_from(at).ok());
            assert!(values[step.unwrap()..].iter().all(|value| *value == 5.0));
            assert_eq!((held.value(at - 1), held.value(at)), (1.0, 5.0));
        }
    }

    /// In the middle, the bend k gives (1 - k) / 2: 0.25 of the way at +0.5, which starts slowly,
    /// 0.75 at -0.5, which starts fast.
    #[test]
    fn a_bent_course_has_its_known_middle_and_direction() {
        let bent = |k: f64| curve(&[point(0, 0.0, Some(k)), point(1_280, 8.0, None)]);
        for (k, middle) in [(0.0, 4.0), (0.5, 2.0), (-0.5, 6.0), (0.8, 0.8), (-0.8, 7.2)] {
            let course = bent(k);
            assert!((course.value(640) - middle).abs() < 1e-12, "{k}");
            assert!((signal(&course, 640..641)[0] - middle).abs() < 1e-12, "{k}");
            assert_eq!((course.value(0), course.value(1_280)), (0.0, 8.0), "{k}");
            let (first, second) = (course.value(320) - 0.0, course.value(640) - course.value(320));
            match k.total_cmp(&0.0) {
                std::cmp::Ordering::Less => assert!(first > second, "{k} starts fast"),
                std::cmp::Ordering::Equal => assert!((first - second).abs() < 1e-12),
                std::cmp::Ordering::Greater => assert!(first < second, "{k} starts slowly"),
            }
        }
        // A quarter of the way at k = 0.5: 0.25 * 0.5 / (1.5 - 0.25) = 0.1.
        assert!((bent(0.5).value(320) - 0.8).abs() < 1e-12);
    }

    /// However sharp the bend, the course only ever goes forward and stays within its points.
    #[test]
    fn bends_up_to_the_limit_are_monotonic() {
        for k in [-1.0, -0.99, -0.3, 0.3, 0.99, 1.0, 7.0] {
            let values =
                signal(&curve(&[point(3, -1.0, Some(k)), point(997, 1.0, None)]), 0..1_000);
            assert!(values.windows(2).all(|pair| pair[0] <= pair[1]), "{k}");
            assert_eq!((values[0], values[999]), (-1.0, 1.0), "{k}");
        }
    }

    /// Between points of the grid the signal is the straight line between its exact values there.
    #[test]
    fn a_bent_course_is_exact_on_the_grid_and_straight_between() {
        let course = curve(&[point(10, 0.0, Some(0.7)), point(900, 3.0, None)]);
        let values = signal(&course, 0..1_000);
        for cell in (64..832).step_by(64) {
            let at = |n: i64| course.value(n);
            let index = usize::try_from(cell).unwrap();
            assert_eq!(values[index].to_bits(), at(cell).to_bits());
            let middle = f64::midpoint(at(cell), at(cell + 64));
            assert!((values[index + 32] - middle).abs() < 1e-12, "{cell}");
        }
    }

    #[test]
    fn of_points_at_one_sample_the_last_counts() {
        let steps = curve(&[
            point(0, 1.0, Some(0.0)),
            point(100, 2.0, None),
            point(100, 7.0, Some(0.0)),
            point(90, 9.0, None),
        ]);
        assert_eq!(steps.points(), [point(0, 1.0, Some(0.0)), point(100, 9.0, None)]);
        assert!(ControlCurve::new([]).is_none());
    }

    #[test]
    fn runs_end_on_the_grid_at_steps_and_at_limits() {
        let set = ControlSet::new(
            vec![0.0],
            vec![(0, curve(&[point(0, 0.0, None), point(100, 1.0, None)]))],
        );
        let mut cursor = ControlCursor::new(1);
        let mut run = |time, limit| cursor.run(std::iter::once(&set), time, limit);
        assert_eq!(run(0, 1_000), ControlRun { end: 64, moved: true, flush: true });
        assert_eq!(run(64, 1_000), ControlRun { end: 100, moved: false, flush: false });
        assert_eq!(run(100, 110), ControlRun { end: 110, moved: true, flush: false });
        assert_eq!(run(110, 1_000), ControlRun { end: 128, moved: false, flush: true });
    }
}
