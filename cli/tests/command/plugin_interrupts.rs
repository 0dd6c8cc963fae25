//! Ctrl-C while a plug-in hangs: nobody waits for it any more.

use std::process::{Child, Command, Stdio};

use serde_json::json;

use crate::hosting::{Studio, insert, ramp_track};
use crate::interrupts::{signal, until};

/// Far longer than anything here waits.
const TIME_LIMIT: &str = "3600";

/// Starts `command` with the signals as an ordinary shell leaves them, waits until its plug-in hangs,
/// and gives it with the processes of its workers.
fn hanging(command: &Command, has_begun: &dyn Fn() -> bool) -> (Child, Vec<String>) {
    let mut plain = Command::new("env");
    plain.args(["--default-signal=INT,TERM,HUP"]).arg(command.get_program());
    plain.args(command.get_args()).stdin(Stdio::null());
    plain.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let child = plain.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the work to begin", || has_begun().then_some(()));
    // From here on it takes a moment to the third block.
    std::thread::sleep(std::time::Duration::from_secs(1));
    let workers = until("the worker", || {
        let workers = workers(&child);
        (!workers.is_empty()).then_some(workers)
    });
    (child, workers)
}

/// The workers of `child`, which belong to the threads that have started them.
fn workers(child: &Child) -> Vec<String> {
    let threads = std::fs::read_dir(format!("/proc/{}/task", child.id())).into_iter().flatten();
    let lists = threads.flatten().map(|thread| thread.path().join("children"));
    let lists = lists.filter_map(|list| std::fs::read_to_string(list).ok());
    lists.flat_map(|list| list.split_whitespace().map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// Sends SIGINT, and looks at what is left of it all.
fn stops(mut child: Child, workers: &[String]) {
    signal(&child, "-INT");
    until("the end", || child.try_wait().unwrap());
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(130), "{stderr}");
    assert_eq!(stderr, "error: stopped; nothing was written\n");
    for worker in workers {
        let is_gone = || !std::path::Path::new(&format!("/proc/{worker}")).exists();
        until("the end of the worker", || is_gone().then_some(()));
    }
}

#[test]
fn a_bounce_stops_where_a_plug_in_hangs() {
    let studio = Studio::new(&["hang-at-process", "gain"]);
    let inserts = json!([insert("hang-at-process", &json!({}))]);
    let song = studio.session("song", &json!([ramp_track("a", &inserts)]));
    for policy in ["stop", "retry", "skip"] {
        std::fs::write(studio.path("out.wav"), "mine").unwrap();
        let arguments =
            ["--no-cache", "--plugin-time-limit", TIME_LIMIT, "--plugin-failure", policy];
        let command = studio.bounce_command(&song, &arguments);
        let (child, workers) = hanging(&command, &|| studio.has_parts());
        stops(child, &workers);
        assert_eq!(std::fs::read(studio.path("out.wav")).unwrap(), b"mine", "{policy}");
        assert!(!studio.has_parts(), "{policy}");
    }
}

#[test]
fn processing_a_file_stops_where_a_plug_in_hangs() {
    let studio = Studio::new(&["hang-at-process"]);
    let song = studio.session("song", &json!([]));
    let mut command = studio.command();
    command.args([
        "process",
        "org.wavemill.test.hang-at-process",
        "-i",
        &format!("{song}/ramp.wav"),
    ]);
    command.args(["-o", &studio.text("out.wav"), "--plugin-time-limit", TIME_LIMIT]);
    command.args(["--json", "--quiet"]);
    let (child, workers) = hanging(&command, &|| studio.has_parts());
    stops(child, &workers);
    assert!(!studio.path("out.wav").exists() && !studio.has_parts());
}
