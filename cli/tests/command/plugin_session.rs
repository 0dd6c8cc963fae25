//! The piece in the repository that packaged plug-ins play: the same mix however it is rendered on
//! one machine. No mix of it is pinned, as what a plug-in gives depends on the machine.

use serde_json::{Value, json};

use crate::packaged_plugins::Packaged;
use crate::support::{Outcome, done_by};

const SESSION: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sessions/wire-and-wood");

/// All that the piece plays.
const BUNDLES: [&str; 7] = [
    "/usr/lib/clap/ZamCompX2.clap",
    "/usr/lib/clap/ZamDelay.clap",
    "/usr/lib/clap/ZaMaximX2.clap",
    "/usr/lib/vst3/ZamEQ2.vst3",
    "/usr/lib/vst3/ZamVerb.vst3",
    "/usr/lib/lv2/avldrums.lv2",
    "/usr/lib/lv2/mda.lv2",
];

/// Bounces the piece with `arguments`.
fn bounce(packaged: &Packaged, arguments: &[&str]) -> Value {
    let mut command = packaged.command();
    let output = packaged.text("piece.wav");
    command.args(["bounce", SESSION, "-o", &output, "--force", "--json", "--quiet"]);
    let outcome: Outcome = done_by(command.args(arguments));
    let report = outcome.json();
    assert_eq!(report["warnings"], json!([]), "{arguments:?}");
    report
}

#[test]
fn wire_and_wood_is_one_mix_however_it_is_rendered() {
    let Some(packaged) = Packaged::new(&BUNDLES) else { return };
    let first = bounce(&packaged, &["--no-cache"]);
    let seconds = first["frames"].as_f64().unwrap() / 48_000.0;
    assert!((35.0..50.0).contains(&seconds), "{first}");
    let lufs = first["integrated_lufs"].as_f64().unwrap();
    assert!((-16.0..=-14.0).contains(&lufs), "{first}");
    assert!(first["true_peak_dbtp"].as_f64().unwrap() <= -1.0, "{first}");
    for arguments in [
        &["--jobs", "1", "--block", "64"][..],
        &["--jobs", "2", "--block", "1000"],
        &["--simd", "sse2", "--plugin-isolation", "chain"],
    ] {
        let all = [&["--no-cache", "--no-measure"], arguments].concat();
        let again = bounce(&packaged, &all);
        assert_eq!(again["mix_sha256"], first["mix_sha256"], "{arguments:?}");
    }
}

#[test]
fn wire_and_wood_is_kept_and_served() {
    let Some(packaged) = Packaged::new(&BUNDLES) else { return };
    let store = packaged.text("store");
    let cold = bounce(&packaged, &["--cache", &store]);
    let warm = bounce(&packaged, &["--cache", &store]);
    assert_eq!((&cold["served"], &warm["served"]), (&json!(false), &json!(true)));
    assert_eq!(warm["mix_sha256"], cold["mix_sha256"]);
    // What nothing is taken for is the same.
    let bare = bounce(&packaged, &["--no-cache", "--no-measure"]);
    assert_eq!(bare["mix_sha256"], cold["mix_sha256"]);
}

/// The groups that further outputs of an instrument lead to have nothing else to play.
#[test]
fn every_track_of_wire_and_wood_sounds() {
    let Some(packaged) = Packaged::new(&BUNDLES) else { return };
    let mut command = packaged.command();
    let stems = packaged.text("stems");
    command.args(["stems", SESSION, "-o", &stems, "--of", "all", "--json", "--quiet"]);
    let report = done_by(command.arg("--no-cache")).json();
    let stems = report["stems"].as_array().unwrap();
    for track in ["kick", "kit", "hats", "cymbals", "percussion", "rhythm", "bass", "pad", "room"] {
        let stem = stems.iter().find(|stem| stem["track"] == track).unwrap();
        let peak = stem["true_peak_dbtp"].as_f64();
        assert!(peak.is_some_and(|peak| peak > -30.0), "{stem}");
    }
}
