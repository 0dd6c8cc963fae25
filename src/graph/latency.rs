//! Pass: latency. Accumulates latency in node time and delays what is early at joins.

use super::model::{Edge, Graph, Node, NodeKind, StripIndex, StripInput};
use crate::time::Samples;

/// Fills in the latency of every strip, node, edge and join, and the edges' compensation. Where a
/// sidechain is later than the signal it controls, a delay node is put before the processor.
pub(super) fn latency(graph: &mut Graph) {
    for strip in graph.order.clone() {
        let input = match graph.strips[strip].input {
            StripInput::Join(join) => settle_join(graph, join),
            StripInput::Clips(_) | StripInput::Silence => Samples::ZERO,
        };
        graph.strips[strip].input_latency = input;
        chain(graph, strip, input);
    }
}

fn chain(graph: &mut Graph, strip: StripIndex, input: Samples) {
    let mut at = input;
    let nodes = std::mem::take(&mut graph.strips[strip].nodes);
    let mut settled = Vec::with_capacity(nodes.len());
    for mut node in nodes {
        // The latest of the chain and all sidechains; the others wait for it.
        let late = node.hears().map(|join| settle_join(graph, join)).max().unwrap_or(at).max(at);
        if late > at {
            settled.push(compensation(&node, at, late - at));
            at = late;
        }
        for join in node.hears() {
            delay_inputs_to(graph, join, at);
        }
        for edge in node.feeds() {
            graph.edges[*edge].latency = at;
        }
        for tap in node.taps() {
            graph.taps[*tap].latency = at;
        }
        node.input_latency = at;
        at += node.latency;
        settled.push(node);
    }
    graph.strips[strip].nodes = settled;
}

fn compensation(before: &Node, at: Samples, delay: Samples) -> Node {
    Node {
        id: format!("{}/compensation", before.id),
        kind: NodeKind::Delay,
        latency: delay,
        tail: Samples::ZERO,
        input_latency: at,
        key: before.key,
    }
}

/// The latency of a join: that of its latest input. Silenced edges count too, so that soloing a
/// track shifts nothing.
fn settle_join(graph: &mut Graph, join: usize) -> Samples {
    let latest = |edge: &usize| graph.edges[*edge].latency;
    let latency = graph.joins[join].inputs.iter().map(latest).max().unwrap_or(Samples::ZERO);
    delay_inputs_to(graph, join, latency);
    latency
}

fn delay_inputs_to(graph: &mut Graph, join: usize, latency: Samples) {
    graph.joins[join].latency = latency;
    for edge in &graph.joins[join].inputs {
        let edge: &mut Edge = &mut graph.edges[*edge];
        edge.delay = latency - edge.latency;
    }
}
