//! Signals leave a segment: sends, compensation and the exact sums they enter.

use super::delay_line::DelayLine;
use super::fade_and_fold::fade_and_fold;
use super::fader::FaderBank;
use super::join::{fold_signed, irregular, snap_and_fold, snap_stereo, snap_to_f32};
use super::segment_io::{JoinIo, JoinWarning};
use crate::graph::{Edge, EdgeIndex, JoinIndex, Node, Plan, TapIndex};
use crate::process::{StateError, StateReader, StateWriter};
use crate::simd::SimdLevel;

/// Writes the state of one node or edge.
pub(super) type WriteState<'a> = &'a dyn Fn(&mut StateWriter);

/// What one outlet node of all strips of a segment feeds.
#[derive(Clone, Debug)]
pub(super) struct Outlet {
    shared: Option<Shared>,
    /// All other edges.
    single: Vec<SingleEdge>,
    taps: Vec<Tapped>,
    scratch: Vec<f32>,
    sums: Vec<f64>,
}

/// The join that every strip feeds as it is, or with its sign turned: folded in one pass.
#[derive(Clone, Debug)]
struct Shared {
    join: JoinIndex,
    /// By instance.
    edges: Vec<EdgeIndex>,
    /// The sign of each lane; empty where none is turned.
    signs: Vec<f64>,
    /// Room for a fader's gains with these signs.
    gains: Vec<f64>,
}

/// An edge that needs a gain or a delay, or goes elsewhere than its neighbours.
#[derive(Clone, Debug)]
struct SingleEdge {
    edge: EdgeIndex,
    join: JoinIndex,
    instance: usize,
    channels: usize,
    latency: i64,
    gain: Option<FaderBank>,
    delay: DelayLine,
    negative: bool,
}

/// A signal that is handed out.
#[derive(Clone, Copy, Debug)]
struct Tapped {
    tap: TapIndex,
    instance: usize,
    channels: usize,
    on_grid: bool,
}

impl Outlet {
    /// `nodes[instance]` are the outlets of each strip at this point, with `channels` each.
    ///
    /// `silent_padding`: lanes that no strip uses hold silence, as they do after a fader.
    pub(super) fn new(
        plan: &Plan,
        nodes: &[&Node],
        channels: usize,
        silent_padding: bool,
        max_frames: usize,
    ) -> Self {
        let mut edges: Vec<Vec<EdgeIndex>> =
            nodes.iter().map(|node| heard(plan, node.feeds()).collect()).collect();
        let shared = take_shared(plan, &mut edges, silent_padding);
        let single = edges.iter().enumerate().flat_map(|(instance, edges)| {
            edges.iter().map(move |edge| SingleEdge::new(*edge, &plan.graph.edges[*edge], instance))
        });
        let taps = nodes.iter().enumerate().flat_map(|(instance, node)| {
            let running = node.taps().iter().filter(|tap| !plan.graph.taps[**tap].silenced);
            running.map(move |tap| {
                let on_grid = plan.graph.taps[*tap].on_grid;
                Tapped { tap: *tap, instance, channels, on_grid }
            })
        });
        Self {
            shared,
            single: single.collect(),
            taps: taps.collect(),
            scratch: vec![0.0; 2 * max_frames],
            sums: vec![0.0; 2 * max_frames],
        }
    }

    /// Adds what a fader with the gains `gain` makes of `block`, in one pass and without changing
    /// it. False, and nothing was added, where that takes the two steps.
    pub(super) fn fade_and_add(
        &mut self,
        level: SimdLevel,
        block: &[f32],
        gain: &[f64],
        io: &mut dyn JoinIo,
    ) -> bool {
        let alone = self.single.is_empty() && self.taps.is_empty();
        let (Some(shared), true) = (&mut self.shared, alone) else { return false };
        let sums = &mut self.sums[..2 * (block.len() / gain.len())];
        let done = fade_and_fold(level, block, shared.signed(gain), sums);
        if done {
            io.add(shared.join, sums);
        }
        done
    }

    /// Adds `block` (`[frame][lanes]`), whose first frame is at stream position `position`.
    pub(super) fn process(
        &mut self,
        level: SimdLevel,
        position: i64,
        block: &[f32],
        lanes: usize,
        io: &mut dyn JoinIo,
        warnings: &mut Vec<JoinWarning>,
    ) {
        let frames = block.len() / lanes;
        if let Some(shared) = &self.shared {
            let sums = &mut self.sums[..2 * frames];
            if shared.fold(level, block, lanes, sums) {
                for (instance, edge) in shared.edges.iter().enumerate() {
                    let frames = block.chunks_exact(lanes);
                    let samples = frames.flat_map(|frame| &frame[2 * instance..2 * instance + 2]);
                    JoinWarning::note(warnings, *edge, position, irregular(samples.copied()));
                }
            }
            io.add(shared.join, sums);
        }
        for single in &mut self.single {
            let scratch = &mut self.scratch[..2 * frames];
            gather(block, lanes, (single.instance, single.channels), scratch);
            if let Some(gain) = &mut single.gain {
                gain.process(level, position - single.latency, scratch);
            }
            single.delay.process(scratch);
            single.leave(position, scratch, &mut self.sums[..2 * frames], io, warnings);
        }
        for tapped in &self.taps {
            let scratch = &mut self.scratch[..2 * frames];
            gather(block, lanes, (tapped.instance, tapped.channels), scratch);
            if tapped.on_grid {
                snap_to_f32(scratch);
            }
            io.tap(tapped.tap, scratch);
        }
    }

    /// Like [`Self::process`] for a block of silence: nothing is added but what is still in delays.
    pub(super) fn process_silence(
        &mut self,
        position: i64,
        frames: usize,
        io: &mut dyn JoinIo,
        warnings: &mut Vec<JoinWarning>,
    ) {
        let scratch = &mut self.scratch[..2 * frames];
        for single in &mut self.single {
            scratch.fill(0.0);
            if single.delay.process_silence(scratch) {
                continue;
            }
            single.leave(position, scratch, &mut self.sums[..2 * frames], io, warnings);
        }
        scratch.fill(0.0);
        for tapped in &self.taps {
            io.tap(tapped.tap, scratch);
        }
    }

    pub(super) fn reset(&mut self) {
        for single in &mut self.single {
            single.delay.reset();
            if let Some(gain) = &mut single.gain {
                gain.reset();
            }
        }
    }

    /// Calls `with` for each delay line's edge, to save it.
    pub(super) fn save(&self, with: &mut dyn FnMut(EdgeIndex, WriteState<'_>)) {
        for single in &self.single {
            with(single.edge, &|state| single.delay.save(0..2, state));
        }
    }

    /// The delay line of `edge`, where it is here and delays.
    pub(super) fn delayed(&self, edge: EdgeIndex) -> Option<&DelayLine> {
        let of_edge = self.single.iter().find(|single| single.edge == edge);
        of_edge.map(|single| &single.delay).filter(|line| !line.is_empty())
    }

    /// Like [`Self::delayed`], to restore it.
    pub(super) fn delayed_mut(&mut self, edge: EdgeIndex) -> Option<&mut DelayLine> {
        let of_edge = self.single.iter_mut().find(|single| single.edge == edge);
        of_edge.map(|single| &mut single.delay).filter(|line| !line.is_empty())
    }

    /// Restores the delay line of `edge`, where it is here.
    pub(super) fn restore(
        &mut self,
        edge: EdgeIndex,
        state: &mut StateReader<'_>,
    ) -> Result<(), StateError> {
        let mut of_edge = self.single.iter_mut().filter(|single| single.edge == edge);
        of_edge.try_for_each(|single| single.delay.restore(0..2, state))
    }
}

impl Shared {
    /// The gains of a fader with the edges' signs. Rounding and snapping know no direction, so what
    /// is multiplied by a turned gain is what it was, turned.
    fn signed<'a>(&'a mut self, gain: &'a [f64]) -> &'a [f64] {
        if self.signs.is_empty() {
            return gain;
        }
        for ((signed, gain), sign) in self.gains.iter_mut().zip(gain).zip(&self.signs) {
            *signed = gain * sign;
        }
        &self.gains
    }

    /// Adds the pairs of each frame of `block` into `sums`; true where something was irregular.
    fn fold(&self, level: SimdLevel, block: &[f32], lanes: usize, sums: &mut [f64]) -> bool {
        if self.signs.is_empty() {
            return snap_and_fold(level, block, lanes, sums);
        }
        // Hardly ever needed: where a fader moves in a remix.
        fold_signed(block, &self.signs, sums)
    }
}

impl SingleEdge {
    fn new(index: EdgeIndex, edge: &Edge, instance: usize) -> Self {
        Self {
            edge: index,
            join: edge.to,
            instance,
            channels: edge.channels,
            latency: edge.latency.0,
            gain: edge.gain.as_ref().map(|gain| FaderBank::new(&[gain])),
            delay: DelayLine::new(usize::try_from(edge.delay.0).unwrap_or(0), 2),
            negative: edge.negative,
        }
    }

    /// Adds `samples` (`[frame][2]`) to the join they lead to; `sums` has room for them.
    fn leave(
        &self,
        position: i64,
        samples: &[f32],
        sums: &mut [f64],
        io: &mut dyn JoinIo,
        warnings: &mut Vec<JoinWarning>,
    ) {
        if snap_stereo(samples, sums) {
            let found = irregular(samples.iter().copied());
            JoinWarning::note(warnings, self.edge, position, found);
        }
        if self.negative {
            sums.iter_mut().for_each(|sum| *sum = -*sum);
        }
        io.add(self.join, sums);
    }
}

/// Copies the lanes of a strip, given by its instance and channels, to `out` (`[frame][2]`); one
/// channel becomes two.
fn gather(block: &[f32], lanes: usize, (instance, channels): (usize, usize), out: &mut [f32]) {
    let first = instance * channels;
    let second = first + channels - 1;
    for (frame, out) in block.chunks_exact(lanes).zip(out.chunks_exact_mut(2)) {
        out[0] = frame[first];
        out[1] = frame[second];
    }
}

/// Edges that carry something to a strip that is run.
fn heard<'a>(plan: &'a Plan, edges: &'a [EdgeIndex]) -> impl Iterator<Item = EdgeIndex> + 'a {
    edges.iter().copied().filter(|edge| plan.graph.runs(*edge))
}

/// Takes out of `edges` one plain stereo edge a strip that all lead to the same join, where there
/// are such; only a block whose padding is silent can be folded whole.
fn take_shared(plan: &Plan, edges: &mut [Vec<EdgeIndex>], silent_padding: bool) -> Option<Shared> {
    if !silent_padding && crate::process::padded_lanes(2 * edges.len()) != 2 * edges.len() {
        return None;
    }
    let plain = |edge: &EdgeIndex| {
        let edge = &plan.graph.edges[*edge];
        edge.gain.is_none() && edge.delay.0 == 0 && edge.channels == 2
    };
    let join =
        edges.first()?.iter().find(|edge| plain(edge)).map(|edge| plan.graph.edges[*edge].to)?;
    let mut found = Vec::with_capacity(edges.len());
    for edges in edges.iter() {
        let leads_there = |edge: &EdgeIndex| plain(edge) && plan.graph.edges[*edge].to == join;
        found.push(edges.iter().position(leads_there)?);
    }
    let taken = edges.iter_mut().zip(found).map(|(edges, index)| edges.remove(index));
    let taken: Vec<EdgeIndex> = taken.collect();
    let negative = |edge: &EdgeIndex| plan.graph.edges[*edge].negative;
    let lanes = crate::process::padded_lanes(2 * taken.len());
    let mut signs = Vec::new();
    if taken.iter().any(negative) {
        signs.extend(taken.iter().flat_map(|edge| [if negative(edge) { -1.0 } else { 1.0 }; 2]));
        signs.resize(lanes, 1.0);
    }
    Some(Shared { join, edges: taken, gains: signs.clone(), signs })
}
