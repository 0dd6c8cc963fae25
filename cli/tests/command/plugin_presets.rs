//! Presets: what is set in a plug-in goes to a file and comes back, into sessions and command lines.

use serde_json::{Value, json};

use crate::hosting::{Studio, insert, ramp_track, samples};
use crate::packaged_plugins::Packaged;
use crate::support::{done_by, ramp, refused_by, run, wav};

const STATEFUL: &str = "org.wavemill.test.stateful";

impl Studio {
    /// Does `plugins preset` with `arguments`; what it said.
    fn preset(&self, arguments: &[&str]) -> Value {
        done_by(self.command().args(["plugins", "preset", "--json"]).args(arguments)).json()
    }

    /// What the ramp becomes in `process` with `arguments`.
    fn processed(&self, arguments: &[&str]) -> Vec<[f32; 2]> {
        std::fs::write(self.path("in.wav"), wav(&ramp(2_000))).unwrap();
        let (input, output) = (self.text("in.wav"), self.text("wet.wav"));
        let mut process = self.command();
        process.args(["process", "-i", &input, "-o", &output, "--bit-depth", "32f", "--force"]);
        done_by(process.args(["--tail", "none", "--quiet"]).args(arguments));
        samples(&self.path("wet.wav"))
    }
}

#[test]
fn what_is_saved_of_a_plug_in_is_loaded_again() {
    let studio = Studio::new(&["stateful"]);
    let file = studio.text("half.json");
    let saved = studio.preset(&["save", STATEFUL, "-o", &file, "--param", "7=0.5"]);
    // Eight letters, the gain, the mode, and `new`.
    assert_eq!((saved["state_bytes"].clone(), saved["parameters"].clone()), (json!(23), json!({})));
    let set = studio.processed(&[STATEFUL, "--param", "7=0.5"]);
    assert!(set.iter().any(|frame| frame[0] != 0.0));
    assert_eq!(studio.processed(&[STATEFUL, "--preset", &file]), set);
    // What is set beside it goes on top, in a command and in another preset.
    let twice = studio.processed(&[STATEFUL, "--param", "7=1.5"]);
    let on_top = [STATEFUL, "--preset", &file, "--param", "7=1.5"];
    assert_eq!(studio.processed(&on_top), twice);
    let other = studio.text("other.json");
    studio.preset(&["save", STATEFUL, "-o", &other, "--preset", &file, "--param", "7=1.5"]);
    assert_eq!(studio.processed(&[STATEFUL, "--preset", &other]), twice);
    // With several, a number says which.
    let both = [STATEFUL, STATEFUL, "--preset"];
    let first = studio.processed(&[&both[..], &[&format!("1:{file}")]].concat());
    assert_eq!(first, set);
    refused_by(
        studio
            .command()
            .args(["process", "-i", &studio.text("in.wav"), "-o", &studio.text("x.wav")])
            .args(both)
            .arg(&file),
        2,
        &["say of which of the 2 plug-ins"],
    );
}

#[test]
fn a_preset_goes_from_one_session_to_another_in_one_step() {
    let studio = Studio::new(&["stateful", "gain"]);
    let file = studio.text("half.json");
    studio.preset(&["save", STATEFUL, "-o", &file, "--param", "7=0.5"]);
    let inserts = json!([insert("stateful", &json!({"7": 2.0})), insert("gain", &json!({}))]);
    let song = studio.session("song", &json!([ramp_track("a", &inserts)]));
    let (before, _) = studio.bounce(&song, &["--no-cache"]);
    studio.preset(&["load", &file, "--session", &song, "--insert", "a/stateful"]);
    let (half, _) = studio.bounce(&song, &["--no-cache"]);
    let plain = json!([insert("stateful", &json!({"7": 0.5})), insert("gain", &json!({}))]);
    let plain = studio.session("plain", &json!([ramp_track("a", &plain)]));
    let (plain, _) = studio.bounce(&plain, &["--no-cache"]);
    assert_eq!(half.json()["mix_sha256"], plain.json()["mix_sha256"]);
    // What the session sets is saved with its state.
    let ops = json!([{"op": "set_parameter", "track": "a", "insert": "stateful", "parameter": "7",
        "value": 0.25}]);
    std::fs::write(studio.path("ops.json"), ops.to_string()).unwrap();
    done_by(studio.command().args(["edit", &song, &studio.text("ops.json")]));
    let (quarter, _) = studio.bounce(&song, &["--no-cache"]);
    let taken = studio.text("taken.json");
    let insert_path = "tracks/a/inserts/stateful";
    let saved = studio.preset(&["save", "--session", &song, "--insert", insert_path, "-o", &taken]);
    assert_eq!(saved["parameters"], json!({"7": 0.25}));
    let other = studio.session("other", &json!([ramp_track("a", &inserts)]));
    studio.preset(&["load", &taken, "--session", &other, "--insert", "a/stateful"]);
    let (copied, _) = studio.bounce(&other, &["--no-cache"]);
    assert_eq!(copied.json()["mix_sha256"], quarter.json()["mix_sha256"]);
    // One undo takes a preset back.
    done_by(studio.command().args(["undo", &other]));
    let (undone, _) = studio.bounce(&other, &["--no-cache"]);
    assert_eq!(undone.json()["mix_sha256"], before.json()["mix_sha256"]);
    for (path, word) in
        [("a", "give TRACK/INSERT"), ("b/stateful", "no such track"), ("a/other", "no such insert")]
    {
        let mut load = studio.command();
        load.args(["plugins", "preset", "load", &file, "--session", &song, "--insert", path]);
        refused_by(&mut load, 2, &[word]);
    }
    let mut load = studio.command();
    load.args(["plugins", "preset", "load", &file, "--session", &song, "--insert", "a/gain"]);
    refused_by(&mut load, 3, &["is of the CLAP plug-in 'org.wavemill.test.stateful'"]);
}

#[test]
fn presets_replace_nothing_unasked_and_say_what_is_wrong() {
    let studio = Studio::new(&["stateful", "crash-at-state"]);
    let file = studio.text("a.json");
    studio.preset(&["save", STATEFUL, "-o", &file]);
    let before = std::fs::read(&file).unwrap();
    let save = |arguments: &[&str]| {
        let mut save = studio.command();
        save.args(["plugins", "preset", "save"]).args(arguments);
        save
    };
    let again = [STATEFUL, "-o", &file, "--param", "7=0.5"];
    refused_by(&mut save(&again), 4, &["exists already", "--force"]);
    assert_eq!(std::fs::read(&file).unwrap(), before);
    done_by(save(&again).arg("--force"));
    assert_ne!(std::fs::read(&file).unwrap(), before);
    let other = studio.text("b.json");
    let refused = [
        (vec![STATEFUL, "--preset", "no such"], 3, "has no programs of its own"),
        (vec![STATEFUL, "--param", "7=9"], 2, "goes from 0 to 2"),
        (vec!["org.wavemill.test.crash-at-state"], 5, "SIGSEGV"),
    ];
    for (arguments, code, word) in refused {
        refused_by(&mut save(&[&arguments[..], &["-o", &other]].concat()), code, &[word]);
        assert!(!studio.path("b.json").exists(), "{arguments:?}");
    }
    refused_by(&mut save(&[STATEFUL, "-o", &studio.text("a.vstpreset")]), 3, &["VST3"]);
    std::fs::write(studio.path("bad.json"), "{").unwrap();
    let bad = [STATEFUL, "-o", &other, "--preset", &studio.text("bad.json")];
    refused_by(&mut save(&bad), 3, &["bad.json", "is no preset"]);
}

/// A preset of LV2 is what its file says.
#[test]
fn the_programs_of_a_package_are_what_they_say() {
    const BUNDLE: &str = "/usr/lib/lv2/mda.lv2";
    const LESLIE: &str = "http://drobilla.net/plugins/mda/Leslie";
    let Some(packaged) = Packaged::new(&[BUNDLE]) else { return };
    let text = std::fs::read_to_string(format!("{BUNDLE}/Leslie-presets.ttl")).unwrap();
    let slow = text.split("\n\n").find(|part| part.contains("#Leslie-slow>")).unwrap();
    let value = |part: &str| {
        let mut words = part.split_whitespace();
        let symbol = words.next()?.trim_matches(['"', ';']).to_owned();
        let value = part.split("pset:value").nth(1)?.split_whitespace().next()?.to_owned();
        Some(format!("{symbol}={value}"))
    };
    let set: Vec<String> = slow.split("lv2:symbol").skip(1).filter_map(value).collect();
    assert_eq!(set.len(), 9, "{set:?}");
    let set: Vec<&str> = set.iter().flat_map(|set| ["--param", set]).collect();
    std::fs::write(packaged.text("in.wav"), wav(&ramp(20_000))).unwrap();
    let (input, output) = (packaged.text("in.wav"), packaged.text("out.wav"));
    let hash = |arguments: &[&str]| {
        let mut process = packaged.command();
        process.args(["process", LESLIE, "-i", &input, "-o", &output, "--force", "--json"]);
        let outcome = run(process.args(["--quiet", "--tail", "none"]).args(arguments));
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome.json()["mix_sha256"].clone()
    };
    let by_name = hash(&["--preset", "Slow"]);
    assert_eq!(by_name, hash(&set));
    assert_ne!(by_name, hash(&[]));
    let by_id = "http://drobilla.net/plugins/mda/presets#Leslie-slow";
    assert_eq!(hash(&["--preset", by_id]), by_name);
}

#[test]
fn a_preset_in_the_form_of_vst3_holds_what_it_was_made_of() {
    const BUNDLE: &str = "/usr/lib/vst3/ZamDelay.vst3";
    let Some(packaged) = Packaged::new(&[BUNDLE]) else { return };
    std::fs::write(packaged.text("in.wav"), wav(&ramp(20_000))).unwrap();
    let (input, output) = (packaged.text("in.wav"), packaged.text("out.wav"));
    let hash = |arguments: &[&str]| {
        let mut process = packaged.command();
        process.args(["process", "ZamDelay", "-i", &input, "-o", &output, "--force", "--json"]);
        let outcome = run(process.args(["--quiet", "--tail", "none"]).args(arguments));
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        outcome.json()["mix_sha256"].clone()
    };
    let file = packaged.text("fast.vstpreset");
    let mut save = packaged.command();
    save.args(["plugins", "preset", "save", "ZamDelay", "-o", &file, "--param", "Time=0.01"]);
    done_by(&mut save);
    assert!(std::fs::read(&file).unwrap().starts_with(b"VST3"));
    assert_eq!(hash(&["--preset", &file]), hash(&["--param", "Time=0.01"]));
    assert_ne!(hash(&["--preset", &file]), hash(&[]));
}
