//! The editor: a session with its revision and history, changed by commands only.

use super::history::{Entry, History, HistoryEntry, Step};
use super::{
    Applied, Batch, Change, Command, CommandError, JournalRecord, RecordKind, apply, revert,
};
use crate::session::Session;

/// A session under edit.
///
/// Every edit, undo and redo raises the revision by one. Writing down the records of the
/// [`Outcome`]s makes a journal, from which [`Editor::replay`] builds the same editor again.
#[derive(Clone, Debug, PartialEq)]
pub struct Editor {
    session: Session,
    revision: u64,
    history: History,
    group: Option<OpenGroup>,
}

/// A named group that is not yet ended.
#[derive(Clone, Debug, PartialEq)]
struct OpenGroup {
    name: String,
    /// Something was done in it, to which what follows is joined.
    started: bool,
}

/// What an edit did.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The revision after it.
    pub revision: u64,
    /// Paths of what it changed, sorted.
    pub touched: Vec<String>,
    /// Paths of what it made.
    pub created: Vec<String>,
    /// What a journal writes down of it.
    pub record: JournalRecord,
}

/// What a batch would do.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    /// The revision the session would have.
    pub revision: u64,
    /// Paths it would change, sorted.
    pub touched: Vec<String>,
    /// Paths it would make.
    pub created: Vec<String>,
    /// The commands with the ids they would choose.
    pub commands: Vec<Command>,
}

/// Why an edit was refused. The session, its revision and its history are as they were.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EditError {
    /// Someone else edited the session in the meantime.
    #[error(
        "the session is at revision {actual}, not at {expected}: it was edited since; \
         look at it again and repeat the edit"
    )]
    Revision {
        /// The revision asked for.
        expected: u64,
        /// The revision there is.
        actual: u64,
    },
    /// A command was refused.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A command of a batch was refused, and so the whole batch.
    #[error("ops[{index}] ({op}): {error}; nothing of the batch was applied")]
    Batch {
        /// Its place, from 0.
        index: usize,
        /// Its name.
        op: &'static str,
        /// Why.
        error: CommandError,
    },
    /// A batch without commands.
    #[error("the batch holds no commands: give at least one")]
    Empty,
    /// Nothing was done that could be undone.
    #[error("there is nothing to undo")]
    NothingToUndo,
    /// Nothing was undone that could be redone.
    #[error("there is nothing to redo")]
    NothingToRedo,
    /// A group is open.
    #[error("the group '{0}' is still open: end it first")]
    GroupOpen(String),
    /// No group is open.
    #[error("no group is open: begin one first")]
    NoGroup,
    /// A journal record does not fit.
    #[error("the journal does not fit the session at its record of revision {revision}: {what}")]
    Journal {
        /// The record's revision.
        revision: u64,
        /// What does not fit.
        what: String,
    },
}

impl Editor {
    /// An editor of `session` at `revision`, without history.
    pub const fn new(session: Session, revision: u64) -> Self {
        Self { session, revision, history: History::new(), group: None }
    }

    /// The session as it is.
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// Its revision.
    pub const fn revision(&self) -> u64 {
        self.revision
    }

    /// The history, oldest entry first; entries that were undone come last.
    pub fn history(&self) -> Vec<HistoryEntry> {
        self.history.list()
    }

    /// Applies one command.
    pub fn execute(
        &mut self,
        command: &Command,
        expected_revision: Option<u64>,
    ) -> Result<Outcome, EditError> {
        self.expect(expected_revision)?;
        let applied = apply(&mut self.session, command)?;
        Ok(self.record(command.name(), vec![applied]))
    }

    /// Applies a batch: all of its commands or none.
    pub fn execute_batch(&mut self, batch: &Batch) -> Result<Outcome, EditError> {
        self.expect(batch.expected_revision)?;
        let applied = apply_all(&mut self.session, &batch.ops)?;
        let name = match (&batch.name, batch.ops.as_slice()) {
            (Some(name), _) => name.clone(),
            (None, [command]) => command.name().to_owned(),
            (None, commands) => format!("{} commands", commands.len()),
        };
        Ok(self.record(&name, applied))
    }

    /// What [`Self::execute_batch`] would do; nothing is changed.
    pub fn dry_run(&self, batch: &Batch) -> Result<Preview, EditError> {
        self.expect(batch.expected_revision)?;
        let mut session = self.session.clone();
        let applied = apply_all(&mut session, &batch.ops)?;
        let (touched, created) = reached(&applied);
        let commands = applied.into_iter().map(|applied| applied.command).collect();
        Ok(Preview { revision: self.revision + 1, touched, created, commands })
    }

    /// Begins a group: what follows until [`Self::end_group`] is undone as one.
    pub fn begin_group(&mut self, name: impl Into<String>) -> Result<(), EditError> {
        if let Some(group) = &self.group {
            return Err(EditError::GroupOpen(group.name.clone()));
        }
        self.group = Some(OpenGroup { name: name.into(), started: false });
        Ok(())
    }

    /// Ends the open group.
    pub fn end_group(&mut self) -> Result<(), EditError> {
        self.group.take().map(|_| ()).ok_or(EditError::NoGroup)
    }

    /// Undoes the newest entry of the history.
    pub fn undo(&mut self, expected_revision: Option<u64>) -> Result<Outcome, EditError> {
        self.expect(expected_revision)?;
        self.no_group()?;
        let entry = self.history.done.pop_back().ok_or(EditError::NothingToUndo)?;
        let inverse: Vec<Change> =
            entry.steps.iter().rev().flat_map(|step| &step.inverse).cloned().collect();
        match revert(&mut self.session, &inverse) {
            Ok(touched) => {
                self.revision += 1;
                let name = entry.name.clone();
                self.history.undone.push(entry);
                Ok(self.outcome(name, touched, Vec::new(), RecordKind::Undo))
            }
            Err(error) => {
                self.history.done.push_back(entry);
                Err(error.into())
            }
        }
    }

    /// Redoes the entry undone last.
    pub fn redo(&mut self, expected_revision: Option<u64>) -> Result<Outcome, EditError> {
        self.expect(expected_revision)?;
        self.no_group()?;
        let mut entry = self.history.undone.pop().ok_or(EditError::NothingToRedo)?;
        let commands: Vec<Command> =
            entry.steps.iter().flat_map(|step| &step.commands).cloned().collect();
        match apply_all(&mut self.session, &commands) {
            Ok(applied) => {
                self.revision += 1;
                let (touched, created) = reached(&applied);
                let name = entry.name.clone();
                entry.steps = vec![step(self.revision, applied)];
                self.history.push_entry(entry);
                Ok(self.outcome(name, touched, created, RecordKind::Redo))
            }
            Err(error) => {
                self.history.undone.push(entry);
                Err(error)
            }
        }
    }

    /// Takes a journal's next record.
    ///
    /// Records up to the revision the session was saved at only give back the history; the one
    /// after it and those that follow are carried out.
    pub fn replay(&mut self, record: &JournalRecord) -> Result<(), EditError> {
        let misfit = |what: String| EditError::Journal { revision: record.revision, what };
        if record.revision <= self.revision {
            return self.adopt(record).map_err(misfit);
        }
        if record.revision != self.revision + 1 {
            return Err(misfit(format!("the session is at {} still", self.revision)));
        }
        match &record.kind {
            RecordKind::Undo => self.undo(None).map(|_| ()),
            RecordKind::Redo => self.redo(None).map(|_| ()),
            RecordKind::Do { commands, inverse, joined } => {
                let applied = apply_all(&mut self.session, commands)?;
                let done = step(record.revision, applied);
                if done.inverse != *inverse {
                    revert(&mut self.session, &done.inverse)?;
                    return Err(misfit("it was made from another state of it".to_owned()));
                }
                self.revision = record.revision;
                self.history.push(&record.name, done, *joined);
                Ok(())
            }
        }
        .map_err(|error| misfit(error.to_string()))
    }

    /// Gives back the history of an edit that the saved session already contains.
    fn adopt(&mut self, record: &JournalRecord) -> Result<(), String> {
        match &record.kind {
            RecordKind::Do { commands, inverse, joined } => {
                let (commands, inverse) = (commands.clone(), inverse.clone());
                let step = Step { revision: record.revision, commands, inverse };
                self.history.push(&record.name, step, *joined);
            }
            RecordKind::Undo => {
                let entry = self.history.done.pop_back();
                self.history.undone.push(entry.ok_or("there is nothing to undo")?);
            }
            RecordKind::Redo => {
                let mut entry = self.history.undone.pop().ok_or("there is nothing to redo")?;
                entry.steps = vec![Step {
                    revision: record.revision,
                    commands: entry.steps.iter().flat_map(|s| &s.commands).cloned().collect(),
                    inverse: entry.steps.iter().rev().flat_map(|s| &s.inverse).cloned().collect(),
                }];
                self.history.push_entry(entry);
            }
        }
        Ok(())
    }

    /// The shortest journal that gives the history back beside the session as it is now.
    pub fn journal(&self) -> Vec<JournalRecord> {
        let done = self.history.done.iter();
        let undone = self.history.undone.iter().rev();
        let mut records: Vec<JournalRecord> =
            done.chain(undone).flat_map(|entry| records(entry)).collect();
        for entry in &self.history.undone {
            let (revision, name) = (self.revision, entry.name.clone());
            records.push(JournalRecord { revision, name, kind: RecordKind::Undo });
        }
        records
    }

    fn expect(&self, expected: Option<u64>) -> Result<(), EditError> {
        match expected {
            Some(expected) if expected != self.revision => {
                Err(EditError::Revision { expected, actual: self.revision })
            }
            _ => Ok(()),
        }
    }

    fn no_group(&self) -> Result<(), EditError> {
        self.group.as_ref().map_or(Ok(()), |group| Err(EditError::GroupOpen(group.name.clone())))
    }

    fn record(&mut self, name: &str, applied: Vec<Applied>) -> Outcome {
        self.revision += 1;
        let (touched, created) = reached(&applied);
        let done = step(self.revision, applied);
        let joined = self.group.as_ref().is_some_and(|group| group.started);
        let name = match &mut self.group {
            Some(group) => {
                group.started = true;
                group.name.clone()
            }
            None => name.to_owned(),
        };
        let (commands, inverse) = (done.commands.clone(), done.inverse.clone());
        self.history.push(&name, done, joined);
        self.outcome(name, touched, created, RecordKind::Do { commands, inverse, joined })
    }

    fn outcome(
        &self,
        name: String,
        touched: Vec<String>,
        created: Vec<String>,
        kind: RecordKind,
    ) -> Outcome {
        let revision = self.revision;
        Outcome { revision, touched, created, record: JournalRecord { revision, name, kind } }
    }
}

/// The records that make `entry` again.
fn records(entry: &Entry) -> impl Iterator<Item = JournalRecord> + '_ {
    entry.steps.iter().enumerate().map(|(index, step)| JournalRecord {
        revision: step.revision,
        name: entry.name.clone(),
        kind: RecordKind::Do {
            commands: step.commands.clone(),
            inverse: step.inverse.clone(),
            joined: index > 0,
        },
    })
}

/// Applies all of `commands` or none.
fn apply_all(session: &mut Session, commands: &[Command]) -> Result<Vec<Applied>, EditError> {
    if commands.is_empty() {
        return Err(EditError::Empty);
    }
    let mut done: Vec<Applied> = Vec::with_capacity(commands.len());
    for (index, command) in commands.iter().enumerate() {
        match apply(session, command) {
            Ok(applied) => done.push(applied),
            Err(error) => {
                for applied in done.iter().rev() {
                    revert(session, &applied.inverse)?;
                }
                return Err(EditError::Batch { index, op: command.name(), error });
            }
        }
    }
    Ok(done)
}

/// Paths touched, sorted, and paths made, of several commands.
fn reached(applied: &[Applied]) -> (Vec<String>, Vec<String>) {
    let mut touched: Vec<String> = applied.iter().flat_map(|a| &a.touched).cloned().collect();
    touched.sort_unstable();
    touched.dedup();
    (touched, applied.iter().flat_map(|a| &a.created).cloned().collect())
}

/// One step of several commands, whose inverses are applied last first.
fn step(revision: u64, applied: Vec<Applied>) -> Step {
    let inverse = applied.iter().rev().flat_map(|a| &a.inverse).cloned().collect();
    let commands = applied.into_iter().map(|a| a.command).collect();
    Step { revision, commands, inverse }
}
