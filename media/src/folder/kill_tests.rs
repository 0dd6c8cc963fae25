//! kill -9 at random instants: at most the command under way is lost.
//!
//! The process killed is this test binary, run again with a variable that turns
//! [`the_process_to_be_killed`] into a loop of edits.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use super::SessionFolder;
use super::fault_tests::{rename, session};

const FOLDER_VARIABLE: &str = "WAVEMILL_TEST_EDIT_UNTIL_KILLED";
/// Kills in the gate; set the variable for more.
const KILLS: u64 = 20;
const KILLS_VARIABLE: &str = "WAVEMILL_TEST_KILLS";
const SEED_VARIABLE: &str = "WAVEMILL_TEST_SEED";

/// A journal this long is written anew every few edits.
const JOURNAL_LIMIT: u64 = 6_000;

/// The number in the name of a session.
fn number(name: &str) -> u64 {
    name.strip_prefix("edit ").unwrap().parse().unwrap()
}

#[test]
fn the_process_to_be_killed() {
    let Ok(path) = std::env::var(FOLDER_VARIABLE) else { return };
    let folder = SessionFolder::open(Path::new(&path)).unwrap();
    let mut editor = folder.edit_within(JOURNAL_LIMIT).unwrap();
    let mut out = std::io::stdout();
    for next in number(&editor.session().name) + 1.. {
        editor.execute(&rename(&format!("edit {next}")), None).unwrap();
        writeln!(out, "\ndone {next}").unwrap();
        out.flush().unwrap();
    }
}

/// Runs the editing process on `folder`, kills it `after` that many edits and that long; returns
/// the last edit it said was done, `before` if none.
fn run_and_kill(folder: &Path, before: u64, after: usize, pause: Duration) -> u64 {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "folder::kill_tests::the_process_to_be_killed", "--nocapture"])
        .env(FOLDER_VARIABLE, folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let done = |line: String| line.strip_prefix("done ").map(|n| n.parse::<u64>().unwrap());
    let mut last = before;
    for edit in lines.by_ref().filter_map(done).take(after) {
        last = edit;
    }
    std::thread::sleep(pause);
    child.kill().unwrap();
    child.wait().unwrap();
    // What it said before it was gone counts too.
    lines.filter_map(done).last().unwrap_or(last)
}

fn variable(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

#[test]
fn a_kill_loses_at_most_the_command_under_way() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let mut random = variable(SEED_VARIABLE).unwrap_or(u64::from(now.subsec_nanos()) | 1);
    println!("{SEED_VARIABLE}={random}");
    let root = tempfile::tempdir().unwrap();
    let folder = SessionFolder::create(root.path(), &session("edit 0"), false).unwrap();
    let mut before = 0;
    for kill in 0..variable(KILLS_VARIABLE).unwrap_or(KILLS) {
        // A xorshift generator: the seed gives the same instants again, as far as they can be.
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let (after, pause) = (1 + random % 8, Duration::from_micros((random >> 32) % 4_000));
        let done = run_and_kill(root.path(), before, usize::try_from(after).unwrap(), pause);
        assert!(done > before, "the process did nothing");
        let document = number(&folder.load().unwrap().name);
        let mut editor = folder.edit_within(JOURNAL_LIMIT).unwrap();
        let found = number(&editor.session().name);
        assert!((done..=done + 1).contains(&found), "kill {kill}: {done} done, {found} found");
        assert!((document..=document + 1).contains(&found), "kill {kill}");
        // The history is whole: it leads back to where it leads on from.
        editor.undo(None).unwrap();
        assert_eq!(number(&editor.session().name), found - 1, "kill {kill}");
        editor.redo(None).unwrap();
        before = found;
    }
}
