//! Automation lanes as control curves, and the control sets of faders and sends.

use std::collections::BTreeMap;

use super::error::CompileError;
use super::model::FaderControls;
use crate::process::{ControlCurve, ControlPoint, ControlSet, ParameterKind, ProcessorSpec};
use crate::session::{
    AutomationLane, AutomationMode, AutomationShape, AutomationTarget, Insert, Send, Session,
    Track, Vca,
};
use crate::time::TempoMap;

/// True where a playing lane drives the mute.
pub(super) fn drives_mute(lanes: &[AutomationLane]) -> bool {
    lane(lanes, &AutomationTarget::Mute).is_some()
}

fn lane<'a>(lanes: &'a [AutomationLane], target: &AutomationTarget) -> Option<&'a AutomationLane> {
    lanes.iter().find(|lane| {
        lane.target == *target && lane.mode != AutomationMode::Off && !lane.points.is_empty()
    })
}

fn curve(lane: &AutomationLane, tempo: &TempoMap, steps: bool) -> Option<ControlCurve> {
    ControlCurve::new(lane.points.iter().map(|point| ControlPoint {
        at: tempo.resolve(point.at),
        value: point.value,
        bend: match point.shape {
            _ if steps => None,
            AutomationShape::Hold => None,
            AutomationShape::Linear => Some(0.0),
            AutomationShape::Curved => Some(point.curvature),
        },
    }))
}

/// Constants and curves collected parameter by parameter.
struct Collector<'a> {
    tempo: &'a TempoMap,
    constants: Vec<f64>,
    curves: Vec<(usize, ControlCurve)>,
}

impl Collector<'_> {
    fn add(&mut self, constant: f64, lanes: &[AutomationLane], target: &AutomationTarget) {
        let steps = matches!(target, AutomationTarget::Mute | AutomationTarget::SendMute(_));
        if let Some(curve) = lane(lanes, target).and_then(|lane| curve(lane, self.tempo, steps)) {
            self.curves.push((self.constants.len(), curve));
        }
        self.constants.push(constant);
    }

    fn add_mute(&mut self, muted: bool, lanes: &[AutomationLane]) {
        self.add(f64::from(u8::from(muted)), lanes, &AutomationTarget::Mute);
    }

    /// The automated mutes of a track and its VCAs, each as a VCA of 0 dB.
    fn add_automated_mutes(&mut self, session: &Session, track: &Track) {
        let vcas = members_vcas(session, track).map(|vca| vca.lanes.as_slice());
        for lanes in std::iter::once(track.lanes.as_slice()).chain(vcas) {
            if drives_mute(lanes) {
                self.constants.push(0.0);
                self.add_mute(false, lanes);
            }
        }
    }
}

/// The controls of a track's fader: volume, pan, mute, then volume and mute of each VCA it
/// belongs to.
pub(super) fn fader_controls(session: &Session, track: &Track, tempo: &TempoMap) -> ControlSet {
    let mut all = Collector { tempo, constants: Vec::new(), curves: Vec::new() };
    debug_assert_eq!((FaderControls::VOLUME, FaderControls::PAN, FaderControls::MUTE), (0, 1, 2));
    all.add(track.volume_db, &track.lanes, &AutomationTarget::Volume);
    all.add(track.pan, &track.lanes, &AutomationTarget::Pan);
    // A static mute silences edges instead; it must not also close the fader, for pre-fader
    // sidechains keep listening and post-fader ones are cut at the edge.
    all.add_mute(false, &track.lanes);
    for vca in members_vcas(session, track) {
        all.add(vca.volume_db, &vca.lanes, &AutomationTarget::Volume);
        all.add_mute(false, &vca.lanes);
    }
    ControlSet::new(all.constants, all.curves)
}

/// The controls of the master's fader.
pub(super) fn master_controls(session: &Session, tempo: &TempoMap) -> ControlSet {
    let mut all = Collector { tempo, constants: Vec::new(), curves: Vec::new() };
    all.add(session.master.volume_db, &session.master.lanes, &AutomationTarget::Volume);
    all.add(session.master.pan, &session.master.lanes, &AutomationTarget::Pan);
    all.add_mute(false, &session.master.lanes);
    ControlSet::new(all.constants, all.curves)
}

/// The controls of a send: level, pan, mute; before the fader also the automated mutes of the
/// track and its VCAs, each as a VCA of 0 dB.
pub(super) fn send_controls(
    session: &Session,
    track: &Track,
    send: &Send,
    tempo: &TempoMap,
) -> ControlSet {
    let mut all = Collector { tempo, constants: Vec::new(), curves: Vec::new() };
    all.add(send.level_db, &track.lanes, &AutomationTarget::SendLevel(send.id.clone()));
    all.add(send.pan, &track.lanes, &AutomationTarget::SendPan(send.id.clone()));
    all.add(0.0, &track.lanes, &AutomationTarget::SendMute(send.id.clone()));
    if send.tap == crate::session::Tap::PreFader {
        all.add_automated_mutes(session, track);
    }
    ControlSet::new(all.constants, all.curves)
}

/// The controls of what an insert of the track puts out elsewhere: nothing but the automated mutes
/// of the track and its VCAs. `None` where there are none, and the signal leaves as it is.
pub(super) fn output_controls(
    session: &Session,
    track: &Track,
    tempo: &TempoMap,
) -> Option<ControlSet> {
    // Volume, pan, mute.
    let mut all = Collector { tempo, constants: vec![0.0; 3], curves: Vec::new() };
    all.add_automated_mutes(session, track);
    (!all.curves.is_empty()).then(|| ControlSet::new(all.constants, all.curves))
}

fn members_vcas<'a>(session: &'a Session, track: &'a Track) -> impl Iterator<Item = &'a Vca> {
    session.vcas.iter().filter(|vca| vca.members.contains(&track.id))
}

/// The controls of an insert's processor.
pub(super) fn insert_controls(
    path: &str,
    insert: &Insert,
    lanes: &[AutomationLane],
    spec: &ProcessorSpec,
    tempo: &TempoMap,
) -> Result<ControlSet, CompileError> {
    let at_insert = |source| CompileError::Parameter { path: path.to_owned(), source };
    let constants =
        spec.resolve(insert.preset.as_deref(), &insert.parameters).map_err(at_insert)?;
    let mut curves = BTreeMap::new();
    for lane in lanes.iter().filter(|lane| lane.mode != AutomationMode::Off) {
        let AutomationTarget::Insert { insert: id, parameter } = &lane.target else { continue };
        if *id != insert.id {
            continue;
        }
        let index = spec.parameter_index(parameter).map_err(at_insert)?;
        check_lane(path, lane, spec, index)?;
        if let Some(curve) = curve(lane, tempo, false) {
            curves.insert(index, curve);
        }
    }
    Ok(ControlSet::new(constants, curves.into_iter().collect()))
}

fn check_lane(
    path: &str,
    lane: &AutomationLane,
    spec: &ProcessorSpec,
    index: usize,
) -> Result<(), CompileError> {
    let parameter = &spec.parameters[index];
    let refuse = |what: String| {
        Err(CompileError::Automation { path: format!("{path}/{}", parameter.id), what })
    };
    if !parameter.automatable || matches!(parameter.kind, ParameterKind::Choice { .. }) {
        let can = spec.parameters.iter().filter(|p| p.automatable);
        let can: Vec<&str> = can.map(|p| p.id.as_ref()).collect();
        return refuse(format!(
            "cannot be automated; of {} these can: {}",
            spec.name,
            can.join(", ")
        ));
    }
    let (min, max) = parameter.range();
    match lane.points.iter().position(|point| !(min..=max).contains(&point.value)) {
        Some(bad) => refuse(format!(
            "point {bad} of lane '{}' is {}: the parameter goes from {min} to {max}",
            lane.id, lane.points[bad].value
        )),
        None => Ok(()),
    }
}
