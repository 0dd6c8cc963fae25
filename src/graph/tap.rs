//! Taps: signals of a plan that are handed out beside the mix, for stems and freezes.

use super::key::SignalKey;
use super::model::StripIndex;
use crate::session::{InsertId, TrackId};
use crate::time::Samples;

/// Index of a tap in [`super::Graph::taps`].
pub type TapIndex = usize;

/// Where in a strip a signal is taken.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TapPoint {
    /// The start of the chain, before instruments too: clips, or the sum at the input.
    Input,
    /// What an insert puts out at its main output.
    AfterInsert(InsertId),
    /// What an insert puts out at another output, which the session connects.
    InsertOutput {
        /// The insert.
        insert: InsertId,
        /// The output's name.
        port: String,
    },
    /// What enters the chain: clips, the sum at the input, or what an instrument puts out.
    PreFx,
    /// The chain, before the fader. Mute and solo do not matter here.
    PreFader,
    /// What leaves the fader, on the grid of the joins: signals that feed the same join add up to
    /// its sum with no difference.
    PostFader,
    /// What leaves the fader, alone through a copy of the master's strip.
    ThroughMaster,
}

/// What is tapped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TapSource {
    /// A track, group or return.
    Track(TrackId),
    /// The master; through itself it is the mix.
    Master,
}

/// A signal to hand out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TapRequest {
    /// Of what.
    pub source: TapSource,
    /// Where.
    pub point: TapPoint,
}

/// What a plan is to put out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanOutputs {
    /// The master's output.
    pub mix: bool,
    /// Signals beside it.
    pub taps: Vec<TapRequest>,
}

impl PlanOutputs {
    /// The master's output and nothing else.
    pub const MIX: Self = Self { mix: true, taps: Vec::new() };
}

/// A signal that a plan hands out; always stereo, `[frame][2]`.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanTap {
    /// Stable id, such as `tracks/bass/post-fader`.
    pub id: String,
    /// The strip it is taken from.
    pub strip: StripIndex,
    /// Snapped and clamped as if it entered a join.
    pub on_grid: bool,
    /// Carries nothing: the track is muted, or another is soloed.
    pub silenced: bool,
    /// How late it is.
    pub latency: Samples,
    /// How long it may ring on after the content has ended.
    pub tail: Samples,
    /// Its key.
    pub key: SignalKey,
}
