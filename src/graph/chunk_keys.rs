//! Chunk keys: names of signals chunk by chunk, by all that their samples can depend on so far.
//!
//! The key of a signal's chunk k is a digest of its key at k - 1, of the keys at k of all it hears,
//! and of what the session says about it up to the end of the chunk: clips that have started,
//! events, automation. What comes later changes no key before it, so an edit at bar 50 leaves the
//! names of all that lies before bar 50, and what is stored under them. See
//! `docs/decisions/0006-store.md`.

use super::key::{KeyHasher, STORE_CHUNK_FRAMES, SignalKey};
use super::keys;
use super::model::{
    EdgeIndex, FaderControls, JoinIndex, NodeKind, OutletPoint, StripIndex, StripInput,
};
use super::plan::Plan;
use super::player::PlannedClip;
use super::tap::TapIndex;
use crate::process::{CONTROL_GRID_FRAMES, ControlSet, Event};
use crate::stages::STATE_LAYOUT_VERSION;

/// The keys of all signals of a plan at one chunk after the other, from chunk 0 on.
pub struct ChunkKeys<'p> {
    plan: &'p Plan,
    /// One past the last frame of the chunk whose keys are held.
    end: i64,
    inputs: Vec<SignalKey>,
    nodes: Vec<Vec<SignalKey>>,
    edges: Vec<SignalKey>,
    joins: Vec<SignalKey>,
}

impl<'p> ChunkKeys<'p> {
    /// Stands before chunk 0 of `plan`.
    pub fn new(plan: &'p Plan) -> Self {
        let graph = &plan.graph;
        let nodes = graph.strips.iter().map(|strip| {
            let fixed = strip.nodes.iter().map(|node| keys::fixed_node_key(node, plan));
            fixed.collect()
        });
        Self {
            plan,
            end: 0,
            inputs: graph.strips.iter().map(|strip| keys::fixed_input_key(strip, plan)).collect(),
            nodes: nodes.collect(),
            edges: graph.edges.iter().map(keys::fixed_edge_key).collect(),
            joins: vec![SignalKey::default(); graph.joins.len()],
        }
    }

    /// Goes on to the next chunk.
    pub fn advance(&mut self) {
        let start = self.end;
        self.end += i64::from(STORE_CHUNK_FRAMES);
        for strip in &self.plan.graph.order {
            if self.plan.graph.strips[*strip].audible {
                self.advance_strip(*strip, start);
            }
        }
    }

    /// The sum at a join.
    pub fn join(&self, join: JoinIndex) -> SignalKey {
        self.joins[join]
    }

    /// What an edge carries.
    pub fn edge(&self, edge: EdgeIndex) -> SignalKey {
        self.edges[edge]
    }

    /// The master's output.
    pub fn output(&self) -> SignalKey {
        let master = self.plan.master();
        self.nodes[master].last().copied().unwrap_or(self.inputs[master])
    }

    /// What enters a strip's fader, or leaves the strip where it has none.
    pub fn fader_input(&self, strip: StripIndex) -> SignalKey {
        let nodes = self.plan.graph.strips[strip].nodes.iter().zip(&self.nodes[strip]);
        let before = nodes.take_while(|(node, _)| !matches!(node.kind, NodeKind::Fader(_)));
        // Outlets take nothing from the chain.
        let chain = before.filter(|(node, _)| !matches!(node.kind, NodeKind::Outlet { .. }));
        let signal = chain.last().map_or(self.inputs[strip], |(_, key)| *key);
        let channels = self.plan.graph.strips[strip].layout.channels();
        KeyHasher::new("fader input").key(&signal).count(channels).finish()
    }

    /// What a tap hands out; of no meaning where nothing of it runs.
    pub fn tap(&self, tap: TapIndex) -> SignalKey {
        let planned = &self.plan.graph.taps[tap];
        let nodes = &self.plan.graph.strips[planned.strip].nodes;
        let outlet = nodes.iter().position(|node| node.taps().contains(&tap));
        let tapped = outlet.map_or(SignalKey::default(), |node| self.nodes[planned.strip][node]);
        keys::tap_key(planned, tapped)
    }

    /// All running state of a strip once the chunk has been run, its edges' delays included.
    pub fn state(&self, strip: StripIndex) -> SignalKey {
        let mut hasher = KeyHasher::new("strip state");
        hasher.integer(i64::from(STATE_LAYOUT_VERSION)).key(&self.inputs[strip]);
        for (node, key) in self.plan.graph.strips[strip].nodes.iter().zip(&self.nodes[strip]) {
            // An outlet has no state of its own, and is there or not by what is put out.
            if !matches!(node.kind, NodeKind::Outlet { .. }) {
                hasher.key(key);
            }
            // An edge that does not run has no delay line to save.
            for edge in node.feeds() {
                let runs = self.plan.graph.runs(*edge);
                hasher.integer(i64::from(runs));
                if runs {
                    hasher.key(&self.edges[*edge]);
                }
            }
        }
        hasher.finish()
    }

    fn advance_strip(&mut self, index: StripIndex, start: i64) {
        let plan = self.plan;
        let strip = &plan.graph.strips[index];
        let end = self.end;
        let mut hasher = KeyHasher::new("input chunk");
        hasher.key(&self.inputs[index]);
        match &strip.input {
            StripInput::Join(join) => {
                self.advance_join(*join);
                hasher.key(&self.joins[*join]);
            }
            StripInput::Clips(clips) => clips_between(&mut hasher, clips, start, end),
            StripInput::Silence => {}
        }
        events_between(&mut hasher, &strip.events, start, end);
        let mut input = hasher.finish();
        self.inputs[index] = input;
        for (position, node) in strip.nodes.iter().enumerate() {
            let mut hasher = KeyHasher::new("node chunk");
            hasher.key(&self.nodes[index][position]).key(&input);
            match &node.kind {
                NodeKind::Processor { controls, .. } => {
                    controls_between(&mut hasher, controls, start, end);
                    for join in node.hears() {
                        self.advance_join(join);
                        hasher.key(&self.joins[join]);
                    }
                }
                NodeKind::Fader(FaderControls { controls, .. }) => {
                    controls_between(&mut hasher, controls, start, end);
                }
                NodeKind::Delay => {}
                NodeKind::Outlet { point, edges, .. } => {
                    let tapped = match point {
                        // It follows from the same things as the insert's main output.
                        OutletPoint::Port { name, .. } => {
                            KeyHasher::new("output chunk").key(&input).text(name).finish()
                        }
                        _ => input,
                    };
                    for edge in edges {
                        self.advance_edge(*edge, tapped, start);
                    }
                    // An outlet takes nothing from the chain.
                    self.nodes[index][position] = tapped;
                    continue;
                }
            }
            input = hasher.finish();
            self.nodes[index][position] = input;
        }
    }

    fn advance_edge(&mut self, edge: usize, input: SignalKey, start: i64) {
        let mut hasher = KeyHasher::new("edge chunk");
        hasher.key(&self.edges[edge]).key(&input);
        if let Some(gain) = &self.plan.graph.edges[edge].gain {
            controls_between(&mut hasher, &gain.controls, start, self.end);
        }
        self.edges[edge] = hasher.finish();
    }

    /// A sum's key does not depend on the order of its inputs.
    fn advance_join(&mut self, join: JoinIndex) {
        let graph = &self.plan.graph;
        let heard = graph.joins[join].inputs.iter().filter(|edge| !graph.edges[**edge].silenced);
        let mut inputs: Vec<SignalKey> = heard.map(|edge| self.edges[*edge]).collect();
        inputs.sort_unstable();
        let mut hasher = KeyHasher::new("join chunk");
        // Silence has no inputs that tell one chunk from the next.
        hasher.integer(self.end);
        for input in &inputs {
            hasher.key(input);
        }
        self.joins[join] = hasher.finish();
    }
}

/// What clips add to the key between two stream positions: all of a clip but its end where it
/// starts, and its end where that begins to matter.
fn clips_between(hasher: &mut KeyHasher, clips: &[PlannedClip], start: i64, end: i64) {
    // A chunk takes what lies before its end and was not taken by the chunks before it; the first
    // one takes what lies before the timeline, too.
    let enters = |at: i64| at < end && (at >= start || start == 0);
    for clip in clips {
        if enters(clip.start) {
            hasher.text("clip starts");
            keys::clip_start_key(hasher, clip);
        }
        let reversed_whole = clip.reverse && clip.loop_length.is_none();
        let matters = if reversed_whole { clip.start } else { clip.end - clip.fade_out.0 };
        if enters(matters.max(clip.start)) {
            // With all of the clip: which one ends matters where several sound.
            hasher.text("clip ends");
            keys::clip_start_key(hasher, clip);
            keys::clip_end_key(hasher, clip);
        }
    }
}

/// Events are laid out in timeline samples; a node hears them late, never early.
fn events_between(hasher: &mut KeyHasher, events: &[Event], start: i64, end: i64) {
    let before = |position: i64| events.partition_point(|event| event.at.0 < position);
    let first = if start == 0 { 0 } else { before(start) };
    for event in &events[first..before(end)] {
        keys::event_key(hasher, event);
    }
}

/// The points of every curve on which the chunk's samples depend and no earlier chunk's do.
fn controls_between(hasher: &mut KeyHasher, controls: &ControlSet, start: i64, end: i64) {
    for (index, curve) in controls.curves() {
        let points = curve.points();
        // Lines are cut at every point inside a cell of the control grid, hence the cell more. A
        // node's time is the stream's less its latency, so this looks far enough for all nodes.
        let seen = |position: i64| {
            let count = points
                .partition_point(|point| point.at.0 < position.saturating_add(CONTROL_GRID_FRAMES));
            // On the way to the next point its value matters; before the first point its does.
            let more = count == 0 || points[count - 1].bend.is_some();
            (count + usize::from(more)).min(points.len())
        };
        let first = if start == 0 { 0 } else { seen(start) };
        let after = seen(end);
        if first < after {
            hasher.count(*index);
            keys::points_key(hasher, &points[first..after]);
        }
    }
}
