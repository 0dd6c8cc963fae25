//! Pass: memory. Adds up the running state that grows with parameters, rate, tempo and latency,
//! before any of it is allocated.

use super::error::CompileError;
use super::model::{Edge, Graph, Node, NodeKind, StripIndex};
use super::plan::{Plan, Segment};
use crate::process::padded_lanes;
use crate::time::{Samples, TempoMap};

/// Most bytes of delay lines, lookaheads and latency compensation a plan may hold: 4 GiB. It is
/// far beyond any real session, and keeps a short document from exhausting memory: 16 stereo
/// delays at their longest take all of it at 384 kHz.
pub const MAX_STATE_BYTES: u64 = 4 << 30;

/// Refuses a plan whose state is more than [`MAX_STATE_BYTES`], naming the heaviest strip. What is
/// not run takes no memory.
pub(super) fn memory(
    graph: &Graph,
    segments: &[Segment],
    tempo: &TempoMap,
) -> Result<(), CompileError> {
    let mut bytes = 0_u64;
    // (bytes, strip): of equals the one that stands first in the session.
    let mut heaviest: Option<(u64, StripIndex)> = None;
    for segment in segments {
        for strip in &segment.strips {
            let of_strip = strip_bytes(graph, segment, *strip, tempo);
            bytes = bytes.saturating_add(of_strip);
            let heavier = |(most, at): (u64, StripIndex)| {
                of_strip > most || (of_strip == most && *strip < at)
            };
            if heaviest.is_none_or(heavier) {
                heaviest = Some((of_strip, *strip));
            }
        }
    }
    match heaviest {
        Some((most, strip)) if bytes > MAX_STATE_BYTES => Err(CompileError::TooMuchMemory {
            path: graph.strips[strip].id.clone(),
            strip_mib: mib(most),
            total_mib: mib(bytes),
            limit_mib: mib(MAX_STATE_BYTES),
        }),
        _ => Ok(()),
    }
}

/// Bytes of delay lines, lookaheads and latency compensation that are allocated to run `plan`.
pub fn state_bytes(plan: &Plan) -> u64 {
    let strips = plan
        .segments
        .iter()
        .flat_map(|segment| segment.strips.iter().map(move |strip| (segment, *strip)));
    strips.fold(0, |sum, (segment, strip)| {
        sum.saturating_add(strip_bytes(&plan.graph, segment, strip, &plan.tempo))
    })
}

fn strip_bytes(graph: &Graph, segment: &Segment, strip: StripIndex, tempo: &TempoMap) -> u64 {
    let nodes = graph.strips[strip].nodes.iter();
    nodes.fold(0, |sum, node| sum.saturating_add(node_bytes(graph, segment, node, tempo)))
}

fn node_bytes(graph: &Graph, segment: &Segment, node: &Node, tempo: &TempoMap) -> u64 {
    match &node.kind {
        NodeKind::Processor { factory, controls, .. } => {
            factory.memory_bytes(controls, segment.channels, tempo)
        }
        // A delay line is as wide as the segment, padding included.
        NodeKind::Delay => {
            let lanes = padded_lanes(segment.strips.len() * segment.channels);
            line_bytes(node.latency, lanes.div_ceil(segment.strips.len()))
        }
        NodeKind::Outlet { edges, .. } => {
            let heard = |edge: &&Edge| !edge.silenced;
            let edges = edges.iter().map(|edge| &graph.edges[*edge]).filter(heard);
            edges.fold(0, |sum, edge| sum.saturating_add(line_bytes(edge.delay, 2)))
        }
        NodeKind::Fader(_) => 0,
    }
}

/// Bytes of a delay by `delay` of so many lanes.
fn line_bytes(delay: Samples, lanes: usize) -> u64 {
    let frames = u64::try_from(delay.0).unwrap_or(0);
    frames.saturating_mul((lanes * size_of::<f32>()) as u64)
}

/// Bytes in whole MiB, rounded up.
const fn mib(bytes: u64) -> u64 {
    bytes.div_ceil(1 << 20)
}
