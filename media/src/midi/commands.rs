//! A song as commands that add it to a session.

use wavemill_core::command::{
    AddClip, AddMarker, AddTrack, Command, CommandError, EditError, ReplaceSignatures,
    ReplaceTempo, SetSessionName, apply,
};
use wavemill_core::session::{
    ChannelLayout, ClipContent, Fade, OutputTarget, Session, TimeValue, TrackId, TrackKind,
};
use wavemill_core::time::Ticks;

use super::instruments::Instruments;
use super::song::{MidiSong, MidiTrack};

/// The commands that add a song to a session.
#[derive(Clone, Debug, PartialEq)]
pub struct SongCommands {
    /// The commands, with every id filled in.
    pub commands: Vec<Command>,
    /// The tracks they make, in the song's order.
    pub tracks: Vec<TrackId>,
    /// The session after them.
    pub session: Session,
}

/// The commands that add `song` to `session`, played by `instruments`.
///
/// A session without clips, tempo and signatures takes those of the song, and its name where
/// `rename`; another one keeps its own.
pub fn song_commands(
    session: Session,
    song: &MidiSong,
    instruments: &Instruments,
    rename: bool,
) -> Result<SongCommands, EditError> {
    let own_timeline = keeps_timeline(&session);
    let mut plan = Plan { session, commands: Vec::new() };
    if let Some(name) = song.name.clone().filter(|_| rename) {
        plan.push(SetSessionName { name })?;
    }
    if !own_timeline {
        if !song.tempo.is_empty() {
            plan.push(ReplaceTempo { points: song.tempo.clone() })?;
        }
        if !song.signatures.is_empty() {
            plan.push(ReplaceSignatures { points: song.signatures.clone() })?;
        }
    }
    let mut tracks = Vec::with_capacity(song.tracks.len());
    for track in &song.tracks {
        tracks.push(plan.track(track, instruments)?);
    }
    for (at, name) in &song.markers {
        plan.push(AddMarker { id: None, name: name.clone(), at: TimeValue::Ticks(*at) })?;
    }
    let Plan { session, commands } = plan;
    Ok(SongCommands { commands, tracks, session })
}

/// True where a session has a timeline of its own, or clips that another tempo would move.
pub fn keeps_timeline(session: &Session) -> bool {
    let sounds = session.tracks.iter().any(|track| !track.clips.is_empty());
    sounds || !session.tempo.is_empty() || !session.signatures.is_empty()
}

/// Commands as they come together, tried one by one on a copy of the session.
struct Plan {
    session: Session,
    commands: Vec<Command>,
}

impl Plan {
    /// Tries a command and keeps it with the ids it chose.
    fn push(&mut self, command: impl Into<Command>) -> Result<(), CommandError> {
        let applied = apply(&mut self.session, &command.into())?;
        self.commands.push(applied.command);
        Ok(())
    }

    fn track(
        &mut self,
        track: &MidiTrack,
        instruments: &Instruments,
    ) -> Result<TrackId, EditError> {
        self.push(AddTrack {
            id: None,
            name: track.name.clone(),
            kind: TrackKind::Instrument,
            layout: ChannelLayout::Stereo,
            output: OutputTarget::Master,
            index: None,
        })?;
        // New tracks come last.
        let id =
            self.session.tracks.last().map(|track| track.id.clone()).ok_or(EditError::Empty)?;
        self.push(instruments.insert(id.clone(), &track.content))?;
        self.push(AddClip {
            track: id.clone(),
            id: None,
            name: String::new(),
            content: ClipContent::Midi(track.content.clone()),
            start: TimeValue::Ticks(Ticks::ZERO),
            length: TimeValue::Ticks(track.length),
            gain_db: 0.0,
            fade_in: Fade::default(),
            fade_out: Fade::default(),
            mute: false,
            take_lane: None,
        })?;
        Ok(id)
    }
}
