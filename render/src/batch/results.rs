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

use serde::{Deserialize, Serialize};
use wavemill_core::job::CancelToken;
use wavemill_media::audio::WriteError;

use super::claims::Claims;
use super::jobs::Job;
use super::standing::{Digests, Known, Look, Standing};

/// Longest results file read, in bytes.
const MAX_RESULTS_BYTES: u64 = 4 << 30;

/// How every line begins.
const LINE_START: &[u8] = b"{\"job\":";

/// What became of a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// It was rendered, wholly or from what the store had of it.
    Rendered,
    /// The store had the finished file.
    Served,
    /// Another job of the batch gives the same: its file was copied.
    Copied,
    /// It gave no file.
    Failed,
}

/// One line of the results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobRecord {
    /// The job's number in the batch, from 1.
    pub job: usize,
    /// Its file's name as the manifest's pattern gives it.
    pub name: String,
    /// The session, as the manifest says it.
    pub session: String,
    /// The variant, where it is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// What became of it.
    pub status: JobStatus,
    /// Names what was rendered and exported, and how; hexadecimal. Where it is the same, so is the
    /// file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
    /// What it gave.
    #[serde(flatten)]
    pub made: Option<Made>,
    /// Seconds it took.
    pub wall_seconds: f64,
    /// Processor seconds it took.
    pub cpu_seconds: f64,
    /// Why it gave no file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What a job gave.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// The path of the file; where there are several, that after which they are called.
    pub output: String,
    /// The files, which lie in one folder.
    pub files: Vec<MadeFile>,
    /// Frames in each.
    pub frames: u64,
    /// Channels in each.
    pub channels: u16,
    /// Rate in hertz.
    pub sample_rate: u32,
    /// Length in seconds.
    pub seconds: f64,
    /// SHA-256 of the master's output, hexadecimal; see `wavemill bounce`.
    pub mix_sha256: String,
    /// Integrated loudness in LUFS; absent where it was not measured, or is below the gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integrated_lufs: Option<f64>,
    /// True peak in dBTP; absent where it was not measured, or all is silent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub true_peak_dbtp: Option<f64>,
    /// What the listener should know of.
    pub warnings: Vec<String>,
}

/// A file that a job wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeFile {
    /// Its name in its folder.
    pub file: String,
    /// Its length.
    pub bytes: u64,
    /// SHA-256 of its interleaved samples, hexadecimal.
    pub pcm_sha256: String,
    /// BLAKE3 of the whole file, hexadecimal, by which it is known again.
    pub blake3: String,
    /// Time of its last change as it was made, in nanoseconds since 1970: while length and time are
    /// these, the file is not read to be known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modified_ns: Option<i64>,
}

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
mod tests {
    use super::super::{Manifest, Places, jobs};
    use super::*;

    fn record(name: &str, digest: &str, bytes: u64) -> JobRecord {
        let file = MadeFile {
            file: name.to_owned(),
            bytes,
            pcm_sha256: String::new(),
            blake3: blake3::hash(b"12345").to_hex().to_string(),
            modified_ns: None,
        };
        let made = Made { files: vec![file], integrated_lufs: Some(-14.5), ..Made::default() };
        JobRecord {
            job: 1,
            name: name.to_owned(),
            session: "song".to_owned(),
            variant: None,
            status: JobStatus::Rendered,
            digest: Some(digest.to_owned()),
            made: Some(made),
            wall_seconds: 0.25,
            cpu_seconds: 0.5,
            error: None,
        }
    }

    fn job(folder: &Path, name: &str) -> Job {
        let text = format!(r#"{{"session": "song", "output": "{name}"}}"#);
        let places = Places { sessions: folder, outputs: folder };
        jobs(Manifest::parse(&text).unwrap(), places).unwrap().remove(0)
    }

    #[test]
    fn what_was_appended_is_read_again_and_the_last_of_a_name_counts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.jsonl");
        std::fs::write(folder.path().join("a.wav"), "12345").unwrap();
        let mut results = Results::open(&path).unwrap();
        let mut failed = record("a.wav", "d", 5);
        failed.made = None;
        for record in [&failed, &record("a.wav", "old", 5), &record("a.wav", "d", 5)] {
            results.append(record).unwrap();
        }
        drop(results);
        let results = Results::open(&path).unwrap();
        let job = job(folder.path(), "a.wav");
        let known = results.known(&job);
        assert_eq!(known.made, record("a.wav", "d", 5).made);
        assert_eq!(known.digest.as_deref(), Some("d"));
        assert_eq!(standing(&results, &job), Standing::AsMade);
        std::fs::write(folder.path().join("a.wav"), "1234").unwrap();
        assert_eq!(standing(&results, &job), Standing::Foreign(job.output));
    }

    #[test]
    fn a_torn_last_line_is_cut_off_wherever_it_was_torn() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.jsonl");
        let mut results = Results::open(&path).unwrap();
        for name in ["a.wav", "b.wav"] {
            results.append(&record(name, "d", 5)).unwrap();
        }
        drop(results);
        let bytes = std::fs::read(&path).unwrap();
        let first = bytes.iter().position(|byte| *byte == b'\n').unwrap() + 1;
        for end in 0..bytes.len() {
            std::fs::write(&path, &bytes[..end]).unwrap();
            let mut results = Results::open(&path).unwrap();
            assert_eq!(results.records.len(), usize::from(end >= first), "{end}");
            let torn = results.torn.as_deref();
            assert!(torn.is_none() || torn == Some(if end < first { "a.wav" } else { "b.wav" }));
            let begin = if end < first { 0 } else { first };
            assert_eq!(torn.is_some(), end - begin >= "{'job':1,'name':'a.wav'".len(), "{end}");
            results.append(&record("c.wav", "d", 5)).unwrap();
            drop(results);
            assert_eq!(Results::open(&path).unwrap().records.len(), 1 + usize::from(end >= first));
        }
    }

    #[test]
    fn other_files_are_refused_and_left_as_they_are() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notes.txt");
        for (text, line) in [("hello", "line 1"), ("a\nb\n", "line 1"), ("{}\n", "line 1")] {
            std::fs::write(&path, text).unwrap();
            let message = Results::open(&path).err().unwrap().to_string();
            assert!(message.contains(line) && message.contains("--results"), "{message}");
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
    }

    #[test]
    fn two_batches_do_not_write_one_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.jsonl");
        let first = Results::open(&path).unwrap();
        assert!(matches!(Results::open(&path).err(), Some(ResultsError::InUse { .. })));
        drop(first);
        Results::open(&path).unwrap();
    }

    fn standing(results: &Results, job: &Job) -> Standing {
        let digests = results.digests();
        let cancel = &CancelToken::default();
        results.known(job).standing(Look { verify: false, digests: &digests, cancel })
    }

    #[test]
    fn a_failure_takes_no_file_away_and_is_no_result() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.jsonl");
        let job = job(folder.path(), "a.wav");
        std::fs::write(&job.output, "12345").unwrap();
        let mut results = Results::open(&path).unwrap();
        results.append(&record("a.wav", "d", 5)).unwrap();
        results.append(&JobRecord { made: None, ..record("a.wav", "d", 5) }).unwrap();
        drop(results);
        let results = Results::look_at(&path).unwrap();
        assert!(results.is_own(&job, false) && results.is_own(&job, true));
        assert_eq!(results.known(&job).digest, None);
        assert!(results.names_of("d").is_empty());
    }

    #[test]
    fn files_are_told_by_length_and_time_or_by_content() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.jsonl");
        let job = job(folder.path(), "a.wav");
        std::fs::write(&job.output, "12345").unwrap();
        let found = std::fs::metadata(&job.output).unwrap();
        let mut line = record("a.wav", "d", 5);
        let modified = wavemill_media::audio::FileStamp::of(&found).mtime_ns;
        line.made.as_mut().unwrap().files[0].modified_ns = Some(modified);
        Results::open(&path).unwrap().append(&line).unwrap();
        let own = |verify| Results::look_at(&path).unwrap().is_own(&job, verify);
        let write = |text: &str, at: std::time::SystemTime| {
            std::fs::write(&job.output, text).unwrap();
            let file = File::options().write(true).open(&job.output).unwrap();
            file.set_modified(at).unwrap();
        };
        let made = found.modified().unwrap();
        let later = made + std::time::Duration::from_secs(1);
        for (text, at, by_stamp, by_content) in [
            ("12345", made, true, true),
            ("12345", later, true, true),
            ("1234", made, false, false),
            ("12346", later, false, false),
            // Only reading it tells.
            ("12346", made, true, false),
        ] {
            write(text, at);
            assert_eq!((own(false), own(true)), (by_stamp, by_content), "{text} {at:?}");
        }
    }

    #[test]
    fn files_are_own_by_record_or_by_claim() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.jsonl");
        let [a, b] = ["a.wav", "b.wav"].map(|name| job(folder.path(), name));
        let mut results = Results::open(&path).unwrap();
        assert!(results.is_own(&a, false), "nothing is there");
        std::fs::write(&a.output, "12345").unwrap();
        assert!(!results.is_own(&a, false));
        results.append(&record("a.wav", "d", 5)).unwrap();
        drop(results);
        let mut results = Results::open(&path).unwrap();
        assert!(results.is_own(&a, false));
        std::fs::write(&a.output, "somebody's").unwrap();
        begin(&mut results, &[&a, &b]);
        std::fs::write(&b.output, "12345").unwrap();
        drop(results);
        let results = Results::open(&path).unwrap();
        assert!(!results.is_own(&a, false) && results.is_own(&b, true));
    }

    /// Begins `jobs`.
    fn begin(results: &mut Results, jobs: &[&Job]) {
        let all: Vec<Job> = jobs.iter().map(|job| (*job).clone()).collect();
        results.start(&all).unwrap();
        for job in jobs {
            let (digests, cancel) = (Digests::default(), CancelToken::default());
            let look = Look { verify: false, digests: &digests, cancel: &cancel };
            let standing = results.known(job).standing(look);
            results.claim(job, &standing).unwrap();
        }
    }

    /// Ends as a run of other jobs does, which fails or has nothing to do.
    fn fail_once(path: &Path, jobs: &[&Job]) {
        let mut results = Results::open(path).unwrap();
        begin(&mut results, jobs);
        results.release();
    }

    #[test]
    fn a_claim_stays_until_its_file_has_a_line_or_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.jsonl");
        let claim = folder.path().join(".r.jsonl.claim");
        let [a, b, c] = ["a.wav", "b.wav", "c.wav"].map(|name| job(folder.path(), name));
        // Killed after two files of three were made, and before their lines were written.
        let mut killed = Results::open(&path).unwrap();
        begin(&mut killed, &[&a, &b, &c]);
        drop(killed);
        for job in [&a, &b] {
            std::fs::write(&job.output, "12345").unwrap();
        }
        // A run of the same jobs that fails, one of others, and one that is killed.
        fail_once(&path, &[&a, &b, &c]);
        fail_once(&path, &[&c]);
        begin(&mut Results::open(&path).unwrap(), &[&c]);
        // What was claimed, and never made, is nobody's.
        fail_once(&path, &[&c]);
        std::fs::write(&c.output, "somebody's").unwrap();
        let results = Results::look_at(&path).unwrap();
        assert!(results.is_own(&a, true) && results.is_own(&b, true) && !results.is_own(&c, true));
        // One gets its line, one goes.
        let mut results = Results::open(&path).unwrap();
        results.append(&record("a.wav", "d", 5)).unwrap();
        results.settle(&a);
        results.release();
        drop(results);
        std::fs::write(&a.output, "somebody's").unwrap();
        let results = Results::look_at(&path).unwrap();
        assert!(!results.is_own(&a, true) && results.is_own(&b, true) && claim.exists());
        std::fs::remove_file(&b.output).unwrap();
        fail_once(&path, &[]);
        std::fs::write(&b.output, "somebody's").unwrap();
        assert!(!Results::look_at(&path).unwrap().is_own(&b, true) && !claim.exists());
    }

    /// A job that a killed run never came to has claimed nothing, nor has one that was to replace
    /// what is somebody else's.
    #[test]
    fn what_had_not_begun_is_not_claimed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.jsonl");
        let [a, b, c] = ["a.wav", "b.wav", "c.wav"].map(|name| job(folder.path(), name));
        std::fs::write(&b.output, "somebody's").unwrap();
        let mut killed = Results::open(&path).unwrap();
        begin(&mut killed, &[&a, &b]);
        drop(killed);
        for job in [&a, &c] {
            std::fs::write(&job.output, "12345").unwrap();
        }
        let results = Results::look_at(&path).unwrap();
        let own = [&a, &b, &c].map(|job| results.is_own(job, false));
        assert_eq!(own, [true, false, false]);
        // A line that was torn is of a job that had not begun.
        let claim = folder.path().join(".r.jsonl.claim");
        let bytes = std::fs::read(&claim).unwrap();
        std::fs::write(&claim, &bytes[..bytes.len() - 3]).unwrap();
        assert!(!Results::look_at(&path).unwrap().is_own(&a, false));
    }

    /// Its name is known as long as the torn line is there, which the next run cuts off.
    #[test]
    fn a_torn_line_is_a_claim() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("r.jsonl");
        let a = job(folder.path(), "a.wav");
        std::fs::write(&a.output, "12345").unwrap();
        Results::open(&path).unwrap().append(&record("a.wav", "d", 5)).unwrap();
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 20]).unwrap();
        fail_once(&path, &[&a]);
        assert_eq!(std::fs::read(&path).unwrap(), b"");
        assert!(Results::look_at(&path).unwrap().is_own(&a, true));
    }
}
