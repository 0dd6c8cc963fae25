//! `wavemill plugins`: what is found, what fails and how, and what is not asked for again.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bundles::Bundles;
use crate::support::{Place, command, done, refused, refused_by, run};

#[test]
fn one_worker_that_crashes_loses_one_plug_in() {
    let bundles = Bundles::new(&["gain+crash-at-create+delay", "crash-at-load", "ü b/gain"]);
    let summary = bundles.scan(&[]);
    assert_eq!((&summary["clap"], &summary["failed"]), (&json!(3), &json!(2)));
    assert_eq!(bundles.listed(), ["delay", "gain", "gain"]);
    let blocked = bundles.blocked();
    assert_eq!(blocked.len(), 2);
    for (name, kind, what) in &blocked {
        assert_eq!(
            (kind.as_str(), what.contains("SIGSEGV at address 0x0")),
            ("crash", true),
            "{name}"
        );
    }
    // The place has a name.
    let blocked = bundles.json(&["blocklist"]);
    for row in blocked.as_array().unwrap() {
        let frame = row["frames"][0].as_str().unwrap();
        assert!(frame.contains(".clap!wavemill_test_crash+0x"), "{row}");
    }
    let delay = bundles.json(&["info", "org.wavemill.test.delay"]);
    assert_eq!((&delay["latency_frames"], &delay["tail"]), (&json!(64), &json!("unknown")));
    assert_eq!(delay["audio_inputs"], json!([{"name": "Input", "channels": 2, "main": true}]));
    let gain = &delay["parameters"][0];
    assert_eq!(
        (&gain["id"], &gain["name"], &gain["group"]),
        (&json!("7"), &json!("Gain"), &json!("Level"))
    );
    assert_eq!(gain["texts"], json!(["0.00 x", "1.00 x", "2.00 x"]));
}

#[test]
fn what_hangs_or_refuses_is_told_and_the_rest_is_described() {
    let bundles = Bundles::new(&["hang-at-create+gain", "refuse-at-load", "refuse-at-activate"]);
    std::fs::write(bundles.at("text.clap"), "hello").unwrap();
    std::fs::write(bundles.at("small.clap"), b"\x7fELF\x01\x01\x01").unwrap();
    std::fs::create_dir_all(bundles.at("other.vst3/Contents/x86_64-win")).unwrap();
    std::fs::create_dir(bundles.at("torn.lv2")).unwrap();
    std::fs::write(bundles.at("torn.lv2/manifest.ttl"), "@prefix lv2: <http://").unwrap();
    std::fs::create_dir(bundles.at("words.lv2")).unwrap();
    std::fs::write(bundles.at("words.lv2/manifest.ttl"), "<urn:a> a <urn:b> .").unwrap();
    let summary = bundles.scan(&["--time-limit", "10"]);
    assert_eq!((&summary["bundles"], &summary["failed"]), (&json!(8), &json!(6)));
    assert_eq!(bundles.listed(), ["gain", "refuse-at-activate"]);
    let info = bundles.json(&["info", "org.wavemill.test.refuse-at-activate"]);
    assert_eq!(info["latency_frames"], Value::Null);
    let blocked = bundles.blocked();
    let kinds: Vec<_> =
        blocked.iter().map(|(name, kind, _)| (name.as_str(), kind.as_str())).collect();
    let expected = [
        ("hang-at-create+gain.clap", "hang"),
        ("other.vst3", "refused"),
        ("refuse-at-load.clap", "refused"),
        ("small.clap", "refused"),
        ("text.clap", "refused"),
        ("torn.lv2", "refused"),
    ];
    assert_eq!(kinds, expected);
    let told = |name: &str| &blocked.iter().find(|(found, ..)| found == name).unwrap().2;
    assert!(told("hang-at-create+gain.clap").contains("within 10 s"));
    assert!(told("other.vst3").contains("another system"));
}

#[test]
fn memory_without_end_is_told_apart_from_a_crash() {
    // The system would end it before its limit does.
    let about = std::fs::read_to_string("/proc/meminfo").unwrap();
    let line = about.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    if kilobytes < 6 << 20 {
        return crate::support::skip("less than 6 GiB of memory are free");
    }
    let bundles = Bundles::new(&["gain+memory-at-create"]);
    bundles.scan(&["--time-limit", "300"]);
    assert_eq!(bundles.listed(), ["gain"]);
    let blocked = bundles.blocked();
    assert_eq!(blocked[0].1, "memory", "{blocked:?}");
}

#[test]
fn what_is_known_is_not_asked_for_again() {
    let bundles = Bundles::new(&["gain", "delay", "crash-at-load"]);
    let scanned = |arguments: &[&str]| bundles.scan(arguments)["scanned"].clone();
    assert_eq!(scanned(&[]), 3);
    assert_eq!(scanned(&[]), 0);
    // Another time of change and the same content.
    let file = std::fs::File::options().append(true).open(bundles.at("gain.clap")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH).unwrap();
    assert_eq!(scanned(&[]), 0);
    // Other content: what has failed is tried again too.
    let mut bytes = std::fs::read(bundles.at("crash-at-load.clap")).unwrap();
    bytes.extend_from_slice(b"more");
    std::fs::write(bundles.at("crash-at-load.clap"), bytes).unwrap();
    assert_eq!(scanned(&[]), 1);
    assert_eq!(scanned(&["--rescan", "--jobs", "1"]), 3);
    // A bundle that is gone is not listed.
    std::fs::remove_file(bundles.at("delay.clap")).unwrap();
    assert_eq!(bundles.listed(), ["gain"]);
    // A damaged catalogue is one that knows less.
    for file in std::fs::read_dir(bundles.0.path("catalogue")).unwrap() {
        std::fs::write(file.unwrap().path(), "{").unwrap();
    }
    assert_eq!(bundles.listed(), [""; 0]);
    assert_eq!(scanned(&[]), 2);
    assert_eq!(bundles.listed(), ["gain"]);
}

#[test]
fn a_bundle_may_have_two_dozen_and_ids_may_be_there_twice() {
    let bundles = Bundles::new(&["crowd", "gain", "more/gain"]);
    assert_eq!(bundles.scan(&[])["clap"], 26);
    assert_eq!(bundles.listed().len(), 26);
    let outcome = run(&mut bundles.command(&["info", "org.wavemill.test.gain"]));
    assert_eq!(outcome.code, Some(0));
    assert!(outcome.stderr.contains("also in"), "{outcome:?}");
    assert!(outcome.stdout.contains("bundles/gain.clap"), "{outcome:?}");
    refused_by(&mut bundles.command(&["info", "nothing"]), 3, &["nothing", "plugins list"]);
    assert_eq!(bundles.json(&["list", "--kind", "instrument"]), json!([]));
    assert_eq!(bundles.json(&["list", "--format", "vst3"]), json!([]));
}

#[test]
fn a_plug_in_sees_nothing_of_the_user_and_always_the_same() {
    let bundles = Bundles::new(&["gain#surroundings"]);
    let seen = |value: &str| {
        let folder = bundles.0.text("bundles");
        let mut scan = bundles.command(&["scan", "--rescan", "--path", &folder]);
        let outcome = run(scan.env("SECRET_OF_THE_USER", value).env("HOME", value));
        assert_eq!(outcome.code, Some(0), "{outcome:?}");
        let info = bundles.json(&["info", "org.wavemill.test.gain#surroundings"]);
        (info["summary"].as_str().unwrap().to_owned(), info["profile"].clone())
    };
    let (first, profile) = seen("/one");
    let (second, _) = seen("/somewhere/else/and/longer");
    assert!(first.contains("HOME=/nonexistent"), "{first}");
    assert!(!first.contains("SECRET_OF_THE_USER"), "{first}");
    let had = |what: &str| profile[what].as_bool().unwrap();
    // What a container refuses is said, and not promised.
    assert_eq!(first.contains("network=permission denied"), had("no_network"), "{first}");
    assert_eq!(first == second, had("fixed_addresses"), "{first}\n{second}");
}

#[test]
fn nothing_to_look_at_and_nobody_to_look_are_refused() {
    let bundles = Bundles::new(&["gain"]);
    for name in ["nothing", "nothing.clap"] {
        let path = bundles.0.text(name);
        let mut scan = bundles.command(&["scan", "--path", &path]);
        refused_by(&mut scan, 4, &[name, "is no plug-in that is there"]);
    }
    let folder = bundles.0.text("bundles");
    let mut scan = bundles.command(&["scan", "--path", &folder]);
    refused_by(
        scan.env("WAVEMILL_PLUGIN_WORKER", "/no/such/program"),
        4,
        &["wavemill-plugin-worker"],
    );
    std::fs::write(bundles.0.path("file"), "").unwrap();
    let file = bundles.0.text("file");
    refused(["plugins", "list", "--catalogue", &file], 4, &["catalogue"]);
    let outcome = run(&mut bundles.command(&["list"]));
    assert!(outcome.stderr.contains("plugins scan"), "{outcome:?}");
}

/// The processes that have `word` in their command lines, but for those of this test.
fn processes_with(word: &str) -> usize {
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines
        .filter(|line| {
            let line = String::from_utf8_lossy(line);
            line.contains(word) && line.contains("describe")
        })
        .count()
}

fn wait_for(what: &str, mut is_there: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(120);
    while !is_there() {
        assert!(Instant::now() < end, "{what} never came");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Starts a scan that gets stuck at its last bundle; gives it once it is there.
fn stuck(bundles: &Bundles) -> (Child, String) {
    let folder = bundles.0.text("bundles");
    let mut scan = bundles.command(&["scan", "--jobs", "1", "--path", &folder]);
    let scan = scan.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0).spawn().unwrap();
    let path = bundles.at("zz/hang-at-load.clap").to_str().unwrap().to_owned();
    wait_for("the worker that hangs", || processes_with(&path) == 1);
    (scan, path)
}

fn send(signal: &str, child: &Child) {
    let status = Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_scan_that_is_stopped_keeps_what_it_has_and_leaves_no_worker() {
    let bundles = Bundles::new(&["gain", "zz/hang-at-load"]);
    let (scan, path) = stuck(&bundles);
    send("-INT", &scan);
    let output = scan.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{output:?}");
    wait_for("the end of the worker", || processes_with(&path) == 0);
    assert_eq!(bundles.listed(), ["gain"]);

    // Killed without a word: the worker ends with it, and the next scan goes on.
    let (mut scan, path) = stuck(&bundles);
    send("-KILL", &scan);
    scan.wait().unwrap();
    wait_for("the end of the worker", || processes_with(&path) == 0);
    assert_eq!(bundles.listed(), ["gain"]);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(bundles.scan(&[])["scanned"], 0);
}

#[test]
fn packaged_plug_ins_say_the_same_in_every_format() {
    let place = Place::new();
    let catalogue = place.text("catalogue");
    for path in
        ["/usr/lib/clap/ZamComp.clap", "/usr/lib/vst3/ZamComp.vst3", "/usr/lib/lv2/ZamComp.lv2"]
    {
        if !Path::new(path).exists() {
            return crate::support::skip("zam-plugins is not installed");
        }
        done(["plugins", "scan", "-q", "--path", path, "--catalogue", &catalogue]);
    }
    refused(
        ["plugins", "info", "ZamComp", "--catalogue", &catalogue],
        2,
        &["CLAP and LV2 and VST3"],
    );
    let info = |format: &str| {
        done([
            "plugins",
            "info",
            "ZamComp",
            "--json",
            "--format",
            format,
            "--catalogue",
            &catalogue,
        ])
        .json()
    };
    let (clap, vst3, lv2) = (info("clap"), info("vst3"), info("lv2"));
    let names = |info: &Value| -> Vec<String> {
        let parameters = info["parameters"].as_array().unwrap().iter();
        // LV2 knows what is only shown as outputs, and not as parameters.
        let set = parameters.filter(|parameter| parameter["read_only"] == false);
        set.map(|parameter| parameter["name"].as_str().unwrap().to_owned()).collect()
    };
    // VST3 lists what the wrapper adds (buffer size, sample rate, MIDI) beside them.
    let clap_names = names(&clap);
    assert!(clap_names.len() > 6, "{clap_names:?}");
    assert!(clap_names.iter().all(|name| names(&vst3).contains(name)), "{:?}", names(&vst3));
    assert!(clap_names.iter().all(|name| names(&lv2).contains(name)), "{:?}", names(&lv2));
    let set = clap["parameters"].as_array().unwrap().iter();
    for parameter in set.filter(|parameter| parameter["read_only"] == false) {
        let number = |parameter: &Value, key: &str| parameter[key].as_f64().unwrap();
        let same = |info: &Value| {
            let all = info["parameters"].as_array().unwrap();
            all.iter().find(|other| other["name"] == parameter["name"]).unwrap().clone()
        };
        let (min, max) = (number(parameter, "min"), number(parameter, "max"));
        let default = number(parameter, "default");
        let normal = number(&same(&vst3), "default");
        assert!((normal - (default - min) / (max - min)).abs() < 1e-6, "{parameter}");
        let lv2 = same(&lv2);
        for (key, value) in [("min", min), ("max", max), ("default", default)] {
            assert!((number(&lv2, key) - value).abs() < 1e-6, "{parameter}\n{lv2}");
        }
    }
    for info in [&clap, &vst3, &lv2] {
        assert_eq!(info["kind"], "effect");
        assert_eq!(info["audio_inputs"].as_array().unwrap().len(), 2, "{info}");
        assert_eq!(info["audio_outputs"].as_array().unwrap().len(), 1, "{info}");
    }
}

#[test]
fn everything_packaged_is_found() {
    for path in ["clap/ZamComp.clap", "lv2/mda.lv2", "lv2/fil4.lv2", "lv2/sc4-swh.lv2"] {
        if !Path::new("/usr/lib").join(path).exists() {
            return crate::support::skip(&format!("{path} is not installed"));
        }
    }
    let place = Place::new();
    let mut scan = command();
    scan.args(["plugins", "scan", "--json", "--catalogue", &place.text("catalogue")]);
    scan.env("HOME", place.path("home"))
        .env_remove("CLAP_PATH")
        .env_remove("LV2_PATH")
        .env_remove("VST3_PATH");
    let outcome = run(&mut scan);
    let summary = outcome.json();
    let count = |what: &str| summary[what].as_u64().unwrap();
    assert!(count("clap") >= 17 && count("vst3") >= 17 && count("lv2") >= 100, "{outcome:?}");
    // Whatever else is installed here may fail; these do not.
    let blocked = done(["plugins", "blocklist", "--catalogue", &place.text("catalogue")]);
    for name in ["/Zam", "/mda.lv2", "/fil4.lv2", "-swh.lv2"] {
        assert!(!blocked.stdout.contains(name), "{blocked:?}");
    }
}

/// A library that is no plug-in: the one of C that this process has.
fn c_library() -> String {
    let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
    let path = |line: &str| line.split_once('/').map(|(_, path)| format!("/{path}"));
    maps.lines().filter_map(path).find(|path| path.contains("/libc.so")).unwrap()
}

#[test]
fn folders_may_be_relative_and_bundles_have_dots() {
    let bundles = Bundles::new(&["gain.1.5"]);
    std::os::unix::fs::symlink("gone.clap", bundles.at("dangling.clap")).unwrap();
    std::fs::create_dir_all(bundles.at("Other 1.5.vst3/Contents")).unwrap();
    let folder =
        bundles.at("Other 1.5.vst3/Contents").join(format!("{}-linux", std::env::consts::ARCH));
    std::fs::create_dir(&folder).unwrap();
    std::fs::copy(c_library(), folder.join("Other 1.5.so")).unwrap();
    let mut scan = bundles.command(&["scan", "--json"]);
    scan.current_dir(bundles.0.path("")).env("HOME", bundles.0.path("home"));
    for variable in ["CLAP_PATH", "VST3_PATH", "LV2_PATH"] {
        scan.env(variable, "bundles");
    }
    let outcome = run(&mut scan);
    assert_eq!(outcome.code, Some(0), "{outcome:?}");
    let path = bundles.at("gain.1.5.clap");
    let info = bundles.json(&["list"]);
    let paths: Vec<_> =
        info.as_array().unwrap().iter().map(|row| row["path"].as_str().unwrap()).collect();
    assert!(paths.contains(&path.to_str().unwrap()), "{paths:?}");
    let told = |name: &str| -> String {
        let blocked = bundles.blocked();
        blocked.iter().find(|(found, ..)| found == name).unwrap().2.clone()
    };
    // The library is found, and is none of VST3's.
    assert!(told("Other 1.5.vst3").contains("GetPluginFactory"), "{}", told("Other 1.5.vst3"));
    assert!(told("dangling.clap").contains("cannot be read"), "{}", told("dangling.clap"));
}
