//! Files of other programs (the examples of the `mma` package) survive the way there and back.

use std::path::{Path, PathBuf};

use super::*;

const FOLDERS: [&str; 2] = ["/usr/share/doc/mma", "/usr/share/mma"];

/// Every MIDI file below `folder`, in order.
fn files_below(folder: &Path, found: &mut Vec<PathBuf>) {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            files_below(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "mid") {
            found.push(path);
        }
    }
}

#[test]
fn files_of_other_programs_come_back_as_they_were() {
    let mut paths = Vec::new();
    for folder in FOLDERS {
        files_below(Path::new(folder), &mut paths);
    }
    if paths.is_empty() {
        let why = format!("no MIDI files below {FOLDERS:?}: install the package mma");
        let refused = std::env::var_os("WAVEMILL_TEST_SKIPS").is_some_and(|v| v == "refuse");
        assert!(!refused, "not run: {why}; WAVEMILL_TEST_SKIPS=allow goes on without it");
        println!("not run: {why}");
        return;
    }
    let mut notes = 0;
    for path in &paths {
        let bytes = std::fs::read(path).unwrap();
        println!("{}: {:?}", path.display(), read_midi(&bytes).unwrap().warnings);
        let (_, written) = round_trip(&bytes);
        notes += written.notes;
    }
    println!("{} files with {notes} notes", paths.len());
    assert!(notes > paths.len());
}
