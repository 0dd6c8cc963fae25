//! A session made from nothing by commands, in its own order or in another one.

use wavemill_core::command::{
    AddClip, AddInsert, AddLane, AddSend, AddTrack, ChainOwner, Command, CommandError, LaneOwner,
    ReplaceTempo, SetOutput, SetPan, SetPanLaw, SetSeed, SetVolume, apply,
};
use wavemill_core::session::{AutomationLane, Clip, Insert, OutputTarget, Send, Session, Track};

/// The order in which a session is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EditOrder {
    /// Track by track, as the document lists them.
    AsListed,
    /// The last track first, and of each list (sends, lanes, clips) the last entry first; levels
    /// and clips before the chains, the tempo at the very end.
    Backwards,
}

/// `session`, made again by commands in `order`. Backwards its document is another one (tracks,
/// sends and lanes stand in another order), and its samples are the same.
///
/// It makes what the sessions of this crate have; markers, sections, VCAs, groups and take lanes
/// they have not.
///
/// # Errors
/// Where a command is refused.
pub fn made_by_commands(session: &Session, order: EditOrder) -> Result<Session, CommandError> {
    let mut made = Session::new(session.name.clone(), session.sample_rate);
    for command in commands(session, order) {
        apply(&mut made, &command)?;
    }
    Ok(made)
}

fn commands(session: &Session, order: EditOrder) -> Vec<Command> {
    let settings: Vec<Command> = vec![
        SetSeed { seed: session.seed }.into(),
        SetPanLaw { pan_law: session.pan_law }.into(),
        ReplaceTempo { points: session.tempo.clone() }.into(),
    ];
    let tracks: Vec<&Track> = ordered(&session.tracks, order);
    let add: Vec<Command> = tracks.iter().map(|track| add_track(track)).collect();
    let route = tracks.iter().map(|track| set_output(track));
    match order {
        EditOrder::AsListed => {
            let each = tracks.iter().flat_map(|track| {
                [levels(track), chain(track), sends(track, order), lanes(track, order)]
                    .into_iter()
                    .flatten()
                    .chain(clips(track, order))
            });
            let each: Vec<Command> = each.collect();
            let parts = settings.into_iter().chain(add).chain(route).chain(each);
            parts.chain(master(session, order)).collect()
        }
        EditOrder::Backwards => {
            let mut all = add;
            all.extend(tracks.iter().flat_map(|track| clips(track, order)));
            all.extend(tracks.iter().flat_map(|track| levels(track)));
            all.extend(tracks.iter().flat_map(|track| sends(track, order)));
            all.extend(route);
            // Chains keep their own order, which is heard; a sidechain's source is there by now.
            all.extend(tracks.iter().flat_map(|track| chain(track)));
            all.extend(tracks.iter().flat_map(|track| lanes(track, order)));
            all.extend(master(session, order));
            all.extend(settings.into_iter().rev());
            all
        }
    }
}

fn ordered<T>(items: &[T], order: EditOrder) -> Vec<&T> {
    match order {
        EditOrder::AsListed => items.iter().collect(),
        EditOrder::Backwards => items.iter().rev().collect(),
    }
}

fn add_track(track: &Track) -> Command {
    AddTrack {
        id: Some(track.id.clone()),
        name: track.name.clone(),
        kind: track.kind,
        layout: track.layout,
        output: OutputTarget::Master,
        index: None,
    }
    .into()
}

fn set_output(track: &Track) -> Command {
    SetOutput { track: track.id.clone(), output: track.output.clone() }.into()
}

fn levels(track: &Track) -> Vec<Command> {
    let owner = ChainOwner::Track(track.id.clone());
    vec![volume(owner.clone(), track.volume_db), SetPan { track: owner, pan: track.pan }.into()]
}

fn volume(track: ChainOwner, volume_db: f64) -> Command {
    SetVolume { track, volume_db, ungrouped: false }.into()
}

fn chain(track: &Track) -> Vec<Command> {
    let owner = ChainOwner::Track(track.id.clone());
    track.inserts.iter().map(|insert| add_insert(&owner, insert)).collect()
}

fn add_insert(owner: &ChainOwner, insert: &Insert) -> Command {
    AddInsert {
        track: owner.clone(),
        id: Some(insert.id.clone()),
        processor: insert.processor.clone(),
        plugin: insert.plugin.clone(),
        file: insert.file.clone(),
        bypass: insert.bypass,
        preset: insert.preset.clone(),
        parameters: insert.parameters.clone(),
        sidechain: insert.sidechain.clone(),
        sidechains: insert.sidechains.clone(),
        outputs: insert.outputs.clone(),
        index: None,
    }
    .into()
}

fn sends(track: &Track, order: EditOrder) -> Vec<Command> {
    let add = |send: &Send| AddSend {
        track: track.id.clone(),
        id: Some(send.id.clone()),
        to: send.to.clone(),
        tap: send.tap,
        level_db: send.level_db,
        pan: send.pan,
        mute: send.mute,
    };
    ordered(&track.sends, order).into_iter().map(|send| add(send).into()).collect()
}

fn lanes(track: &Track, order: EditOrder) -> Vec<Command> {
    let owner = LaneOwner::Track(track.id.clone());
    ordered(&track.lanes, order).into_iter().map(|lane| add_lane(&owner, lane)).collect()
}

fn add_lane(owner: &LaneOwner, lane: &AutomationLane) -> Command {
    AddLane {
        track: owner.clone(),
        id: Some(lane.id.clone()),
        target: lane.target.clone(),
        mode: lane.mode,
        points: lane.points.clone(),
    }
    .into()
}

fn clips(track: &Track, order: EditOrder) -> Vec<Command> {
    let add = |clip: &Clip| AddClip {
        track: track.id.clone(),
        id: Some(clip.id.clone()),
        name: clip.name.clone(),
        content: clip.content.clone(),
        start: clip.start,
        length: clip.length,
        gain_db: clip.gain_db,
        fade_in: clip.fade_in.clone(),
        fade_out: clip.fade_out.clone(),
        mute: clip.mute,
        take_lane: clip.take_lane.clone(),
    };
    ordered(&track.clips, order).into_iter().map(|clip| add(clip).into()).collect()
}

fn master(session: &Session, order: EditOrder) -> Vec<Command> {
    let master = &session.master;
    let mut all: Vec<Command> =
        master.inserts.iter().map(|insert| add_insert(&ChainOwner::Master, insert)).collect();
    let lanes = ordered(&master.lanes, order).into_iter();
    all.extend(lanes.map(|lane| add_lane(&LaneOwner::Master, lane)));
    all.push(volume(ChainOwner::Master, master.volume_db));
    all.push(SetPan { track: ChainOwner::Master, pan: master.pan }.into());
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix_session::matrix_case;

    #[test]
    fn the_session_comes_again_and_backwards_in_another_order() {
        let session = matrix_case(false).unwrap().session;
        assert_eq!(made_by_commands(&session, EditOrder::AsListed).unwrap(), session);
        let backwards = made_by_commands(&session, EditOrder::Backwards).unwrap();
        assert_ne!(backwards, session);
        let names = |session: &Session| -> Vec<String> {
            session.tracks.iter().map(|track| track.id.to_string()).collect()
        };
        let mut there = names(&backwards);
        assert_ne!(there, names(&session));
        there.reverse();
        assert_eq!(there, names(&session));
        let sends = |session: &Session| {
            let track = session.tracks.iter().find(|track| track.id.as_str() == "strip-0");
            track.map(|track| track.sends.iter().map(|send| send.id.to_string()).collect())
        };
        assert_eq!(sends(&session), Some(vec!["echo".to_owned(), "slap".to_owned()]));
        assert_eq!(sends(&backwards), Some(vec!["slap".to_owned(), "echo".to_owned()]));
    }
}
