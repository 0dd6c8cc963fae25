//! Plug-ins that stand behind each other run together: each hears what it would by itself, at its own
//! time, and what happens to one of them is said of that one.

use serde_json::{Value, json};

use crate::bundles::vst3_id;
use crate::hosting::{Studio, insert, ramp_track};
use crate::plugin_formats::studio;
use crate::support::refused_by;

/// Frames of the ramp that [`ramp_track`] plays.
const RAMP_FRAMES: u32 = 15_000;

/// Frames of the longest batch of plug-ins that run together: four of theirs, less three blocks.
const BATCH_FRAMES: u32 = 14_848;

/// What the pan of a mono track and the grid of sums may round.
const ROUNDING: f32 = 1e-7;

/// A track that plays the ramp four times in a row: some batches of several plug-ins.
fn long_track(inserts: &Value, layout: &str) -> Value {
    let mut track = ramp_track("a", inserts);
    track["layout"] = json!(layout);
    let clips = (0..4).map(|number| {
        let mut clip = track["clips"][0].clone();
        clip["id"] = json!(format!("clip-{number}"));
        clip["start"] = json!({"samples": number * RAMP_FRAMES});
        clip
    });
    track["clips"] = clips.collect();
    track
}

/// The VST3 that is late by its parameter's part of 128 frames.
fn late(id: &str, value: f64) -> Value {
    json!({
        "id": id, "processor": "plugin", "parameters": {"7": value},
        "plugin": {"format": "vst3", "id": vst3_id("Late"), "name": "late"},
    })
}

/// An insert that halves.
fn gain(id: &str) -> Value {
    let mut gain = insert("gain", &json!({"7": 0.5}));
    gain["id"] = json!(id);
    gain
}

/// Two runs of four plug-ins and one of two: what they are late by is no multiple of their blocks, one
/// counts those, and one is automated.
#[test]
fn a_chain_is_its_plug_ins_one_after_the_other() {
    let studio = studio(&["ticks", "mono-gain", "look-ahead", "gain"]);
    let chain = json!([
        late("first", 0.25),
        insert("mono-gain", &json!({"7": 0.5})),
        late("second", 1.0),
        gain("moves"),
        insert("look-ahead", &json!({"7": 0.5})),
        gain("plain"),
        late("third", 0.75),
        insert("ticks", &json!({})),
        late("fourth", 0.5),
        gain("last"),
    ]);
    for layout in ["stereo", "mono"] {
        let mut track = long_track(&chain, layout);
        track["lanes"] = json!([{
            "id": "lane", "target": "inserts/moves/7",
            "points": [
                {"at": {"samples": 0}, "value": 1.0, "shape": "hold"},
                {"at": {"samples": 20_725}, "value": 0.25, "shape": "hold"},
                {"at": {"samples": 45_000}, "value": 2.0, "shape": "hold"},
            ],
        }]);
        let dry = studio.session("dry", &json!([long_track(&json!([]), layout)]));
        let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
        let song = studio.session("song", &json!([track]));
        for arguments in [
            &["--jobs", "1"][..],
            &["--jobs", "1", "--block", "64"],
            &["--jobs", "1", "--block", "8192", "--plugin-isolation", "chain"],
            &["--jobs", "2", "--block", "1000"],
            &["--jobs", "1", "--plugin-isolation", "vendor"],
        ] {
            let (_, wet) = studio.bounce(&song, &[&["--no-cache"], arguments].concat());
            assert_eq!(wet.len(), dry.len());
            for (frame, (dry, wet)) in dry.iter().zip(&wet).enumerate() {
                let moved = match frame {
                    0..20_725 => 1.0,
                    20_725..45_000 => 0.25,
                    _ => 2.0,
                };
                let ticks = (frame / 512 * 512 / 960) as f32 / 64.0;
                let level = moved * ticks / 16.0;
                let expected = dry.map(|sample| sample * level);
                let pairs = wet.iter().zip(&expected);
                let is_same = match layout {
                    "mono" => pairs.map(|(a, b)| (a - b).abs()).all(|rest| rest < ROUNDING),
                    _ => *wet == expected,
                };
                assert!(is_same, "{layout} {arguments:?} {frame}: {wet:?}, not {expected:?}");
            }
        }
        // A part of it is the same part of the whole.
        let (_, whole) = studio.bounce(&song, &["--no-cache", "--jobs", "1"]);
        let part = ["--no-cache", "--jobs", "1", "--from", "30001smp", "--to", "40000smp"];
        let (_, part) = studio.bounce(&song, &part);
        assert_eq!(part, whole[30_001..40_000]);
    }
}

/// A plug-in that gets later while it runs, before others and behind them.
#[test]
fn a_latency_that_rises_in_a_chain_is_compensated() {
    let studio = Studio::new(&["changes-latency", "gain", "delay"]);
    let gain = gain("gain");
    let dry = studio.session("dry", &json!([long_track(&json!([]), "stereo")]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    let changes = insert("changes-latency", &json!({}));
    let delay = insert("delay", &json!({}));
    for chain in [json!([delay, changes, gain]), json!([changes, delay, gain])] {
        let song = studio.session("song", &json!([long_track(&chain, "stereo")]));
        for (jobs, isolation) in [("1", "instance"), ("1", "chain"), ("2", "instance")] {
            // Nothing is known of it.
            let _ = std::fs::remove_dir_all(studio.path("catalogue").join("latencies"));
            let how = ["--no-cache", "--jobs", jobs, "--plugin-isolation", isolation];
            let (outcome, wet) = studio.bounce(&song, &how);
            let halved: Vec<_> = dry.iter().map(|frame| frame.map(|s| s * 0.5)).collect();
            assert_eq!(wet, halved, "{how:?} {chain}");
            let warnings = outcome.json()["warnings"].to_string();
            for word in ["inserts/changes-latency", "rendered again with a latency of 64"] {
                assert!(warnings.contains(word), "no '{word}' in {warnings}");
            }
        }
    }
}

#[test]
fn what_is_no_number_is_silent_for_the_next_one() {
    let studio = Studio::new(&["not-a-number", "gain"]);
    let chain = json!([gain("a"), insert("not-a-number", &json!({})), gain("b"), gain("c")]);
    let song = studio.session("song", &json!([long_track(&chain, "stereo")]));
    let dry = studio.session("dry", &json!([long_track(&json!([]), "stereo")]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    for (jobs, isolation, batch) in
        [("1", "instance", BATCH_FRAMES), ("1", "chain", BATCH_FRAMES), ("2", "instance", 4_096)]
    {
        let how = ["--no-cache", "--jobs", jobs, "--plugin-isolation", isolation];
        let (outcome, wet) = studio.bounce(&song, &how);
        let warnings = outcome.json()["warnings"].to_string();
        let told =
            format!("gave 1 samples that are no numbers, the first within {batch} frames from");
        for word in ["tracks/a/inserts/not-a-number", &told] {
            assert!(warnings.contains(word), "no '{word}' in {warnings}");
        }
        assert!(!warnings.contains("inserts/b"), "{warnings}");
        let differs = |(dry, wet): (&[f32; 2], &[f32; 2])| *wet != dry.map(|s| s * 0.125);
        assert_eq!(dry.iter().zip(&wet).filter(|pair| differs(*pair)).count(), 1);
    }
}

#[test]
fn what_fails_in_a_chain_is_named_and_skipped_alone() {
    let studio = Studio::new(&["crash-at-process", "hang-at-process", "gain"]);
    let dry = studio.session("dry", &json!([long_track(&json!([]), "stereo")]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    let quarter: Vec<_> = dry.iter().map(|frame| frame.map(|s| s * 0.25)).collect();
    for (name, what) in
        [("crash-at-process", "SIGSEGV"), ("hang-at-process", "no answer within 1 s")]
    {
        let chain = json!([gain("first"), insert(name, &json!({})), gain("last")]);
        let song = studio.session("song", &json!([long_track(&chain, "stereo")]));
        let place = format!("tracks/a/inserts/{name}");
        let policy = ["--no-cache", "--jobs", "1", "--plugin-time-limit", "1"];
        for isolation in ["instance", "chain", "vendor"] {
            let stops = [&policy[..], &["--plugin-isolation", isolation]].concat();
            let mut command = studio.bounce_command(&song, &stops);
            let _ = std::fs::remove_file(studio.path("out.wav"));
            refused_by(&mut command, 5, &[&place, what, "at sample 0 "]);
            let skips = [&stops[..], &["--plugin-failure", "skip"]].concat();
            assert_eq!(studio.bounce(&song, &skips).1, quarter, "{name} {isolation}");
        }
    }
}

/// A batch of several is a multiple of any block, and the longest blocks leave nothing to gain.
#[test]
fn blocks_of_any_length_stay_where_they_are() {
    let studio = studio(&["ticks"]);
    let chain = json!([late("first", 0.25), insert("ticks", &json!({})), late("last", 1.0)]);
    let dry = studio.session("dry", &json!([long_track(&json!([]), "stereo")]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    for block in [16, 512, 1_000, 8_192] {
        let tracks = json!([long_track(&chain, "stereo")]);
        let song = studio.session(&format!("blocks-{block}"), &tracks);
        let document = studio.path(&format!("blocks-{block}")).join("session.json");
        let mut session: Value =
            serde_json::from_slice(&std::fs::read(&document).unwrap()).unwrap();
        session["plugin_block"] = json!(block);
        std::fs::write(&document, session.to_string()).unwrap();
        let (_, wet) = studio.bounce(&song, &["--no-cache", "--jobs", "1"]);
        for (frame, (dry, wet)) in dry.iter().zip(&wet).enumerate() {
            // A timer goes off once a block at most.
            let ticks = (frame / block).min(frame / block * block / 960) as f32 / 64.0;
            assert_eq!(*wet, dry.map(|sample| sample * ticks), "{block} {frame}");
        }
    }
}

/// Whoever follows right behind one without latency, and so may run on its thread, is still told what moves.
#[test]
fn automation_reaches_all_of_a_chain() {
    let studio = Studio::new(&["gain"]);
    let dry = studio.session("dry", &json!([long_track(&json!([]), "stereo")]));
    let (_, dry) = studio.bounce(&dry, &["--no-cache"]);
    let mut track = long_track(&json!([gain("a"), gain("b"), gain("c"), gain("d")]), "stereo");
    let lane = |insert: &str, at: u32| {
        json!({
            "id": format!("lane-{insert}"), "target": format!("inserts/{insert}/7"),
            "points": [
                {"at": {"samples": 0}, "value": 1.0, "shape": "hold"},
                {"at": {"samples": at}, "value": 0.25, "shape": "hold"},
            ],
        })
    };
    track["lanes"] = json!([lane("b", 20_725), lane("d", 40_003)]);
    let song = studio.session("song", &json!([track]));
    for (jobs, isolation) in
        [("1", "instance"), ("1", "chain"), ("1", "vendor"), ("2", "instance"), ("2", "chain")]
    {
        let how = ["--no-cache", "--jobs", jobs, "--plugin-isolation", isolation];
        let (_, wet) = studio.bounce(&song, &how);
        for (frame, (dry, wet)) in dry.iter().zip(&wet).enumerate() {
            let moved = |at: usize| if frame < at { 1.0 } else { 0.25 };
            let level = 0.25 * moved(20_725) * moved(40_003);
            assert_eq!(*wet, dry.map(|sample| sample * level), "{how:?} {frame}");
        }
    }
}
