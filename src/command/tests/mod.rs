//! Tests of the commands, one family a file, and of all of them together.

mod automation;
mod clips;
mod editor;
mod freeze;
mod generate;
mod mixer;
mod notes;
mod property;
mod repeat;
mod text;
mod timeline;
mod tracks;

use super::{Applied, Batch, Change, Command, CommandError, apply, revert};
use crate::session::{Clip, ClipId, Session, Track, TrackId};
use crate::time::{SampleRate, Samples};

/// The bytes of a session.
pub(super) fn bytes(session: &Session) -> String {
    serde_json::to_string(session).unwrap()
}

fn command(json: &str) -> Command {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

/// Applies a command and proves what holds for every command: the inverse, also after a trip
/// through text, gives back the same bytes; and the recorded command does the same again.
fn run(session: &mut Session, json: &str) -> Applied {
    let before = session.clone();
    let command = command(json);
    let applied = apply(session, &command).unwrap_or_else(|error| panic!("{json}: {error}"));
    let mut back = session.clone();
    let text = serde_json::to_string(&applied.inverse).unwrap();
    let inverse: Vec<Change> = serde_json::from_str(&text).unwrap();
    assert_eq!(inverse, applied.inverse, "the inverse of {json} changes in text");
    revert(&mut back, &inverse).unwrap();
    assert_eq!(bytes(&back), bytes(&before), "undoing {json}");
    let text = serde_json::to_string(&applied.command).unwrap();
    let again = apply(&mut back, &self::command(&text)).unwrap();
    assert_eq!(bytes(&back), bytes(session), "repeating {text}");
    assert_eq!(again, applied, "repeating {text}");
    applied
}

/// Applies a command that must be refused, and proves that nothing changed.
fn refused(session: &mut Session, json: &str) -> String {
    let before = bytes(session);
    let error: CommandError = apply(session, &command(json)).expect_err(json);
    assert_eq!(bytes(session), before, "{json} failed and left something behind");
    error.to_string()
}

/// 48 kHz, 120 bpm: a quarter note is 24,000 samples, a bar 96,000 samples or 61,440 ticks.
fn empty() -> Session {
    Session::new("test", SampleRate::new(48_000).unwrap())
}

/// A small band: drums and bass in a group, keys (an instrument), a return, clips and automation.
fn band() -> Session {
    let mut session = empty();
    let ops = r#"[
        {"op":"add_track","name":"Band","kind":"group"},
        {"op":"add_track","name":"Drums","kind":"audio","output":"band"},
        {"op":"add_track","name":"Bass","kind":"audio","layout":"mono","output":"band"},
        {"op":"add_track","name":"Keys","kind":"instrument"},
        {"op":"add_track","name":"Room","kind":"return"},
        {"op":"add_insert","track":"bass","id":"compressor","processor":"plugin",
            "plugin":{"format":"clap","id":"org.example.comp"},"sidechain":{"from":"drums"}},
        {"op":"add_insert","track":"bass","id":"equaliser","processor":"gain"},
        {"op":"add_insert","track":"master","id":"limiter","processor":"gain"},
        {"op":"add_insert","track":"keys","processor":"tone"},
        {"op":"add_send","track":"drums","to":"room","level_db":-12},
        {"op":"add_send","track":"bass","to":"room","tap":"pre-fader"},
        {"op":"add_clip","track":"drums","id":"beat","start":{"samples":0},
            "length":{"samples":96000},"content":{"audio":{"file":"audio/beat.wav","offset":5000}}},
        {"op":"add_clip","track":"bass","id":"riff","start":{"ticks":0},
            "length":{"ticks":61440},"content":{"audio":{"file":"audio/riff.wav","offset":100}}},
        {"op":"add_clip","track":"keys","id":"chords","start":{"ticks":61440},
            "length":{"ticks":61440},"content":{"notes":[
                {"at":0,"length":15360,"key":60},{"at":30720,"length":15360,"key":64}]}},
        {"op":"add_lane","track":"bass","target":"volume","points":[
            {"at":{"ticks":0},"value":-6},{"at":{"ticks":122880},"value":0}]},
        {"op":"add_lane","track":"drums","target":"sends/room/level","points":[
            {"at":{"samples":48000},"value":-12,"shape":"hold"}]},
        {"op":"add_vca","name":"Rhythm","members":["drums","bass"]},
        {"op":"add_group","name":"Edits","kind":"edit","members":["drums","bass"]},
        {"op":"add_marker","name":"Hit","at":{"ticks":30720}},
        {"op":"add_section","name":"Verse","start":0,"length":61440},
        {"op":"add_section","name":"Chorus","start":61440,"length":61440}
    ]"#;
    for op in Batch::parse(ops).unwrap().ops {
        run(&mut session, &serde_json::to_string(&op).unwrap());
    }
    session
}

fn track<'s>(session: &'s Session, id: &str) -> &'s Track {
    let id = TrackId::new(id).unwrap();
    session.tracks.iter().find(|track| track.id == id).unwrap()
}

fn clip<'s>(session: &'s Session, id: &str) -> &'s Clip {
    let id = ClipId::new(id).unwrap();
    session.tracks.iter().flat_map(|t| &t.clips).find(|clip| clip.id == id).unwrap()
}

fn ids(clips: &[Clip]) -> Vec<&str> {
    clips.iter().map(|clip| clip.id.as_str()).collect()
}

fn offset(session: &Session, id: &str) -> Samples {
    match &clip(session, id).content {
        crate::session::ClipContent::Audio(audio) => audio.offset,
        crate::session::ClipContent::Midi(_) => panic!("{id} plays notes"),
    }
}
