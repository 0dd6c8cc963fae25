//! The plan: a compiled session. Immutable, without state, the same for every driver.

use std::sync::Arc;

use super::model::{Graph, JoinIndex, StripIndex, StripInput};
use crate::session::Session;
use crate::time::{SampleRate, Samples, SignatureMap, TempoMap};

/// A compiled session.
#[derive(Clone)]
pub struct Plan {
    /// The session's rate.
    pub rate: SampleRate,
    /// Seed of everything random.
    pub seed: u64,
    /// The graph, every pass applied.
    pub graph: Graph,
    /// Units of work, each after all it hears.
    pub segments: Vec<Segment>,
    /// For each join the slot its sum lies in while one block runs in order; joins whose lives do
    /// not overlap share one. `None` where nothing reads the join.
    pub join_slots: Vec<Option<usize>>,
    /// Number of slots.
    pub slot_count: usize,
    /// Latency of the master's output: a bounce cuts this from the front.
    pub latency: Samples,
    /// End of the last clip on the timeline, heard or not: muting a track changes no length.
    pub content_end: Samples,
    /// How long the master may ring on after the content has ended.
    pub tail: Samples,
    /// The tempo map.
    pub tempo: Arc<TempoMap>,
    /// The signature map.
    pub signatures: SignatureMap,
}

/// Strips with the same chain that run side by side, lane by lane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The strips; lane `instance * channels + channel` is theirs.
    pub strips: Vec<StripIndex>,
    /// Channels of each strip up to its fader.
    pub channels: usize,
    /// Joins it reads: main inputs and sidechains.
    pub reads: Vec<JoinIndex>,
    /// Joins it adds to.
    pub writes: Vec<JoinIndex>,
}

impl Plan {
    /// The master's strip.
    pub fn master(&self) -> StripIndex {
        self.graph.master
    }
}

/// Puts the passes' results together.
pub(super) fn assemble(
    session: &Session,
    graph: Graph,
    segments: Vec<Segment>,
    slots: (Vec<Option<usize>>, usize),
    tempo: TempoMap,
    signatures: SignatureMap,
) -> Plan {
    let master = &graph.strips[graph.master];
    let latency =
        master.nodes.last().map_or(master.input_latency, |node| node.input_latency + node.latency);
    let (join_slots, slot_count) = slots;
    Plan {
        rate: session.sample_rate,
        seed: session.seed,
        latency,
        content_end: session.end(&tempo),
        tail: tail(&graph),
        graph,
        segments,
        join_slots,
        slot_count,
        tempo: Arc::new(tempo),
        signatures,
    }
}

/// The longest sum of tails along any path to what is put out.
fn tail(graph: &Graph) -> Samples {
    let mut joins = vec![0_i64; graph.joins.len()];
    let mut longest = 0;
    for index in &graph.order {
        let strip = &graph.strips[*index];
        let mut at = match strip.input {
            StripInput::Join(join) => joins[join],
            _ => 0,
        };
        for node in &strip.nodes {
            for edge in node.feeds().iter().filter(|edge| !graph.edges[**edge].silenced) {
                let join = graph.edges[*edge].to;
                joins[join] = joins[join].max(at);
            }
            at = node.hears().map(|join| joins[join]).fold(at, i64::max);
            at = at.saturating_add(node.tail.0);
            if !node.taps().is_empty() {
                longest = longest.max(at);
            }
        }
        if *index == graph.master && strip.audible {
            longest = longest.max(at);
        }
    }
    Samples(longest)
}
