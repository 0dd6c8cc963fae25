//! The pieces in the repository: music of text and notes alone, and the same bits as ever.

use crate::support::{Place, done};

const SESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sessions");

/// Bounces a piece in blocks of `block`: it is as loud as music, does not clip, and its mix is the
/// one that `mix_sha256.json` pins.
fn check(piece: &str, block: &str) {
    let place = Place::new();
    let (session, out) = (format!("{SESSIONS}/{piece}"), place.text("piece.wav"));
    let store = place.text("store");
    let report =
        done(["bounce", &session, "-o", &out, "--json", "--block", block, "--cache", &store]);
    let report = report.json();
    let seconds = report["frames"].as_f64().unwrap() / 48_000.0;
    assert!((60.0..180.0).contains(&seconds), "{report}");
    let lufs = report["integrated_lufs"].as_f64().unwrap();
    assert!((-16.5..=-14.0).contains(&lufs), "{report}");
    assert!(report["true_peak_dbtp"].as_f64().unwrap() <= -1.0, "{report}");
    assert_eq!(report["warnings"], serde_json::json!([]));
    let pinned = std::fs::read(format!("{SESSIONS}/mix_sha256.json")).unwrap();
    let pinned: serde_json::Value = serde_json::from_slice(&pinned).unwrap();
    assert_eq!(
        report["mix_sha256"], pinned[piece],
        "{piece} is another mix than the one in sessions/mix_sha256.json: where that is meant, \
         write the new digest there, with the reason in the change log"
    );
}

#[test]
fn neon_causeway_is_the_same_mix() {
    check("neon-causeway", "512");
}

#[test]
fn paper_lanterns_is_the_same_mix() {
    check("paper-lanterns", "127");
}

#[test]
fn seven_gears_is_the_same_mix() {
    check("seven-gears", "4096");
}
