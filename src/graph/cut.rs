//! Pass: cut. Long chains become several segments, so that several threads work on one chain, each
//! on another chunk of it. It is made for a number of threads and enters no key.

use std::sync::Arc;

use super::buffers::buffers;
use super::model::{Graph, Node, NodeKind, OutletPoint, StripInput};
use super::plan::{Plan, Segment};
use super::segments::part;
use crate::process::padded_lanes;

/// Pieces of work that every thread should find: more balance better, and each passes its signals
/// on through memory.
const PIECES_PER_THREAD: u64 = 2;

/// Most parts of one chain.
const MAX_PARTS: u64 = 16;

/// What clips cost, against a gain.
const CLIPS_COST: u32 = 6;

/// `plan` for `threads` threads: chains that are more than their share of all work are cut.
pub fn cut(plan: &Arc<Plan>, threads: usize) -> Arc<Plan> {
    let costs: Vec<u64> = plan.segments.iter().map(|segment| cost(&plan.graph, segment)).collect();
    let pieces = PIECES_PER_THREAD * threads as u64;
    let share = costs.iter().sum::<u64>() / pieces.max(1);
    if threads < 2 || share == 0 {
        return Arc::clone(plan);
    }
    let whole_links = plan.link_count();
    let mut links = whole_links;
    let mut segments = Vec::with_capacity(plan.segments.len());
    for (segment, cost) in plan.segments.iter().zip(costs) {
        // A little more than its share is not worth a cut.
        let parts = (cost * 4 / (share * 5) + 1).min(MAX_PARTS);
        let starts = starts(&plan.graph, segment, parts);
        for (index, start) in starts.iter().enumerate() {
            let end = starts.get(index + 1).copied().unwrap_or(segment.nodes.end);
            let link_in = if index > 0 { Some(links - 1) } else { segment.link_in };
            let goes_on = end < segment.nodes.end;
            let link_out = if goes_on { Some(links) } else { segment.link_out };
            links += usize::from(goes_on);
            let between = (link_in, link_out);
            let Segment { strips, channels, .. } = segment;
            segments.push(part(&plan.graph, strips, *channels, *start..end, between));
        }
    }
    if links == whole_links {
        return Arc::clone(plan);
    }
    let mut cut = Plan::clone(plan);
    (cut.join_slots, cut.slot_count) = buffers(&cut.graph, &segments);
    for (slot, whole) in cut.join_slots.iter_mut().zip(&plan.join_slots) {
        // What nobody reads needs no place.
        *slot = slot.filter(|_| whole.is_some());
    }
    cut.segments = segments;
    Arc::new(cut)
}

/// What a block of a segment costs: its chain, once for every few lanes.
fn cost(graph: &Graph, segment: &Segment) -> u64 {
    let lanes = padded_lanes(segment.strips.len() * segment.channels) as u64;
    let strip = &graph.strips[segment.strips[0]];
    let input = match strip.input {
        StripInput::Clips(_) if segment.link_in.is_none() => CLIPS_COST,
        StripInput::Clips(_) | StripInput::Join(_) | StripInput::Silence => 1,
    };
    let chain: u32 = strip.nodes[segment.nodes.clone()].iter().map(node_cost).sum();
    u64::from(input + chain) * lanes
}

fn node_cost(node: &Node) -> u32 {
    match &node.kind {
        NodeKind::Processor { factory, .. } => factory.cost(),
        NodeKind::Delay | NodeKind::Fader(_) | NodeKind::Outlet { .. } => 1,
    }
}

/// The first node of each of at most `parts` parts of about equal cost.
fn starts(graph: &Graph, segment: &Segment, parts: u64) -> Vec<usize> {
    let mut starts = vec![segment.nodes.start];
    let strip = &graph.strips[segment.strips[0]];
    let nodes = &strip.nodes[segment.nodes.clone()];
    let whole: u32 = nodes.iter().map(node_cost).sum();
    let mut done = 0_u64;
    for (index, node) in (segment.nodes.start..).zip(nodes) {
        let due = u64::from(whole) * starts.len() as u64;
        // Half of a node further than the part should go is near enough.
        let near = 2 * done * parts + u64::from(node_cost(node)) * parts >= 2 * due;
        if starts.len() as u64 >= parts {
            break;
        }
        if index > segment.nodes.start && near && may_start(&strip.nodes, index) {
            starts.push(index);
        }
        done += u64::from(node_cost(node));
    }
    starts
}

/// True where a part may start with node `index`: events do not pass from one part to the next,
/// what leaves an insert leaves right behind it, and from the fader on a signal may be wider.
fn may_start(nodes: &[Node], index: usize) -> bool {
    let is_fader = |node: &Node| matches!(node.kind, NodeKind::Fader(_));
    let plays = |node: &Node| match &node.kind {
        NodeKind::Processor { factory, .. } => {
            factory.spec().event_inputs > 0 || factory.spec().event_outputs > 0
        }
        NodeKind::Delay | NodeKind::Fader(_) | NodeKind::Outlet { .. } => false,
    };
    let leaves_insert = |node: &Node| {
        matches!(&node.kind, NodeKind::Outlet { point: OutletPoint::Port { .. }, .. })
    };
    !nodes[..index].iter().any(is_fader)
        && !nodes[index..].iter().any(plays)
        && !leaves_insert(&nodes[index])
}
