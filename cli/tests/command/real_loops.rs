//! Real loops: a session of a dozen tracks from the `sonic-pi-samples` package, 44.1 kHz FLAC in a
//! 48 kHz session, with a group, a return, a sidechain, automation and a tempo ramp.

use std::path::Path;

use crate::support::{Place, done, skip};

const SAMPLES: &str = "/usr/share/sonic-pi/samples";

const LOOPS: [&str; 12] = [
    "loop_amen",
    "loop_amen_full",
    "loop_breakbeat",
    "loop_compus",
    "loop_garzul",
    "loop_industrial",
    "loop_mika",
    "loop_safari",
    "loop_tabla",
    "ambi_choir",
    "ambi_drone",
    "bass_dnb_f",
];

/// The id that import makes of a file's name.
fn id(file: &str) -> String {
    file.replace('_', "-")
}

/// In which order a session is made. The documents differ in the order of tracks and of sends.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    First,
    Other,
}

impl Order {
    /// `items` as they are, or backwards.
    fn of<T>(self, items: impl IntoIterator<Item = T>) -> Vec<T> {
        let mut items: Vec<T> = items.into_iter().collect();
        if self == Self::Other {
            items.reverse();
        }
        items
    }
}

/// The edits that make a mix of them: buses and effects, then where tracks go.
fn routing(order: Order) -> String {
    let buses = [
        r#"{"op":"add_track","id":"drums","name":"Drums","kind":"group"}"#,
        r#"{"op":"add_track","id":"echo","name":"Echo","kind":"return"}"#,
        r#"{"op":"add_track","id":"slap","name":"Slap","kind":"return"}"#,
    ];
    let effects = [
        r#"{"op":"add_insert","track":"echo","id":"delay","processor":"delay","parameters":{"mode":"synced","time_quarters":0.75,"mix":1.0}}"#,
        r#"{"op":"add_insert","track":"slap","id":"delay","processor":"delay","parameters":{"time_ms":90.0,"mix":1.0}}"#,
        r#"{"op":"add_insert","track":"ambi-drone","id":"duck","processor":"compressor","parameters":{"threshold_db":-30.0,"ratio":8.0},"sidechain":{"from":"loop-amen"}}"#,
    ];
    let mut ops: Vec<String> = order.of(buses).into_iter().map(str::to_owned).collect();
    ops.extend(order.of(effects).into_iter().map(str::to_owned));
    for name in order.of(LOOPS[..9].iter().map(|file| id(file))) {
        ops.push(format!(r#"{{"op":"set_output","track":"{name}","output":"drums"}}"#));
        let sends = [("echo", -18.0), ("slap", -24.0)].map(|(to, level_db)| {
            format!(
                r#"{{"op":"add_send","track":"{name}","id":"{to}","to":"{to}","level_db":{level_db}}}"#
            )
        });
        ops.extend(order.of(sends));
    }
    format!("[{}]", ops.join(","))
}

/// Tempo, levels and automation.
fn levels(order: Order) -> String {
    let mut ops = vec![
        r#"{"op":"set_tempo","at":0,"bpm":90.0,"shape":"ramp"}"#.to_owned(),
        r#"{"op":"set_tempo","at":61440,"bpm":140.0}"#.to_owned(),
        r#"{"op":"add_lane","track":"ambi-choir","target":"volume","points":[{"at":{"ticks":0},"value":-40.0},{"at":{"ticks":61440},"value":-12.0}]}"#.to_owned(),
        r#"{"op":"add_insert","track":"master","id":"limiter","processor":"limiter"}"#.to_owned(),
    ];
    for (index, name) in LOOPS.iter().enumerate() {
        let name = id(name);
        if name != "ambi-choir" {
            ops.push(format!(
                r#"{{"op":"set_volume","track":"{name}","volume_db":-{}}}"#,
                6 + index
            ));
        }
    }
    format!("[{}]", order.of(ops).join(","))
}

/// Imports the loops, each order of its own, and applies both batches.
fn session(place: &Place, name: &str, order: Order) -> String {
    let session = place.text(name);
    done(["new", &session, "--rate", "48000", "--name", "Loops"]);
    let mut import = vec!["import".to_owned()];
    import.extend(order.of(LOOPS.iter().map(|name| format!("{SAMPLES}/{name}.flac"))));
    import.extend(["-o".to_owned(), session.clone(), "--quiet".to_owned()]);
    done(import);
    for (index, ops) in order.of([routing(order), levels(order)]).iter().enumerate() {
        let file = place.text(&format!("{name}-{index}.json"));
        std::fs::write(&file, ops).unwrap();
        done(["edit", &session, &file]);
    }
    session
}

/// The ids in the lists of a session's document: its tracks, and the sends of one.
fn listed(session: &str) -> [Vec<String>; 2] {
    let text = std::fs::read_to_string(Path::new(session).join("session.json")).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let ids = |list: &serde_json::Value| -> Vec<String> {
        list.as_array().unwrap().iter().map(|entry| entry["id"].to_string()).collect()
    };
    let tracks = document["tracks"].as_array().unwrap();
    let amen = tracks.iter().find(|track| track["id"] == "loop-amen").unwrap();
    [ids(&document["tracks"]), ids(&amen["sends"])]
}

#[test]
fn a_session_of_real_loops_bounces_the_same_whatever_the_order_of_edits() {
    if !Path::new(SAMPLES).is_dir() {
        return skip("the package sonic-pi-samples is not installed; ci/setup does that");
    }
    let place = Place::new();
    let one = session(&place, "one", Order::First);
    let other = session(&place, "other", Order::Other);
    for (one, other) in listed(&one).into_iter().zip(listed(&other)) {
        assert_ne!(one, other, "the same order");
        let sorted = |mut ids: Vec<String>| {
            ids.sort();
            ids
        };
        assert_eq!(sorted(one), sorted(other));
    }
    let bounce = |session: &str, out: &str, jobs: &str| {
        let out = place.text(out);
        done(["bounce", session, "-o", &out, "--to", "12s", "--jobs", jobs, "--json"]).json()
    };
    let report = bounce(&one, "one.wav", "2");
    assert_eq!(report["sample_rate"], 48_000);
    assert_eq!(report["frames"], 12 * 48_000);
    let loudness = report["integrated_lufs"].as_f64().unwrap();
    assert!((-40.0..-6.0).contains(&loudness), "{report}");
    assert!(report["true_peak_dbtp"].as_f64().unwrap() < 0.0, "{report}");
    assert_eq!(report["warnings"].as_array().unwrap().len(), 0, "{report}");
    assert_eq!(bounce(&one, "again.wav", "1")["mix_sha256"], report["mix_sha256"]);
    assert_eq!(bounce(&other, "other.wav", "2")["mix_sha256"], report["mix_sha256"]);
}
