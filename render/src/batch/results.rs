//! The results file: one JSON line for every job that ended, by which a batch that was stopped or
//! killed goes on.
//!
//! A line is appended with one write, so a killed batch leaves at most one torn line at the end,
//! which is cut off when the next one opens the file. A file may be finished and its line not yet
//! written: that is what the claim beside the results is for.

use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use wavemill_core::job::CancelToken;
use wavemill_media::audio::WriteError;

use super::claims::Claims;
use super::job_record::{JobRecord, Made};
use super::jobs::Job;
use super::standing::{Digests, Known, Look, Standing};

/// Longest results file read, in bytes.
const MAX_RESULTS_BYTES: u64 = 4 << 30;

/// How every line begins.
const LINE_START: &[u8] = b"{\"job\":";

/// Why the results cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ResultsError {
    /// The system refused.
    #[error(
        "the results '{}' cannot be {doing} ({reason}): make room or let them be written, or choose \
         others with --results; the same command then goes on",
        path.display()
    )]
    Io {
        /// The file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// The system's words.
        reason: String,
    },
    /// Another batch writes them.
    #[error("the results '{}' are being written by another batch: wait for it, or choose others with --results", path.display())]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The file is something else.
    #[error(
        "line {line} of '{}' is no result of a batch ({what}): choose another file with --results",
        path.display()
    )]
    Foreign {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        what: String,
    },
    /// Far more lines than a batch has.
    #[error(
        "the results '{}' are longer than {MAX_RESULTS_BYTES} bytes: put them away, or choose \
         others with --results", path.display()
    )]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// The claim cannot be written.
    #[error(transparent)]
    Claim(#[from] WriteError),
}

impl ResultsError {
    fn io(path: &Path, doing: &'static str, error: &std::io::Error) -> Self {
        Self::Io { path: path.to_owned(), doing, reason: error.to_string() }
    }
}

/// The results of a batch.
pub struct Results {
    path: PathBuf,
    /// `None` where they are only read.
    file: Option<File>,
    /// Bytes of whole lines.
    length: u64,
    /// Half a line is at its end and cannot be taken back.
    broken: bool,
    /// The last record of every name.
    records: BTreeMap<String, JobRecord>,
    /// What every name gave when it last gave something: a failure after it takes no file away.
    made: BTreeMap<String, Made>,
    /// The names that gave what has a digest.
    names: BTreeMap<String, Vec<String>>,
    claims: Claims,
    digests: Arc<Digests>,
    /// The name in the torn last line: its file was finished.
    torn: Option<String>,
}

impl Results {
    /// Opens the results at `path` to go on with them, alone; they are made where they are missing,
    /// and a torn last line is cut off.
    ///
    /// # Errors
    /// See [`ResultsError`]; a file that is something else is left as it is.
    pub fn open(path: &Path) -> Result<Self, ResultsError> {
        let options =
            || File::options().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = options().map_err(|error| ResultsError::io(path, "opened", &error))?;
        if let Err(TryLockError::WouldBlock) = file.try_lock() {
            return Err(ResultsError::InUse { path: path.to_owned() });
        }
        let found = read(path, &mut file)?;
        let length = found.length;
        let cut = file.set_len(length).and_then(|()| file.seek(SeekFrom::Start(length)));
        cut.map_err(|error| ResultsError::io(path, "written", &error))?;
        Ok(Self::of(path, Some(file), found))
    }

    /// Opens them, which were looked at so far, like [`Self::open`]. What was read of files to know
    /// them is not read again.
    ///
    /// # Errors
    /// See [`ResultsError`].
    pub fn begin(self) -> Result<Self, ResultsError> {
        Ok(Self { digests: self.digests, ..Self::open(&self.path)? })
    }

    /// Reads the results at `path` without changing them; there are none where there is no file.
    ///
    /// # Errors
    /// See [`ResultsError`].
    pub fn look_at(path: &Path) -> Result<Self, ResultsError> {
        let found = match File::open(path) {
            Ok(mut file) => read(path, &mut file)?,
            Err(error) if error.kind() == ErrorKind::NotFound => Found::default(),
            Err(error) => return Err(ResultsError::io(path, "opened", &error)),
        };
        Ok(Self::of(path, None, found))
    }

    fn of(path: &Path, file: Option<File>, found: Found) -> Self {
        let Found { records, made, length, torn } = found;
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for record in records.values().filter(|record| record.made.is_some()) {
            if let Some(digest) = &record.digest {
                names.entry(digest.clone()).or_default().push(record.name.clone());
            }
        }
        Self {
            path: path.to_owned(),
            file,
            length,
            broken: false,
            records,
            made,
            names,
            claims: Claims::read(path),
            digests: Arc::default(),
            torn,
        }
    }

    /// True where all that is at the job's outputs was made by this batch. A file with the length
    /// and time of change in its line counts as that, unless it is to be verified; any other is
    /// read, and told by its digest.
    pub fn is_own(&self, job: &Job, verify: bool) -> bool {
        let look = Look { verify, digests: &self.digests, cancel: &CancelToken::default() };
        let standing = self.known(job).standing(look);
        !matches!(standing, Standing::Foreign(_) | Standing::NotAFile(_))
    }

    /// What is known of a job's files.
    pub(super) fn known(&self, job: &Job) -> Known {
        let torn = self.torn.as_ref() == Some(&job.name);
        let claimed = |path: &PathBuf| torn || self.claims.holds(path);
        let last = self.records.get(&job.name).filter(|record| record.made.is_some());
        Known {
            files: job.paths().into_iter().map(|path| (path.clone(), claimed(&path))).collect(),
            made: self.made.get(&job.name).cloned(),
            digest: last.and_then(|record| record.digest.clone()),
        }
    }

    /// The digests of files that were read.
    pub(super) fn digests(&self) -> Arc<Digests> {
        Arc::clone(&self.digests)
    }

    /// Starts a run of `jobs`.
    ///
    /// # Errors
    /// Where nothing can be put down beside the results.
    pub(super) fn start(&mut self, jobs: &[Job]) -> Result<(), ResultsError> {
        // The torn line is cut off by now.
        for job in jobs.iter().filter(|job| self.torn.as_ref() == Some(&job.name)) {
            self.claims.add(&job.paths());
        }
        Ok(self.claims.start()?)
    }

    /// Puts down that the outputs of `job` are going to be written. What is replaced because the user
    /// asked for it is not claimed: a run that is killed before it comes to that leaves it theirs.
    pub(super) fn claim(&mut self, job: &Job, standing: &Standing) -> Result<(), WriteError> {
        match standing {
            Standing::Foreign(_) | Standing::NotAFile(_) => Ok(()),
            Standing::Free | Standing::Own | Standing::AsMade => self.claims.put_down(&job.paths()),
        }
    }

    /// The files of `job` may lie there, and have no line.
    pub(super) fn keep_claim(&mut self, job: &Job) {
        self.claims.add(&job.paths());
    }

    /// The files of `job` have their line.
    pub(super) fn settle(&mut self, job: &Job) {
        self.claims.settle(&job.paths());
    }

    /// Takes the claim away, but for files that lie there without a line.
    pub(super) fn release(&mut self) {
        self.claims.release();
    }

    /// The names of jobs that gave what has `digest` before this run.
    pub(super) fn names_of(&self, digest: &str) -> &[String] {
        self.names.get(digest).map_or(&[], Vec::as_slice)
    }

    /// Appends a line.
    ///
    /// # Errors
    /// Where it cannot be written; the lines before it stay.
    pub(super) fn append(&mut self, record: &JobRecord) -> Result<(), ResultsError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        if self.broken {
            let error = std::io::Error::other("half of an earlier line could not be taken back");
            return Err(ResultsError::io(&self.path, "written", &error));
        }
        let mut line = serde_json::to_vec(record)
            .map_err(|error| ResultsError::io(&self.path, "written", &error.into()))?;
        line.push(b'\n');
        if let Err(error) = file.write_all(&line).and_then(|()| file.flush()) {
            // Half a line is of no use to anyone. Where it stays nothing may follow it: it is cut
            // off the next time.
            let cut = file.set_len(self.length);
            let cut = cut.and_then(|()| file.seek(SeekFrom::Start(self.length)));
            self.broken = cut.is_err();
            return Err(ResultsError::io(&self.path, "written", &error));
        }
        self.length += line.len() as u64;
        Ok(())
    }
}

/// What a results file holds.
#[derive(Default)]
struct Found {
    /// The last record of every name.
    records: BTreeMap<String, JobRecord>,
    /// What every name last gave.
    made: BTreeMap<String, Made>,
    /// Bytes of whole lines.
    length: u64,
    /// The name in the torn last line, where it came that far.
    torn: Option<String>,
}

fn read(path: &Path, file: &mut File) -> Result<Found, ResultsError> {
    let io = |error| ResultsError::io(path, "read", &error);
    if file.metadata().map_err(io)?.len() > MAX_RESULTS_BYTES {
        return Err(ResultsError::TooLong { path: path.to_owned() });
    }
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes).map_err(io)?;
    let whole = bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    let foreign = |line: usize, what: &str| ResultsError::Foreign {
        path: path.to_owned(),
        line: line + 1,
        what: what.to_owned(),
    };
    let (mut records, mut made) = (BTreeMap::new(), BTreeMap::new());
    let mut lines = 0;
    for line in bytes[..whole].split_inclusive(|byte| *byte == b'\n') {
        let record: JobRecord =
            serde_json::from_slice(line).map_err(|error| foreign(lines, &error.to_string()))?;
        if let Some(gave) = &record.made {
            made.insert(record.name.clone(), gave.clone());
        }
        records.insert(record.name.clone(), record);
        lines += 1;
    }
    let torn = &bytes[whole..];
    if !torn.starts_with(LINE_START) && !LINE_START.starts_with(torn) {
        return Err(foreign(lines, "it does not begin like one"));
    }
    Ok(Found { records, made, length: whole as u64, torn: torn_name(torn) })
}

/// The name in the beginning of a line.
fn torn_name(torn: &[u8]) -> Option<String> {
    // It may end inside a letter.
    let text = String::from_utf8_lossy(torn);
    let (_, from) = text.split_once("\"name\":")?;
    serde_json::Deserializer::from_str(from).into_iter::<String>().next()?.ok()
}

#[cfg(test)]
mod tests;
