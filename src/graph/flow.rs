//! How the signals that a plan hands out follow from one another: what each hears, and what is its
//! own.

use super::key::SignalKey;
use super::keys;
use super::model::{JoinIndex, Node, NodeKind, OutletPoint, StripInput};
use super::plan::Plan;
use super::tap::TapIndex;

/// Where a tapped signal comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapFlow {
    /// The taps it follows from, in order: the one before it in its chain, or all that enters the
    /// chain, and what sidechains in between hear. Signals that are not tapped are not among them.
    pub hears: Vec<TapIndex>,
    /// Names all else that it depends on from those on: settings, versions, clips, notes, levels of
    /// what enters. Where two are equal, only what is heard can make the signals differ. Latency
    /// does not enter.
    pub own: SignalKey,
}

/// Where the signal of `tap` comes from.
pub fn tap_flow(plan: &Plan, tap: TapIndex) -> TapFlow {
    let strip = &plan.graph.strips[plan.graph.taps[tap].strip];
    let nodes = &strip.nodes;
    let at = nodes.iter().position(|node| node.taps().contains(&tap)).unwrap_or(nodes.len());
    let before = nodes[..at].iter().rposition(|node| tap_of_chain(node).is_some());
    let from = before.map_or(0, |before| before + 1);
    let mut hears: Vec<TapIndex> = Vec::new();
    match (before, &strip.input) {
        (Some(before), _) => hears.extend(tap_of_chain(&nodes[before])),
        (None, StripInput::Join(join)) => hears.extend(taps_into(plan, *join)),
        (None, StripInput::Clips(_) | StripInput::Silence) => {}
    }
    for join in nodes[from..at].iter().flat_map(Node::hears) {
        hears.extend(taps_into(plan, join));
    }
    hears.sort_unstable();
    hears.dedup();
    TapFlow { hears, own: keys::own_key(plan, strip, from..at) }
}

/// The first tap of the chain's own signal at `node`.
fn tap_of_chain(node: &Node) -> Option<TapIndex> {
    match &node.kind {
        NodeKind::Outlet { point: OutletPoint::Port { .. }, .. } => None,
        _ => node.taps().first().copied(),
    }
}

/// The taps at the outlets from which something enters `join`.
fn taps_into(plan: &Plan, join: JoinIndex) -> impl Iterator<Item = TapIndex> + '_ {
    let edges = plan.graph.joins[join].inputs.iter().copied();
    edges.filter(|edge| !plan.graph.edges[*edge].silenced).filter_map(|edge| {
        let from = &plan.graph.strips[plan.graph.edges[edge].from];
        let outlet = from.nodes.iter().find(|node| node.feeds().contains(&edge));
        outlet?.taps().first().copied()
    })
}
