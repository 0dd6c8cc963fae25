//! Ctrl-C, SIGTERM and SIGHUP, and what SIGKILL leaves.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Place, command, done, tone_track};

/// Longest that anything here may take; reached only where it would hang.
const PATIENCE: Duration = Duration::from_secs(120);

pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

pub fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// The command, with the signals as an ordinary shell leaves them: the tests may themselves have
/// been started with some ignored, as `nohup` does, which is inherited.
pub fn command_with_default_signals() -> Command {
    let plain = command();
    if !cfg!(target_os = "linux") {
        return plain;
    }
    let mut command = Command::new("env");
    command.args(["--default-signal=INT,TERM,HUP"]).arg(plain.get_program());
    command.stdin(Stdio::null());
    command.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
}

/// A bounce of ten hours to `out.wav`, which exists; it never comes to an end by itself here.
fn begin_bounce(place: &Place, session: &str, more: &[&str]) -> Child {
    std::fs::write(place.path("out.wav"), "mine").unwrap();
    let child = command_with_default_signals()
        .args(["bounce", session, "-o", &place.text("out.wav"), "--to", "10:00:00", "--force"])
        .args(["--json", "--no-measure"])
        .args(more)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until("the bounce to begin", || parts(place).pop());
    child
}

pub fn parts(place: &Place) -> Vec<String> {
    place.files().into_iter().filter(|file| file.ends_with(".part")).collect()
}

fn song(place: &Place) -> String {
    place.session("song", &format!("\"tracks\": [{}]", tone_track("keys", 1)))
}

#[test]
fn signals_stop_a_bounce_and_leave_what_was_there() {
    let waiting = ["--normalise", "loudness:-14", "--fade-out", "5"];
    for (name, more) in [("-INT", &[][..]), ("-TERM", &[]), ("-HUP", &[]), ("-TERM", &waiting)] {
        let place = Place::new();
        let mut child = begin_bounce(&place, &song(&place), more);
        signal(&child, name);
        until("the bounce to stop", || child.try_wait().unwrap());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{name}");
        let (stdout, stderr) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
        assert_eq!(stderr.unwrap(), "error: stopped; nothing was written\n", "{name}");
        let object: serde_json::Value = serde_json::from_str(&stdout.unwrap()).unwrap();
        assert_eq!(object["error"]["kind"], "interrupted", "{name}");
        assert_eq!(std::fs::read(place.path("out.wav")).unwrap(), b"mine", "{name}");
        assert_eq!(parts(&place), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn a_stopped_bounce_leaves_no_manifest() {
    let place = Place::new();
    let manifest = place.text("made.json");
    let more = ["--manifest", &manifest, "--trace"];
    let mut child = begin_bounce(&place, &song(&place), &more);
    signal(&child, "-INT");
    until("the bounce to stop", || child.try_wait().unwrap());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(std::fs::read(place.path("out.wav")).unwrap(), b"mine");
    assert_eq!(parts(&place), Vec::<String>::new());
    assert!(!place.path("made.json").exists());
}

#[test]
fn what_a_killed_bounce_leaves_goes_with_the_next() {
    let place = Place::new();
    let session = song(&place);
    // What waits for its level has no name that could be left.
    let mut killed = begin_bounce(&place, &session, &["--normalise", "peak:-1"]);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let left = parts(&place);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(std::fs::read(place.path("out.wav")).unwrap(), b"mine");
    // One that is still at work keeps what it has.
    let mut working = begin_bounce(&place, &session, &[]);
    let only_its_own = || parts(&place).len() == 1 && !parts(&place).contains(&left[0]);
    until("the left-over to go", || only_its_own().then_some(()));
    done(["bounce", &session, "-o", &place.text("out.wav"), "--force"]);
    assert_eq!(parts(&place).len(), 1);
    signal(&working, "-TERM");
    until("the bounce to stop", || working.try_wait().unwrap());
    assert_eq!(parts(&place), Vec::<String>::new());
}

/// Ten hours in each of two renders side by side: stopped, nothing half done is left, what was
/// done stays done, and the same command goes on.
#[test]
fn signals_stop_a_batch_which_goes_on_later() {
    let place = Place::new();
    song(&place);
    let jobs = place.text("jobs.json");
    let manifest = |to: &str| {
        let text = format!(
            "{{\"session\": \"song\", \"output\": \"a.wav\"}}\n\
             {{\"session\": \"song\", \"output\": \"b.wav\", \"to\": \"{to}\", \"measure\": false}}\n\
             {{\"session\": \"song\", \"output\": \"c.wav\", \"to\": \"{to}\", \"rate\": 44100}}\n"
        );
        std::fs::write(&jobs, text).unwrap();
    };
    for name in ["-INT", "-TERM"] {
        manifest("10:00:00");
        let mut child = command_with_default_signals()
            .args(["batch", &jobs, "--json", "--jobs", "2"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until("the first job", || place.path("a.wav").exists().then_some(()));
        until("two renders", || (parts(&place).len() == 2).then_some(()));
        signal(&child, name);
        until("the batch to stop", || child.try_wait().unwrap());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{name}");
        let object: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(object["error"]["kind"], "interrupted", "{name}");
        let message = object["error"]["message"].as_str().unwrap();
        assert!(message.contains("1 of 3 jobs are done"), "{message}");
        let hidden = |file: &String| file.contains("/.") || file.starts_with('.');
        let left: Vec<String> = place.files().into_iter().filter(hidden).collect();
        assert_eq!(left, Vec::<String>::new(), "{name}");
        assert!(place.path("a.wav").exists() && !place.path("b.wav").exists());
    }
    manifest("0.1s");
    let summary = done(["batch", &jobs, "--json"]).json();
    assert_eq!((&summary["skipped"], &summary["rendered"]), (&1.into(), &2.into()), "{summary}");
}
