//! Checks of tempo and signatures, markers, sections and the click, and of any position.

use super::Context;
use super::report::{Place, Report};
use crate::session::limits::{
    MAX_COUNT_IN_BARS, MAX_DB, MAX_MARKERS, MAX_SIGNATURES, MAX_TEMPO_POINTS, MAX_TEXT_BYTES,
    MIN_DB,
};
use crate::session::{Click, Session, TempoPoint, TimeValue};
use crate::time::{MAX_POSITION, Samples, SignatureMapError, TempoMapError};

pub(super) fn tempo_and_signatures(session: &Session, root: &Place<'_>, report: &mut Report) {
    let place = root.at("tempo");
    if report.count(&place, session.tempo.len(), MAX_TEMPO_POINTS)
        && let Err(error) = session.tempo_map()
    {
        let index = match error {
            TempoMapError::FirstNotAtZero { .. } => 0,
            TempoMapError::NotIncreasing { index, .. } | TempoMapError::Tempo { index, .. } => {
                index
            }
        };
        report.add(&place.nth(index), error.to_string());
    }
    let far = |point: &TempoPoint| point.at.0 > MAX_POSITION.0;
    if let Some(index) = session.tempo.iter().position(far) {
        let what = format!("{} is out of range: use 0 to 2^40 ticks", session.tempo[index].at.0);
        report.add(&place.nth(index).at("at"), what);
    }
    let place = root.at("signatures");
    if report.count(&place, session.signatures.len(), MAX_SIGNATURES)
        && let Err(error) = session.signature_map()
    {
        let index = match error {
            SignatureMapError::FirstNotAtBarOne { .. } => 0,
            SignatureMapError::NotIncreasing { index, .. }
            | SignatureMapError::Signature { index, .. } => index,
        };
        report.add(&place.nth(index), error.to_string());
    }
    // Positions in bars are counted in ticks: the last signature has to lie on the timeline.
    if let (Ok(map), Some(last)) = (session.signature_map(), session.signatures.last())
        && map.bar_start(last.bar.into()).0 > MAX_POSITION.0
    {
        let what = format!("bar {} begins beyond 2^40 ticks: use an earlier bar", last.bar);
        report.add(&place.nth(session.signatures.len() - 1).at("bar"), what);
    }
}

pub(super) fn markers_and_sections(
    session: &Session,
    context: &Context<'_>,
    root: &Place<'_>,
    report: &mut Report,
) {
    let place = root.at("markers");
    if report.count(&place, session.markers.len(), MAX_MARKERS) {
        report.unique(&place, session.markers.iter().map(|marker| marker.id.as_str()));
        for marker in &session.markers {
            let place = place.at(marker.id.as_str());
            report.text(&place.at("name"), &marker.name, MAX_TEXT_BYTES);
            position(&place.at("at"), marker.at, context, report);
        }
    }
    let place = root.at("sections");
    if report.count(&place, session.sections.len(), MAX_MARKERS) {
        report.unique(&place, session.sections.iter().map(|section| section.id.as_str()));
        for section in &session.sections {
            let place = place.at(section.id.as_str());
            report.text(&place.at("name"), &section.name, MAX_TEXT_BYTES);
            let [start, length] = [section.start, section.length].map(TimeValue::Ticks);
            span(&place, start, length, context, report);
        }
    }
}

pub(super) fn click(click: &Click, place: &Place<'_>, report: &mut Report) {
    report.range(&place.at("level_db"), click.level_db, MIN_DB..=MAX_DB, "dB");
    let bars = f64::from(click.count_in_bars);
    report.range(&place.at("count_in_bars"), bars, 0.0..=f64::from(MAX_COUNT_IN_BARS), "bars");
}

/// A position lies on the timeline.
pub(super) fn position(
    place: &Place<'_>,
    at: TimeValue,
    context: &Context<'_>,
    report: &mut Report,
) {
    if raw(at) < 0 {
        report.add(place, format!("{} lies before the timeline: use 0 or more", raw(at)));
    } else if context.tempo.as_ref().is_some_and(|tempo| tempo.resolve(at) > MAX_POSITION) {
        report.add(place, too_far());
    }
}

/// A span lies on the timeline and is not empty; its length in samples where that is so and the
/// tempo is known.
pub(super) fn span(
    place: &Place<'_>,
    start: TimeValue,
    length: TimeValue,
    context: &Context<'_>,
    report: &mut Report,
) -> Option<Samples> {
    position(&place.at("start"), start, context, report);
    if raw(length) <= 0 {
        let what = format!("the length is {}: it must be more than 0", raw(length));
        report.add(&place.at("length"), what);
        return None;
    }
    let (first, end) = context.tempo.as_ref()?.length(start, length);
    // A start too far away has been reported already.
    if end > MAX_POSITION && first <= MAX_POSITION {
        report.add(&place.at("length"), too_far());
    }
    (end <= MAX_POSITION && first <= end).then(|| end - first)
}

fn too_far() -> String {
    "reaches beyond the longest timeline of 2^40 samples: move it earlier or shorten it".to_owned()
}

const fn raw(value: TimeValue) -> i64 {
    match value {
        TimeValue::Ticks(ticks) => ticks.0,
        TimeValue::Samples(samples) => samples.0,
    }
}
