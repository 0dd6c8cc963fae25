//! Random commands on random sessions: whatever happens, the session stays valid, refused
//! commands leave no trace, and undo and redo give back the same bytes.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::generate::random_command;
use super::*;
use crate::command::Editor;
use crate::session::arbitrary;

fn canonical(session: &Session) -> Vec<u8> {
    session.to_canonical_json().unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_commands_undo_and_redo_to_the_same_bytes(
        session in arbitrary::session(),
        throws in proptest::collection::vec(proptest::collection::vec(any::<u32>(), 16), 1..25),
    ) {
        let mut editor = Editor::new(session.clone(), 0);
        let mut states = vec![canonical(&session)];
        let mut records = Vec::new();
        for dice in &throws {
            let command = random_command(editor.session(), dice);
            let before = canonical(editor.session());
            match editor.execute(&command, None) {
                Ok(outcome) => {
                    let problems = editor.session().check();
                    prop_assert!(problems.is_empty(), "{command:?} leaves {problems:?}");
                    states.push(canonical(editor.session()));
                    records.push(outcome.record);
                }
                Err(_) => prop_assert_eq!(&canonical(editor.session()), &before, "{:?}", command),
            }
        }
        let mut replayed = Editor::new(session, 0);
        for record in &records {
            replayed.replay(record).unwrap();
        }
        prop_assert_eq!(&replayed, &editor);
        for state in states.iter().rev().skip(1) {
            editor.undo(None).unwrap();
            prop_assert_eq!(&canonical(editor.session()), state);
        }
        for state in states.iter().skip(1) {
            editor.redo(None).unwrap();
            prop_assert_eq!(&canonical(editor.session()), state);
        }
    }

    #[test]
    fn failed_batches_and_dry_runs_leave_the_same_bytes(
        session in arbitrary::session(),
        throws in proptest::collection::vec(proptest::collection::vec(any::<u32>(), 16), 1..8),
    ) {
        let mut trial = session.clone();
        let mut ops = Vec::new();
        for dice in &throws {
            let command = random_command(&trial, dice);
            if apply(&mut trial, &command).is_ok() {
                ops.push(command);
            }
        }
        let mut editor = Editor::new(session, 0);
        let before = editor.clone();
        if !ops.is_empty() {
            editor.dry_run(&Batch::of(ops.clone())).unwrap();
            prop_assert_eq!(&editor, &before);
        }
        ops.push(command(r#"{"op":"delete_clip","clip":"nobody"}"#));
        prop_assert!(editor.execute_batch(&Batch::of(ops)).is_err());
        prop_assert_eq!(canonical(editor.session()), canonical(before.session()));
        prop_assert_eq!(editor, before);
    }
}

/// The properties above hold for every command there is: each is generated, and each is carried
/// out now and then, not only refused.
#[test]
fn every_command_is_generated_and_succeeds_somewhere() {
    let mut runner = TestRunner::deterministic();
    let (mut generated, mut succeeded) = (BTreeSet::new(), BTreeSet::new());
    let throws = proptest::collection::vec(proptest::collection::vec(any::<u32>(), 16), 150);
    let strategy = (arbitrary::session(), throws);
    for _ in 0..120 {
        let (mut session, throws) = strategy.new_tree(&mut runner).unwrap().current();
        for dice in &throws {
            let command = random_command(&session, dice);
            generated.insert(command.name());
            if apply(&mut session, &command).is_ok() {
                succeeded.insert(command.name());
            }
        }
    }
    let all: BTreeSet<&str> = Command::NAMES.iter().copied().collect();
    let missing = |found: &BTreeSet<&'static str>| -> Vec<&str> {
        all.iter().copied().filter(|name| !found.contains(name)).collect()
    };
    assert_eq!(missing(&generated), Vec::<&str>::new(), "never generated");
    assert_eq!(missing(&succeeded), Vec::<&str>::new(), "never carried out");
}
