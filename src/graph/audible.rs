//! Pass: solo and mute. Marks the edges that carry nothing and the strips that reach the master.

use super::model::{Edge, Graph, StripIndex, StripInput};
use crate::session::{Session, Tap, Track};

/// What leaves a strip through an edge, as the session says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EdgeRole {
    /// The track's output, or that of one of its inserts.
    Output,
    /// An output of a bypassed insert.
    Bypassed,
    /// The way of a track's output into a copy of the master.
    ThroughMaster,
    /// A send; muted by its own switch where true.
    Send {
        /// The send's own mute.
        muted: bool,
    },
    /// A sidechain.
    Sidechain(Tap),
}

/// Sets [`Edge::silenced`], those of taps and [`super::model::Strip::audible`]. `roles` goes with
/// the edges; the master is put out where `mix` is set.
///
/// Mute silences a track's output, those of its inserts, its sends and its post-fader sidechains.
/// Solo silences what is neither soloed, nor solo-safe, nor feeds something soloed, nor carries
/// something soloed or solo-safe; it leaves sidechains alone, so that what is soloed sounds as it
/// does in the mix.
pub(super) fn audible(graph: &mut Graph, session: &Session, roles: &[EdgeRole], mix: bool) {
    let muted: Vec<bool> = session.tracks.iter().map(|track| is_muted(session, track)).collect();
    let solo = Solo::new(graph, session, roles);
    for (index, role) in roles.iter().enumerate() {
        let edge = &graph.edges[index];
        let mute = muted.get(edge.from).copied().unwrap_or(false);
        let silenced = match role {
            EdgeRole::Bypassed => true,
            EdgeRole::Output => mute || solo.silences(graph, edge),
            EdgeRole::Send { muted } => *muted || mute || solo.silences(graph, edge),
            EdgeRole::Sidechain(Tap::PostFader) => mute,
            EdgeRole::Sidechain(Tap::PreFader) | EdgeRole::ThroughMaster => false,
        };
        graph.edges[index].silenced = silenced;
    }
    let leaves_silently: Vec<bool> = (0..graph.strips.len())
        .map(|strip| {
            let mut outputs = outputs_of(graph, roles, strip).peekable();
            let leads_nowhere = outputs.peek().is_none();
            let closed = muted.get(strip).copied().unwrap_or(false) || solo.closes(strip);
            if leads_nowhere { closed } else { outputs.all(|edge| edge.silenced) }
        })
        .collect();
    for (index, _) in roles.iter().enumerate().filter(|(_, r)| **r == EdgeRole::ThroughMaster) {
        graph.edges[index].silenced = leaves_silently[graph.edges[index].from];
    }
    for index in 0..graph.taps.len() {
        let tap = &graph.taps[index];
        graph.taps[index].silenced = match graph.strips[tap.strip].input {
            // A copy of the master.
            StripInput::Join(join) if tap.strip > graph.master => {
                graph.joins[join].inputs.iter().all(|edge| graph.edges[*edge].silenced)
            }
            _ => tap.on_grid && leaves_silently[tap.strip],
        };
    }
    mark_audible(graph, mix);
}

/// True where nothing but the track's mute, or that of a VCA it belongs to, is needed to silence
/// it. A mute that is automated is a control signal instead.
fn is_muted(session: &Session, track: &Track) -> bool {
    let own = track.mute && !super::controls::drives_mute(&track.lanes);
    let vcas = session.vcas.iter().filter(|vca| vca.members.contains(&track.id));
    own || vcas.into_iter().any(|vca| vca.mute && !super::controls::drives_mute(&vca.lanes))
}

/// Which strips a solo keeps open.
struct Solo {
    /// Safe, soloed, or fed by something safe or soloed: whatever it passes on is meant to be
    /// heard. A track is not safe where the group it plays through is silenced.
    open: Vec<bool>,
    /// Soloed, or feeds something soloed: what goes there is meant to be heard.
    wanted: Vec<bool>,
    active: bool,
}

impl Solo {
    fn new(graph: &Graph, session: &Session, roles: &[EdgeRole]) -> Self {
        let soloed = |index: usize| session.tracks.get(index).is_some_and(|track| track.solo);
        let safe = |index: usize| session.tracks.get(index).is_none_or(|track| track.solo_safe);
        let count = graph.strips.len();
        let mut open: Vec<bool> = (0..count).map(|strip| soloed(strip) || safe(strip)).collect();
        let mut wanted: Vec<bool> = (0..count).map(soloed).collect();
        let carries = |edge: usize| !matches!(roles[edge], EdgeRole::Sidechain(_));
        for strip in &graph.order {
            for edge in edges_of(graph, *strip).filter(|edge| carries(*edge)) {
                let to = graph.joins[graph.edges[edge].to].to;
                open[to] |= open[*strip];
            }
        }
        for strip in graph.order.iter().rev() {
            for edge in edges_of(graph, *strip).filter(|edge| carries(*edge)) {
                wanted[*strip] |= wanted[graph.joins[graph.edges[edge].to].to];
            }
        }
        Self { open, wanted, active: session.tracks.iter().any(|track| track.solo) }
    }

    /// True where a strip that leads nowhere is not to be heard.
    fn closes(&self, strip: StripIndex) -> bool {
        self.active && !self.open[strip] && !self.wanted[strip]
    }

    fn silences(&self, graph: &Graph, edge: &Edge) -> bool {
        let to = graph.joins[edge.to].to;
        self.active && !self.open[edge.from] && !self.wanted[to]
    }
}

/// Where a track's fader leads, sends and copies of the master left out.
fn outputs_of<'a>(
    graph: &'a Graph,
    roles: &'a [EdgeRole],
    strip: StripIndex,
) -> impl Iterator<Item = &'a Edge> {
    let outputs = graph.edges.iter().zip(roles).filter(move |(edge, role)| {
        edge.from == strip && edge.gain.is_none() && **role == EdgeRole::Output
    });
    outputs.map(|(edge, _)| edge)
}

fn edges_of(graph: &Graph, strip: StripIndex) -> impl Iterator<Item = usize> {
    graph.strips[strip].nodes.iter().flat_map(|node| node.feeds()).copied()
}

/// Walks upstream from what is put out along edges that carry something.
fn mark_audible(graph: &mut Graph, mix: bool) {
    let master = graph.master;
    graph.strips[master].audible = mix;
    for tap in graph.taps.iter().filter(|tap| !tap.silenced) {
        graph.strips[tap.strip].audible = true;
    }
    for strip in graph.order.clone().into_iter().rev() {
        if !graph.strips[strip].audible {
            continue;
        }
        let mut joins = Vec::new();
        if let StripInput::Join(join) = graph.strips[strip].input {
            joins.push(join);
        }
        joins.extend(graph.strips[strip].nodes.iter().flat_map(|node| node.hears()));
        for join in joins {
            for edge in &graph.joins[join].inputs {
                if !graph.edges[*edge].silenced {
                    let from = graph.edges[*edge].from;
                    graph.strips[from].audible = true;
                }
            }
        }
    }
}
