//! Editing across openings: histories, documents changed by hand, journals that do not fit.

use super::super::fault_tests::{folder, rename, session, tempo};
use super::*;

fn names(editor: &SessionEditor) -> Vec<(String, bool)> {
    editor.history().into_iter().map(|entry| (entry.name, entry.undone)).collect()
}

fn warning(editor: &SessionEditor) -> &str {
    let [warning] = editor.warnings() else { panic!("{:?}", editor.warnings()) };
    warning
}

#[test]
fn undo_and_redo_work_across_openings() {
    let (_root, folder) = folder();
    let editor = folder.edit().unwrap();
    let rename = "set_session_name".to_owned();
    let listed = [(rename.clone(), false), ("2 commands".to_owned(), false), (rename, true)];
    assert_eq!(names(&editor), listed);
    assert_eq!((editor.revision(), editor.warnings().len()), (4, 0));
    drop(editor);
    for (name, redo) in [("three", true), ("two", false), ("one", false), ("zero", false)] {
        let mut editor = folder.edit().unwrap();
        if redo {
            editor.redo(None).unwrap()
        } else {
            editor.undo(None).unwrap()
        };
        assert_eq!(editor.session().name, name);
        drop(editor);
        assert_eq!(folder.load().unwrap().name, name);
    }
    assert!(matches!(
        folder.edit().unwrap().undo(None),
        Err(ApplyError::Edit(EditError::NothingToUndo))
    ));
    assert_eq!(folder.load().unwrap(), session("zero"));
    let history = folder.history().unwrap();
    assert_eq!((history.revision, history.entries.len(), history.warning), (8, 3, None));
}

#[test]
fn an_expected_revision_is_checked_across_openings() {
    let (_root, folder) = folder();
    let mut editor = folder.edit().unwrap();
    let error = editor.execute(&rename("x"), Some(3)).unwrap_err();
    assert!(error.to_string().contains("at revision 4, not at 3"), "{error}");
    assert_eq!(editor.execute(&rename("x"), Some(4)).unwrap().revision, 5);
}

#[test]
fn groups_are_one_entry_across_openings() {
    let (_root, folder) = folder();
    let mut editor = folder.edit().unwrap();
    editor.begin_group("drag").unwrap();
    editor.execute(&tempo(130.0), None).unwrap();
    editor.execute(&tempo(131.0), None).unwrap();
    editor.end_group().unwrap();
    drop(editor);
    let mut editor = folder.edit().unwrap();
    assert_eq!(names(&editor).last().unwrap().0, "drag");
    editor.undo(None).unwrap();
    assert_eq!(editor.session().tempo[0].bpm, 99.0);
}

#[test]
fn a_refused_command_leaves_no_trace() {
    let (_root, folder) = folder();
    let files = |folder: &SessionFolder| {
        [folder.document_path(), folder.journal_path()].map(|path| std::fs::read(path).unwrap())
    };
    let before = files(&folder);
    let mut editor = folder.edit().unwrap();
    let batch = Batch::of(vec![rename("x"), tempo(-1.0)]);
    assert!(editor.execute_batch(&batch).is_err());
    assert!(editor.dry_run(&Batch::of(vec![rename("x")])).is_ok());
    assert_eq!(editor.session().name, "two");
    drop(editor);
    assert_eq!(files(&folder), before);
}

#[test]
fn a_document_changed_by_hand_sets_the_history_aside() {
    let (_root, folder) = folder();
    let text = std::fs::read_to_string(folder.document_path()).unwrap();
    std::fs::write(folder.document_path(), text.replace("\"two\"", "\"mine\"")).unwrap();
    let history = folder.history().unwrap();
    assert!(history.warning.unwrap().contains("changed by other means"));
    let editor = folder.edit().unwrap();
    assert_eq!(editor.session().name, "mine");
    assert!(warning(&editor).contains("changed by other means"), "{}", warning(&editor));
    assert!(warning(&editor).contains("journal-1.jsonl"));
    assert!(folder.private_folder().join("journal-1.jsonl").exists());
    // Nobody has seen this revision.
    assert_eq!((editor.revision(), editor.history().len()), (5, 0));
    drop(editor);
    assert!(folder.edit().unwrap().warnings().is_empty());
}

#[test]
fn an_older_document_put_back_is_kept_too() {
    let (_root, folder) = folder();
    let older = std::fs::read(folder.document_path()).unwrap();
    folder.edit().unwrap().execute(&rename("four"), None).unwrap();
    std::fs::write(folder.document_path(), older).unwrap();
    let editor = folder.edit().unwrap();
    assert_eq!(editor.session().name, "two");
    assert!(warning(&editor).contains("changed by other means"));
}

#[test]
fn another_layout_of_the_same_document_keeps_the_history() {
    let (_root, folder) = folder();
    let text = std::fs::read_to_string(folder.document_path()).unwrap();
    std::fs::write(folder.document_path(), text.replace('\n', "\r\n    ")).unwrap();
    let editor = folder.edit().unwrap();
    assert_eq!((editor.history().len(), editor.warnings().len()), (3, 0));
}

#[test]
fn a_damaged_journal_is_set_aside_and_the_document_stays() {
    let (_root, folder) = folder();
    let mut bytes = std::fs::read(folder.journal_path()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(folder.journal_path(), bytes).unwrap();
    assert!(folder.history().unwrap().warning.unwrap().contains("damaged at line"));
    let editor = folder.edit().unwrap();
    assert_eq!((editor.session().name.as_str(), editor.history().len()), ("two", 0));
    assert!(warning(&editor).contains("damaged at line"), "{}", warning(&editor));
}

#[test]
fn a_broken_document_is_refused_and_nothing_is_made() {
    let root = tempfile::tempdir().unwrap();
    std::fs::write(root.path().join("session.json"), "{").unwrap();
    let error = SessionFolder::open(root.path()).unwrap().edit().unwrap_err();
    assert!(matches!(error, BeginError::Folder(FolderError::Document { .. })), "{error}");
    assert_eq!(std::fs::read_dir(root.path()).unwrap().count(), 1);
}

#[test]
fn a_full_disk_is_called_so_and_a_refusal_too() {
    use crate::files::faults::{self, Fault};
    let (_root, folder) = folder();
    let mut editor = folder.edit().unwrap();
    for (fault, words) in [(Fault::Full, "the disk is full"), (Fault::Refused, "permission denied")]
    {
        let error = faults::with(fault, 0, || editor.execute(&rename("x"), None)).0.unwrap_err();
        assert!(error.to_string().contains("journal.jsonl' cannot be written"), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[test]
fn a_journal_stays_within_its_limit_and_keeps_the_newest_entries() {
    let (_root, folder) = folder();
    let limit = 8_000;
    let mut editor = folder.edit_within(limit).unwrap();
    for number in 0..200 {
        editor.execute(&rename(&format!("name {number}")), None).unwrap();
        assert!(editor.journal.length() <= limit, "after edit {number}");
    }
    let kept = editor.history().len();
    assert!((5..100).contains(&kept), "{kept}");
    drop(editor);
    let mut editor = folder.edit_within(limit).unwrap();
    assert_eq!((editor.history().len(), editor.revision()), (kept, 204));
    editor.undo(None).unwrap();
    assert_eq!(editor.session().name, "name 198");
}

#[test]
fn shortening_keeps_what_was_undone_or_nothing() {
    let (_root, folder) = folder();
    let mut editor = folder.edit().unwrap();
    for _ in 0..2 {
        editor.undo(None).unwrap();
    }
    let all = editor.editor.journal();
    assert_eq!(newest(&all, u64::MAX).len(), 6, "three done, three undone");
    assert!(newest(&all, 0).is_empty());
    let but_one = all.iter().map(journal::size_of).sum::<u64>() - 1;
    assert!(newest(&all, but_one).is_empty(), "an undo without its edit");
    editor.redo(None).unwrap();
    let all = editor.editor.journal();
    let but_one = all.iter().map(journal::size_of).sum::<u64>() - 1;
    assert_eq!(newest(&all, but_one).len(), 4, "two undone ones are kept");
}

#[test]
fn a_group_under_way_is_not_shortened() {
    let (_root, folder) = folder();
    let mut editor = folder.edit_within(4_000).unwrap();
    editor.begin_group("drag").unwrap();
    for number in 0..50 {
        editor.execute(&tempo(100.0 + f64::from(number)), None).unwrap();
    }
    assert!(editor.journal.length() > 4_000);
    editor.end_group().unwrap();
    editor.undo(None).unwrap();
    assert_eq!(editor.session().tempo[0].bpm, 99.0);
    assert!(editor.journal.length() <= 4_000);
}
