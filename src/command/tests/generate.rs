//! Random commands: each kind there is, on what a session holds, now and then on what it does not.

use serde_json::{Value, json};

use super::*;
use crate::session::TimeValue;

/// Random choices, used up one after the other.
struct Dice<'d>(std::slice::Iter<'d, u32>);

impl Dice<'_> {
    fn roll(&mut self, sides: usize) -> usize {
        let thrown = self.0.next().copied().unwrap_or(0);
        usize::try_from(thrown).unwrap_or(0) % sides.max(1)
    }

    /// One of `ids`, or now and then one that is not there.
    fn id(&mut self, ids: Vec<String>) -> String {
        let at = self.roll(ids.len() * 8 + 1);
        ids.get(at / 8).cloned().unwrap_or_else(|| "nobody".to_owned())
    }

    fn yes(&mut self) -> bool {
        self.roll(2) == 1
    }

    fn db(&mut self) -> f64 {
        self.roll(400) as f64 / 2.0 - 150.0
    }

    fn pan(&mut self) -> f64 {
        self.roll(22) as f64 / 10.0 - 1.0
    }

    fn time(&mut self) -> Value {
        let base = if self.yes() { "ticks" } else { "samples" };
        json!({ base: self.roll(400_000) })
    }
}

fn texts<T: ToString>(ids: impl Iterator<Item = T>) -> Vec<String> {
    ids.map(|id| id.to_string()).collect()
}

fn tracks(session: &Session) -> Vec<String> {
    texts(session.tracks.iter().map(|track| &track.id))
}

fn clips(session: &Session) -> Vec<String> {
    texts(session.tracks.iter().flat_map(|track| &track.clips).map(|clip| &clip.id))
}

/// A track command.
fn on_track(session: &Session, dice: &mut Dice<'_>) -> Value {
    let track = dice.id(tracks(session));
    let other = dice.id(tracks(session));
    let kind = ["audio", "instrument", "group", "return"][dice.roll(4)];
    match dice.roll(21) {
        0 => json!({"op":"add_track","name":"New","kind":kind,"index":dice.roll(7)}),
        1 => json!({"op":"delete_track","track":track}),
        2 => json!({"op":"rename_track","track":track,"name":"Renamed"}),
        3 => json!({"op":"reorder_track","track":track,"index":dice.roll(7)}),
        4 => json!({"op":"duplicate_track","track":track}),
        5 => json!({"op":"set_output","track":track,"output":other}),
        6 => json!({"op":"set_layout","track":track,"layout":(["mono","stereo"][dice.roll(2)])}),
        7 => json!({"op":"set_volume","track":track,"volume_db":dice.db(),"ungrouped":dice.yes()}),
        8 => json!({"op":"set_pan","track":track,"pan":dice.pan()}),
        13 => json!({"op":"set_solo_safe","track":track,"solo_safe":dice.yes()}),
        14 => json!({"op":"set_pan","track":"master","pan":dice.pan()}),
        9 => json!({"op":"set_mute","track":track,"mute":dice.yes()}),
        10 => json!({"op":"set_solo","track":track,"solo":dice.yes()}),
        11 => json!({"op":"add_send","track":track,"to":other,"level_db":dice.db()}),
        12 => json!({"op":"add_take_lane","track":track,"name":"Take"}),
        15 => {
            let overlap = ["keep", "retrigger", "legato"][dice.roll(3)];
            json!({"op":"set_note_overlap","track":track,"overlap":overlap})
        }
        16 => json!({"op":"freeze_track","track":track,"file":"audio/ice.wav","tail":dice.roll(9)}),
        17 | 18 => json!({"op":"unfreeze_track","track":track}),
        _ => json!({"op":"set_volume","track":"master","volume_db":dice.db()}),
    }
}

/// A command on what a track holds.
fn on_parts(session: &Session, dice: &mut Dice<'_>) -> Value {
    let Some(track) = session.tracks.get(dice.roll(session.tracks.len())) else {
        return json!({"op":"set_seed","seed":3});
    };
    let id = track.id.as_str();
    let insert = dice.id(texts(track.inserts.iter().map(|insert| &insert.id)));
    let send = dice.id(texts(track.sends.iter().map(|send| &send.id)));
    let lane = dice.id(texts(track.lanes.iter().map(|lane| &lane.id)));
    let owner = if dice.roll(6) == 0 { "master" } else { id };
    let take = dice.id(texts(track.take_lanes.iter().map(|lane| &lane.id)));
    let (at, to) = (dice.time(), dice.time());
    let points = track.lanes.iter().find(|found| found.id.as_str() == lane);
    let points = points.map_or(&[][..], |lane| &lane.points);
    let there = points.get(dice.roll(points.len()));
    let there = there.map_or_else(|| at.clone(), |point| json!(point.at));
    match dice.roll(22) {
        0 => json!({"op":"add_insert","track":owner,"processor":"gain","index":dice.roll(3)}),
        1 => json!({"op":"remove_insert","track":id,"insert":insert}),
        2 => json!({"op":"reorder_insert","track":id,"insert":insert,"index":dice.roll(3)}),
        3 => json!({"op":"set_bypass","track":id,"insert":insert,"bypass":dice.yes()}),
        4 if dice.yes() => {
            let preset = ["bass", "acid", "none of them"][dice.roll(3)];
            json!({"op":"set_preset","track":id,"insert":insert,"preset":preset})
        }
        4 => {
            json!({"op":"set_parameter","track":id,"insert":insert,"parameter":"gain_db","value":dice.db()})
        }
        5 => {
            let from = json!({"from":dice.id(tracks(session))});
            let port = ["c", "d"][dice.roll(2)];
            match dice.roll(3) {
                0 => json!({"op":"set_sidechain","track":id,"insert":insert,"sidechain":from}),
                1 => {
                    json!({"op":"set_sidechain","track":id,"insert":insert,"port":port,"sidechain":from})
                }
                _ => {
                    json!({"op":"set_sidechain","track":id,"insert":insert,"port":port,"sidechain":null})
                }
            }
        }
        6 => {
            json!({"op":"set_plugin_state","track":id,"insert":insert,"state_sha256":"ab".repeat(32)})
        }
        7 => json!({"op":"remove_send","track":id,"send":send}),
        8 => json!({"op":"set_send","track":id,"send":send,"level_db":dice.db(),"pan":dice.pan()}),
        9 => json!({"op":"add_lane","track":owner,"target":(["volume","pan","mute"][dice.roll(3)]),
            "points":[{"at":at,"value":0},{"at":to,"value":1}]}),
        10 => json!({"op":"delete_lane","track":id,"lane":lane}),
        11 => {
            json!({"op":"add_points","track":id,"lane":lane,"points":[{"at":at,"value":0.5},{"at":to,"value":1}]})
        }
        12 => json!({"op":"move_point","track":id,"lane":lane,"at":there,"to":to}),
        13 => json!({"op":"delete_point_range","track":id,"lane":lane,"from":at,"to":to}),
        17 => {
            json!({"op":"set_parameters","track":id,"insert":insert,"parameters":{"gain_db":dice.db(),"amount":null}})
        }
        18 => {
            json!({"op":"set_point","track":id,"lane":lane,"at":there,"value":0.25,"shape":"curved","curvature":dice.pan()})
        }
        19 => json!({"op":"delete_points","track":id,"lane":lane,"at":[there]}),
        20 => json!({"op":"add_insert","track":id,"processor":"plugin",
            "plugin":{"format":"clap","id":"org.example.amp"}}),
        14 => {
            json!({"op":"set_lane_mode","track":id,"lane":lane,"mode":(["off","read","touch"][dice.roll(3)])})
        }
        21 => {
            let to = json!(dice.id(tracks(session)));
            json!({"op":"set_insert_output","track":id,"insert":insert,"port":(["a","b"][dice.roll(2)]),
                "to":(if dice.yes() { to } else { Value::Null })})
        }
        15 => json!({"op":"delete_take_lane","track":id,"take_lane":take}),
        _ => json!({"op":"activate_take_lane","track":id,"take_lane":take}),
    }
}

/// A clip command.
fn on_clip(session: &Session, dice: &mut Dice<'_>) -> Value {
    let (clip, other) = (dice.id(clips(session)), dice.id(clips(session)));
    let inside = session.tracks.iter().flat_map(|track| &track.clips);
    let found = inside.clone().find(|found| found.id.as_str() == clip);
    let by = i64::try_from(dice.roll(20_000)).unwrap();
    let at = match found.map(|found| found.start) {
        Some(TimeValue::Ticks(at)) => json!({"ticks":at.0 + by}),
        Some(TimeValue::Samples(at)) => json!({"samples":at.0 + by}),
        None => dice.time(),
    };
    let newest = inside.last().map_or_else(|| other.clone(), |clip| clip.id.to_string());
    match dice.roll(18) {
        0 => json!({"op":"add_clip","track":dice.id(tracks(session)),"start":dice.time(),
            "length":dice.time(),"content":{"audio":{"file":"audio/new.wav","offset":dice.roll(9_000)}}}),
        1 => json!({"op":"delete_clip","clip":clip}),
        2 => json!({"op":"move_clip","clip":clip,"start":dice.time()}),
        3 => {
            json!({"op":"move_clip","clip":clip,"start":dice.time(),"track":dice.id(tracks(session))})
        }
        4 => json!({"op":"copy_clip","clip":clip,"start":dice.time(),"repeat":dice.roll(4)}),
        5 => json!({"op":"paste_clip","clip":clip,"at":[dice.time(),dice.time()]}),
        6 => json!({"op":"set_clip","clip":clip,"gain_db":dice.db(),"mute":dice.yes(),
            "fade_in":{"length":dice.roll(5_000)},"loop_length":null}),
        7 | 8 => json!({"op":"split_clip","clip":clip,"at":at}),
        9 | 15 => json!({"op":"join_clips","clips":[other, newest]}),
        11 => json!({"op":"add_clip","track":dice.id(tracks(session)),"start":dice.time(),
            "length":dice.time(),"content":{"notes":notes(dice)}}),
        12 => json!({"op":"replace_notes","clip":clip,"notes":notes(dice)}),
        13 => json!({"op":"replace_notes","clip":note_clip(session, dice),"notes":notes(dice)}),
        14 => notes_text(note_clip(session, dice), dice),
        10 => json!({"op":"trim_clip","clip":clip,"start":at}),
        _ => json!({"op":"crossfade","left":clip,"right":other,"length":dice.roll(4_000)}),
    }
}

fn notes(dice: &mut Dice<'_>) -> Value {
    let note = |dice: &mut Dice<'_>| json!({"at":dice.roll(60_000),"length":dice.roll(20_000) + 1,"key":dice.roll(128)});
    (0..dice.roll(3)).map(|_| note(dice)).collect()
}

/// Notes as text, now and then none.
fn notes_text(clip: String, dice: &mut Dice<'_>) -> Value {
    let (kind, text) = [
        ("melody", "C4:1/4 E4:1/8. | r g4"),
        ("chords", "Cmaj7:1/1 F#m7b5/A:1/2"),
        ("drums", "kick x..X\nhat o-5-"),
        ("drums", "gong x"),
    ][dice.roll(4)];
    json!({"op":"add_notes_from_text","clip":clip,"kind":kind,"text":text,
        "at":dice.roll(90_000),"cell":dice.roll(9_000),"octave":dice.roll(10)})
}

/// One of the clips that hold notes.
fn note_clip(session: &Session, dice: &mut Dice<'_>) -> String {
    let clips = session.tracks.iter().flat_map(|track| &track.clips);
    let notes = clips.filter(|clip| matches!(clip.content, crate::session::ClipContent::Midi(_)));
    dice.id(texts(notes.map(|clip| &clip.id)))
}

/// A command on the notes of a clip.
fn on_notes(session: &Session, dice: &mut Dice<'_>) -> Value {
    let clip = note_clip(session, dice);
    let from = dice.roll(1_000_000);
    let select = match dice.roll(3) {
        0 => json!({"from":from}),
        1 => json!({"to":from,"lowest_key":dice.roll(64)}),
        _ => json!({}),
    };
    let grid = ["1/16", "1/8t", "1/4."][dice.roll(3)];
    let what = ["starts", "ends", "both"][dice.roll(3)];
    let mut op = match dice.roll(15) {
        0 => json!({"op":"add_notes","notes":notes(dice)}),
        1 => json!({"op":"delete_notes"}),
        2 => json!({"op":"move_notes","by":from}),
        3 => json!({"op":"transpose_notes","semitones":dice.roll(30)}),
        4 => {
            json!({"op":"transpose_notes_in_scale","scale":"dorian","root":dice.roll(13),"steps":dice.roll(9)})
        }
        5 => json!({"op":"change_velocity","change":{"scale":dice.pan() + 1.0}}),
        6 => {
            json!({"op":"quantise_notes","grid":grid,"what":what,"swing_percent":50 + dice.roll(26)})
        }
        7 => {
            json!({"op":"humanise_notes","timing":dice.roll(900),"length":dice.roll(900),"velocity":dice.roll(40)})
        }
        8 => json!({"op":"legato_notes","gap":dice.roll(50)}),
        9 => json!({"op":"split_notes","at":from}),
        10 => json!({"op":"divide_notes","parts":dice.roll(6)}),
        11 => json!({"op":"join_notes","gap":dice.roll(50_000)}),
        12 => json!({"op":"scale_note_time","numerator":dice.roll(4),"denominator":dice.roll(4)}),
        13 => json!({"op":"reverse_notes"}),
        _ => json!({"op":"crop_notes"}),
    };
    op["clip"] = clip.into();
    if op["op"] != "add_notes" && op["op"] != "crop_notes" {
        op["select"] = select;
    }
    op
}

/// A command on the session, its timeline, VCAs or groups.
fn on_session(session: &Session, dice: &mut Dice<'_>) -> Value {
    let vca = dice.id(texts(session.vcas.iter().map(|vca| &vca.id)));
    let group = dice.id(texts(session.groups.iter().map(|group| &group.id)));
    let marker = dice.id(texts(session.markers.iter().map(|marker| &marker.id)));
    let section = dice.id(texts(session.sections.iter().map(|section| &section.id)));
    let member = dice.id(tracks(session));
    let kind = ["edit", "mix"][dice.roll(2)];
    let at = dice.roll(400_000);
    match dice.roll(32) {
        16 => json!({"op":"set_session_name","name":"Renamed"}),
        17 => json!({"op":"set_plugin_block","frames":dice.roll(9_000)}),
        18 => {
            json!({"op":"set_pan_law","pan_law":(["0dB","-3dB","-4.5dB","-6dB"][dice.roll(4)])})
        }
        19 => json!({"op":"set_seed","seed":dice.roll(1_000)}),
        20 => {
            let bar = session.signatures.last().map_or(1, |point| point.bar);
            json!({"op":"remove_signature","bar":bar})
        }
        21 => json!({"op":"replace_signatures","points":[
            {"bar":1,"numerator":3,"denominator":4},
            {"bar":dice.roll(9),"numerator":7,"denominator":8}]}),
        22 => json!({"op":"rename_vca","vca":vca,"name":"Renamed"}),
        23 => json!({"op":"set_vca_members","vca":vca,"members":[member]}),
        24 => json!({"op":"set_vca_mute","vca":vca,"mute":dice.yes()}),
        25 => json!({"op":"rename_group","group":group,"name":"Renamed"}),
        26 => json!({"op":"set_group_members","group":group,"members":[member]}),
        27 => json!({"op":"move_marker","marker":marker,"at":dice.time()}),
        28 => json!({"op":"rename_marker","marker":marker,"name":"Renamed"}),
        29 => json!({"op":"move_section","section":section,"start":at}),
        30 => json!({"op":"rename_section","section":section,"name":"Renamed"}),
        0 => json!({"op":"set_sample_rate","sample_rate":([8_000, 44_100, 96_000][dice.roll(3)])}),
        1 => json!({"op":"set_click","level_db":dice.db()}),
        2 => {
            json!({"op":"set_tempo","at":at,"bpm":dice.roll(1_100),"shape":(["step","ramp"][dice.roll(2)])})
        }
        3 => json!({"op":"remove_tempo","at":session.tempo.last().map_or(0, |point| point.at.0)}),
        4 => {
            json!({"op":"set_signature","bar":dice.roll(20),"numerator":dice.roll(9),"denominator":4})
        }
        5 => json!({"op":"replace_tempo","points":[{"at":0,"bpm":90}]}),
        6 => json!({"op":"add_vca","name":"V","members":[member]}),
        7 => json!({"op":"set_vca_volume","vca":vca,"volume_db":dice.db()}),
        8 => json!({"op":"delete_vca","vca":vca}),
        9 => json!({"op":"add_group","name":"G","kind":kind,"members":tracks(session)}),
        10 => json!({"op":"set_group_active","group":group,"active":dice.yes()}),
        11 => json!({"op":"delete_group","group":group}),
        12 => json!({"op":"add_marker","name":"M","at":dice.time()}),
        13 => json!({"op":"delete_marker","marker":marker}),
        14 => json!({"op":"add_section","name":"S","start":at,"length":dice.roll(200_000)}),
        15 => json!({"op":"delete_section","section":section}),
        _ => json!({"op":"repeat_section","section":section,"times":dice.roll(3)}),
    }
}

/// A command chosen by `dice`.
pub(super) fn random_command(session: &Session, dice: &[u32]) -> Command {
    let mut dice = Dice(dice.iter());
    let value = match dice.roll(5) {
        0 => on_track(session, &mut dice),
        1 => on_parts(session, &mut dice),
        2 => on_clip(session, &mut dice),
        3 => on_notes(session, &mut dice),
        _ => on_session(session, &mut dice),
    };
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{value}: {error}"))
}
