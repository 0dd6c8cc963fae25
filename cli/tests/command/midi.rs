//! MIDI files in and out: `import` and `export`.

use crate::support::{Place, done, ramp, refused, tone_track, wav};

/// `Air`, at 60 bpm in 3/4: a marker, and a note on each of channels 1 and 10.
const SONG: &[u8] = b"MThd\0\0\0\x06\0\x01\0\x02\0\x60\
    MTrk\0\0\0\x23\0\xFF\x03\x03Air\0\xFF\x51\x03\x0F\x42\x40\0\xFF\x58\x04\x03\x02\x18\x08\
    \0\xFF\x06\x05Verse\0\xFF\x2F\0\
    MTrk\0\0\0\x1A\0\xFF\x03\x02Up\0\x90\x3C\x64\0\x99\x24\x64\x60\x80\x3C\x40\0\x89\x24\x40\
    \0\xFF\x2F\0";

/// A SoundFont that `ci/setup` installs.
const SOUNDFONT: &str = "/usr/share/sounds/sf2/TimGM6mb.sf2";

#[test]
fn a_soundfont_plays_what_is_imported() {
    let place = Place::new();
    std::fs::write(place.path("air.mid"), SONG).unwrap();
    let (file, song) = (place.text("air.mid"), place.text("song"));
    done(["import", &file, "-o", &song, "--soundfont", SOUNDFONT]);
    let info = done(["info", &song, "--json"]).json();
    assert_eq!(info["tracks"][0]["chain"], serde_json::json!(["soundfont"]));
    done(["bounce", &song, "-o", &place.text("air.wav")]);
    assert!(std::fs::read(place.path("air.wav")).unwrap()[44..].iter().any(|byte| *byte != 0));
    let (other, missing) = (place.text("other"), place.text("none.sf2"));
    refused(["import", &file, "-o", &other, "--soundfont", &missing], 4, &["none.sf2"]);
    assert!(!place.path("other").exists());
}

#[test]
fn a_midi_file_becomes_a_session_that_is_heard() {
    let place = Place::new();
    std::fs::write(place.path("air.mid"), SONG).unwrap();
    let (file, song) = (place.text("air.mid"), place.text("song"));
    let report = done(["import", &file, "-o", &song, "--json"]).json();
    assert_eq!(report["created"], true);
    let tracks: Vec<_> = report["tracks"].as_array().unwrap().iter().map(|t| &t["track"]).collect();
    assert_eq!(tracks, ["up-channel-1", "up-channel-10"]);
    let info = done(["info", &song, "--json"]).json();
    assert_eq!((&info["name"], &info["tempo_bpm"]), (&"Air".into(), &60.0.into()));
    // A quarter note at 60 bpm, and the release of its instrument.
    assert!(info["length_samples"].as_u64().unwrap() >= 48_000, "{info}");
    assert_eq!(info["tracks"][0]["chain"], serde_json::json!(["synthesiser"]));
    done(["bounce", &song, "-o", &place.text("air.wav")]);
    assert!(std::fs::read(place.path("air.wav")).unwrap()[44..].iter().any(|byte| *byte != 0));
    done(["undo", &song]);
    assert_eq!(done(["info", &song, "--json"]).json()["tracks"], serde_json::json!([]));
}

#[test]
fn what_is_exported_is_imported_as_the_same_session() {
    let place = Place::new();
    std::fs::write(place.path("air.mid"), SONG).unwrap();
    let (first, out) = (place.text("first"), place.text("out.mid"));
    done(["import", &place.text("air.mid"), "-o", &first]);
    let told = done(["export", &first, &out]);
    assert!(told.stdout.contains("out.mid: 2 tracks, 2 notes"), "{told:?}");
    assert_eq!(told.stderr, "");
    done(["import", &out, "-o", &place.text("second")]);
    let document = |name: &str| std::fs::read(place.path(name).join("session.json")).unwrap();
    assert_eq!(document("first"), document("second"));
}

#[test]
fn a_file_is_replaced_only_where_told() {
    let place = Place::new();
    let song = place.session("song", &format!("\"tracks\": [{}]", tone_track("keys", 2)));
    let out = place.text("out.mid");
    std::fs::write(&out, "mine").unwrap();
    refused(["export", &song, &out], 4, &["out.mid' exists already", "--force"]);
    assert_eq!(std::fs::read(&out).unwrap(), b"mine");
    let report = done(["export", &song, &out, "--force", "--json"]).json();
    assert_eq!((&report["tracks"], &report["warnings"]), (&1.into(), &serde_json::json!([])));
    assert!(std::fs::read(&out).unwrap().starts_with(b"MThd"));
    assert_eq!(done(["--quiet", "export", &song, &out, "--force"]).stdout, "");
    refused(["export", &song, &place.text("none/out.mid")], 4, &["no such folder"]);
    refused(["export", &place.text("nowhere"), &out], 4, &["nowhere"]);
    let empty = place.session("empty", "");
    refused(["export", &empty, &place.text("empty.mid")], 3, &["no instrument track"]);
    assert!(!place.path("empty.mid").exists());
}

#[test]
fn midi_files_that_cannot_be_read_are_named_and_make_nothing() {
    let place = Place::new();
    let (file, song) = (place.text("air.mid"), place.text("song"));
    for (bytes, words) in [
        (&SONG[..70], "cut short: 21 bytes of track 2"),
        (&b"hello"[..], "is no MIDI file"),
        (&SONG[..20], "holds no track"),
    ] {
        std::fs::write(&file, bytes).unwrap();
        refused(["import", &file, "-o", &song], 3, &["air.mid' ", words]);
        assert!(!place.path("song").exists());
    }
    refused(["import", &place.text("none.mid"), "-o", &song], 4, &["none.mid"]);
}

#[test]
fn options_of_audio_are_none_of_midi() {
    let place = Place::new();
    std::fs::write(place.path("air.mid"), SONG).unwrap();
    std::fs::write(place.path("kick.wav"), wav(&ramp(480))).unwrap();
    // What begins as MIDI is MIDI, whatever its name.
    std::fs::write(place.path("air.bin"), SONG).unwrap();
    let (file, song) = (place.text("air.bin"), place.text("song"));
    refused(["import", &file, "-o", &song, "--tempo", "90"], 2, &["--tempo", "its own tempo"]);
    refused(["import", &file, "-o", &song, "--reference"], 2, &["--reference"]);
    let kick = place.text("kick.wav");
    refused(["import", &file, &kick, "-o", &song], 2, &["do not go together"]);
    assert!(!place.path("song").exists());
    done(["import", &kick, "-o", &song]);
    let told = done(["import", &file, "-o", &song]);
    assert!(told.stderr.contains("tempo and signatures were left out"), "{told:?}");
    assert_eq!(done(["info", &song, "--json"]).json()["tracks"].as_array().unwrap().len(), 3);
}
