//! `bounce --manifest --trace`: the digest of every signal is that of its stem, whatever way it was
//! rendered, and `manifest diff` follows a difference to where it starts.

use std::fs;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use wavemill_render::record::BounceRecord;

use crate::support::{Place, audio_track, done, refused, tone_track, wav};

const FRAMES: usize = 4 * 48_000;
const CHUNK_BYTES: usize = 8 * 65_536;

/// Four seconds: a late mono track with a send before its fader, one that it ducks, a group with a
/// bypassed insert, a return, a muted track, and a late master.
struct Song {
    place: Place,
    document: Value,
}

impl Song {
    fn new() -> Self {
        let parsed = |text: &str| -> Value { serde_json::from_str(text).unwrap() };
        let mut tape = parsed(&audio_track("tape", "take.wav", 192_000));
        tape["layout"] = json!("mono");
        tape["volume_db"] = json!(-3);
        tape["output"] = json!("bus");
        tape["inserts"] = json!([
            {"id": "eq", "processor": "equaliser",
             "parameters": {"band1.type": "bell", "band1.gain_db": 5}},
            {"id": "lim", "processor": "limiter", "parameters": {"ceiling_db": -12}},
            {"id": "trim", "processor": "gain", "parameters": {"gain_db": -2}},
        ]);
        tape["sends"] = json!([{"id": "verb", "to": "verb", "tap": "pre-fader", "level_db": -4}]);
        let mut keys = parsed(&tone_track("keys", 4));
        keys["inserts"].as_array_mut().unwrap().push(json!(
            {"id": "duck", "processor": "compressor",
             "parameters": {"threshold_db": -40, "ratio": 6},
             "sidechain": {"from": "tape", "tap": "pre-fader"}}
        ));
        let bus = json!({"id": "bus", "name": "bus", "kind": "group", "inserts": [
            {"id": "off", "processor": "limiter", "bypass": true},
            {"id": "dc", "processor": "dc-block"},
        ]});
        let verb = json!({"id": "verb", "name": "verb", "kind": "return", "inserts": [
            {"id": "delay", "processor": "delay",
             "parameters": {"time_ms": 130, "feedback": 0.4}},
        ]});
        let mut mute = parsed(&tone_track("mute", 4));
        mute["mute"] = json!(true);
        let document = json!({
            "format": "wavemill-session", "version": 1, "name": "song", "sample_rate": 48_000,
            "tracks": [tape, keys, bus, verb, mute],
            "master": {"volume_db": -6, "inserts": [{"id": "limiter", "processor": "limiter"}]},
        });
        let song = Self { place: Place::new(), document };
        song.take(FRAMES);
        song.save();
        song
    }

    /// Writes the audio file, whose samples are others from `changed` on.
    fn take(&self, changed: usize) {
        let sample = |n: usize| {
            let hash = u32::try_from(n).unwrap().wrapping_mul(2_654_435_761) >> 20;
            let height = if n < changed { 4_096.0 } else { 8_192.0 };
            (f32::from(u16::try_from(hash).unwrap()) - 2_048.0) / height
        };
        fs::create_dir_all(self.place.path("song")).unwrap();
        let samples: Vec<f32> = (0..FRAMES).map(sample).collect();
        fs::write(self.place.path("song/take.wav"), wav(&samples)).unwrap();
    }

    fn save(&self) -> String {
        self.place.document("song", self.document.to_string().as_bytes())
    }

    /// The manifest of a bounce, as it is written.
    fn manifest(&self, more: &[&str]) -> String {
        let (session, file, out) =
            (self.place.text("song"), self.place.text("made.json"), self.place.text("out.wav"));
        let fixed = ["bounce", &session, "-o", &out, "--force", "--quiet", "--manifest", &file];
        let tail = if more.contains(&"--to") { &[][..] } else { &["--tail", "none"] };
        let cache = if more.contains(&"--cache") { &[][..] } else { &["--no-cache"] };
        done(fixed.iter().chain(tail).chain(cache).chain(more).copied());
        fs::read_to_string(file).unwrap()
    }

    fn traced(&self, more: &[&str]) -> Value {
        serde_json::from_str(&self.manifest(&[&["--trace"], more].concat())).unwrap()
    }

    /// The digests of the chunks of a stem.
    fn stem(&self, of: &str, tap: &str, range: &[&str]) -> Value {
        let (session, folder) = (self.save(), self.place.text("stems"));
        let _ = fs::remove_dir_all(&folder);
        let fixed = ["stems", &session, "-o", &folder, "--of", of, "--tap", tap, "--no-cache"];
        let format = ["--bit-depth", "32f", "--pattern", "{track}.wav", "--quiet"];
        done(fixed.iter().chain(&format).chain(range).copied());
        let bytes = fs::read(self.place.path(&format!("stems/{of}.wav"))).unwrap();
        let data = bytes.windows(4).position(|word| word == b"data").unwrap() + 8;
        bytes[data..].chunks(CHUNK_BYTES).map(|chunk| json!(sha256(chunk))).collect()
    }

    /// The inserts of a strip, which is a track or the master.
    fn inserts(&mut self, strip: &str) -> &mut Value {
        let strip = match strip {
            "master" => &mut self.document["master"],
            _ => {
                let tracks = self.document["tracks"].as_array_mut().unwrap();
                tracks.iter_mut().find(|track| track["id"] == strip).unwrap()
            }
        };
        &mut strip["inserts"]
    }

    /// What enters the chain of `strip`, and what its inserts up to `insert` make of it: another
    /// session has no others.
    fn after(&mut self, strip: &str, insert: &str, range: &[&str]) -> Value {
        let all = self.inserts(strip).clone();
        let inserts = self.inserts(strip).as_array_mut().unwrap();
        let at = inserts.iter().position(|here| here["id"] == insert).unwrap();
        inserts.truncate(at + 1);
        let digests = self.stem(strip, "pre-fader", range);
        *self.inserts(strip) = all;
        digests
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn ids(manifest: &Value) -> Vec<&str> {
    let signals = manifest["signals"].as_array().unwrap().iter();
    signals.map(|signal| signal["id"].as_str().unwrap()).collect()
}

fn signal<'v>(manifest: &'v Value, id: &str) -> &'v Value {
    let mut signals = manifest["signals"].as_array().unwrap().iter();
    signals.find(|signal| signal["id"] == id).unwrap_or_else(|| panic!("{id}"))
}

fn digests(manifest: &Value, id: &str) -> Value {
    let chunks = signal(manifest, id)["chunks"].as_array().unwrap().iter();
    chunks.map(|chunk| chunk["sha256"].clone()).collect()
}

/// All signals in the order in which they follow from one another.
const TRACED: [&str; 18] = [
    "tracks/tape/input",
    "tracks/tape/inserts/eq/output",
    "tracks/tape/inserts/lim/output",
    "tracks/tape/inserts/trim/output",
    "tracks/tape/pre-fader",
    "tracks/tape/post-fader",
    "tracks/keys/inserts/tone/output",
    "tracks/keys/inserts/duck/output",
    "tracks/keys/post-fader",
    "tracks/bus/input",
    "tracks/bus/inserts/off/output",
    "tracks/bus/inserts/dc/output",
    "tracks/bus/post-fader",
    "tracks/verb/input",
    "tracks/verb/inserts/delay/output",
    "tracks/verb/post-fader",
    "master/input",
    "master/inserts/limiter/output",
];

#[test]
fn every_strip_that_runs_is_digested_and_with_trace_every_insert() {
    let song = Song::new();
    let traced = song.traced(&[]);
    assert_eq!(ids(&traced), [&TRACED[..], &["master/post-fader"]].concat());
    assert_eq!(traced["trace"], true);
    let plain: Value = serde_json::from_str(&song.manifest(&[])).unwrap();
    let outputs: Vec<&str> = ids(&traced).into_iter().filter(|id| id.ends_with("-fader")).collect();
    assert_eq!(ids(&plain), outputs);
    for id in outputs {
        assert_eq!(digests(&plain, id).as_array().unwrap().len(), 3, "{id}");
        assert_eq!(digests(&plain, id), digests(&traced, id), "{id}");
        assert_eq!(signal(&plain, id)["latency"], signal(&traced, id)["latency"], "{id}");
    }
    // The limiter looks ahead, and its detector is late; the master has one more.
    let latency = |id: &str| signal(&traced, id)["latency"].as_i64().unwrap();
    let late = latency("tracks/tape/inserts/lim/output");
    assert_eq!(latency("tracks/tape/inserts/eq/output"), 0);
    assert!(late > 0);
    // A bypassed insert is as late as if it worked.
    assert_eq!(latency("tracks/bus/post-fader"), 2 * late);
    assert_eq!(latency("master/post-fader"), 3 * late);
    assert_eq!(
        signal(&traced, "tracks/keys/inserts/duck/output")["hears"],
        json!(["tracks/tape/pre-fader", "tracks/keys/inserts/tone/output"])
    );
    assert_eq!(
        signal(&plain, "master/post-fader")["hears"],
        json!(["tracks/keys/post-fader", "tracks/bus/post-fader", "tracks/verb/post-fader"])
    );
}

/// The closed form: every digest is SHA-256 of the bytes of a file that another command wrote.
#[test]
fn digests_are_those_of_stems() {
    for range in [&["--tail", "none"][..], &["--from", "0.7s", "--to", "3.9s"]] {
        let mut song = Song::new();
        let traced = song.traced(if range[0] == "--from" { range } else { &[] });
        let mut compared = 0;
        for id in ids(&traced) {
            let (strip, place) = match id.strip_prefix("tracks/") {
                Some(rest) => rest.split_once('/').unwrap(),
                None => id.split_once('/').unwrap(),
            };
            let stem = match place.split('/').collect::<Vec<_>>()[..] {
                ["input"] => song.stem(strip, "pre-fx", range),
                [fader] => song.stem(strip, fader, range),
                ["inserts", insert, "output"] => song.after(strip, insert, range),
                _ => panic!("{id}"),
            };
            assert_eq!(stem.as_array().unwrap().len(), 3, "{id}");
            assert_eq!(digests(&traced, id), stem, "{id}, {range:?}");
            compared += 1;
        }
        assert_eq!(compared, TRACED.len() + 1);
    }
}

#[test]
fn a_trace_does_not_depend_on_how_it_was_rendered() {
    let mut song = Song::new();
    let store = song.place.text("store");
    // The store has an older version, so that this one could be remixed.
    song.inserts("tape")[2]["parameters"]["gain_db"] = json!(-9);
    song.save();
    song.manifest(&["--cache", &store]);
    song.inserts("tape")[2]["parameters"]["gain_db"] = json!(-2);
    song.save();
    let plain = song.manifest(&["--trace", "--jobs", "1", "--block", "64"]);
    let levels = done(["doctor", "--json"]).json();
    let levels = levels["simd_levels"].as_array().unwrap().clone();
    let levels = levels.iter().map(|level| vec!["--simd", level.as_str().unwrap()]);
    let ways = [
        vec!["--jobs", "1", "--block", "4096"],
        vec!["--jobs", "2", "--block", "64"],
        vec!["--jobs", "7", "--block", "4096"],
        vec!["--jobs", "2", "--block", "50000"],
        // Remixed by a bounce without a manifest, cold, and with everything there.
        vec!["--cache", &store],
        vec!["--cache", &store, "--jobs", "1"],
    ];
    for way in ways.into_iter().chain(levels) {
        assert!(song.manifest(&[&["--trace"], &way[..]].concat()) == plain, "{way:?}");
    }
    // What a bounce with a manifest made is kept, and is what others make.
    let (session, out) = (song.place.text("song"), song.place.text("served.wav"));
    let bounce = ["bounce", &session, "-o", &out, "--json", "--tail", "none", "--cache", &store];
    let served = done(bounce).json();
    assert_eq!(served["served"], true, "{served}");
    let plain: Value = serde_json::from_str(&plain).unwrap();
    assert_eq!(served["mix_sha256"], plain["outcome"]["mix_sha256"]);
}

/// Compares two manifests; what `--json` says, and the text.
fn compared(song: &Song, a: &Value, b: &Value) -> (Value, String) {
    let [a, b] = [("a.json", a), ("b.json", b)].map(|(name, manifest)| {
        fs::write(song.place.path(name), manifest.to_string()).unwrap();
        song.place.text(name)
    });
    let outcome = crate::support::wavemill(["manifest", "diff", &a, &b, "--json"]);
    let told = outcome.json();
    assert_eq!(outcome.code, Some(i32::from(told["same"] != true)), "{outcome:?}");
    let text = crate::support::wavemill(["manifest", "diff", &a, &b, "--quiet"]);
    assert_eq!((text.code, text.stderr.as_str()), (outcome.code, ""));
    (told, text.stdout)
}

fn causes(told: &Value) -> Vec<(&str, &str)> {
    let signals = told["signals"].as_array().unwrap().iter();
    signals.map(|s| (s["id"].as_str().unwrap(), s["cause"].as_str().unwrap())).collect()
}

/// From the second insert on, and nowhere before it.
#[test]
fn a_changed_parameter_changes_what_follows_and_is_found() {
    let mut song = Song::new();
    let before = song.traced(&[]);
    song.inserts("tape")[1]["parameters"]["ceiling_db"] = json!(-13);
    song.save();
    let after = song.traced(&[]);
    let first = "tracks/tape/inserts/lim/output";
    let same =
        ["tracks/tape/input", "tracks/tape/inserts/eq/output", "tracks/keys/inserts/tone/output"];
    for id in ids(&before) {
        let equal = digests(&before, id) == digests(&after, id);
        assert_eq!(equal, same.contains(&id), "{id}");
        let own = signal(&before, id)["own_key"] == signal(&after, id)["own_key"];
        assert_eq!(own, id != first, "own key of {id}");
    }
    let (told, text) = compared(&song, &before, &after);
    let mut expected = vec![(first, "own")];
    let rest = ids(&before).into_iter().filter(|id| !same.contains(id) && *id != first);
    expected.extend(rest.map(|id| (id, "heard")));
    assert_eq!(causes(&told), expected);
    for signal in &told["signals"].as_array().unwrap()[1..] {
        assert_eq!(signal["because_of"], json!([first]), "{signal}");
    }
    let paths: Vec<&str> =
        told["facts"].as_array().unwrap().iter().map(|f| f["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&"session/sha256") && paths.contains(&"outcome/mix_sha256"), "{told}");
    assert!(!paths.iter().any(|path| path.starts_with("inputs")), "{told}");
    let keys = told["keys"].as_array().unwrap();
    assert_eq!(keys[0], "tracks/tape/inserts/lim");
    for words in [
        "first difference: tracks/tape/inserts/lim/output, from sample 0 (0.000 s) on: its own",
        "only because of it: tracks/tape/inserts/trim/output, ",
        "\ndifferent\n",
    ] {
        assert!(text.contains(words), "no '{words}' in {text}");
    }
    let (told, text) = compared(&song, &before, &before);
    assert_eq!(told, json!({"same": true, "facts": [], "keys": [], "signals": []}));
    assert_eq!(text, "the same\n");
}

/// What changes later is found later; what is changed in two places starts in two.
#[test]
fn differences_are_placed_in_time_and_kept_apart() {
    let mut song = Song::new();
    let before = song.traced(&[]);
    song.take(131_072 + 70);
    let after = song.traced(&[]);
    let (told, text) = compared(&song, &before, &after);
    let first = &told["signals"][0];
    assert_eq!(first["id"], "tracks/tape/input");
    let place = json!({"chunk": 2, "sample": 131_072, "seconds": 131_072.0 / 48_000.0});
    assert_eq!((&first["first"], &first["cause"]), (&place, &json!("own")));
    assert!(text.contains("from sample 131072 (2.731 s) on"), "{text}");
    assert!(text.contains("inputs/take.wav/sha256: "), "{text}");
    song.document["tracks"][0]["sends"][0]["level_db"] = json!(-5);
    song.save();
    let both = song.traced(&[]);
    let (told, _) = compared(&song, &before, &both);
    let own = causes(&told).into_iter().filter(|(_, cause)| *cause == "own");
    let own: Vec<&str> = own.map(|(id, _)| id).collect();
    assert_eq!(own, ["tracks/tape/input", "tracks/verb/input"]);
    let last = told["signals"].as_array().unwrap().last().unwrap();
    assert_eq!(last["id"], "master/post-fader");
    assert_eq!(last["because_of"], json!(["tracks/tape/input", "tracks/verb/input"]));
    // A track that was muted is gone from what others hear.
    song.document["tracks"][1]["mute"] = json!(true);
    song.save();
    let (told, _) = compared(&song, &both, &song.traced(&[]));
    let gone = ("tracks/keys/post-fader", "only-a");
    assert!(causes(&told).contains(&gone), "{told}");
    assert!(causes(&told).contains(&("master/input", "own")), "{told}");
}

#[test]
fn what_nothing_explains_is_told() {
    let song = Song::new();
    let before = song.traced(&[]);
    let mut after = before.clone();
    let at = ids(&before).iter().position(|id| *id == "tracks/bus/input").unwrap();
    after["signals"][at]["chunks"][1]["sha256"] = json!("00");
    let (told, text) = compared(&song, &before, &after);
    assert_eq!(causes(&told), [("tracks/bus/input", "unexplained")]);
    assert_eq!(told["signals"][0]["first"]["sample"], 65_536);
    assert!(text.contains("unexplained"), "{text}");
    // The detail of a manifest is no difference, and other ranges do not compare.
    let plain: Value = serde_json::from_str(&song.manifest(&[])).unwrap();
    assert_eq!(compared(&song, &before, &plain).0["same"], true);
    assert_eq!(compared(&song, &plain, &before).0["same"], true);
    let region = song.traced(&["--from", "1s", "--to", "2s"]);
    let (told, text) = compared(&song, &before, &region);
    assert_eq!(told["signals"], Value::Null);
    assert!(text.contains("range/from: 0 and 48000\n") && text.contains("not compared"), "{text}");
    // A shorter range of the same start is the same as far as whole chunks go.
    let shorter = song.traced(&["--from", "0s", "--to", "2s"]);
    assert_eq!(compared(&song, &before, &shorter).0["signals"], json!([]));
}

/// What is a signal's own cannot be told where only one manifest is traced, and nothing is said of it.
#[test]
fn detail_in_one_manifest_alone_tells_no_cause() {
    let mut song = Song::new();
    let traced = song.traced(&[]);
    song.inserts("tape")[0]["parameters"]["band1.gain_db"] = json!(6);
    song.document["tracks"][2]["volume_db"] = json!(-2);
    song.save();
    let plain: Value = serde_json::from_str(&song.manifest(&[])).unwrap();
    let (told, text) = compared(&song, &traced, &plain);
    let causes = causes(&told);
    assert!(causes.contains(&("tracks/bus/post-fader", "untraced")), "{told}");
    assert!(causes.iter().all(|(_, cause)| *cause == "untraced"), "{told}");
    assert!(text.contains("--trace") && !text.contains("only because of it"), "{text}");
}

/// A track that is silent until bar two is silent until then muted as well.
#[test]
fn a_muted_track_differs_where_it_sounded() {
    let mut song = Song::new();
    let from = song.document["tracks"][1]["clips"][0].as_object_mut().unwrap();
    from["start"] = json!({"samples": 70_000});
    song.save();
    let before: Value = serde_json::from_str(&song.manifest(&[])).unwrap();
    let mut muted = before.clone();
    let at = ids(&before).iter().position(|id| *id == "tracks/keys/post-fader").unwrap();
    muted["signals"][at]["silenced"] = json!(true);
    muted["signals"][at]["chunks"] = json!([]);
    let (told, _) = compared(&song, &before, &muted);
    assert_eq!(told["signals"][0]["id"], "tracks/keys/post-fader");
    assert_eq!(told["signals"][0]["first"]["chunk"], 1, "{told}");
}

/// Calls `change` for every object of a value, with the way there.
fn every_object(value: &Value, way: &str, visit: &mut dyn FnMut(&str)) {
    match value {
        Value::Object(members) => {
            visit(way);
            for (name, member) in members {
                every_object(member, &format!("{way}/{name}"), visit);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate().take(2) {
                every_object(item, &format!("{way}/{index}"), visit);
            }
        }
        _ => {}
    }
}

/// Wherever it stands; and no field may be missing.
#[test]
fn a_manifest_with_an_unknown_field_or_without_a_known_one_is_refused() {
    let song = Song::new();
    let trimmed = ["--trace", "--trim", "end", "--normalise", "loudness:-14"];
    let text = song.manifest(&trimmed);
    let made: Value = serde_json::from_str(&text).unwrap();
    BounceRecord::from_json(&text).unwrap();
    let mut objects = Vec::new();
    every_object(&made, "", &mut |way| objects.push(way.to_owned()));
    assert!(objects.iter().any(|way| way == "/signals/1/chunks/0"), "{objects:?}");
    for way in objects {
        let mut more = made.clone();
        more.pointer_mut(&way).unwrap()["volume_bd"] = json!(1);
        let error = BounceRecord::from_json(&more.to_string()).unwrap_err().to_string();
        // One of several kinds of normalising says it in other words.
        let told = error.contains("volume_bd") || way == "/export/normalise";
        assert!(told, "{way}: {error}");
        let names: Vec<String> =
            made.pointer(&way).unwrap().as_object().unwrap().keys().cloned().collect();
        for name in names {
            let mut less = made.clone();
            less.pointer_mut(&way).unwrap().as_object_mut().unwrap().remove(&name);
            let read = BounceRecord::from_json(&less.to_string());
            // Those that are left out where they have nothing to say.
            let optional = made.pointer(&way).unwrap()[&name].is_null()
                || [
                    "trim",
                    "normalise",
                    "processor",
                    "processor_version",
                    "input_key",
                    "loudness",
                    "normalised",
                    "integrated_lufs",
                    "true_peak_dbtp",
                    "peak_dbfs",
                ]
                .contains(&name.as_str())
                // A file that an insert plays from is no audio.
                || way.starts_with("/inputs/")
                    && ["frames", "channels", "sample_rate", "decoder"].contains(&name.as_str());
            assert!(optional || read.is_err(), "{way} without {name}");
        }
    }
}

#[test]
fn what_is_no_manifest_is_refused_with_its_name() {
    let song = Song::new();
    let good = song.manifest(&[]);
    let good_path = song.place.text("made.json");
    let diff = |text: &str, code: i32, words: &[&str]| {
        let path = song.place.text("bad.json");
        fs::write(&path, text).unwrap();
        let words = [&["bad.json"], words].concat();
        refused(["manifest", "diff", &good_path, &path], code, &words);
        refused(["manifest", "diff", &path, &good_path], code, &words);
    };
    let change = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    diff(&change("\"trace\"", "\"race\""), 3, &["unknown field `race`", "line "]);
    diff(&change("\"version\": 3", "\"version\": 2"), 3, &["version 2", "reads version 3"]);
    diff(&change("-bounce-record", "-session"), 3, &["wavemill-session", "--manifest"]);
    diff(&good[..good.len() / 2], 3, &["no manifest"]);
    diff("", 3, &["no manifest"]);
    diff("[1]", 3, &["no manifest"]);
    refused(["manifest", "diff", &good_path, "none.json"], 4, &["none.json", "cannot be read"]);
    let told = refused(["manifest", "diff", &good_path, "none.json", "--json"], 4, &[]).json();
    assert_eq!(told["error"]["kind"], "file-system");
    refused(["manifest", "diff", &good_path], 2, &["required"]);
    refused(["manifest", "merge", &good_path], 2, &["merge"]);
    let session = song.place.text("song");
    refused(["bounce", &session, "-o", "x.wav", "--trace"], 2, &["--manifest"]);
}
