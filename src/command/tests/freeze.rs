//! Freezing: what is then refused, what goes on, and what can be frozen at all.

use super::*;

const FREEZE: &str = r#"{"op":"freeze_track","track":"bass","file":"audio/ice.wav","tail":7}"#;

/// The band with a frozen bass, whose plug-in has an automated parameter.
fn frozen() -> Session {
    let mut session = band();
    run(
        &mut session,
        r#"{"op":"add_lane","track":"bass","id":"swell","target":"inserts/equaliser/gain_db",
            "points":[{"at":{"ticks":0},"value":-6}]}"#,
    );
    run(&mut session, r#"{"op":"add_take_lane","track":"bass","id":"take","name":"Take"}"#);
    let applied = run(&mut session, FREEZE);
    assert_eq!(applied.touched, ["tracks/bass/frozen"]);
    session
}

#[test]
fn what_a_file_was_made_from_is_not_edited() {
    let mut session = frozen();
    for json in [
        r#"{"op":"delete_clip","clip":"riff"}"#,
        r#"{"op":"set_clip","clip":"riff","gain_db":-3}"#,
        r#"{"op":"move_clip","clip":"beat","track":"bass","start":{"samples":0}}"#,
        r#"{"op":"add_take_lane","track":"bass","name":"Other"}"#,
        r#"{"op":"activate_take_lane","track":"bass","take_lane":"take"}"#,
        r#"{"op":"set_layout","track":"bass","layout":"stereo"}"#,
        r#"{"op":"add_insert","track":"bass","processor":"gain"}"#,
        r#"{"op":"remove_insert","track":"bass","insert":"equaliser"}"#,
        r#"{"op":"reorder_insert","track":"bass","insert":"equaliser","index":0}"#,
        r#"{"op":"set_bypass","track":"bass","insert":"equaliser","bypass":true}"#,
        r#"{"op":"set_lane_mode","track":"bass","lane":"swell","mode":"off"}"#,
        r#"{"op":"delete_lane","track":"bass","lane":"swell"}"#,
        r#"{"op":"add_points","track":"bass","lane":"swell","points":[{"at":{"ticks":9},"value":1}]}"#,
        r#"{"op":"set_tempo","at":0,"bpm":90}"#,
        r#"{"op":"set_seed","seed":5}"#,
        r#"{"op":"set_sample_rate","sample_rate":44100}"#,
        // Its compressor hears the drums.
        r#"{"op":"delete_track","track":"drums"}"#,
        FREEZE,
    ] {
        let error = refused(&mut session, json);
        assert!(error.starts_with("tracks/bass: is frozen"), "{json}: {error}");
        assert!(error.ends_with("unfreeze it first"), "{json}: {error}");
    }
    run(&mut session, r#"{"op":"unfreeze_track","track":"bass"}"#);
    run(&mut session, r#"{"op":"delete_lane","track":"bass","lane":"swell"}"#);
    refused(&mut session, r#"{"op":"unfreeze_track","track":"bass"}"#);
}

#[test]
fn the_mixer_of_a_frozen_track_goes_on() {
    let mut session = frozen();
    let lane = track(&session, "bass").lanes[0].id.to_string();
    for json in [
        r#"{"op":"set_volume","track":"bass","volume_db":-3}"#,
        r#"{"op":"set_pan","track":"bass","pan":0.5}"#,
        r#"{"op":"set_output","track":"bass","output":"master"}"#,
        r#"{"op":"set_send","track":"bass","send":"room","level_db":-3}"#,
        r#"{"op":"remove_send","track":"bass","send":"room"}"#,
        r#"{"op":"add_lane","track":"bass","target":"pan","points":[{"at":{"ticks":0},"value":0}]}"#,
        &format!(r#"{{"op":"delete_lane","track":"bass","lane":"{lane}"}}"#),
        r#"{"op":"reorder_track","track":"bass","index":0}"#,
        r#"{"op":"delete_clip","clip":"beat"}"#,
    ] {
        run(&mut session, json);
    }
    run(&mut session, r#"{"op":"duplicate_track","track":"bass","name":"Copy"}"#);
    assert_eq!(track(&session, "copy").frozen, None, "a copy has random numbers of its own");
    run(&mut session, r#"{"op":"delete_track","track":"bass"}"#);
}

#[test]
fn groups_returns_and_tracks_of_many_outputs_are_not_frozen() {
    let mut session = band();
    for id in ["band", "room"] {
        let json = format!(r#"{{"op":"freeze_track","track":"{id}","file":"audio/ice.wav"}}"#);
        assert!(refused(&mut session, &json).contains("group or return"));
    }
    let output =
        r#"{"op":"set_insert_output","track":"bass","insert":"compressor","port":"a","to":"room"}"#;
    run(&mut session, output);
    assert!(refused(&mut session, FREEZE).contains("has outputs to other tracks"));
    let empty = r#"{"op":"freeze_track","track":"drums","file":""}"#;
    assert!(refused(&mut session, empty).contains("tracks/drums/frozen/file"));
    let late = r#"{"op":"freeze_track","track":"drums","file":"a.wav","tail":-1}"#;
    assert!(refused(&mut session, late).contains("tracks/drums/frozen/tail"));
}
