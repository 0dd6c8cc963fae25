//! Taps as lowered: the outlets they hang on, and copies of the master for what goes through it.

use super::super::audible::EdgeRole;
use super::super::error::CompileError;
use super::super::key::SignalKey;
use super::super::model::{Node, NodeKind, OutletPoint, StripIndex};
use super::super::tap::{PlanTap, TapPoint, TapRequest, TapSource};
use super::Lowering;
use crate::session::Tap;
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
            match (request.point, &request.source) {
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
        let tap = self.graph.taps.len();
        let nodes = self.graph.strips[strip].nodes.iter_mut();
        let outlets = nodes.filter_map(|node| match &mut node.kind {
            NodeKind::Outlet { point, taps, .. } if *point == at => Some((&node.id, taps)),
            _ => None,
        });
        for (id, taps) in outlets {
            taps.push(tap);
            self.graph.taps.push(PlanTap {
                id: id.clone(),
                strip,
                on_grid,
                silenced: false,
                latency: Samples::ZERO,
                tail: Samples::ZERO,
                key: SignalKey::default(),
            });
        }
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

/// Where a chain's signal is one that effects work on: behind its last instrument and what comes
/// out of that, or at its start.
pub(super) fn behind_instruments(nodes: &[Node]) -> usize {
    let is_instrument = |node: &Node| matches!(&node.kind, NodeKind::Processor { factory, .. } if factory.spec().is_source());
    let Some(last) = nodes.iter().rposition(is_instrument) else { return 0 };
    let is_outlet = |node: &&Node| matches!(node.kind, NodeKind::Outlet { .. });
    last + 1 + nodes[last + 1..].iter().take_while(is_outlet).count()
}
