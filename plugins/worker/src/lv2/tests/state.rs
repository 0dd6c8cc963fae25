//! States, and what is refused.

use std::collections::BTreeMap;

use super::super::open;
use super::super::saved::{Saved, Value, words_of};
use super::super::urid::map;
use super::host::{Host, RATE_HZ, SETUP, installed, noise};
use crate::run::Setup;

const COMP: &str = "urn:zamaudio:ZamComp";

#[test]
fn a_state_gives_the_same_sound_again() {
    let Some(path) = installed("lv2/ZamComp.lv2") else { return };
    let mut first = Host::new(open(&path, COMP).unwrap());
    let set = [("Threshold", -31.3), ("Ratio", 7.7)].map(|(name, v)| first.set(0, name, v));
    let (wanted, _) = first.run(RATE_HZ, noise, &set);
    let state = first.main.save().unwrap();
    let mut again = Host::try_new(open(&path, COMP).unwrap(), SETUP, Some(&state)).unwrap();
    assert_eq!(again.main.values(), first.main.values());
    assert_eq!(again.main.save().unwrap(), state);
    assert_eq!(again.run(RATE_HZ, noise, &[]).0, wanted);
    let mut other = Host::new(open(&path, COMP).unwrap());
    assert_ne!(other.run(RATE_HZ, noise, &[]).0, wanted);
}

/// What it convolves with is a file whose path is in its state; it is loaded when that is restored,
/// and there from the first sample on.
#[test]
fn a_convolution_has_the_file_again_that_is_in_its_state() {
    let id = "http://gareus.org/oss/lv2/zeroconvolv#CfgMono";
    let Some(path) = installed("lv2/zeroconvo.lv2") else { return };
    let file = path.join("ir/delta-48k.wav").to_str().unwrap().to_owned() + "\0";
    let value = Value {
        key: map(c"http://gareus.org/oss/lv2/zeroconvolv#ir"),
        kind: map(c"http://lv2plug.in/ns/ext/atom#Path"),
        flags: 1,
        bytes: file.len(),
        words: words_of(file.as_bytes()),
    };
    let mut state = Saved::new(id.to_owned(), BTreeMap::new());
    state.keep(std::slice::from_ref(&value)).unwrap();
    let state = state.to_bytes().unwrap();
    let mut host = Host::try_new(open(&path, id).unwrap(), SETUP, Some(&state)).unwrap();
    let (heard, _) = host.run(4_000, noise, &[]);
    let late = host.latency_frames;
    for (frame, sample) in (0..).zip(&heard[0]) {
        let wanted = if frame < late { 0.0 } else { noise(0, frame - late) };
        assert!((sample - wanted).abs() < 1.0e-6, "{frame}: {sample} {wanted}");
    }
    // It saves the same file, so what is saved gives the same again.
    let saved = host.main.save().unwrap();
    let values = Saved::of_bytes(&saved, id).unwrap().values().unwrap();
    let saved_file = values.iter().find(|saved| saved.key == value.key).unwrap();
    assert_eq!((saved_file.kind, &saved_file.words), (value.kind, &value.words));
    let mut again = Host::try_new(open(&path, id).unwrap(), SETUP, Some(&saved)).unwrap();
    assert_eq!(again.run(4_000, noise, &[]).0, heard);
    assert_eq!(again.main.save().unwrap(), saved);
}

#[test]
fn states_are_told_before_anything_runs() {
    let Some(path) = installed("lv2/ZamComp.lv2") else { return };
    let mut opened = open(&path, COMP).unwrap();
    let defaults: Vec<f64> = opened.description.parameters.iter().map(|p| p.default).collect();
    assert_eq!(opened.plugin.values(), defaults);
    let state = opened.plugin.save().unwrap();
    let mut again = open(&path, COMP).unwrap();
    again.plugin.restore(&state).unwrap();
    assert_eq!(again.plugin.values(), defaults);
    assert_eq!(again.plugin.save().unwrap(), state);
    let mut other = open(&installed("lv2/ZamDelay.lv2").unwrap(), "urn:zamaudio:ZamDelay").unwrap();
    assert!(other.plugin.restore(&state).unwrap_err().contains(COMP));
}

#[test]
fn what_a_plug_in_requires_and_does_not_get_is_told() {
    let Some(path) = installed("lv2/ZamComp.lv2") else { return };
    let folder = std::env::temp_dir().join(format!("wavemill-lv2-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let bundle = |feature: &str, port: &str| {
        let manifest = format!(
            "@prefix lv2: <http://lv2plug.in/ns/lv2core#> .\n\
             @prefix doap: <http://usefulinc.com/ns/doap#> .\n\
             @prefix bufsz: <http://lv2plug.in/ns/ext/buf-size#> .\n\
             <urn:wavemill:needs> a lv2:Plugin ; lv2:binary <x.so> ; doap:name \"Needs\" ;\n\
             lv2:requiredFeature {feature} ; lv2:port [ a lv2:InputPort , {port} ;\n\
             lv2:index 0 ; lv2:symbol \"in\" ; lv2:name \"In\" ] .\n"
        );
        std::fs::write(folder.join("manifest.ttl"), manifest).unwrap();
        open(&folder, "urn:wavemill:needs").map(|_| ())
    };
    let good = bundle("bufsz:boundedBlockLength", "lv2:AudioPort");
    let feature = bundle("<urn:wavemill:time-travel>", "lv2:AudioPort").unwrap_err();
    let port = bundle("bufsz:boundedBlockLength", "<urn:wavemill:Port>").unwrap_err();
    bundle("bufsz:powerOf2BlockLength", "lv2:AudioPort").unwrap();
    let mut opened = open(&folder, "urn:wavemill:needs").unwrap();
    let block = opened.plugin.activate(Setup { block: 100, ..SETUP }).map(|_| ()).unwrap_err();
    let binary = opened.plugin.activate(SETUP).map(|_| ()).unwrap_err();
    std::fs::remove_dir_all(&folder).unwrap();
    good.unwrap();
    assert!(feature.contains("urn:wavemill:time-travel"), "{feature}");
    assert!(port.contains("'in'") && port.contains("urn:wavemill:Port"), "{port}");
    assert!(block.contains("power of two") && block.contains("100"), "{block}");
    assert!(binary.contains("loaded"), "{binary}");
    let missing = open(&path, "urn:wavemill:none").map(|_| ()).unwrap_err();
    assert!(missing.contains("urn:wavemill:none"), "{missing}");
}
