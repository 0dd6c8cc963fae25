//! Every step on the disk fails once, and the session is what it was before or after, no third.

use wavemill_core::command::{Batch, Command, HistoryEntry, SetSessionName, SetTempo};
use wavemill_core::session::{Session, TempoShape};
use wavemill_core::time::{SampleRate, Ticks};

use super::{CreateError, SessionEditor, SessionFolder};
use crate::files::faults::{self, Fault};

pub(super) fn session(name: &str) -> Session {
    Session::new(name, SampleRate::new(48_000).unwrap())
}

pub(super) fn rename(name: &str) -> Command {
    SetSessionName { name: name.to_owned() }.into()
}

pub(super) fn tempo(bpm: f64) -> Command {
    SetTempo { at: Ticks::ZERO, bpm, shape: TempoShape::Step }.into()
}

/// A session with a history of three entries, one of them undone, and nobody editing it.
pub(super) fn folder() -> (tempfile::TempDir, SessionFolder) {
    let root = tempfile::tempdir().unwrap();
    let folder = SessionFolder::create(root.path(), &session("zero"), false).unwrap();
    let mut editor = folder.edit().unwrap();
    editor.execute(&rename("one"), None).unwrap();
    editor.execute_batch(&Batch::of(vec![rename("two"), tempo(99.0)])).unwrap();
    editor.execute(&rename("three"), None).unwrap();
    editor.undo(None).unwrap();
    (root, folder)
}

/// All there is to compare of a session under edit.
type Whole = (Session, Vec<HistoryEntry>);

fn whole(editor: &SessionEditor) -> Whole {
    (editor.session().clone(), editor.history())
}

fn reopened(folder: &SessionFolder) -> Whole {
    let editor = folder.edit().unwrap();
    assert_eq!(&folder.load().unwrap(), editor.session());
    whole(&editor)
}

/// Lets every step of `act` fail in every way on a session of its own, as `make` makes it.
fn each_fault(limit: u64, act: impl Fn(&mut SessionEditor) -> Result<u64, super::ApplyError>) {
    let (_root, plain) = folder();
    let mut editor = plain.edit_within(limit).unwrap();
    let before = whole(&editor);
    act(&mut editor).unwrap();
    let after = whole(&editor);
    assert_ne!(before.0, after.0);
    drop(editor);
    for fault in Fault::ALL {
        for step in 0.. {
            let (_root, folder) = folder();
            let mut editor = folder.edit_within(limit).unwrap();
            let (result, struck) = faults::with(fault, step, || act(&mut editor));
            let case = format!("{fault:?} at step {step}: {result:?}");
            // Memory follows the answer.
            let expected = if result.is_ok() { &after } else { &before };
            assert_eq!(&whole(&editor), expected, "{case}");
            let dies = matches!(fault, Fault::Death | Fault::TornDeath);
            if !dies && result.is_err() {
                // The disk does too, and a repetition works.
                assert_eq!(folder.load().unwrap(), before.0, "{case}");
                act(&mut editor).unwrap();
                assert_eq!(whole(&editor), after, "{case}");
            }
            drop(editor);
            let found = reopened(&folder);
            if dies && result.is_err() {
                assert!(found == before || found == after, "{case}: {found:?}");
            } else {
                assert_eq!(found, after, "{case}");
            }
            assert_eq!(reopened(&folder), found, "{case}: opened twice");
            if !struck {
                assert!(step > 5, "an edit takes several steps");
                break;
            }
        }
    }
}

#[test]
fn an_edit_takes_place_or_not() {
    each_fault(u64::MAX, |editor| Ok(editor.execute(&rename("four"), None)?.revision));
}

#[test]
fn a_batch_takes_place_or_not() {
    each_fault(u64::MAX, |editor| {
        let batch = Batch::of(vec![rename("four"), tempo(77.0)]);
        Ok(editor.execute_batch(&batch)?.revision)
    });
}

#[test]
fn an_undo_takes_place_or_not() {
    each_fault(u64::MAX, |editor| Ok(editor.undo(None)?.revision));
}

#[test]
fn a_redo_takes_place_or_not() {
    each_fault(u64::MAX, |editor| Ok(editor.redo(None)?.revision));
}

#[test]
fn an_edit_that_shortens_the_journal_takes_place_or_not() {
    // Half of this holds the history and one more entry, the whole not the journal before.
    each_fault(2_800, |editor| Ok(editor.execute(&rename("four"), None)?.revision));
}

#[test]
fn a_session_is_made_or_not() {
    for fault in Fault::ALL {
        for step in 0.. {
            let root = tempfile::tempdir().unwrap();
            let path = root.path().join("albums/song");
            let (made, struck) =
                faults::with(fault, step, || SessionFolder::create(&path, &session("a"), false));
            let case = format!("{fault:?} at step {step}: {made:?}");
            match SessionFolder::open(&path) {
                Ok(folder) => assert_eq!(folder.load().unwrap(), session("a"), "{case}"),
                Err(_) => assert!(made.is_err(), "{case}"),
            }
            if made.is_err() && matches!(fault, Fault::Full | Fault::Refused) {
                assert!(!root.path().join("albums").exists(), "{case}");
            }
            if !struck {
                break;
            }
        }
    }
}

#[test]
fn a_session_is_overwritten_or_not() {
    for fault in Fault::ALL {
        for step in 0.. {
            let (_root, folder) = folder();
            let before = folder.load().unwrap();
            let (made, struck) = faults::with(fault, step, || {
                SessionFolder::create(folder.root(), &session("new"), true)
            });
            let case = format!("{fault:?} at step {step}: {made:?}");
            let (found, history) = reopened(&folder);
            match (made, found == session("new")) {
                (Ok(_), new) => assert!(new, "{case}"),
                (Err(CreateError::Exists { .. }), _) => panic!("{case}"),
                (Err(_), new) => assert!(new || found == before, "{case}"),
            }
            assert_eq!(history.is_empty(), found != before, "{case}");
            if !struck {
                break;
            }
        }
    }
}

/// Opens the session `prepare` left behind, with every step failing in every way.
fn each_fault_of_opening(prepare: impl Fn(&SessionFolder)) -> Whole {
    let (_root, plain) = folder();
    prepare(&plain);
    let expected = reopened(&plain);
    for fault in Fault::ALL {
        for step in 0.. {
            let (_root, folder) = folder();
            prepare(&folder);
            let (opened, struck) =
                faults::with(fault, step, || folder.edit().map(|editor| whole(&editor)));
            let case = format!("{fault:?} at step {step}: {opened:?}");
            if let Ok(opened) = opened {
                assert_eq!(opened, expected, "{case}");
            }
            assert_eq!(reopened(&folder), expected, "{case}");
            if !struck {
                break;
            }
        }
    }
    expected
}

#[test]
fn the_first_opening_can_be_interrupted() {
    let (found, history) = each_fault_of_opening(|folder| {
        std::fs::remove_dir_all(folder.private_folder()).unwrap();
    });
    assert_eq!((found.name.as_str(), history.len()), ("two", 0));
}

#[test]
fn completing_an_interrupted_edit_can_be_interrupted() {
    let (found, history) = each_fault_of_opening(|folder| {
        let document = std::fs::read(folder.document_path()).unwrap();
        folder.edit().unwrap().execute(&rename("four"), None).unwrap();
        // As if the process had gone before the document was replaced.
        std::fs::write(folder.document_path(), document).unwrap();
        let mut journal = std::fs::read(folder.journal_path()).unwrap();
        journal.pop();
        journal.truncate(journal.iter().rposition(|&byte| byte == b'\n').unwrap() + 1);
        std::fs::write(folder.journal_path(), journal).unwrap();
    });
    assert_eq!((found.name.as_str(), history.len()), ("four", 3));
}

#[test]
fn cutting_a_torn_journal_can_be_interrupted() {
    let (found, history) = each_fault_of_opening(|folder| {
        let mut journal = std::fs::read(folder.journal_path()).unwrap();
        journal.extend(b"{\"check\":\"0123");
        std::fs::write(folder.journal_path(), journal).unwrap();
    });
    assert_eq!((found.name.as_str(), history.len()), ("two", 3));
}

#[test]
fn setting_a_foreign_history_aside_can_be_interrupted() {
    let (found, history) = each_fault_of_opening(|folder| {
        let json = session("by hand").to_canonical_json().unwrap();
        std::fs::write(folder.document_path(), json).unwrap();
    });
    assert_eq!((found.name.as_str(), history.len()), ("by hand", 0));
}
