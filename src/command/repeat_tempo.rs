//! Repeating a section's tempo and signature changes.

use super::change::Items;
use super::clock::Clock;
use super::repeat::{Part, Repeat};
use super::{CommandError, Draft};
use crate::session::{Section, SignaturePoint, TempoPoint, TempoShape};
use crate::time::{SignatureMap, Ticks};

/// Copies the tempo changes in the section and moves later ones.
///
/// Where the tempo is not steady from the section's start on, changes at its borders keep every
/// repeat, and what follows, as fast as they were.
pub(super) fn repeat_tempo(
    draft: &mut Draft<'_>,
    repeat: Repeat,
    clock: &Clock,
) -> Result<(), CommandError> {
    let old = &draft.session().tempo;
    let first_after_start = old.partition_point(|point| point.at <= repeat.start);
    if first_after_start == old.len() {
        return Ok(());
    }
    let mut cut = old.clone();
    put_border(&mut cut, clock, repeat.start);
    put_border(&mut cut, clock, repeat.end());
    let last_tick = repeat.end() - Ticks(1);
    let ramps = shape_at(&cut, last_tick) == TempoShape::Ramp && last_tick > repeat.start;
    if ramps {
        // A ramp to the section's end would else become one to the start of the next repeat.
        put_border(&mut cut, clock, last_tick);
    }
    let mut points = Vec::with_capacity(cut.len());
    let inside = |point: &&TempoPoint| repeat.part(point.at) == Part::Inside;
    points.extend(cut.iter().filter(|point| repeat.part(point.at) == Part::Before).cloned());
    for k in 0..=repeat.times {
        for point in cut.iter().filter(inside) {
            let mut point = point.clone();
            if ramps && point.at == last_tick && k < repeat.times {
                point.shape = TempoShape::Step;
            }
            point.at += repeat.shift(k);
            points.push(point);
        }
    }
    for point in cut.iter().filter(|point| repeat.part(point.at) == Part::After) {
        points.push(TempoPoint { at: point.at + repeat.shift(repeat.times), ..point.clone() });
    }
    let count = old.len();
    draft.splice(0, count, Items::Tempo(points))
}

fn shape_at(points: &[TempoPoint], at: Ticks) -> TempoShape {
    let before = points.iter().rev().find(|point| point.at <= at);
    before.map_or(TempoShape::Step, |point| point.shape)
}

/// Says at `at` what holds there anyway.
fn put_border(points: &mut Vec<TempoPoint>, clock: &Clock, at: Ticks) {
    let index = points.partition_point(|point| point.at < at);
    if points.get(index).is_none_or(|point| point.at != at) {
        // After the last change nothing ramps, whatever its shape says.
        let last = index == points.len();
        let shape = if last { TempoShape::Step } else { shape_at(points, at) };
        points.insert(index, TempoPoint { at, bpm: clock.map().bpm_at(at), shape });
    }
}

/// Copies the signature changes in the section and moves later ones, by whole bars.
pub(super) fn repeat_signatures(
    draft: &mut Draft<'_>,
    repeat: Repeat,
    section: &Section,
) -> Result<(), CommandError> {
    let old = &draft.session().signatures;
    let map = SignatureMap::new(old).map_err(|error| CommandError::Invalid {
        path: "signatures".to_owned(),
        what: error.to_string(),
    })?;
    let starts_later = |point: &SignaturePoint| map.bar_start(point.bar.into()) > repeat.start;
    if !old.iter().any(starts_later) {
        return Ok(());
    }
    let bar_at = |at: Ticks| {
        let bar = map.to_bars(at).bar;
        (map.bar_start(bar) == at).then_some(bar).ok_or_else(|| {
            let what = "signature changes in or after it cannot be repeated with parts of bars";
            let fix = "move its start and end to bar lines";
            CommandError::refused(format!("sections/{}", section.id), what, fix)
        })
    };
    let (first, after) = (bar_at(repeat.start)?, bar_at(repeat.end())?);
    let bars = after - first;
    let mut cut = old.clone();
    for bar in [first, after] {
        let bar = narrow(bar, section)?;
        if cut.iter().all(|point| point.bar != bar) {
            let holds = map.signature_of_bar(bar.into());
            let (numerator, denominator) = (holds.numerator, holds.denominator);
            cut.push(SignaturePoint { bar, numerator, denominator });
        }
    }
    cut.sort_by_key(|point| point.bar);
    let mut points: Vec<SignaturePoint> = Vec::with_capacity(cut.len());
    let inside = |bar: i64| bar >= first && bar < after;
    points.extend(cut.iter().filter(|point| i64::from(point.bar) < first).cloned());
    for k in 0..=repeat.times {
        for point in cut.iter().filter(|point| inside(point.bar.into())) {
            let bar = narrow(i64::from(point.bar) + bars * k, section)?;
            points.push(SignaturePoint { bar, ..point.clone() });
        }
    }
    for point in cut.iter().filter(|point| i64::from(point.bar) >= after) {
        let bar = narrow(i64::from(point.bar) + bars * repeat.times, section)?;
        points.push(SignaturePoint { bar, ..point.clone() });
    }
    points.dedup_by(|next, last| {
        next.numerator == last.numerator && next.denominator == last.denominator
    });
    let count = old.len();
    draft.splice(0, count, Items::Signatures(points))
}

fn narrow(bar: i64, section: &Section) -> Result<u32, CommandError> {
    u32::try_from(bar).map_err(|_| {
        let what = format!("signature changes would move to bar {bar}");
        CommandError::refused(format!("sections/{}", section.id), what, "repeat it less often")
    })
}
