//! Runs a whole plan block by block, in order: what the live driver calls.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::join::JoinBuffer;
use super::segment_io::{JoinIo, JoinWarning, RunError, SegmentConfig};
use super::segment_runner::SegmentRunner;
use crate::graph::{JoinIndex, Plan};
use crate::midi::Chase;
use crate::process::StateWriter;
use crate::time::frame_count;

/// Runs a plan from pre-allocated pools. State is keyed by the stable ids of nodes and edges, so
/// that it survives a change of plan.
pub struct Executor {
    plan: Arc<Plan>,
    runners: Vec<SegmentRunner>,
    slots: Vec<JoinBuffer>,
    position: i64,
    /// Where it was last told to go, and how.
    located: Option<(i64, Chase)>,
    max_frames: usize,
}

impl Executor {
    /// Prepares everything that running needs.
    ///
    /// # Errors
    /// Where a file cannot be opened or a processor cannot be prepared.
    pub fn new(plan: Arc<Plan>, config: SegmentConfig) -> Result<Self, RunError> {
        let runners =
            plan.segments.iter().map(|segment| SegmentRunner::new(&plan, segment, config));
        Ok(Self {
            runners: runners.collect::<Result<_, _>>()?,
            slots: vec![JoinBuffer::new(config.max_frames); plan.slot_count],
            plan,
            position: 0,
            located: None,
            max_frames: config.max_frames,
        })
    }

    /// Stream position of the next block: the timeline plus the latency of whatever is asked.
    pub fn position(&self) -> i64 {
        self.position
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Runs the next block and writes the master's output to `out` (`[frame][2]`), in steps of at
    /// most the prepared block size. The output is [`Plan::latency`] samples late.
    ///
    /// # Errors
    /// Where audio cannot be read or a processor fails.
    pub fn run_block(&mut self, out: &mut [f32]) -> Result<(), RunError> {
        for out in out.chunks_mut(2 * self.max_frames) {
            let frames = out.len() / 2;
            let mut io = InOrder { plan: &self.plan, slots: &mut self.slots, out };
            for runner in &mut self.runners {
                runner.run(self.position, frames, &mut io)?;
            }
            self.position += frame_count(frames);
        }
        Ok(())
    }

    /// Moves to a timeline position and starts from silence; instruments are told what `chase` says
    /// of what came before.
    pub fn locate(&mut self, position: i64, chase: Chase) {
        self.position = position;
        self.located = Some((position, chase));
        for runner in &mut self.runners {
            runner.locate(position, chase);
        }
        for slot in &mut self.slots {
            *slot = JoinBuffer::new(self.max_frames);
        }
    }

    /// Goes on where `before`, which ran another plan, stands: position and the state of every
    /// node and edge that both have. A processor whose state cannot be saved starts anew.
    pub fn take_over(&mut self, before: &Self) {
        self.position = before.position;
        let mut states: BTreeMap<(String, String), StateWriter> = BTreeMap::new();
        for runner in &before.runners {
            runner.save(&before.plan, &mut |id, name, write| {
                write(states.entry((id.to_owned(), name.to_owned())).or_default());
            });
        }
        for runner in &mut self.runners {
            runner.restore(&self.plan, &|id, name| states.get(&(id.to_owned(), name.to_owned())));
        }
        // Nothing was heard yet of what is told at the place itself.
        if let Some((position, chase)) = before.located.filter(|(at, _)| *at == self.position) {
            self.locate(position, chase);
        }
    }

    /// Warnings of all segments so far.
    pub fn warnings(&self) -> impl Iterator<Item = &JoinWarning> {
        self.runners.iter().flat_map(SegmentRunner::warnings)
    }
}

/// Joins while segments run one after the other.
struct InOrder<'a> {
    plan: &'a Plan,
    slots: &'a mut [JoinBuffer],
    out: &'a mut [f32],
}

impl JoinIo for InOrder<'_> {
    fn take(&mut self, join: JoinIndex, out: &mut [f32]) {
        if let Some(slot) = self.plan.join_slots[join] {
            self.slots[slot].take(0, out);
        }
    }

    fn add(&mut self, join: JoinIndex, sums: &[f64]) {
        if let Some(slot) = self.plan.join_slots[join] {
            self.slots[slot].add(0, sums);
        }
    }

    fn output(&mut self, samples: &[f32]) {
        self.out.copy_from_slice(samples);
    }
}
