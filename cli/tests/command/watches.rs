//! Watching: every save gives the file that a plain bounce gives, and a broken one is waited out.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::Value;

use crate::interrupts::{command_with_default_signals, parts, signal, until};
use crate::support::{Place, audio_track, done, ramp, refused, tone_track, wav};

/// Longest that a line may take; reached only where it would never come.
const PATIENCE: Duration = Duration::from_secs(120);

/// A watch of the session `song` into `out.wav`, and its lines as they come.
pub(super) struct Watching {
    child: Child,
    lines: Receiver<Value>,
}

impl Watching {
    pub(super) fn begin(place: &Place, more: &[&str]) -> Self {
        let mut child = command_with_default_signals()
            .args(["watch", &place.text("song"), "-o", &place.text("out.wav"), "--json"])
            .args(more)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in output.lines() {
                let line = serde_json::from_str(&line.unwrap()).unwrap();
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    pub(super) fn next(&self) -> Value {
        self.lines.recv_timeout(PATIENCE).unwrap()
    }

    /// Stops it; the lines that were left.
    pub(super) fn stop(mut self) -> Vec<Value> {
        signal(&self.child, "-INT");
        let status = until("the watch to stop", || self.child.try_wait().unwrap());
        assert_eq!(status.code(), Some(130));
        self.lines.iter().collect()
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
    }
}

fn song(place: &Place, volume_db: f64) {
    let keys =
        tone_track("keys", 2).replace("\"kind\"", &format!("\"volume_db\": {volume_db}, \"kind\""));
    let tracks = [keys, audio_track("tape", "take.wav", 4_800)].join(", ");
    place.session("song", &format!("\"tracks\": [{tracks}]"));
}

fn place() -> Place {
    let place = Place::new();
    song(&place, 0.0);
    fs::write(place.path("song/take.wav"), wav(&ramp(4_800))).unwrap();
    place
}

fn plain(place: &Place) -> Value {
    let out = place.text("plain.wav");
    done(["bounce", &place.text("song"), "-o", &out, "--force", "--json", "--no-cache"]).json()
}

fn assert_current(place: &Place, report: &Value) {
    let plain = plain(place);
    assert_eq!(report["mix_sha256"], plain["mix_sha256"]);
    assert_eq!(report["pcm_sha256"], plain["pcm_sha256"]);
    let files = ["out.wav", "plain.wav"].map(|name| fs::read(place.path(name)).unwrap());
    assert!(files[0] == files[1], "the file is another one");
}

#[test]
fn every_save_gives_what_a_plain_bounce_gives() {
    let place = place();
    let store = place.text("store");
    let watching = Watching::begin(&place, &["--cache", &store]);
    let first = watching.next();
    assert_current(&place, &first);
    // By hand, by a command, and an audio file that the session plays.
    song(&place, -6.0);
    let second = watching.next();
    assert_current(&place, &second);
    assert_ne!(second["mix_sha256"], first["mix_sha256"]);
    let ops = place.text("ops.json");
    fs::write(&ops, "[{\"op\": \"set_pan\", \"track\": \"tape\", \"pan\": 0.5}]").unwrap();
    done(["edit", &place.text("song"), &ops]);
    assert_current(&place, &watching.next());
    fs::write(place.path("song/take.wav"), wav(&ramp(2_400))).unwrap();
    assert_current(&place, &watching.next());
    // Back to what was rendered before: served. What sounds as before gives no line.
    done(["undo", &place.text("song")]);
    assert_current(&place, &watching.next());
    let document = fs::read_to_string(place.path("song/session.json")).unwrap();
    fs::write(place.path("song/session.json"), document + "\n").unwrap();
    song(&place, 3.0);
    let last = watching.next();
    assert_current(&place, &last);
    assert_eq!(watching.stop(), Vec::<Value>::new());
    assert_eq!(parts(&place), Vec::<String>::new());
}

#[test]
fn a_broken_save_is_told_and_waited_out() {
    let place = place();
    let watching = Watching::begin(&place, &["--no-cache"]);
    let first = watching.next();
    let before = fs::read(place.path("out.wav")).unwrap();
    fs::write(place.path("song/session.json"), "{\"format\": \"wavemill-se").unwrap();
    let broken = watching.next();
    assert!(broken["error"]["message"].as_str().unwrap().contains("session.json"), "{broken}");
    assert!(fs::read(place.path("out.wav")).unwrap() == before);
    fs::remove_file(place.path("song/session.json")).unwrap();
    assert!(watching.next()["error"]["message"].as_str().unwrap().contains("no session"));
    song(&place, -12.0);
    let good = watching.next();
    assert_current(&place, &good);
    assert_ne!(good["mix_sha256"], first["mix_sha256"]);
    // A file that is missing is told, and rendered with once it is there.
    fs::rename(place.path("song/take.wav"), place.path("song/away.wav")).unwrap();
    assert!(watching.next()["error"]["message"].as_str().unwrap().contains("take.wav"));
    fs::rename(place.path("song/away.wav"), place.path("song/take.wav")).unwrap();
    song(&place, -13.0);
    assert_current(&place, &watching.next());
    watching.stop();
}

/// Ten hours under way: a save breaks them off, and the new session is rendered.
#[test]
fn a_save_breaks_off_the_render_under_way() {
    let place = place();
    let tracks = tone_track("keys", 36_000);
    place.session("song", &format!("\"tracks\": [{tracks}]"));
    let watching = Watching::begin(&place, &["--no-cache", "--no-measure"]);
    until("the render to begin", || parts(&place).pop());
    song(&place, 0.0);
    let report = watching.next();
    assert_eq!(report["mix_sha256"], plain(&place)["mix_sha256"]);
    watching.stop();
}

#[test]
fn a_stop_leaves_no_partial_file_and_what_was_there() {
    let place = place();
    let tracks = tone_track("keys", 36_000);
    place.session("song", &format!("\"tracks\": [{tracks}]"));
    fs::write(place.path("out.wav"), "mine").unwrap();
    let watching = Watching::begin(&place, &["--no-cache", "--no-measure", "--force"]);
    until("the render to begin", || parts(&place).pop());
    assert_eq!(watching.stop(), Vec::<Value>::new());
    assert_eq!(parts(&place), Vec::<String>::new());
    assert_eq!(fs::read(place.path("out.wav")).unwrap(), b"mine");
}

#[test]
fn what_cannot_be_begun_is_refused() {
    let place = place();
    let (song, out) = (place.text("song"), place.text("out.wav"));
    fs::write(&out, "mine").unwrap();
    refused(["watch", &song, "-o", &out], 4, &["out.wav", "exists already", "--force"]);
    assert_eq!(fs::read(&out).unwrap(), b"mine");
    refused(["watch", &place.text("none"), "-o", &place.text("o.wav")], 4, &["no session"]);
    refused(["watch", &song, "-o", &place.text("o.mp3")], 2, &["o.mp3", "WAV"]);
}

/// A failure is called what a bounce of the same session calls it.
#[test]
fn failures_have_the_kinds_of_a_bounce() {
    let place = place();
    let marked = "\"markers\": [{\"id\": \"m\", \"name\": \"end\", \"at\": {\"ticks\": 15360}}], ";
    let document = |from: &str, to: &str| {
        let text = fs::read_to_string(place.path("song/session.json")).unwrap();
        fs::write(place.path("song/session.json"), text.replace(from, to)).unwrap();
    };
    document("\"tracks\"", &format!("{marked}\"tracks\""));
    let watching = Watching::begin(&place, &["--no-cache", "--to", "end"]);
    assert_eq!(watching.next()["frames"], 24_000);
    let whole = fs::read(place.path("song/session.json")).unwrap();
    let failed = |kind: &str| {
        let told = watching.next();
        assert_eq!(told["error"]["kind"], kind, "{told}");
        let out = place.text("out.wav");
        let bounce =
            ["bounce", &place.text("song"), "-o", &out, "--to", "end", "--force", "--json"];
        let bounced = crate::support::wavemill(bounce).json();
        assert_eq!(bounced["error"], told["error"]);
    };
    document("\"tracks\"", "\"tracks");
    failed("invalid");
    fs::remove_file(place.path("song/session.json")).unwrap();
    failed("file-system");
    fs::write(place.path("song/session.json"), &whole).unwrap();
    document("\"end\"", "\"other\"");
    failed("usage");
    fs::write(place.path("song/session.json"), &whole).unwrap();
    document("take.wav", "away.wav");
    failed("invalid");
    fs::remove_file(place.path("out.wav")).unwrap();
    fs::create_dir(place.path("out.wav")).unwrap();
    fs::write(place.path("song/session.json"), &whole).unwrap();
    failed("file-system");
    watching.stop();
}

/// To remix, the older version of the session is opened, too: its files are not what is heard.
#[test]
fn warnings_are_of_the_version_that_is_rendered() {
    let place = Place::new();
    let tones: Vec<String> = (0..8).map(|n| tone_track(&format!("tone-{n}"), 2)).collect();
    let tones = tones.join(", ");
    let tape = audio_track("tape", "take.wav", 4_800);
    place.session("song", &format!("\"tracks\": [{tones}, {tape}]"));
    let mut odd = wav(&ramp(4_800));
    odd.extend(b"junk\xFF\xFF\x00\x00");
    fs::write(place.path("song/take.wav"), odd).unwrap();
    let store = place.text("store");
    let watching = Watching::begin(&place, &["--cache", &store]);
    let told = |report: &Value| report["warnings"].to_string().contains("take.wav");
    assert!(told(&watching.next()));
    place.session("song", &format!("\"tracks\": [{tones}]"));
    let second = watching.next();
    assert_eq!(second["mix_sha256"], plain(&place)["mix_sha256"]);
    assert!(!told(&second), "{second}");
    watching.stop();
}
