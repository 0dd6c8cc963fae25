//! Journal records: what is written down of each edit, so that a crash loses none.
//!
//! A session as saved at some revision and the records of its edits, before and after that
//! revision, give back the editor with its history: see [`super::Editor::replay`].

use serde::{Deserialize, Serialize};

use super::{Change, Command};

/// What is written down of one edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JournalRecord {
    /// The revision after it.
    pub revision: u64,
    /// What the history calls it.
    pub name: String,
    /// What it did.
    pub kind: RecordKind,
}

/// What an edit did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RecordKind {
    /// Commands were applied.
    Do {
        /// The commands, every id filled in.
        commands: Vec<Command>,
        /// Changes that take them back.
        inverse: Vec<Change>,
        /// They belong to the history entry of the record before, as parts of one group.
        #[serde(default, skip_serializing_if = "super::is_false")]
        joined: bool,
    },
    /// The newest entry was undone.
    Undo,
    /// The entry undone last was redone.
    Redo,
}
