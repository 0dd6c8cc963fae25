//! Editing a session on disk: every command is in the journal before it is in the document.
//!
//! An edit is carried out in memory, added to the journal and synced, and then the document is
//! replaced. Killed at any instant, at most the edit under way is lost: before the journal is
//! synced it has not happened, afterwards the next opening completes it.
//!
//! A journal over [`JOURNAL_LIMIT_BYTES`] is written anew with the newest entries of the history
//! that fit into half of that; with the core's limit on entries, that bounds the undo history.

use wavemill_core::command::{
    Batch, Command, EditError, Editor, HistoryEntry, JournalRecord, Outcome, Preview, RecordKind,
};
use wavemill_core::session::Session;
use wavemill_core::session::limits::MAX_SESSION_BYTES;

use super::journal::{self, Journal, Position, ReadError};
use super::lock::Lock;
use super::reconcile::{Canonical, Fit, reconcile};
use super::{ApplyError, BeginError, FolderError, SessionFolder};
use crate::audio::WriteError;
use crate::files;

/// The longest a journal gets before it is written anew, in bytes: 64 MiB, and one edit.
pub const JOURNAL_LIMIT_BYTES: u64 = 64 << 20;

/// A session open for editing; no other process can open it so until this is dropped.
#[derive(Debug)]
pub struct SessionEditor {
    folder: SessionFolder,
    editor: Editor,
    journal: Journal,
    warnings: Vec<String>,
    group_open: bool,
    journal_limit: u64,
    _lock: Lock,
}

impl SessionFolder {
    /// Opens the session for editing.
    ///
    /// An edit that a crash interrupted is completed; what was set aside is in
    /// [`SessionEditor::warnings`].
    pub fn edit(&self) -> Result<SessionEditor, BeginError> {
        self.edit_within(JOURNAL_LIMIT_BYTES)
    }

    pub(super) fn edit_within(&self, journal_limit: u64) -> Result<SessionEditor, BeginError> {
        // Looked at before anything is made beside it.
        self.load()?;
        let lock = Lock::take(self)?;
        self.remove_leftovers();
        let session = self.load()?;
        let canonical = self.canonical(&session)?;
        let mut warnings = Vec::new();
        let (editor, journal) = open_journal(self, session, canonical, &mut warnings)?;
        let folder = self.clone();
        let mut editor = SessionEditor {
            folder,
            editor,
            journal,
            warnings,
            group_open: false,
            journal_limit,
            _lock: lock,
        };
        editor.shorten_journal();
        Ok(editor)
    }
}

/// The editor and journal of `session` as it was read from the document of `folder`.
fn open_journal(
    folder: &SessionFolder,
    session: Session,
    canonical: Canonical,
    warnings: &mut Vec<String>,
) -> Result<(Editor, Journal), BeginError> {
    let contents = match journal::read(folder) {
        Ok(Some(contents)) => contents,
        Ok(None) => return begin_journal(folder, Editor::new(session, 0), canonical.sha256),
        Err(ReadError::Io(error)) => {
            return Err(FolderError::io(&folder.journal_path(), &error).into());
        }
        Err(ReadError::Damaged(what)) => {
            set_aside(folder, &format!("the journal {what}"), warnings)?;
            return begin_journal(folder, Editor::new(session, 0), canonical.sha256);
        }
    };
    let (editor, fit) = reconcile(session, &canonical.sha256, &contents);
    if let Fit::Not(reason) = &fit {
        set_aside(folder, reason, warnings)?;
        return begin_journal(folder, editor, canonical.sha256);
    }
    if contents.torn {
        warnings.push(
            "the journal's last line was cut short by a crash, and was removed: an edit that was \
             being written down then has not taken place"
                .to_owned(),
        );
    }
    let mut journal = Journal::open(folder, contents.good_bytes)?;
    if fit == Fit::Replayed {
        let replayed = folder.canonical(editor.session())?;
        folder.replace_document(&replayed.json)?;
        note_saved(folder, &mut journal, editor.revision());
        warnings.push(format!(
            "an edit that a crash interrupted was completed: the session is at revision {}",
            editor.revision()
        ));
    }
    Ok((editor, journal))
}

fn begin_journal(
    folder: &SessionFolder,
    editor: Editor,
    session_sha256: String,
) -> Result<(Editor, Journal), BeginError> {
    let at = Position { revision: editor.revision(), session_sha256 };
    let journal = Journal::begin(folder, at, Vec::new())?;
    Ok((editor, journal))
}

fn set_aside(
    folder: &SessionFolder,
    reason: &str,
    warnings: &mut Vec<String>,
) -> Result<(), WriteError> {
    if let Some(aside) = journal::set_aside(folder)? {
        warnings.push(format!(
            "{reason}: its history was set aside as '{}' and a new one begun",
            aside.display()
        ));
    }
    Ok(())
}

/// Notes in the journal that the document has `revision`, if that is certain to last.
fn note_saved(folder: &SessionFolder, journal: &mut Journal, revision: u64) {
    if files::sync_folder(folder.root()).is_ok() {
        // Without it the next opening finds the same out from the document.
        let _ = journal.add_saved(revision);
    }
}

impl SessionEditor {
    /// The folder.
    pub const fn folder(&self) -> &SessionFolder {
        &self.folder
    }

    /// The session as it is.
    pub const fn session(&self) -> &Session {
        self.editor.session()
    }

    /// Its revision.
    pub const fn revision(&self) -> u64 {
        self.editor.revision()
    }

    /// The history, oldest entry first; entries that were undone come last.
    pub fn history(&self) -> Vec<HistoryEntry> {
        self.editor.history()
    }

    /// What opening it found and put right, in sentences.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// What [`Self::execute_batch`] would do; nothing is changed.
    pub fn dry_run(&self, batch: &Batch) -> Result<Preview, EditError> {
        self.editor.dry_run(batch)
    }

    /// Applies one command; refused where `expected_revision` is given and is not the revision.
    pub fn execute(
        &mut self,
        command: &Command,
        expected_revision: Option<u64>,
    ) -> Result<Outcome, ApplyError> {
        self.commit(|editor| editor.execute(command, expected_revision))
    }

    /// Applies a batch: all of its commands or none.
    pub fn execute_batch(&mut self, batch: &Batch) -> Result<Outcome, ApplyError> {
        self.commit(|editor| editor.execute_batch(batch))
    }

    /// Undoes the newest entry of the history.
    pub fn undo(&mut self, expected_revision: Option<u64>) -> Result<Outcome, ApplyError> {
        self.commit(|editor| editor.undo(expected_revision))
    }

    /// Redoes what was undone last.
    pub fn redo(&mut self, expected_revision: Option<u64>) -> Result<Outcome, ApplyError> {
        self.commit(|editor| editor.redo(expected_revision))
    }

    /// Begins a group: what follows until [`Self::end_group`] is undone as one. Each edit in it
    /// is on disk at once all the same.
    pub fn begin_group(&mut self, name: impl Into<String>) -> Result<(), EditError> {
        self.editor.begin_group(name)?;
        self.group_open = true;
        Ok(())
    }

    /// Ends the open group.
    pub fn end_group(&mut self) -> Result<(), EditError> {
        self.editor.end_group()?;
        self.group_open = false;
        Ok(())
    }

    /// Carries out an edit, in memory and on disk or in neither.
    fn commit(
        &mut self,
        act: impl FnOnce(&mut Editor) -> Result<Outcome, EditError>,
    ) -> Result<Outcome, ApplyError> {
        let before = self.editor.clone();
        let outcome = act(&mut self.editor)?;
        if let Err(error) = self.save(&outcome.record) {
            self.editor = before;
            return Err(error);
        }
        self.shorten_journal();
        Ok(outcome)
    }

    fn save(&mut self, record: &JournalRecord) -> Result<(), ApplyError> {
        let Canonical { json, sha256 } = Canonical::of(self.editor.session())?;
        let bytes = json.len() as u64;
        if bytes > MAX_SESSION_BYTES {
            return Err(ApplyError::TooLarge { bytes });
        }
        let length = self.journal.length();
        self.journal.add_edit(record, &sha256)?;
        if let Err(error) = self.folder.replace_document(&json) {
            self.journal.take_back(length);
            return Err(error.into());
        }
        note_saved(&self.folder, &mut self.journal, record.revision);
        Ok(())
    }

    /// Writes a journal that has grown too long anew. A failure leaves it long, and is met again
    /// after the next edit.
    fn shorten_journal(&mut self) {
        // A group's later parts are joined to its first, which has to stay.
        if self.journal.length() <= self.journal_limit || self.group_open {
            return;
        }
        let all = self.editor.journal();
        let kept = newest(&all, self.journal_limit / 2);
        let Ok(Canonical { sha256, .. }) = Canonical::of(self.session()) else { return };
        let mut editor = Editor::new(self.session().clone(), self.revision());
        if kept.iter().any(|record| editor.replay(record).is_err()) {
            return;
        }
        let at = Position { revision: self.revision(), session_sha256: sha256 };
        if let Ok(journal) = Journal::begin(&self.folder, at, kept.to_vec()) {
            self.journal = journal;
            self.editor = editor;
        }
    }
}

/// The newest of `records` (as [`Editor::journal`] gives them) that take at most `bytes`: whole
/// entries, and none where even those that were undone take more.
fn newest(records: &[JournalRecord], bytes: u64) -> &[JournalRecord] {
    let undone = records.iter().filter(|r| matches!(r.kind, RecordKind::Undo)).count();
    let mut start = records.len();
    let (mut size, mut entries) = (0_u64, 0_usize);
    let mut entries_kept = 0;
    for (index, record) in records.iter().enumerate().rev() {
        size = size.saturating_add(journal::size_of(record));
        if size > bytes {
            break;
        }
        if matches!(record.kind, RecordKind::Do { joined: false, .. }) {
            entries += 1;
            (start, entries_kept) = (index, entries);
        }
    }
    if entries_kept < undone { &[] } else { &records[start..] }
}

#[cfg(test)]
mod tests;
