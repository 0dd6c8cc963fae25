//! Pass: keys. Names every signal by what its samples depend on, inputs included.

use super::key::{KeyHasher, SignalKey};
use super::model::{
    Edge, FaderControls, Graph, Node, NodeKind, OutletPoint, PanStyle, Strip, StripInput,
};
use super::player::PlannedClip;
use crate::process::EventKind;
use crate::time::{SampleRate, TempoMap};

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
            let node = node_key(graph, &graph.strips[strip].nodes[index], key, &common);
            graph.strips[strip].nodes[index].key = node;
            for edge in graph.strips[strip].nodes[index].feeds() {
                graph.edges[*edge].key = edge_key(&graph.edges[*edge], node);
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
    for event in &strip.events {
        hasher.integer(event.at.0);
        match event.kind {
            EventKind::NoteOn { note, key, velocity } => hasher
                .text("on")
                .bytes(&note.to_le_bytes())
                .integer(i64::from(key))
                .number(velocity),
            EventKind::NoteOff { note, key } => {
                hasher.text("off").bytes(&note.to_le_bytes()).integer(i64::from(key))
            }
        };
    }
    hasher.finish()
}

fn clip_key(hasher: &mut KeyHasher, clip: &PlannedClip) {
    hasher.text("clip").bytes(&clip.identity);
    hasher.integer(clip.start).integer(clip.end).integer(clip.offset);
    hasher.integer(clip.loop_length.unwrap_or(0)).integer(i64::from(clip.reverse));
    hasher.number(clip.gain);
    for (length, curve) in [clip.fade_in, clip.fade_out] {
        hasher.integer(length).text(&format!("{curve:?}"));
    }
}

fn node_key(graph: &Graph, node: &Node, input: SignalKey, common: &Common<'_>) -> SignalKey {
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
            let spec = factory.spec();
            let mut hasher = KeyHasher::new("processor");
            hasher.text(&spec.name).integer(i64::from(spec.version));
            hasher.integer(i64::from(common.rate.hz()));
            // Node time enters: automation, events and the flush grid are laid out in it. The id
            // and the seed enter, for what is random is a function of them.
            hasher.integer(node.input_latency.0).text(&node.id).bytes(&common.seed.to_le_bytes());
            hasher.key(&input).controls(controls);
            if factory.follows_tempo(controls) {
                hasher.text("tempo");
                for stretch in common.tempo.stretches() {
                    hasher.integer(stretch.at.0).number(stretch.samples);
                    hasher.number(stretch.bpm).number(stretch.slope);
                }
            }
            for (port, join) in spec.sidechains().iter().zip(sidechains) {
                if let Some(join) = join {
                    hasher.text(&port.name).key(&graph.joins[*join].key);
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
    match fader.pan {
        PanStyle::Mono(law) => hasher.text(&format!("mono {law:?}")),
        PanStyle::Balance => hasher.text("balance"),
    };
    hasher.key(&input).controls(&fader.controls).finish()
}

fn edge_key(edge: &Edge, input: SignalKey) -> SignalKey {
    let sent = match &edge.gain {
        Some(fader) => fader_key("send", fader, edge.latency.0, input),
        None => input,
    };
    KeyHasher::new("edge").key(&sent).count(edge.channels).integer(edge.delay.0).finish()
}
