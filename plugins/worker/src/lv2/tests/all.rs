//! Every LV2 plug-in of this machine, each for a second. It is not run by default: what crashes or
//! hangs ends the test. `WAVEMILL_LV2` may name one bundle and one plug-in to run alone.

use super::super::describe::{uri, world_of};
use super::super::open;
use super::host::{Host, RATE_HZ, SETUP, noise, note};

#[test]
#[ignore = "runs whatever is installed"]
fn every_installed_plug_in_runs_for_a_second() {
    let one = std::env::var("WAVEMILL_LV2").ok();
    let list = one.as_deref() == Some("list");
    let one = one.as_deref().and_then(|one| one.split_once(' '));
    let mut bundles: Vec<_> =
        std::fs::read_dir("/usr/lib/lv2").unwrap().map(|entry| entry.unwrap().path()).collect();
    bundles.sort();
    for bundle in bundles {
        if one.is_some_and(|(wanted, _)| !bundle.ends_with(wanted)) {
            continue;
        }
        let world = world_of(&bundle).unwrap();
        let mut ids: Vec<String> =
            world.plugins().iter().map(|plugin| uri(&plugin.uri())).collect();
        ids.sort();
        for id in ids {
            if one.is_some_and(|(_, wanted)| id != wanted) {
                continue;
            }
            if list {
                println!("{} {id}", bundle.file_name().unwrap().display());
                continue;
            }
            eprintln!("BEGIN {} {id}", bundle.file_name().unwrap().display());
            let host = open(&bundle, &id).and_then(|opened| Host::try_new(opened, SETUP, None));
            let mut host = match host {
                Ok(host) => host,
                Err(what) => {
                    eprintln!("REFUSED {what}");
                    continue;
                }
            };
            let (heard, said) = host.run(RATE_HZ, noise, &[note(1_000, true), note(9_000, false)]);
            let finite = heard.iter().flatten().all(|sample| sample.is_finite());
            let sound = heard.iter().flatten().any(|sample| *sample != 0.0);
            let state = host.main.save();
            eprintln!(
                "RAN latency {} finite {finite} sound {sound} records {} state {:?}",
                host.latency_frames,
                said.len(),
                state.map(|state| state.len())
            );
        }
    }
}
