//! `wavemill plugins check`: each planted fault is found, and no other.

use serde_json::Value;

use crate::bundles::{Bundles, lv2_id, vst3_id};
use crate::support::{Outcome, run};

/// Test plug-ins, and the checks that they fail.
const PLANTED: [(&str, &[&str]); 24] = [
    ("gain", &[]),
    ("mono-gain", &[]),
    ("delay", &[]),
    ("tail", &[]),
    ("stateful", &[]),
    ("gate", &[]),
    ("octave", &[]),
    ("impulses", &[]),
    ("echo", &[]),
    ("flood", &["processes"]),
    ("tone", &[]),
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
        assert_eq!(outcome.code, Some(i32::from(!faults.is_empty())), "{name}: {outcome:?}");
        assert_eq!(names(&outcome.json(), "failed"), faults, "{name}: {}", outcome.stdout);
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
        for name in ["opens", "processes", "finite-output", "repeats", "block-size"] {
            assert!(passed.iter().any(|passed| passed == name), "{bundle} {name}: {outcome:?}");
        }
    }
}
