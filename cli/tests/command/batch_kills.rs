//! Batches that are killed, stopped or cut short: the next run ends with the same files, and
//! renders nothing again that was recorded.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::batches::Workshop;
use crate::chance::{self, Chance};
use crate::support::command;

/// Ten jobs of a fraction of a second each; two of them are the same.
pub fn manifest() -> Value {
    let variants = |count: u32| {
        let variant = |n: u32| {
            let ops = json!([{ "op": "set_volume", "track": "keys", "volume_db": -f64::from(n) }]);
            json!({ "name": n.to_string(), "ops": ops })
        };
        (0..count).map(variant).collect::<Vec<_>>()
    };
    json!({ "defaults": { "tail": 4, "output": "out/{session}-{variant}.wav" }, "jobs": [
        { "session": "song", "variants": variants(6) },
        { "session": "beat", "variants": variants(5)[1..] },
    ] })
}

pub fn wavs(shop: &Workshop, folder: &str) -> BTreeMap<String, Vec<u8>> {
    let files = shop.place.files().into_iter();
    let named =
        files.filter_map(|file| Some((file.strip_prefix(folder)?.to_owned(), file.clone())));
    named.map(|(name, file)| (name, fs::read(shop.place.path(&file)).unwrap())).collect()
}

/// Lines of the results that are whole.
pub fn recorded(shop: &Workshop) -> Vec<Value> {
    let text = fs::read_to_string(shop.place.path("jobs.results.jsonl")).unwrap_or_default();
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    whole.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn kills(more: &[&str]) {
    let mut chance = Chance::seeded();
    let shop = Workshop::new();
    let whole = Instant::now();
    let (clean, results) = (shop.place.text("clean"), shop.place.text("clean.jsonl"));
    shop.done(&manifest(), &["--output-dir", &clean, "--results", &results, "--no-cache"]);
    let whole = u64::try_from(whole.elapsed().as_micros()).unwrap();
    let jobs = shop.manifest(&manifest());
    for _ in 0..chance::kills() {
        let before = recorded(&shop);
        let mut child = command()
            .args(["batch", &jobs, "--json"])
            .args(more)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        // Half of them while the first jobs are made.
        std::thread::sleep(Duration::from_micros(chance.below(whole) / (1 + chance.below(4))));
        let _ = child.kill();
        child.wait().unwrap();
        for record in &before {
            let again = recorded(&shop).into_iter().skip(before.len());
            let names: Vec<Value> = again.map(|record| record["name"].clone()).collect();
            assert!(!names.contains(&record["name"]), "{} was made again", record["name"]);
        }
        for record in recorded(&shop) {
            let made = fs::metadata(shop.place.path(record["name"].as_str().unwrap())).unwrap();
            assert_eq!(Some(made.len()), record["files"][0]["bytes"].as_u64(), "{record}");
        }
    }
    let before = recorded(&shop).len();
    let summary = shop.done(&manifest(), more);
    assert_eq!(summary["skipped"], before, "{summary}");
    assert!(wavs(&shop, "out/") == wavs(&shop, "clean/out/"), "other files");
    assert_eq!(recorded(&shop).len(), 10);
    let left: Vec<String> = shop
        .place
        .files()
        .into_iter()
        .filter(|file| file.contains("/.") && !file.contains("/.wavemill/"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(!shop.place.path(".jobs.results.jsonl.claim").exists());
}

#[test]
fn a_killed_batch_goes_on_without_a_store() {
    kills(&["--no-cache"]);
}

#[test]
fn a_killed_batch_goes_on_with_a_store() {
    let store = tempfile::tempdir().unwrap();
    kills(&["--cache", store.path().to_str().unwrap()]);
}

/// Two jobs, the second of which goes on to `to`.
#[cfg(unix)]
fn two_jobs(to: &str) -> Value {
    json!({ "jobs": [
        { "session": "song", "output": "a.wav" }, { "session": "beat", "output": "b.wav", "to": to },
    ] })
}

/// A workshop where a batch was killed after the first of two jobs, whose file is there and whose
/// line is not; and that file.
#[cfg(unix)]
fn killed_before_the_line() -> (Workshop, Vec<u8>) {
    use crate::interrupts::until;
    let shop = Workshop::new();
    let jobs = shop.manifest(&two_jobs("10:00:00"));
    let mut child = command().args(["batch", &jobs, "--quiet", "--jobs", "1"]).spawn().unwrap();
    until("the first job", || (recorded(&shop).len() == 1).then_some(()));
    child.kill().unwrap();
    child.wait().unwrap();
    let made = fs::read(shop.place.path("a.wav")).unwrap();
    fs::write(shop.place.path("jobs.results.jsonl"), "").unwrap();
    (shop, made)
}

/// Killed after a file got its name and before its line was written: the file is the batch's own.
#[cfg(unix)]
#[test]
fn a_finished_file_without_its_line_is_known_by_the_claim() {
    let (shop, made) = killed_before_the_line();
    let summary = shop.done(&two_jobs("0.1s"), &[]);
    assert_eq!(summary["rendered"], 2, "{summary}");
    assert!(fs::read(shop.place.path("a.wav")).unwrap() == made);
    assert!(!shop.place.path(".jobs.results.jsonl.claim").exists());
}

#[test]
fn a_torn_line_is_a_job_that_was_not_done() {
    let shop = Workshop::new();
    shop.done(&manifest(), &["--jobs", "1"]);
    let path = shop.place.path("jobs.results.jsonl");
    let text = fs::read(&path).unwrap();
    fs::write(&path, &text[..text.len() - 20]).unwrap();
    let before = wavs(&shop, "out/");
    let summary = shop.done(&manifest(), &[]);
    assert_eq!((&summary["skipped"], &summary["failed"]), (&json!(9), &json!(0)), "{summary}");
    assert!(wavs(&shop, "out/") == before);
    assert_eq!(recorded(&shop).len(), 10);
}

/// Killed after a file got its name, and the next run fails where it would have made it: the file
/// is the batch's own all the same, and so it is for runs of other jobs.
#[cfg(unix)]
#[test]
fn a_claim_outlives_a_run_that_fails() {
    let (shop, made) = killed_before_the_line();
    let document = fs::read(shop.place.path("song/session.json")).unwrap();
    fs::write(shop.place.path("song/session.json"), "{").unwrap();
    let claim = shop.place.path(".jobs.results.jsonl.claim");
    for _ in 0..2 {
        let outcome = shop.batch(&two_jobs("0.1s"), &[]);
        assert_eq!(outcome.code, Some(1), "{outcome:?}");
        let claimed = fs::read_to_string(&claim).unwrap();
        assert!(claimed.contains("a.wav") && !claimed.contains("b.wav"), "{claimed}");
    }
    shop.done(&json!({ "jobs": [{ "session": "beat", "output": "c.wav" }] }), &[]);
    fs::write(shop.place.path("song/session.json"), document).unwrap();
    let summary = shop.done(&two_jobs("0.1s"), &[]);
    assert_eq!((&summary["rendered"], &summary["skipped"]), (&json!(1), &json!(1)), "{summary}");
    assert!(fs::read(shop.place.path("a.wav")).unwrap() == made);
    assert!(!claim.exists());
}
