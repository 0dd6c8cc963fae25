//! Pass: keys. Names every signal by what its samples depend on, inputs included.

use std::ops::Range;

use super::key::{KeyHasher, STORE_CHUNK_FRAMES, SignalKey};
use super::model::{
    Edge, FaderControls, Graph, JoinIndex, Node, NodeKind, OutletPoint, PanStyle, Strip, StripInput,
};
use super::plan::Plan;
use super::player::PlannedClip;
use super::tap::PlanTap;
use crate::process::{ControlPoint, ControlSet, Event, EventKind, ProcessorFactory};
use crate::session::FadeCurve;
use crate::time::{SampleRate, Samples, TempoMap};

/// What every key of a session shares.
struct Common<'a> {
    rate: SampleRate,
    seed: u64,
    tempo: &'a TempoMap,
}

/// Fills in the keys along the order: inputs, nodes, edges, joins.
pub(super) fn keys(graph: &mut Graph, tempo: &TempoMap, seed: u64) {
    let common = Common { rate: tempo.sample_rate(), seed, tempo };
    for strip in graph.order.clone() {
        let input = match graph.strips[strip].input {
            StripInput::Join(join) => {
                let sum = join_key(graph, join);
                let channels = graph.strips[strip].layout.channels();
                KeyHasher::new("strip input").key(&sum).count(channels).finish()
            }
            _ => source_key(&graph.strips[strip], common.rate),
        };
        graph.strips[strip].input_key = input;
        let mut key = input;
        for index in 0..graph.strips[strip].nodes.len() {
            let heard: Vec<usize> = graph.strips[strip].nodes[index].hears().collect();
            for join in heard {
                join_key(graph, join);
            }
            let sum = |join: JoinIndex| graph.joins[join].key;
            let node = node_key(&graph.strips[strip].nodes[index], key, &sum, &common);
            graph.strips[strip].nodes[index].key = node;
            for edge in graph.strips[strip].nodes[index].feeds() {
                graph.edges[*edge].key = edge_key(&graph.edges[*edge], node);
            }
            for tap in graph.strips[strip].nodes[index].taps() {
                graph.taps[*tap].key = tap_key(&graph.taps[*tap], node);
            }
            // An outlet takes nothing from the chain.
            if !matches!(graph.strips[strip].nodes[index].kind, NodeKind::Outlet { .. }) {
                key = node;
            }
        }
    }
}

/// A join's key does not depend on the order of its inputs: the sum is exact.
fn join_key(graph: &mut Graph, join: usize) -> SignalKey {
    let heard = graph.joins[join].inputs.iter().filter(|edge| !graph.edges[**edge].silenced);
    let mut inputs: Vec<SignalKey> = heard.map(|edge| graph.edges[*edge].key).collect();
    inputs.sort_unstable();
    let mut hasher = KeyHasher::new("join");
    for input in &inputs {
        hasher.key(input);
    }
    let key = hasher.finish();
    graph.joins[join].key = key;
    key
}

fn source_key(strip: &Strip, rate: SampleRate) -> SignalKey {
    let mut hasher = KeyHasher::new("source");
    hasher.integer(i64::from(rate.hz())).count(strip.layout.channels());
    if let StripInput::Clips(clips) = &strip.input {
        for clip in clips {
            clip_key(&mut hasher, clip);
        }
    }
    hasher.text("events");
    for event in strip.events.iter() {
        event_key(&mut hasher, event);
    }
    hasher.finish()
}

pub(super) fn event_key(hasher: &mut KeyHasher, event: &Event) {
    hasher.integer(event.at.0);
    match event.kind {
        EventKind::NoteOn { note, channel, key, velocity } => {
            hasher.text("on").bytes(&note.to_le_bytes());
            hasher.bytes(&[channel, key]).number(velocity)
        }
        EventKind::NoteOff { note, channel, key, velocity } => {
            hasher.text("off").bytes(&note.to_le_bytes());
            hasher.bytes(&[channel, key]).number(velocity)
        }
        EventKind::Expression { note, channel, key, kind, value } => {
            hasher.text("expression").bytes(&note.to_le_bytes());
            hasher.bytes(&[channel, key, kind as u8]).number(value)
        }
        EventKind::Controller { channel, target, value } => {
            hasher.text("controller").bytes(&[channel]).text(&target.to_string()).number(value)
        }
        EventKind::Exclusive(part) => {
            hasher.text("exclusive").bytes(&[u8::from(part.is_first()), u8::from(part.is_last())]);
            hasher.bytes(part.bytes())
        }
    };
}

fn clip_key(hasher: &mut KeyHasher, clip: &PlannedClip) {
    hasher.text("clip");
    clip_start_key(hasher, clip);
    clip_end_key(hasher, clip);
}

/// All that matters from a clip's first sample on.
pub(super) fn clip_start_key(hasher: &mut KeyHasher, clip: &PlannedClip) {
    hasher.bytes(&clip.identity).integer(clip.start).integer(clip.offset);
    hasher.integer(clip.loop_length.unwrap_or(0)).integer(i64::from(clip.reverse));
    hasher.number(clip.gain);
    fade_key(hasher, clip.fade_in);
}

/// What matters from the start of a clip's fade out on, which may have no length.
pub(super) fn clip_end_key(hasher: &mut KeyHasher, clip: &PlannedClip) {
    hasher.integer(clip.end);
    fade_key(hasher, clip.fade_out);
}

fn fade_key(hasher: &mut KeyHasher, (length, curve): (i64, FadeCurve)) {
    hasher.integer(length).text(&format!("{curve:?}"));
}

pub(super) fn points_key(hasher: &mut KeyHasher, points: &[ControlPoint]) {
    hasher.count(points.len());
    for point in points {
        hasher.point(point);
    }
}

/// What of a node holds at any time: everything but the courses of its parameters.
pub(super) fn fixed_node_key(node: &Node, plan: &Plan) -> SignalKey {
    let mut hasher = KeyHasher::new("fixed node");
    match &node.kind {
        NodeKind::Outlet { .. } => {}
        NodeKind::Delay => {
            hasher.text("delay").integer(node.latency.0);
        }
        NodeKind::Fader(fader) => fixed_fader_key(&mut hasher, fader, node.input_latency.0),
        NodeKind::Processor { factory, controls, sidechains } => {
            let common = Common { rate: plan.rate, seed: plan.seed, tempo: &plan.tempo };
            processor_key(&mut hasher, node, factory.as_ref(), controls, &common);
            // Which parameters move may choose other operations even while none has moved yet.
            hasher.bytes(&factory.structure(controls).to_le_bytes());
            for join in sidechains {
                hasher.integer(i64::from(join.is_some()));
            }
            fixed_controls_key(&mut hasher, controls);
            if factory.needs_whole_course(controls) {
                hasher.controls(controls);
            }
        }
    }
    hasher.finish()
}

/// What of a strip's input holds at any time.
pub(super) fn fixed_input_key(strip: &Strip, plan: &Plan) -> SignalKey {
    let mut hasher = KeyHasher::new("fixed input");
    hasher.integer(i64::from(STORE_CHUNK_FRAMES)).integer(i64::from(plan.rate.hz()));
    hasher.count(strip.layout.channels());
    hasher.text(match strip.input {
        StripInput::Clips(_) => "clips",
        StripInput::Join(_) => "join",
        StripInput::Silence => "silence",
    });
    hasher.finish()
}

/// What of an edge holds at any time.
pub(super) fn fixed_edge_key(edge: &Edge) -> SignalKey {
    let mut hasher = KeyHasher::new("fixed edge");
    hasher.count(edge.channels).integer(edge.delay.0);
    if let Some(gain) = &edge.gain {
        fixed_fader_key(&mut hasher, gain, edge.latency.0);
    }
    hasher.finish()
}

fn fixed_fader_key(hasher: &mut KeyHasher, fader: &FaderControls, time: i64) {
    // Without automation a level is the same at any time.
    hasher.integer(if fader.controls.is_automated() { time } else { 0 });
    pan_key(hasher, fader.pan);
    fixed_controls_key(hasher, &fader.controls);
}

fn fixed_controls_key(hasher: &mut KeyHasher, controls: &ControlSet) {
    hasher.count(controls.constants().len());
    for value in controls.constants() {
        hasher.number(*value);
    }
    hasher.count(controls.curves().len());
    for (index, _) in controls.curves() {
        hasher.count(*index);
    }
}

fn pan_key(hasher: &mut KeyHasher, pan: PanStyle) {
    match pan {
        PanStyle::Mono(law) => hasher.text(&format!("mono {law:?}")),
        PanStyle::Balance => hasher.text("balance"),
    };
}

/// What a processor is and where it stands, its parameters left out.
fn processor_key(
    hasher: &mut KeyHasher,
    node: &Node,
    factory: &dyn ProcessorFactory,
    controls: &ControlSet,
    common: &Common<'_>,
) {
    let spec = factory.spec();
    hasher.text(&spec.name).integer(i64::from(spec.version));
    hasher.integer(i64::from(common.rate.hz()));
    // Node time enters: automation, events and the flush grid are laid out in it. The id and the
    // seed enter, for what is random is a function of them.
    hasher.integer(node.input_latency.0).text(&node.id).bytes(&common.seed.to_le_bytes());
    if let Some(identity) = factory.file_identity() {
        hasher.text("file").bytes(&identity);
        if let Some(decoder) = factory.file_decoder() {
            hasher.text("decoder").text(decoder);
        }
    }
    if factory.follows_tempo(controls) {
        hasher.text("tempo");
        for stretch in common.tempo.stretches() {
            hasher.integer(stretch.at.0).number(stretch.samples);
            hasher.number(stretch.bpm).number(stretch.slope);
        }
    }
}

/// The key of what `node` makes of `input`; `sum` says the keys of the joins it hears.
fn node_key(
    node: &Node,
    input: SignalKey,
    sum: &dyn Fn(JoinIndex) -> SignalKey,
    common: &Common<'_>,
) -> SignalKey {
    match &node.kind {
        // What a processor puts out elsewhere follows from the same things as its main output.
        NodeKind::Outlet { point: OutletPoint::Port { name, .. }, .. } => {
            KeyHasher::new("output").key(&input).text(name).finish()
        }
        // Signals leave here unchanged.
        NodeKind::Outlet { .. } => input,
        NodeKind::Delay => KeyHasher::new("delay").key(&input).integer(node.latency.0).finish(),
        NodeKind::Fader(fader) => fader_key("fader", fader, node.input_latency.0, input),
        NodeKind::Processor { factory, controls, sidechains } => {
            let mut hasher = KeyHasher::new("processor");
            processor_key(&mut hasher, node, factory.as_ref(), controls, common);
            hasher.key(&input).controls(controls);
            for (port, join) in factory.spec().sidechains().iter().zip(sidechains) {
                if let Some(join) = join {
                    hasher.text(&port.name).key(&sum(*join));
                }
            }
            hasher.finish()
        }
    }
}

fn fader_key(domain: &str, fader: &FaderControls, time: i64, input: SignalKey) -> SignalKey {
    let mut hasher = KeyHasher::new(domain);
    // Without automation a level is the same at any time.
    hasher.integer(if fader.controls.is_automated() { time } else { 0 });
    pan_key(&mut hasher, fader.pan);
    hasher.key(&input).controls(&fader.controls).finish()
}

fn edge_key(edge: &Edge, input: SignalKey) -> SignalKey {
    let sent = match &edge.gain {
        Some(fader) => fader_key("send", fader, edge.latency.0, input),
        None => input,
    };
    KeyHasher::new("edge").key(&sent).count(edge.channels).integer(edge.delay.0).finish()
}

/// The key of all that the nodes `nodes` of a strip depend on but what they hear, and for the first
/// of them (`nodes` starts at 0) the strip's own input. How late they are does not enter: it is the
/// settings that this tells apart.
pub(super) fn own_key(plan: &Plan, strip: &Strip, nodes: Range<usize>) -> SignalKey {
    let common = Common { rate: plan.rate, seed: plan.seed, tempo: &plan.tempo };
    let mut hasher = KeyHasher::new("own");
    if nodes.start == 0 {
        hasher.key(&source_key(strip, plan.rate));
        if let StripInput::Join(join) = strip.input {
            hasher.key(&own_join_key(&plan.graph, join));
        }
    }
    let sum = |join: JoinIndex| own_join_key(&plan.graph, join);
    for node in &strip.nodes[nodes] {
        // What leaves here is told by what hears it; what waits here waits for something else.
        if matches!(node.kind, NodeKind::Processor { .. } | NodeKind::Fader(_)) {
            let prompt = Node { input_latency: Samples::ZERO, ..node.clone() };
            hasher.key(&node_key(&prompt, SignalKey::default(), &sum, &common));
        }
    }
    hasher.finish()
}

/// What is connected to a join, and at which levels.
fn own_join_key(graph: &Graph, join: JoinIndex) -> SignalKey {
    let heard = graph.joins[join].inputs.iter().map(|edge| &graph.edges[*edge]);
    let mut heard: Vec<&Edge> = heard.filter(|edge| !edge.silenced).collect();
    heard.sort_unstable_by_key(|edge| &edge.id);
    let mut hasher = KeyHasher::new("own join");
    for edge in heard {
        hasher.text(&edge.id).count(edge.channels);
        if let Some(gain) = &edge.gain {
            hasher.key(&fader_key("send", gain, 0, SignalKey::default()));
        }
    }
    hasher.finish()
}

/// The key of what a tap hands out, from that of the signal it taps, whole or so far.
pub(super) fn tap_key(tap: &PlanTap, input: SignalKey) -> SignalKey {
    let mut hasher = KeyHasher::new("tap");
    hasher.key(&input).integer(i64::from(tap.on_grid)).integer(i64::from(tap.silenced)).finish()
}
