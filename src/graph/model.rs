//! The graph: strips, joins and edges, as the passes fill them in one after the other.

use std::sync::Arc;

use super::key::SignalKey;
use super::player::PlannedClip;
use super::tap::{PlanTap, TapIndex};
use crate::midi::EventList;
use crate::process::{ControlSet, ProcessorFactory};
use crate::session::ChannelLayout;
use crate::time::Samples;

/// Index of a strip in [`Graph::strips`].
pub type StripIndex = usize;
/// Index of a join in [`Graph::joins`].
pub type JoinIndex = usize;
/// Index of an edge in [`Graph::edges`].
pub type EdgeIndex = usize;

/// A session as nodes and connections.
///
/// A *strip* is one channel of the mixer: its input, its chain and its fader. Everything that
/// leaves a strip goes along an *edge* into a *join*, where signals are summed exactly; a strip
/// reads joins as its main input and as sidechains.
#[derive(Clone, Default)]
pub struct Graph {
    /// Tracks in session order, then the master, then copies of it for signals that are tapped
    /// through it.
    pub strips: Vec<Strip>,
    /// The master's index.
    pub master: StripIndex,
    /// Joins.
    pub joins: Vec<Join>,
    /// Edges.
    pub edges: Vec<Edge>,
    /// Signals that are handed out beside the mix.
    pub taps: Vec<PlanTap>,
    /// Strips such that each comes after all it hears; session order where that leaves a choice.
    pub order: Vec<StripIndex>,
}

/// One channel of the mixer.
#[derive(Clone)]
pub struct Strip {
    /// `tracks/ID` or `master`.
    pub id: String,
    /// Channels up to the fader.
    pub layout: ChannelLayout,
    /// What enters the chain.
    pub input: StripInput,
    /// Notes for the instrument, in timeline samples, in order.
    pub events: Arc<EventList>,
    /// The chain, the fader included.
    pub nodes: Vec<Node>,
    /// How long what enters the chain rings on: what a frozen track's chain would.
    pub input_tail: Samples,
    /// Reaches something that is put out; the others are not run.
    pub audible: bool,
    /// Latency at the input of the chain.
    pub input_latency: Samples,
    /// Key of the signal that enters the chain.
    pub input_key: SignalKey,
}

/// What enters a strip's chain.
#[derive(Clone, Debug, PartialEq)]
pub enum StripInput {
    /// Audio clips, in order of start.
    Clips(Vec<PlannedClip>),
    /// The sum at a join.
    Join(JoinIndex),
    /// Nothing: an instrument makes its own sound.
    Silence,
}

/// A step of a chain.
#[derive(Clone)]
pub struct Node {
    /// Stable id, such as `tracks/bass/inserts/eq`.
    pub id: String,
    /// What it does.
    pub kind: NodeKind,
    /// How late its output is against its input.
    pub latency: Samples,
    /// How long it rings on.
    pub tail: Samples,
    /// Latency accumulated at its input: its time is the timeline less this.
    pub input_latency: Samples,
    /// Key of its output.
    pub key: SignalKey,
}

/// What a node does.
#[derive(Clone)]
pub enum NodeKind {
    /// A processor.
    Processor {
        /// Makes it.
        factory: Arc<dyn ProcessorFactory>,
        /// Its parameters, in node time.
        controls: ControlSet,
        /// What its sidechain inputs hear, in the order of its spec.
        sidechains: Vec<Option<JoinIndex>>,
    },
    /// A delay and nothing else: a bypassed processor, or compensation for a late sidechain.
    Delay,
    /// Volume, pan and mute.
    Fader(FaderControls),
    /// Signals leave the strip here.
    Outlet {
        /// What it taps.
        point: OutletPoint,
        /// Where the signal goes.
        edges: Vec<EdgeIndex>,
        /// The taps that hand it out.
        taps: Vec<TapIndex>,
    },
}

/// What an outlet taps.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OutletPoint {
    /// The start of the chain.
    Input,
    /// The insert it stands behind.
    AfterInsert,
    /// What enters the chain, or what its instrument puts out.
    PreFx,
    /// The chain, before the fader.
    PreFader,
    /// The chain, after the fader.
    PostFader,
    /// An output of the insert it stands behind, other than the main one. The outlets of an
    /// insert's outputs follow it at once, in the order of its spec.
    Port {
        /// Which one, from 0.
        index: usize,
        /// Its name.
        name: String,
    },
}

impl Graph {
    /// True where an edge carries something to a strip that is run.
    pub fn runs(&self, edge: EdgeIndex) -> bool {
        let edge = &self.edges[edge];
        !edge.silenced && self.strips[self.joins[edge.to].to].audible
    }
}

impl Node {
    /// The joins its sidechain inputs hear.
    pub fn hears(&self) -> impl Iterator<Item = JoinIndex> + '_ {
        let sidechains = match &self.kind {
            NodeKind::Processor { sidechains, .. } => sidechains.as_slice(),
            _ => &[],
        };
        sidechains.iter().copied().flatten()
    }

    /// True where its running state can be saved and restored.
    pub fn is_checkpointable(&self) -> bool {
        match &self.kind {
            NodeKind::Processor { factory, .. } => factory.spec().traits.checkpointable,
            NodeKind::Delay | NodeKind::Fader(_) | NodeKind::Outlet { .. } => true,
        }
    }

    /// The taps here.
    pub fn taps(&self) -> &[TapIndex] {
        match &self.kind {
            NodeKind::Outlet { taps, .. } => taps,
            _ => &[],
        }
    }

    /// The edges that leave here.
    pub fn feeds(&self) -> &[EdgeIndex] {
        match &self.kind {
            NodeKind::Outlet { edges, .. } => edges,
            _ => &[],
        }
    }
}

/// The level and pan of a fader or a send.
#[derive(Clone, Debug, PartialEq)]
pub struct FaderControls {
    /// Parameters in the order of [`FaderControls::VOLUME`] and on.
    pub controls: ControlSet,
    /// How pan becomes two gains.
    pub pan: PanStyle,
}

impl FaderControls {
    /// Index of the volume in dB.
    pub const VOLUME: usize = 0;
    /// Index of the pan.
    pub const PAN: usize = 1;
    /// Index of the mute: 0 heard, 1 muted.
    pub const MUTE: usize = 2;
    /// Index of the first VCA; each has its volume in dB and its mute.
    pub const FIRST_VCA: usize = 3;
}

/// How pan becomes two gains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PanStyle {
    /// One channel becomes two, by the session's law.
    Mono(crate::session::PanLaw),
    /// Two channels: the one panned away from is turned down linearly.
    Balance,
}

/// A connection from a strip to a join.
#[derive(Clone, Debug, PartialEq)]
pub struct Edge {
    /// Stable id, such as `tracks/bass/output` or `tracks/bass/sends/verb`.
    pub id: String,
    /// Where it comes from.
    pub from: StripIndex,
    /// Where it goes.
    pub to: JoinIndex,
    /// Level and pan of a send.
    pub gain: Option<FaderControls>,
    /// Channels at its start.
    pub channels: usize,
    /// Carries nothing: the track is muted, or another is soloed.
    pub silenced: bool,
    /// Latency accumulated at its start.
    pub latency: Samples,
    /// Compensation, so that all that enters the join is equally late.
    pub delay: Samples,
    /// Is taken away from the join instead of added: a signal that a sum from the store has in it
    /// and that is not to be heard any more.
    pub negative: bool,
    /// Key of what it carries.
    pub key: SignalKey,
}

/// A place where signals are summed exactly; always stereo.
#[derive(Clone, Debug, PartialEq)]
pub struct Join {
    /// Stable id, such as `master/input` or `tracks/bass/inserts/comp/sidechain`.
    pub id: String,
    /// What enters it.
    pub inputs: Vec<EdgeIndex>,
    /// The strip that reads it.
    pub to: StripIndex,
    /// Latency of the sum.
    pub latency: Samples,
    /// Key of the sum.
    pub key: SignalKey,
}
