//! Exports by the command: formats, dither, levels, fades, trimming, channels; and what is refused.

use serde_json::Value;

use crate::support::{Place, audio_track, done, ramp, refused, tone_track, wav};

/// A bounce of `session` to `name`.
fn bounce(place: &Place, session: &str, name: &str, more: &[&str]) -> Value {
    let out = place.text(name);
    let fixed = ["bounce", session, "-o", &out, "--force", "--json", "--quiet"];
    done(fixed.iter().chain(more).copied()).json()
}

fn tone(place: &Place) -> String {
    place.session("song", &format!("\"tracks\": [{}]", tone_track("keys", 3)))
}

#[test]
fn flac_has_the_same_samples_in_fewer_bytes() {
    let place = Place::new();
    let session = tone(&place);
    for depth in ["16", "24"] {
        for dither in ["none", "tpdf", "shaped"] {
            let more = ["--bit-depth", depth, "--dither", dither];
            let wav = bounce(&place, &session, "out.wav", &more);
            let flac = bounce(&place, &session, "out.flac", &more);
            assert_eq!(wav["pcm_sha256"], flac["pcm_sha256"], "{depth}, {dither}");
        }
        let length = |name| std::fs::metadata(place.path(name)).unwrap().len();
        assert!(length("out.flac") < length("out.wav"), "{depth}");
        done(["diff", &place.text("out.wav"), &place.text("out.flac")]);
    }
    let bytes = std::fs::read(place.path("out.flac")).unwrap();
    assert!(bytes.starts_with(b"fLaC"));
    bounce(&place, &session, "OUT.FLAC", &[]);
    assert!(std::fs::read(place.path("OUT.FLAC")).unwrap().starts_with(b"fLaC"));
}

/// No option but its own changes what the default gives: TPDF dither to 24 bits.
#[test]
fn the_defaults_are_what_they_say() {
    let place = Place::new();
    let session = tone(&place);
    let plain = bounce(&place, &session, "out.wav", &[]);
    let said = ["--bit-depth", "24", "--dither", "tpdf", "--channels", "stereo"];
    assert_eq!(bounce(&place, &session, "out.wav", &said)["pcm_sha256"], plain["pcm_sha256"]);
    for more in [&["--dither", "none"][..], &["--dither", "shaped"]] {
        let other = bounce(&place, &session, "out.wav", more);
        assert_ne!(other["pcm_sha256"], plain["pcm_sha256"]);
        assert_eq!(other["mix_sha256"], plain["mix_sha256"]);
    }
}

#[test]
fn levels_are_reported_with_what_decided_them() {
    let place = Place::new();
    let session = tone(&place);
    let plain = bounce(&place, &session, "out.wav", &[]);
    let level = |to: &str| bounce(&place, &session, "out.wav", &["--normalise", to]);
    let number = |value: &Value| value.as_f64().unwrap();
    let peak = level("true-peak:-3");
    assert!((number(&peak["normalised"]["true_peak_dbtp"]) + 3.0).abs() < 1e-6, "{peak}");
    let gain = number(&peak["normalised"]["gain_db"]);
    assert!((number(&plain["true_peak_dbtp"]) + gain + 3.0).abs() < 0.1, "{peak}");
    assert_eq!(peak["normalised"]["limited_by"], "target");
    // The mix, and what is measured of it, is as it was.
    assert_eq!(peak["mix_sha256"], plain["mix_sha256"]);
    assert_eq!(peak["integrated_lufs"], plain["integrated_lufs"]);
    let quiet = level("loudness:-40");
    assert!((number(&quiet["normalised"]["integrated_lufs"]) + 40.0).abs() < 1e-6, "{quiet}");
    let loud = level("loudness:0:-6");
    assert_eq!(loud["normalised"]["limited_by"], "ceiling", "{loud}");
    assert!((number(&loud["normalised"]["true_peak_dbtp"]) + 6.0).abs() < 1e-6, "{loud}");
    // A bounce of the result reads the same.
    let samples =
        bounce(&place, &session, "out.wav", &["--normalise", "loudness:-20", "--bit-depth", "32f"]);
    let frames = u32::try_from(samples["frames"].as_u64().unwrap()).unwrap();
    let again = audio_track("tape", &place.text("out.wav"), frames);
    let again = place.session("again", &format!("\"tracks\": [{again}]"));
    let read = bounce(&place, &again, "again.wav", &[]);
    assert!((number(&read["integrated_lufs"]) + 20.0).abs() < 0.05, "{read}");
    let spoken = done([
        "bounce",
        &session,
        "-o",
        &place.text("out.wav"),
        "--force",
        "--normalise",
        "peak:-1",
    ]);
    for words in ["normalised by ", " dB: peak -1.0 dBFS"] {
        assert!(spoken.stdout.contains(words), "{spoken:?}");
    }
}

#[test]
fn silence_is_not_normalised_and_that_is_told() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("song")).unwrap();
    std::fs::write(place.path("song/take.wav"), wav(&[0.0; 4_800])).unwrap();
    let session = place.playing("song", "take.wav");
    let report = bounce(&place, &session, "out.wav", &["--normalise", "loudness:-14"]);
    assert_eq!(report["normalised"]["limited_by"], "nothing");
    assert!(report["warnings"][0].as_str().unwrap().contains("nothing to normalise"), "{report}");
}

#[test]
fn channels_are_mixed_or_split() {
    let place = Place::new();
    std::fs::create_dir_all(place.path("song")).unwrap();
    std::fs::write(place.path("song/take.wav"), wav(&ramp(4_800))).unwrap();
    let session = place.playing("song", "take.wav");
    let float = ["--bit-depth", "32f"];
    bounce(&place, &session, "stereo.wav", &float);
    let mono = bounce(&place, &session, "mono.wav", &[float[0], float[1], "--channels", "mono"]);
    assert_eq!((&mono["channels"], &mono["frames"]), (&1.into(), &4_800.into()));
    let split = bounce(&place, &session, "out.wav", &[float[0], float[1], "--split"]);
    let files = split["files"].as_array().unwrap();
    let names: Vec<&str> = files.iter().map(|file| file["output"].as_str().unwrap()).collect();
    assert_eq!(names, [place.text("out.L.wav"), place.text("out.R.wav")]);
    assert_eq!((&split["channels"], &split["pcm_sha256"]), (&1.into(), &files[0]["pcm_sha256"]));
    place.assert_clean("out.wav");
    // A mono file on a stereo track is the same on both sides, and so is their mean.
    let bytes = |name: &str| std::fs::read(place.path(name)).unwrap();
    assert_eq!(bytes("mono.wav"), bytes("out.L.wav"));
    assert_eq!(bytes("out.R.wav"), bytes("out.L.wav"));
    // None of the names is taken from anyone.
    std::fs::write(place.path("new.R.wav"), "mine").unwrap();
    let out = place.text("new.wav");
    refused(["bounce", &session, "-o", &out, "--split"], 4, &["new.R.wav", "exists already"]);
    assert_eq!(bytes("new.R.wav"), b"mine");
    place.assert_clean("new.L.wav");
}

#[test]
fn fades_and_trimming_change_the_file_alone() {
    let place = Place::new();
    let session = tone(&place);
    let plain = bounce(&place, &session, "out.wav", &[]);
    for more in [
        &["--fade-in", "0.5"][..],
        &["--fade-out", "1.5", "--fade-curve", "smooth"],
        &["--trim", "both", "--trim-threshold", "-30"],
    ] {
        let other = bounce(&place, &session, "out.wav", more);
        assert_eq!(other["mix_sha256"], plain["mix_sha256"], "{more:?}");
        assert_ne!(other["pcm_sha256"], plain["pcm_sha256"], "{more:?}");
    }
    let trimmed =
        bounce(&place, &session, "out.wav", &["--trim", "both", "--trim-threshold", "-30"]);
    assert!(trimmed["frames"].as_u64() < plain["frames"].as_u64(), "{trimmed}");
}

/// What the store serves is what another rendering gives, for every option.
#[test]
fn the_store_tells_exports_apart() {
    let place = Place::new();
    let session = tone(&place);
    let store = place.text("store");
    let exports: [(&str, &[&str]); 9] = [
        ("a.wav", &[]),
        ("a.flac", &[]),
        ("a.flac", &["--bit-depth", "16"]),
        ("a.flac", &["--bit-depth", "16", "--dither", "shaped"]),
        ("a.wav", &["--normalise", "loudness:-20"]),
        ("a.wav", &["--normalise", "loudness:-20:-2", "--fade-in", "1"]),
        ("a.wav", &["--fade-out", "1"]),
        ("a.wav", &["--channels", "mono"]),
        ("a.wav", &["--split"]),
    ];
    for (name, more) in exports {
        let cached: Vec<&str> = more.iter().copied().chain(["--cache", &store]).collect();
        let first = bounce(&place, &session, name, &cached);
        let served = bounce(&place, &session, name, &cached);
        let fresh = bounce(&place, &session, name, more);
        assert_eq!(
            (&first["served"], &served["served"]),
            (&false.into(), &true.into()),
            "{more:?}"
        );
        for field in ["pcm_sha256", "files", "frames", "channels", "normalised", "mix_sha256"] {
            assert_eq!(first[field], fresh[field], "{more:?}: {field}");
            assert_eq!(served[field], fresh[field], "{more:?}: {field}");
        }
    }
}

#[test]
fn what_no_file_can_be_is_refused_before_anything_is_written() {
    let place = Place::new();
    let session = tone(&place);
    for (name, more, words) in [
        (
            "a.flac",
            &["--bit-depth", "32f"][..],
            &["a.flac", "whole numbers", "24 or 16", ".wav"][..],
        ),
        ("a.wav", &["--bit-depth", "32f", "--dither", "shaped"], &["nothing to dither"]),
        ("a.wav", &["--dither", "pink"], &["none", "tpdf", "shaped"]),
        ("a.wav", &["--normalise", "rms:-3"], &["peak:DBFS", "loudness:-14:-1"]),
        ("a.wav", &["--normalise", "peak:3"], &["peak: 3", "-60 to 0 dBFS"]),
        ("a.wav", &["--fade-in", "-1"], &["fade in: -1", "0 to 86400 seconds"]),
        ("a.wav", &["--fade-out", "NaN"], &["fade out: NaN"]),
        ("a.wav", &["--fade-curve", "slow"], &["there is no fade"]),
        ("a.wav", &["--trim-threshold", "-60"], &["nothing is trimmed"]),
        ("a.wav", &["--trim", "end", "--trim-threshold", "3"], &["-144 to -6"]),
        ("a.wav", &["--split", "--channels", "mono"], &["one channel only"]),
        ("a.ogg", &[], &["a.ogg", "WAV or FLAC"]),
    ] {
        let out = place.text(name);
        refused(["bounce", &session, "-o", &out].iter().chain(more).copied(), 2, words);
        place.assert_clean(name);
    }
}
