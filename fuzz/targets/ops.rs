//! Batches of commands: applied or refused as a whole, and taken back exactly.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use wavemill_core::command::{Batch, Editor};
use wavemill_core::session::Session;

static SESSION: LazyLock<Session> = LazyLock::new(|| {
    Session::from_json(include_bytes!("../../sessions/demo/session.json")).expect("it is valid")
});

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(batch) = Batch::parse(text) else { return };
    let mut editor = Editor::new(SESSION.clone(), 0);
    let before = editor.session().to_canonical_json().expect("it is valid");
    let dry = editor.dry_run(&batch);
    let applied = editor.execute_batch(&batch);
    assert_eq!(dry.is_ok(), applied.is_ok(), "a dry run tells what a run does");
    let canonical = |editor: &Editor| editor.session().to_canonical_json().expect("still valid");
    if applied.is_err() {
        assert_eq!(canonical(&editor), before, "a refused batch leaves nothing");
        return;
    }
    let after = canonical(&editor);
    assert_eq!(Session::from_json(&after).as_ref(), Ok(editor.session()));
    if editor.undo(None).is_ok() {
        assert_eq!(canonical(&editor), before, "undo takes back all");
        editor.redo(None).expect("what was undone is done again");
        assert_eq!(canonical(&editor), after, "redo does the same");
    }
});
