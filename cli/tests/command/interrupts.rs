//! Ctrl-C.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::{Place, command, tone_track};

/// Longest that anything here may take; reached only where it would hang.
const PATIENCE: Duration = Duration::from_secs(120);

fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn interrupt(child: &Child) {
    let status = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[cfg(unix)]
#[test]
fn ctrl_c_stops_a_bounce_and_leaves_what_was_there() {
    let place = Place::new();
    let session = place.session("song", &format!("\"tracks\": [{}]", tone_track("keys", 1)));
    std::fs::write(place.path("out.wav"), "mine").unwrap();
    // Ten hours: it never comes to an end by itself here.
    let mut child = command()
        .args(["bounce", &session, "-o", &place.text("out.wav"), "--to", "10:00:00", "--force"])
        .args(["--json", "--no-measure"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let part = |file: &String| file.ends_with(".part");
    until("the bounce to begin", || place.files().into_iter().find(part));
    interrupt(&child);
    until("the bounce to stop", || child.try_wait().unwrap());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    let (stdout, stderr) = (String::from_utf8(output.stdout), String::from_utf8(output.stderr));
    assert_eq!(stderr.unwrap(), "error: stopped; nothing was written\n");
    let object: serde_json::Value = serde_json::from_str(&stdout.unwrap()).unwrap();
    assert_eq!(object["error"]["kind"], "interrupted");
    assert_eq!(std::fs::read(place.path("out.wav")).unwrap(), b"mine");
    let left: Vec<String> = place.files().into_iter().filter(part).collect();
    assert!(left.is_empty(), "{left:?}");
}
