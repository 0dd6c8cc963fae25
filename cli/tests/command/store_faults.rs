//! The world changes under a render with a store: its disk is full or may not be written, the
//! output's folder goes, an audio file is overwritten. One message, and nothing wrong is kept.

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::disks::Disk;
use crate::interrupts::{signal, until};
use crate::stores::{Studio, assert_same};
use crate::support::{command, done, done_by, refused_by, skip, wav};

fn assert_whole(studio: &Studio) {
    let verified = done(["cache", "verify", "--cache", &studio.store, "--json"]).json();
    assert_eq!(verified["damaged"], Value::Array(Vec::new()));
}

#[test]
fn a_full_disk_under_the_store_is_said_once_and_changes_nothing() {
    let studio = Studio::new();
    let plain = studio.without_store(&[]);
    let at = studio.place.path("store");
    let out = studio.place.text("out.wav");
    // Room for nothing, for some sums, for nearly all of them, for all but the file.
    for kibibytes in [48, 1_500, 7_000, 13_000] {
        let disk = Disk::small(&at, kibibytes);
        if !disk.is_mounted() {
            return skip("a small disk for the store cannot be mounted here");
        }
        for run in ["cold", "again"] {
            let bounced = done(studio.arguments(&out, &["--cache", &studio.store])).json();
            assert_same(&bounced, &plain, run);
            let warnings = bounced["warnings"].as_array().unwrap();
            assert_eq!(warnings.len(), 1, "{kibibytes} {run}: {warnings:?}");
            let warning = warnings[0].as_str().unwrap();
            assert!(warning.contains("this render is not kept"), "{warning}");
            assert_whole(&studio);
            assert_eq!(fs::read_dir(at.join("tmp")).unwrap().count(), 0, "{kibibytes} {run}");
            let files = ["out.wav", "plain.wav"].map(|name| fs::read(studio.place.path(name)));
            let [one, other] = files.map(Result::unwrap);
            assert!(one == other, "{kibibytes} {run}: another file");
        }
        drop(disk);
        fs::remove_dir(&at).unwrap();
    }
}

#[test]
fn a_store_that_may_not_be_written_is_said_and_harmed_by_nothing() {
    let studio = Studio::new();
    let plain = studio.without_store(&[]);
    studio.with_store(&[]);
    let at = studio.place.path("store");
    let kept = studio.object_paths();
    let out = studio.place.text("out.wav");
    {
        let Some(disk) = Disk::read_only(&studio.place, &at) else { return };
        if !disk.is_mounted() {
            // The permissions of one folder say nothing of those in it.
            return skip("a store that may not be written cannot be mounted here");
        }
        let words = ["the store", "cannot be used", "--no-cache"];
        let arguments = studio.arguments(&out, &["--cache", &studio.store]);
        refused_by(disk.command().args(arguments), 4, &words);
        let mut unnamed = disk.command();
        unnamed.args(studio.arguments(&out, &[])).env("WAVEMILL_CACHE", &studio.store);
        let bounced = done_by(&mut unnamed);
        assert_same(&bounced.json(), &plain, "a store that may not be written");
        assert!(bounced.stderr.contains("warning: the store"), "{bounced:?}");
    }
    assert_eq!(studio.object_paths(), kept);
    assert_eq!(studio.with_store(&[])["served"], true);
}

/// A bounce of a minute to `out`, stopped once something of it is in the store.
fn stopped_in_the_middle(studio: &Studio, out: &str) -> Child {
    let child = command()
        .args(studio.arguments(out, &["--cache", &studio.store, "--to", "1:00", "--jobs", "2"]))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("something to be kept", || studio.object_paths().pop());
    signal(&child, "-STOP");
    child
}

fn go_on(child: Child) -> Output {
    signal(&child, "-CONT");
    child.wait_with_output().unwrap()
}

/// `output` is a refusal with `code`, one message with all of `words`.
fn assert_refused(output: &Output, code: i32, words: &[&str]) {
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert_eq!(said.matches("error: ").count(), 1, "{said}");
    for word in words {
        assert!(said.contains(word), "no '{word}' in {said}");
    }
}

fn umount_lazily(at: &Path) {
    assert!(Command::new("umount").arg("-l").arg(at).status().unwrap().success());
}

#[test]
fn an_output_folder_that_goes_is_an_error_and_the_next_bounce_the_same() {
    let studio = Studio::new();
    let range = ["--to", "1:00"];
    let plain = studio.without_store(&range);
    let at = studio.place.path("outputs");
    let out = studio.place.text("outputs/out.wav");
    for unmounted in [false, true] {
        let mut child = None;
        if unmounted {
            let disk = Disk::small(&at, 100_000);
            if !disk.is_mounted() {
                return skip("a disk for outputs cannot be mounted here");
            }
            child = Some(stopped_in_the_middle(&studio, &out));
            umount_lazily(&at);
        }
        if !unmounted {
            fs::create_dir(&at).unwrap();
            child = Some(stopped_in_the_middle(&studio, &out));
            fs::remove_dir_all(&at).unwrap();
        }
        let output = go_on(child.unwrap());
        assert_refused(&output, 4, &["out.wav"]);
        assert_whole(&studio);
        assert!(!studio.place.path("outputs/out.wav").exists());
        assert_same(&studio.with_store(&range), &plain, "after the output went");
        done(["cache", "clear", "--cache", &studio.store]);
    }
}

/// What was heard before the change is under the old content's name, what comes after it nowhere.
#[test]
fn an_audio_file_that_changes_while_it_is_read_leaves_nothing_under_a_wrong_name() {
    let studio = Studio::new();
    let take = studio.place.path("song/take.wav");
    let old = fs::read(&take).unwrap();
    let new = wav(&vec![0.25; 16 * 48_000]);
    assert_eq!(old.len(), new.len());
    let range = ["--to", "1:00"];
    let plain = studio.without_store(&range);
    let child = stopped_in_the_middle(&studio, &studio.place.text("out.wav"));
    // In place: the same file, as long as it was.
    fs::write(&take, &new).unwrap();
    let output = go_on(child);
    assert_refused(&output, 3, &["take.wav", "changed while in use"]);
    assert!(!studio.place.path("out.wav").exists());
    assert_whole(&studio);
    assert_same(&studio.with_store(&range), &studio.without_store(&range), "the new content");
    fs::write(&take, &old).unwrap();
    assert_same(&studio.with_store(&range), &plain, "the old content");
}
