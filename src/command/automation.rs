//! Commands on automation: lanes, their modes and their points.
//!
//! A point is named by its position, of which a lane has one each.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::{Change, Items};
use super::clock::Clock;
use super::place::LaneOwner;
use super::{CommandError, Draft, Op, names, processors};
use crate::session::{
    AutomationLane, AutomationMode, AutomationPoint, AutomationShape, AutomationTarget, LaneId,
    TimeValue,
};

/// Adds an automation lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddLane {
    /// A track, `master`, or `vcas/ID`.
    pub track: LaneOwner,
    /// Its id; made from the target where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<LaneId>,
    /// The parameter it drives; one lane each.
    pub target: AutomationTarget,
    /// How it plays and records.
    #[serde(default)]
    pub mode: AutomationMode,
    /// Its points, in any order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<AutomationPoint>,
}

/// Deletes an automation lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeleteLane {
    /// A track, `master`, or `vcas/ID`.
    pub track: LaneOwner,
    /// The lane.
    pub lane: LaneId,
}

/// Sets how a lane plays and records.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetLaneMode {
    /// A track, `master`, or `vcas/ID`.
    pub track: LaneOwner,
    /// The lane.
    pub lane: LaneId,
    /// The mode.
    pub mode: AutomationMode,
}

/// Adds points to a lane; one at the position of another takes its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddPoints {
    /// A track, `master`, or `vcas/ID`.
    pub track: LaneOwner,
    /// The lane.
    pub lane: LaneId,
    /// The points, in any order.
    pub points: Vec<AutomationPoint>,
}

/// Moves a point; one it lands on is replaced.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MovePoint {
    /// A track, `master`, or `vcas/ID`.
    pub track: LaneOwner,
    /// The lane.
    pub lane: LaneId,
    /// Where the point is.
    pub at: TimeValue,
    /// Where it goes.
    pub to: TimeValue,
    /// Its new value; unchanged where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
}

/// Changes a point where it is; what is left out stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetPoint {
    /// A track, `master`, or `vcas/ID`.
    pub track: LaneOwner,
    /// The lane.
    pub lane: LaneId,
    /// Where the point is.
    pub at: TimeValue,
    /// Its value, in the parameter's unit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<f64>,
    /// The course from it to the next point.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shape: Option<AutomationShape>,
    /// For `curved`: -1 (fast first) to +1 (slow first).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub curvature: Option<f64>,
}

/// Deletes points of a lane.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeletePoints {
    /// A track, `master`, or `vcas/ID`.
    pub track: LaneOwner,
    /// The lane.
    pub lane: LaneId,
    /// Where they are.
    pub at: Vec<TimeValue>,
}

/// Deletes the points of a lane from one position up to another, which itself is left.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DeletePointRange {
    /// A track, `master`, or `vcas/ID`.
    pub track: LaneOwner,
    /// The lane.
    pub lane: LaneId,
    /// The first position.
    pub from: TimeValue,
    /// The position after the last.
    pub to: TimeValue,
}

/// Sorts points by position; of two on one sample the later given is kept.
pub(super) fn in_order(clock: &Clock, points: &mut Vec<AutomationPoint>) {
    // The sort is stable, so after reversing both steps the last given of equals comes first.
    points.reverse();
    points.sort_by_key(|point| clock.samples(point.at));
    points.dedup_by_key(|point| clock.samples(point.at));
}

fn put(
    draft: &mut Draft<'_>,
    track: &LaneOwner,
    lane: &LaneId,
    point: AutomationPoint,
) -> Result<(), CommandError> {
    let clock = Clock::of(draft)?;
    let lane_now = draft.lane(track, lane)?;
    processors::check_automation(draft, track, &lane_now.target, std::slice::from_ref(&point))?;
    let points = &lane_now.points;
    let at = clock.samples(point.at);
    let first = points.partition_point(|other| clock.samples(other.at) < at);
    let after = points.partition_point(|other| clock.samples(other.at) <= at);
    let items = Items::Points { track: track.clone(), lane: lane.clone(), items: vec![point] };
    draft.splice(first, after - first, items)
}

fn point_index(
    draft: &Draft<'_>,
    track: &LaneOwner,
    lane: &LaneId,
    at: TimeValue,
) -> Result<usize, CommandError> {
    let points = &draft.lane(track, lane)?.points;
    points.iter().position(|point| point.at == at).ok_or_else(|| {
        let there: Vec<String> = points.iter().map(|point| describe(point.at)).collect();
        let path = format!("{}/lanes/{lane}", track.path());
        CommandError::not_found(path, "point", describe(at), there.iter().map(String::as_str))
    })
}

pub(super) fn describe(at: TimeValue) -> String {
    match at {
        TimeValue::Ticks(ticks) => format!("tick {}", ticks.0),
        TimeValue::Samples(samples) => format!("sample {}", samples.0),
    }
}

fn take(
    draft: &mut Draft<'_>,
    track: &LaneOwner,
    lane: &LaneId,
    index: usize,
) -> Result<(), CommandError> {
    let items = Items::Points { track: track.clone(), lane: lane.clone(), items: Vec::new() };
    draft.splice(index, 1, items)
}

impl Op for AddLane {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let list = format!("{}/lanes", self.track.path());
        let lanes = draft.lanes(&self.track)?;
        if let Some(other) = lanes.iter().find(|lane| lane.target == self.target) {
            let what = format!("'{}' drives {} already", other.id, self.target);
            return Err(CommandError::refused(list, what, "add points to it"));
        }
        let taken = |id: &str| lanes.iter().any(|lane| lane.id.as_str() == id);
        let name = self.target.to_string();
        let id = names::resolve(&mut self.id, (&list, "automation lane"), &name, taken)?;
        let at = lanes.len();
        processors::check_automation(draft, &self.track, &self.target, &self.points)?;
        let mut points = self.points.clone();
        in_order(&Clock::of(draft)?, &mut points);
        draft.note_created(format!("{list}/{id}"));
        let lane = AutomationLane { id, target: self.target.clone(), mode: self.mode, points };
        draft.splice(at, 0, Items::Lanes { track: self.track.clone(), items: vec![lane] })
    }
}

impl Op for DeleteLane {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let index = draft.lane_index(&self.track, &self.lane)?;
        draft.splice(index, 1, Items::Lanes { track: self.track.clone(), items: Vec::new() })
    }
}

impl Op for SetLaneMode {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.lane(&self.track, &self.lane)?;
        draft.change(Change::LaneMode {
            track: self.track.clone(),
            lane: self.lane.clone(),
            mode: self.mode,
        })
    }
}

impl Op for AddPoints {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        draft.lane(&self.track, &self.lane)?;
        for point in &self.points {
            put(draft, &self.track, &self.lane, point.clone())?;
        }
        Ok(())
    }
}

impl Op for MovePoint {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let index = point_index(draft, &self.track, &self.lane, self.at)?;
        let mut point = draft.lane(&self.track, &self.lane)?.points[index].clone();
        point.at = self.to;
        point.value = self.value.unwrap_or(point.value);
        take(draft, &self.track, &self.lane, index)?;
        put(draft, &self.track, &self.lane, point)
    }
}

impl Op for SetPoint {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let index = point_index(draft, &self.track, &self.lane, self.at)?;
        let mut point = draft.lane(&self.track, &self.lane)?.points[index].clone();
        point.value = self.value.unwrap_or(point.value);
        point.shape = self.shape.unwrap_or(point.shape);
        point.curvature = self.curvature.unwrap_or(point.curvature);
        take(draft, &self.track, &self.lane, index)?;
        put(draft, &self.track, &self.lane, point)
    }
}

impl Op for DeletePoints {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        for at in &self.at {
            let index = point_index(draft, &self.track, &self.lane, *at)?;
            take(draft, &self.track, &self.lane, index)?;
        }
        Ok(())
    }
}

impl Op for DeletePointRange {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let clock = Clock::of(draft)?;
        let points = &draft.lane(&self.track, &self.lane)?.points;
        let (from, to) = (clock.samples(self.from), clock.samples(self.to));
        if to <= from {
            let path = format!("{}/lanes/{}", self.track.path(), self.lane);
            let what =
                format!("the range from {} to {} is empty", describe(self.from), describe(self.to));
            return Err(CommandError::refused(path, what, "put 'to' behind 'from'"));
        }
        let first = points.partition_point(|point| clock.samples(point.at) < from);
        let after = points.partition_point(|point| clock.samples(point.at) < to);
        let (track, lane) = (self.track.clone(), self.lane.clone());
        draft.splice(first, after - first, Items::Points { track, lane, items: Vec::new() })
    }
}
