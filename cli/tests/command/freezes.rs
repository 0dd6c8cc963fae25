//! Freezing and bouncing in place: the same bits as live, undone to the same bytes, what is refused.

use std::path::Path;

use serde_json::Value;

use crate::support::{Place, command, done, done_by, ramp, refused, tone_track, wav};

/// A part of the demo in which bass and drums sound.
const DEMO_RANGE: [&str; 4] = ["--from", "19.5s", "--to", "21s"];

/// Audio through a late limiter; noise behind one; an instrument with echoes, automation, and
/// sends before and behind its fader; a mono track ducked by another; a late master.
fn song(place: &Place) -> String {
    std::fs::create_dir_all(place.path("song")).unwrap();
    std::fs::write(place.path("song/take.wav"), wav(&ramp(24_000))).unwrap();
    let play = |id: &str, start: u32| {
        format!(
            "\"clips\": [{{\"id\": \"{id}-clip\", \"gain_db\": 3, \"content\": {{\"audio\": \
             {{\"file\": \"take.wav\"}}}}, \"start\": {{\"samples\": {start}}}, \"length\": \
             {{\"samples\": 24000}}}}]"
        )
    };
    let tape = format!(
        "{{\"id\": \"tape\", \"name\": \"Tape\", \"kind\": \"audio\", \"volume_db\": -3, \"pan\": \
         0.3, \"inserts\": [{{\"id\": \"squeeze\", \"processor\": \"limiter\"}}], {}}}",
        play("tape", 1_000)
    );
    let hiss = "{\"id\": \"hiss\", \"name\": \"Hiss\", \"kind\": \"audio\", \"inserts\": [{\"id\": \
                \"squeeze\", \"processor\": \"limiter\"}, {\"id\": \"noise\", \"processor\": \
                \"generator\", \"parameters\": {\"type\": \"pink-noise\", \"level_db\": -30}}]}";
    let mut keys = tone_track("keys", 1);
    keys = keys.replace(
        "\"processor\": \"tone\"}",
        "\"processor\": \"tone\"}, {\"id\": \"echo\", \"processor\": \"delay\"}, {\"id\": \
         \"level\", \"processor\": \"gain\"}, {\"id\": \"squeeze\", \"processor\": \"limiter\"}",
    );
    keys.pop();
    keys.push_str(
        ", \"volume_db\": -2, \"sends\": [{\"id\": \"pre\", \"to\": \"verb\", \"tap\": \
         \"pre-fader\", \"level_db\": -6}, {\"id\": \"post\", \"to\": \"verb\", \"tap\": \
         \"post-fader\", \"level_db\": -9}], \"lanes\": [{\"id\": \"ride\", \"target\": \
         \"volume\", \"points\": [{\"at\": {\"samples\": 0}, \"value\": -20}, {\"at\": \
         {\"samples\": 30000}, \"value\": 3}]}, {\"id\": \"swell\", \"target\": \
         \"inserts/level/gain_db\", \"points\": [{\"at\": {\"samples\": 500}, \"value\": -9}, \
         {\"at\": {\"samples\": 20000}, \"value\": 2}]}]}",
    );
    let bass = format!(
        "{{\"id\": \"bass\", \"name\": \"Bass\", \"kind\": \"audio\", \"layout\": \"mono\", \
         \"pan\": -0.4, \"inserts\": [{{\"id\": \"duck\", \"processor\": \"compressor\", \
         \"sidechain\": {{\"from\": \"keys\", \"tap\": \"post-fader\"}}, \"parameters\": \
         {{\"threshold_db\": -40}}}}], {}}}",
        play("bass", 0)
    );
    let pad = tone_track("pad", 1).replace(
        "\"processor\": \"tone\"}",
        "\"processor\": \"tone\"}, {\"id\": \"duck\", \"processor\": \"compressor\", \
         \"sidechain\": {\"from\": \"bass\", \"tap\": \"pre-fader\"}, \"parameters\": \
         {\"threshold_db\": -40}}",
    );
    let verb = "{\"id\": \"verb\", \"name\": \"Verb\", \"kind\": \"return\", \"volume_db\": -4, \
                \"inserts\": [{\"id\": \"echo\", \"processor\": \"delay\"}]}";
    let tracks = [tape, hiss.to_owned(), keys, bass, pad, verb.to_owned()].join(", ");
    let master = "\"master\": {\"volume_db\": -2, \"inserts\": [{\"id\": \"limit\", \
                  \"processor\": \"limiter\"}]}";
    place.session("song", &format!("\"tracks\": [{tracks}], {master}"))
}

/// What a bounce puts out: the hash of the mix and its length.
fn mix(place: &Place, session: &str, more: &[&str]) -> (Value, Value) {
    let out = place.text("mix.wav");
    let fixed = ["bounce", session, "-o", &out, "--json", "--force", "--no-measure"];
    let report = done(fixed.iter().chain(more).copied()).json();
    (report["mix_sha256"].clone(), report["frames"].clone())
}

fn document(session: &str) -> String {
    std::fs::read_to_string(Path::new(session).join("session.json")).unwrap()
}

/// Brings the document into the form in which edits write it.
fn settle(session: &str) {
    let ops = Path::new(session).join("ops.json");
    std::fs::write(&ops, "[{\"op\": \"set_session_name\", \"name\": \"settled\"}]").unwrap();
    done(["edit", session, ops.to_str().unwrap(), "--quiet"]);
    std::fs::remove_file(ops).unwrap();
}

fn edit(place: &Place, ops: &str) -> String {
    std::fs::write(place.path("ops.json"), ops).unwrap();
    place.text("ops.json")
}

#[test]
fn each_track_frozen_and_all_of_them_sound_as_live() {
    let place = Place::new();
    let song = song(&place);
    settle(&song);
    let live = mix(&place, &song, &[]);
    let before = document(&song);
    let tracks = ["tape", "hiss", "keys", "bass", "pad"];
    for track in tracks {
        done(["freeze", &song, track]);
        assert_eq!(mix(&place, &song, &[]), live, "{track}");
        done(["unfreeze", &song, track]);
        assert_eq!(document(&song), before, "{track}");
    }
    for track in tracks {
        done(["freeze", &song, track]);
    }
    let variants: [&[&str]; 5] = [
        &["--jobs", "1"],
        &["--jobs", "2"],
        &["--block", "64"],
        &["--block", "4096"],
        &["--simd", "scalar"],
    ];
    for more in variants {
        assert_eq!(mix(&place, &song, more), live, "{more:?}");
    }
    let plan = done(["plan", &song]).stdout;
    assert!(!plan.contains("tracks/keys/inserts"), "frozen effects do not run: {plan}");
}

/// Frozen without any choice of jobs, blocks or the store's help, and with.
#[test]
fn a_file_is_the_same_however_it_is_rendered() {
    let place = Place::new();
    let song = song(&place);
    let mut files = Vec::new();
    for more in [["--jobs", "1"], ["--jobs", "2"], ["--block", "64"], ["--block", "4096"]] {
        for _ in 0..2 {
            let mut command = command();
            command.env("WAVEMILL_CACHE", place.path("store"));
            command.args(["freeze", &song, "keys", "--json"]).args(more);
            let report = done_by(&mut command).json();
            let file = Path::new(&song).join(report["file"].as_str().unwrap());
            files.push(std::fs::read(file).unwrap());
            done(["unfreeze", &song, "keys"]);
        }
    }
    assert!(files.iter().all(|file| *file == files[0]));
    assert!(files[0].len() > 8 * 48_000, "a second and the echoes");
}

#[test]
fn the_demo_frozen_sounds_as_live() {
    let place = Place::new();
    let song = place.text("demo");
    done(["new", &song, "--demo"]);
    let live = mix(&place, &song, &DEMO_RANGE);
    let info = done(["info", &song, "--json"]).json();
    let tracks = info["tracks"].as_array().unwrap().clone();
    let mut frozen = 0;
    for track in &tracks {
        let id = track["id"].as_str().unwrap();
        if ["audio", "instrument"].contains(&track["kind"].as_str().unwrap()) {
            done(["freeze", &song, id]);
            frozen += 1;
            if ["bass", "kick"].contains(&id) {
                assert_eq!(mix(&place, &song, &DEMO_RANGE), live, "{id}");
            }
        }
    }
    assert!(frozen > 4);
    assert_eq!(mix(&place, &song, &DEMO_RANGE), live);
    let whole = done(["info", &song, "--json"]).json();
    assert_eq!(whole["length_seconds"], info["length_seconds"]);
}

#[test]
fn freezing_is_undone_and_done_again() {
    let place = Place::new();
    let song = song(&place);
    settle(&song);
    let before = document(&song);
    let report = done(["freeze", &song, "keys", "--json"]).json();
    assert_eq!(report["file"], "audio/keys-frozen.wav");
    let frozen = document(&song);
    assert!(frozen.contains("keys-frozen.wav"));
    done(["undo", &song]);
    assert_eq!(document(&song), before);
    done(["redo", &song]);
    assert_eq!(document(&song), frozen);
    // The file of a track that is unfrozen stays, for an undo needs it.
    done(["unfreeze", &song, "keys"]);
    assert!(place.path("song/audio/keys-frozen.wav").exists());
    done(["undo", &song]);
    assert_eq!(document(&song), frozen);
    let info = done(["info", &song]).stdout;
    assert!(info.contains(", frozen"), "{info}");
    std::fs::remove_file(place.path("song/audio/keys-frozen.wav")).unwrap();
    refused(["bounce", &song, "-o", &place.text("x.wav")], 3, &["tracks/keys/frozen"]);
}

#[test]
fn what_was_frozen_is_not_edited() {
    let place = Place::new();
    let song = song(&place);
    done(["freeze", &song, "keys"]);
    let frozen = document(&song);
    for op in [
        "{\"op\": \"delete_clip\", \"clip\": \"keys-clip\"}",
        "{\"op\": \"set_bypass\", \"track\": \"keys\", \"insert\": \"echo\", \"bypass\": true}",
        "{\"op\": \"delete_lane\", \"track\": \"keys\", \"lane\": \"swell\"}",
        "{\"op\": \"set_tempo\", \"at\": 0, \"bpm\": 90}",
    ] {
        let ops = edit(&place, &format!("[{op}]"));
        refused(["edit", &song, &ops], 3, &["tracks/keys", "is frozen", "unfreeze it first"]);
    }
    assert_eq!(document(&song), frozen);
    let ops = edit(
        &place,
        "[{\"op\": \"set_volume\", \"track\": \"keys\", \"volume_db\": -8}, {\"op\": \
         \"delete_lane\", \"track\": \"keys\", \"lane\": \"ride\"}]",
    );
    done(["edit", &song, &ops]);
    let now = mix(&place, &song, &[]);
    done(["unfreeze", &song, "keys"]);
    assert_eq!(mix(&place, &song, &[]), now, "faders work on");
}

#[test]
fn what_cannot_be_frozen_leaves_nothing_behind() {
    let place = Place::new();
    let song = song(&place);
    refused(["freeze", &song, "verb"], 3, &["tracks/verb/frozen", "group or return"]);
    refused(["freeze", &song, "drums"], 3, &["no track 'drums'", "keys"]);
    refused(["unfreeze", &song, "keys"], 3, &["tracks/keys", "not frozen"]);
    refused(["freeze", &song, "keys", "--from", "1s"], 2, &["--from"]);
    assert!(!place.path("song/audio").exists());
    done(["freeze", &song, "keys"]);
    refused(["freeze", &song, "keys"], 3, &["frozen already"]);
    let stems = ["stems", &song, "-o", &place.text("s"), "--of", "keys", "--tap", "pre-fx"];
    refused(stems, 3, &["tracks/keys", "before its effects", "pre-fader"]);
    let files = place.files();
    assert_eq!(files.iter().filter(|file| file.contains("song/audio/")).count(), 1, "{files:?}");
    place.assert_clean("s/01-keys.wav");
}

#[test]
fn a_file_may_be_longer_and_never_shorter() {
    let place = Place::new();
    let song = song(&place);
    let frames = |more: &[&str]| {
        let report = done(["freeze", &song, "tape", "--json"].iter().chain(more).copied()).json();
        done(["undo", &song]);
        report["frames"].as_u64().unwrap()
    };
    let usual = frames(&[]);
    assert_eq!(frames(&["--tail", "none"]), usual);
    assert_eq!(frames(&["--to", "100s"]), 4_800_000);
}

#[test]
fn bouncing_in_place_keeps_the_mix() {
    let place = Place::new();
    let song = song(&place);
    settle(&song);
    let before = document(&song);
    let range = ["--to", "2s"];
    let live = mix(&place, &song, &range);
    for track in ["tape", "hiss", "keys", "bass", "pad"] {
        let report = done(["bounce-in-place", &song, track, "--json"]).json();
        assert_eq!(report["track"], format!("{track}-bounced"));
        assert_eq!(mix(&place, &song, &range), live, "{track}");
        done(["undo", &song]);
        assert_eq!(document(&song), before, "{track}");
        assert!(Path::new(&song).join(report["file"].as_str().unwrap()).exists());
    }
    for track in ["tape", "bass", "pad"] {
        let name = ["--tap", "post-fader", "--name", "Printed"];
        let report =
            done(["bounce-in-place", &song, track, "--json"].iter().chain(&name).copied()).json();
        assert_eq!(report["track"], "printed");
        assert_eq!(mix(&place, &song, &range), live, "{track}");
        done(["undo", &song]);
    }
}

#[test]
fn a_part_is_bounced_where_it_is() {
    let place = Place::new();
    let song = song(&place);
    let range = ["--from", "0.1s", "--to", "0.2s"];
    done(["bounce-in-place", &song, "tape"].iter().chain(&range).copied());
    let document: Value = serde_json::from_str(&document(&song)).unwrap();
    let tracks = document["tracks"].as_array().unwrap();
    assert_eq!((&tracks[0]["mute"], &tracks[1]["id"]), (&true.into(), &"tape-bounced".into()));
    let clip = &tracks[1]["clips"][0];
    assert_eq!(clip["start"]["samples"], 4_800);
    assert_eq!(clip["length"]["samples"], 4_800);
}

#[test]
fn what_one_file_cannot_replace_is_refused() {
    let place = Place::new();
    let song = song(&place);
    let bounce = ["bounce-in-place", &song];
    let refuse = |more: &[&str], words: &[&str]| {
        refused(bounce.iter().chain(more).copied(), 3, words);
    };
    refuse(&["keys", "--tap", "post-fader"], &["tracks/keys/sends/pre", "--tap pre-fader"]);
    refuse(&["nobody"], &["no track 'nobody'"]);
    let ops = edit(&place, "[{\"op\": \"set_mute\", \"track\": \"tape\", \"mute\": true}]");
    done(["edit", &song, &ops]);
    refuse(&["tape", "--tap", "post-fader"], &["tracks/tape", "muted"]);
    assert!(!place.path("song/audio").exists(), "nothing is left");
}
