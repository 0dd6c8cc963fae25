//! The parameters of a plug-in as events: what differs from its own values at the start, and
//! automation at its steps and on the control grid.

use wavemill_core::process::{CONTROL_GRID_FRAMES, ControlCurve, ControlSet};

use super::record::{Record, RecordKind};

/// Writes a plug-in's parameter events along node time.
pub(super) struct Automation {
    controls: ControlSet,
    /// The plug-in's own values.
    values: Vec<f64>,
    /// What each curve said last.
    said: Vec<Option<f64>>,
    started: bool,
    records: Vec<Record>,
}

impl Automation {
    /// For a plug-in whose parameters have `values` before anything is said, asked about stretches
    /// of `frames` frames at most.
    pub(super) fn new(controls: &ControlSet, values: &[f64], frames: usize) -> Self {
        let curves = controls.curves();
        let grid = frames / usize::try_from(CONTROL_GRID_FRAMES).unwrap_or(1) + 2;
        let points = curves.iter().map(|(_, curve)| curve.points().len() + grid);
        let room = values.len() + points.sum::<usize>();
        Self {
            controls: controls.clone(),
            values: values.to_vec(),
            said: vec![None; curves.len()],
            started: false,
            records: Vec::with_capacity(room),
        }
    }

    /// The events of node time `from .. to`, by frame counted from `zero`, and of one frame in the
    /// plug-in's order. The stretches that are asked for follow each other, however they are cut.
    pub(super) fn between(&mut self, from: i64, to: i64, zero: i64) -> &[Record] {
        self.records.clear();
        let is_start = !std::mem::replace(&mut self.started, true);
        if is_start {
            self.say_constants(from, zero);
        }
        for ((index, curve), said) in self.controls.curves().iter().zip(&mut self.said) {
            let index = u32::try_from(*index).unwrap_or(u32::MAX);
            let start = is_start.then_some(from);
            for at in start.into_iter().chain(moments(curve, from + i64::from(is_start), to)) {
                let value = curve.value(at);
                if *said != Some(value) {
                    *said = Some(value);
                    self.records.push(parameter(at, zero, index, value));
                }
            }
        }
        self.records.sort_unstable_by_key(|record| match record.kind {
            RecordKind::Parameter { index, .. } => (record.frame, index),
            RecordKind::Event(_) => (record.frame, u32::MAX),
        });
        &self.records
    }

    /// What is not automated and differs from the plug-in's own values.
    fn say_constants(&mut self, at: i64, zero: i64) {
        let curves = self.controls.curves();
        let constants = self.controls.constants().iter().zip(&self.values).zip(0_u32..);
        for ((value, own), index) in constants {
            let is_driven = curves.iter().any(|(driven, _)| *driven == index as usize);
            if value != own && !is_driven {
                self.records.push(parameter(at, zero, index, *value));
            }
        }
    }
}

fn parameter(at: i64, zero: i64, index: u32, value: f64) -> Record {
    let frame = u32::try_from(at - zero).unwrap_or(0);
    Record { frame, kind: RecordKind::Parameter { index, value } }
}

/// When in `from .. to` a curve is asked for its value: on the grid and at its own points, in order.
fn moments(curve: &ControlCurve, from: i64, to: i64) -> impl Iterator<Item = i64> + '_ {
    let points = curve.points();
    let mut next = points.partition_point(|point| point.at.0 < from);
    // The first place of the grid that is not before `from`.
    let mut grid = -(-from).div_euclid(CONTROL_GRID_FRAMES) * CONTROL_GRID_FRAMES;
    std::iter::from_fn(move || {
        let point = points.get(next).map_or(i64::MAX, |point| point.at.0);
        let now = point.min(grid);
        next += usize::from(point == now);
        grid += if grid == now { CONTROL_GRID_FRAMES } else { 0 };
        (now < to).then_some(now)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavemill_core::process::ControlPoint;
    use wavemill_core::time::Samples;

    fn point(at: i64, value: f64, bend: Option<f64>) -> ControlPoint {
        ControlPoint { at: Samples(at), value, bend }
    }

    /// All events of `0 .. 300`, asked for in stretches of `step`: frame, parameter and value.
    fn events(controls: &ControlSet, values: &[f64], step: i64) -> Vec<(i64, u32, f64)> {
        let mut automation = Automation::new(controls, values, 512);
        let mut found = Vec::new();
        let mut from = 0;
        while from < 300 {
            let to = (from + step).min(300);
            for record in automation.between(from, to, from) {
                let RecordKind::Parameter { index, value } = record.kind else { panic!() };
                found.push((from + i64::from(record.frame), index, value));
            }
            from = to;
        }
        found
    }

    #[test]
    fn constants_are_said_once_and_only_where_they_differ() {
        let controls = ControlSet::new(vec![0.5, 1.0, 3.0], vec![]);
        assert_eq!(events(&controls, &[0.5, 2.0, 4.0], 10), [(0, 1, 1.0), (0, 2, 3.0)]);
    }

    #[test]
    fn steps_land_on_their_sample_and_lines_on_the_grid_however_blocks_are_cut() {
        let held = ControlCurve::new([point(0, 1.0, None), point(100, 5.0, None)]).unwrap();
        let line = ControlCurve::new([point(64, 0.0, Some(0.0)), point(192, 2.0, None)]).unwrap();
        let controls = ControlSet::new(vec![9.0, 9.0], vec![(0, held), (1, line)]);
        let wanted = [(0, 0, 1.0), (0, 1, 0.0), (100, 0, 5.0), (128, 1, 1.0), (192, 1, 2.0)];
        for step in [1, 7, 63, 64, 65, 300] {
            assert_eq!(events(&controls, &[0.0, 0.0], step), wanted, "{step}");
        }
    }
}
