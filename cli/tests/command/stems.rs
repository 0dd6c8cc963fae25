//! Stems: what they add up to, the mix beside them, the same bits, what is refused.

use std::path::Path;

use serde_json::Value;

use crate::support::{Place, audio_track, command, done, done_by, ramp, refused, tone_track, wav};

/// A bar or two of the demo: groups of strips, a return, sidechains, a master that is late.
const DEMO_RANGE: [&str; 4] = ["--from", "1.5s", "--to", "4.5s"];

fn demo(place: &Place) -> String {
    let song = place.text("demo");
    done(["new", &song, "--demo"]);
    song
}

/// Two tracks, a group, and a return that one track feeds.
fn song(place: &Place) -> String {
    std::fs::create_dir_all(place.path("song")).unwrap();
    std::fs::write(place.path("song/take.wav"), wav(&ramp(24_000))).unwrap();
    let mut tape = audio_track("tape", "take.wav", 24_000);
    tape.pop();
    tape.push_str(
        ", \"volume_db\": -3, \"inserts\": [{\"id\": \"cut\", \"processor\": \"gain\", \
         \"parameters\": {\"gain_db\": -6}}], \"output\": \"bus\", \"sends\": [{\"id\": \"verb\", \
         \"to\": \"verb\", \"tap\": \"post-fader\", \"level_db\": 0}]}",
    );
    let bus = "{\"id\": \"bus\", \"name\": \"Bus\", \"kind\": \"group\"}".to_owned();
    let verb = "{\"id\": \"verb\", \"name\": \"Verb\", \"kind\": \"return\", \"volume_db\": -12}";
    let tracks = [tape, tone_track("keys", 1), bus, verb.to_owned()].join(", ");
    let master = "\"master\": {\"volume_db\": -2, \"inserts\": [{\"id\": \"drive\", \
                  \"processor\": \"gain\", \"parameters\": {\"gain_db\": 4}}]}";
    place.session("song", &format!("\"tracks\": [{tracks}], {master}"))
}

fn stems(session: &str, output: &str, more: &[&str]) -> Value {
    let fixed = ["stems", session, "-o", output, "--json", "--force", "--bit-depth", "32f"];
    done(fixed.iter().chain(more).copied()).json()
}

/// The samples of a WAV file of 32-bit floats.
fn floats(path: impl AsRef<Path>) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    let data = bytes.windows(4).position(|word| word == b"data").unwrap();
    bytes[data + 8..].chunks_exact(4).map(|b| f32::from_le_bytes(b.try_into().unwrap())).collect()
}

fn outputs(report: &Value) -> Vec<String> {
    let stems = report["stems"].as_array().unwrap().iter();
    stems.map(|stem| stem["output"].as_str().unwrap().to_owned()).collect()
}

/// What the f32 stems add up to, rounded once.
#[allow(clippy::cast_possible_truncation)] // Rounding to f32 is the point.
fn sum(files: &[String]) -> Vec<f32> {
    let mut sum: Vec<f64> = Vec::new();
    for file in files {
        let samples = floats(file);
        sum.resize(samples.len(), 0.0);
        sum.iter_mut().zip(samples).for_each(|(sum, sample)| *sum += f64::from(sample));
    }
    sum.into_iter().map(|sum| sum as f32).collect()
}

#[test]
fn stems_of_what_feeds_the_master_add_up_to_its_input() {
    let place = Place::new();
    for (session, more) in [(demo(&place), &DEMO_RANGE[..]), (song(&place), &[])] {
        let stemmed = stems(&session, &place.text("stems"), more);
        assert!(outputs(&stemmed).len() >= 3);
        let master = ["--of", "master", "--tap", "pre-fx"];
        let more: Vec<&str> = master.iter().chain(more).copied().collect();
        let input = outputs(&stems(&session, &place.text("input"), &more));
        let input = floats(&input[0]);
        assert!(input.iter().any(|sample| sample.abs() > 0.01), "the master hears nothing");
        let sum = sum(&outputs(&stemmed));
        assert_eq!(sum.len(), input.len());
        let differing = sum.iter().zip(&input).filter(|(a, b)| a != b).count();
        assert_eq!(differing, 0, "{session}");
    }
}

#[test]
fn the_mix_beside_the_stems_is_that_of_a_bounce() {
    let place = Place::new();
    for (session, more) in [(demo(&place), &DEMO_RANGE[..]), (song(&place), &[])] {
        let out = place.text("mix.wav");
        let fixed = ["bounce", &session, "-o", &out, "--json", "--force", "--bit-depth", "32f"];
        let bounced = done(fixed.iter().chain(more).copied()).json();
        let more: Vec<&str> = ["--mix"].iter().chain(more).copied().collect();
        let mix = &stems(&session, &place.text("stems"), &more)["mix"];
        assert_eq!(mix["signal_sha256"], bounced["mix_sha256"], "{session}");
        assert_eq!(mix["pcm_sha256"], bounced["pcm_sha256"], "{session}");
        assert!(mix["output"].as_str().unwrap().ends_with("00-mix.wav"));
    }
}

#[test]
fn each_tap_is_where_it_says() {
    let place = Place::new();
    let song = song(&place);
    let db = wavemill_core::math::db_to_gain;
    let take: Vec<f64> = ramp(24_000).into_iter().map(f64::from).collect();
    // The insert, the fader, then the master's insert and fader.
    let taps = [
        ("pre-fx", 1.0),
        ("pre-fader", db(-6.0)),
        ("post-fader", db(-9.0)),
        ("through-master", db(-9.0 + 4.0 - 2.0)),
    ];
    for (tap, gain) in taps {
        let report = stems(&song, &place.text("stems"), &["--of", "tape", "--tap", tap]);
        let stem = floats(&outputs(&report)[0]);
        for (frame, sample) in take.iter().enumerate() {
            for side in &stem[2 * frame..2 * frame + 2] {
                let off = (f64::from(*side) - sample * gain).abs();
                assert!(off < 1e-6, "{tap}: {off} off at frame {frame}");
            }
        }
    }
    let keys = stems(&song, &place.text("stems"), &["--of", "keys", "--tap", "pre-fx"]);
    let keys = floats(&outputs(&keys)[0]);
    assert!(keys.iter().any(|sample| sample.abs() > 0.01), "an instrument sounds before effects");
}

/// The only track of a session, through the master, is the mix.
#[test]
fn a_lone_track_through_the_master_is_the_mix() {
    let place = Place::new();
    let master = "\"master\": {\"volume_db\": -2, \"inserts\": [{\"id\": \"squash\", \
                  \"processor\": \"compressor\"}, {\"id\": \"limit\", \"processor\": \
                  \"limiter\"}]}";
    let session = place.session("lone", &format!("\"tracks\": [{}], {master}", tone_track("a", 1)));
    let report = stems(&session, &place.text("s"), &["--mix", "--tap", "through-master"]);
    assert_eq!(report["stems"][0]["signal_sha256"], report["mix"]["signal_sha256"]);
}

#[test]
fn jobs_blocks_and_levels_change_no_bit_of_a_stem() {
    let place = Place::new();
    let session = demo(&place);
    let hashes = |more: &[&str]| {
        let all: Vec<&str> =
            ["--of", "all", "--mix"].iter().chain(&DEMO_RANGE).chain(more).copied().collect();
        let report = stems(&session, &place.text("stems"), &all);
        let stems = report["stems"].as_array().unwrap().clone();
        let stems = stems.into_iter().chain([report["mix"].clone()]);
        stems.map(|stem| stem["signal_sha256"].clone()).collect::<Vec<_>>()
    };
    let expected = hashes(&["--jobs", "1"]);
    assert!(expected.len() > 4);
    for more in [["--jobs", "3"], ["--block", "1000"], ["--block", "7"], ["--simd", "scalar"]] {
        assert_eq!(hashes(&more), expected, "{more:?}");
    }
}

/// A finished stem is served; an edit of one track renders that one and the mix again.
#[test]
fn only_what_changed_is_rendered_again() {
    let place = Place::new();
    let song = song(&place);
    let run = || {
        let mut command = command();
        command.env("WAVEMILL_CACHE", place.path("store"));
        let output = place.text("stems");
        command.args(["stems", &song, "-o", &output, "--json", "--force", "--mix", "--of", "all"]);
        done_by(&mut command).json()
    };
    let served = |report: &Value| {
        let stems = report["stems"].as_array().unwrap().clone();
        let stems = stems.into_iter().chain([report["mix"].clone()]);
        stems.map(|stem| stem["served"].as_bool().unwrap()).collect::<Vec<_>>()
    };
    let cold = run();
    assert_eq!(served(&cold), [false; 5]);
    let warm = run();
    assert_eq!(served(&warm), [true; 5]);
    let hashes = |report: &Value| {
        let stems = report["stems"].as_array().unwrap().iter();
        stems.map(|stem| stem["pcm_sha256"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(hashes(&warm), hashes(&cold));
    let document = place.path("song/session.json");
    let text = std::fs::read_to_string(&document).unwrap();
    std::fs::write(&document, text.replace("\"gain_db\": -6", "\"gain_db\": -7")).unwrap();
    let edited = run();
    // The tape and the bus and return it feeds, and the mix; the keys are as they were.
    assert_eq!(served(&edited), [false, true, false, false, false]);
    std::fs::remove_dir_all(place.path("store")).unwrap();
    assert_eq!(hashes(&run()), hashes(&edited));
}

#[test]
fn what_is_muted_has_no_stem_unless_it_is_taken_before_the_fader() {
    let place = Place::new();
    let mut quiet = tone_track("quiet", 1);
    quiet.pop();
    quiet.push_str(", \"mute\": true}");
    let tracks = [quiet, tone_track("loud", 1)].join(", ");
    let session = place.session("song", &format!("\"tracks\": [{tracks}]"));
    for tap in ["post-fader", "through-master"] {
        let report = stems(&session, &place.text(tap), &["--tap", tap]);
        assert_eq!(report["silent"], serde_json::json!(["quiet"]));
        assert_eq!(outputs(&report).len(), 1);
        assert!(!place.path(tap).join("01-quiet.wav").exists());
    }
    let report = stems(&session, &place.text("pre-fader"), &["--tap", "pre-fader"]);
    let heard = floats(&outputs(&report)[0]);
    assert!(heard.iter().any(|sample| sample.abs() > 0.01));
}

#[test]
fn what_makes_no_sense_is_refused_before_anything_is_written() {
    let place = Place::new();
    let song = song(&place);
    let out = place.text("out");
    let refuse = |more: &[&str], code: i32, words: &[&str]| {
        let fixed = ["stems", &song, "-o", &out];
        refused(fixed.iter().chain(more).copied(), code, words);
        place.assert_clean("out");
    };
    refuse(&["--of", "drum"], 2, &["'drum'", "keys"]);
    refuse(&["--of", "all", "--pattern", "stem.wav"], 2, &["tape", "keys", "stem.wav"]);
    refuse(&["--pattern", "{track}/{index}.wav"], 2, &["slash"]);
    refuse(&["--pattern", "{colour}.wav"], 2, &["{colour}", "{track}"]);
    refuse(&["--from", "2s", "--to", "1s"], 2, &["--to"]);
    refuse(&["--trim", "both"], 2, &["--trim"]);
    refuse(&["--pattern", "{track}.mp3"], 2, &["mp3"]);
    refuse(&["--format", "flac", "--bit-depth", "32f"], 2, &["FLAC"]);
    std::fs::write(place.path("file"), "mine").unwrap();
    let file = place.text("file");
    refused(["stems", &song, "-o", &file], 4, &["folder"]);
    done(["stems", &song, "-o", &out]);
    let before = std::fs::read(place.path("out/01-keys.wav")).unwrap();
    refused(["stems", &song, "-o", &out], 4, &["01-keys.wav", "--force"]);
    assert_eq!(std::fs::read(place.path("out/01-keys.wav")).unwrap(), before);
}
