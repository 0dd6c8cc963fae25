//! Property tests: a session edited through its folder equals one edited in memory.

use proptest::prelude::*;
use wavemill_core::command::{
    AddTrack, Batch, ChainOwner, Command, DeleteTrack, Editor, SetVolume,
};
use wavemill_core::session::{ChannelLayout, OutputTarget, TrackId, TrackKind};

use super::SessionFolder;
use super::fault_tests::{rename, session, tempo};

#[derive(Clone, Debug)]
enum Act {
    Execute(Box<Command>),
    Batch(Vec<Command>),
    Group(Vec<Command>),
    Undo,
    Redo,
    Reopen,
}

fn id(number: u8) -> TrackId {
    TrackId::new(format!("t{number}")).unwrap()
}

fn volume(track: TrackId, volume_db: f64) -> Command {
    SetVolume { track: ChainOwner::Track(track), volume_db, ungrouped: false }.into()
}

fn command() -> impl Strategy<Value = Command> {
    let add = |number: u8| AddTrack {
        id: number.is_multiple_of(2).then(|| id(number)),
        name: format!("T{number}"),
        kind: TrackKind::Audio,
        layout: ChannelLayout::Stereo,
        output: OutputTarget::Master,
        index: None,
    };
    prop_oneof![
        "[ -~äß\n]{0,12}".prop_map(|name| rename(&name)),
        (-10.0..1200.0).prop_map(tempo),
        (0_u8..6).prop_map(move |number| add(number).into()),
        (0_u8..6).prop_map(|number| DeleteTrack { track: id(number) }.into()),
        (0_u8..6, -144.0..36.0_f64).prop_map(|(n, volume_db)| volume(id(n), volume_db)),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let commands = || prop::collection::vec(command(), 0..5);
    prop_oneof![
        4 => command().prop_map(|command| Act::Execute(Box::new(command))),
        2 => commands().prop_map(Act::Batch),
        1 => commands().prop_map(Act::Group),
        3 => Just(Act::Undo),
        2 => Just(Act::Redo),
        2 => Just(Act::Reopen),
    ]
}

/// Carries out `acts` on disk and in memory, and compares as it goes. A small `limit` lets the
/// journal forget its oldest entries, and what was undone and forgotten cannot be compared.
fn compare(acts: Vec<Act>, limit: u64) -> Result<(), TestCaseError> {
    let root = tempfile::tempdir().unwrap();
    let folder = SessionFolder::create(root.path(), &session("zero"), false).unwrap();
    let mut disk = folder.edit_within(limit).unwrap();
    let mut memory = Editor::new(session("zero"), 0);
    for act in acts {
        match act {
            Act::Execute(command) => {
                let outcome = disk.execute(&command, None).map_err(|error| error.to_string());
                let direct = memory.execute(&command, None).map_err(|error| error.to_string());
                prop_assert_eq!(outcome, direct);
            }
            Act::Batch(ops) => {
                let batch = Batch::of(ops);
                let outcome = disk.execute_batch(&batch).map_err(|error| error.to_string());
                let direct = memory.execute_batch(&batch).map_err(|error| error.to_string());
                prop_assert_eq!(outcome, direct);
            }
            Act::Group(commands) => {
                disk.begin_group("group").unwrap();
                memory.begin_group("group").unwrap();
                for command in commands {
                    let made = disk.execute(&command, None).is_ok();
                    prop_assert_eq!(made, memory.execute(&command, None).is_ok());
                }
                disk.end_group().unwrap();
                memory.end_group().unwrap();
            }
            Act::Undo => {
                if disk.undo(None).is_ok() {
                    memory.undo(None).unwrap();
                } else {
                    prop_assert!(limit < u64::MAX || memory.undo(None).is_err());
                }
            }
            Act::Redo => {
                if disk.redo(None).is_ok() {
                    memory.redo(None).unwrap();
                } else {
                    prop_assert!(limit < u64::MAX || memory.redo(None).is_err());
                }
            }
            Act::Reopen => {
                drop(disk);
                prop_assert_eq!(&folder.load().unwrap(), memory.session());
                disk = folder.edit_within(limit).unwrap();
                prop_assert!(disk.warnings().is_empty(), "{:?}", disk.warnings());
            }
        }
        prop_assert_eq!(disk.session(), memory.session());
        prop_assert_eq!(disk.revision(), memory.revision());
        if limit == u64::MAX {
            prop_assert_eq!(disk.history(), memory.history());
        }
    }
    drop(disk);
    let document = std::fs::read(folder.document_path()).unwrap();
    prop_assert_eq!(document, memory.session().to_canonical_json().unwrap());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        // A share of the usual count: each case syncs to the disk many times.
        cases: ProptestConfig::default().cases.div_ceil(5),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn a_journal_replayed_equals_editing_in_memory(acts in prop::collection::vec(act(), 1..24)) {
        compare(acts, u64::MAX)?;
    }

    #[test]
    fn a_short_journal_forgets_history_and_nothing_else(
        acts in prop::collection::vec(act(), 1..24)
    ) {
        compare(acts, 1_500)?;
    }
}
