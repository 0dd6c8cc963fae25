//! Plug-ins in manifests: which took part, and what of them differs.

use serde_json::{Value, json};

use crate::hosting::{Studio, insert, ramp_track};
use crate::support::run;

/// The manifest of a bounce of a track through `inserts`.
fn manifest(studio: &Studio, name: &str, inserts: &Value) -> Value {
    let song = studio.session("song", &json!([ramp_track("a", inserts)]));
    // What may be kept is looked at twice.
    let store = studio.text("store");
    studio.bounce(&song, &["--manifest", &studio.text(name), "--cache", &store]);
    serde_json::from_slice(&std::fs::read(studio.path(name)).unwrap()).unwrap()
}

#[test]
fn manifests_name_the_plug_ins_that_took_part_and_diffs_what_differs() {
    let studio = Studio::new(&["delay", "clock"]);
    let delay = json!([insert("delay", &json!({}))]);
    let made = manifest(&studio, "a.json", &delay);
    let [plugin] = made["plugins"].as_array().unwrap().as_slice() else { panic!("{made}") };
    assert_eq!(plugin["node"], "tracks/a/inserts/delay");
    assert_eq!(
        (plugin["format"].as_str(), plugin["latency_frames"].as_u64()),
        (Some("clap"), Some(64))
    );
    assert_eq!(plugin["repeats"], true);
    // Its content is the bundle's, and a second bounce says the same.
    let listed = run(studio.command().args(["plugins", "list", "--json"])).json();
    assert!(listed.to_string().contains("org.wavemill.test.delay"), "{listed}");
    assert_eq!(manifest(&studio, "b.json", &delay), made);

    let both = json!([insert("delay", &json!({})), insert("clock", &json!({}))]);
    let other = manifest(&studio, "c.json", &both);
    assert_eq!(other["plugins"][0]["node"], "tracks/a/inserts/clock");
    assert_eq!(other["plugins"][0]["repeats"], false);
    let mut diff = studio.command();
    diff.args(["manifest", "diff", &studio.text("a.json"), &studio.text("c.json"), "--json"]);
    let outcome = run(&mut diff);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let facts = outcome.json()["facts"].to_string();
    assert!(facts.contains("plugins/tracks/a/inserts/clock"), "{facts}");
    assert!(!facts.contains("plugins/tracks/a/inserts/delay"), "{facts}");
}
