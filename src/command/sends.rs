//! Commands on sends.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::change::Items;
use super::{CommandError, Draft, Op, is_false, names, references};
use crate::session::{Send, SendId, Tap, TrackId, TrackKind};

/// Adds a send to a return.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AddSend {
    /// The track.
    pub track: TrackId,
    /// Its id; made from the return's where left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<SendId>,
    /// The return track it feeds.
    pub to: TrackId,
    /// Where the signal is taken.
    #[serde(default)]
    pub tap: Tap,
    /// Level in dB, -144 (silence) to +36.
    #[serde(default)]
    pub level_db: f64,
    /// Pan, -1 (left) to +1 (right).
    #[serde(default)]
    pub pan: f64,
    /// Sends nothing where true.
    #[serde(default, skip_serializing_if = "is_false")]
    pub mute: bool,
}

/// Removes a send and its automation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RemoveSend {
    /// The track.
    pub track: TrackId,
    /// The send.
    pub send: SendId,
}

/// Changes a send; what is left out stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SetSend {
    /// The track.
    pub track: TrackId,
    /// The send.
    pub send: SendId,
    /// The return track it feeds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<TrackId>,
    /// Where the signal is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tap: Option<Tap>,
    /// Level in dB, -144 (silence) to +36.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level_db: Option<f64>,
    /// Pan, -1 (left) to +1 (right).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pan: Option<f64>,
    /// Sends nothing where true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mute: Option<bool>,
}

fn check_return(draft: &Draft<'_>, path: &str, to: &TrackId) -> Result<(), CommandError> {
    let returns = || draft.session().tracks.iter().filter(|t| t.kind == TrackKind::Return);
    if returns().any(|track| track.id == *to) {
        return Ok(());
    }
    let there = returns().map(|track| track.id.as_str());
    Err(CommandError::not_found(path, "return track", to, there))
}

impl Op for AddSend {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let list = format!("tracks/{}/sends", self.track);
        let sends = &draft.track(&self.track)?.sends;
        check_return(draft, &list, &self.to)?;
        let taken = |id: &str| sends.iter().any(|send| send.id.as_str() == id);
        let id = names::resolve(&mut self.id, (&list, "send"), self.to.as_str(), taken)?;
        let at = sends.len();
        draft.note_created(format!("{list}/{id}"));
        let send = Send {
            id,
            to: self.to.clone(),
            tap: self.tap,
            level_db: self.level_db,
            pan: self.pan,
            mute: self.mute,
        };
        draft.splice(at, 0, Items::Sends { track: self.track.clone(), items: vec![send] })
    }
}

impl Op for RemoveSend {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        references::remove_send(draft, &self.track, &self.send)
    }
}

impl Op for SetSend {
    fn run(&mut self, draft: &mut Draft<'_>) -> Result<(), CommandError> {
        let index = references::send_index(draft, &self.track, &self.send)?;
        let mut send = draft.track(&self.track)?.sends[index].clone();
        if let Some(to) = &self.to {
            check_return(draft, &format!("tracks/{}/sends/{}", self.track, self.send), to)?;
            send.to = to.clone();
        }
        send.tap = self.tap.unwrap_or(send.tap);
        send.level_db = self.level_db.unwrap_or(send.level_db);
        send.pan = self.pan.unwrap_or(send.pan);
        send.mute = self.mute.unwrap_or(send.mute);
        draft.splice(index, 1, Items::Sends { track: self.track.clone(), items: vec![send] })
    }
}
