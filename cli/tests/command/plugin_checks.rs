//! `wavemill plugins check`: each planted fault is found, and no other.

use serde_json::Value;

use crate::bundles::{Bundles, lv2_id, vst3_id};
use crate::support::{Outcome, run};

/// Test plug-ins in which no check finds anything.
const SOUND: [&str; 15] = [
    "gain",
    "mono-gain",
    "delay",
    "tail",
    "stateful",
    "gate",
    "octave",
    "impulses",
    "echo",
    "tone",
    "look-ahead",
    "either",
    // At the tempo that it is checked at, it is a gain.
    "tempo",
    "many-parameters",
    // It asks for the restart after which it is late.
    "changes-latency",
];

/// Test plug-ins, and the checks that they fail.
const PLANTED: [(&str, &[&str]); 27] = [
    ("flood", &["processes"]),
    ("liar", &["latency"]),
    ("crash-at-create", &["opens"]),
    ("crash-at-activate", &["opens"]),
    ("refuse-at-activate", &["opens"]),
    ("crash-at-process", &["processes"]),
    ("overrun", &["processes"]),
    ("crash-at-state", &["state-saves"]),
    ("crash-at-restore", &["state-round-trip"]),
    ("not-a-number", &["finite-output"]),
    ("clock", &["repeats"]),
    ("second", &["repeats-beside-another"]),
    // What it adds is heard in silence, too.
    ("block-size", &["block-size", "silence"]),
    ("offline", &["offline-equals-realtime"]),
    // What a timer does depends on where blocks end.
    ("ticks", &["block-size"]),
    ("leaks-memory", &["leaks"]),
    ("leaks-files", &["leaks"]),
    ("leaks-threads", &["leaks"]),
    ("crash-at-destroy", &["ends"]),
    ("wrong-thread", &["thread-rules"]),
    ("misread", &["text"]),
    ("garbled", &["text"]),
    ("stubborn", &["bus-arrangements"]),
    ("needs-sidechain", &["bus-arrangements"]),
    ("worn", &["re-activation"]),
    ("uninitialised", &["repeats"]),
    ("huge-state", &["state-saves"]),
];

/// The same in VST3 and in LV2, by their names there.
const PLANTED_ELSEWHERE: [(&str, &str, &[&str]); 9] = [
    ("Gain", "gain", &[]),
    ("Late", "delay", &[]),
    ("Jump", "jump", &[]),
    ("Tone", "levels", &[]),
    ("Echo", "echo", &[]),
    ("Many", "flood", &["processes"]),
    ("Liar", "liar", &["latency"]),
    ("Dead", "crash", &["processes"]),
    ("NaN!", "not-a-number", &["finite-output"]),
];

fn check(bundles: &Bundles, name: &str, arguments: &[&str]) -> Outcome {
    let path =
        format!("{}#org.wavemill.test.{name}", bundles.at(&format!("{name}.clap")).display());
    run(&mut bundles.command(&[&["check", &path][..], arguments].concat()))
}

fn names(report: &Value, verdict: &str) -> Vec<String> {
    let results = report["results"].as_array().unwrap().iter();
    let named = results.filter(|result| result["verdict"] == verdict);
    named.map(|result| result["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn nothing_is_found_where_nothing_is_planted() {
    for name in SOUND {
        let bundles = Bundles::new(&[name]);
        let outcome = check(&bundles, name, &["--json", "--time-limit", "20"]);
        assert_eq!(names(&outcome.json(), "failed"), [""; 0], "{name}: {}", outcome.stdout);
        assert_eq!(outcome.code, Some(0), "{name}: {outcome:?}");
    }
}

#[test]
fn every_planted_fault_is_found_and_no_other() {
    for (name, faults) in PLANTED {
        let bundles = Bundles::new(&[name]);
        let outcome = check(&bundles, name, &["--json", "--time-limit", "20"]);
        // What crashes when it is looked at cannot be described, so nothing is there to be checked.
        if ["crash-at-create", "crash-at-activate"].contains(&name) {
            assert_eq!(outcome.code, Some(5), "{outcome:?}");
            assert!(outcome.stderr.contains("SIGSEGV"), "{outcome:?}");
            continue;
        }
        assert_eq!(outcome.code, Some(1), "{name}: {outcome:?}");
        assert_eq!(names(&outcome.json(), "failed"), faults, "{name}: {}", outcome.stdout);
    }
}

/// Where memory lies depends on what was asked for before, and on which of a worker's threads was
/// first: two processes may be the same by chance, but not everything that is compared.
#[test]
fn what_depends_on_addresses_is_found_by_what_compares() {
    let bundles = Bundles::new(&["address"]);
    let outcome = check(&bundles, "address", &["--json"]);
    let failed = names(&outcome.json(), "failed");
    // What it adds is heard in silence, too.
    let may = [
        "repeats",
        "repeats-beside-another",
        "block-size",
        "offline-equals-realtime",
        "state-sound",
        "silence",
        "tail",
        "re-activation",
    ];
    assert!(!failed.is_empty(), "{outcome:?}");
    assert!(failed.iter().all(|name| may.contains(&name.as_str())), "{failed:?} {outcome:?}");
}

#[test]
fn what_eats_memory_is_told() {
    let about = std::fs::read_to_string("/proc/meminfo").unwrap();
    let line = about.lines().find_map(|line| line.strip_prefix("MemAvailable:")).unwrap();
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse().unwrap();
    if kilobytes < 6 << 20 {
        return crate::support::skip("less than 6 GiB of memory are free");
    }
    let bundles = Bundles::new(&["memory-at-create", "memory-at-process"]);
    let outcome = check(&bundles, "memory-at-process", &["--json", "--time-limit", "300"]);
    assert_eq!(names(&outcome.json(), "failed"), ["processes"], "{outcome:?}");
    assert!(outcome.stdout.contains("out of memory"), "{outcome:?}");
    // What cannot be described cannot be checked.
    let outcome = check(&bundles, "memory-at-create", &["--json", "--time-limit", "300"]);
    assert_eq!(outcome.code, Some(5), "{outcome:?}");
    assert!(outcome.stderr.contains("out of memory"), "{outcome:?}");
}

#[test]
fn what_is_left_behind_is_named() {
    // How much is said of files and threads exactly. Of memory it may be some hundred bytes of twenty
    // instances less: what else the process has given back meanwhile.
    for (name, words, each, off) in [
        ("leaks-memory", "1024 bytes of memory; each of 100 leaves ", 4_096.0, 256.0),
        ("leaks-files", "0.5 open files; each of 100 leaves ", 1.0, 0.0),
        ("leaks-threads", "0.5 threads; each of 100 leaves ", 1.0, 0.0),
    ] {
        let bundles = Bundles::new(&[name]);
        let outcome = check(&bundles, name, &["--only", "leaks"]);
        let said = outcome.stdout.split_once(words).and_then(|(_, rest)| rest.lines().next());
        let left: f64 = said.and_then(|left| left.parse().ok()).unwrap_or(f64::NAN);
        assert!((left - each).abs() <= off, "{name}: {outcome:?}");
    }
}

#[test]
fn every_planted_fault_is_found_in_every_format() {
    let bundles = Bundles::new(&[]);
    let (vst3, lv2) = (bundles.add_vst3(), bundles.add_lv2());
    for (of_vst3, of_lv2, faults) in PLANTED_ELSEWHERE {
        for (bundle, id) in [(&vst3, vst3_id(of_vst3)), (&lv2, lv2_id(of_lv2))] {
            let plugin = format!("{}#{id}", bundle.display());
            let mut command = bundles.command(&["check", &plugin, "--json"]);
            let outcome = run(&mut command);
            assert_eq!(outcome.code, Some(i32::from(!faults.is_empty())), "{id}: {outcome:?}");
            assert_eq!(names(&outcome.json(), "failed"), faults, "{id}: {}", outcome.stdout);
        }
    }
}

#[test]
fn what_hangs_is_told_in_time() {
    let bundles = Bundles::new(&["hang-at-process"]);
    let outcome = check(&bundles, "hang-at-process", &["--json", "--time-limit", "1"]);
    assert_eq!(names(&outcome.json(), "failed"), ["processes"], "{outcome:?}");
    assert!(outcome.stdout.contains("no answer within 1 s"), "{outcome:?}");
}

#[test]
fn a_failure_says_how_to_see_it_again_and_junit_has_it() {
    let bundles = Bundles::new(&["liar"]);
    let junit = bundles.0.text("report.xml");
    let outcome = check(&bundles, "liar", &["--junit", &junit, "--seed", "7"]);
    assert_eq!(outcome.code, Some(1), "{outcome:?}");
    let text = &outcome.stdout;
    assert!(text.contains("expected 64 frames, as it says; 0 were measured"), "{text}");
    assert!(text.contains("--only latency --seed 7"), "{text}");
    let report = std::fs::read_to_string(&junit).unwrap();
    assert!(report.contains("failures=\"1\"") && report.contains("name=\"latency\""), "{report}");
    // Alone, it is found as well; and a report that is there stays.
    let again = check(&bundles, "liar", &["--only", "latency", "--json"]);
    assert_eq!(names(&again.json(), "failed"), ["latency"], "{again:?}");
    let refused = check(&bundles, "liar", &["--junit", &junit]);
    assert_eq!(refused.code, Some(4), "{refused:?}");
    let unknown = check(&bundles, "liar", &["--only", "everything"]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
}

#[test]
fn packaged_plug_ins_are_reported_without_hanging() {
    let bundles = Bundles::new(&[]);
    for bundle in
        ["/usr/lib/clap/ZamEQ2.clap", "/usr/lib/vst3/ZamEQ2.vst3", "/usr/lib/lv2/ZamEQ2.lv2"]
    {
        if !std::path::Path::new(bundle).exists() {
            return crate::support::skip(&format!("'{bundle}' is not installed"));
        }
        let outcome = run(&mut bundles.command(&["check", bundle, "--json"]));
        let report = outcome.json();
        let passed = names(&report, "passed");
        for name in [
            "opens",
            "processes",
            "ends",
            "finite-output",
            "repeats",
            "block-size",
            "re-activation",
            "leaks",
        ] {
            assert!(passed.iter().any(|passed| passed == name), "{bundle} {name}: {outcome:?}");
        }
    }
}
