//! Changes: the few exact edits every command is made of, each of which yields its own inverse.
//!
//! A change holds only what it replaces, never an enclosing object that merely contains it, so a
//! history of thousands of fader moves stays small; and since it holds old values and not a
//! recipe for computing them, undoing it gives back the very same bytes.

use serde::{Deserialize, Serialize};

use super::CommandError;
use super::place::{ChainOwner, LaneOwner};
use super::slot;
use crate::session::{
    AutomationLane, AutomationMode, AutomationPoint, ChannelLayout, Click, Clip, ClipContent,
    ClipId, Fade, Group, Insert, InsertId, LaneId, Marker, OutputTarget, PanLaw, ParameterValue,
    Section, Send, Session, Sidechain, SignaturePoint, TakeLane, TakeLaneId, TempoPoint, TimeValue,
    Track, TrackId, Vca, VcaId,
};
use crate::time::SampleRate;

/// An exact edit of a session. Positions count from 0 in the list as it is before the edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// Gives a field of the session or its master another value.
    Session(SessionValue),
    /// Gives a field of a track another value.
    Track {
        /// The track.
        track: TrackId,
        /// The field and its value.
        value: TrackValue,
    },
    /// Gives a field of a clip another value.
    Clip {
        /// The track it lies on.
        track: TrackId,
        /// The clip.
        clip: ClipId,
        /// The field and its value.
        value: ClipValue,
    },
    /// Gives a field of an insert another value.
    Insert {
        /// Whose chain.
        track: ChainOwner,
        /// The insert.
        insert: InsertId,
        /// The field and its value.
        value: InsertValue,
    },
    /// Gives an automation lane another mode.
    LaneMode {
        /// Whose automation.
        track: LaneOwner,
        /// The lane.
        lane: LaneId,
        /// The mode.
        mode: AutomationMode,
    },
    /// Gives a field of a VCA another value.
    Vca {
        /// The VCA.
        vca: VcaId,
        /// The field and its value.
        value: VcaValue,
    },
    /// Takes items out of a list and puts others in their place.
    Splice {
        /// Where.
        at: usize,
        /// How many go.
        remove: usize,
        /// The list, and what comes.
        insert: Items,
    },
    /// Moves an item of a list.
    Move {
        /// The list.
        list: Order,
        /// Where it is.
        from: usize,
        /// Where it is afterwards.
        to: usize,
    },
}

/// A field of the session or its master.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is the field of that name of `Session` or `Master`.
pub enum SessionValue {
    Name(String),
    SampleRate(SampleRate),
    PluginBlock(u32),
    PanLaw(PanLaw),
    Seed(u64),
    Click(Click),
    MasterVolumeDb(f64),
    MasterPan(f64),
}

/// A field of a track.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is the field of that name of `Track`.
pub enum TrackValue {
    Name(String),
    Layout(ChannelLayout),
    Output(OutputTarget),
    VolumeDb(f64),
    Pan(f64),
    Mute(bool),
    Solo(bool),
    SoloSafe(bool),
    ActiveTakeLane(Option<TakeLaneId>),
}

/// A field of a clip.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is the field of that name of `Clip`.
pub enum ClipValue {
    Name(String),
    Content(ClipContent),
    Start(TimeValue),
    Length(TimeValue),
    GainDb(f64),
    FadeIn(Fade),
    FadeOut(Fade),
    Mute(bool),
    TakeLane(Option<TakeLaneId>),
}

/// A field of an insert.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InsertValue {
    /// The field of that name.
    Bypass(bool),
    /// One parameter; none is its default.
    Parameter {
        /// Its stable id.
        id: String,
        /// Its value.
        value: Option<ParameterValue>,
    },
    /// The field of that name.
    Sidechain(Option<Sidechain>),
    /// The hash of a plug-in's saved state.
    StateSha256(Option<String>),
}

/// A field of a VCA.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is the field of that name of `Vca`.
pub enum VcaValue {
    Name(String),
    VolumeDb(f64),
    Mute(bool),
    Members(Vec<TrackId>),
}

/// Items of a list, and whose list it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is the list of that name, of the session or of the owner given.
pub enum Items {
    Tempo(Vec<TempoPoint>),
    Signatures(Vec<SignaturePoint>),
    Markers(Vec<Marker>),
    Sections(Vec<Section>),
    Tracks(Vec<Track>),
    Vcas(Vec<Vca>),
    Groups(Vec<Group>),
    Clips { track: TrackId, items: Vec<Clip> },
    TakeLanes { track: TrackId, items: Vec<TakeLane> },
    Sends { track: TrackId, items: Vec<Send> },
    Inserts { track: ChainOwner, items: Vec<Insert> },
    Lanes { track: LaneOwner, items: Vec<AutomationLane> },
    Points { track: LaneOwner, lane: LaneId, items: Vec<AutomationPoint> },
}

/// A list whose items move without being copied into the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)] // Each is the list of that name, of the session or of the owner given.
pub enum Order {
    Tracks,
    Clips { track: TrackId },
    Inserts { track: ChainOwner },
}

impl Change {
    /// Applies itself and returns its inverse; where it does not fit, `session` is unchanged.
    pub fn apply(self, session: &mut Session) -> Result<Change, CommandError> {
        Ok(match self {
            Self::Session(value) => Self::Session(value.swap(session)),
            Self::Track { track, value } => {
                let value = value.swap(slot::track(session, &track)?);
                Self::Track { track, value }
            }
            Self::Clip { track, clip, value } => {
                let value = value.swap(slot::clip(session, &track, &clip)?);
                Self::Clip { track, clip, value }
            }
            Self::Insert { track, insert, value } => {
                let value = value.swap(slot::insert(session, &track, &insert)?)?;
                Self::Insert { track, insert, value }
            }
            Self::LaneMode { track, lane, mode } => {
                let mode = swap(&mut slot::lane(session, &track, &lane)?.mode, mode);
                Self::LaneMode { track, lane, mode }
            }
            Self::Vca { vca, value } => {
                let value = value.swap(slot::vca(session, &vca)?);
                Self::Vca { vca, value }
            }
            Self::Splice { at, remove, insert } => {
                let (insert, remove) = insert.splice(session, at, remove)?;
                Self::Splice { at, remove, insert }
            }
            Self::Move { list, from, to } => {
                list.shift(session, from, to)?;
                Self::Move { list, from: to, to: from }
            }
        })
    }
}

fn swap<T>(slot: &mut T, value: T) -> T {
    std::mem::replace(slot, value)
}

impl SessionValue {
    fn swap(self, session: &mut Session) -> Self {
        match self {
            Self::Name(v) => Self::Name(swap(&mut session.name, v)),
            Self::SampleRate(v) => Self::SampleRate(swap(&mut session.sample_rate, v)),
            Self::PluginBlock(v) => Self::PluginBlock(swap(&mut session.plugin_block, v)),
            Self::PanLaw(v) => Self::PanLaw(swap(&mut session.pan_law, v)),
            Self::Seed(v) => Self::Seed(swap(&mut session.seed, v)),
            Self::Click(v) => Self::Click(swap(&mut session.click, v)),
            Self::MasterVolumeDb(v) => Self::MasterVolumeDb(swap(&mut session.master.volume_db, v)),
            Self::MasterPan(v) => Self::MasterPan(swap(&mut session.master.pan, v)),
        }
    }
}

impl TrackValue {
    fn swap(self, track: &mut Track) -> Self {
        match self {
            Self::Name(v) => Self::Name(swap(&mut track.name, v)),
            Self::Layout(v) => Self::Layout(swap(&mut track.layout, v)),
            Self::Output(v) => Self::Output(swap(&mut track.output, v)),
            Self::VolumeDb(v) => Self::VolumeDb(swap(&mut track.volume_db, v)),
            Self::Pan(v) => Self::Pan(swap(&mut track.pan, v)),
            Self::Mute(v) => Self::Mute(swap(&mut track.mute, v)),
            Self::Solo(v) => Self::Solo(swap(&mut track.solo, v)),
            Self::SoloSafe(v) => Self::SoloSafe(swap(&mut track.solo_safe, v)),
            Self::ActiveTakeLane(v) => Self::ActiveTakeLane(swap(&mut track.active_take_lane, v)),
        }
    }
}

impl ClipValue {
    fn swap(self, clip: &mut Clip) -> Self {
        match self {
            Self::Name(v) => Self::Name(swap(&mut clip.name, v)),
            Self::Content(v) => Self::Content(swap(&mut clip.content, v)),
            Self::Start(v) => Self::Start(swap(&mut clip.start, v)),
            Self::Length(v) => Self::Length(swap(&mut clip.length, v)),
            Self::GainDb(v) => Self::GainDb(swap(&mut clip.gain_db, v)),
            Self::FadeIn(v) => Self::FadeIn(swap(&mut clip.fade_in, v)),
            Self::FadeOut(v) => Self::FadeOut(swap(&mut clip.fade_out, v)),
            Self::Mute(v) => Self::Mute(swap(&mut clip.mute, v)),
            Self::TakeLane(v) => Self::TakeLane(swap(&mut clip.take_lane, v)),
        }
    }
}

impl InsertValue {
    fn swap(self, insert: &mut Insert) -> Result<Self, CommandError> {
        Ok(match self {
            Self::Bypass(v) => Self::Bypass(swap(&mut insert.bypass, v)),
            Self::Parameter { id, value } => {
                let old = match value {
                    Some(value) => insert.parameters.insert(id.clone(), value),
                    None => insert.parameters.remove(&id),
                };
                Self::Parameter { id, value: old }
            }
            Self::Sidechain(v) => Self::Sidechain(swap(&mut insert.sidechain, v)),
            Self::StateSha256(v) => {
                let Some(plugin) = insert.plugin.as_mut() else {
                    return Err(CommandError::mismatch(format!(
                        "insert '{}' is no plug-in",
                        insert.id
                    )));
                };
                Self::StateSha256(swap(&mut plugin.state_sha256, v))
            }
        })
    }
}

impl VcaValue {
    fn swap(self, vca: &mut Vca) -> Self {
        match self {
            Self::Name(v) => Self::Name(swap(&mut vca.name, v)),
            Self::VolumeDb(v) => Self::VolumeDb(swap(&mut vca.volume_db, v)),
            Self::Mute(v) => Self::Mute(swap(&mut vca.mute, v)),
            Self::Members(v) => Self::Members(swap(&mut vca.members, v)),
        }
    }
}

impl Items {
    /// Returns what was removed, and how many items have come in its place.
    fn splice(
        self,
        session: &mut Session,
        at: usize,
        remove: usize,
    ) -> Result<(Self, usize), CommandError> {
        macro_rules! session_list {
            ($kind:ident, $items:ident, $list:expr) => {{
                let count = $items.len();
                (Self::$kind(splice($list, at, remove, $items)?), count)
            }};
        }
        macro_rules! owned_list {
            ($kind:ident, $list:expr, $items:ident $(, $owner:ident)+) => {{
                let count = $items.len();
                let items = splice($list, at, remove, $items)?;
                (Self::$kind { $($owner,)+ items }, count)
            }};
        }
        Ok(match self {
            Self::Tempo(items) => session_list!(Tempo, items, &mut session.tempo),
            Self::Signatures(items) => session_list!(Signatures, items, &mut session.signatures),
            Self::Markers(items) => session_list!(Markers, items, &mut session.markers),
            Self::Sections(items) => session_list!(Sections, items, &mut session.sections),
            Self::Tracks(items) => session_list!(Tracks, items, &mut session.tracks),
            Self::Vcas(items) => session_list!(Vcas, items, &mut session.vcas),
            Self::Groups(items) => session_list!(Groups, items, &mut session.groups),
            Self::Clips { track, items } => {
                owned_list!(Clips, &mut slot::track(session, &track)?.clips, items, track)
            }
            Self::TakeLanes { track, items } => {
                owned_list!(TakeLanes, &mut slot::track(session, &track)?.take_lanes, items, track)
            }
            Self::Sends { track, items } => {
                owned_list!(Sends, &mut slot::track(session, &track)?.sends, items, track)
            }
            Self::Inserts { track, items } => {
                owned_list!(Inserts, slot::chain(session, &track)?, items, track)
            }
            Self::Lanes { track, items } => {
                owned_list!(Lanes, slot::lanes(session, &track)?, items, track)
            }
            Self::Points { track, lane, items } => {
                let points = &mut slot::lane(session, &track, &lane)?.points;
                owned_list!(Points, points, items, track, lane)
            }
        })
    }
}

fn splice<T>(
    list: &mut Vec<T>,
    at: usize,
    remove: usize,
    items: Vec<T>,
) -> Result<Vec<T>, CommandError> {
    match at.checked_add(remove) {
        Some(end) if end <= list.len() => Ok(list.splice(at..end, items).collect()),
        _ => Err(CommandError::mismatch(format!(
            "a list of {} items has none at {at} to {}",
            list.len(),
            at.saturating_add(remove)
        ))),
    }
}

impl Order {
    fn shift(&self, session: &mut Session, from: usize, to: usize) -> Result<(), CommandError> {
        match self {
            Self::Tracks => shift(&mut session.tracks, from, to),
            Self::Clips { track } => shift(&mut slot::track(session, track)?.clips, from, to),
            Self::Inserts { track } => shift(slot::chain(session, track)?, from, to),
        }
    }
}

fn shift<T>(list: &mut [T], from: usize, to: usize) -> Result<(), CommandError> {
    let count = list.len();
    if from >= count || to >= count {
        return Err(CommandError::mismatch(format!(
            "a list of {count} items has no {from} or {to}"
        )));
    }
    if from <= to {
        list[from..=to].rotate_left(1);
    } else {
        list[to..=from].rotate_right(1);
    }
    Ok(())
}
