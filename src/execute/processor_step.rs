//! A processor of a segment's chain: gathers what it hears for a block, runs it, and passes on what
//! it puts out.

use std::sync::Arc;

use super::event_stream::{EventStream, MAX_EVENTS_WAITING};
use super::segment_io::{JoinIo, SegmentConfig};
use crate::graph::{JoinIndex, Node, NodeKind, OutletPoint, Plan, Segment};
use crate::process::{
    Event, EventOutput, InstanceSetup, LaneBlock, LaneRef, MAX_FURTHER_OUTPUTS, MAX_SIDECHAINS,
    Prepare, PrepareError, ProcessContext, ProcessFault, Processor, ProcessorFactory, padded_lanes,
};
use crate::simd::SimdLevel;
use crate::time::frame_count;

/// Most instances of one segment: one mono strip a lane.
const MAX_INSTANCES: usize = 16;

/// What all processors of a segment share, since only one of them runs at a time.
pub(super) struct Room {
    /// Lanes of a stereo block of all strips.
    pub(super) lanes: usize,
    /// What sidechain inputs hear: `[connected port][frame][lanes]`.
    sidechains: Vec<f32>,
    /// What leaves through further outputs: `[routed port][frame][lanes]`.
    outputs: Vec<f32>,
    /// One stereo signal: `[frame][2]`.
    pub(super) stereo: Vec<f32>,
    /// The strips' own events, then what each processor with an event output puts out.
    pub(super) streams: Vec<EventStream>,
}

/// A processor with its instances.
pub(super) struct ProcessorStep {
    pub(super) processor: Box<dyn Processor>,
    pub(super) name: String,
    /// Its state can be saved and restored.
    pub(super) checkpointable: bool,
    /// By port, then instance; `None` where nothing is connected.
    sidechains: Vec<Option<Vec<JoinIndex>>>,
    /// By port: whether it is routed.
    routed: Vec<bool>,
    /// The stream it hears.
    heard: Option<usize>,
    events: Option<EventOutlet>,
    instances: usize,
}

/// Where a processor's events go.
pub(super) struct EventOutlet {
    /// The stream they make.
    pub(super) stream: usize,
    /// How late they are.
    latency: i64,
    outputs: Vec<EventOutput>,
}

impl Room {
    /// Allocates for the chain that all strips of `segment` have.
    pub(super) fn new(plan: &Plan, segment: &Segment, config: SegmentConfig) -> Self {
        let strips: Vec<_> =
            segment.strips.iter().map(|strip| &plan.graph.strips[*strip]).collect();
        let nodes = &strips[0].nodes;
        let lanes = padded_lanes(strips.len() * 2);
        let sidechains = nodes.iter().map(|node| node.hears().count()).max().unwrap_or(0);
        let outputs = (0..nodes.len()).map(|index| routed_after(nodes, index).count());
        let outputs = outputs.max().unwrap_or(0);
        let own = strips.iter().map(|strip| Arc::clone(&strip.events)).collect();
        let mut streams = vec![EventStream::fixed(own)];
        for index in (0..nodes.len()).filter(|index| puts_out_events(&nodes[*index])) {
            streams.push(EventStream::passing(strips.len(), latest_listener(nodes, index)));
        }
        Self {
            lanes,
            sidechains: vec![0.0; sidechains * lanes * config.max_frames],
            outputs: vec![0.0; outputs * lanes * config.max_frames],
            stereo: vec![0.0; 2 * config.max_frames],
            streams,
        }
    }

    /// What the processor that ran last put out at the routed port `slot`.
    pub(super) fn output(&self, slot: usize, frames: usize) -> &[f32] {
        let length = frames * self.lanes;
        &self.outputs[slot * length..(slot + 1) * length]
    }
}

impl ProcessorStep {
    /// Prepares the processor that `factory` makes for node `index` of every strip of `segment`.
    pub(super) fn new(
        plan: &Plan,
        segment: &Segment,
        (index, factory): (usize, &Arc<dyn ProcessorFactory>),
        config: SegmentConfig,
    ) -> Result<Self, PrepareError> {
        let strips = segment.strips.iter().map(|strip| &plan.graph.strips[*strip]);
        let nodes: Vec<&[Node]> = strips.map(|strip| strip.nodes.as_slice()).collect();
        let spec = factory.spec();
        let setups = setups(plan, segment, index);
        let joins: Vec<&[Option<JoinIndex>]> =
            nodes.iter().map(|nodes| sidechains_of(&nodes[index])).collect();
        let processor = factory.prepare(&prepare(plan, segment, &setups, config))?;
        // Strips side by side have the same ports connected.
        let ports = 0..spec.sidechains().len();
        let sidechains = ports.map(|port| joins.iter().map(|joins| joins[port]).collect());
        let mut routed = vec![false; spec.further_outputs().len()];
        routed_after(nodes[0], index).for_each(|port| routed[port] = true);
        let events = puts_out_events(&nodes[0][index]).then(|| EventOutlet {
            stream: stream_at(nodes[0], index) + 1,
            latency: nodes[0][index].latency.0,
            outputs: vec![EventOutput::new(); setups.len()],
        });
        Ok(Self {
            processor,
            name: spec.name.to_string(),
            checkpointable: spec.traits.checkpointable,
            sidechains: sidechains.collect(),
            routed,
            heard: (spec.event_inputs > 0).then(|| stream_at(nodes[0], index)),
            events,
            instances: setups.len(),
        })
    }

    /// A step with `processor`, called `name`, which has one input and one output, and no state that
    /// can be saved.
    pub(super) fn of_chain(processor: Box<dyn Processor>, name: &str, instances: usize) -> Self {
        Self {
            processor,
            name: name.to_owned(),
            checkpointable: false,
            sidechains: Vec::new(),
            routed: Vec::new(),
            heard: None,
            events: None,
            instances,
        }
    }

    /// Runs one block whose first frame is at node time `time`; `nodes` are the instances' ids.
    pub(super) fn run(
        &mut self,
        time: i64,
        level: SimdLevel,
        audio: LaneBlock<'_>,
        nodes: &[String],
        room: &mut Room,
        io: &mut dyn JoinIo,
    ) -> Result<(), ProcessFault> {
        let frames = audio.frames();
        let end = time + frame_count(frames);
        let Room { lanes, sidechains, outputs, stereo, streams } = room;
        let stereo = &mut stereo[..2 * frames];
        let sidechains = self.gather_sidechains(sidechains, frames, *lanes, stereo, io);
        let mut inside: [&[Event]; MAX_INSTANCES] = [&[]; MAX_INSTANCES];
        if let Some(stream) = self.heard {
            for (instance, inside) in inside.iter_mut().enumerate().take(self.instances) {
                *inside = streams[stream].inside(instance, time, end);
            }
        }
        // Most processors have one output: they do without the array.
        let mut further;
        let outputs = if self.routed.is_empty() {
            &mut [][..]
        } else {
            further = [const { None }; MAX_FURTHER_OUTPUTS];
            silence_outputs(&self.routed, outputs, frames, *lanes, &mut further);
            &mut further[..self.routed.len()]
        };
        let mut event_outputs = &mut [][..];
        if let Some(outlet) = &mut self.events {
            outlet.outputs.iter_mut().for_each(|output| output.begin(time, end));
            event_outputs = &mut outlet.outputs;
        }
        self.processor.process(&mut ProcessContext {
            time,
            audio,
            sidechains: &sidechains[..self.sidechains.len()],
            outputs,
            events: &inside[..self.instances],
            event_outputs,
            level,
        })?;
        match &self.events {
            Some(outlet) => outlet.pass_on(time, nodes, streams),
            None => Ok(()),
        }
    }

    /// True where a silent block can be left as it is.
    pub(super) fn rests(&self) -> bool {
        // What sidechains hear has to be taken, and outputs to be silenced.
        let hears = self.sidechains.iter().any(Option::is_some);
        let plays = self.heard.is_some() || self.events.is_some();
        !hears && !plays && !self.routed.contains(&true) && self.processor.rests()
    }

    /// Takes the sums the sidechain inputs hear and interleaves them.
    fn gather_sidechains<'a>(
        &self,
        buffer: &'a mut [f32],
        frames: usize,
        lanes: usize,
        stereo: &mut [f32],
        io: &mut dyn JoinIo,
    ) -> [Option<LaneRef<'a>>; MAX_SIDECHAINS] {
        let mut heard = [None; MAX_SIDECHAINS];
        let mut blocks = buffer.chunks_exact_mut((frames * lanes).max(1));
        for (port, heard) in self.sidechains.iter().zip(&mut heard) {
            let Some(joins) = port else { continue };
            let Some(block) = blocks.next() else { break };
            for (instance, join) in joins.iter().enumerate() {
                io.take(*join, stereo);
                for (frame, sum) in block.chunks_exact_mut(lanes).zip(stereo.chunks_exact(2)) {
                    frame[2 * instance..2 * instance + 2].copy_from_slice(sum);
                }
            }
            *heard = Some(LaneRef::new(block, lanes));
        }
        heard
    }

    /// Where its events go.
    pub(super) fn event_outlet(&self) -> Option<&EventOutlet> {
        self.events.as_ref()
    }
}

impl EventOutlet {
    /// Hands what was put out in the block at node time `time` to those who hear it.
    fn pass_on(
        &self,
        time: i64,
        nodes: &[String],
        streams: &mut [EventStream],
    ) -> Result<(), ProcessFault> {
        for (instance, (output, node)) in self.outputs.iter().zip(nodes).enumerate() {
            let fault =
                |what| Err(ProcessFault { node: node.clone(), time, what, is_of_plugin: false });
            if let Some(refusal) = output.refusal() {
                return fault(refusal.to_string());
            }
            if !streams[self.stream].append(instance, output.events(), self.latency) {
                return fault(format!(
                    "more than {MAX_EVENTS_WAITING} of its events wait for processors after it, \
                     because of the latency in between: put it right before the one that plays them"
                ));
            }
        }
        Ok(())
    }
}

/// What node `index` of every strip of `segment` is prepared with.
pub(super) fn setups(plan: &Plan, segment: &Segment, index: usize) -> Vec<InstanceSetup> {
    let nodes = segment.strips.iter().map(|strip| &plan.graph.strips[*strip].nodes[index]);
    let setup = |node: &Node| {
        let NodeKind::Processor { controls, sidechains, .. } = &node.kind else { return None };
        Some(InstanceSetup {
            node: node.id.clone(),
            controls: controls.clone(),
            seed: plan.seed,
            sidechained: sidechains.first().is_some_and(Option::is_some),
        })
    };
    nodes.filter_map(setup).collect()
}

/// What a node's sidechain inputs hear, by port.
fn sidechains_of(node: &Node) -> &[Option<JoinIndex>] {
    match &node.kind {
        NodeKind::Processor { sidechains, .. } => sidechains,
        _ => &[],
    }
}

/// What a processor with `instances` is prepared with.
pub(super) fn prepare<'a>(
    plan: &'a Plan,
    segment: &Segment,
    instances: &'a [InstanceSetup],
    config: SegmentConfig,
) -> Prepare<'a> {
    Prepare {
        rate: plan.rate,
        max_frames: config.max_frames,
        channels: segment.channels,
        instances,
        tempo: &plan.tempo,
    }
}

/// A silent block for each routed port.
fn silence_outputs<'a>(
    routed: &[bool],
    buffer: &'a mut [f32],
    frames: usize,
    lanes: usize,
    further: &mut [Option<LaneBlock<'a>>],
) {
    let mut blocks = buffer.chunks_exact_mut((frames * lanes).max(1));
    for (further, _) in further.iter_mut().zip(routed).filter(|(_, routed)| **routed) {
        let Some(block) = blocks.next() else { break };
        block.fill(0.0);
        *further = Some(LaneBlock::new(block, lanes));
    }
}

/// The ports of node `index` that outlets after it tap, in order.
pub(super) fn routed_after(nodes: &[Node], index: usize) -> impl Iterator<Item = usize> + '_ {
    nodes[index + 1..].iter().map_while(|node| match &node.kind {
        NodeKind::Outlet { point: OutletPoint::Port { index, .. }, .. } => Some(*index),
        _ => None,
    })
}

/// How many outlets of ports stand between the processor and the outlet at `index`.
pub(super) fn output_slot(nodes: &[Node], index: usize) -> Option<usize> {
    let taps_port = |node: &Node| {
        matches!(&node.kind, NodeKind::Outlet { point: OutletPoint::Port { .. }, .. })
    };
    let before = nodes[..index].iter().rev().take_while(|node| taps_port(node)).count();
    taps_port(&nodes[index]).then_some(before)
}

fn puts_out_events(node: &Node) -> bool {
    matches!(&node.kind, NodeKind::Processor { factory, .. } if factory.spec().event_outputs > 0)
}

/// The stream that node `index` hears: that of the last processor before it with an event output,
/// or the strip's own.
fn stream_at(nodes: &[Node], index: usize) -> usize {
    nodes[..index].iter().filter(|node| puts_out_events(node)).count()
}

/// The greatest latency at which a processor hears what node `index` puts out.
fn latest_listener(nodes: &[Node], index: usize) -> Option<i64> {
    let stream = stream_at(nodes, index) + 1;
    let listeners = nodes.iter().enumerate().skip(index + 1).filter(|(at, node)| {
        let hears = matches!(&node.kind, NodeKind::Processor { factory, .. } if factory.spec().event_inputs > 0);
        hears && stream_at(nodes, *at) == stream
    });
    listeners.map(|(_, node)| node.input_latency.0).max()
}
