//! Checks of automation lanes: targets, order and values of points.

use std::collections::BTreeSet;

use super::Context;
use super::report::{Place, Report, choices};
use super::timeline::position;
use crate::session::limits::{MAX_DB, MAX_LANES, MAX_POINTS, MAX_TEXT_BYTES, MIN_DB};
use crate::session::{
    AutomationLane, AutomationPoint, AutomationTarget, Insert, Master, Send, TimeValue, Track,
};

/// What lanes of one owner can drive.
pub(super) struct Targets<'a> {
    /// For the sentence that lists them.
    owner: &'static str,
    inserts: &'a [Insert],
    sends: &'a [Send],
    pan: bool,
    mute: bool,
}

impl<'a> Targets<'a> {
    pub(super) fn of_track(track: &'a Track) -> Self {
        let (inserts, sends) = (&track.inserts, &track.sends);
        Self { owner: "track", inserts, sends, pan: true, mute: true }
    }

    pub(super) fn of_master(master: &'a Master) -> Self {
        Self { owner: "master", inserts: &master.inserts, sends: &[], pan: true, mute: false }
    }

    pub(super) const fn of_vca() -> Self {
        Self { owner: "VCA", inserts: &[], sends: &[], pan: false, mute: true }
    }

    /// What is wrong with `target`.
    fn missing(&self, target: &AutomationTarget) -> Option<String> {
        let inserts = || choices("inserts", self.inserts.iter().map(|insert| insert.id.as_str()));
        let sends = || choices("sends", self.sends.iter().map(|send| send.id.as_str()));
        match target {
            AutomationTarget::Pan if !self.pan => {
                Some(format!("a {} has no pan: drive volume or mute", self.owner))
            }
            AutomationTarget::Mute if !self.mute => {
                Some("the master has no mute: drive volume, pan or an insert".to_owned())
            }
            AutomationTarget::Volume | AutomationTarget::Pan | AutomationTarget::Mute => None,
            AutomationTarget::Insert { insert, .. } => {
                let known = self.inserts.iter().any(|known| known.id == *insert);
                (!known).then(|| format!("there is no insert '{insert}' here: {}", inserts()))
            }
            AutomationTarget::SendLevel(send)
            | AutomationTarget::SendPan(send)
            | AutomationTarget::SendMute(send) => {
                let known = self.sends.iter().any(|known| known.id == *send);
                (!known).then(|| format!("there is no send '{send}' here: {}", sends()))
            }
        }
    }
}

pub(super) fn lanes(
    lanes: &[AutomationLane],
    targets: &Targets<'_>,
    context: &Context<'_>,
    owner: &Place<'_>,
    report: &mut Report,
) {
    let place = owner.at("lanes");
    if !report.count(&place, lanes.len(), MAX_LANES) {
        return;
    }
    report.unique(&place, lanes.iter().map(|lane| lane.id.as_str()));
    let mut driven = BTreeSet::new();
    for lane in lanes {
        let place = place.at(lane.id.as_str());
        if let Some(missing) = targets.missing(&lane.target) {
            report.add(&place.at("target"), missing);
        }
        if let AutomationTarget::Insert { parameter, .. } = &lane.target {
            report.text(&place.at("target"), parameter, MAX_TEXT_BYTES);
        }
        if !driven.insert(&lane.target) {
            let what = format!("another lane drives {} already: keep one of them", lane.target);
            report.add(&place.at("target"), what);
        }
        let points_place = place.at("points");
        if report.count(&points_place, lane.points.len(), MAX_POINTS) {
            points(lane, context, &points_place, report);
        }
    }
}

fn points(lane: &AutomationLane, context: &Context<'_>, place: &Place<'_>, report: &mut Report) {
    let mut before: Option<TimeValue> = None;
    for (index, point) in lane.points.iter().enumerate() {
        let place = place.nth(index);
        position(&place.at("at"), point.at, context, report);
        value(&lane.target, point, &place.at("value"), report);
        report.range(&place.at("curvature"), point.curvature, -1.0..=1.0, "");
        if before.is_some_and(|before| out_of_order(before, point.at, context)) {
            report.add(
                &place.at("at"),
                "lies before the point ahead of it: order points by position",
            );
        }
        before = Some(point.at);
    }
}

fn value(
    target: &AutomationTarget,
    point: &AutomationPoint,
    place: &Place<'_>,
    report: &mut Report,
) {
    match target {
        AutomationTarget::Volume | AutomationTarget::SendLevel(_) => {
            report.range(place, point.value, MIN_DB..=MAX_DB, "dB");
        }
        AutomationTarget::Pan | AutomationTarget::SendPan(_) => {
            report.range(place, point.value, -1.0..=1.0, "");
        }
        AutomationTarget::Mute | AutomationTarget::SendMute(_) => {
            if point.value != 0.0 && point.value != 1.0 {
                report.add(place, format!("{} is neither 0 (heard) nor 1 (muted)", point.value));
            }
        }
        AutomationTarget::Insert { .. } => {
            if !point.value.is_finite() {
                report.add(place, format!("{} is no value: use a finite number", point.value));
            }
        }
    }
}

/// Points in different timebases are compared through the tempo map, by the samples they fall on.
fn out_of_order(before: TimeValue, after: TimeValue, context: &Context<'_>) -> bool {
    match (before, after, &context.tempo) {
        (TimeValue::Ticks(before), TimeValue::Ticks(after), _) => after < before,
        (TimeValue::Samples(before), TimeValue::Samples(after), _) => after < before,
        (_, _, Some(tempo)) => tempo.resolve(after) < tempo.resolve(before),
        (_, _, None) => false,
    }
}
