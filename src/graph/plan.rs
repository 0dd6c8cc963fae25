//! The plan: a compiled session. Immutable, without state, the same for every driver.

use std::ops::Range;
use std::sync::Arc;

use super::model::{Graph, JoinIndex, NodeKind, StripIndex, StripInput};
use super::tap::TapIndex;
use crate::process::ProcessorSpec;
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

/// Index of a link: what a segment passes on to the one that goes on with its chain.
pub type LinkIndex = usize;

/// Strips with the same chain that run side by side, lane by lane: the whole chain, or a part of it
/// where it is cut.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The strips; lane `instance * channels + channel` is theirs.
    pub strips: Vec<StripIndex>,
    /// Channels of each strip up to its fader.
    pub channels: usize,
    /// The nodes of each strip that it runs.
    pub nodes: Range<usize>,
    /// Where its signals come from, unless it is the first part of its chain.
    pub link_in: Option<LinkIndex>,
    /// Where they go to, unless it is the last.
    pub link_out: Option<LinkIndex>,
    /// Joins it reads: main inputs and sidechains.
    pub reads: Vec<JoinIndex>,
    /// Joins it adds to.
    pub writes: Vec<JoinIndex>,
}

impl Segment {
    /// True where it is the whole of its chain.
    pub fn is_whole(&self) -> bool {
        self.link_in.is_none() && self.link_out.is_none()
    }
}

impl Plan {
    /// The segment in which node `node` of a strip runs, where it does.
    pub fn segment_of(&self, strip: StripIndex, node: usize) -> Option<usize> {
        let runs = |segment: &Segment| {
            segment.strips.contains(&strip) && (segment.nodes.contains(&node) || segment.is_whole())
        };
        self.segments.iter().position(runs)
    }

    /// The segment whose output is the mix, where it runs.
    pub fn master_segment(&self) -> Option<usize> {
        let nodes = self.graph.strips[self.master()].nodes.len();
        self.segment_of(self.master(), nodes.saturating_sub(1))
    }

    /// The segment in which a tap is taken, where it runs.
    pub fn tap_segment(&self, tap: TapIndex) -> Option<usize> {
        let strip = self.graph.taps[tap].strip;
        let nodes = self.graph.strips[strip].nodes.iter();
        let outlet = nodes.enumerate().find(|(_, node)| node.taps().contains(&tap));
        self.segment_of(strip, outlet?.0)
    }

    /// Number of links.
    pub fn link_count(&self) -> usize {
        let ends = self.segments.iter().flat_map(|segment| [segment.link_in, segment.link_out]);
        ends.flatten().max().map_or(0, |last| last + 1)
    }

    /// True where it gives the same samples whenever it runs.
    pub fn repeats(&self) -> bool {
        self.unrepeatable().next().is_none()
    }

    /// The processors that run and do not give the same output twice, by the ids of their nodes.
    pub fn unrepeatable(&self) -> impl Iterator<Item = (&str, &ProcessorSpec)> {
        let running = self.graph.strips.iter().filter(|strip| strip.audible);
        running.flat_map(|strip| &strip.nodes).filter_map(|node| match &node.kind {
            NodeKind::Processor { factory, .. } if !factory.spec().traits.repeatable => {
                Some((node.id.as_str(), factory.spec()))
            }
            _ => None,
        })
    }

    /// The master's strip.
    pub fn master(&self) -> StripIndex {
        self.graph.master
    }
}

/// Puts the passes' results together.
pub(super) fn assemble(
    session: &Session,
    mut graph: Graph,
    segments: Vec<Segment>,
    slots: (Vec<Option<usize>>, usize),
    tempo: TempoMap,
    signatures: SignatureMap,
) -> Plan {
    let tail = tails(&mut graph);
    let master = &graph.strips[graph.master];
    let latency =
        master.nodes.last().map_or(master.input_latency, |node| node.input_latency + node.latency);
    let (join_slots, slot_count) = slots;
    Plan {
        rate: session.sample_rate,
        seed: session.seed,
        latency,
        content_end: session.end(&tempo),
        tail,
        graph,
        segments,
        join_slots,
        slot_count,
        tempo: Arc::new(tempo),
        signatures,
    }
}

/// The longest sum of tails along any path to the master's output; fills in those of the taps.
fn tails(graph: &mut Graph) -> Samples {
    let mut joins = vec![0_i64; graph.joins.len()];
    let mut of_master = 0;
    for index in &graph.order {
        let strip = &graph.strips[*index];
        let mut at = match strip.input {
            StripInput::Join(join) => joins[join],
            StripInput::Clips(_) | StripInput::Silence => strip.input_tail.0,
        };
        for node in &strip.nodes {
            for edge in node.feeds().iter().filter(|edge| !graph.edges[**edge].silenced) {
                let join = graph.edges[*edge].to;
                joins[join] = joins[join].max(at);
            }
            at = node.hears().map(|join| joins[join]).fold(at, i64::max);
            at = at.saturating_add(node.tail.0);
            for tap in node.taps() {
                graph.taps[*tap].tail = Samples(at);
            }
        }
        if *index == graph.master {
            of_master = at;
        }
    }
    Samples(of_master)
}
