//! The track that takes the place of one that was bounced in place, as commands.

use wavemill_core::command::{
    AddClip, AddLane, AddSend, AddTrack, ChainOwner, Command, LaneOwner, SetLaneMode, SetMute,
    SetPan, SetSidechain, SetSolo, SetSoloSafe, SetVcaMembers, SetVolume,
};
use wavemill_core::session::{
    AutomationMode, AutomationTarget, ChannelLayout, Insert, Session, Sidechain, Tap, Track,
    TrackId, TrackKind,
};

use super::{InPlaceError, InPlaceTap};

/// The new track, right behind the old one.
pub(super) fn track(session: &Session, old: &Track, tap: InPlaceTap, name: &str) -> AddTrack {
    let index = session.tracks.iter().position(|track| track.id == old.id);
    AddTrack {
        id: None,
        name: name.to_owned(),
        kind: TrackKind::Audio,
        layout: tap.layout(old),
        output: old.output.clone(),
        index: index.map(|index| index + 1),
    }
}

/// Refuses what one file cannot replace.
pub(super) fn check(old: &Track, tap: InPlaceTap) -> Result<(), InPlaceError> {
    let refused = |part, what| Err(InPlaceError::Part { track: old.id.to_string(), part, what });
    if let Some(insert) = old.inserts.iter().find(|insert| !insert.outputs.is_empty()) {
        let what = "has outputs to other tracks, which one file cannot hold: disconnect them first";
        return refused(format!("inserts/{}", insert.id), what);
    }
    let before = old.sends.iter().find(|send| send.tap == Tap::PreFader);
    match before.filter(|_| tap == InPlaceTap::PostFader) {
        Some(send) => {
            let what = "is taken before the fader, which is in the file: use --tap pre-fader";
            refused(format!("sends/{}", send.id), what)
        }
        None => Ok(()),
    }
}

/// All that is done once the track `new` is there: what it plays and how, and the old one muted.
pub(super) fn commands(
    session: &Session,
    (old, new): (&Track, &TrackId),
    tap: InPlaceTap,
    clip: AddClip,
) -> Vec<Command> {
    let mut commands = vec![clip.into()];
    if tap == InPlaceTap::PreFader {
        let of = || ChainOwner::Track(new.clone());
        commands.push(SetVolume { track: of(), volume_db: old.volume_db, ungrouped: true }.into());
        commands.push(SetPan { track: of(), pan: old.pan }.into());
        commands.extend(vcas(session, old, new));
    }
    commands.extend(sends(old, new));
    commands.extend(lanes(old, new, tap));
    let flags = (old.mute && tap == InPlaceTap::PreFader, old.solo, old.solo_safe);
    let (mute, solo, solo_safe) = flags;
    let track = || new.clone();
    if mute {
        commands.push(SetMute { track: track(), mute, ungrouped: true }.into());
    }
    if solo {
        commands.push(SetSolo { track: track(), solo, ungrouped: true }.into());
    }
    if solo_safe {
        commands.push(SetSoloSafe { track: track(), solo_safe }.into());
    }
    commands.extend(sidechains(session, &old.id, new));
    commands.extend(silence(old));
    commands
}

fn vcas(session: &Session, old: &Track, new: &TrackId) -> Vec<Command> {
    let vcas = session.vcas.iter().filter(|vca| vca.members.contains(&old.id));
    let join = |vca: &wavemill_core::session::Vca| {
        let members = vca.members.iter().chain([new]).cloned().collect();
        SetVcaMembers { vca: vca.id.clone(), members }.into()
    };
    vcas.map(join).collect()
}

fn sends(old: &Track, new: &TrackId) -> Vec<Command> {
    let send = |send: &wavemill_core::session::Send| {
        AddSend {
            track: new.clone(),
            id: Some(send.id.clone()),
            to: send.to.clone(),
            tap: send.tap,
            level_db: send.level_db,
            pan: send.pan,
            mute: send.mute,
        }
        .into()
    };
    old.sends.iter().map(send).collect()
}

/// The automation of what is not in the file.
fn lanes(old: &Track, new: &TrackId, tap: InPlaceTap) -> Vec<Command> {
    let outside = |target: &AutomationTarget| match target {
        AutomationTarget::Insert { .. } => false,
        AutomationTarget::Volume | AutomationTarget::Pan | AutomationTarget::Mute => {
            tap == InPlaceTap::PreFader
        }
        AutomationTarget::SendLevel(_)
        | AutomationTarget::SendPan(_)
        | AutomationTarget::SendMute(_) => true,
    };
    let lanes = old.lanes.iter().filter(|lane| outside(&lane.target));
    let lane = |lane: &wavemill_core::session::AutomationLane| {
        AddLane {
            track: LaneOwner::Track(new.clone()),
            id: Some(lane.id.clone()),
            target: lane.target.clone(),
            mode: lane.mode,
            points: lane.points.clone(),
        }
        .into()
    };
    lanes.map(lane).collect()
}

/// What heard the old track behind its fader, which is silent now, hears the new one.
fn sidechains(session: &Session, old: &TrackId, new: &TrackId) -> Vec<Command> {
    let tracks = session.tracks.iter();
    let chains =
        tracks.map(|track| (ChainOwner::Track(track.id.clone()), track.inserts.as_slice()));
    let master = (ChainOwner::Master, session.master.inserts.as_slice());
    let mut commands = Vec::new();
    for (owner, insert) in chains
        .chain([master])
        .flat_map(|(owner, inserts)| inserts.iter().map(move |insert| (owner.clone(), insert)))
    {
        commands.extend(ports_that_hear(insert, old).map(|port| {
            let sidechain = Some(Sidechain { from: new.clone(), tap: Tap::PostFader });
            let (track, insert) = (owner.clone(), insert.id.clone());
            SetSidechain { track, insert, port, sidechain }.into()
        }));
    }
    commands
}

/// The sidechain inputs of `insert` that hear `track` behind its fader; the first has no name.
fn ports_that_hear<'a>(
    insert: &'a Insert,
    track: &'a TrackId,
) -> impl Iterator<Item = Option<String>> + 'a {
    let hears = |heard: &Sidechain| heard.from == *track && heard.tap == Tap::PostFader;
    let first = insert.sidechain.iter().filter(move |heard| hears(heard)).map(|_| None);
    let further = insert.sidechains.iter().filter(move |(_, heard)| hears(heard));
    first.chain(further.map(|(port, _)| Some(port.clone())))
}

/// Mutes the old track; automation of its mute, which would win, is switched off.
fn silence(old: &Track) -> Vec<Command> {
    let driving = old.lanes.iter().filter(|lane| lane.target == AutomationTarget::Mute);
    let mut commands: Vec<Command> = driving
        .map(|lane| {
            let track = LaneOwner::Track(old.id.clone());
            SetLaneMode { track, lane: lane.id.clone(), mode: AutomationMode::Off }.into()
        })
        .collect();
    commands.push(SetMute { track: old.id.clone(), mute: true, ungrouped: true }.into());
    commands
}

impl InPlaceTap {
    /// The channels of the signal of `track`.
    pub(super) fn layout(self, track: &Track) -> ChannelLayout {
        match self {
            Self::PreFader => track.layout,
            Self::PostFader => ChannelLayout::Stereo,
        }
    }
}
