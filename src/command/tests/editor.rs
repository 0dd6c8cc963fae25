//! The editor: revisions, history, groups, batches, the journal.

use super::*;
use crate::command::{EditError, Editor, HISTORY_LIMIT, JournalRecord};

fn execute(editor: &mut Editor, json: &str) -> JournalRecord {
    editor.execute(&command(json), None).unwrap().record
}

fn fader(db: f64) -> String {
    format!(r#"{{"op":"set_volume","track":"bass","volume_db":{db:.1}}}"#)
}

#[test]
fn every_edit_undo_and_redo_raises_the_revision() {
    let mut editor = Editor::new(band(), 7);
    let start = bytes(editor.session());
    let outcome = editor.execute(&command(&fader(-3.0)), Some(7)).unwrap();
    assert_eq!((outcome.revision, editor.revision()), (8, 8));
    assert_eq!(outcome.touched, ["tracks/bass/volume_db"]);
    let done = bytes(editor.session());
    let undone = editor.undo(Some(8)).unwrap();
    assert_eq!((undone.revision, undone.touched), (9, outcome.touched));
    assert_eq!(bytes(editor.session()), start);
    assert_eq!(editor.redo(None).unwrap().revision, 10);
    assert_eq!(bytes(editor.session()), done);
    assert_eq!(editor.redo(None), Err(EditError::NothingToRedo));
    editor.undo(None).unwrap();
    assert_eq!(editor.undo(None), Err(EditError::NothingToUndo));
    execute(&mut editor, &fader(-4.0));
    assert_eq!(editor.redo(None), Err(EditError::NothingToRedo), "an edit ends what was undone");
}

#[test]
fn an_edit_of_another_revision_is_refused() {
    let mut editor = Editor::new(band(), 7);
    let error = editor.execute(&command(&fader(-3.0)), Some(6)).unwrap_err();
    assert_eq!(error, EditError::Revision { expected: 6, actual: 7 });
    assert_eq!(editor, Editor::new(band(), 7));
}

#[test]
fn a_batch_is_applied_whole_or_not_at_all() {
    let mut editor = Editor::new(band(), 0);
    let before = editor.clone();
    let mut batch = Batch::of(vec![
        command(r#"{"op":"delete_track","track":"drums"}"#),
        command(r#"{"op":"repeat_section","section":"verse"}"#),
        command(r#"{"op":"set_volume","track":"drums","volume_db":0}"#),
    ]);
    let error = editor.execute_batch(&batch).unwrap_err();
    assert_eq!(
        error.to_string(),
        "ops[2] (set_volume): tracks: no track 'drums': there are band, bass, keys, room; \
         nothing of the batch was applied"
    );
    assert_eq!(bytes(editor.session()), bytes(before.session()));
    assert_eq!(editor, before);
    assert_eq!(editor.execute_batch(&Batch::of(Vec::new())), Err(EditError::Empty));
    batch.ops.truncate(2);
    batch.name = Some("No drums".to_owned());
    let preview = editor.dry_run(&batch).unwrap();
    assert_eq!(editor, before, "a dry run changes nothing");
    let outcome = editor.execute_batch(&batch).unwrap();
    assert_eq!((preview.revision, preview.touched), (outcome.revision, outcome.touched));
    assert_eq!(preview.created, outcome.created);
    assert_eq!((editor.history()[0].name.as_str(), editor.history()[0].count), ("No drums", 2));
    editor.undo(None).unwrap();
    assert_eq!(bytes(editor.session()), bytes(before.session()));
}

#[test]
fn a_group_is_undone_and_redone_as_one() {
    let mut editor = Editor::new(band(), 0);
    let start = bytes(editor.session());
    execute(&mut editor, r#"{"op":"set_seed","seed":5}"#);
    let between = bytes(editor.session());
    editor.begin_group("Ride").unwrap();
    assert_eq!(editor.begin_group("Again"), Err(EditError::GroupOpen("Ride".to_owned())));
    for db in [-1.0, -2.0, -3.0] {
        execute(&mut editor, &fader(db));
    }
    assert_eq!(editor.undo(None), Err(EditError::GroupOpen("Ride".to_owned())));
    editor.end_group().unwrap();
    assert_eq!(editor.end_group(), Err(EditError::NoGroup));
    let end = bytes(editor.session());
    let listed: Vec<_> =
        editor.history().into_iter().map(|e| (e.name, e.revision, e.count)).collect();
    assert_eq!(listed, [("set_seed".to_owned(), 1, 1), ("Ride".to_owned(), 4, 3)]);
    editor.undo(None).unwrap();
    assert_eq!(bytes(editor.session()), between);
    assert!(editor.history()[1].undone);
    editor.undo(None).unwrap();
    assert_eq!(bytes(editor.session()), start);
    editor.redo(None).unwrap();
    editor.redo(None).unwrap();
    assert_eq!(bytes(editor.session()), end);
}

#[test]
fn the_history_forgets_its_oldest_entries() {
    let mut editor = Editor::new(band(), 0);
    for index in 0..HISTORY_LIMIT + 5 {
        editor.execute(&command(&fader(-(index as f64) / 1e4)), None).unwrap();
    }
    let history = editor.history();
    assert_eq!((history.len(), history[0].revision), (HISTORY_LIMIT, 6));
}

/// A few edits with a group, undos and redos, and their records.
fn edited() -> (Editor, Vec<JournalRecord>) {
    let mut editor = Editor::new(band(), 0);
    let mut records = vec![
        execute(&mut editor, &fader(-3.0)),
        execute(&mut editor, r#"{"op":"duplicate_track","track":"bass"}"#),
    ];
    editor.begin_group("Cut").unwrap();
    records.push(execute(&mut editor, r#"{"op":"split_clip","clip":"beat","at":{"samples":999}}"#));
    records.push(execute(&mut editor, r#"{"op":"delete_clip","clip":"beat"}"#));
    editor.end_group().unwrap();
    records.push(editor.undo(None).unwrap().record);
    records.push(editor.redo(None).unwrap().record);
    records.push(execute(&mut editor, r#"{"op":"repeat_section","section":"verse"}"#));
    records.push(editor.undo(None).unwrap().record);
    records.push(editor.undo(None).unwrap().record);
    (editor, records)
}

#[test]
fn a_journal_gives_back_the_editor_wherever_it_was_saved() {
    let (editor, records) = edited();
    let text: Vec<String> = records.iter().map(|r| serde_json::to_string(r).unwrap()).collect();
    let mut saved = vec![Editor::new(band(), 0)];
    for record in &records {
        let mut next = saved.last().unwrap().clone();
        next.replay(record).unwrap();
        saved.push(next);
    }
    for at in saved {
        let mut again = Editor::new(at.session().clone(), at.revision());
        for line in &text {
            again.replay(&serde_json::from_str(line).unwrap()).unwrap();
        }
        assert_eq!(again, editor, "saved at revision {}", at.revision());
    }
}

#[test]
fn the_shortest_journal_gives_back_the_history() {
    let (editor, _) = edited();
    let mut again = Editor::new(editor.session().clone(), editor.revision());
    for record in editor.journal() {
        again.replay(&record).unwrap();
    }
    assert_eq!(again.history(), editor.history());
    let mut editor = editor;
    for editor in [&mut again, &mut editor] {
        editor.redo(None).unwrap();
        editor.redo(None).unwrap();
        editor.undo(None).unwrap();
    }
    assert_eq!(bytes(again.session()), bytes(editor.session()));
}

#[test]
fn a_journal_of_another_session_is_refused() {
    let (_, records) = edited();
    let mut other = Editor::new(band(), 0);
    execute(&mut other, &fader(-9.0));
    let mut moved = Editor::new(other.session().clone(), 0);
    let before = moved.clone();
    let error = moved.replay(&records[0]).unwrap_err().to_string();
    assert!(error.contains("another state"), "{error}");
    assert_eq!(moved, before);
    assert!(matches!(moved.replay(&records[3]), Err(EditError::Journal { revision: 4, .. })));
}
