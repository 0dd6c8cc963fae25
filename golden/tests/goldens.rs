//! This repository's goldens: every processor gives the bits it gave when it was blessed.

#![allow(clippy::expect_used, clippy::panic)] // Tests, helpers included, fail by panicking.

use std::path::PathBuf;

use wavemill_golden::{Snapshot, SnapshotError, Snapshots, goldens, read_lock};

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"))
}

fn mismatches() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("mismatches")
}

#[test]
fn goldens_hold_and_versions_are_locked() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let snapshots = Snapshots::new(folder(), mismatches());
    let lock = read_lock(&folder().join("versions.lock.json")).expect("the lock file is there");
    let mut problems = Vec::new();
    let goldens = goldens(scratch.path()).expect("the cases render");
    for golden in &goldens {
        let name = &golden.case.name;
        if let Err(error) = lock.check(name, &golden.locked()) {
            problems.push(error.to_string());
        }
        if let Err(error) = snapshots.check(name, &golden.samples, golden.case.session.sample_rate)
        {
            problems.push(error.to_string());
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert_eq!(lock.0.len(), goldens.len(), "the lock names something that is gone");
    // A golden of silence would prove nothing; the generator's last type is an impulse.
    for golden in &goldens {
        let snapshot = Snapshot::of(&golden.samples, golden.case.session.sample_rate);
        assert!(snapshot.peak[0] > 0.001, "the golden of {} is silent", golden.case.name);
    }
}

#[test]
fn a_mismatch_names_the_first_sample_and_shows_all_three() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let rate = wavemill_core::time::SampleRate::new(48_000).expect("a rate");
    let kept = scratch.path().join("kept");
    std::fs::create_dir_all(&kept).expect("a folder");
    let snapshots = Snapshots::new(&kept, scratch.path().join("mismatches"));
    let samples: Vec<f32> = (0..2_000_u16).map(|n| f32::from(n) / 4_000.0).collect();
    snapshots.bless("ramp", &samples, rate).expect("blessed");
    snapshots.check("ramp", &samples, rate).expect("the same");
    let mut other = samples.clone();
    other[1_235] += 0.25;
    match snapshots.check("ramp", &other, rate) {
        Err(SnapshotError::Differs { first: Some(first), folder, .. }) => {
            assert_eq!((first.frame, first.channel), (617, 1));
            for name in ["actual.wav", "expected.wav", "difference.wav"] {
                assert!(folder.join(name).is_file(), "{name}");
            }
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(snapshots.check("none", &samples, rate), Err(SnapshotError::Missing(_))));
}

#[test]
fn nothing_is_blessed_in_ci() {
    let scratch = tempfile::tempdir().expect("a temporary folder");
    let kept = scratch.path().join("kept");
    let refused = wavemill_golden::bless(&kept, scratch.path(), true);
    assert!(refused.is_err());
    assert!(!kept.exists());
}
