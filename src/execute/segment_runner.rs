//! Runs one segment block by block: sources, chains, faders, and what leaves them.

use super::chain::chain_from;
use super::clip_player::{ClipPlayer, mean};
use super::delay_line::DelayLine;
use super::event_stream::EventStream;
use super::fader::FaderBank;
use super::outlet::{Outlet, WriteState};
use super::processor_step::{ProcessorStep, Room, output_slot};
use super::segment_io::{JoinIo, JoinWarning, RunError, SegmentConfig};
use crate::graph::{JoinIndex, LinkIndex, Node, NodeKind, Plan, Segment, StripIndex, StripInput};
use crate::midi::Chase;
use crate::process::{LaneBlock, StateWriter, padded_lanes};
use crate::simd::SimdLevel;
use crate::time::frame_count;

/// Runs one segment. Holds all its running state; nothing is allocated after [`Self::new`].
pub struct SegmentRunner {
    strips: Vec<StripIndex>,
    input: Input,
    pub(super) steps: Vec<Step>,
    level: SimdLevel,
    /// `[frame][lanes]` before the fader (`channels` a strip) and from it on (two a strip).
    chain: Vec<f32>,
    wide: Vec<f32>,
    chain_lanes: usize,
    wide_lanes: usize,
    mono: bool,
    pub(super) room: Room,
    /// Its output is the mix.
    is_master: bool,
    /// The first node of each strip that it runs.
    pub(super) first_node: usize,
    link_out: Option<LinkIndex>,
    warnings: Vec<JoinWarning>,
}

enum Input {
    /// The strip's id and its player.
    Clips(Vec<(String, ClipPlayer)>),
    Joins(Vec<JoinIndex>),
    Link(LinkIndex),
    Silence,
}

pub(super) struct Step {
    input_latency: i64,
    /// Node ids by instance, by which state is kept when plans are swapped.
    nodes: Vec<String>,
    pub(super) kind: StepKind,
}

pub(super) enum StepKind {
    Processor(ProcessorStep),
    /// It is run by a processor before it.
    InChain,
    Delay(DelayLine),
    Fader(FaderBank),
    Outlet {
        outlet: Outlet,
        /// The processor's routed output that it taps; none for the chain itself.
        slot: Option<usize>,
    },
}

/// The name under which the events that wait behind a processor are kept.
const WAITING_EVENTS: &str = "waiting events";

impl SegmentRunner {
    /// Prepares a segment of `plan`: opens readers, allocates everything.
    ///
    /// # Errors
    /// Where a file cannot be opened or a processor cannot be prepared.
    pub fn new(plan: &Plan, segment: &Segment, config: SegmentConfig) -> Result<Self, RunError> {
        let strips = &segment.strips;
        let chain_lanes = padded_lanes(strips.len() * segment.channels);
        let wide_lanes = padded_lanes(strips.len() * 2);
        Ok(Self {
            input: input(plan, segment, config)?,
            steps: steps(plan, segment, config)?,
            strips: strips.clone(),
            level: config.level,
            chain: vec![0.0; chain_lanes * config.max_frames],
            wide: vec![0.0; wide_lanes * config.max_frames],
            chain_lanes,
            wide_lanes,
            mono: segment.channels == 1,
            room: Room::new(plan, segment, config),
            is_master: strips[0] == plan.master() && segment.link_out.is_none(),
            first_node: segment.nodes.start,
            link_out: segment.link_out,
            warnings: Vec::new(),
        })
    }

    /// Runs one block of `frames` frames from stream position `position` on.
    ///
    /// # Errors
    /// Where audio cannot be read or a processor fails.
    pub fn run(
        &mut self,
        position: i64,
        frames: usize,
        io: &mut dyn JoinIo,
    ) -> Result<(), RunError> {
        let mut silent = self.enter(position, frames, io)?;
        // After a mono strip's fader the signal lies in the wide buffer.
        let mut widened = !self.mono;
        let mut warnings = std::mem::take(&mut self.warnings);
        let mut steps = self.steps.as_mut_slice();
        while let [step, rest @ ..] = steps {
            if silent {
                let block = &mut self.chain[..frames * self.chain_lanes];
                silent = step.pass_silence(block, position, frames, io, &mut warnings);
                if silent || matches!(step.kind, StepKind::Delay(_)) {
                    let faded = matches!(step.kind, StepKind::Fader(_));
                    if faded && self.mono {
                        self.wide[..frames * self.wide_lanes].fill(0.0);
                        widened = true;
                    }
                    steps = rest;
                    continue;
                }
            }
            if let ([outlet], false) = (&mut *rest, self.mono || self.is_master)
                && let block = &self.chain[..frames * self.chain_lanes]
                && fade_out(step, outlet, self.level, block, io)
            {
                break;
            }
            steps = rest;
            let (buffer, lanes) = if self.mono && widened {
                (&mut self.wide, self.wide_lanes)
            } else {
                (&mut self.chain, self.chain_lanes)
            };
            let block = &mut buffer[..frames * lanes];
            let time = position - step.input_latency;
            match &mut step.kind {
                StepKind::InChain => {}
                StepKind::Delay(line) => line.process(block),
                StepKind::Outlet { outlet, slot } => {
                    let (block, lanes) = match slot {
                        Some(slot) => (self.room.output(*slot, frames), self.room.lanes),
                        None => (&*block, lanes),
                    };
                    outlet.process(self.level, position, block, lanes, io, &mut warnings);
                }
                StepKind::Fader(fader) if self.mono => {
                    let wide = &mut self.wide[..frames * self.wide_lanes];
                    widen(
                        &self.chain[..frames * self.chain_lanes],
                        self.chain_lanes,
                        wide,
                        self.wide_lanes,
                    );
                    fader.process(self.level, time, wide);
                    widened = true;
                }
                StepKind::Fader(fader) => fader.process(self.level, time, block),
                StepKind::Processor(processor) => {
                    let audio = LaneBlock::new(block, lanes);
                    let room = &mut self.room;
                    processor.run(time, self.level, audio, &step.nodes, room, io)?;
                }
            }
        }
        let end = position + frame_count(frames);
        self.room.streams.iter_mut().for_each(|stream| stream.forget(end));
        self.warnings = warnings;
        if let Some(link) = self.link_out {
            io.put_link(link, &self.chain[..frames * self.chain_lanes]);
        }
        if self.is_master {
            let out = if self.mono { &self.wide } else { &self.chain };
            io.output(&out[..2 * frames]);
        }
        Ok(())
    }

    /// Fills the chain's buffer with what enters the strips; true where that is silence.
    fn enter(
        &mut self,
        position: i64,
        frames: usize,
        io: &mut dyn JoinIo,
    ) -> Result<bool, RunError> {
        let (lanes, channels) = (self.chain_lanes, self.chain_channels());
        let block = &mut self.chain[..frames * lanes];
        let mut silent = true;
        match &mut self.input {
            Input::Silence => {}
            Input::Link(link) => {
                io.take_link(*link, block);
                silent = is_silence(block);
            }
            Input::Clips(players) => {
                silent = players.iter().all(|(_, player)| player.is_silent(position, frames));
                if silent {
                    block.fill(0.0);
                    return Ok(true);
                }
                for (instance, (strip, player)) in players.iter_mut().enumerate() {
                    let played = player.play(position, frames, block, lanes, instance * channels);
                    played.map_err(|source| RunError::Audio { strip: strip.clone(), source })?;
                }
            }
            Input::Joins(joins) => {
                for (instance, join) in joins.iter().enumerate() {
                    let sum = &mut self.room.stereo[..2 * frames];
                    io.take(*join, sum);
                    silent &= is_silence(sum);
                    let frames = block.chunks_exact_mut(lanes).zip(sum.chunks_exact(2));
                    if self.mono {
                        for (frame, sum) in frames {
                            frame[instance] = mean(sum[0], sum[1]);
                        }
                    } else {
                        for (frame, sum) in frames {
                            (frame[2 * instance], frame[2 * instance + 1]) = (sum[0], sum[1]);
                        }
                    }
                }
            }
        }
        if silent {
            // The padding, too.
            block.fill(0.0);
        }
        Ok(silent)
    }

    /// The strips it runs, by instance.
    pub fn strips(&self) -> &[StripIndex] {
        &self.strips
    }

    /// The first node of each strip that it runs.
    pub fn first_node(&self) -> usize {
        self.first_node
    }

    /// Channels of each strip up to its fader.
    pub(super) fn chain_channels(&self) -> usize {
        if self.mono { 1 } else { 2 }
    }

    /// Warnings so far, one an edge.
    pub fn warnings(&self) -> &[JoinWarning] {
        &self.warnings
    }

    /// Samples of clips that were not finite so far, by strip.
    pub fn not_finite_in_clips(&self) -> impl Iterator<Item = (StripIndex, u64)> + '_ {
        let players = match &self.input {
            Input::Clips(players) => players.as_slice(),
            _ => &[],
        };
        self.strips.iter().copied().zip(players.iter().map(|(_, player)| player.not_finite))
    }

    /// What its processors have to tell so far, and the ids of their nodes.
    pub fn processor_warnings(&self) -> impl Iterator<Item = (&str, String)> + '_ {
        self.steps.iter().flat_map(|step| {
            let running = match &step.kind {
                StepKind::Processor(running) => Some(running),
                _ => None,
            };
            let nodes = step.nodes.iter().enumerate();
            nodes.filter_map(move |(instance, node)| {
                Some((node.as_str(), running?.processor.warning(instance)?))
            })
        })
    }

    /// Fails where an audio file has changed since its content was identified.
    ///
    /// # Errors
    /// Names the strip and the file.
    pub fn check_sources(&self) -> Result<(), RunError> {
        let Input::Clips(players) = &self.input else { return Ok(()) };
        players.iter().try_for_each(|(strip, player)| {
            player
                .check_sources()
                .map_err(|source| RunError::Audio { strip: strip.clone(), source })
        })
    }

    /// Back to the state right after [`Self::new`].
    pub fn reset(&mut self) {
        self.warnings.clear();
        self.room.streams.iter_mut().for_each(EventStream::reset);
        for step in &mut self.steps {
            match &mut step.kind {
                StepKind::Processor(step) => step.processor.reset(),
                StepKind::InChain => {}
                StepKind::Delay(line) => line.reset(),
                StepKind::Fader(fader) => fader.reset(),
                StepKind::Outlet { outlet, .. } => outlet.reset(),
            }
        }
    }

    /// Back to the state right after [`Self::new`], at timeline position `at`, where instruments are
    /// told what `chase` says.
    pub(super) fn locate(&mut self, at: i64, chase: Chase) {
        self.reset();
        self.room.streams.iter_mut().for_each(|stream| stream.locate(at, chase));
    }

    /// Calls `with` for all running state that can be saved: the stable id of a node or edge, the
    /// name of the processor, and a function that writes the state.
    pub(super) fn save(&self, plan: &Plan, with: &mut dyn FnMut(&str, &str, WriteState<'_>)) {
        for step in &self.steps {
            match &step.kind {
                StepKind::Processor(running) => {
                    for (instance, node) in step.nodes.iter().enumerate() {
                        let processor = &running.processor;
                        if running.checkpointable {
                            with(node, &running.name, &|state| processor.save(instance, state));
                        }
                        if let Some(outlet) = running.event_outlet() {
                            let stream = &self.room.streams[outlet.stream];
                            with(node, WAITING_EVENTS, &|state| stream.save(instance, state));
                        }
                    }
                }
                StepKind::Delay(line) => {
                    let channels = self.chain_channels();
                    for (instance, node) in step.nodes.iter().enumerate() {
                        let lanes = instance * channels..(instance + 1) * channels;
                        with(node, "delay line", &|state| line.save(lanes.clone(), state));
                    }
                }
                StepKind::Outlet { outlet, .. } => outlet.save(&mut |edge, write| {
                    with(&plan.graph.edges[edge].id, "edge", write);
                }),
                StepKind::InChain | StepKind::Fader(_) => {}
            }
        }
    }

    /// Restores the state of every node and edge that `find` knows, by id and name; the others
    /// keep the state they have, but for processors whose state cannot be saved: those start anew.
    pub(super) fn restore<'s>(
        &mut self,
        plan: &Plan,
        find: &dyn Fn(&str, &str) -> Option<&'s StateWriter>,
    ) {
        let channels = self.chain_channels();
        for step in &mut self.steps {
            match &mut step.kind {
                StepKind::Processor(running) => {
                    if !running.checkpointable {
                        running.processor.reset();
                    }
                    for (instance, node) in step.nodes.iter().enumerate() {
                        if let Some(state) = find(node, &running.name) {
                            // A state that does not fit leaves the processor reset, as promised.
                            let _ = running.processor.restore(instance, &mut state.reader());
                        }
                        if let Some(outlet) = running.event_outlet()
                            && let Some(state) = find(node, WAITING_EVENTS)
                        {
                            let stream = &mut self.room.streams[outlet.stream];
                            let _ = stream.restore(instance, &mut state.reader());
                        }
                    }
                }
                StepKind::Delay(line) => {
                    for (instance, node) in step.nodes.iter().enumerate() {
                        if let Some(state) = find(node, "delay line") {
                            let lanes = instance * channels..(instance + 1) * channels;
                            let _ = line.restore(lanes, &mut state.reader());
                        }
                    }
                }
                StepKind::Outlet { outlet, .. } => {
                    for (index, edge) in plan.graph.edges.iter().enumerate() {
                        if let Some(state) = find(&edge.id, "edge") {
                            let _ = outlet.restore(index, &mut state.reader());
                        }
                    }
                }
                StepKind::InChain | StepKind::Fader(_) => {}
            }
        }
    }
}

/// Runs the last two steps in one pass, where they are a fader that never moves and a plain outlet:
/// nobody sees the signal in between. False, and nothing was done, everywhere else.
fn fade_out(
    step: &Step,
    last: &mut Step,
    level: SimdLevel,
    block: &[f32],
    io: &mut dyn JoinIo,
) -> bool {
    match (&step.kind, &mut last.kind) {
        (StepKind::Fader(fader), StepKind::Outlet { outlet, slot: None }) => {
            fader.constant().is_some_and(|gain| outlet.fade_and_add(level, block, gain, io))
        }
        _ => false,
    }
}

impl Step {
    /// Lets a block of silence through without processing it where that is all the same; true where
    /// silence comes out. A delay has done its work in any case, other steps have not where this
    /// is false.
    fn pass_silence(
        &mut self,
        block: &mut [f32],
        position: i64,
        frames: usize,
        io: &mut dyn JoinIo,
        warnings: &mut Vec<JoinWarning>,
    ) -> bool {
        match &mut self.kind {
            StepKind::Processor(processor) => processor.rests(),
            StepKind::Delay(line) => line.process_silence(block),
            // No gain is negative.
            StepKind::InChain | StepKind::Fader(_) => true,
            StepKind::Outlet { outlet, slot: None } => {
                outlet.process_silence(position, frames, io, warnings);
                true
            }
            StepKind::Outlet { slot: Some(_), .. } => false,
        }
    }
}

/// True where every sample is +0.
fn is_silence(samples: &[f32]) -> bool {
    samples.iter().fold(0, |bits, sample| bits | sample.to_bits()) == 0
}

fn input(plan: &Plan, segment: &Segment, config: SegmentConfig) -> Result<Input, RunError> {
    if let Some(link) = segment.link_in {
        return Ok(Input::Link(link));
    }
    let strips = segment.strips.iter().map(|strip| &plan.graph.strips[*strip]);
    let mut players = Vec::new();
    let mut joins = Vec::new();
    for strip in strips {
        match &strip.input {
            StripInput::Clips(clips) => {
                let player = ClipPlayer::new(clips, segment.channels, config);
                let id = strip.id.clone();
                let player =
                    player.map_err(|source| RunError::Audio { strip: id.clone(), source })?;
                players.push((id, player));
            }
            StripInput::Join(join) => joins.push(*join),
            StripInput::Silence => {}
        }
    }
    Ok(if !players.is_empty() {
        Input::Clips(players)
    } else if !joins.is_empty() {
        Input::Joins(joins)
    } else {
        Input::Silence
    })
}

/// The steps that run the segment's nodes, one each.
fn steps(plan: &Plan, segment: &Segment, config: SegmentConfig) -> Result<Vec<Step>, RunError> {
    let mut steps = Vec::with_capacity(segment.nodes.len());
    let mut index = segment.nodes.start;
    while index < segment.nodes.end {
        let chain = if config.chains { chain_from(plan, segment, index, config)? } else { None };
        match chain {
            Some((running, stages)) => {
                let nodes = (index..index + stages).flat_map(|index| ids(plan, segment, index));
                steps.push(Step {
                    input_latency: node(plan, segment, index).input_latency.0,
                    nodes: nodes.collect(),
                    kind: StepKind::Processor(running),
                });
                steps.extend((index + 1..index + stages).map(|index| Step {
                    input_latency: node(plan, segment, index).input_latency.0,
                    nodes: Vec::new(),
                    kind: StepKind::InChain,
                }));
                index += stages;
            }
            None => {
                steps.push(step(plan, segment, index, config)?);
                index += 1;
            }
        }
    }
    Ok(steps)
}

/// Node `index` of the first strip, whose like all strips of the segment have.
fn node<'a>(plan: &'a Plan, segment: &Segment, index: usize) -> &'a Node {
    &plan.graph.strips[segment.strips[0]].nodes[index]
}

/// The ids of node `index` by strip.
fn ids(plan: &Plan, segment: &Segment, index: usize) -> impl Iterator<Item = String> {
    let strips = segment.strips.iter().map(|strip| &plan.graph.strips[*strip]);
    strips.map(move |strip| strip.nodes[index].id.clone())
}

/// The step that runs node `index` of every strip of the segment.
fn step(
    plan: &Plan,
    segment: &Segment,
    index: usize,
    config: SegmentConfig,
) -> Result<Step, RunError> {
    let strips: Vec<_> = segment.strips.iter().map(|strip| &plan.graph.strips[*strip]).collect();
    let nodes: Vec<&Node> = strips.iter().map(|strip| &strip.nodes[index]).collect();
    let kind = match &nodes[0].kind {
        NodeKind::Delay => {
            let widened =
                strips[0].nodes[..index].iter().any(|n| matches!(n.kind, NodeKind::Fader(_)));
            let channels = if widened { 2 } else { segment.channels };
            let frames = usize::try_from(nodes[0].latency.0).unwrap_or(0);
            StepKind::Delay(DelayLine::new(frames, padded_lanes(nodes.len() * channels)))
        }
        NodeKind::Fader(_) => {
            let faders = nodes.iter().filter_map(|node| match &node.kind {
                NodeKind::Fader(fader) => Some(fader),
                _ => None,
            });
            StepKind::Fader(FaderBank::new(&faders.collect::<Vec<_>>()))
        }
        NodeKind::Outlet { .. } => {
            // A fader multiplies the lanes of no strip by 0.
            let faded = |node: &Node| matches!(node.kind, NodeKind::Fader(_));
            let silent_padding = strips[0].nodes[..index].iter().any(faded);
            let slot = output_slot(&strips[0].nodes, index);
            let channels = if slot.is_some() || silent_padding { 2 } else { segment.channels };
            let outlet = Outlet::new(plan, &nodes, channels, silent_padding, config.max_frames);
            StepKind::Outlet { outlet, slot }
        }
        NodeKind::Processor { factory, .. } => {
            StepKind::Processor(ProcessorStep::new(plan, segment, (index, factory), config)?)
        }
    };
    let nodes_ids = ids(plan, segment, index).collect();
    Ok(Step { input_latency: nodes[0].input_latency.0, nodes: nodes_ids, kind })
}

/// Copies the only lane of each strip to two.
fn widen(from: &[f32], from_lanes: usize, to: &mut [f32], to_lanes: usize) {
    for (from, to) in from.chunks_exact(from_lanes).zip(to.chunks_exact_mut(to_lanes)) {
        for (pair, sample) in to.chunks_exact_mut(2).zip(from) {
            pair.fill(*sample);
        }
    }
}
