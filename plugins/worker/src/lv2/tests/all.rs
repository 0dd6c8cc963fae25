//! Every LV2 plug-in of this machine for a second, twice, each time in a process of its own under
//! the conditions of a worker. It is not run by default, as it runs whatever is installed:
//!
//! `cargo nextest run -p wavemill-plugin-worker --features lv2 --run-ignored only --no-capture lv2`

use std::path::{Path, PathBuf};
use std::process::Command;

use super::super::describe::{uri, world_of};
use super::super::open;
use crate::tests::host::{Host, RATE_HZ, SETUP, noise, note};

/// What tells a process to run one plug-in: the bundle, a line break, and the plug-in's URI.
const ONE: &str = "WAVEMILL_LV2";

#[test]
#[ignore = "runs whatever is installed"]
fn every_installed_plug_in_runs_for_a_second_and_repeats() {
    if let Ok(one) = std::env::var(ONE) {
        crate::profile::enter(true);
        let (bundle, id) = one.split_once('\n').unwrap();
        return println!("\nRESULT {}", run(Path::new(bundle), id));
    }
    let (mut ran, mut refused, mut differed, mut crashed) = (0, 0, 0, 0);
    for (bundle, id) in installed() {
        let said = [(); 2].map(|()| in_a_process(&bundle, &id));
        let [Some(first), Some(second)] = said else {
            crashed += 1;
            println!("{id}: crashed");
            continue;
        };
        if first.starts_with("refused") {
            refused += 1;
        } else {
            ran += 1;
        }
        if first != second {
            // Some make noise from what the clock says.
            differed += 1;
            println!("{id}: differs");
        } else if !first.starts_with("finite") {
            println!("{id}: {first}");
        }
    }
    println!(
        "{ran} ran, {differed} of them twice differently; {refused} refused, {crashed} crashed"
    );
    assert_eq!(crashed, 0);
}

fn installed() -> Vec<(PathBuf, String)> {
    let mut bundles: Vec<PathBuf> =
        std::fs::read_dir("/usr/lib/lv2").unwrap().map(|entry| entry.unwrap().path()).collect();
    bundles.sort();
    let mut all = Vec::new();
    for bundle in bundles {
        let world = world_of(&bundle).unwrap();
        let mut ids: Vec<String> =
            world.plugins().iter().map(|plugin| uri(&plugin.uri())).collect();
        ids.sort();
        all.extend(ids.into_iter().map(|id| (bundle.clone(), id)));
    }
    all
}

/// What [`run`] says in a process of its own; `None` where that says nothing.
fn in_a_process(bundle: &Path, id: &str) -> Option<String> {
    let name = "lv2::tests::all::every_installed_plug_in_runs_for_a_second_and_repeats";
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", name, "--nocapture"])
        .env(ONE, format!("{}\n{id}", bundle.display()))
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.lines().find_map(|line| line.strip_prefix("RESULT ")).map(str::to_owned)
}

/// Runs a plug-in for a second of noise with a note, and says what came of it.
fn run(bundle: &Path, id: &str) -> String {
    let opened = open(bundle, id).and_then(|opened| Host::try_new(opened, SETUP, None));
    let mut host = match opened {
        Ok(host) => host,
        Err(what) => return format!("refused: {what}"),
    };
    let (heard, said) = host.run(RATE_HZ, noise, &[note(1_000, true), note(9_000, false)]);
    let samples = || heard.iter().flatten();
    let finite = if samples().all(|sample| sample.is_finite()) { "finite" } else { "not finite" };
    let sounds = if samples().any(|sample| *sample != 0.0) { "sounds" } else { "silent" };
    let digest = samples().fold(0_u64, |digest, sample| {
        (digest ^ u64::from(sample.to_bits())).wrapping_mul(0x0100_0000_01b3)
    });
    let (late, events, state) = (host.latency_frames, said.len(), host.main.save().unwrap().len());
    format!("{finite}, {sounds}, {late} late, {events} events, {state} bytes of state, {digest:x}")
}
