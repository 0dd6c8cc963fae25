//! Remix: a plan that turns the sum of an older session's mix into that of a newer one.
//!
//! The sum at the master's input is exact, so a signal can be taken out of it again. Where few of
//! the signals that meet there have changed, the old ones are rendered once more, with the signs
//! turned, beside the new ones, and everything else is left alone: it is in the old sum already.
//!
//! Strips of the older plan stand behind those of the newer one. What needed strips feed besides,
//! which has not changed, goes into a join that nothing reads, so that a strip's running state is
//! the same as in its own plan.

use super::buffers::buffers;
use super::model::{EdgeIndex, Graph, Join, JoinIndex, NodeKind, StripIndex, StripInput};
use super::plan::Plan;
use super::segments::segments;
use super::validate::MAX_JOIN_INPUTS;
use super::{ChunkKeys, SignalKey};
use crate::time::Samples;

/// A plan that puts out the mix of the newer of two plans, given the sums of the older one.
pub struct Remix {
    /// The plan. Its keys are those of the plans it is made of.
    pub plan: Plan,
    /// Number of strips of the newer plan; strip i of the older one has the index i more than that.
    pub new_strips: usize,
    /// The master's input.
    pub(super) input: JoinIndex,
    /// The join that nothing reads.
    pub(super) unheard: JoinIndex,
}

/// A signal at a join: what it carries, and along which edge.
pub type KeyedEdge = (SignalKey, EdgeIndex);

/// The signals that meet at the master's input, by what they carry up to the chunk `keys` stand at.
/// `None` where the master hears more than its input.
pub fn master_inputs(plan: &Plan, keys: &ChunkKeys<'_>) -> Option<Vec<KeyedEdge>> {
    let inputs = plan.graph.joins[master_input(&plan.graph)?].inputs.iter();
    let heard = inputs.filter(|edge| !plan.graph.edges[**edge].silenced);
    Some(heard.map(|edge| (keys.edge(*edge), *edge)).collect())
}

/// The edges of `new` and those of `old` whose signals the other one does not have.
fn changed(new: &[KeyedEdge], old: &[KeyedEdge]) -> (Vec<EdgeIndex>, Vec<EdgeIndex>) {
    let mut removed = old.to_vec();
    let mut added = Vec::new();
    for (key, edge) in new {
        match removed.iter().position(|(old, _)| old == key) {
            Some(same) => {
                removed.swap_remove(same);
            }
            None => added.push(*edge),
        }
    }
    removed.sort_unstable_by_key(|(_, edge)| *edge);
    (added, removed.into_iter().map(|(_, edge)| edge).collect())
}

/// The master's input, where it is all that the master hears.
pub fn master_input(graph: &Graph) -> Option<JoinIndex> {
    let master = &graph.strips[graph.master];
    let alone = master.nodes.iter().all(|node| node.hears().next().is_none());
    match master.input {
        StripInput::Join(join) if alone => Some(join),
        _ => None,
    }
}

impl Remix {
    /// The plan that turns the sum of `old` into that of `new`, whose signals at the master's input
    /// are given as [`master_inputs`] gives them. `None` where the two do not compare, or `new` has
    /// taps.
    pub fn new(
        (new, new_inputs): (&Plan, &[KeyedEdge]),
        (old, old_inputs): (&Plan, &[KeyedEdge]),
    ) -> Option<Self> {
        let (added, removed) = changed(new_inputs, old_inputs);
        let input = master_input(&new.graph)?;
        let same_time = new.rate == old.rate
            && new.seed == old.seed
            && new.tempo.stretches() == old.tempo.stretches();
        // Signals are added before others are taken away, or after: the sum must hold them all.
        let fits = new_inputs.len() + added.len() + removed.len() <= MAX_JOIN_INPUTS;
        if !same_time || !fits || !new.graph.taps.is_empty() {
            return None;
        }
        let mut plan = new.clone();
        let unheard = plan.graph.joins.len();
        plan.graph.joins.push(Join {
            id: "master/input, unchanged".to_owned(),
            inputs: Vec::new(),
            to: plan.graph.master,
            latency: Samples::ZERO,
            key: SignalKey::default(),
        });
        let mut needed_new = needed(&new.graph, &added, &[]);
        needed_new[new.graph.master] = true;
        let new_edges = plan.graph.edges.len();
        redirect(&mut plan.graph, 0..new_edges, &needed_new, (&added, input), unheard);
        for (strip, needed) in plan.graph.strips.iter_mut().zip(&needed_new) {
            strip.audible = *needed;
        }
        let needed_old = needed(&old.graph, &removed, &[]);
        append(&mut plan.graph, &old.graph, &needed_old);
        let taken: Vec<EdgeIndex> = removed.iter().map(|edge| edge + new_edges).collect();
        let mut needed_all = needed_new;
        needed_all.extend(needed_old);
        let edges = new_edges..plan.graph.edges.len();
        redirect(&mut plan.graph, edges, &needed_all, (&taken, input), unheard);
        for edge in taken {
            plan.graph.edges[edge].negative = true;
        }
        // What leads nowhere in its own plan has no running state there, and none here.
        let ran =
            [new, old].map(|plan| (0..plan.graph.edges.len()).map(|edge| plan.graph.runs(edge)));
        for (edge, ran) in plan.graph.edges.iter_mut().zip(ran.into_iter().flatten()) {
            edge.silenced |= !ran;
        }
        plan.segments = segments(&plan.graph);
        (plan.join_slots, plan.slot_count) = buffers(&plan.graph, &plan.segments);
        plan.join_slots[unheard] = None;
        Some(Self { plan, new_strips: new.graph.strips.len(), input, unheard })
    }

    /// Nodes that it runs besides the master's, out of those that a whole mix of `new` runs.
    pub fn work(&self, new: &Plan) -> (usize, usize) {
        (nodes_run(&self.plan), nodes_run(new))
    }
}

fn nodes_run(plan: &Plan) -> usize {
    let strips = plan.graph.strips.iter().enumerate();
    let run = strips.filter(|(index, strip)| strip.audible && *index != plan.graph.master);
    run.map(|(_, strip)| strip.nodes.len()).sum()
}

/// The strips that have to run for `edges`. Nothing has to for those of which what enters their
/// fader is `given` (none where it is empty).
pub(super) fn needed(graph: &Graph, edges: &[EdgeIndex], given: &[bool]) -> Vec<bool> {
    let mut needed = vec![false; graph.strips.len()];
    for edge in edges {
        needed[graph.edges[*edge].from] = true;
    }
    for strip in graph.order.iter().rev() {
        if !needed[*strip] || given.get(*strip).is_some_and(|given| *given) {
            continue;
        }
        let strip = &graph.strips[*strip];
        let main = match strip.input {
            StripInput::Join(join) => Some(join),
            StripInput::Clips(_) | StripInput::Silence => None,
        };
        let heard = main.into_iter().chain(strip.nodes.iter().flat_map(|node| node.hears()));
        for edge in heard.flat_map(|join| &graph.joins[join].inputs) {
            let edge = &graph.edges[*edge];
            needed[edge.from] |= !edge.silenced;
        }
    }
    needed
}

/// Sends what needed strips feed to where it is needed: the edges `kept` into `input`, what leads
/// to needed strips where it leads, and all else, which has not changed, where nobody hears it.
fn redirect(
    graph: &mut Graph,
    edges: std::ops::Range<EdgeIndex>,
    needed: &[bool],
    (kept, input): (&[EdgeIndex], JoinIndex),
    unheard: JoinIndex,
) {
    for index in edges {
        let to = graph.edges[index].to;
        let reader = graph.joins[to].to;
        let leads_on = needed[reader] && reader != graph.master;
        let goes = if kept.contains(&index) {
            input
        } else if leads_on {
            continue;
        } else {
            unheard
        };
        graph.edges[index].to = goes;
        graph.joins[to].inputs.retain(|edge| *edge != index);
        graph.joins[goes].inputs.push(index);
    }
}

/// Sends what running strips feed to those that do not run any more where nobody hears it: it runs
/// on, so that their state is what it was.
pub(super) fn send_unheard(graph: &mut Graph, runs: &[bool], unheard: JoinIndex) {
    for index in 0..graph.edges.len() {
        let (from, to) = (graph.edges[index].from, graph.edges[index].to);
        if runs[from] && !runs[graph.joins[to].to] && graph.runs(index) {
            graph.edges[index].to = unheard;
            graph.joins[to].inputs.retain(|edge| *edge != index);
            graph.joins[unheard].inputs.push(index);
        }
    }
}

/// Appends the strips, joins and edges of `old`.
fn append(graph: &mut Graph, old: &Graph, needed: &[bool]) {
    let (strips, joins, edges) = (graph.strips.len(), graph.joins.len(), graph.edges.len());
    for (strip, needed) in old.strips.iter().zip(needed) {
        let mut strip = strip.clone();
        strip.audible = *needed;
        if let StripInput::Join(join) = &mut strip.input {
            *join += joins;
        }
        for node in &mut strip.nodes {
            match &mut node.kind {
                NodeKind::Processor { sidechains, .. } => {
                    sidechains.iter_mut().flatten().for_each(|join| *join += joins);
                }
                NodeKind::Outlet { edges: feeds, taps, .. } => {
                    feeds.iter_mut().for_each(|edge| *edge += edges);
                    taps.clear();
                }
                NodeKind::Delay | NodeKind::Fader(_) => {}
            }
        }
        graph.strips.push(strip);
    }
    for join in &old.joins {
        let mut join = join.clone();
        join.to += strips;
        join.inputs.iter_mut().for_each(|edge| *edge += edges);
        graph.joins.push(join);
    }
    for edge in &old.edges {
        let mut edge = edge.clone();
        edge.from += strips;
        edge.to += joins;
        graph.edges.push(edge);
    }
    let mut order: Vec<StripIndex> = old.order.iter().map(|strip| strip + strips).collect();
    order.append(&mut graph.order);
    graph.order = order;
}
