//! Ctrl-C of batches and watches at many points: nothing half done is left, what is there is whole,
//! and the store serves what comes next.

use std::fs;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::batch_kills::{manifest, recorded, wavs};
use crate::batches::Workshop;
use crate::chance::{self, Chance};
use crate::interrupts::{command_with_default_signals, parts, signal, until};
use crate::support::{Place, done, tone_track};

/// When to stop a batch.
enum Point<'a> {
    /// Once this is so.
    Once(&'a dyn Fn() -> bool),
    /// After so many microseconds.
    After(u64),
}

fn begin(arguments: &[&str]) -> Child {
    let mut command = command_with_default_signals();
    command.args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Sends SIGINT at `point`, unless it has ended by then; its exit code.
fn interrupt(mut child: Child, point: &Point<'_>) -> Option<i32> {
    match point {
        Point::Once(so) => {
            until("the point", || (so() || child.try_wait().unwrap().is_some()).then_some(()));
        }
        Point::After(micros) => std::thread::sleep(Duration::from_micros(*micros)),
    }
    if child.try_wait().unwrap().is_none() {
        signal(&child, "-INT");
    }
    until("it to stop", || child.try_wait().unwrap()).code()
}

fn hidden(place: &Place) -> Vec<String> {
    let files = place.files().into_iter();
    let is_hidden = |file: &String| file.starts_with('.') || file.contains("/.");
    files.filter(|file| is_hidden(file) && !file.contains(".wavemill/")).collect()
}

#[test]
fn a_batch_leaves_whole_files_and_goes_on_with_its_store() {
    let mut chance = Chance::seeded();
    let shop = Workshop::new();
    let (clean, results) = (shop.place.text("clean"), shop.place.text("clean.jsonl"));
    let aside = ["--output-dir", &clean, "--results", &results, "--no-cache"];
    shop.done(&manifest(), &aside);
    let whole = wavs(&shop, "clean/out/");
    let (jobs, store) = (shop.manifest(&manifest()), shop.place.text("store"));
    let begun = || !hidden(&shop.place).is_empty();
    let rendering = || !parts(&shop.place).is_empty();
    let lines = |count: usize| recorded(&shop).len() > count;
    for turn in 0..4 + chance::kills() {
        let before = recorded(&shop);
        let more = || lines(before.len());
        let point = match turn {
            0 => Point::Once(&begun),
            1 => Point::Once(&rendering),
            2 | 3 => Point::Once(&more),
            _ => Point::After(chance.below(400_000)),
        };
        let child = begin(&["batch", &jobs, "--json", "--cache", &store, "--jobs", "2"]);
        let code = interrupt(child, &point);
        // Before anything is set up, the signal ends it as it ends anyone.
        assert!(matches!(code, Some(0 | 130) | None), "{code:?}");
        assert_eq!(hidden(&shop.place), Vec::<String>::new());
        let recorded = recorded(&shop);
        assert!(recorded.starts_with(&before), "lines were lost");
        let names = recorded.iter().map(|record| record["name"].as_str().unwrap());
        let mut names: Vec<&str> = names.map(|name| &name["out/".len()..]).collect();
        names.sort_unstable();
        let left = wavs(&shop, "out/");
        assert_eq!(left.keys().map(String::as_str).collect::<Vec<_>>(), names);
        for (name, bytes) in &left {
            assert!(whole[name] == *bytes, "{name}");
        }
    }
    let before = recorded(&shop).len();
    let summary = shop.done(&manifest(), &["--cache", &store]);
    assert_eq!(summary["skipped"], before, "{summary}");
    assert_eq!(summary["warnings"], Value::Array(Vec::new()), "{summary}");
    assert!(wavs(&shop, "out/") == whole);
    let verified = done(["cache", "verify", "--cache", &store, "--json"]).json();
    assert_eq!(verified["damaged"], Value::Array(Vec::new()), "{verified}");
}

#[test]
fn a_watch_leaves_a_whole_file_or_none_and_a_store_that_serves() {
    let mut chance = Chance::seeded();
    for turn in 0..4 + chance::kills() / 2 {
        let place = Place::new();
        place.session("song", &format!("\"tracks\": [{}]", tone_track("keys", 20)));
        let (song, out, store) = (place.text("song"), place.text("out.wav"), place.text("store"));
        let plain = |cache: &[&str]| {
            let (song, out) = (place.text("song"), place.text("plain.wav"));
            let bounce = ["bounce", &song, "-o", &out, "--force", "--json", "--quiet"];
            let report = done(bounce.into_iter().chain(cache.iter().copied())).json();
            (fs::read(&out).unwrap(), report)
        };
        let (whole, _) = plain(&["--no-cache"]);
        let rendering = || !parts(&place).is_empty();
        let rendered = || place.path("out.wav").exists();
        let kept = || place.files().iter().any(|file| file.starts_with("store/objects"));
        let point = match turn {
            0 => Point::Once(&rendering),
            1 => Point::Once(&kept),
            2 => Point::Once(&rendered),
            _ => Point::After(chance.below(400_000)),
        };
        let code = interrupt(begin(&["watch", &song, "-o", &out, "--cache", &store]), &point);
        assert!(matches!(code, Some(130) | None), "{code:?}");
        assert_eq!(hidden(&place), Vec::<String>::new());
        if place.path("out.wav").exists() {
            assert!(fs::read(place.path("out.wav")).unwrap() == whole, "another file");
        }
        let (with_store, report) = plain(&["--cache", &store]);
        assert!(with_store == whole, "the store changed samples");
        assert_eq!(report["warnings"], Value::Array(Vec::new()), "{report}");
        let verified = done(["cache", "verify", "--cache", &store, "--json"]).json();
        assert_eq!(verified["damaged"], Value::Array(Vec::new()), "{verified}");
    }
}
