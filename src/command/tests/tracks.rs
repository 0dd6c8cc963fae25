//! Tracks, references to them, VCAs and groups.

use super::*;

fn names(session: &Session) -> Vec<&str> {
    session.tracks.iter().map(|track| track.id.as_str()).collect()
}

#[test]
fn a_track_gets_an_id_from_its_name_and_its_place() {
    let mut session = empty();
    let applied = run(&mut session, r#"{"op":"add_track","name":"Kick In","kind":"audio"}"#);
    assert_eq!(applied.created, ["tracks/kick-in"]);
    assert_eq!(applied.touched, ["tracks/kick-in"]);
    run(&mut session, r#"{"op":"add_track","name":"Kick In","kind":"audio","index":0}"#);
    assert_eq!(names(&session), ["kick-in-2", "kick-in"]);
    let error =
        refused(&mut session, r#"{"op":"add_track","id":"kick-in","name":"x","kind":"audio"}"#);
    assert!(error.contains("there is a track 'kick-in' already"), "{error}");
    let error = refused(&mut session, r#"{"op":"add_track","name":"x","kind":"audio","index":9}"#);
    assert!(error.contains("use 0 to 2"), "{error}");
    run(&mut session, r#"{"op":"add_track","name":"Master","kind":"audio"}"#);
    assert_eq!(names(&session)[2], "master-2");
}

#[test]
fn unknown_tracks_are_named_with_the_choices() {
    let error = refused(&mut band(), r#"{"op":"rename_track","track":"bas","name":"Bass"}"#);
    assert_eq!(error, "tracks: no track 'bas': there are band, drums, bass, keys, room");
}

#[test]
fn deleting_a_track_leaves_nothing_that_refers_to_it() {
    let mut session = band();
    let applied = run(&mut session, r#"{"op":"delete_track","track":"drums"}"#);
    assert!(track(&session, "bass").inserts[0].sidechain.is_none());
    assert_eq!(session.vcas[0].members, session.groups[0].members);
    assert_eq!(session.vcas[0].members, [TrackId::new("bass").unwrap()]);
    assert_eq!(
        applied.touched,
        ["groups/edits", "tracks/bass/inserts/compressor", "tracks/drums", "vcas/rhythm/members"]
    );
    let route = r#"{"op":"set_insert_output","track":"bass","insert":"compressor","port":"low","to":"room"}"#;
    run(&mut session, route);
    let hear = r#"{"op":"set_sidechain","track":"master","insert":"far","port":"far","sidechain":{"from":"room"}}"#;
    let add = r#"{"op":"add_insert","track":"master","id":"far","processor":"plugin","plugin":{"format":"lv2","id":"x"}}"#;
    run(&mut session, add);
    run(&mut session, hear);
    run(&mut session, r#"{"op":"delete_track","track":"room"}"#);
    assert!(track(&session, "bass").sends.is_empty());
    assert!(track(&session, "bass").inserts[0].outputs.is_empty());
    assert!(session.master.inserts[1].sidechains.is_empty());
    run(&mut session, r#"{"op":"delete_track","track":"band"}"#);
    assert_eq!(track(&session, "bass").output.to_string(), "master");
}

#[test]
fn deleting_a_return_takes_the_sends_and_their_automation_along() {
    let mut session = band();
    run(&mut session, r#"{"op":"delete_track","track":"room"}"#);
    assert!(track(&session, "drums").sends.is_empty());
    assert!(track(&session, "drums").lanes.is_empty());
}

#[test]
fn reordering_moves_a_track_without_copying_it() {
    let mut session = band();
    let applied = run(&mut session, r#"{"op":"reorder_track","track":"band","index":4}"#);
    assert_eq!(names(&session), ["drums", "bass", "keys", "room", "band"]);
    assert!(matches!(applied.inverse.as_slice(), [Change::Move { from: 4, to: 0, .. }]));
    run(&mut session, r#"{"op":"reorder_track","track":"room","index":0}"#);
    assert_eq!(names(&session), ["room", "drums", "bass", "keys", "band"]);
    refused(&mut session, r#"{"op":"reorder_track","track":"room","index":5}"#);
}

#[test]
fn a_duplicate_sounds_the_same_and_has_clips_of_its_own() {
    let mut session = band();
    let applied = run(&mut session, r#"{"op":"duplicate_track","track":"bass"}"#);
    assert_eq!(applied.created, ["tracks/bass-2"]);
    assert_eq!(names(&session), ["band", "drums", "bass", "bass-2", "keys", "room"]);
    let (original, copy) = (track(&session, "bass"), track(&session, "bass-2"));
    assert_eq!(copy.inserts, original.inserts);
    assert_eq!(copy.lanes, original.lanes);
    assert_eq!(ids(&copy.clips), ["riff-2"]);
    assert!(session.vcas[0].members.contains(&copy.id));
    assert!(!session.groups[0].members.contains(&copy.id));
}

#[test]
fn outputs_lead_to_groups_and_never_in_a_circle() {
    let mut session = band();
    run(&mut session, r#"{"op":"set_output","track":"keys","output":"band"}"#);
    run(&mut session, r#"{"op":"set_output","track":"keys","output":"none"}"#);
    let error = refused(&mut session, r#"{"op":"set_output","track":"keys","output":"bass"}"#);
    assert_eq!(error, "tracks/keys/output: no group 'bass': there is only band");
    run(&mut session, r#"{"op":"add_track","name":"Sub","kind":"group","output":"band"}"#);
    let error = refused(&mut session, r#"{"op":"set_output","track":"band","output":"sub"}"#);
    assert!(error.contains("its own signal"), "{error}");
}

#[test]
fn settings_of_tracks_and_session_change_and_change_back() {
    let mut session = band();
    for json in [
        r#"{"op":"rename_track","track":"bass","name":"Contrabass"}"#,
        r#"{"op":"set_layout","track":"bass","layout":"stereo"}"#,
        r#"{"op":"set_session_name","name":"Song"}"#,
        r#"{"op":"set_plugin_block","frames":256}"#,
        r#"{"op":"set_pan_law","pan_law":"-4.5dB"}"#,
        r#"{"op":"set_seed","seed":7}"#,
        r#"{"op":"set_click","enabled":true,"level_db":-6}"#,
    ] {
        let before = bytes(&session);
        run(&mut session, json);
        assert_ne!(bytes(&session), before, "{json} did nothing");
    }
    assert_eq!(session.click.count_in_bars, 1, "what is left out stays");
}

#[test]
fn vcas_and_groups_hold_tracks_that_exist_once_each() {
    let mut session = band();
    run(&mut session, r#"{"op":"set_vca_members","vca":"rhythm","members":["keys"]}"#);
    run(&mut session, r#"{"op":"set_vca_volume","vca":"rhythm","volume_db":-3.5}"#);
    run(&mut session, r#"{"op":"set_vca_mute","vca":"rhythm","mute":true}"#);
    run(&mut session, r#"{"op":"rename_vca","vca":"rhythm","name":"R"}"#);
    assert_eq!((session.vcas[0].volume_db, session.vcas[0].mute), (-3.5, true));
    let twice = r#"{"op":"set_vca_members","vca":"rhythm","members":["keys","keys"]}"#;
    assert!(refused(&mut session, twice).contains("named twice"));
    let unknown = r#"{"op":"set_group_members","group":"edits","members":["piano"]}"#;
    assert!(refused(&mut session, unknown).contains("no track 'piano'"));
    run(&mut session, r#"{"op":"rename_group","group":"edits","name":"E"}"#);
    run(&mut session, r#"{"op":"set_group_active","group":"edits","active":false}"#);
    run(&mut session, r#"{"op":"delete_group","group":"edits"}"#);
    run(&mut session, r#"{"op":"delete_vca","vca":"rhythm"}"#);
    assert!(session.vcas.is_empty() && session.groups.is_empty());
}
