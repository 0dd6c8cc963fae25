//! Taps as lowered: the outlets they hang on, and copies of the master for what goes through it.

use super::super::audible::EdgeRole;
use super::super::error::CompileError;
use super::super::key::SignalKey;
use super::super::model::{Node, NodeKind, OutletPoint, StripIndex};
use super::super::tap::{PlanTap, TapPoint, TapRequest, TapSource};
use super::{Lowering, outlet};
use crate::session::{InsertId, Tap};
use crate::time::Samples;

impl Lowering<'_> {
    /// Adds the taps that are asked for, in that order.
    pub(super) fn taps(&mut self, requests: &[TapRequest]) -> Result<(), CompileError> {
        for request in requests {
            let strip = match &request.source {
                TapSource::Master => self.master_index(),
                TapSource::Track(track) => self.strips.get(track).copied().ok_or_else(|| {
                    CompileError::UnknownTrack { track: track.as_str().to_owned() }
                })?,
            };
            if request.point == TapPoint::PreFx {
                self.refuse_frozen(&request.source)?;
            }
            match (&request.point, &request.source) {
                (TapPoint::Input, _) => self.tap_input(strip),
                (TapPoint::AfterInsert(insert), _) => self.tap_after_insert(strip, insert)?,
                (TapPoint::InsertOutput { insert, port }, _) => {
                    self.tap_insert_output(strip, insert, port)?;
                }
                (TapPoint::PreFx, _) => self.tap_outlet(strip, OutletPoint::PreFx, false),
                (TapPoint::PreFader, _) => self.tap_outlet(strip, OutletPoint::PreFader, false),
                (TapPoint::PostFader, TapSource::Track(_)) => {
                    self.tap_outlet(strip, OutletPoint::PostFader, true);
                }
                (TapPoint::PostFader | TapPoint::ThroughMaster, TapSource::Master) => {
                    self.tap_outlet(strip, OutletPoint::PostFader, false);
                }
                (TapPoint::ThroughMaster, TapSource::Track(_)) => self.tap_through_master(strip)?,
            }
        }
        Ok(())
    }

    /// A frozen track's file has its chain in it.
    fn refuse_frozen(&self, source: &TapSource) -> Result<(), CompileError> {
        let TapSource::Track(id) = source else { return Ok(()) };
        let track = self.session.tracks.iter().find(|track| track.id == *id);
        if track.is_none_or(|track| track.frozen.is_none()) {
            return Ok(());
        }
        let what = "a frozen track has no signal before its effects: unfreeze it, or take it \
                    before its fader (pre-fader)";
        Err(CompileError::Unsupported { path: format!("tracks/{id}"), what: what.to_owned() })
    }

    fn tap_outlet(&mut self, strip: StripIndex, at: OutletPoint, on_grid: bool) {
        let nodes = self.graph.strips[strip].nodes.iter();
        let is_there =
            |node: &Node| matches!(&node.kind, NodeKind::Outlet { point, .. } if *point == at);
        let found = nodes.enumerate().find(|(_, node)| is_there(node)).map(|(index, _)| index);
        if let Some(index) = found {
            self.tap_node(strip, index, on_grid);
        }
    }

    fn tap_input(&mut self, strip: StripIndex) {
        let id = format!("{}/input", self.graph.strips[strip].id);
        self.tap_new_outlet(strip, 0, id, OutletPoint::Input);
    }

    /// Behind an insert and the outlets of its further outputs, which follow it at once.
    fn tap_after_insert(
        &mut self,
        strip: StripIndex,
        insert: &InsertId,
    ) -> Result<(), CompileError> {
        let strip_id = &self.graph.strips[strip].id;
        let path = format!("{strip_id}/inserts/{insert}");
        let nodes = &self.graph.strips[strip].nodes;
        let Some(index) = nodes.iter().position(|node| node.id == path) else {
            return Err(unheard(path));
        };
        let ports = nodes[index + 1..].iter().take_while(|node| is_port(node)).count();
        let id = format!("{path}/output");
        self.tap_new_outlet(strip, index + 1 + ports, id, OutletPoint::AfterInsert);
        Ok(())
    }

    fn tap_insert_output(
        &mut self,
        strip: StripIndex,
        insert: &InsertId,
        port: &str,
    ) -> Result<(), CompileError> {
        let strip_id = &self.graph.strips[strip].id;
        let id = format!("{strip_id}/inserts/{insert}/outputs/{port}");
        let path = format!("{strip_id}/inserts/{insert}");
        let nodes = &self.graph.strips[strip].nodes;
        // Nothing is written to the outputs of a bypassed insert.
        let is_insert =
            |node: &Node| node.id == path && matches!(node.kind, NodeKind::Processor { .. });
        let runs = nodes.iter().any(is_insert);
        match nodes.iter().position(|node| node.id == id && is_port(node)) {
            Some(index) if runs => {
                self.tap_node(strip, index, false);
                Ok(())
            }
            _ => Err(unheard(id)),
        }
    }

    fn tap_new_outlet(&mut self, strip: StripIndex, at: usize, id: String, point: OutletPoint) {
        self.graph.strips[strip].nodes.insert(at, outlet(id, point, Vec::new()));
        self.tap_node(strip, at, false);
    }

    /// Taps the outlet that is node `index` of a strip.
    fn tap_node(&mut self, strip: StripIndex, index: usize, on_grid: bool) {
        let node = &mut self.graph.strips[strip].nodes[index];
        let NodeKind::Outlet { taps, .. } = &mut node.kind else { return };
        taps.push(self.graph.taps.len());
        self.graph.taps.push(PlanTap {
            id: node.id.clone(),
            strip,
            on_grid,
            silenced: false,
            latency: Samples::ZERO,
            tail: Samples::ZERO,
            key: SignalKey::default(),
        });
    }

    fn tap_through_master(&mut self, strip: StripIndex) -> Result<(), CompileError> {
        let id = format!("{}/through-master", self.graph.strips[strip].id);
        let copy = self.graph.strips.len();
        let join = self.join(format!("{id}/input"), copy);
        self.master_strip(id.clone(), join)?;
        self.tap(
            format!("{id}/output"),
            (strip, Tap::PostFader),
            join,
            None,
            EdgeRole::ThroughMaster,
        );
        self.tap_outlet(copy, OutletPoint::PostFader, false);
        Ok(())
    }
}

fn is_port(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Outlet { point: OutletPoint::Port { .. }, .. })
}

fn unheard(path: String) -> CompileError {
    let what = "nothing can be taken here: there is no such insert, it is bypassed, or this output \
                of it is not connected";
    CompileError::Unsupported { path, what: what.to_owned() }
}

/// Where a chain's signal is one that effects work on: behind its last instrument and what comes
/// out of that, or at its start.
pub(super) fn behind_instruments(nodes: &[Node]) -> usize {
    let is_instrument = |node: &Node| matches!(&node.kind, NodeKind::Processor { factory, .. } if factory.spec().is_source());
    let Some(last) = nodes.iter().rposition(is_instrument) else { return 0 };
    let is_outlet = |node: &&Node| matches!(node.kind, NodeKind::Outlet { .. });
    last + 1 + nodes[last + 1..].iter().take_while(is_outlet).count()
}
