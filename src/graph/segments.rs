//! Pass: segments. Cuts the work into strips, and lets strips with the same chain run side by
//! side. It never enters a key: any grouping gives the same samples.

use std::collections::BTreeMap;
use std::ops::Range;

use super::model::{Graph, Node, NodeKind, OutletPoint, PanStyle, StripIndex, StripInput};
use super::plan::{LinkIndex, Segment};

/// Lanes a segment may have: two AVX-512 registers of f64, so that the detectors of stereo tracks,
/// one a track, still fill one.
const SEGMENT_LANES: usize = 16;

/// What must be equal for two strips to run side by side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Shape {
    /// The mix is what leaves the segment of the master, which runs alone.
    is_master: bool,
    /// Strips of one depth do not hear each other.
    depth: usize,
    channels: usize,
    input: u8,
    input_latency: i64,
    nodes: Vec<NodeShape>,
}

/// What must be equal for two nodes to run side by side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct NodeShape {
    name: String,
    structure: u64,
    automated: bool,
    latency: i64,
    sidechained: Vec<bool>,
}

/// The segments, each after all it hears.
pub(super) fn segments(graph: &Graph) -> Vec<Segment> {
    let depths = depths(graph);
    let mut groups: BTreeMap<Shape, Vec<StripIndex>> = BTreeMap::new();
    for strip in graph.order.iter().filter(|strip| graph.strips[**strip].audible) {
        groups.entry(shape(graph, *strip, depths[*strip])).or_default().push(*strip);
    }
    let mut segments: Vec<(usize, Segment)> = Vec::new();
    for (shape, strips) in groups {
        for strips in strips.chunks(SEGMENT_LANES / shape.channels) {
            segments.push((shape.depth, segment(graph, strips, shape.channels)));
        }
    }
    segments.sort_by_key(|(depth, segment)| (*depth, segment.strips[0]));
    segments.into_iter().map(|(_, segment)| segment).collect()
}

fn segment(graph: &Graph, strips: &[StripIndex], channels: usize) -> Segment {
    let nodes = 0..graph.strips[strips[0]].nodes.len();
    part(graph, strips, channels, nodes, (None, None))
}

/// The segment of the nodes `nodes` of `strips`, between two links.
pub(super) fn part(
    graph: &Graph,
    strips: &[StripIndex],
    channels: usize,
    nodes: Range<usize>,
    (link_in, link_out): (Option<LinkIndex>, Option<LinkIndex>),
) -> Segment {
    let mut reads = Vec::new();
    let mut writes = Vec::new();
    for strip in strips.iter().map(|strip| &graph.strips[*strip]) {
        if let (StripInput::Join(join), None) = (&strip.input, link_in) {
            reads.push(*join);
        }
        for node in &strip.nodes[nodes.clone()] {
            reads.extend(node.hears());
            let running = node.feeds().iter().filter(|edge| graph.runs(**edge));
            writes.extend(running.map(|edge| graph.edges[*edge].to));
        }
    }
    for joins in [&mut reads, &mut writes] {
        joins.sort_unstable();
        joins.dedup();
    }
    Segment { strips: strips.to_vec(), channels, nodes, link_in, link_out, reads, writes }
}

/// The longest chain of strips before each: strips of equal depth never hear one another.
fn depths(graph: &Graph) -> Vec<usize> {
    let mut depths = vec![0; graph.strips.len()];
    for strip in &graph.order {
        for node in &graph.strips[*strip].nodes {
            for edge in node.feeds() {
                let to = graph.joins[graph.edges[*edge].to].to;
                depths[to] = depths[to].max(depths[*strip] + 1);
            }
        }
    }
    depths
}

fn shape(graph: &Graph, index: StripIndex, depth: usize) -> Shape {
    let strip = &graph.strips[index];
    Shape {
        is_master: index == graph.master,
        depth,
        channels: strip.layout.channels(),
        input: match strip.input {
            StripInput::Clips(_) => 0,
            StripInput::Join(_) => 1,
            StripInput::Silence => 2,
        },
        input_latency: strip.input_latency.0,
        nodes: strip.nodes.iter().map(node_shape).collect(),
    }
}

fn node_shape(node: &Node) -> NodeShape {
    let (name, structure, automated, sidechained) = match &node.kind {
        NodeKind::Processor { factory, controls, sidechains } => (
            factory.spec().name.to_string(),
            factory.structure(controls),
            controls.is_automated(),
            sidechains.iter().map(Option::is_some).collect(),
        ),
        NodeKind::Delay => ("delay line".to_owned(), 0, false, Vec::new()),
        NodeKind::Fader(fader) => {
            let style = u64::from(fader.pan != PanStyle::Balance);
            ("fader".to_owned(), style, fader.controls.is_automated(), Vec::new())
        }
        NodeKind::Outlet { point, .. } => {
            let point = match point {
                OutletPoint::Input => "input outlet".to_owned(),
                OutletPoint::AfterInsert => "after-insert outlet".to_owned(),
                OutletPoint::PreFx => "pre-fx outlet".to_owned(),
                OutletPoint::PreFader => "pre-fader outlet".to_owned(),
                OutletPoint::PostFader => "post-fader outlet".to_owned(),
                OutletPoint::Port { index, .. } => format!("outlet of output {index}"),
            };
            (point, 0, false, Vec::new())
        }
    };
    NodeShape { name, structure, automated, latency: node.latency.0, sidechained }
}
