//! The journal on disk: one checked line per edit, written and synced before the document is.
//!
//! Each line is a JSON object of two fields: `check`, the first 16 digits of the SHA-256 of the
//! second field's text, and `entry`. A line cut short by a crash can only be the last one, and is
//! cut off when the journal is next opened; a line damaged elsewhere makes the journal unusable.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use wavemill_core::command::JournalRecord;

use super::SessionFolder;
use crate::audio::{PendingFile, WriteError};
use crate::files::{self, sha256_hex};

const FORMAT: &str = "wavemill-journal";
const VERSION: u32 = 1;

/// A journal larger than this, in bytes, is not read.
const MAX_BYTES: u64 = 1 << 30;

const CHECK_DIGITS: usize = 16;
const BEFORE_CHECK: &[u8] = b"{\"check\":\"";
const BEFORE_ENTRY: &[u8] = b"\",\"entry\":";

/// A revision, and the document that has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Position {
    pub revision: u64,
    /// SHA-256 of the document's canonical JSON.
    pub session_sha256: String,
}

/// What a line says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Entry {
    /// The first line: where the document was when this journal was begun.
    Begin { format: String, version: u32, at: Position },
    /// History from before that.
    Past(JournalRecord),
    /// An edit, and the document after it.
    Edit { record: JournalRecord, session_sha256: String },
    /// The document on disk has this revision.
    Saved { revision: u64 },
}

/// What a journal holds.
#[derive(Debug)]
pub(super) struct Contents {
    pub begin: Position,
    pub past: Vec<JournalRecord>,
    pub edits: Vec<(JournalRecord, String)>,
    /// The document was replaced after the last edit; another one is not that of a crash then.
    pub saved: bool,
    /// The last line was cut short; the rest ends at `good_bytes`.
    pub torn: bool,
    pub good_bytes: u64,
}

/// Why a journal gives no contents.
#[derive(Debug)]
pub(super) enum ReadError {
    /// The system refused.
    Io(std::io::Error),
    /// It is not what it should be: in words that follow "the journal".
    Damaged(String),
}

/// The journal, open to be added to.
#[derive(Debug)]
pub(super) struct Journal {
    file: File,
    path: PathBuf,
    /// Bytes of whole lines that count.
    length: u64,
    /// There may be more bytes than that, of a line that does not count.
    excess: bool,
}

impl Journal {
    /// Begins a journal in place of the one there is: the document is at `at`, and `past` gives
    /// its history.
    pub(super) fn begin(
        folder: &SessionFolder,
        at: Position,
        past: Vec<JournalRecord>,
    ) -> Result<Self, WriteError> {
        let path = folder.journal_path();
        let begin = Entry::Begin { format: FORMAT.to_owned(), version: VERSION, at };
        let mut text = line(&path, &begin)?;
        for record in past {
            text.extend(line(&path, &Entry::Past(record))?);
        }
        let mut file = PendingFile::create(&path, true)?;
        file.write(&text)?;
        file.commit()?;
        Self::open(folder, text.len() as u64)
    }

    /// Opens the journal there is, of which the first `length` bytes count.
    pub(super) fn open(folder: &SessionFolder, length: u64) -> Result<Self, WriteError> {
        let path = folder.journal_path();
        let file = File::options().append(true).open(&path);
        let file = file.map_err(|error| WriteError::from_io(&path, &error))?;
        let mut journal = Self { file, path, length, excess: true };
        journal.cut()?;
        Ok(journal)
    }

    /// Its length in bytes.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// Adds an edit and makes it durable. On error the journal is as it was.
    pub(super) fn add_edit(
        &mut self,
        record: &JournalRecord,
        session_sha256: &str,
    ) -> Result<(), WriteError> {
        let session_sha256 = session_sha256.to_owned();
        let entry = Entry::Edit { record: record.clone(), session_sha256 };
        let before = self.length;
        self.add(&entry)?;
        files::sync(&self.file).map_err(|error| {
            self.take_back(before);
            WriteError::from_io(&self.path, &error)
        })
    }

    /// Notes that the document has `revision` now. Not synced, since its loss does no harm.
    pub(super) fn add_saved(&mut self, revision: u64) -> Result<(), WriteError> {
        self.add(&Entry::Saved { revision })
    }

    /// Takes back what was added after the first `length` bytes.
    ///
    /// Where the disk refuses even that, the next line waits until it does; should the process
    /// end before, what was added counts.
    pub(super) fn take_back(&mut self, length: u64) {
        self.length = length;
        self.excess = true;
        let _ = self.cut();
    }

    fn add(&mut self, entry: &Entry) -> Result<(), WriteError> {
        self.cut()?;
        let text = line(&self.path, entry)?;
        if let Err(error) = files::write_all(&mut self.file, &text) {
            self.take_back(self.length);
            return Err(WriteError::from_io(&self.path, &error));
        }
        self.length += text.len() as u64;
        Ok(())
    }

    fn cut(&mut self) -> Result<(), WriteError> {
        if self.excess {
            files::set_length(&self.file, self.length)
                .and_then(|()| files::sync(&self.file))
                .map_err(|error| WriteError::from_io(&self.path, &error))?;
            self.excess = false;
        }
        Ok(())
    }
}

/// How many bytes `record` takes in a journal, about.
pub(super) fn size_of(record: &JournalRecord) -> u64 {
    serde_json::to_vec(record).map_or(0, |text| text.len() as u64)
}

/// Moves the journal of `folder` out of the way, to a name that it returns; none where there is
/// no journal.
pub(super) fn set_aside(folder: &SessionFolder) -> Result<Option<PathBuf>, WriteError> {
    let path = folder.journal_path();
    let number = |n: u32| path.with_file_name(format!("journal-{n}.jsonl"));
    let Some(aside) = (1..u32::MAX).map(number).find(|path| !path.exists()) else {
        return Ok(None);
    };
    match files::rename(&path, &aside) {
        Ok(()) => Ok(Some(aside)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(WriteError::from_io(&path, &error)),
    }
}

/// Reads the journal of `folder`; none where there is none.
pub(super) fn read(folder: &SessionFolder) -> Result<Option<Contents>, ReadError> {
    let file = match File::open(folder.journal_path()) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(ReadError::Io(error)),
    };
    let mut text = Vec::new();
    file.take(MAX_BYTES + 1).read_to_end(&mut text).map_err(ReadError::Io)?;
    if text.len() as u64 > MAX_BYTES {
        return Err(ReadError::Damaged(format!("is larger than {MAX_BYTES} bytes")));
    }
    parse(&text).map(Some).map_err(ReadError::Damaged)
}

fn parse(text: &[u8]) -> Result<Contents, String> {
    let mut lines = text.split_inclusive(|&byte| byte == b'\n');
    let first = lines.next().and_then(entry_of);
    let Some((Entry::Begin { format, version, at }, bytes)) = first else {
        return Err("does not begin as one".to_owned());
    };
    if format != FORMAT || version != VERSION {
        return Err(format!("is of version {version}, and this build reads version {VERSION}"));
    }
    let mut contents = Contents {
        begin: at,
        past: Vec::new(),
        edits: Vec::new(),
        saved: false,
        torn: false,
        good_bytes: bytes,
    };
    let mut number = 1_usize;
    while let Some(line) = lines.next() {
        number += 1;
        let Some((entry, bytes)) = entry_of(line) else {
            if lines.next().is_some() {
                return Err(format!("is damaged at line {number}"));
            }
            contents.torn = true;
            break;
        };
        contents.good_bytes += bytes;
        match entry {
            Entry::Begin { .. } => return Err(format!("begins anew at line {number}")),
            Entry::Past(record) => contents.past.push(record),
            Entry::Edit { record, session_sha256 } => {
                contents.saved = false;
                contents.edits.push((record, session_sha256));
            }
            Entry::Saved { revision } => {
                contents.saved = contents.last_revision() == revision;
            }
        }
    }
    Ok(contents)
}

impl Contents {
    /// The revision after the last edit.
    pub(super) fn last_revision(&self) -> u64 {
        self.edits.last().map_or(self.begin.revision, |(record, _)| record.revision)
    }
}

fn line(path: &Path, entry: &Entry) -> Result<Vec<u8>, WriteError> {
    let entry = serde_json::to_vec(entry)
        .map_err(|error| WriteError::Io { path: path.to_owned(), reason: error.to_string() })?;
    let check = sha256_hex(&entry);
    let check = &check.as_bytes()[..CHECK_DIGITS];
    Ok([BEFORE_CHECK, check, BEFORE_ENTRY, &entry, b"}\n"].concat())
}

/// The entry of a whole, undamaged line, and the line's length.
fn entry_of(line: &[u8]) -> Option<(Entry, u64)> {
    let rest = line.strip_prefix(BEFORE_CHECK)?;
    let (check, rest) = rest.split_at_checked(CHECK_DIGITS)?;
    let entry = rest.strip_prefix(BEFORE_ENTRY)?.strip_suffix(b"}\n")?;
    if sha256_hex(entry).as_bytes()[..CHECK_DIGITS] != *check {
        return None;
    }
    Some((serde_json::from_slice(entry).ok()?, line.len() as u64))
}

#[cfg(test)]
mod tests {
    use super::*;
    use wavemill_core::command::RecordKind;

    fn position() -> Position {
        Position { revision: 7, session_sha256: "aa".to_owned() }
    }

    fn record(revision: u64) -> JournalRecord {
        JournalRecord { revision, name: "undo\n".to_owned(), kind: RecordKind::Undo }
    }

    fn folder() -> (tempfile::TempDir, SessionFolder) {
        let root = tempfile::tempdir().unwrap();
        let folder = SessionFolder::at(root.path().to_owned());
        std::fs::create_dir(folder.private_folder()).unwrap();
        (root, folder)
    }

    fn damaged(folder: &SessionFolder) -> String {
        match read(folder) {
            Err(ReadError::Damaged(what)) => what,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn lines_come_back_in_order() {
        let (_root, folder) = folder();
        assert!(read(&folder).unwrap().is_none());
        let mut journal = Journal::begin(&folder, position(), vec![record(6)]).unwrap();
        journal.add_edit(&record(8), "bb").unwrap();
        journal.add_saved(8).unwrap();
        journal.add_edit(&record(9), "cc").unwrap();
        let contents = read(&folder).unwrap().unwrap();
        assert_eq!((contents.begin.clone(), contents.past.clone()), (position(), vec![record(6)]));
        assert_eq!(contents.edits, [(record(8), "bb".to_owned()), (record(9), "cc".to_owned())]);
        assert!(!contents.saved && !contents.torn);
        assert_eq!(contents.good_bytes, journal.length());
        journal.add_saved(9).unwrap();
        assert!(read(&folder).unwrap().unwrap().saved);
    }

    #[test]
    fn every_cut_of_the_last_line_is_torn_and_nothing_else_is_lost() {
        let (_root, folder) = folder();
        let mut journal = Journal::begin(&folder, position(), Vec::new()).unwrap();
        let before = usize::try_from(journal.length()).unwrap();
        journal.add_edit(&record(8), "bb").unwrap();
        let whole = std::fs::read(folder.journal_path()).unwrap();
        for length in before + 1..whole.len() {
            let contents = parse(&whole[..length]).unwrap();
            assert!(contents.torn && contents.edits.is_empty(), "{length}");
            assert_eq!(contents.good_bytes, before as u64);
        }
        std::fs::write(folder.journal_path(), &whole[..before + 9]).unwrap();
        let mut journal = Journal::open(&folder, before as u64).unwrap();
        journal.add_edit(&record(8), "bb").unwrap();
        assert_eq!(std::fs::read(folder.journal_path()).unwrap(), whole);
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let (_root, folder) = folder();
        let mut journal = Journal::begin(&folder, position(), Vec::new()).unwrap();
        journal.add_edit(&record(8), "bb").unwrap();
        journal.add_edit(&record(9), "cc").unwrap();
        let whole = std::fs::read(folder.journal_path()).unwrap();
        for at in 0..whole.len() {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            match parse(&bytes) {
                Err(what) => assert!(what.contains("line 2") || what.contains("begin"), "{what}"),
                Ok(contents) => assert!(contents.torn && contents.edits.len() < 2, "{at}"),
            }
        }
    }

    #[test]
    fn other_files_are_no_journals() {
        let (_root, folder) = folder();
        for (text, words) in [("", "does not begin"), ("{}\n", "does not begin")] {
            std::fs::write(folder.journal_path(), text).unwrap();
            assert!(damaged(&folder).contains(words));
        }
        let begin = Entry::Begin { format: FORMAT.to_owned(), version: 9, at: position() };
        let text = line(Path::new("x"), &begin).unwrap();
        std::fs::write(folder.journal_path(), text).unwrap();
        assert!(damaged(&folder).contains("version 9"));
    }

    #[test]
    fn journals_set_aside_get_free_names() {
        let (_root, folder) = folder();
        assert_eq!(set_aside(&folder).unwrap(), None);
        for name in ["journal-1.jsonl", "journal-2.jsonl"] {
            Journal::begin(&folder, position(), Vec::new()).unwrap();
            let aside = folder.private_folder().join(name);
            assert_eq!(set_aside(&folder).unwrap(), Some(aside));
        }
        assert!(!folder.journal_path().exists());
    }
}
