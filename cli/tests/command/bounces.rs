//! Bounces: the one object, the ranges, the same bits.

use serde_json::Value;

use crate::support::{Place, audio_track, done, ramp, refused, tone_track, wav};

fn bounce(place: &Place, session: &str, more: &[&str]) -> Value {
    let out = place.text("out.wav");
    let fixed = ["bounce", session, "-o", &out, "--force", "--json"];
    done(fixed.iter().chain(more).copied()).json()
}

fn song(place: &Place) -> String {
    let markers =
        "\"markers\": [{\"id\": \"drop\", \"name\": \"The drop\", \"at\": {\"samples\": 24000}}]";
    let sections = "\"sections\": [{\"id\": \"verse\", \"name\": \"Verse\", \"start\": 15360, \
                    \"length\": 30720}]";
    std::fs::create_dir_all(place.path("song")).unwrap();
    std::fs::write(place.path("song/take.wav"), wav(&ramp(48_000))).unwrap();
    let tracks = [tone_track("keys", 2), audio_track("tape", "take.wav", 48_000)].join(", ");
    place.session("song", &format!("\"tracks\": [{tracks}], {markers}, {sections}"))
}

#[test]
fn the_report_is_one_object_with_every_field() {
    let place = Place::new();
    let report = bounce(&place, &song(&place), &[]);
    let fields: Vec<&str> = report.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = [
        "output",
        "frames",
        "channels",
        "sample_rate",
        "pcm_sha256",
        "mix_sha256",
        "wall_seconds",
        "cpu_seconds",
        "times_realtime",
        "integrated_lufs",
        "true_peak_dbtp",
        "served",
        "warnings",
    ];
    expected.sort_unstable();
    let mut fields = fields;
    fields.sort_unstable();
    assert_eq!(fields, expected);
    assert_eq!((&report["channels"], &report["sample_rate"]), (&2.into(), &48_000.into()));
    assert!(report["cpu_seconds"].as_f64().unwrap() > 0.0);
    assert!(report["integrated_lufs"].as_f64().unwrap() < 0.0);
    assert_eq!(report["mix_sha256"].as_str().unwrap().len(), 64);
    let bare = bounce(&place, &song(&place), &["--no-measure"]);
    assert!(bare.get("integrated_lufs").is_none() && bare.get("true_peak_dbtp").is_none());
    assert_eq!(bare["mix_sha256"], report["mix_sha256"]);
}

#[test]
fn jobs_blocks_and_levels_change_no_bit() {
    let place = Place::new();
    let session = song(&place);
    let first = bounce(&place, &session, &[]);
    for more in [
        &["--jobs", "1"][..],
        &["--jobs", "7", "--block", "17"],
        &["--block", "4096"],
        &["--simd", "scalar"],
    ] {
        let other = bounce(&place, &session, more);
        for field in ["mix_sha256", "pcm_sha256", "frames"] {
            assert_eq!(other[field], first[field], "{more:?}");
        }
    }
}

#[test]
fn ranges_are_cut_at_their_samples() {
    let place = Place::new();
    let session = song(&place);
    for (from, to, frames) in [
        ("0s", "1.5s", 72_000),
        ("1|1|0", "2|1|0", 96_000),
        ("480smp", "500smp", 20),
        ("drop", "1s", 24_000),
        ("The drop", "1s", 24_000),
        ("verse", "verse", 48_000),
    ] {
        let report = bounce(&place, &session, &["--from", from, "--to", to]);
        assert_eq!(report["frames"], frames, "{from} to {to}");
    }
}

#[test]
fn a_range_is_the_same_as_that_part_of_the_whole() {
    let place = Place::new();
    let session = song(&place);
    let (whole, part) = (place.text("whole.wav"), place.text("part.wav"));
    let depth = ["--bit-depth", "32f"];
    let bounce = |out: &str, range: &[&str]| {
        done(["bounce", &session, "-o", out].iter().chain(&depth).chain(range).copied());
        std::fs::read(out).unwrap()
    };
    let whole = bounce(&whole, &["--to", "1.5s"]);
    let part = bounce(&part, &["--from", "0.5s", "--to", "1.5s"]);
    let bytes = 48_000 * 8;
    assert_eq!(whole[whole.len() - bytes..], part[part.len() - bytes..]);
}

#[test]
fn tails_are_as_long_as_asked() {
    let place = Place::new();
    let session = song(&place);
    let frames = |tail: &str| bounce(&place, &session, &["--tail", tail])["frames"].as_u64();
    assert_eq!(frames("none"), Some(96_000));
    assert_eq!(frames("0.5"), Some(120_000));
    // The tone's release of 100 ms.
    let auto = frames("auto").unwrap();
    assert!((100_000..=100_802).contains(&auto), "{auto}");
}

/// The hash is that of the master's output; that silence is cut off the file's end is export.
#[test]
fn the_mix_is_hashed_before_silence_is_trimmed() {
    let place = Place::new();
    let session = song(&place);
    let trimmed = bounce(&place, &session, &["--bit-depth", "32f"]);
    let end = trimmed["frames"].as_u64().unwrap();
    // 48000 Hz, latency 0, content 96000, tail 4801, ...
    let plan = done(["plan", &session]).stdout;
    let tail = plan.split_once(", tail ").unwrap().1.split_once(',').unwrap().0;
    let rung_out = 96_000 + tail.parse::<u64>().unwrap();
    assert!(end < rung_out, "{trimmed}");
    let mix = |to: u64| bounce(&place, &session, &["--to", &format!("{to}smp")]);
    assert_eq!(mix(rung_out)["mix_sha256"], trimmed["mix_sha256"]);
    assert_ne!(mix(end)["mix_sha256"], trimmed["mix_sha256"]);
}

#[test]
fn another_rate_and_depth_convert_the_result_only() {
    let place = Place::new();
    let session = song(&place);
    let plain = bounce(&place, &session, &["--tail", "none"]);
    let other =
        bounce(&place, &session, &["--tail", "none", "--rate", "24000", "--bit-depth", "16"]);
    assert_eq!((&other["sample_rate"], &other["frames"]), (&24_000.into(), &48_000.into()));
    assert_eq!(other["mix_sha256"], plain["mix_sha256"]);
    assert_ne!(other["pcm_sha256"], plain["pcm_sha256"]);
    let length = std::fs::metadata(place.path("out.wav")).unwrap().len();
    assert!((192_000..192_200).contains(&length), "{length}");
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    let place = Place::new();
    let session = song(&place);
    let out = place.text("out.wav");
    for (more, words) in [
        (&["--from", "chorus"][..], &["'chorus' is no position", "drop, verse"][..]),
        (&["--to", "5|9|0"], &["--to: '5|9|0' is no", "bar 5 has no beat 9", "1 to 4\n"]),
        (&["--from", "0|1|0"], &["--from: '0|1|0' is no", "bar 0 lies before", "from 1\n"]),
        (&["--from", "1|x"], &["'1|x' is no", "BAR|BEAT|TICK", "drop, verse"]),
        (&["--from", "1s", "--to", "1s"], &["--to", "later end"]),
        (&["--tail", "long"], &["'long'", "auto", "none"]),
        (&["--tail", "1", "--to", "1s"], &["--tail", "--to"]),
        (&["--rate", "7"], &["8000 to 384000"]),
        (&["--bit-depth", "8"], &["16", "24", "32f"]),
        (&["--block", "0"], &["1..=65536"]),
        (&["--jobs", "0"], &["1..=1024"]),
        (&["--simd", "mmx"], &["'mmx'", "scalar"]),
    ] {
        refused(["bounce", &session, "-o", &out].iter().chain(more).copied(), 2, words);
    }
    place.assert_clean("out.wav");
    for name in ["out.mp3", "out.aiff", "out.wav.tmp"] {
        let words = [name, "WAV or FLAC", "ends in .wav or .flac"];
        refused(["bounce", &session, "-o", &place.text(name)], 2, &words);
        place.assert_clean(name);
    }
    done(["bounce", &session, "-o", &place.text("OUT.WAV"), "--quiet"]);
    done(["bounce", &session, "-o", &place.text("out"), "--quiet"]);
}

#[test]
fn a_mix_beyond_full_scale_is_told() {
    let place = Place::new();
    let track = tone_track("keys", 1).replace("\"kind\"", "\"volume_db\": 30, \"kind\"");
    let session = place.session("loud", &format!("\"tracks\": [{track}]"));
    let report = bounce(&place, &session, &[]);
    assert!(report["warnings"][0].as_str().unwrap().contains("were clipped"), "{report}");
    let float = bounce(&place, &session, &["--bit-depth", "32f"]);
    assert_eq!(float["warnings"], serde_json::json!([]));
}

#[test]
fn people_get_a_summary_and_quiet_gives_nothing() {
    let place = Place::new();
    let session = song(&place);
    let out = place.text("out.wav");
    let spoken = done(["bounce", &session, "-o", &out]);
    for word in ["out.wav", "times real time", "LUFS", "dBTP", "mix "] {
        assert!(spoken.stdout.contains(word), "{spoken:?}");
    }
    assert_eq!(spoken.stderr, "");
    let quiet = done(["bounce", &session, "-o", &out, "--force", "--quiet"]);
    assert_eq!((quiet.stdout.as_str(), quiet.stderr.as_str()), ("", ""));
}

#[test]
fn identities_of_files_are_kept_for_the_next_time() {
    let place = Place::new();
    let session = song(&place);
    bounce(&place, &session, &[]);
    let index = std::fs::read_to_string(place.path("song/.wavemill/audio-index.json")).unwrap();
    assert!(index.contains("take.wav"), "{index}");
}
