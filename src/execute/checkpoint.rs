//! Checkpoints: all running state of one strip, saved at a chunk's end and restored strictly.
//!
//! A strip's state does not depend on which strips run beside it, so a checkpoint made in one
//! grouping fits any other. Joins hold nothing between chunks, and faders, clip players and
//! control cursors are functions of time alone. Where the state of a processor cannot be saved, no
//! checkpoint is made of what runs it.

use super::segment_runner::{SegmentRunner, StepKind};
use crate::graph::{NodeKind, Plan};
use crate::process::{StateError, StateReader, StateWriter};

impl SegmentRunner {
    /// Appends the state of the nodes it runs of the strip that is `instance` of the segment: for each node and each
    /// delayed edge in the plan's order the number of words, then the words.
    pub fn save_strip(&self, plan: &Plan, instance: usize, state: &mut StateWriter) {
        let strip = &plan.graph.strips[self.strips()[instance]];
        let channels = self.chain_channels();
        for (step, node) in self.steps.iter().zip(&strip.nodes[self.first_node..]) {
            match (&step.kind, &node.kind) {
                (StepKind::Processor(running), _) => {
                    state.counted(|state| running.processor.save(instance, state));
                    if let Some(outlet) = running.event_outlet() {
                        let waiting = &self.room.streams[outlet.stream];
                        state.counted(|state| waiting.save(instance, state));
                    }
                }
                (StepKind::Delay(line), _) => {
                    let lanes = instance * channels..(instance + 1) * channels;
                    state.counted(|state| line.save(lanes, state));
                }
                (StepKind::Outlet { outlet, .. }, NodeKind::Outlet { edges, .. }) => {
                    for edge in edges.iter().filter_map(|edge| outlet.delayed(*edge)) {
                        state.counted(|state| edge.save(0..2, state));
                    }
                }
                _ => {}
            }
        }
    }

    /// Restores what [`Self::save_strip`] wrote for a strip of the same state key.
    ///
    /// # Errors
    /// Where anything does not fit. The strip's state is then of no use: [`Self::reset`] it, or
    /// make the runner anew.
    pub fn restore_strip(
        &mut self,
        plan: &Plan,
        instance: usize,
        state: &mut StateReader<'_>,
    ) -> Result<(), StateError> {
        let strip = &plan.graph.strips[self.strips()[instance]];
        let (channels, first) = (self.chain_channels(), self.first_node);
        for (step, node) in self.steps.iter_mut().zip(&strip.nodes[first..]) {
            match (&mut step.kind, &node.kind) {
                (StepKind::Processor(running), _) => {
                    let mut own = state.counted()?;
                    running.processor.restore(instance, &mut own)?;
                    own.finish()?;
                    if let Some(outlet) = running.event_outlet() {
                        let mut own = state.counted()?;
                        self.room.streams[outlet.stream].restore(instance, &mut own)?;
                        own.finish()?;
                    }
                }
                (StepKind::Delay(line), _) => {
                    let mut own = state.counted()?;
                    line.restore(instance * channels..(instance + 1) * channels, &mut own)?;
                    own.finish()?;
                }
                (StepKind::Outlet { outlet, .. }, NodeKind::Outlet { edges, .. }) => {
                    for edge in edges {
                        if let Some(line) = outlet.delayed_mut(*edge) {
                            let mut own = state.counted()?;
                            line.restore(0..2, &mut own)?;
                            own.finish()?;
                        }
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }
}
