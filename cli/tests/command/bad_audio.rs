//! Audio files that are not what they should be.

use crate::support::{Place, done, ramp, refused, wav};

/// A bounce of a session that plays `bytes` is refused with `words`, and leaves nothing.
fn bounce_refused(bytes: &[u8], words: &[&str]) {
    let place = Place::new();
    let session = place.playing("song", "take.wav");
    std::fs::write(place.path("song/take.wav"), bytes).unwrap();
    let mut all = vec!["tracks/tape/clips/tape-clip", "take.wav"];
    all.extend(words);
    refused(["bounce", &session, "-o", &place.text("out.wav")], 3, &all);
    place.assert_clean("out.wav");
}

#[test]
fn a_truncated_file_is_refused() {
    let whole = wav(&ramp(4_800));
    bounce_refused(&whole[..whole.len() - 1_000], &["cut short"]);
}

#[test]
fn a_file_cut_inside_its_header_is_refused() {
    bounce_refused(&wav(&ramp(10))[..30], &["cannot be read"]);
}

#[test]
fn a_corrupt_header_is_refused() {
    let mut bytes = wav(&ramp(100));
    // Channels: 0.
    bytes[22..24].fill(0);
    bounce_refused(&bytes, &["cannot be read"]);
}

#[test]
fn a_corrupt_flac_file_is_refused() {
    let mut bytes = b"fLaC\x80\0\0\x22".to_vec();
    bytes.extend([0xFF; 200]);
    bounce_refused(&bytes, &["cannot be read"]);
}

#[test]
fn a_text_file_is_refused_with_the_formats_there_are() {
    bounce_refused(b"this is no audio at all", &["WAV", "FLAC"]);
}

#[test]
fn an_empty_file_is_refused() {
    bounce_refused(b"", &["0 bytes"]);
}

#[test]
fn a_file_without_a_frame_is_silence_in_a_session_and_refused_by_import() {
    let place = Place::new();
    let session = place.playing("song", "take.wav");
    std::fs::write(place.path("song/take.wav"), wav(&[])).unwrap();
    let out = place.text("out.wav");
    let bounced = done(["bounce", &session, "-o", &out, "--json"]).json();
    assert_eq!(bounced["frames"], 4_800);
    assert_eq!(bounced["integrated_lufs"], serde_json::Value::Null);
    let take = place.text("song/take.wav");
    let other = place.text("other");
    refused(["import", &take, "-o", &other], 3, &["take.wav", "0 frames"]);
    assert!(!place.path("other").exists());
}

#[test]
fn a_missing_file_is_named_with_its_clip() {
    let place = Place::new();
    let session = place.playing("song", "gone.wav");
    refused(
        ["bounce", &session, "-o", &place.text("out.wav")],
        3,
        &["tracks/tape/clips/tape-clip", "gone.wav", "missing", "put it back"],
    );
    place.assert_clean("out.wav");
    assert_eq!(done(["info", &session, "--json"]).json()["missing_files"][0], "gone.wav");
}

#[test]
fn nan_and_infinity_are_heard_as_silence_with_a_warning() {
    let place = Place::new();
    let session = place.playing("song", "take.wav");
    let mut samples = ramp(4_800);
    samples[100] = f32::NAN;
    samples[200] = f32::INFINITY;
    samples[300] = f32::NEG_INFINITY;
    std::fs::write(place.path("song/take.wav"), wav(&samples)).unwrap();
    let out = place.text("out.wav");
    let outcome = done(["bounce", &session, "-o", &out, "--json", "--bit-depth", "32f"]);
    let warning = &outcome.json()["warnings"][0];
    assert!(warning.as_str().unwrap().starts_with("tracks/tape: 3 samples"), "{warning}");
    assert!(outcome.stderr.contains("warning: tracks/tape"), "{outcome:?}");
    for sample in [100, 200, 300] {
        samples[sample] = 0.0;
    }
    std::fs::write(place.path("song/take.wav"), wav(&samples)).unwrap();
    let clean = place.text("clean.wav");
    let same = done(["bounce", &session, "-o", &clean, "--json", "--bit-depth", "32f"]).json();
    assert_eq!(same["mix_sha256"], outcome.json()["mix_sha256"]);
    assert_eq!(same["warnings"], serde_json::json!([]));
}

#[test]
fn imports_refuse_broken_files_and_leave_nothing() {
    let place = Place::new();
    let whole = wav(&ramp(4_800));
    std::fs::write(place.path("good.wav"), &whole).unwrap();
    let good = place.text("good.wav");
    let song = place.text("song");
    for (name, bytes, words) in [
        ("cut.wav", &whole[..whole.len() - 9], "cut short"),
        ("empty.wav", &b""[..], "0 bytes"),
        ("text.wav", b"hello", "no format known"),
    ] {
        std::fs::write(place.path(name), bytes).unwrap();
        let bad = place.text(name);
        refused(["import", &good, &bad, "-o", &song], 3, &[name, words]);
        assert!(!place.path("song").exists());
    }
    refused(["import", &place.text("none.wav"), "-o", &song], 4, &["none.wav", "missing"]);
}

/// The file is sound at its start and damaged in the middle, which only decoding it finds.
#[test]
fn a_flac_file_damaged_inside_is_named_once_and_as_it_was_given() {
    let place = Place::new();
    let mut bytes = include_bytes!("../../../golden/audio/decoder-16.flac").to_vec();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 64].fill(0x55);
    std::fs::write(place.path("bad.flac"), &bytes).unwrap();
    let (bad, song) = (place.text("bad.flac"), place.text("song"));
    let outcome = refused(["import", &bad, "-o", &song], 3, &[&bad, "cannot be imported"]);
    assert!(!place.path("song").exists());
    assert!(!outcome.stderr.contains("cannot be read"), "{outcome:?}");
    assert!(!outcome.stderr.contains(&song), "{outcome:?}");
    let session = place.playing("other", "bad.flac");
    std::fs::write(place.path("other/bad.flac"), &bytes).unwrap();
    let words = ["tracks/tape/clips/tape-clip", "'bad.flac' cannot be read"];
    let outcome = refused(["bounce", &session, "-o", &place.text("out.wav")], 3, &words);
    assert_eq!(outcome.stderr.matches("cannot be read").count(), 1, "{outcome:?}");
    assert_eq!(outcome.stderr.matches("bad.flac").count(), 1, "{outcome:?}");
}
