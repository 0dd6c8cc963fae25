//! The history: what can be undone and redone.

use std::collections::VecDeque;

use super::{Change, Command};

/// Most entries kept; the oldest is forgotten first. An entry of a fader move takes well under a
/// kilobyte.
pub const HISTORY_LIMIT: usize = 10_000;

/// An entry of the history, as listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// What it is called: the batch's or group's name, or the command's.
    pub name: String,
    /// The revision after it.
    pub revision: u64,
    /// How many commands it holds.
    pub count: usize,
    /// It was undone and can be redone.
    pub undone: bool,
}

/// Commands applied at once, and what takes them back.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Step {
    pub revision: u64,
    pub commands: Vec<Command>,
    pub inverse: Vec<Change>,
}

/// Steps undone together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Entry {
    pub name: String,
    pub steps: Vec<Step>,
}

impl Entry {
    fn listed(&self, undone: bool) -> HistoryEntry {
        HistoryEntry {
            name: self.name.clone(),
            revision: self.steps.last().map_or(0, |step| step.revision),
            count: self.steps.iter().map(|step| step.commands.len()).sum(),
            undone,
        }
    }
}

/// Entries done, oldest first, and entries undone, the next to redo last.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct History {
    pub done: VecDeque<Entry>,
    pub undone: Vec<Entry>,
}

impl History {
    pub(super) const fn new() -> Self {
        Self { done: VecDeque::new(), undone: Vec::new() }
    }

    /// Adds a step of its own, or to the newest entry where `joined`; nothing can be redone then.
    pub(super) fn push(&mut self, name: &str, step: Step, joined: bool) {
        self.undone.clear();
        match self.done.back_mut().filter(|_| joined) {
            Some(entry) => entry.steps.push(step),
            None => self.push_entry(Entry { name: name.to_owned(), steps: vec![step] }),
        }
    }

    pub(super) fn push_entry(&mut self, entry: Entry) {
        self.done.push_back(entry);
        if self.done.len() > HISTORY_LIMIT {
            self.done.pop_front();
        }
    }

    /// Oldest first; what was undone comes last, the next to redo first.
    pub(super) fn list(&self) -> Vec<HistoryEntry> {
        let done = self.done.iter().map(|entry| entry.listed(false));
        done.chain(self.undone.iter().rev().map(|entry| entry.listed(true))).collect()
    }
}
