//! Pass: lower. Turns the document into strips, joins and edges, everything in samples.

mod inserts;
mod taps;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::audible::EdgeRole;
use super::compile::CompileConfig;
use super::controls::{fader_controls, master_controls, send_controls};
use super::error::CompileError;
use super::key::SignalKey;
use super::model::{
    Edge, EdgeIndex, FaderControls, Graph, Join, JoinIndex, Node, NodeKind, OutletPoint, PanStyle,
    Strip, StripIndex, StripInput,
};
use super::tap::TapRequest;
use super::{clips, notes};
use crate::midi::EventList;
use crate::process::Event;
use crate::session::{
    AutomationLane, ChannelLayout, Insert, OutputTarget, Session, Tap, Track, TrackId, TrackKind,
};
use crate::time::{Samples, SignatureMap, TempoMap};

/// Lowers `session` and the `taps` of it; returns the graph and what each edge is.
pub(super) fn lower(
    session: &Session,
    (tempo, signatures): (&TempoMap, &SignatureMap),
    config: &CompileConfig<'_>,
    taps: &[TapRequest],
) -> Result<(Graph, Vec<EdgeRole>), CompileError> {
    let mut lowering = Lowering {
        session,
        tempo,
        signatures,
        config,
        graph: Graph::default(),
        roles: Vec::new(),
        strips: session.tracks.iter().enumerate().map(|(i, track)| (&track.id, i)).collect(),
        inputs: BTreeMap::new(),
        outlets: BTreeMap::new(),
    };
    lowering.open_inputs();
    for track in &session.tracks {
        lowering.track(track)?;
    }
    lowering.graph.master = lowering.graph.strips.len();
    lowering.master()?;
    lowering.taps(taps)?;
    lowering.connect();
    Ok((lowering.graph, lowering.roles))
}

struct Lowering<'a> {
    session: &'a Session,
    tempo: &'a TempoMap,
    signatures: &'a SignatureMap,
    config: &'a CompileConfig<'a>,
    graph: Graph,
    roles: Vec<EdgeRole>,
    strips: BTreeMap<&'a TrackId, StripIndex>,
    /// The join that feeds a group, a return or the master.
    inputs: BTreeMap<StripIndex, JoinIndex>,
    /// Edges to add to outlets before and after faders once all strips exist.
    outlets: BTreeMap<(StripIndex, OutletPoint), Vec<EdgeIndex>>,
}

impl<'a> Lowering<'a> {
    fn master_index(&self) -> StripIndex {
        self.session.tracks.len()
    }

    fn open_inputs(&mut self) {
        for (index, track) in self.session.tracks.iter().enumerate() {
            if matches!(track.kind, TrackKind::Group | TrackKind::Return) {
                let join = self.join(format!("tracks/{}/input", track.id), index);
                self.inputs.insert(index, join);
            }
        }
        let master = self.master_index();
        let join = self.join("master/input".to_owned(), master);
        self.inputs.insert(master, join);
    }

    fn join(&mut self, id: String, to: StripIndex) -> JoinIndex {
        self.graph.joins.push(Join {
            id,
            inputs: Vec::new(),
            to,
            latency: Samples::ZERO,
            key: SignalKey::default(),
        });
        self.graph.joins.len() - 1
    }

    fn track(&mut self, track: &'a Track) -> Result<(), CompileError> {
        let path = format!("tracks/{}", track.id);
        let index = self.graph.strips.len();
        let input = self.input(&path, index, track)?;
        let events = match (track.kind, &track.frozen) {
            (TrackKind::Instrument, None) => {
                EventList::new(notes::events(&path, track, self.tempo)?)
            }
            _ => EventList::default(),
        };
        // What a frozen track's chain made of its clips is in the file.
        let inserts = if track.frozen.is_none() { track.inserts.as_slice() } else { &[] };
        let mut nodes = self.chain(&path, index, inserts, (&track.lanes, &events))?;
        let pre_fx = outlet(format!("{path}/pre-fx"), OutletPoint::PreFx, Vec::new());
        nodes.insert(taps::behind_instruments(&nodes), pre_fx);
        nodes.push(outlet(format!("{path}/pre-fader"), OutletPoint::PreFader, Vec::new()));
        let pan = match track.layout {
            ChannelLayout::Mono => PanStyle::Mono(self.session.pan_law),
            ChannelLayout::Stereo => PanStyle::Balance,
        };
        let controls = fader_controls(self.session, track, self.tempo);
        nodes.push(fader(&path, FaderControls { controls, pan }));
        nodes.push(outlet(format!("{path}/post-fader"), OutletPoint::PostFader, Vec::new()));
        let input_tail = track.frozen.as_ref().map_or(Samples::ZERO, |frozen| frozen.tail);
        let strip = strip(path, track.layout, input, events, nodes);
        self.graph.strips.push(Strip { input_tail, ..strip });
        self.track_edges(index, track);
        Ok(())
    }

    /// What enters a track's chain.
    fn input(
        &self,
        path: &str,
        index: StripIndex,
        track: &Track,
    ) -> Result<StripInput, CompileError> {
        if let Some(join) = self.inputs.get(&index) {
            return Ok(StripInput::Join(*join));
        }
        if let Some(frozen) = &track.frozen {
            let file = clips::frozen(path, frozen, self.session, self.config)?;
            return Ok(StripInput::Clips(vec![file]));
        }
        Ok(match track.kind {
            TrackKind::Instrument => StripInput::Silence,
            _ => {
                StripInput::Clips(clips::plan(path, track, self.session, self.tempo, self.config)?)
            }
        })
    }

    fn master(&mut self) -> Result<(), CompileError> {
        let input = self.inputs[&self.master_index()];
        self.master_strip("master".to_owned(), input)
    }

    /// Adds the master's strip, or a copy of it that hears another join. What is random in it is
    /// the same in both: the ids of its nodes are.
    fn master_strip(&mut self, id: String, input: JoinIndex) -> Result<(), CompileError> {
        let index = self.graph.strips.len();
        let master = &self.session.master;
        let outlet = |at: &str, point| outlet(format!("{id}/{at}"), point, Vec::new());
        let mut nodes = vec![outlet("pre-fx", OutletPoint::PreFx)];
        nodes.extend(self.chain("master", index, &master.inserts, (&master.lanes, &[]))?);
        nodes.push(outlet("pre-fader", OutletPoint::PreFader));
        let controls = master_controls(self.session, self.tempo);
        nodes.push(fader("master", FaderControls { controls, pan: PanStyle::Balance }));
        nodes.push(outlet("post-fader", OutletPoint::PostFader));
        let input = StripInput::Join(input);
        self.graph.strips.push(strip(
            id,
            ChannelLayout::Stereo,
            input,
            EventList::default(),
            nodes,
        ));
        Ok(())
    }

    fn chain(
        &mut self,
        strip_path: &str,
        strip: StripIndex,
        inserts: &'a [Insert],
        (lanes, events): (&[AutomationLane], &[Event]),
    ) -> Result<Vec<Node>, CompileError> {
        let mut nodes = Vec::with_capacity(inserts.len());
        for insert in inserts {
            let path = format!("{strip_path}/inserts/{}", insert.id);
            nodes.extend(self.insert(path, strip, insert, (lanes, events))?);
        }
        Ok(nodes)
    }

    fn track_edges(&mut self, index: StripIndex, track: &Track) {
        let output = match &track.output {
            OutputTarget::Master => Some(self.master_index()),
            OutputTarget::Group(group) => self.strips.get(group).copied(),
            OutputTarget::None => None,
        };
        if let Some(join) = output.and_then(|to| self.inputs.get(&to).copied()) {
            let id = format!("tracks/{}/output", track.id);
            self.tap(id, (index, Tap::PostFader), join, None, EdgeRole::Output);
        }
        for send in &track.sends {
            let to = self.strips.get(&send.to).and_then(|to| self.inputs.get(to).copied());
            let Some(join) = to else { continue };
            let mono = track.layout == ChannelLayout::Mono && send.tap == Tap::PreFader;
            let pan = if mono { PanStyle::Mono(self.session.pan_law) } else { PanStyle::Balance };
            let controls = send_controls(self.session, track, send, self.tempo);
            let id = format!("tracks/{}/sends/{}", track.id, send.id);
            let muted = send.mute && !send_mute_automated(track, send);
            let gain = Some(FaderControls { controls, pan });
            self.tap(id, (index, send.tap), join, gain, EdgeRole::Send { muted });
        }
    }

    /// Connects a strip, before or after its fader, to a join.
    fn tap(
        &mut self,
        id: String,
        (from, tap): (StripIndex, Tap),
        to: JoinIndex,
        gain: Option<FaderControls>,
        role: EdgeRole,
    ) {
        let mono = tap == Tap::PreFader
            && self.session.tracks.get(from).is_some_and(|t| t.layout == ChannelLayout::Mono);
        let mut edge = bare_edge(id, from, to);
        (edge.gain, edge.channels) = (gain, if mono { 1 } else { 2 });
        let index = self.edge(edge, role);
        let point = match tap {
            Tap::PreFader => OutletPoint::PreFader,
            Tap::PostFader => OutletPoint::PostFader,
        };
        self.outlets.entry((from, point)).or_default().push(index);
    }

    fn edge(&mut self, edge: Edge, role: EdgeRole) -> EdgeIndex {
        let index = self.graph.edges.len();
        self.graph.joins[edge.to].inputs.push(index);
        self.graph.edges.push(edge);
        self.roles.push(role);
        index
    }

    /// Puts the edges into the outlets of the strips they come from and drops outlets nothing uses.
    fn connect(&mut self) {
        for (index, strip) in self.graph.strips.iter_mut().enumerate() {
            for node in &mut strip.nodes {
                if let NodeKind::Outlet { point, edges, .. } = &mut node.kind {
                    let key = (index, point.clone());
                    edges.extend(self.outlets.remove(&key).unwrap_or_default());
                }
            }
            let outlet = |node: &Node| matches!(node.kind, NodeKind::Outlet { .. });
            let used = |node: &Node| !node.feeds().is_empty() || !node.taps().is_empty();
            strip.nodes.retain(|node| !outlet(node) || used(node));
        }
    }
}

fn send_mute_automated(track: &Track, send: &crate::session::Send) -> bool {
    let target = crate::session::AutomationTarget::SendMute(send.id.clone());
    track.lanes.iter().any(|lane| {
        lane.target == target
            && lane.mode != crate::session::AutomationMode::Off
            && !lane.points.is_empty()
    })
}

fn bare_node(id: String, latency: Samples, tail: Samples) -> Node {
    Node {
        id,
        kind: NodeKind::Delay,
        latency,
        tail,
        input_latency: Samples::ZERO,
        key: SignalKey::default(),
    }
}

fn bare_edge(id: String, from: StripIndex, to: JoinIndex) -> Edge {
    Edge {
        id,
        from,
        to,
        gain: None,
        channels: 2,
        silenced: false,
        latency: Samples::ZERO,
        delay: Samples::ZERO,
        negative: false,
        key: SignalKey::default(),
    }
}

fn outlet(id: String, point: OutletPoint, edges: Vec<EdgeIndex>) -> Node {
    let kind = NodeKind::Outlet { point, edges, taps: Vec::new() };
    Node { kind, ..bare_node(id, Samples::ZERO, Samples::ZERO) }
}

fn fader(path: &str, controls: FaderControls) -> Node {
    let id = format!("{path}/fader");
    Node { kind: NodeKind::Fader(controls), ..bare_node(id, Samples::ZERO, Samples::ZERO) }
}

fn strip(
    id: String,
    layout: ChannelLayout,
    input: StripInput,
    events: EventList,
    nodes: Vec<Node>,
) -> Strip {
    Strip {
        id,
        layout,
        input,
        events: Arc::new(events),
        nodes,
        input_tail: Samples::ZERO,
        audible: false,
        input_latency: Samples::ZERO,
        input_key: SignalKey::default(),
    }
}
