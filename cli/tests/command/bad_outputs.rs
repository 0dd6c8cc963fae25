//! Outputs that cannot be written: nothing is left, and nothing that was there is harmed.

#[cfg(unix)]
use crate::disks::Disk;
use crate::support::{Place, command, done, done_by, ramp, refused, refused_by, tone_track, wav};

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

#[cfg(unix)]
#[test]
fn a_full_disk_is_named_and_left_empty() {
    let place = Place::new();
    let session = sounding(&place, 10);
    let at = place.path("disk");
    let disk = Disk::small(&at, 64);
    // As it comes, waiting for its level, and in two files.
    for more in [&[][..], &["--normalise", "peak:-1"], &["--split"]] {
        for name in ["out.wav", "out.flac"] {
            let out = place.text(&format!("disk/{name}"));
            let arguments = ["bounce", &session, "-o", &out].into_iter();
            let arguments = arguments.chain(more.iter().copied());
            refused_by(disk.command().args(arguments), 4, &["out.", "disk is full", "make room"]);
            assert_eq!(std::fs::read_dir(&at).unwrap().count(), 0, "{name}, {more:?}");
        }
    }
}

#[cfg(unix)]
#[test]
fn a_demo_on_a_full_disk_leaves_nothing() {
    let place = Place::new();
    let at = place.path("disk");
    // Room for the session, and then for none or some of its audio; in a file or in all.
    for kibibytes in [24, 64, 112, 160] {
        let disk = Disk::small(&at, kibibytes);
        if disk.is_mounted() || kibibytes < 160 {
            let mut new = disk.command();
            refused_by(new.args(["new", &place.text("disk/new"), "--demo"]), 4, &["disk is full"]);
            assert_eq!(std::fs::read_dir(&at).unwrap().count(), 0, "{kibibytes}");
        }
        drop(disk);
        std::fs::remove_dir(&at).unwrap();
    }
}

#[cfg(unix)]
#[test]
fn a_disk_that_may_not_be_written_is_named() {
    let place = Place::new();
    let session = sounding(&place, 1);
    let at = place.path("disk");
    std::fs::create_dir(&at).unwrap();
    let Some(disk) = Disk::read_only(&place, &at) else { return };
    for (arguments, name) in [
        (vec!["bounce", &session, "-o", &place.text("disk/out.wav")], "out.wav"),
        (vec!["new", &place.text("disk/new")], "new"),
    ] {
        refused_by(disk.command().args(arguments), 4, &[name, "cannot be"]);
    }
}

#[cfg(unix)]
#[test]
fn a_session_on_a_disk_that_may_not_be_written_is_bounced() {
    let place = Place::new();
    let session = place.playing("disk", "take.wav");
    let at = place.path("disk");
    std::fs::write(at.join("take.wav"), wav(&ramp(4_800))).unwrap();
    let ops = place.text("ops.json");
    std::fs::write(&ops, "[{\"op\": \"set_mute\", \"track\": \"tape\", \"mute\": true}]").unwrap();
    let Some(disk) = Disk::read_only(&place, &at) else { return };
    let out = place.text("out.wav");
    done_by(disk.command().args(["bounce", &session, "-o", &out]));
    done_by(disk.command().args(["info", &session]));
    done_by(disk.command().args(["history", &session]));
    done_by(disk.command().args(["edit", &session, &ops, "--dry-run"]));
    refused_by(disk.command().args(["edit", &session, &ops]), 4, &["cannot be"]);
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
