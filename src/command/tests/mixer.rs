//! Faders, mix groups, sends and inserts.

use super::*;

#[test]
fn the_inverse_of_a_fader_move_is_a_fader_move() {
    let mut session = band();
    let applied = run(&mut session, r#"{"op":"set_volume","track":"bass","volume_db":-7.5}"#);
    let text = serde_json::to_string(&applied.inverse).unwrap();
    assert_eq!(text, r#"[{"track":{"track":"bass","value":{"volume_db":0.0}}}]"#);
    assert_eq!(applied.touched, ["tracks/bass/volume_db"]);
}

#[test]
fn the_master_has_a_fader_and_a_balance() {
    let mut session = band();
    run(&mut session, r#"{"op":"set_volume","track":"master","volume_db":-1.5}"#);
    let applied = run(&mut session, r#"{"op":"set_pan","track":"master","pan":0.25}"#);
    assert_eq!((session.master.volume_db, session.master.pan), (-1.5, 0.25));
    assert_eq!(applied.touched, ["master/pan"]);
}

#[test]
fn an_active_mix_group_moves_together() {
    let mut session = band();
    let members =
        r#"{"op":"add_group","name":"Mix","kind":"mix","members":["drums","bass","keys"]}"#;
    run(&mut session, members);
    run(&mut session, r#"{"op":"set_volume","track":"bass","volume_db":-10,"ungrouped":true}"#);
    assert_eq!(track(&session, "drums").volume_db, 0.0);
    run(&mut session, r#"{"op":"set_volume","track":"bass","volume_db":30}"#);
    assert_eq!(track(&session, "bass").volume_db, 30.0);
    assert_eq!(track(&session, "drums").volume_db, 36.0, "clamped from 40 dB");
    run(&mut session, r#"{"op":"set_mute","track":"keys","mute":true}"#);
    run(&mut session, r#"{"op":"set_solo","track":"keys","solo":true,"ungrouped":true}"#);
    assert!(track(&session, "bass").mute && !track(&session, "bass").solo);
    run(&mut session, r#"{"op":"set_group_active","group":"mix","active":false}"#);
    run(&mut session, r#"{"op":"set_mute","track":"keys","mute":false}"#);
    assert!(track(&session, "bass").mute);
    run(&mut session, r#"{"op":"set_solo_safe","track":"keys","solo_safe":true}"#);
    run(&mut session, r#"{"op":"set_pan","track":"keys","pan":-0.5}"#);
}

/// What only a bounce would refuse would be found too late.
#[test]
fn no_command_closes_a_circle() {
    let mut session = band();
    run(&mut session, r#"{"op":"add_track","name":"Hall","kind":"return"}"#);
    run(&mut session, r#"{"op":"add_send","track":"room","to":"hall"}"#);
    run(&mut session, r#"{"op":"add_insert","track":"bass","id":"duck","processor":"compressor"}"#);
    for (json, circle) in [
        (r#"{"op":"add_send","track":"room","to":"room"}"#, "tracks/room -> tracks/room: "),
        (
            r#"{"op":"add_send","track":"hall","to":"room"}"#,
            "tracks/room -> tracks/hall -> tracks/room: ",
        ),
        (
            r#"{"op":"set_send","track":"room","send":"hall","to":"room"}"#,
            "tracks/room -> tracks/room: ",
        ),
        (
            r#"{"op":"set_sidechain","track":"bass","insert":"duck","sidechain":{"from":"bass"}}"#,
            "tracks/bass -> tracks/bass: ",
        ),
        (
            r#"{"op":"set_sidechain","track":"bass","insert":"duck","sidechain":{"from":"band"}}"#,
            "tracks/band -> tracks/bass -> tracks/band: ",
        ),
        (
            r#"{"op":"add_insert","track":"room","processor":"compressor","sidechain":{"from":"hall"}}"#,
            "tracks/room -> tracks/hall -> tracks/room: ",
        ),
    ] {
        let error = refused(&mut session, json);
        assert!(error.contains(&format!("signals run in a circle, {circle}")), "{json}: {error}");
    }
    // A bypassed insert hears nothing; it must not be switched on then.
    run(&mut session, r#"{"op":"set_bypass","track":"bass","insert":"duck","bypass":true}"#);
    let own =
        r#"{"op":"set_sidechain","track":"bass","insert":"duck","sidechain":{"from":"bass"}}"#;
    run(&mut session, own);
    let on = r#"{"op":"set_bypass","track":"bass","insert":"duck","bypass":false}"#;
    assert!(refused(&mut session, on).contains("signals run in a circle"));
}

#[test]
fn sends_feed_returns_only() {
    let mut session = band();
    let error = refused(&mut session, r#"{"op":"add_send","track":"keys","to":"bass"}"#);
    assert_eq!(error, "tracks/keys/sends: no return track 'bass': there is only room");
    let applied = run(&mut session, r#"{"op":"add_send","track":"drums","to":"room"}"#);
    assert_eq!(applied.created, ["tracks/drums/sends/room-2"]);
    run(
        &mut session,
        r#"{"op":"set_send","track":"drums","send":"room-2","level_db":-3,"tap":"pre-fader","mute":true}"#,
    );
    let send = &track(&session, "drums").sends[1];
    assert_eq!((send.level_db, send.pan, send.mute), (-3.0, 0.0, true));
    refused(&mut session, r#"{"op":"set_send","track":"drums","send":"room","to":"keys"}"#);
    run(&mut session, r#"{"op":"remove_send","track":"drums","send":"room"}"#);
    assert!(track(&session, "drums").lanes.is_empty(), "its automation goes with it");
}

#[test]
fn inserts_are_added_moved_and_removed_with_their_automation() {
    let mut session = band();
    run(
        &mut session,
        r#"{"op":"add_lane","track":"bass","target":"inserts/compressor/threshold_db"}"#,
    );
    let order = |session: &Session| -> Vec<String> {
        track(session, "bass").inserts.iter().map(|insert| insert.id.to_string()).collect()
    };
    run(&mut session, r#"{"op":"add_insert","track":"bass","processor":"gain","index":0}"#);
    assert_eq!(order(&session), ["gain", "compressor", "equaliser"]);
    run(&mut session, r#"{"op":"reorder_insert","track":"bass","insert":"gain","index":2}"#);
    assert_eq!(order(&session), ["compressor", "equaliser", "gain"]);
    run(&mut session, r#"{"op":"set_bypass","track":"bass","insert":"gain","bypass":true}"#);
    run(&mut session, r#"{"op":"remove_insert","track":"bass","insert":"compressor"}"#);
    assert_eq!(order(&session), ["equaliser", "gain"]);
    assert_eq!(track(&session, "bass").lanes.len(), 1);
    let error = refused(&mut session, r#"{"op":"remove_insert","track":"bass","insert":"eq"}"#);
    assert_eq!(error, "tracks/bass/inserts: no insert 'eq': there are equaliser, gain");
}

#[test]
fn sidechains_and_plugin_states_are_set_and_taken_away() {
    let mut session = band();
    run(
        &mut session,
        r#"{"op":"set_sidechain","track":"bass","insert":"compressor","sidechain":{"from":"keys","tap":"pre-fader"}}"#,
    );
    run(
        &mut session,
        r#"{"op":"set_sidechain","track":"bass","insert":"compressor","sidechain":null}"#,
    );
    assert!(track(&session, "bass").inserts[0].sidechain.is_none());
    run(
        &mut session,
        r#"{"op":"add_insert","track":"keys","processor":"plugin",
            "plugin":{"format":"clap","id":"org.example.synth","name":"Synth"}}"#,
    );
    let hash = "0123456789abcdef".repeat(4);
    run(
        &mut session,
        &format!(
            r#"{{"op":"set_plugin_state","track":"keys","insert":"synth","state_sha256":"{hash}"}}"#
        ),
    );
    let plugin = track(&session, "keys").inserts[1].plugin.as_ref().unwrap();
    assert_eq!(plugin.state_sha256.as_ref(), Some(&hash));
    run(
        &mut session,
        r#"{"op":"set_parameter","track":"keys","insert":"synth","parameter":"any","value":3}"#,
    );
    let built_in =
        r#"{"op":"set_plugin_state","track":"keys","insert":"tone","state_sha256":null}"#;
    assert!(refused(&mut session, built_in).contains("keeps no state"));
    refused(&mut session, r#"{"op":"add_insert","track":"keys","processor":"plugin"}"#);
}

#[test]
fn presets_are_chosen_changed_and_taken_away() {
    let mut session = band();
    run(
        &mut session,
        r#"{"op":"add_insert","track":"keys","processor":"synthesiser","preset":"brass"}"#,
    );
    let preset = |session: &Session| track(session, "keys").inserts[1].preset.clone();
    assert_eq!(preset(&session).as_deref(), Some("brass"));
    let set = |preset: &str| {
        format!(r#"{{"op":"set_preset","track":"keys","insert":"synthesiser","preset":{preset}}}"#)
    };
    run(&mut session, &set("\"bell\""));
    assert_eq!(preset(&session).as_deref(), Some("bell"));
    let error = refused(&mut session, &set("\"gong\""));
    let wanted = "tracks/keys/inserts/synthesiser: synthesiser has no preset 'gong': choose one of";
    assert!(error.starts_with(wanted), "{error}");
    run(&mut session, &set("null"));
    assert_eq!(preset(&session), None);
    let on_gain = r#"{"op":"add_insert","track":"keys","processor":"gain","preset":"bell"}"#;
    assert!(refused(&mut session, on_gain).contains("gain has no preset 'bell': it has none"));
}

#[test]
fn outputs_and_further_sidechains_are_connected_and_taken_away() {
    let mut session = band();
    let output = |track: &str, port: &str, to: &str| {
        let place = format!(r#""track":"{track}","insert":"compressor","port":"{port}""#);
        format!(r#"{{"op":"set_insert_output",{place},"to":{to}}}"#)
    };
    let applied = run(&mut session, &output("bass", "low", r#""band""#));
    assert_eq!(applied.touched, ["tracks/bass/inserts/compressor"]);
    run(&mut session, &output("bass", "high", r#""room""#));
    run(&mut session, &output("bass", "low", r#""room""#));
    let outputs = |session: &Session| -> Vec<String> {
        let outputs = track(session, "bass").inserts[0].outputs.iter();
        outputs.map(|(port, to)| format!("{port} {to}")).collect()
    };
    assert_eq!(outputs(&session), ["high room", "low room"]);
    run(&mut session, &output("bass", "high", "null"));
    assert_eq!(outputs(&session), ["low room"]);
    assert_eq!(
        refused(&mut session, &output("bass", "low", r#""keys""#)),
        "tracks/bass/inserts/compressor/outputs/low: 'keys' is an instrument track: route the \
         output to a group or a return; the groups and returns are band, room"
    );
    let unknown = refused(&mut session, &output("bass", "low", r#""hall""#));
    assert!(unknown.contains("no track 'hall'"), "{unknown}");
    let built_in = output("bass", "low", r#""room""#).replace("compressor", "equaliser");
    assert_eq!(
        refused(&mut session, &built_in),
        "tracks/bass/inserts/equaliser/outputs/low: gain has no output 'low', nor any to connect \
         here: leave it out"
    );
    let limiter = output("master", "low", r#""room""#).replace("compressor", "limiter");
    refused(&mut session, &limiter);

    let further = r#"{"op":"set_sidechain","track":"bass","insert":"compressor","port":"far","sidechain":{"from":"keys"}}"#;
    run(&mut session, further);
    assert_eq!(track(&session, "bass").inserts[0].sidechains.len(), 1);
    assert!(track(&session, "bass").inserts[0].sidechain.is_some(), "the first is another");
    run(&mut session, &further.replace(r#"{"from":"keys"}"#, "null"));
    assert!(track(&session, "bass").inserts[0].sidechains.is_empty());
    let deaf = further.replace("compressor", "equaliser");
    assert!(refused(&mut session, &deaf).contains("no further sidechain input 'far'"));

    run(
        &mut session,
        r#"{"op":"add_insert","track":"keys","id":"drums","processor":"plugin",
            "plugin":{"format":"clap","id":"org.example.drums"},
            "sidechains":{"far":{"from":"bass"}},"outputs":{"kick":"band"}}"#,
    );
    assert_eq!(track(&session, "keys").inserts[1].outputs.len(), 1);
    for missing in [r#""sidechains":{"far":{"from":"nobody"}}"#, r#""outputs":{"kick":"nobody"}"#] {
        let add = r#"{"op":"add_insert","track":"keys","processor":"plugin","plugin":{"format":"clap","id":"x"},"#;
        let error = refused(&mut session, &format!("{add}{missing}}}"));
        assert!(error.contains("no track 'nobody'"), "{error}");
    }
}

#[test]
fn parameters_are_those_the_processor_has_in_their_ranges() {
    let mut session = band();
    let set = |parameter: &str, value: &str| {
        format!(
            r#"{{"op":"set_parameter","track":"bass","insert":"equaliser","parameter":"{parameter}","value":{value}}}"#
        )
    };
    let applied = run(&mut session, &set("gain_db", "-6"));
    assert_eq!(applied.touched, ["tracks/bass/inserts/equaliser"]);
    assert_eq!(track(&session, "bass").inserts[1].parameters.len(), 1);
    run(&mut session, &set("gain_db", "null"));
    assert!(track(&session, "bass").inserts[1].parameters.is_empty());
    assert_eq!(
        refused(&mut session, &set("gain_db", "99")),
        "tracks/bass/inserts/equaliser: gain_db cannot be 99 dB: it goes from -144 to 36 dB"
    );
    assert_eq!(
        refused(&mut session, &set("volume", "0")),
        "tracks/bass/inserts/equaliser: gain has no parameter 'volume': it has gain_db"
    );
    let several = r#"{"op":"set_parameters","track":"bass","insert":"equaliser","parameters":{"gain_db":3,"pan":0}}"#;
    assert!(refused(&mut session, several).contains("no parameter 'pan'"));
    run(&mut session, &several.replace(",\"pan\":0", ""));
    let lane = r#"{"op":"add_lane","track":"bass","target":"inserts/equaliser/gain_db","points":[{"at":{"ticks":0},"value":40}]}"#;
    assert!(refused(&mut session, lane).contains("-144 to 36 dB"));
    let unknown = r#"{"op":"add_insert","track":"bass","processor":"reverbb"}"#;
    assert!(refused(&mut session, unknown).contains("no processor 'reverbb': there are gain"));
    let deaf = r#"{"op":"set_sidechain","track":"bass","insert":"equaliser","sidechain":{"from":"drums"}}"#;
    assert!(refused(&mut session, deaf).contains("has no sidechain input"));
}
