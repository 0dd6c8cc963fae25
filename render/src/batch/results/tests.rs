//! Results files as they are opened, torn, claimed and told apart from what others made.

use super::super::{JobStatus, MadeFile, Manifest, Places, jobs};
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
        let standing = standing(results, job);
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
