//! The demo session: the one in the repository is the one the command makes, and it is music.

use std::collections::BTreeMap;
use std::path::Path;

use crate::support::{Place, done};

const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../sessions/demo");

/// Every file in `folder` and the folders in it, but for what only wavemill reads.
fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            if name != ".wavemill" {
                let inside = files(&path).into_iter();
                found.extend(inside.map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
            }
        } else {
            found.insert(name, std::fs::read(&path).unwrap());
        }
    }
    found
}

#[test]
fn the_session_kept_is_the_one_that_is_made() {
    let place = Place::new();
    done(["new", &place.text("demo"), "--demo"]);
    let (made, kept) = (files(&place.path("demo")), files(Path::new(KEPT)));
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&made), names(&kept));
    for (name, bytes) in &made {
        assert!(
            *bytes == kept[name],
            "sessions/demo/{name} is not what 'wavemill new --demo' makes: make it anew with \
             'rm -r sessions/demo && wavemill new sessions/demo --demo'"
        );
    }
    let audio = made.iter().filter(|(name, _)| name.ends_with(".wav"));
    assert!(audio.map(|(_, bytes)| bytes.len()).sum::<usize>() < 300_000);
}

#[test]
fn it_is_as_loud_as_music_and_does_not_clip() {
    let place = Place::new();
    let (session, out) = (place.text("demo"), place.text("demo.wav"));
    done(["new", &session, "--demo"]);
    let report = done(["bounce", &session, "-o", &out, "--json"]).json();
    let seconds = report["frames"].as_f64().unwrap() / 48_000.0;
    assert!((30.0..45.0).contains(&seconds), "{report}");
    let lufs = report["integrated_lufs"].as_f64().unwrap();
    assert!((-16.0..=-14.0).contains(&lufs), "{report}");
    assert!(report["true_peak_dbtp"].as_f64().unwrap() <= -1.0, "{report}");
    assert_eq!(report["warnings"], serde_json::json!([]));
}
