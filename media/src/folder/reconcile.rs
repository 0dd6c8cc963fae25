//! Bringing a document and its journal together: what the session is, and what its history.
//!
//! The document is the truth. It fits its journal where it is the one after the last edit, or
//! the one before it and the journal does not say that the document was replaced since: then the
//! process was gone between the two, and the edit is carried out. Any other document was
//! changed by other means, and the journal's history is not its own.

use wavemill_core::command::{Batch, EditError, Editor, HistoryEntry, Preview};
use wavemill_core::session::Session;

use super::journal::{self, Contents, Position, ReadError};
use super::{FolderError, SessionFolder};
use crate::files::sha256_hex;

/// How often the two are read until they fit while another process edits.
const TRIES: u32 = 3;

/// A session's revision and history, as read without editing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionHistory {
    /// The revision.
    pub revision: u64,
    /// What can be undone, oldest first, and then what can be redone.
    pub entries: Vec<HistoryEntry>,
    /// Why there is no history, where the journal does not fit the document.
    pub warning: Option<String>,
}

/// How a journal fits its document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Fit {
    /// The document is the one after the last edit.
    Same,
    /// The last edit was not in the document yet, and is in the editor.
    Replayed,
    /// Not at all: why, as a sentence without its end.
    Not(String),
}

/// The canonical bytes of a document's session and their SHA-256.
pub(super) struct Canonical {
    pub json: Vec<u8>,
    pub sha256: String,
}

impl Canonical {
    pub(super) fn of(
        session: &Session,
    ) -> Result<Self, wavemill_core::session::CanonicalJsonError> {
        let json = session.to_canonical_json()?;
        let sha256 = sha256_hex(&json);
        Ok(Self { json, sha256 })
    }
}

/// The editor of `session`, whose canonical SHA-256 is `sha256`, with the history in `contents`.
pub(super) fn reconcile(session: Session, sha256: &str, contents: &Contents) -> (Editor, Fit) {
    match fit(&session, sha256, contents) {
        Ok(fitting) => fitting,
        Err(reason) => {
            // A revision nobody has seen: whoever expects an older one is told.
            let revision = contents.last_revision() + 1;
            (Editor::new(session, revision), Fit::Not(reason))
        }
    }
}

fn fit(session: &Session, sha256: &str, contents: &Contents) -> Result<(Editor, Fit), String> {
    let Position { revision, session_sha256 } = &contents.begin;
    let mut positions = vec![(*revision, session_sha256.as_str())];
    positions.extend(contents.edits.iter().map(|(r, sha256)| (r.revision, sha256.as_str())));
    let changed = || "session.json was changed by other means than wavemill".to_owned();
    let (last, last_sha256) = positions.pop().ok_or_else(changed)?;
    let (revision, fit) = if last_sha256 == sha256 {
        (last, Fit::Same)
    } else {
        match positions.pop() {
            Some((before, before_sha256)) if before_sha256 == sha256 && !contents.saved => {
                (before, Fit::Replayed)
            }
            _ => return Err(changed()),
        }
    };
    let mut editor = Editor::new(session.clone(), revision);
    let edits = contents.edits.iter().map(|(record, _)| record);
    for record in contents.past.iter().chain(edits) {
        editor.replay(record).map_err(|error| error.to_string())?;
    }
    if fit == Fit::Replayed {
        let replayed = Canonical::of(editor.session()).map_err(|error| error.to_string())?;
        if replayed.sha256 != last_sha256 {
            return Err("the journal's last edit gives another session than it gave".to_owned());
        }
    }
    Ok((editor, fit))
}

/// A session as it is, read without a lock and without writing anything.
#[derive(Debug)]
pub struct SessionView {
    editor: Editor,
    warning: Option<String>,
}

impl SessionView {
    /// What [`SessionEditor::execute_batch`](super::SessionEditor::execute_batch) would do.
    ///
    /// # Errors
    /// Where it would refuse.
    pub fn dry_run(&self, batch: &Batch) -> Result<Preview, EditError> {
        self.editor.dry_run(batch)
    }

    /// Why there is no history, where the journal does not fit the document.
    pub fn warning(&self) -> Option<&String> {
        self.warning.as_ref()
    }
}

impl SessionFolder {
    /// The session's revision and history, read without a lock.
    ///
    /// # Errors
    /// Where the document or the journal cannot be read.
    pub fn history(&self) -> Result<SessionHistory, FolderError> {
        let SessionView { editor, warning } = self.view()?;
        let (revision, entries) = (editor.revision(), editor.history());
        Ok(SessionHistory { revision, entries, warning })
    }

    /// The session as it is, also while another process edits it and where nothing may be written.
    ///
    /// # Errors
    /// Where the document or the journal cannot be read.
    pub fn view(&self) -> Result<SessionView, FolderError> {
        let mut tries = TRIES;
        loop {
            tries -= 1;
            let session = self.load()?;
            let contents = match journal::read(self) {
                Ok(contents) => contents,
                Err(ReadError::Io(error)) => {
                    return Err(FolderError::io(&self.journal_path(), &error));
                }
                Err(ReadError::Damaged(what)) => {
                    let warning = Some(format!("the journal {what}: there is no history"));
                    return Ok(SessionView { editor: Editor::new(session, 0), warning });
                }
            };
            let Some(contents) = contents else {
                return Ok(SessionView { editor: Editor::new(session, 0), warning: None });
            };
            let canonical = self.canonical(&session)?;
            let (editor, fit) = reconcile(session, &canonical.sha256, &contents);
            let warning = match fit {
                // An edit may have come between the two readings.
                Fit::Not(_) if tries > 0 => continue,
                Fit::Not(reason) => Some(format!("{reason}: there is no history")),
                Fit::Same | Fit::Replayed => None,
            };
            return Ok(SessionView { editor, warning });
        }
    }

    /// The canonical form of the session read from this folder's document.
    pub(super) fn canonical(&self, session: &Session) -> Result<Canonical, FolderError> {
        Canonical::of(session).map_err(|error| FolderError::Unwritable {
            path: self.document_path(),
            reason: error.to_string(),
        })
    }
}
