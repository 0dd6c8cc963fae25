//! Outputs that cannot be written: nothing is left, and nothing that was there is harmed.

use std::path::Path;
use std::process::Command;

use crate::support::{Place, command, done, ramp, refused, tone_track, wav};

fn sounding(place: &Place, seconds: u32) -> String {
    place.session("song", &format!("\"tracks\": [{}]", tone_track("keys", seconds)))
}

#[test]
fn a_folder_is_no_output() {
    let place = Place::new();
    let session = sounding(&place, 1);
    std::fs::create_dir(place.path("out.wav")).unwrap();
    for force in [&[][..], &["--force"]] {
        let out = place.text("out.wav");
        let arguments = ["bounce", &session, "-o", &out].into_iter().chain(force.iter().copied());
        refused(arguments, 4, &["out.wav", "not a regular file"]);
    }
    assert!(place.path("out.wav").is_dir());
}

#[test]
fn an_existing_file_is_kept_unless_forced() {
    let place = Place::new();
    let session = sounding(&place, 1);
    std::fs::write(place.path("out.wav"), "mine").unwrap();
    let out = place.text("out.wav");
    refused(["bounce", &session, "-o", &out], 4, &["out.wav", "exists already", "--force"]);
    assert_eq!(std::fs::read(place.path("out.wav")).unwrap(), b"mine");
    done(["bounce", &session, "-o", &out, "--force"]);
    assert!(std::fs::read(place.path("out.wav")).unwrap().starts_with(b"RIFF"));
}

#[test]
fn a_missing_folder_is_named() {
    let place = Place::new();
    let session = sounding(&place, 1);
    let out = place.text("none/out.wav");
    refused(["bounce", &session, "-o", &out], 4, &["none/out.wav", "no such folder"]);
    std::fs::write(place.path("file"), "x").unwrap();
    let out = place.text("file/out.wav");
    refused(["bounce", &session, "-o", &out], 4, &["file/out.wav", "no such folder"]);
    refused(["new", &place.text("file")], 4, &["is a file"]);
}

#[test]
fn an_input_of_the_session_is_never_replaced() {
    let place = Place::new();
    let session = place.playing("song", "take.wav");
    let take = wav(&ramp(4_800));
    std::fs::write(place.path("song/take.wav"), &take).unwrap();
    let inside = place.text("song/take.wav");
    let roundabout = place.text("song/../song/take.wav");
    for out in [inside, roundabout] {
        let words = ["take.wav", "an input of the session", "tracks/tape/clips/tape-clip"];
        refused(["bounce", &session, "-o", &out, "--force"], 4, &words);
    }
    assert_eq!(std::fs::read(place.path("song/take.wav")).unwrap(), take);
    let document = place.text("song/session.json");
    refused(["bounce", &session, "-o", &document, "--force"], 2, &["ends in .wav"]);
    #[cfg(unix)]
    {
        let link = place.text("link.wav");
        std::os::unix::fs::symlink(&document, &link).unwrap();
        refused(["bounce", &session, "-o", &link, "--force"], 4, &["own document"]);
    }
    done(["info", &session]);
}

/// A file system of its own, taken away at the end.
struct Mounted<'a>(&'a Path);

impl<'a> Mounted<'a> {
    /// None, and why in the test's output, where this process may not mount.
    fn new(at: &'a Path, options: &str) -> Option<Self> {
        std::fs::create_dir(at).unwrap();
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(at).output();
        match mount {
            Ok(output) if output.status.success() => Some(Self(at)),
            other => {
                println!("skipped: no file system of {options} can be mounted: {other:?}");
                None
            }
        }
    }
}

impl Drop for Mounted<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_is_named_and_left_empty() {
    let place = Place::new();
    let session = sounding(&place, 10);
    let disk = place.path("disk");
    let Some(_mounted) = Mounted::new(&disk, "size=64k") else { return };
    let out = place.text("disk/out.wav");
    refused(["bounce", &session, "-o", &out], 4, &["out.wav", "disk is full", "make room"]);
    assert_eq!(std::fs::read_dir(&disk).unwrap().count(), 0);
}

#[test]
fn a_demo_on_a_full_disk_leaves_nothing() {
    let place = Place::new();
    let disk = place.path("disk");
    // Room for the session, and then for none or some of its audio.
    for size in ["size=64k", "size=112k", "size=160k"] {
        let Some(mounted) = Mounted::new(&disk, size) else { return };
        refused(["new", &place.text("disk/new"), "--demo"], 4, &["disk is full"]);
        assert_eq!(std::fs::read_dir(&disk).unwrap().count(), 0, "{size}");
        drop(mounted);
        std::fs::remove_dir(&disk).unwrap();
    }
}

#[test]
fn a_disk_that_may_not_be_written_is_named() {
    let place = Place::new();
    let session = sounding(&place, 1);
    let disk = place.path("disk");
    let Some(_mounted) = Mounted::new(&disk, "ro") else { return };
    for (arguments, name) in [
        (vec!["bounce", &session, "-o", &place.text("disk/out.wav")], "out.wav"),
        (vec!["new", &place.text("disk/new")], "new"),
    ] {
        refused(arguments, 4, &[name, "cannot be"]);
    }
}

#[test]
fn a_session_on_a_disk_that_may_not_be_written_is_bounced() {
    let place = Place::new();
    let disk = place.path("disk");
    let Some(_mounted) = Mounted::new(&disk, "size=1m") else { return };
    let session = place.playing("disk", "take.wav");
    std::fs::write(disk.join("take.wav"), wav(&ramp(4_800))).unwrap();
    let remount = Command::new("mount").args(["-o", "remount,ro"]).arg(&disk).status().unwrap();
    assert!(remount.success());
    done(["bounce", &session, "-o", &place.text("out.wav")]);
    done(["info", &session]);
    done(["history", &session]);
    let ops = place.path("ops.json");
    std::fs::write(&ops, "[{\"op\": \"set_mute\", \"track\": \"tape\", \"mute\": true}]").unwrap();
    done(["edit", &session, &place.text("ops.json"), "--dry-run"]);
    refused(["edit", &session, &place.text("ops.json")], 4, &["cannot be"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_is_an_error() {
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let output = command().args(["schema", "session"]).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(4));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(text.starts_with("error: standard output cannot be written"), "{text}");
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let output = command().args(["schema", "session"]).stdout(writer).output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}
