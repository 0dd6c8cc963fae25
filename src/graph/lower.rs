//! Pass: lower. Turns the document into strips, joins and edges, everything in samples.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::audible::EdgeRole;
use super::compile::CompileConfig;
use super::controls::{fader_controls, insert_controls, master_controls, send_controls};
use super::error::CompileError;
use super::key::SignalKey;
use super::model::{
    Edge, FaderControls, Graph, Join, JoinIndex, Node, NodeKind, PanStyle, Strip, StripIndex,
    StripInput,
};
use super::{clips, notes};
use crate::process::ProcessorFactory;
use crate::session::{
    AutomationLane, ChannelLayout, Insert, OutputTarget, PLUGIN_PROCESSOR, Session, Sidechain, Tap,
    Track, TrackId, TrackKind,
};
use crate::time::{Samples, TempoMap};

/// Lowers `session`; returns the graph and what each edge is.
pub(super) fn lower(
    session: &Session,
    tempo: &TempoMap,
    config: &CompileConfig<'_>,
) -> Result<(Graph, Vec<EdgeRole>), CompileError> {
    let mut lowering = Lowering {
        session,
        tempo,
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
    lowering.master()?;
    lowering.connect();
    Ok((lowering.graph, lowering.roles))
}

struct Lowering<'a> {
    session: &'a Session,
    tempo: &'a TempoMap,
    config: &'a CompileConfig<'a>,
    graph: Graph,
    roles: Vec<EdgeRole>,
    strips: BTreeMap<&'a TrackId, StripIndex>,
    /// The join that feeds a group, a return or the master.
    inputs: BTreeMap<StripIndex, JoinIndex>,
    /// Edges to add to outlets once all strips exist.
    outlets: BTreeMap<(StripIndex, Tap), Vec<usize>>,
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
        let input = match (track.kind, self.inputs.get(&index)) {
            (_, Some(join)) => StripInput::Join(*join),
            (TrackKind::Instrument, _) => StripInput::Silence,
            _ => {
                StripInput::Clips(clips::plan(&path, track, self.session, self.tempo, self.config)?)
            }
        };
        let events = match track.kind {
            TrackKind::Instrument => notes::events(track, self.tempo),
            _ => Vec::new(),
        };
        let mut nodes = self.chain(&path, index, &track.inserts, &track.lanes)?;
        nodes.push(outlet(&path, "pre-fader"));
        let pan = match track.layout {
            ChannelLayout::Mono => PanStyle::Mono(self.session.pan_law),
            ChannelLayout::Stereo => PanStyle::Balance,
        };
        let controls = fader_controls(self.session, track, self.tempo);
        nodes.push(fader(&path, FaderControls { controls, pan }));
        nodes.push(outlet(&path, "post-fader"));
        self.graph.strips.push(strip(path, track.layout, input, events, nodes));
        self.track_edges(index, track);
        Ok(())
    }

    fn master(&mut self) -> Result<(), CompileError> {
        let index = self.master_index();
        let master = &self.session.master;
        let mut nodes = self.chain("master", index, &master.inserts, &master.lanes)?;
        let controls = master_controls(self.session, self.tempo);
        nodes.push(fader("master", FaderControls { controls, pan: PanStyle::Balance }));
        let input = StripInput::Join(self.inputs[&index]);
        let strip = strip("master".to_owned(), ChannelLayout::Stereo, input, Vec::new(), nodes);
        self.graph.strips.push(strip);
        Ok(())
    }

    fn chain(
        &mut self,
        strip_path: &str,
        strip: StripIndex,
        inserts: &'a [Insert],
        lanes: &[AutomationLane],
    ) -> Result<Vec<Node>, CompileError> {
        let mut nodes = Vec::with_capacity(inserts.len());
        for insert in inserts {
            let path = format!("{strip_path}/inserts/{}", insert.id);
            nodes.extend(self.insert(path, strip, insert, lanes)?);
        }
        Ok(nodes)
    }

    /// The node of an insert; none where it is bypassed and adds no latency.
    fn insert(
        &mut self,
        path: String,
        strip: StripIndex,
        insert: &'a Insert,
        lanes: &[AutomationLane],
    ) -> Result<Option<Node>, CompileError> {
        if insert.bypass && insert.processor == PLUGIN_PROCESSOR {
            return Ok(None);
        }
        let factory = self.factory(&path, insert)?;
        let controls = insert_controls(&path, insert, lanes, factory.spec(), self.tempo)?;
        let rate = self.session.sample_rate;
        let latency = factory.latency(controls.constants(), rate);
        if insert.bypass {
            let node = Node { kind: NodeKind::Delay, ..bare_node(path, latency, Samples::ZERO) };
            return Ok((latency > Samples::ZERO).then_some(node));
        }
        let tail = factory.tail_at_tempo(controls.constants(), self.tempo);
        let sidechain = match &insert.sidechain {
            Some(sidechain) if factory.spec().has_sidechain() => {
                Some(self.sidechain(&path, strip, sidechain))
            }
            Some(_) => {
                let what = format!(
                    "{} has no sidechain input: remove its sidechain or use a compressor",
                    insert.processor
                );
                return Err(CompileError::Unsupported { path, what });
            }
            None => None,
        };
        let kind = NodeKind::Processor { factory, controls, sidechain };
        Ok(Some(Node { kind, ..bare_node(path, latency, tail) }))
    }

    fn factory(
        &self,
        path: &str,
        insert: &Insert,
    ) -> Result<Arc<dyn ProcessorFactory>, CompileError> {
        if let Some(factory) = self.config.processors.factory(insert) {
            return Ok(factory);
        }
        let path = path.to_owned();
        Err(match &insert.plugin {
            Some(plugin) => CompileError::Plugin {
                path,
                format: format!("{:?}", plugin.format).to_uppercase(),
                id: plugin.id.clone(),
            },
            None => CompileError::UnknownProcessor {
                path,
                name: insert.processor.clone(),
                choices: self.config.processors.names().join(", "),
            },
        })
    }

    fn sidechain(&mut self, path: &str, strip: StripIndex, sidechain: &Sidechain) -> JoinIndex {
        let join = self.join(format!("{path}/sidechain"), strip);
        if let Some(from) = self.strips.get(&sidechain.from).copied() {
            let id = format!("{path}/sidechain/{}", sidechain.from);
            let role = EdgeRole::Sidechain(sidechain.tap);
            self.edge(id, from, sidechain.tap, join, None, role);
        }
        join
    }

    fn track_edges(&mut self, index: StripIndex, track: &Track) {
        let output = match &track.output {
            OutputTarget::Master => Some(self.master_index()),
            OutputTarget::Group(group) => self.strips.get(group).copied(),
            OutputTarget::None => None,
        };
        if let Some(join) = output.and_then(|to| self.inputs.get(&to).copied()) {
            let id = format!("tracks/{}/output", track.id);
            self.edge(id, index, Tap::PostFader, join, None, EdgeRole::Output);
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
            self.edge(id, index, send.tap, join, gain, EdgeRole::Send { muted });
        }
    }

    fn edge(
        &mut self,
        id: String,
        from: StripIndex,
        tap: Tap,
        to: JoinIndex,
        gain: Option<FaderControls>,
        role: EdgeRole,
    ) {
        let mono = tap == Tap::PreFader
            && self.session.tracks.get(from).is_some_and(|t| t.layout == ChannelLayout::Mono);
        let index = self.graph.edges.len();
        self.graph.edges.push(Edge {
            id,
            from,
            to,
            gain,
            channels: if mono { 1 } else { 2 },
            silenced: false,
            latency: Samples::ZERO,
            delay: Samples::ZERO,
            key: SignalKey::default(),
        });
        self.roles.push(role);
        self.graph.joins[to].inputs.push(index);
        self.outlets.entry((from, tap)).or_default().push(index);
    }

    /// Puts the edges into the outlets of the strips they come from and drops outlets nothing uses.
    fn connect(&mut self) {
        for (index, strip) in self.graph.strips.iter_mut().enumerate() {
            for node in &mut strip.nodes {
                let tap =
                    if node.id.ends_with("/pre-fader") { Tap::PreFader } else { Tap::PostFader };
                if let NodeKind::Outlet(edges) = &mut node.kind {
                    *edges = self.outlets.remove(&(index, tap)).unwrap_or_default();
                }
            }
            strip
                .nodes
                .retain(|node| !matches!(&node.kind, NodeKind::Outlet(edges) if edges.is_empty()));
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

fn outlet(path: &str, tap: &str) -> Node {
    let id = format!("{path}/{tap}");
    Node { kind: NodeKind::Outlet(Vec::new()), ..bare_node(id, Samples::ZERO, Samples::ZERO) }
}

fn fader(path: &str, controls: FaderControls) -> Node {
    let id = format!("{path}/fader");
    Node { kind: NodeKind::Fader(controls), ..bare_node(id, Samples::ZERO, Samples::ZERO) }
}

fn strip(
    id: String,
    layout: ChannelLayout,
    input: StripInput,
    events: Vec<crate::process::Event>,
    nodes: Vec<Node>,
) -> Strip {
    Strip {
        id,
        layout,
        input,
        events,
        nodes,
        audible: false,
        input_latency: Samples::ZERO,
        input_key: SignalKey::default(),
    }
}
