//! Repeating a section's automation.
//!
//! A course that changes within the section is cut at the section's borders into courses that
//! together say the same as before: lines into lines, and bends into bends, since a part of the
//! bend used here (a fraction of two linear functions) is such a bend again.

use super::change::Items;
use super::clock::Clock;
use super::repeat::{Move, Part};
use super::{CommandError, Draft, order};
use crate::session::{AutomationPoint, AutomationShape, TimeValue};
use crate::time::Ticks;

/// Copies the automation in the section and moves what is later.
pub(super) fn repeat_lanes(draft: &mut Draft<'_>, places: &Move) -> Result<(), CommandError> {
    for track in order::lane_owners(draft.session()) {
        for index in 0..draft.lanes(&track)?.len() {
            let lane = &draft.lanes(&track)?[index];
            let items = repeated(places, &lane.points);
            if items != lane.points {
                let (count, lane) = (lane.points.len(), lane.id.clone());
                let track = track.clone();
                draft.splice(0, count, Items::Points { track, lane, items })?;
            }
        }
    }
    Ok(())
}

fn repeated(places: &Move, old: &[AutomationPoint]) -> Vec<AutomationPoint> {
    let repeat = places.repeat;
    let (start, end) = (TimeValue::Ticks(repeat.start), TimeValue::Ticks(repeat.end()));
    let last_tick = TimeValue::Ticks(repeat.end() - Ticks(1));
    let clock = &places.old;
    let mut points = old.to_vec();
    let mut steps_back = false;
    if changes(places, old) {
        put_border(clock, &mut points, start);
        put_border(clock, &mut points, end);
        // A course towards the section's end would else become one to the next repeat's start.
        steps_back = repeat.length > Ticks(1) && moves_at(clock, &points, last_tick);
        if steps_back {
            put_border(clock, &mut points, last_tick);
        }
    }
    let mut items = Vec::with_capacity(points.len());
    for point in points {
        for (copy, at) in places.places(point.at) {
            let mut copied = AutomationPoint { at, ..point.clone() };
            let not_last = copy.unwrap_or(0) < repeat.times;
            if steps_back && point.at == last_tick && not_last {
                copied.shape = AutomationShape::Hold;
                copied.curvature = 0.0;
            }
            items.push(copied);
        }
    }
    items.sort_by_key(|point| places.new.key(point.at));
    items
}

/// True where the course is not one value from the section's start to its end.
fn changes(places: &Move, points: &[AutomationPoint]) -> bool {
    let value = |at: Ticks| value_at(&places.old, points, TimeValue::Ticks(at));
    let Some(first) = value(places.repeat.start) else { return false };
    let inside = points.iter().filter(|point| places.part(point.at) == Part::Inside);
    value(places.repeat.end()) != Some(first) || inside.into_iter().any(|p| p.value != first)
}

/// Index of the first point after `at`, and how far `at` is on the way there from the one before.
fn place(clock: &Clock, points: &[AutomationPoint], at: TimeValue) -> (usize, f64) {
    let here = clock.samples(at);
    let next = points.partition_point(|point| clock.samples(point.at) <= here);
    if next == 0 || next == points.len() {
        return (next, 0.0);
    }
    let from = clock.samples(points[next - 1].at);
    let to = clock.samples(points[next].at);
    (next, (here - from).0 as f64 / (to - from).0 as f64)
}

fn value_at(clock: &Clock, points: &[AutomationPoint], at: TimeValue) -> Option<f64> {
    let (next, x) = place(clock, points, at);
    if next == 0 {
        return points.first().map(|point| point.value);
    }
    let point = &points[next - 1];
    let Some(following) = points.get(next).filter(|_| x > 0.0) else { return Some(point.value) };
    Some(match point.shape {
        AutomationShape::Hold => point.value,
        AutomationShape::Linear => point.value + (following.value - point.value) * x,
        AutomationShape::Curved => {
            let slope = start_slope(point.curvature);
            let bent = slope * x / (1.0 - (1.0 - slope) * x);
            point.value + (following.value - point.value) * bent
        }
    })
}

/// Slope of a bend at its start, where a line's is 1.
fn start_slope(curvature: f64) -> f64 {
    let k = curvature.clamp(-0.99, 0.99);
    (1.0 - k) / (1.0 + k)
}

fn curvature(start_slope: f64) -> f64 {
    (1.0 - start_slope) / (1.0 + start_slope)
}

/// True where the value is on its way to another one.
fn moves_at(clock: &Clock, points: &[AutomationPoint], at: TimeValue) -> bool {
    let (next, _) = place(clock, points, at);
    match (next.checked_sub(1).map(|i| &points[i]), points.get(next)) {
        (Some(point), Some(following)) => {
            point.shape != AutomationShape::Hold && point.value != following.value
        }
        _ => false,
    }
}

/// Puts a point at `at` that changes nothing, unless there is one.
fn put_border(clock: &Clock, points: &mut Vec<AutomationPoint>, at: TimeValue) {
    let (next, x) = place(clock, points, at);
    let Some(value) = value_at(clock, points, at) else { return };
    let here = clock.samples(at);
    if next > 0 && clock.samples(points[next - 1].at) == here {
        return;
    }
    let mut border = AutomationPoint { at, value, shape: AutomationShape::Hold, curvature: 0.0 };
    if next > 0 && next < points.len() {
        let point = &mut points[next - 1];
        border.shape = point.shape;
        if point.shape == AutomationShape::Curved {
            let slope = start_slope(point.curvature);
            let at_border = 1.0 - (1.0 - slope) * x;
            border.curvature = curvature(slope / at_border);
            point.curvature = curvature(at_border);
        }
    }
    points.insert(next, border);
}
