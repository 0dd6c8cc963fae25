//! What formats do in their own ways: parameters before activation, system exclusive messages, single
//! notes, outputs in no group.

use serde_json::{Value, json};

use crate::bundles::{Bundles, lv2_id, vst3_id};
use crate::hosting::{Studio, midi_track, notes_track, onsets, ramp_track, ticks};

/// A place with the test plug-ins of VST3 and LV2, and of CLAP those of these names.
pub fn studio(names: &[&str]) -> Studio {
    let bundles = Bundles::new(names);
    bundles.add_vst3();
    bundles.add_lv2();
    bundles.scan(&[]);
    Studio(bundles)
}

/// A latency that follows a parameter is the one of its value, however the format takes that.
#[test]
fn latency_follows_a_parameter_in_every_format() {
    let studio = studio(&[]);
    let dry = studio.session("dry", &json!([ramp_track("a", &json!([]))]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    for (format, id, parameter) in [
        ("vst3", vst3_id("Late"), "7"),
        ("vst3", vst3_id("Jump"), "7"),
        ("lv2", lv2_id("delay"), "amount"),
        ("lv2", lv2_id("jump"), "amount"),
    ] {
        for value in [0.25, 0.75, 1.0] {
            let insert = json!({
                "id": "late", "processor": "plugin", "parameters": {parameter: value},
                "plugin": {"format": format, "id": id, "name": "late"},
            });
            let song = studio.session("song", &json!([ramp_track("a", &json!([insert]))]));
            let (_, wet) = studio.bounce(&song, &["--no-cache"]);
            assert_eq!(wet, dry, "{id} {value}");
        }
    }
}

/// A system exclusive message of a session's clip reaches plug-ins of every format at its sample.
#[test]
fn system_exclusive_messages_reach_plug_ins() {
    let studio = studio(&["echo"]);
    let long: Vec<u32> = (0..3_000).map(|byte| byte % 128).collect();
    let sum = |bytes: &[u32]| bytes.iter().sum::<u32>() + 0xf0 + 0xf7;
    for (format, id) in [
        ("clap", "org.wavemill.test.echo".to_owned()),
        ("vst3", vst3_id("Echo")),
        ("lv2", lv2_id("echo")),
    ] {
        let insert = json!({
            "id": "echo", "processor": "plugin",
            "plugin": {"format": format, "id": id, "name": "echo"},
        });
        let content = json!({"system_exclusive": [
            {"at": ticks(475), "bytes": [1, 2, 3]},
            {"at": ticks(4_100), "bytes": long},
        ]});
        let track = midi_track("a", &content, &json!([insert]));
        let song = studio.session("song", &json!([track]));
        for block in ["64", "8192"] {
            let (_, heard) = studio.bounce(&song, &["--no-cache", "--block", block]);
            assert_eq!(onsets(&heard), [475, 4_100], "{id}");
            assert_eq!(heard[475], [sum(&[1, 2, 3]) as f32 / 4_096.0; 2], "{id}");
            assert_eq!(heard[4_100], [sum(&long) as f32 / 4_096.0; 2], "{id}");
        }
    }
}

/// Where the session says so, single notes are bent on channels of their own; a CLAP says it itself.
#[test]
fn single_notes_are_expressed_as_mpe_where_that_is_asked_for() {
    let studio = studio(&["mpe"]);
    let heard = |plugin: Value| {
        let insert = json!({"id": "synth", "processor": "plugin", "plugin": plugin});
        let mut track = notes_track("a", &[(25, 60), (25, 64)], &json!([insert]));
        track["clips"][0]["content"]["notes"][1]["expression"] =
            json!([{"at": 0, "kind": "tuning", "value": 12.0}]);
        let song = studio.session("song", &json!([track]));
        studio.bounce(&song, &["--no-cache"]).1[100]
    };
    let lv2 = json!({"format": "lv2", "id": lv2_id("levels")});
    assert_eq!(heard(lv2.clone()), [2.0, 0.0]);
    let mut asked = lv2;
    asked["mpe"] = json!(true);
    assert_eq!(heard(asked), [2.0, 0.25]);
    assert_eq!(heard(json!({"format": "clap", "id": "org.wavemill.test.mpe"})), [2.0, 0.25]);
}

/// Outputs that are in no group can be routed one by one.
#[test]
fn every_output_of_an_lv2_can_be_routed() {
    let studio = studio(&[]);
    let mut insert = json!({
        "id": "synth", "processor": "plugin",
        "plugin": {"format": "lv2", "id": lv2_id("levels")},
    });
    let heard = |insert: &Value| {
        let content = json!({
            "notes": [{"at": ticks(25), "length": ticks(500), "key": 60, "velocity": 127}],
            "controllers": [
                {"channel": 0, "target": "pressure",
                 "points": [{"at": 0, "value": 127.0, "shape": "hold"}]},
            ],
        });
        let track = midi_track("a", &content, &json!([insert]));
        let group = json!({"id": "second", "name": "second", "kind": "group"});
        let song = studio.session("song", &json!([track, group]));
        studio.bounce(&song, &["--no-cache"]).1[100]
    };
    assert_eq!(heard(&insert), [1.0, 0.0]);
    insert["outputs"] = json!({"Pressure": "second"});
    assert_eq!(heard(&insert), [2.0, 1.0]);
    insert["outputs"] = json!({"Timbre": "second"});
    assert_eq!(heard(&insert), [1.0, 0.0]);
}
